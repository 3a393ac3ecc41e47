package checks

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/checks/inbound"
	"signpost/diag/lab"
	"signpost/diag/resolve"
)

// visitCount counts the connections to port 25 of each address.
type visitCount struct {
	mu sync.Mutex
	to map[string]int
}

func countVisits(n *resolve.Net) *visitCount {
	c := &visitCount{to: map[string]int{}}
	dial := n.Dial
	n.Dial = func(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
		if to.Port() == 25 {
			c.mu.Lock()
			c.to[to.Addr().String()]++
			c.mu.Unlock()
		}
		return dial(ctx, network, to)
	}
	return c
}

func (c *visitCount) of(addr string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.to[addr]
}

// manyDomains is domains that share mail hosts: one that is well, one whose certificate is for another name, one that
// turns everybody away, one that refuses connections.
func manyDomains(n int) map[string]string {
	zones := map[string]string{"host.test": "well A 203.0.113.51\nnamed A 203.0.113.52\nrude A 203.0.113.53\nshut A 203.0.113.54\nslow A 203.0.113.55\n"}
	for i := range n {
		zones[fmt.Sprintf("m%02d.test",
			i)] = "@ MX 5 well.host.test.\n@ MX 10 named.host.test.\n@ MX 20 rude.host.test.\n@ MX 30 shut.host.test.\n" +
			";! smtp 203.0.113.52: cert-name\n;! smtp 203.0.113.53: banner=554 no\n;! smtp 203.0.113.54: refuse\n"
	}
	zones["late.test"] = "@ MX 5 slow.host.test.\n;! smtp 203.0.113.55: 700ms\n"
	return zones
}

// TestMailHostIsVisitedOnce runs many domains at once that share mail hosts: each host is visited once for all of them,
// every report says what a report says that stands alone, and what failed is tried again later.
func TestMailHostIsVisitedOnce(t *testing.T) {
	const domains = 30
	l, err := lab.Start(lab.Zones(manyDomains(domains)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	n := l.Net()
	n.Remember = true
	var later atomic.Int64
	began := time.Now()
	n.Now = func() time.Time { return began.Add(time.Duration(later.Load())) }
	count := countVisits(n)
	run := func(i int, v *diag.Visits) *diag.Report {
		return diag.Run(t.Context(), n, All(), diag.Target{Domain: fmt.Sprintf("m%02d.test", i)},
			diag.Options{Bulk: true, Visits: v, MailProbes: diag.ProbeNone, Only: []string{"smtp", "dane"}}, nil)
	}
	said := func(r *diag.Report) string {
		out := []string{string(r.Verdict())}
		for _, res := range r.Results {
			out = append(out, res.Check+" "+string(res.Status)+" "+res.Err)
			for _, f := range res.Findings {
				out = append(out, string(f.Code)+" "+strings.ReplaceAll(f.Subject, r.Domain, "DOMAIN"))
			}
		}
		return strings.Join(out, "\n")
	}
	alone := said(run(0, nil))
	for _, code := range []string{"smtp.cert-name named.host.test", "smtp.greeting rude.host.test",
		"smtp.refused shut.host.test"} {
		if !strings.Contains(alone, code) {
			t.Fatalf("%s is missing in\n%s", code, alone)
		}
	}
	hosts := []string{"203.0.113.51", "203.0.113.52", "203.0.113.53", "203.0.113.54"}
	before := map[string]int{}
	expect := func(when string, want ...int) {
		t.Helper()
		for i, h := range hosts {
			if got := count.of(h) - before[h]; got != want[i] {
				t.Errorf("%s: %s was visited %d times, want %d", when, h, got, want[i])
			}
			before[h] = count.of(h)
		}
	}
	for _, h := range hosts {
		before[h] = count.of(h)
	}
	var v diag.Visits
	all := func() {
		var wg sync.WaitGroup
		for i := range domains {
			wg.Go(func() {
				if got := said(run(i, &v)); got != alone {
					t.Errorf("m%02d.test: %q, want as alone %q", i, got, alone)
				}
			})
		}
		wg.Wait()
	}
	all()
	expect("at first", 1, 1, 1, 1)
	later.Store(int64(15 * time.Second))
	facts := run(3, &v).Result("smtp").Facts.(*inbound.SMTPFacts)
	if i := slices.IndexFunc(facts.Hosts, func(h inbound.SMTPHost) bool { return h.Host == "well.host.test" }); i < 0 ||
		facts.Hosts[i].Visited != began.UTC().Format(time.RFC3339) {
		t.Errorf("a visit that was made for another domain tells its time: %+v", facts.Hosts)
	}
	expect("soon after", 0, 0, 0, 0)
	later.Store(int64(31 * time.Second))
	all()
	expect("when failures are forgotten", 0, 0, 1, 1)
	later.Store(int64(61 * time.Minute))
	all()
	expect("long after", 1, 1, 1, 1)
}

// TestVisitCutShort has a run with little time begin the visit that another waits for: what the first did not live to
// see is not its word.
func TestVisitCutShort(t *testing.T) {
	l, err := lab.Start(lab.Zones(manyDomains(0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	n := l.Net()
	count := countVisits(n)
	var v diag.Visits
	o := diag.Options{Bulk: true, Visits: &v, MailProbes: diag.ProbeNone, Only: []string{"smtp"}}
	var wg sync.WaitGroup
	wg.Go(func() {
		ctx, cancel := context.WithTimeout(t.Context(), 350*time.Millisecond)
		defer cancel()
		if r := diag.Run(ctx, n, All(), diag.Target{Domain: "late.test"}, o, nil); r.Result("smtp").Status != diag.Unknown {
			t.Errorf("in too little time: %+v", r.Result("smtp"))
		}
	})
	for count.of("203.0.113.55") == 0 {
		<-time.After(time.Millisecond)
	}
	r := diag.Run(t.Context(), n, All(), diag.Target{Domain: "late.test"}, o, nil)
	wg.Wait()
	if res := r.Result("smtp"); res.Status != diag.Passed || count.of("203.0.113.55") != 2 {
		t.Errorf("%+v after %d visits", res, count.of("203.0.113.55"))
	}
}

// BenchmarkSharedMailHosts is 300 domains, 64 at a time, whose mail goes to the same three hosts, one of which takes
// connections and says nothing. "visits/host" is 1 where each is visited once for all of them; "s/list" is how long the
// whole list takes, the silence included.
func BenchmarkSharedMailHosts(b *testing.B) {
	const domains = 300
	zones := map[string]string{"host.test": "one A 203.0.113.51\ntwo A 203.0.113.52\nmute A 203.0.113.53\n"}
	for i := range domains {
		zones[fmt.Sprintf("m%03d.test",
			i)] = "@ MX 5 one.host.test.\n@ MX 10 two.host.test.\n@ MX 20 mute.host.test.\n;! smtp 203.0.113.53: silent\n"
	}
	l, err := lab.Start(lab.Zones(zones))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	visits := 0
	for b.Loop() {
		n := l.Net()
		n.Remember = true
		count := countVisits(n)
		o := diag.Options{Bulk: true, Visits: &diag.Visits{}, MailProbes: diag.ProbeNone, Only: []string{"smtp"}}
		var next atomic.Int64
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				for i := next.Add(1); i <= domains; i = next.Add(1) {
					r := diag.Run(b.Context(), n, All(), diag.Target{Domain: fmt.Sprintf("m%03d.test", i-1)}, o, nil)
					if f := r.Result("smtp").Findings; len(f) != 1 || f[0].Code != "smtp.timeout" {
						b.Errorf("%s: %+v", r.Domain, r.Result("smtp"))
					}
				}
			})
		}
		wg.Wait()
		for _, addr := range []string{"203.0.113.51", "203.0.113.52", "203.0.113.53"} {
			visits += count.of(addr)
		}
	}
	b.ReportMetric(float64(visits)/3/float64(b.N), "visits/host")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/list")
}
