package lab

import (
	"net/netip"
	"strings"
	"testing"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

func start(t *testing.T, o ...Option) *Lab {
	t.Helper()
	l, err := Start(o...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestStandardLab(t *testing.T) {
	l := start(t, Record())
	if len(l.Domains()) < 27 {
		t.Errorf("%d domains", len(l.Domains()))
	}
	s := l.Net().NewSession("healthy.example")
	defer s.Close()
	for _, c := range []struct {
		name  string
		qtype uint16
		want  string
	}{
		{"healthy.example", dns.TypeMX, "10 mx1.healthy.example.; 20 mx2.healthy.example."},
		{"mx1.healthy.example", dns.TypeA, "192.0.2.80"},
		{"mx1.healthy.example", dns.TypeAAAA, "NODATA"},
		{"_domainkey.healthy.example", dns.TypeTXT, "NODATA"},
		{"nobody.healthy.example", dns.TypeTXT, "NXDOMAIN"},
		{"not-registered.example", dns.TypeMX, "NXDOMAIN"},
		{"anything._domainkey.parked.example", dns.TypeTXT, `"v=DKIM1; p="`},
		{"mail.mx-is-alias.example", dns.TypeA, "CNAME host.mx-is-alias.example.; 192.0.2.80"},
		{"mx1.qiye.aliyun.com", dns.TypeA, "198.51.100.91"},
	} {
		a, err := s.Lookup(t.Context(), c.name, c.qtype)
		if err != nil || a.Text() != c.want {
			t.Errorf("%s %s: %v, %v; want %s", c.name, dns.TypeToString[c.qtype], a, err, c.want)
		}
	}
	if n := l.Asked()[rootAddr+" udp example. NS"]; n != 1 {
		t.Errorf("the root was asked %d times for example.", n)
	}
	if d, err := s.Walk(t.Context(), "other-parent.example"); err != nil || d.NS[1].Name != "ns3.other-parent.example." {
		t.Errorf("the parent's own list: %+v, %v", d, err)
	}
}

func TestServedZoneBehaviours(t *testing.T) {
	l := start(t, Zones(map[string]string{"faulty.test": `
;! server 203.0.113.1: transfer
;! server 203.0.113.7: truncate
;! server 203.0.113.8: huge
;! server 203.0.113.11 faulty.test. TXT: SERVFAIL
;! at 203.0.113.12: faulty.test. MX 5 old.faulty.test.
@ NS ns1
@ NS ns7
@ NS ns8
@ NS ns11
@ NS ns12
ns1 A 203.0.113.1
ns7 A 203.0.113.7
ns8 A 203.0.113.8
ns11 A 203.0.113.11
ns12 A 203.0.113.12
@ MX 10 mx.faulty.test.
@ TXT "text"
`}))
	s := l.Net().NewSession("faulty.test")
	defer s.Close()
	at := func(n string) netip.AddrPort { return netip.MustParseAddrPort("203.0.113." + n + ":53") }
	if given, err := s.Transfer(t.Context(), at("1"), "faulty.test"); err != nil || !given {
		t.Errorf("transfer: %v, %v", given, err)
	}
	if given, err := s.Transfer(t.Context(), at("7"), "faulty.test"); err != nil || given {
		t.Errorf("a transfer that is not allowed: %v, %v", given, err)
	}
	if a, err := s.Ask(t.Context(), at("7"), "faulty.test", dns.TypeMX, resolve.Auto); err != nil || !a.TCP ||
		a.Text() != "10 mx.faulty.test." {
		t.Errorf("truncated: %v, %v", a, err)
	}
	if a, err := s.Ask(t.Context(), at("7"), "faulty.test", dns.TypeTXT, resolve.UDP); err != nil || !a.Truncated() {
		t.Errorf("truncated over UDP alone: %v, %v", a, err)
	}
	if a, err := s.Ask(t.Context(), at("8"), "faulty.test", dns.TypeTXT, resolve.Auto); err != nil || a.Size < 55000 {
		t.Errorf("huge: %v", err)
	}
	if a, err := s.Ask(t.Context(), at("11"), "faulty.test", dns.TypeTXT, resolve.Auto); err != nil ||
		a.Rcode != dns.RcodeServerFailure {
		t.Errorf("one question's rcode: %v, %v", a, err)
	}
	if a, err := s.Ask(t.Context(), at("12"), "faulty.test", dns.TypeMX, resolve.Auto); err != nil ||
		a.Text() != "5 old.faulty.test." {
		t.Errorf("a differing record: %v, %v", a, err)
	}
}

func TestZoneErrors(t *testing.T) {
	for text, want := range map[string]string{
		"@ MX 10 mx1.qiye.aliyun.com": "lacks its final dot", "@ A not-an-address": "bad A", ";! nonsense: 1": "no such line",
		";! server 192.0.2.9: explode": "no such behaviour",
	} {
		if _, err := Start(Zones(map[string]string{"x.test": text})); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
