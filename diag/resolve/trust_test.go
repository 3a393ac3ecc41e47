package resolve

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
)

// A zone that names the operator's own resolver as its server does not have it asked: neither on the way to a record
// nor for a survey of the servers, over UDP, TCP or for the whole zone. Recursive questions still go there.
func TestResolverOnAStrangersWord(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", tldZone, nil)
	w.serve("10.0.0.1", "private.test. SOA a. b. 1 2 3 4 5\nprivate.test. NS ns.private.test.\nprivate.test. MX 5 mx.private.test.\n", nil)
	n := w.net()
	resolver := netip.MustParseAddrPort("10.0.0.1:53")
	n.Resolvers = []netip.AddrPort{resolver}
	s := n.NewSession("private.test")
	defer s.Close()
	if _, err := s.Lookup(t.Context(), "private.test", dns.TypeMX); !errors.Is(err, ErrPrivate) {
		t.Errorf("a record: %v", err)
	}
	for _, transport := range []Transport{Auto, UDP, TCP} {
		if _, err := s.Ask(t.Context(), resolver, "private.test", dns.TypeSOA, transport); !errors.Is(err, ErrPrivate) {
			t.Errorf("a survey: %v", err)
		}
	}
	if _, err := s.Transfer(t.Context(), resolver, "private.test"); !errors.Is(err, ErrPrivate) {
		t.Errorf("the whole zone: %v", err)
	}
	if asked := w.count(); asked["10.0.0.1 private.test. MX"]+asked["10.0.0.1 private.test. SOA"] > 0 {
		t.Errorf("the resolver was asked: %v", asked)
	}
	if a, err := s.Recurse(t.Context(), resolver, "private.test", dns.TypeMX, Plain); err != nil ||
		a.Text() != "5 mx.private.test." {
		t.Errorf("a recursive question: %v, %v", a, err)
	}
}

// The operator may have a zone examined through a server at a private address, before it is delegated there; on anybody
// else's word the server is not asked.
func TestThroughPrivate(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", tldZone, nil)
	w.serve("192.0.2.3", goodZone, nil)
	w.serve("192.0.2.4", goodZone, nil)
	w.serve("10.0.0.9", "good.test. SOA a. b. 1 2 3 4 5\ngood.test. NS ns.good.test.\ngood.test. MX 5 new.good.test.\n",
		nil)
	servers := []NameServer{{Name: "ns.good.test.", Glue: []netip.Addr{netip.MustParseAddr("10.0.0.9")}}}
	for _, trusted := range []bool{true, false} {
		s := w.net().NewSession("good.test")
		d, err := s.Through(t.Context(), "good.test", servers, trusted)
		if err != nil || d.Zone != "good.test." || d.Parent != "test." || len(d.ParentServers) != 1 {
			t.Errorf("trusted %t: %+v, %v", trusted, d, err)
		}
		a, err := s.Lookup(t.Context(), "good.test", dns.TypeMX)
		if trusted && (err != nil || a.Text() != "5 new.good.test.") || !trusted && !errors.Is(err, ErrPrivate) {
			t.Errorf("trusted %t: %v, %v", trusted, a, err)
		}
		if a, err := s.Lookup(t.Context(), "web.other.test", dns.TypeA); err != nil || a.Text() != "198.51.100.3" {
			t.Errorf("a name outside the zone: %v, %v", a, err)
		}
		s.Close()
	}
}
