package lab

import (
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"signpost/diag/resolve"
)

func TestChange(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": "@ NS ns1\nns1 A 192.0.2.21\n@ MX 10 a", "sub.x.test": "@ TXT sub"}))
	if m := ask(t, l, "udp", tldAddr1, "x.test.", dns.TypeNS); data(m.Ns) != "ns1.x.test." {
		t.Errorf("delegation before: %s", data(m.Ns))
	}
	if err := l.Change("X.test", ";! server 203.0.113.22 @ TXT: REFUSED\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.21\nns2 A 203.0.113.22\n@ MX 20 b"); err != nil {
		t.Fatal(err)
	}
	if m := ask(t, l, "udp", tldAddr1, "x.test.", dns.TypeNS); data(m.Ns) != "ns1.x.test.; ns2.x.test." {
		t.Errorf("delegation after: %s", data(m.Ns))
	}
	if m := ask(t, l, "udp", "203.0.113.22", "x.test.", dns.TypeMX); data(m.Answer) != "20 b.x.test." {
		t.Errorf("MX at the new server: %v", m)
	}
	if m := ask(t, l, "udp", "203.0.113.22", "x.test.", dns.TypeTXT); m.Rcode != dns.RcodeRefused {
		t.Errorf("behaviour of the new server: %v", m)
	}
	if m := ask(t, l, "udp", "192.0.2.21", "sub.x.test.", dns.TypeTXT); data(m.Ns) != "ns1.sub.x.test.; ns2.sub.x.test." {
		t.Errorf("the zone below: %v", m)
	}
	for origin, text := range map[string]string{"unknown.test": "", "x.test": "@ A nonsense"} {
		if err := l.Change(origin, text); err == nil {
			t.Errorf("%s changed to %q", origin, text)
		}
	}
}

func TestSetBehaviour(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": "@ TXT x", "y.test": "@ TXT y"}),
		Faulty("ns1.x.test", Behaviour{Lame: true}))
	rcodes := func(want ...int) {
		t.Helper()
		for i, name := range []string{"x.test.", "y.test."} {
			if m := ask(t, l, "udp", sharedAddr1, name, dns.TypeTXT); m.Rcode != want[i] {
				t.Errorf("%s: %s", name, dns.RcodeToString[m.Rcode])
			}
		}
	}
	rcodes(dns.RcodeRefused, dns.RcodeSuccess) // the name means its zone, though both zones share the server
	for _, c := range []struct {
		server string
		b      Behaviour
		want   []int
	}{
		{"ns1.x.test", Behaviour{}, []int{dns.RcodeSuccess, dns.RcodeSuccess}},
		// The narrower one holds for x.
		{sharedAddr1, Behaviour{Rcode: dns.RcodeServerFailure}, []int{dns.RcodeSuccess, dns.RcodeServerFailure}},
		{"ns1.x.test", Behaviour{Rcode: dns.RcodeNotImplemented}, []int{dns.RcodeNotImplemented, dns.RcodeServerFailure}},
	} {
		if err := l.SetBehaviour(c.server, c.b); err != nil {
			t.Fatal(err)
		}
		rcodes(c.want...)
	}
	for _, server := range []string{"ns9.x.test", "203.0.113.200"} {
		if err := l.SetBehaviour(server, Behaviour{}); err == nil {
			t.Errorf("there is no server %s", server)
		}
		if _, err := Start(Zones(map[string]string{"x.test": ""}), Faulty(server, Behaviour{})); err == nil {
			t.Errorf("started with a faulty %s", server)
		}
	}
	if err := l.Change("x.test", "@ TXT changed"); err != nil {
		t.Fatal(err)
	}
	rcodes(dns.RcodeNotImplemented, dns.RcodeServerFailure)
}

func TestParentAndSecondary(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": "@ TXT new"}),
		ParentNS("x.test", "@ NS ns1\n@ NS ns3\nns1 A 192.0.2.11\nns3 A 203.0.113.33"),
		Secondary("ns2.x.test", "x.test", "@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ TXT old"))
	m := ask(t, l, "udp", tldAddr1, "x.test.", dns.TypeTXT)
	if data(m.Ns) != "ns1.x.test.; ns3.x.test." || data(m.Extra[:2]) != "192.0.2.11; 203.0.113.33" {
		t.Errorf("the zone above: %v", m)
	}
	for server, want := range map[string]string{sharedAddr1: `"new"`, sharedAddr2: `"old"`, "203.0.113.33": `"new"`} {
		if m := ask(t, l, "udp", server, "x.test.", dns.TypeTXT); data(m.Answer) != want {
			t.Errorf("%s: %v", server, m)
		}
	}
	if soa := ask(t, l, "udp", sharedAddr2, "x.test.", dns.TypeSOA).Answer[0].(*dns.SOA); soa.Serial != 1 {
		t.Errorf("serial %d", soa.Serial)
	}
	if _, err := Start(Zones(nil), ParentNS("x.test", "")); err == nil {
		t.Error("a delegation of no zone")
	}
}

func TestIPv6(t *testing.T) {
	zones := Zones(map[string]string{"x.test": "@ NS ns1\nns1 AAAA 2001:db8::53\n@ TXT x"})
	l := start(t, zones, IPv6())
	s := l.Net().NewSession("x.test")
	defer s.Close()
	if a, err := s.Lookup(t.Context(), "x.test", dns.TypeTXT); err != nil || a.Text() != `"x"` {
		t.Errorf("%v, %v", a, err)
	}
	without := start(t, zones)
	if m := ask(t, without, "udp", resolverAddr, "x.test.", dns.TypeTXT); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("a zone whose server cannot be reached: %v", m)
	}
}

func TestRecursion(t *testing.T) {
	l := start(t, Zones(map[string]string{
		"x.test":    ";! at 192.0.2.53: cached TXT old\n@ MX 10 mx\nalias CNAME www.y.example.\ncached TXT new\nloop CNAME loop2\nloop2 CNAME loop\nmx A 192.0.2.80",
		"y.example": "www A 192.0.2.81",
		"dead.test": ";! server 192.0.2.31: drop\n;! server 203.0.113.31: lame\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.31\nns2 A 203.0.113.31\n@ TXT dead",
		"half.test": ";! server 192.0.2.32: garbage\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.32\nns2 A 203.0.113.32\n@ TXT half",
		"lost.test": "below NS ns.below\nns.below A 203.0.113.35",
	}))
	for _, c := range []struct {
		name  string
		qtype uint16
		rcode int
		want  string
	}{
		{"x.test.", dns.TypeMX, 0, "10 mx.x.test."}, {"alias.x.test.", dns.TypeA, 0, "www.y.example.; 192.0.2.81"},
		{"alias.x.test.", dns.TypeCNAME, 0, "www.y.example."}, {"alias.x.test.", dns.TypeTXT, 0, "www.y.example."},
		{"cached.x.test.", dns.TypeTXT, 0, `"old"`},
		{"nobody.x.test.", dns.TypeA, dns.RcodeNameError, ""}, {"mx.x.test.", dns.TypeAAAA, 0, ""},
		{"nobody.test.", dns.TypeA, dns.RcodeNameError, ""},
		{"loop.x.test.", dns.TypeA, dns.RcodeServerFailure, ""}, {"dead.test.", dns.TypeTXT, dns.RcodeServerFailure, ""},
		{"half.test.", dns.TypeTXT, 0, `"half"`},
		{"a.below.lost.test.", dns.TypeA, dns.RcodeServerFailure, ""},
	} {
		m := ask(t, l, "udp", resolverAddr, c.name, c.qtype)
		soa := len(m.Ns) == 1 && m.Ns[0].Header().Rrtype == dns.TypeSOA
		denied := c.rcode == dns.RcodeNameError ||
			(c.rcode == 0 && (c.want == "" || c.qtype == dns.TypeTXT && strings.HasPrefix(c.name, "alias")))
		if m.Rcode != c.rcode || data(m.Answer) != c.want || !m.RecursionAvailable || m.Authoritative || soa != denied {
			t.Errorf("%s %s: %v", c.name, dns.Type(c.qtype), m)
		}
	}
	if err := l.SetBehaviour(resolverAddr, Behaviour{Rcode: dns.RcodeRefused}); err != nil {
		t.Fatal(err)
	}
	if m := ask(t, l, "tcp", l.Resolver().Addr().String(), "x.test.", dns.TypeMX); m.Rcode != dns.RcodeRefused {
		t.Errorf("a resolver that refuses: %v", m)
	}
}

// TestChangeWhileAsked is for the race detector.
func TestChangeWhileAsked(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": "@ TXT x"}), Bulk(50), Record())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 50 {
				s := l.Net().NewSession("x.test")
				a, err := s.Ask(t.Context(), netip.MustParseAddrPort(sharedAddr1+":53"), BulkName(1+(i+j)%50), dns.TypeMX,
					resolve.UDP)
				if err != nil || a.Empty() {
					t.Errorf("%v, %v", a, err)
				}
				s.Close()
			}
		})
	}
	for range 20 {
		if err := l.Change("x.test", "@ TXT y"); err != nil {
			t.Error(err)
		}
		if err := l.SetBehaviour("ns2.x.test", Behaviour{Lame: true}); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
