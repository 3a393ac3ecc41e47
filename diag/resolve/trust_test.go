package resolve

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
)

// A zone that names the operator's own resolver as its server does not have it asked: neither on the way to a record nor for a survey of the
// servers, over UDP, TCP or for the whole zone. Recursive questions still go there.
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
	if a, err := s.Recurse(t.Context(), resolver, "private.test", dns.TypeMX, Plain); err != nil || a.Text() != "5 mx.private.test." {
		t.Errorf("a recursive question: %v, %v", a, err)
	}
}
