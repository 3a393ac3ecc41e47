package resolve

import (
	"net/netip"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/miekg/dns"
)

// FuzzAnswer reads messages from anywhere: what is taken for an answer is one to the question, and everything made of
// it is bounded.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{"shop.test. 300 IN MX 10 mx1.shop.test.", "shop.test. 300 IN CNAME shop.test.",
		`shop.test. 300 IN TXT "v=spf1 \255 -all"`} {
		rr, err := dns.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		m := new(dns.Msg)
		m.SetQuestion("shop.test.", dns.TypeMX)
		m.Id, m.Response = 7, true
		m.Answer = []dns.RR{rr}
		m.SetEdns0(1232, true)
		wire, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	large := new(dns.Msg)
	large.SetQuestion("shop.test.", dns.TypeMX)
	large.Id, large.Response, large.Compress = 7, true, true
	for range 600 {
		large.Answer = append(large.Answer,
			&dns.MX{Hdr: dns.RR_Header{Name: "shop.test.", Rrtype: dns.TypeMX, Class: dns.ClassINET}, Mx: "mx.shop.test."})
	}
	wire, err := large.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	q := Question{"shop.test.", dns.TypeMX}
	f.Fuzz(func(t *testing.T, wire []byte) {
		a, err := read(wire, 7, q, netip.MustParseAddrPort("192.0.2.1:53"))
		if (a == nil) == (err == nil) {
			t.Fatalf("%v, %v", a, err)
		}
		if a == nil {
			return
		}
		if !utf8.ValidString(a.EDE) || len(a.EDE) > 4*300 || len(a.Text()) > 4*2001 || len(a.Chain()) > len(a.RRs) {
			t.Errorf("out of bounds: %q, %d aliases", a.EDE, len(a.Chain()))
		}
		_, _, _ = a.TXT(), a.Addrs(), a.MinTTL()
		if len(a.Chain()) > maxLinks || len(a.RRs) > maxRecords+maxLinks*128 || len(a.Ns) > maxRecords ||
			len(a.Extra) > maxRecords {
			t.Errorf("%d aliases, %d, %d, %d records", len(a.Chain()), len(a.RRs), len(a.Ns), len(a.Extra))
		}
		joined, err := join(&Answer{}, a, q)
		if err != nil {
			t.Fatal(err) // a chain that was taken is taken again
		}
		_ = inZone(joined, "test.")
		_ = referral(a, "test.", "shop.test.", time.Now())
		_ = signerOf(a)
	})
}
