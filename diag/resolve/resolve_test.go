package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestLookup(t *testing.T) {
	w := healthy(t)
	s := w.net().NewSession("good.test")
	defer s.Close()
	for _, c := range []struct {
		name  string
		qtype uint16
		want  string // the answer's text, or a part of the error
	}{
		{"good.test", dns.TypeMX, "5 mx.good.test."},
		{"GOOD.test.", dns.TypeMX, "5 mx.good.test."},
		{"mx.good.test", dns.TypeA, "198.51.100.1"},
		{"mx.good.test", dns.TypeAAAA, "NODATA"},
		{"b.good.test", dns.TypeA, "NODATA"}, // an empty non-terminal exists
		{"nowhere.good.test", dns.TypeA, "NXDOMAIN"},
		{"unknown.test", dns.TypeA, "NXDOMAIN"},
		{"no.such.tld", dns.TypeA, "NXDOMAIN"},
		{"www.good.test", dns.TypeA, "CNAME web.other.test.; 198.51.100.3"},
		{"dangling.good.test", dns.TypeA, "NXDOMAIN"},
		{"loop1.good.test", dns.TypeA, "loop"},
		{"thief.good.test", dns.TypeA, "NXDOMAIN"}, // nobody may answer for another's name
		{"private.test", dns.TypeA, "private"},
		{"x.round.test", dns.TypeA, "no name server with an address"},
		{strings.Repeat("a", 64) + ".test", dns.TypeA, "not a DNS name"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		a, err := s.Lookup(ctx, c.name, c.qtype)
		cancel()
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = a.Text()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s %s: %s, want %s", c.name, dns.TypeToString[c.qtype], got, c.want)
		}
	}
	for q, n := range w.count() {
		if n > 1 {
			t.Errorf("asked %d times: %s", n, q)
		}
	}
}

// TestParentAndChildOnOneServer resolves a zone whose servers also hold the zone above, and say its NS without their
// addresses.
func TestParentAndChildOnOneServer(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", `test. SOA a. b. 1 2 3 4 5
test. NS ns.test.
child.test. SOA a. b. 1 2 3 4 5
child.test. NS ns1.child.test.
ns1.child.test. A 192.0.2.2
child.test. MX 5 mx.child.test.
`, nil)
	s := w.net().NewSession("child.test")
	defer s.Close()
	if a, err := s.Lookup(t.Context(), "child.test", dns.TypeMX); err != nil || a.Text() != "5 mx.child.test." {
		t.Errorf("%v, %v", a, err)
	}
}

func TestEveryQuestionOnce(t *testing.T) {
	w := healthy(t)
	s := w.net().NewSession("good.test")
	defer s.Close()
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := s.Lookup(t.Context(), "good.test", dns.TypeMX); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := s.Queries(); got != 3 {
		t.Errorf("%d questions for one answer three servers deep, want 3", got)
	}
}

func TestServerFaults(t *testing.T) {
	rcode := func(rc int) func(bool, *dns.Msg, *dns.Msg) *dns.Msg {
		return func(_ bool, q, _ *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, rc) }
	}
	truncate := func(tcp bool, _, m *dns.Msg) *dns.Msg {
		if !tcp {
			m.Truncated, m.Answer = true, nil
		}
		return m
	}
	for name, c := range map[string]struct {
		change   func(bool, *dns.Msg, *dns.Msg) *dns.Msg
		networks []string
		want     error // from both servers alike
	}{
		"servfail": {rcode(dns.RcodeServerFailure), nil, ErrServFail},
		"refused":  {rcode(dns.RcodeRefused), nil, ErrRefused},
		"silent":   {func(bool, *dns.Msg, *dns.Msg) *dns.Msg { return nil }, nil, ErrTimeout},
		"wrong id": {func(_ bool, _, m *dns.Msg) *dns.Msg { m.Id++; return m }, nil, ErrBadAnswer},
		"lame": {func(_ bool, _, m *dns.Msg) *dns.Msg { m.Authoritative, m.Answer = false, nil; return m }, nil,
			ErrLame},
		"other": {func(_ bool, _, m *dns.Msg) *dns.Msg { m.Question[0].Name = "evil.test."; return m }, nil,
			ErrBadAnswer},
		"truncated": {truncate, nil, nil},
		"cut short": {truncate, []string{"udp"}, ErrTruncated},
		"no edns": {func(_ bool, q, m *dns.Msg) *dns.Msg {
			if q.IsEdns0() != nil {
				return new(dns.Msg).SetRcode(q, dns.RcodeFormatError)
			}
			return m
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWire(t)
			w.serve("192.0.2.1", rootZone, nil)
			w.serve("192.0.2.2", tldZone, nil)
			w.serve("192.0.2.3", goodZone, c.change, c.networks...)
			w.serve("192.0.2.4", goodZone, c.change, c.networks...)
			s := w.net().NewSession("good.test")
			defer s.Close()
			a, err := s.Lookup(t.Context(), "good.test", dns.TypeMX)
			if !errors.Is(err, c.want) || (c.want == nil && a.Text() != "5 mx.good.test.") {
				t.Errorf("both servers: %v, want %v", err, c.want)
			}
			var f *Failure
			if c.want != nil && (!errors.As(err, &f) || !f.Server.IsValid()) {
				t.Errorf("the failure does not name a server: %v", err)
			}

			w = newWire(t)
			w.serve("192.0.2.1", rootZone, nil)
			w.serve("192.0.2.2", tldZone, nil)
			w.serve("192.0.2.3", goodZone, c.change, c.networks...)
			w.serve("192.0.2.4", goodZone, nil)
			s2 := w.net().NewSession("good.test")
			defer s2.Close()
			if a, err := s2.Lookup(t.Context(), "good.test", dns.TypeMX); err != nil || a.Text() != "5 mx.good.test." {
				t.Errorf("with one healthy server beside: %v", err)
			}
		})
	}
}

func TestNoNetwork(t *testing.T) {
	w := newWire(t)
	n := w.net()
	for range 8 {
		n.Roots = append(n.Roots, NameServer{Name: "r.",
			Glue: []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(100 + len(n.Roots))})}})
	}
	n.Resolvers = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.201:53"), netip.MustParseAddrPort("192.0.2.202:53")}
	s := n.NewSession("good.test")
	defer s.Close()
	start := time.Now()
	a, err := s.Lookup(t.Context(), "good.test", dns.TypeMX)
	if a != nil || !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, %v", a, err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v to notice that there is no network", took)
	}
}

func TestResolvers(t *testing.T) {
	w := newWire(t)
	all := rootZone + "good.test. MX 5 mx.good.test.\ngood.test. NS ns1.good.test.\ngood.test. SOA a. b. 1 2 3 4 5\nsub.good.test. A 198.51.100.9\n"
	flat := func(_ bool, q, m *dns.Msg) *dns.Msg { // a resolver answers without authority
		m.Authoritative, m.RecursionAvailable = false, true
		if !q.RecursionDesired {
			return new(dns.Msg).SetRcode(q, dns.RcodeRefused)
		}
		if len(m.Ns) > 0 && m.Ns[0].Header().Rrtype == dns.TypeNS && m.Ns[0].Header().Name == q.Question[0].Name {
			m.Answer, m.Ns = m.Ns, nil
		}
		return m
	}
	w.serve("192.0.2.53", all, flat)
	w.serve("192.0.2.54", "closed.network. SOA a. b. 1 2 3 4 5\n", func(_ bool, q, m *dns.Msg) *dns.Msg {
		return new(dns.Msg).SetRcode(q, dns.RcodeNameError)
	})
	chosen := &Net{Dial: w.dial, ResolversOnly: true,
		Resolvers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.53:53")}}
	s := chosen.NewSession("good.test")
	defer s.Close()
	if a, err := s.Lookup(t.Context(), "good.test", dns.TypeMX); err != nil || a.Text() != "5 mx.good.test." {
		t.Errorf("a chosen resolver: %v", err)
	}
	d, err := s.Walk(t.Context(), "sub.good.test")
	if err != nil || d.Zone != "good.test." || !d.ViaResolver || len(d.NS) != 1 || d.NXDomain {
		t.Errorf("walk: %+v, %v", d, err)
	}
	if d, err := s.Walk(t.Context(), "nowhere.good.test"); err != nil || !d.NXDomain {
		t.Errorf("walk to nowhere: %+v, %v", d, err)
	}

	own := w.net() // its root servers do not answer
	own.Resolvers = []netip.AddrPort{netip.MustParseAddrPort("192.0.2.54:53")}
	s2 := own.NewSession("good.test")
	defer s2.Close()
	if a, err := s2.Lookup(t.Context(), "good.test", dns.TypeMX); !errors.Is(err, ErrClosed) {
		t.Errorf("a resolver in a closed network was believed: %v, %v", a, err)
	}
}

func TestWalk(t *testing.T) {
	w := healthy(t)
	n := w.net()
	for range 2 { // the second session knows the cuts above from the first
		s := n.NewSession("good.test")
		d, err := s.Walk(t.Context(), "www.good.test")
		if err != nil || d.Zone != "good.test." || d.Parent != "test." || len(d.NS) != 2 || len(d.NS[0].Glue) != 1 ||
			d.NXDomain {
			t.Errorf("walk: %+v, %v", d, err)
		}
		if d != nil && (d.Said == nil || d.Said.Server.String() != "192.0.2.2:53" || len(d.ParentServers) != 1) {
			t.Errorf("the parent's word is missing: %+v", d)
		}
		s.Close()
	}
	asked := w.count()
	if got := asked["192.0.2.1 test. NS"]; got != 1 {
		t.Errorf("the root was asked %d times for test.", got)
	}
	if got := asked["192.0.2.2 good.test. NS"]; got != 2 {
		t.Errorf("the domain's own delegation was asked for %d times in two sessions", got)
	}
	s := n.NewSession("unknown.test")
	defer s.Close()
	d, err := s.Walk(t.Context(), "unknown.test")
	if err != nil || !d.NXDomain || d.Zone != "test." || !d.Said.NXDomain() {
		t.Errorf("walk to an unknown name: %+v, %v", d, err)
	}
}

func TestNeverAPrivateAddress(t *testing.T) {
	n := &Net{Dial: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		t.Error("dialled")
		return nil, errors.New("no")
	}}
	s := n.NewSession("good.test")
	defer s.Close()
	for _, a := range []string{"127.0.0.1:53", "10.0.0.1:53", "[::1]:53", "[::ffff:192.168.0.1]:53"} {
		if _, err := s.Ask(t.Context(), netip.MustParseAddrPort(a), "good.test", dns.TypeA, Auto); !errors.Is(err,
			ErrPrivate) {
			t.Errorf("%s: %v", a, err)
		}
		if _, err := s.Transfer(t.Context(), netip.MustParseAddrPort(a), "good.test"); !errors.Is(err, ErrPrivate) {
			t.Errorf("transfer from %s: %v", a, err)
		}
	}
}
