package diag

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/diag/guarded"
	"signpost/diag/resolve"
)

// statuses runs the checks against nothing and gives each one's status, with why it was skipped.
func statuses(t *testing.T, ctx context.Context, checks []*Check, o Options) map[string]string {
	t.Helper()
	r := Run(ctx, &resolve.Net{}, checks, Target{Domain: "example.com"}, o, nil)
	out := map[string]string{}
	for _, res := range r.Results {
		s := string(res.Status)
		if res.Because != "" {
			s += " because " + res.Because
		}
		out[res.Check] = s
	}
	return out
}

func okCheck(context.Context, *Pass) (any, error) { return nil, nil }

func TestRunOrdersAndSkips(t *testing.T) {
	broken := &Check{Name: "broken",
		Run: func(context.Context, *Pass) (any, error) { return nil, errors.New("no answer") }}
	after := &Check{Name: "after", Requires: []*Check{broken}, Run: okCheck}
	later := &Check{Name: "later", Requires: []*Check{after}, Run: okCheck}
	panics := &Check{Name: "panics", Run: func(context.Context, *Pass) (any, error) { panic("boom") }}
	beside := &Check{Name: "beside", Run: func(context.Context, *Pass) (any, error) {
		var outer guarded.Group
		outer.Go(func() {
			var inner guarded.Group
			inner.Go(func() { panic("boom in a goroutine of a goroutine") })
			inner.Wait()
		})
		outer.Wait()
		return "all is well", nil
	}}
	unlisted := &Check{Name: "unlisted",
		Run: func(_ context.Context, p *Pass) (any, error) { p.Found(Kind{Code: "x.y"}, "", nil); return nil, nil }}
	found := &Check{Name: "found", Codes: []Kind{{"found.it", Warning}},
		Run: func(_ context.Context, p *Pass) (any, error) {
			p.Found(Kind{"found.it", Warning}, "example.com.", nil)
			return nil, nil
		}}
	hidden := &Check{Name: "hidden", HiddenBy: []Code{"found.it"}, Run: func(ctx context.Context, _ *Pass) (any, error) {
		<-ctx.Done() // it is stopped as soon as it is known to be meaningless
		return nil, nil
	}}
	got := statuses(t, t.Context(), []*Check{broken, after, later, panics, beside, unlisted, found, hidden}, Options{})
	want := map[string]string{
		"broken": "unknown", "after": "skipped because broken", "later": "skipped because after", "panics": "unknown",
		"beside":   "unknown",
		"unlisted": "unknown", "found": "found", "hidden": "skipped because found.it",
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %q, want %q", k, got[k], v)
		}
	}
	only := statuses(t, t.Context(), []*Check{broken, after, later, found}, Options{Only: []string{"after"}})
	if len(only) != 2 || only["after"] == "" || only["broken"] == "" {
		t.Errorf("--only after ran %v", only)
	}
}

func TestRunStopsAtTheDeadline(t *testing.T) {
	quick := &Check{Name: "quick", Run: okCheck}
	deaf := make(chan struct{})
	defer close(deaf)
	stuck := &Check{Name: "stuck", Run: func(context.Context, *Pass) (any, error) { <-deaf; return nil, nil }}
	own := &Check{Name: "own", Timeout: time.Millisecond, Run: func(ctx context.Context, _ *Pass) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	got := statuses(t, ctx, []*Check{quick, stuck, own}, Options{})
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v past a deadline of 50 ms", took)
	}
	if got["quick"] != "passed" || got["stuck"] != "unknown" || got["own"] != "unknown" {
		t.Errorf("statuses %v", got)
	}
}

func TestAwait(t *testing.T) {
	first := &Check{Name: "first", Codes: []Kind{{"first.code", Info}},
		Run: func(_ context.Context, p *Pass) (any, error) {
			p.Found(Kind{"first.code", Info}, "example.com.", map[string]any{"n": 1})
			return "fact", nil
		}}
	var seen *Result
	second := &Check{Name: "second", Uses: []*Check{first}, Run: func(ctx context.Context, p *Pass) (any, error) {
		seen = p.Await(ctx, first)
		return nil, nil
	}}
	statuses(t, t.Context(), []*Check{first, second}, Options{})
	if seen == nil || seen.Facts != "fact" || len(seen.Findings) != 1 || seen.Findings[0].Subject != "example.com" {
		t.Errorf("awaited %+v", seen)
	}
	seen = nil
	alone := statuses(t, t.Context(), []*Check{first, second}, Options{Only: []string{"second"}})
	if seen == nil || seen.Facts != "fact" {
		t.Error("the check asked for did not get what it uses")
	}
	if len(alone) != 1 || alone["second"] != "passed" {
		t.Errorf("the report has %v; what only helped is no part of it", alone)
	}
	outside := &Check{Name: "outside", Run: func(ctx context.Context, p *Pass) (any, error) {
		if p.Await(ctx, first) != nil {
			t.Error("a check outside the run was awaited")
		}
		return nil, nil
	}}
	statuses(t, t.Context(), []*Check{first, outside}, Options{Only: []string{"outside"}})
}

// TestHelpersOutOfSight runs some checks alone: what they need and what hides them runs as well, and is shown only
// where it is the reason.
func TestHelpersOutOfSight(t *testing.T) {
	ran := map[string]bool{}
	var mu sync.Mutex
	check := func(name string, code Code, sev Severity, err error, uses ...*Check) *Check {
		c := &Check{Name: name, Uses: uses, Codes: []Kind{{code, sev}}}
		c.Run = func(_ context.Context, p *Pass) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			ran[name] = true
			if sev > Info {
				p.Found(Kind{code, sev}, "example.com.", nil)
			}
			return nil, err
		}
		return c
	}
	base := check("base", "base.bad", Warning, nil)
	user := check("user", "user.code", Info, nil, base)
	guard := check("guard", "guard.dead", Error, nil)
	hidden := check("hidden", "hidden.code", Info, errors.New("no answer"))
	hidden.HiddenBy = []Code{"guard.dead"}
	fine := check("fine", "fine.code", Info, nil)
	fine.HiddenBy = []Code{"guard.dead"}
	other := check("other", "other.code", Error, nil)
	all := []*Check{base, user, guard, hidden, fine, other}
	for _, c := range []struct {
		o       Options
		ran     string
		shown   string
		helpers string
		verdict Verdict
	}{
		{Options{Only: []string{"user"}}, "base user", "user passed", "base found", OK},
		{Options{Only: []string{"user"}, Beside: []string{"other"}}, "base other user", "user passed",
			"base found other found", OK},
		{Options{Only: []string{"base"}}, "base", "base found", "", Problems},
		{Options{Only: []string{"hidden"}}, "guard hidden", "guard found hidden skipped", "", Broken},
		{Options{Only: []string{"fine"}}, "fine guard", "guard found fine skipped", "", Broken},
		{Options{Only: []string{"guard", "other"}}, "guard other", "guard found other found", "", Broken},
		{Options{}, "base fine guard hidden other user",
			"base found user passed guard found hidden skipped fine skipped other found", "", Broken},
	} {
		clear(ran)
		r := Run(t.Context(), &resolve.Net{}, all, Target{Domain: "example.com"}, c.o, nil)
		texts := func(results []Result) string {
			var out []string
			for _, res := range results {
				out = append(out, res.Check, string(res.Status))
			}
			return strings.Join(out, " ")
		}
		if got := strings.Join(slices.Sorted(maps.Keys(ran)), " "); got != c.ran {
			t.Errorf("%v ran %s, want %s", c.o.Only, got, c.ran)
		}
		if got := texts(r.Results); got != c.shown {
			t.Errorf("%v shows %s, want %s", c.o.Only, got, c.shown)
		}
		if got := texts(r.Helpers); got != c.helpers {
			t.Errorf("%v was helped by %s, want %s", c.o.Only, got, c.helpers)
		}
		if r.Verdict() != c.verdict {
			t.Errorf("%v: verdict %s, want %s", c.o.Only, r.Verdict(), c.verdict)
		}
	}
}

func TestProgressCountsUp(t *testing.T) {
	checks := []*Check{{Name: "a", Run: okCheck}, {Name: "b", Run: okCheck}}
	var ended []int
	Run(t.Context(), &resolve.Net{}, checks, Target{Domain: "example.com"}, Options{}, func(p Progress) {
		if p.Total != 2 {
			t.Errorf("total %d", p.Total)
		}
		if p.Result != nil {
			ended = append(ended, p.Done)
		}
	})
	slices.Sort(ended)
	if !slices.Equal(ended, []int{1, 2}) {
		t.Errorf("ended %v", ended)
	}
}

func TestVerdict(t *testing.T) {
	with := func(check string, s Status, sev ...Severity) Result {
		r := Result{Check: check, Status: s}
		for _, x := range sev {
			r.Findings = append(r.Findings, Finding{Severity: x})
		}
		return r
	}
	for _, s := range []Status{Unknown, Skipped} {
		if got := (&Report{Asked: []string{"dane"}, Results: []Result{with("dane", s)}}).Verdict(); got != Uncertain {
			t.Errorf("verdict %s; the one check asked for is %s", got, s)
		}
	}
	for want, results := range map[Verdict][]Result{
		OK:        {with("mx", Passed), with("spf", Found, Notice, Info), with("ptr", Unknown), with("dmarc", Skipped)},
		Problems:  {with("mx", Unknown), with("spf", Found, Warning)},
		Broken:    {with("mx", Found, Error), with("spf", Found, Warning)},
		Uncertain: {with("mx", Passed), with("dkim", Unknown)},
	} {
		if got := (&Report{Results: results}).Verdict(); got != want {
			t.Errorf("verdict %s, want %s", got, want)
		}
	}
}

func TestReportJSON(t *testing.T) {
	r := &Report{
		Domain: "xn--fiq228c.com", Unicode: "中文.com", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Took: 812 * time.Millisecond, Queries: 41,
		Results: []Result{
			{Check: "spf", Status: Found, Took: 120 * time.Millisecond, Findings: []Finding{{
				Code: "spf.too-many-lookups", Severity: Error, Subject: "example.com", Args: map[string]any{"lookups": 12},
				Evidence: []Evidence{{Question: "example.com. TXT", Answer: "v=spf1 -all", Server: "192.0.2.53:53",
					RTT: 31 * time.Millisecond}},
			}}},
			{Check: "mx", Status: Unknown, Err: "no answer"},
		},
	}
	const want = `{"domain":"xn--fiq228c.com","unicode":"中文.com","started":"2026-01-02T03:04:05Z","took_ms":812,"queries":41,"verdict":"broken",` +
		`"providers":[],"dns_operator":{"id":""},"checks":[{"check":"spf","status":"found","took_ms":120,"error":"","because":"","facts":{},` +
		`"findings":[{"code":"spf.too-many-lookups","severity":"error","subject":"example.com","args":{"lookups":12},` +
		`"evidence":[{"question":"example.com. TXT","answer":"v=spf1 -all","server":"192.0.2.53:53","rtt_ms":31}]}]},` +
		`{"check":"mx","status":"unknown","took_ms":0,"error":"no answer","because":"","facts":{},"findings":[]}]}`
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var back Report
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(&back)
	if string(again) != want {
		t.Errorf("read and written again: %s", again)
	}
	if err := json.Unmarshal([]byte(strings.Replace(want, "error\",\"sub", "grave\",\"sub", 1)), &back); err == nil {
		t.Error("an unknown severity was read")
	}
}
