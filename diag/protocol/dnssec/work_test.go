//go:build unix

package dnssec_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"signpost/diag/lab"
	"signpost/diag/protocol/dnssec"

	"github.com/miekg/dns"
)

// trapped is a chain that has verified as many sets of a hostile zone as a diagnosis with all checks does, and more.
func trapped(t testing.TB, l *lab.Lab, sets int) (c *dnssec.Chain, verdicts []*dnssec.Verdict, errs []error) {
	t.Helper()
	session := l.Net().NewSession("shop.test")
	t.Cleanup(session.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c = dnssec.New(session, time.Now())
	verdicts, errs = make([]*dnssec.Verdict, sets), make([]error, sets)
	var wg sync.WaitGroup
	for i := range sets {
		name, qtype := fmt.Sprintf("n%d.shop.test", i), dns.TypeTXT // most of them denied, by the same sets
		if i < 4 {
			name, qtype = "shop.test", []uint16{dns.TypeMX, dns.TypeTXT, dns.TypeNS, dns.TypeSOA}[i]
		}
		wg.Go(func() { verdicts[i], errs[i] = c.Lookup(ctx, name, qtype) })
	}
	wg.Wait()
	return c, verdicts, errs
}

func trapLab(t testing.TB, records string) *lab.Lab {
	t.Helper()
	l, err := lab.Start(lab.Zones(map[string]string{"shop.test": ";! with: mx spf\n;! signed: trap\n" + records}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// TestTrapIsBounded counts what a zone with many keys of one tag, many signatures and great sets makes a chain do: each
// set is verified once, with two keys a signature, and the zone is called bogus.
func TestTrapIsBounded(t *testing.T) {
	before := cpu(t)
	c, verdicts, errs := trapped(t, trapLab(t, ""), 24)
	spent := cpu(t) - before
	if errs[3] != nil || verdicts[3].State != dnssec.Secure {
		t.Errorf("the SOA, which is signed well: %v, %v", verdicts[3], errs[3])
	}
	for i := range verdicts {
		if i == 3 {
			continue
		}
		if errs[i] != nil || verdicts[i].State != dnssec.Bogus || verdicts[i].Faults[0].Reason != dnssec.BadSignature {
			t.Errorf("set %d: %v, %v", i, verdicts[i], errs[i])
		}
	}
	// The chain from the root takes 5, this zone's SOA 1; of the rest MX, TXT and NS are sets that are there, and 300 NSEC
	// at one name are a part of every denial. Signatures that hold are made anew every second, and may be met twice.
	if n := c.Verifications(); n < 5+1+4*16 || n > 2*(5+1)+4*16 {
		t.Errorf("%d verifications", n)
	}
	if spent > 3*time.Second { // with what the lab itself does; the figure for the chain alone is the benchmark's
		t.Errorf("%v of CPU", spent)
	}
}

// TestTrapEnds has a zone whose every name has a set of its own: the chain ends at its bound, and says that it could
// not tell.
func TestTrapEnds(t *testing.T) {
	records := ""
	for i := range 60 {
		records += fmt.Sprintf("n%d TXT \"x%d\"\n", i, i)
	}
	c, _, errs := trapped(t, trapLab(t, records), 60)
	refused := 0
	for _, err := range errs {
		if errors.Is(err, dnssec.ErrTooMuch) {
			refused++
		}
	}
	if n := c.Verifications(); n > 400 || refused < 30 {
		t.Errorf("%d verifications, %d sets refused", n, refused)
	}
}

// TestChainHeedsContext stops between verifications, and what was not verified is no verdict.
func TestChainHeedsContext(t *testing.T) {
	session := trapLab(t, "").Net().NewSession("shop.test")
	defer session.Close()
	c := dnssec.New(session, time.Now())
	if _, err := c.Zone(t.Context(), "shop.test"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := session.Signed(t.Context(), "shop.test", dns.TypeMX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	at := c.Verifications()
	if _, err := c.Lookup(ctx, "shop.test", dns.TypeMX); err == nil {
		t.Error("verified without time")
	}
	if n := c.Verifications(); n != at {
		t.Errorf("%d verifications after the end", n-at)
	}
	if v, err := c.Lookup(t.Context(), "shop.test", dns.TypeMX); err != nil || v.State != dnssec.Bogus {
		t.Errorf("with time again: %v, %v", v, err)
	}
}

// BenchmarkTrap tells the CPU that one chain takes on a hostile zone at its bound of verifications.
func BenchmarkTrap(b *testing.B) {
	records := ""
	for i := range 60 {
		records += fmt.Sprintf("n%d TXT \"x%d\"\n", i, i)
	}
	l := trapLab(b, records)
	for b.Loop() {
		before := cpu(b)
		c, _, _ := trapped(b, l, 60)
		b.ReportMetric((cpu(b) - before).Seconds(), "cpu-s/chain")
		b.ReportMetric(float64(c.Verifications()), "verifications/chain")
	}
}

func cpu(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
