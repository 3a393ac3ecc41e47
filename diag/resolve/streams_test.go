package resolve

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const refusedZone = "kept.test. SOA a. b. 1 2 3 4 60\nkept.test. NS ns.kept.test.\n"

// noTransfer refuses to give a zone away.
func noTransfer(_ bool, q, m *dns.Msg) *dns.Msg {
	if q.Question[0].Qtype == dns.TypeAXFR {
		m.Answer, m.Ns, m.Rcode = nil, nil, dns.RcodeRefused
	}
	return m
}

// counted counts the connections that are opened.
func counted(n *Net, network string) *atomic.Int32 {
	var opened atomic.Int32
	dial := n.Dial
	n.Dial = func(ctx context.Context, how string, to netip.AddrPort) (net.Conn, error) {
		if how == network {
			opened.Add(1)
		}
		return dial(ctx, how, to)
	}
	return &opened
}

// TestOneConnection asks a server over TCP for a record, for the zone, and, in a run over many domains, for other
// domains' records: one connection serves, however many sessions there are, and it is closed when nothing more comes.
func TestOneConnection(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.7:53")
	for _, many := range []bool{false, true} {
		w := newWire(t)
		w.serve("192.0.2.7", refusedZone, noTransfer)
		n := w.net()
		n.Remember = many
		opened := counted(n, "tcp")
		for i := range 5 {
			s := n.NewSession("kept.test")
			if a, err := s.Ask(t.Context(), at, "kept.test", dns.TypeSOA, TCP); err != nil || !a.TCP || len(a.Records()) != 1 {
				t.Fatalf("session %d: %v %v", i, a, err)
			}
			if given, err := s.Transfer(t.Context(), at, "kept.test"); given || err != nil {
				t.Errorf("session %d: %v %v", i, given, err)
			}
			s.Close()
		}
		if got, want := opened.Load(), map[bool]int32{false: 5, true: 1}[many]; got != want {
			t.Errorf("many %v: %d connections, want %d", many, got, want)
		}
		for end := time.Now().Add(10 * time.Second); ; <-time.After(10 * time.Millisecond) {
			n.streams.mu.Lock()
			left := n.streams.count
			n.streams.mu.Unlock()
			if left == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%d connections stay open", left)
			}
		}
	}
}

// TestClosedConnection has a server that ends each connection after one answer, and one that says nothing to a second
// question: neither is taken for one that does not answer over TCP.
func TestClosedConnection(t *testing.T) {
	for _, silent := range []bool{false, true} {
		w := newWire(t)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		w.ports["tcp 192.0.2.7:53"] = ln.Addr().String()
		rr, _ := dns.NewRR(strings.Split(refusedZone, "\n")[0])
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				c := &dns.Conn{Conn: conn}
				if q, err := c.ReadMsg(); err == nil {
					_ = c.WriteMsg(respond([]dns.RR{rr}, q))
				}
				if !silent {
					_ = conn.Close()
				} else {
					defer conn.Close()
				}
			}
		}()
		n := w.net()
		n.Remember = true
		for i := range 3 {
			s := n.NewSession("kept.test")
			a, err := s.Ask(t.Context(), netip.MustParseAddrPort("192.0.2.7:53"), "kept.test", dns.TypeSOA, TCP)
			if err != nil || len(a.Records()) != 1 {
				t.Errorf("silent %v, session %d: %v %v", silent, i, a, err)
			}
			s.Close()
		}
	}
}
