package checks

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/lab"
)

// TestLabDomains holds every domain of the standard lab to its word: its fault is found, and a healthy domain is ok.
func TestLabDomains(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, d := range l.Domains() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), diag.DefaultTimeout)
			defer cancel()
			r := diag.Run(ctx, l.Net(), All(), diag.Target{Domain: d.Name, Unicode: d.Name}, diag.Options{
				Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
				Issuers: labIssuers,
			}, nil)
			var got []string
			for _, f := range r.Findings() {
				if f.Severity > diag.Info && !slices.Contains(got, string(f.Code)) {
					got = append(got, string(f.Code))
				}
			}
			if slices.Equal(d.Codes, []string{"unknown"}) {
				if r.Verdict() != diag.Uncertain || len(got) > 0 {
					t.Errorf("verdict %s, found %v; nothing can be told of this domain", r.Verdict(), got)
				}
			} else if len(d.Codes) == 0 && (r.Verdict() != diag.OK || len(got) > 0) {
				t.Errorf("verdict %s, found %v; the domain is healthy", r.Verdict(), got)
			}
			for _, want := range d.Codes {
				if want != "unknown" && !slices.Contains(got, want) {
					t.Errorf("found %v, want %s", got, want)
				}
			}
			if len(got) > max(2, len(d.Codes)) {
				t.Errorf("a domain with one fault shows %v", got)
			}
			if r.Took > 12*time.Second {
				t.Errorf("took %v", r.Took)
			}
			for _, res := range r.Results {
				if res.Err != "" {
					t.Logf("%s %s: %s", res.Check, res.Status, res.Err)
				}
				if res.Status == diag.Unknown && (res.Cause == nil || res.Cause.Code == cause.Other) {
					t.Errorf("%s is unknown for a cause without a code: %s", res.Check, res.Err)
				}
			}
		})
	}
}

// TestEveryFindingAloneAgain asks for every check of every domain of the lab alone, where the whole report shows
// something of it: both say the same.
func TestEveryFindingAloneAgain(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	run := func(t *testing.T, domain string, only ...string) *diag.Report {
		ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout)
		defer cancel()
		return diag.Run(ctx, l.Net(), All(), diag.Target{Domain: domain, Unicode: domain}, diag.Options{
			Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists, Only: only,
		}, nil)
	}
	said := func(res *diag.Result) (out []string) {
		for _, f := range res.Findings {
			out = append(out, f.Severity.String()+" "+strings.ReplaceAll(diag.Identity(f), "\x00", " "))
		}
		slices.Sort(out)
		return append(out, string(res.Status), res.Because)
	}
	for _, d := range l.Domains() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			whole := run(t, d.Name)
			for i := range whole.Results {
				want := &whole.Results[i]
				if want.Status == diag.Passed {
					continue
				}
				r := run(t, d.Name, want.Check)
				if got := r.Result(want.Check); got == nil || !slices.Equal(said(got), said(want)) {
					t.Errorf("%s alone: %v\nin the whole report: %v", want.Check, got, want)
				}
				if hasError := slices.ContainsFunc(want.Findings,
					func(f diag.Finding) bool { return f.Severity == diag.Error }); hasError && r.Verdict() != diag.Broken {
					t.Errorf("%s alone: verdict %s", want.Check, r.Verdict())
				}
				if want.Status == diag.Unknown && len(want.Findings) == 0 && r.Verdict() != diag.Uncertain {
					t.Errorf("%s alone: verdict %s", want.Check, r.Verdict())
				}
			}
		})
	}
}

func TestTheListIsValid(t *testing.T) {
	if err := diag.Validate(All()); err != nil {
		t.Error(err)
	}
}
