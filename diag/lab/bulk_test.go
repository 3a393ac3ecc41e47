package lab

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestBulk(t *testing.T) {
	began := time.Now()
	l := start(t, Zones(nil), Bulk(10000))
	if took := time.Since(began); took > time.Second {
		t.Errorf("10,000 zones took %v to start", took)
	}
	last := BulkName(10000) + "."
	for _, c := range []struct {
		server, name string
		qtype        uint16
		rcode        int
		answer, ns   string
	}{
		{rootAddr, "d00001.bulk.", dns.TypeNS, 0, "", "ns1.bulk.; ns2.bulk."},
		{bulkAddr1, "d00001.bulk.", dns.TypeNS, 0, "", "ns1.d00001.bulk.; ns2.d00001.bulk."},
		{bulkAddr1, "d00000.bulk.", dns.TypeNS, dns.RcodeNameError, "", ""},
		{bulkAddr1, "d10001.bulk.", dns.TypeNS, dns.RcodeNameError, "", ""},
		{bulkAddr1, "mx1.d00001.bulk.", dns.TypeA, 0, "", "ns1.d00001.bulk.; ns2.d00001.bulk."},
		{sharedAddr1, last, dns.TypeMX, 0, "10 mx1." + last + "; 20 mx2." + last, ""},
		{sharedAddr2, "_dmarc." + last, dns.TypeTXT, 0, `"v=DMARC1; p=reject; rua=mailto:postmaster@d10000.bulk"`, ""},
		{sharedAddr1, last, dns.TypeNS, 0, "ns1." + last + "; ns2." + last, ""},
		{sharedAddr1, "d10001.bulk.", dns.TypeMX, dns.RcodeRefused, "", ""},
		{resolverAddr, "mx2.d04711.bulk.", dns.TypeA, 0, "198.51.100.80", ""},
		{resolverAddr, "nobody.d04711.bulk.", dns.TypeA, dns.RcodeNameError, "", ""},
	} {
		m := ask(t, l, "udp", c.server, c.name, c.qtype)
		ns := ""
		if c.ns != "" {
			ns = data(m.Ns)
		}
		if m.Rcode != c.rcode || data(m.Answer) != c.answer || ns != c.ns {
			t.Errorf("%s %s at %s: %v", c.name, dns.Type(c.qtype), c.server, m)
		}
	}
	for i := 1; i <= 3*bulkKept; i++ {
		l.bulk.zone(BulkName(i) + ".")
	}
	if n := len(l.bulk.zones); n != bulkKept {
		t.Errorf("%d zones are kept", n)
	}
	if _, err := Start(Zones(nil), Bulk(100000)); err == nil {
		t.Error("more zones than names")
	}
}

// BenchmarkQuestions is how many questions a second two servers answer, to plain clients with a socket each.
func BenchmarkQuestions(b *testing.B) {
	l, err := Start(Zones(nil), Bulk(10000))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	var n atomic.Int64
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var conns []net.Conn
		for _, server := range []string{sharedAddr1, sharedAddr2} {
			conn, err := l.dial(b.Context(), "udp", netip.MustParseAddrPort(server+":53"))
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			conns = append(conns, conn)
		}
		buf := make([]byte, 1500)
		for pb.Next() {
			i := int(n.Add(1))
			q := new(dns.Msg)
			q.SetQuestion(BulkName(1+i/40%10000)+".", []uint16{dns.TypeMX, dns.TypeTXT, dns.TypeNS, dns.TypeSOA}[i%4])
			q.SetEdns0(1232, false)
			wire, err := q.Pack()
			if err != nil {
				b.Error(err)
				return
			}
			conn := conns[i%2]
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			if _, err := conn.Write(wire); err != nil {
				b.Error(err)
				return
			}
			if n, err := conn.Read(buf); err != nil || n < 60 {
				b.Errorf("%d octets, %v", n, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "questions/s")
}

// BenchmarkStart is how long the standard lab takes to start and end.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		l, err := Start()
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
