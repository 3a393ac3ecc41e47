package resolve

import (
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// TestBelowADelegatedSubdomain asks for many names of a domain that is delegated below its registrable name, at once
// and one after the other: the zone above is asked for the delegation alone, once, and no name below it.
func TestBelowADelegatedSubdomain(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", tldZone, nil)
	above := goodZone + "ns1.good.test. A 192.0.2.3\nsub.good.test. NS ns.sub.good.test.\nns.sub.good.test. A 192.0.2.5\n"
	w.serve("192.0.2.3", above, nil)
	w.serve("192.0.2.4", above, nil)
	w.serve("192.0.2.5", "sub.good.test. SOA a. b. 1 2 3 4 60\nsub.good.test. NS ns.sub.good.test.\na.sub.good.test. A 198.51.100.9\n", nil)
	s := w.net().NewSession("sub.good.test")
	defer s.Close()
	var wg sync.WaitGroup
	for _, name := range []string{"a.sub.good.test", "b.sub.good.test", "sub.good.test", "c.d.sub.good.test"} {
		wg.Go(func() {
			if a, err := s.Lookup(t.Context(), name, dns.TypeA); err != nil || a.NXDomain() != strings.HasPrefix(name, "b.") &&
				a.NXDomain() != strings.HasPrefix(name, "c.") {
				t.Errorf("%s: %v %v", name, a, err)
			}
		})
	}
	wg.Wait()
	if a, err := s.Lookup(t.Context(), "sub.good.test", dns.TypeMX); err != nil || !a.NoData() ||
		a.Server.Addr().String() != "192.0.2.5" {
		t.Errorf("%v %v", a, err)
	}
	if a, err := s.Lookup(t.Context(), "sub.good.test", dns.TypeDS); err != nil ||
		a.Server.Addr().String() == "192.0.2.5" {
		t.Errorf("a DS comes from the zone above: %v %v", a, err)
	}
	for asked, n := range w.count() {
		server, q, _ := strings.Cut(asked, " ")
		name, _, _ := strings.Cut(q, " ")
		atAbove := server == "192.0.2.3" || server == "192.0.2.4"
		if n > 1 || atAbove && q != "sub.good.test. NS" && q != "sub.good.test. DS" &&
			dns.IsSubDomain("sub.good.test.", name) {
			t.Errorf("asked %d times: %s", n, asked)
		}
	}
}

// TestWithin holds the comparison of names to that of the DNS library, on names with escapes and near misses.
func TestWithin(t *testing.T) {
	names := []string{
		".", "test.", "a.test.", "b.a.test.", "atest.", "a.b.", `a\.test.`, `x.a\.test.`, `\\.test.`, `a\\.test.`,
		`a\\\.test.`, `\046test.`, "xa.test.", "test.a.", "_x.a.test.",
	}
	for _, above := range names {
		for _, name := range names {
			if got, want := within(above, name), dns.IsSubDomain(above, name); got != want {
				t.Errorf("%s within %s: %v, want %v", name, above, got, want)
			}
		}
	}
}
