package resolve

import (
	"errors"
	"fmt"

	"testing"
	"time"

	"github.com/miekg/dns"
)

// A domain whose name servers stand under another top-level domain, so that its parent gives no addresses: the usual
// case in China.
const (
	abroadRoot = `. SOA a. b. 1 2 3 4 5
. NS root.
root. A 192.0.2.1
cn. NS ns.cn.
ns.cn. A 192.0.2.2
com. NS ns.com.
ns.com. A 192.0.2.5
`
	abroadCN = `cn. SOA a. b. 1 2 3 4 5
cn. NS ns.cn.
com.cn. SOA a. b. 1 2 3 4 5
com.cn. NS ns.cn.
firma.com.cn. NS dns1.host.com.
firma.com.cn. NS dns2.other.com.
`
	abroadCOM = `com. SOA a. b. 1 2 3 4 5
com. NS ns.com.
host.com. NS ns.host.com.
ns.host.com. A 192.0.2.6
other.com. NS ns.other.com.
ns.other.com. A 192.0.2.7
`
	abroadZone = `firma.com.cn. SOA a. b. 1 2 3 4 60
firma.com.cn. NS dns1.host.com.
firma.com.cn. NS dns2.other.com.
firma.com.cn. MX 5 mx.firma.com.cn.
`
)

// TestOneServerDown: whichever of two servers without glue is out of order, and however, the other one's answer is
// found, every time.
func TestOneServerDown(t *testing.T) {
	rcode := func(rc int) func(bool, *dns.Msg, *dns.Msg) *dns.Msg {
		return func(_ bool, q, _ *dns.Msg) *dns.Msg { return new(dns.Msg).SetRcode(q, rc) }
	}
	faults := map[string]func(bool, *dns.Msg, *dns.Msg) *dns.Msg{
		"silent":   func(bool, *dns.Msg, *dns.Msg) *dns.Msg { return nil },
		"refused":  rcode(dns.RcodeRefused),
		"servfail": rcode(dns.RcodeServerFailure),
		"notimp":   rcode(dns.RcodeNotImplemented),
		"wrong id": func(_ bool, _, m *dns.Msg) *dns.Msg { m.Id++; return m },
		"lame":     func(_ bool, _, m *dns.Msg) *dns.Msg { m.Authoritative, m.Answer = false, nil; return m },
	}
	for name, fault := range faults {
		for broken := range 2 {
			t.Run(fmt.Sprintf("%s %d", name, broken+1), func(t *testing.T) {
				t.Parallel()
				w := newWire(t)
				w.serve("192.0.2.1", abroadRoot, nil)
				w.serve("192.0.2.2", abroadCN, nil)
				w.serve("192.0.2.5", abroadCOM, nil)
				w.serve("192.0.2.6", "host.com. SOA a. b. 1 2 3 4 5\ndns1.host.com. A 192.0.2.3\n", nil)
				w.serve("192.0.2.7", "other.com. SOA a. b. 1 2 3 4 5\ndns2.other.com. A 192.0.2.4\n", nil)
				for i, addr := range []string{"192.0.2.3", "192.0.2.4"} {
					change := fault
					if i != broken {
						change = nil
					}
					w.serve(addr, abroadZone, change)
				}
				for range 20 {
					s := w.net().NewSession("firma.com.cn")
					start := time.Now()
					a, err := s.Lookup(t.Context(), "firma.com.cn", dns.TypeMX)
					if err != nil || a.Text() != "5 mx.firma.com.cn." {
						t.Fatalf("%v, %v", a, err)
					}
					if took := time.Since(start); took > 2*time.Second {
						t.Errorf("took %v", took)
					}
					s.Close()
				}
			})
		}
	}
}

// TestServerFoundAgain: the server that answered is asked first from then on, so that a silent one is waited for once.
func TestServerFoundAgain(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", tldZone, nil)
	w.serve("192.0.2.3", goodZone, func(bool, *dns.Msg, *dns.Msg) *dns.Msg { return nil })
	w.serve("192.0.2.4", goodZone, nil)
	s := w.net().NewSession("good.test")
	defer s.Close()
	for _, q := range []struct {
		name  string
		qtype uint16
	}{{"good.test", dns.TypeMX}, {"mx.good.test", dns.TypeA}, {"mx.good.test", dns.TypeAAAA}, {"good.test", dns.TypeTXT}} {
		if _, err := s.Lookup(t.Context(), q.name, q.qtype); err != nil {
			t.Error(err)
		}
	}
	for _, q := range []string{"mx.good.test. A", "mx.good.test. AAAA", "good.test. TXT"} {
		if n := w.count()["192.0.2.3 "+q]; n > 0 {
			t.Errorf("the silent server was asked for %s %d times after the other had answered", q, n)
		}
	}
}

// TestNoWayIn: name servers that can only be found through the zone that they serve, or through one that waits for this
// one, are proof that nobody can resolve it; one that may be found elsewhere is not.
func TestNoWayIn(t *testing.T) {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", `test. SOA a. b. 1 2 3 4 5
test. NS ns.test.
a.test. NS ns.b.test.
b.test. NS ns.a.test.
inside.test. NS ns1.inside.test.
inside.test. NS ns2.inside.test.
gone.test. NS ns.nowhere.test.
lost.test. NS ns.mute.test.
mute.test. NS ns1.mute.test.
ns1.mute.test. A 192.0.2.66
`, nil)
	for domain, want := range map[string]error{
		"a.test": ErrNoWayIn, "inside.test": ErrNoWayIn, "gone.test": ErrNoWayIn, "lost.test": ErrNoServers,
	} {
		s := w.net().NewSession(domain)
		_, err := s.Lookup(t.Context(), domain, dns.TypeMX)
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", domain, err, want)
		}
		s.Close()
	}
}

// TestServersByIPv6: a zone whose servers have IPv6 addresses alone, or IPv4 ones that do not answer, is reached over
// IPv6.
func TestServersByIPv6(t *testing.T) {
	for name, zone := range map[string]string{
		"glue":      "six.test. NS ns1.six.test.\nns1.six.test. AAAA 2001:db8::3\n",
		"no glue":   "six.test. NS ns1.good.test.\ngood.test. NS ns.good.test.\nns.good.test. A 192.0.2.3\n",
		"both dead": "six.test. NS ns1.good.test.\nsix.test. NS ns2.good.test.\ngood.test. NS ns.good.test.\nns.good.test. A 192.0.2.3\n",
	} {
		w := newWire(t)
		w.serve("192.0.2.1", rootZone, nil)
		w.serve("192.0.2.2", "test. SOA a. b. 1 2 3 4 5\ntest. NS ns.test.\n"+zone, func(_ bool, _, m *dns.Msg) *dns.Msg {
			if name == "glue" && len(m.Ns) > 0 {
				rr, _ := dns.NewRR("ns1.six.test. AAAA 2001:db8::3")
				m.Extra = append(m.Extra, rr)
			}
			return m
		})
		w.serve("192.0.2.3", `good.test. SOA a. b. 1 2 3 4 5
ns1.good.test. AAAA 2001:db8::3
ns2.good.test. A 192.0.2.99
`, nil)
		w.serve("2001:db8::3", "six.test. SOA a. b. 1 2 3 4 5\nsix.test. MX 5 mx.six.test.\n", nil)
		n := w.net()
		s := n.NewSession("six.test")
		if a, err := s.Lookup(t.Context(), "six.test", dns.TypeMX); err != nil || a.Text() != "5 mx.six.test." {
			t.Errorf("%s: %v, %v", name, a, err)
		}
		s.Close()
	}
}
