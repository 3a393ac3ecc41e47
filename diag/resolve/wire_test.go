package resolve

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// wire is a few name servers on loopback, each known by a documentation address.
type wire struct {
	t     *testing.T
	mu    sync.Mutex
	ports map[string]string // "udp 192.0.2.1:53" -> loopback address
	asked map[string]int    // "192.0.2.1 name TYPE"
	hole  net.PacketConn    // swallows what is sent to nobody
}

func newWire(t *testing.T) *wire {
	t.Helper()
	hole, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hole.Close() })
	return &wire{t: t, ports: map[string]string{}, asked: map[string]int{}, hole: hole}
}

func (w *wire) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	w.mu.Lock()
	at, ok := w.ports[network+" "+to.String()]
	w.mu.Unlock()
	if !ok {
		if network == "tcp" {
			return nil, errors.New("connection refused")
		}
		at = w.hole.LocalAddr().String()
	}
	return (&net.Dialer{}).DialContext(ctx, network, at)
}

// serve answers at a documentation address. RRs are in master-file form; handlers may change or drop (nil) the answer.
func (w *wire) serve(addr string, rrs string, change func(tcp bool, q, m *dns.Msg) *dns.Msg, networks ...string) {
	w.t.Helper()
	var records []dns.RR
	for line := range strings.Lines(rrs) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			w.t.Fatal(err)
		}
		records = append(records, rr)
	}
	if networks == nil {
		networks = []string{"udp", "tcp"}
	}
	for _, network := range networks {
		h := dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) {
			w.mu.Lock()
			w.asked[addr+" "+q.Question[0].Name+" "+dns.TypeToString[q.Question[0].Qtype]]++
			w.mu.Unlock()
			m := respond(records, q)
			if change != nil {
				if m = change(network == "tcp", q, m); m == nil {
					return
				}
			}
			_ = rw.WriteMsg(m)
		})
		s := &dns.Server{Handler: h}
		if network == "udp" {
			pc, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				w.t.Fatal(err)
			}
			s.PacketConn = pc
			w.ports["udp "+at53(addr)] = pc.LocalAddr().String()
		} else {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				w.t.Fatal(err)
			}
			s.Listener = l
			w.ports["tcp "+at53(addr)] = l.Addr().String()
		}
		go func() { _ = s.ActivateAndServe() }()
		w.t.Cleanup(func() { _ = s.Shutdown() })
	}
}

// count is how often each question was asked.
func (w *wire) count() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.asked)
}

// respond is a plain authoritative server: the longest SOA is its zone, NS records below it are delegations.
func respond(records []dns.RR, q *dns.Msg) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(q)
	name, qtype := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype
	zone, exists := "", false
	for _, rr := range records {
		if rr.Header().Rrtype == dns.TypeSOA && dns.IsSubDomain(rr.Header().Name, name) && len(rr.Header().Name) > len(zone) {
			zone = rr.Header().Name
			m.Ns = []dns.RR{rr}
		}
	}
	m.Authoritative = true
	for _, rr := range records {
		owner := rr.Header().Name
		exists = exists || dns.IsSubDomain(name, owner)
		switch {
		case rr.Header().Rrtype == dns.TypeNS && owner != zone && dns.IsSubDomain(zone, owner) &&
			dns.IsSubDomain(owner, name):
			if m.Authoritative {
				m.Authoritative, m.Ns = false, nil
			}
			m.Ns = append(m.Ns, rr)
			for _, g := range records {
				if g.Header().Name == rr.(*dns.NS).Ns && g.Header().Rrtype == dns.TypeA {
					m.Extra = append(m.Extra, g)
				}
			}
		case owner == name && (rr.Header().Rrtype == qtype || rr.Header().Rrtype == dns.TypeCNAME):
			m.Answer = append(m.Answer, rr)
		}
	}
	if !m.Authoritative {
		m.Answer = nil
	} else if len(m.Answer) > 0 {
		m.Ns = nil
	} else if !exists {
		m.Rcode = dns.RcodeNameError
	}
	return m
}

const rootZone = `. SOA a. b. 1 2 3 4 5
. NS root.
root. A 192.0.2.1
test. NS ns.test.
ns.test. A 192.0.2.2
`

const tldZone = `test. SOA a. b. 1 2 3 4 5
test. NS ns.test.
good.test. NS ns1.good.test.
good.test. NS ns2.good.test.
ns1.good.test. A 192.0.2.3
ns2.good.test. A 192.0.2.4
other.test. NS ns1.good.test.
ns1.good.test. A 192.0.2.3
private.test. NS ns.private.test.
ns.private.test. A 10.0.0.1
round.test. NS ns.circle.test.
circle.test. NS ns.round.test.
`

const goodZone = `good.test. SOA a. b. 1 2 3 4 60
good.test. NS ns1.good.test.
good.test. MX 5 mx.good.test.
mx.good.test. A 198.51.100.1
www.good.test. CNAME web.other.test.
loop1.good.test. CNAME loop2.good.test.
loop2.good.test. CNAME loop1.good.test.
dangling.good.test. CNAME missing.other.test.
thief.good.test. CNAME victim.elsewhere.test.
victim.elsewhere.test. A 203.0.113.66
a.b.good.test. A 198.51.100.2
other.test. SOA a. b. 1 2 3 4 60
web.other.test. A 198.51.100.3
`

func (w *wire) net() *Net {
	return &Net{Dial: w.dial, Roots: []NameServer{{Name: "root.", Glue: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}}}
}

func healthy(t *testing.T) *wire {
	w := newWire(t)
	w.serve("192.0.2.1", rootZone, nil)
	w.serve("192.0.2.2", tldZone, nil)
	w.serve("192.0.2.3", goodZone, nil)
	w.serve("192.0.2.4", goodZone, nil)
	return w
}

func at53(addr string) string { return netip.AddrPortFrom(netip.MustParseAddr(addr), 53).String() }
