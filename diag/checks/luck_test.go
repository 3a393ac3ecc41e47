package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/lab"
)

// TestNoLuck examines every domain of the lab again and again while the servers' answers come in another order each
// time: what is found, and how each check ends, is the same every time.
func TestNoLuck(t *testing.T) {
	runs, atOnce := 20, 32
	if raceDetector || testing.Short() {
		runs, atOnce = 4, 10 // under the race detector each costs ten times as much
	}
	l, err := lab.Start(lab.Shuffle(40 * time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	type seen struct {
		said, why string
		times     int
	}
	now := time.Now() // one clock for all: what ends soon ends in the same time
	n := l.Net()
	n.Now = func() time.Time { return now }
	var mu sync.Mutex
	said := map[string][]seen{}
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for range runs {
		for _, d := range l.Domains() {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				ctx, cancel := context.WithTimeout(context.Background(), 3*diag.DefaultTimeout)
				defer cancel()
				r := diag.Run(ctx, n, All(), diag.Target{Domain: d.Name, Unicode: d.Name}, diag.Options{
					Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
				}, nil)
				text := summary(r)
				mu.Lock()
				defer mu.Unlock()
				i := slices.IndexFunc(said[d.Name], func(s seen) bool { return s.said == text })
				if i < 0 {
					i = len(said[d.Name])
					said[d.Name] = append(said[d.Name], seen{said: text, why: failures(r)})
				}
				said[d.Name][i].times++
			})
		}
	}
	wg.Wait()
	for domain, all := range said {
		if len(all) < 2 {
			continue
		}
		slices.SortFunc(all, func(a, b seen) int { return b.times - a.times })
		for _, other := range all[1:] {
			t.Errorf("%s: %d times\n%s\n%s\n%d times\n%s\n%s", domain, all[0].times, lacking(all[0].said, other.said),
				all[0].why,
				other.times, lacking(other.said, all[0].said), other.why)
		}
	}
}

// summary is the statuses and findings of a report, with the arguments that are not times.
func summary(r *diag.Report) string {
	lines := []string{"verdict " + string(r.Verdict())}
	for _, res := range r.Results {
		line := res.Check + " " + string(res.Status)
		if res.Because != "" {
			line += " because " + res.Because
		}
		lines = append(lines, line)
		for _, f := range res.Findings {
			args := map[string]any{}
			for k, v := range f.Args {
				if !slices.Contains([]string{"seconds", "expires", "when"}, k) {
					args[k] = v
				}
			}
			lines = append(lines, fmt.Sprint("  ", f.Code, " ", f.Severity, " ", f.Subject, " ", args))
		}
	}
	return strings.Join(lines, "\n")
}

// failures is why the checks of a report could not tell.
func failures(r *diag.Report) string {
	var out []string
	for _, res := range r.Results {
		if res.Err != "" {
			out = append(out, res.Check+": "+res.Err)
		}
	}
	return strings.Join(out, "\n")
}

// lacking is the lines of a that b has not.
func lacking(a, b string) string {
	have := strings.Split(b, "\n")
	return strings.Join(slices.DeleteFunc(strings.Split(a, "\n"),
		func(line string) bool { return slices.Contains(have, line) }), "\n")
}

// TestOneServerSuffices: where one of a zone's two servers is out of order, nothing that the other one answers is
// unknown, nor is the domain called broken.
func TestOneServerSuffices(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	tried := 0
	var wg sync.WaitGroup // they wait for who is silent
	for _, d := range l.Domains() {
		if !strings.HasPrefix(d.Name, "glueless-") {
			continue
		}
		tried++
		wg.Go(func() {
			for range 5 {
				r := diag.Run(t.Context(), l.Net(), All(), diag.Target{Domain: d.Name, Unicode: d.Name},
					diag.Options{Providers: labProviders, NoSMTP: true}, nil)
				for _, name := range []string{"mx", "spf", "dkim", "dmarc"} {
					if res := r.Result(name); res.Status != diag.Passed {
						t.Errorf("%s: %s is %s: %s %v", d.Name, name, res.Status, res.Err, res.Findings)
					}
				}
				if r.Verdict() != diag.Problems {
					t.Errorf("%s: verdict %s", d.Name, r.Verdict())
				}
			}
		})
	}
	wg.Wait()
	if tried < 6 {
		t.Errorf("%d domains tried", tried)
	}
}
