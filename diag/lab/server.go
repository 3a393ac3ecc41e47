package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// behaviour is how a server treats a question. The zero value answers it well.
type behaviour struct {
	drop, noTCP, lame, upward, truncate, garbage, wrongID, wrongQuestion, transfer, huge bool
	rcode                                                                                int
	delay                                                                                time.Duration
}

// parseBehaviour reads the words of a ";! server" line: drop, no-tcp, lame (REFUSED), upward (a referral to the root), truncate,
// garbage, wrong-id, wrong-question, transfer, huge (64 KB of TXT), SERVFAIL (or another rcode), or a delay such as 300ms.
func parseBehaviour(s string) (b behaviour, err error) {
	flags := map[string]*bool{
		"drop": &b.drop, "no-tcp": &b.noTCP, "lame": &b.lame, "upward": &b.upward, "truncate": &b.truncate, "garbage": &b.garbage,
		"wrong-id": &b.wrongID, "wrong-question": &b.wrongQuestion, "transfer": &b.transfer, "huge": &b.huge,
	}
	for _, w := range strings.Fields(s) {
		if f := flags[w]; f != nil {
			*f = true
		} else if rc, ok := dns.StringToRcode[w]; ok {
			b.rcode = rc
		} else if b.delay, err = time.ParseDuration(w); err != nil {
			return b, fmt.Errorf("no such behaviour: %s", w)
		}
	}
	return b, nil
}

// rule is a behaviour, or another record, for the questions about a zone, or one name and type in it.
type rule struct {
	zone, name string
	qtype      uint16
	behaviour  behaviour
	instead    dns.RR
}

// server is one address of the lab.
type server struct {
	lab       *Lab
	addr      netip.Addr
	zones     map[string]bool
	rules     []rule
	recursive bool
	running   []*dns.Server
}

func (s *server) listen() error {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at := netip.AddrPortFrom(s.addr, 53).String()
	s.lab.ports["udp "+at], s.lab.ports["tcp "+at] = pc.LocalAddr().String(), ln.Addr().String()
	for _, d := range []*dns.Server{{PacketConn: pc}, {Listener: ln}} {
		network := "udp"
		if d.Listener != nil {
			network = "tcp"
		}
		d.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) { s.serve(network, w, q) })
		started := make(chan struct{})
		d.NotifyStartedFunc = func() { close(started) }
		go func() { _ = d.ActivateAndServe() }()
		<-started
		s.running = append(s.running, d)
	}
	return nil
}

func (s *server) close() {
	for _, d := range s.running {
		_ = d.Shutdown()
	}
}

func (s *server) serve(network string, w dns.ResponseWriter, q *dns.Msg) {
	if len(q.Question) != 1 {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeFormatError))
		return
	}
	name, qtype := strings.ToLower(q.Question[0].Name), q.Question[0].Qtype
	if s.lab.record {
		s.lab.mu.Lock()
		s.lab.asked[fmt.Sprintf("%s %s %s %s", s.addr, network, name, dns.TypeToString[qtype])]++
		s.lab.mu.Unlock()
	}
	s.lab.mu.RLock()
	z := s.zoneFor(name)
	b, instead := s.rulesFor(z, name, qtype)
	s.lab.mu.RUnlock()
	if d := b.delay + s.lab.latency; d > 0 {
		time.Sleep(d)
	}
	switch {
	case b.drop:
		return
	case b.noTCP && network == "tcp":
		w.Close()
		return
	case b.garbage:
		_, _ = w.Write([]byte{byte(q.Id >> 8), byte(q.Id), 0x84, 0, 0, 1, 0, 9, 0xff, 0xff, 0xc0, 0x0c, 1, 2, 3})
		return
	}
	m := s.answer(z, q, name, qtype, b, instead)
	if b.wrongID {
		m.Id++
	}
	if b.wrongQuestion {
		m.Question[0].Name = "other.invalid."
	}
	if network == "udp" {
		size := dns.MinMsgSize
		if o := q.IsEdns0(); o != nil {
			size = max(size, int(o.UDPSize()))
		}
		m.Truncate(size)
		if b.truncate {
			m.Truncated, m.Answer = true, nil
		}
	}
	_ = w.WriteMsg(m)
}

// zoneFor is the zone, among those served here, that is closest above the name.
func (s *server) zoneFor(name string) *zone {
	for n := name; ; n = parentOf(n) {
		if s.zones[n] {
			return s.lab.zones[n]
		}
		if n == "." {
			return nil
		}
	}
}

func (s *server) rulesFor(z *zone, name string, qtype uint16) (b behaviour, instead []dns.RR) {
	for _, r := range s.rules {
		if z == nil || r.zone != z.origin || (r.name != "" && r.name != name) || (r.qtype != 0 && r.qtype != qtype) {
			continue
		}
		if r.instead != nil {
			instead = append(instead, r.instead)
		} else {
			b = r.behaviour
		}
	}
	return b, instead
}

func (s *server) answer(z *zone, q *dns.Msg, name string, qtype uint16, b behaviour, instead []dns.RR) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(q)
	if o := q.IsEdns0(); o != nil {
		m.SetEdns0(1232, false)
	}
	switch {
	case s.recursive:
		return s.recurse(m, name, qtype)
	case b.rcode != 0:
		m.Rcode = b.rcode
	case z == nil || b.lame:
		m.Rcode = dns.RcodeRefused
	case b.upward:
		m.Ns = append(m.Ns, s.lab.zones["."].get(".", dns.TypeNS)...)
	case qtype == dns.TypeAXFR && !b.transfer:
		m.Rcode = dns.RcodeRefused
	case qtype == dns.TypeAXFR:
		soa := z.get(z.origin, dns.TypeSOA)
		m.Authoritative, m.Answer = true, append([]dns.RR{}, soa...)
		for rr := range z.all() {
			if rr.Header().Rrtype != dns.TypeSOA {
				m.Answer = append(m.Answer, rr)
			}
		}
		m.Answer = append(m.Answer, soa...)
	default:
		s.lab.mu.RLock()
		z.fill(m, name, qtype, instead)
		s.lab.mu.RUnlock()
	}
	if b.huge && qtype == dns.TypeTXT {
		m.Answer = nil
		for i := range 230 {
			m.Answer = append(m.Answer, &dns.TXT{
				Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60},
				Txt: []string{fmt.Sprintf("%03d%s", i, strings.Repeat("x", 252))},
			})
		}
	}
	return m
}

// fill answers from the zone as RFC 1034 4.3.2 has it: referral, CNAME, data, or denial with the SOA.
func (z *zone) fill(m *dns.Msg, name string, qtype uint16, instead []dns.RR) {
	for range 8 {
		owner, cut, exists := z.find(name)
		if cut != "" && (name != cut || qtype != dns.TypeDS) {
			if len(m.Answer) > 0 {
				return // the CNAME led out of the zone
			}
			for _, rr := range z.get(cut, dns.TypeNS) {
				m.Ns = append(m.Ns, rr)
				m.Extra = append(m.Extra, z.get(strings.ToLower(rr.(*dns.NS).Ns), dns.TypeA)...)
			}
			return
		}
		m.Authoritative = true
		rrs := z.get(owner, qtype)
		if len(instead) > 0 {
			rrs = instead
		}
		for _, rr := range rrs {
			m.Answer = append(m.Answer, renamed(rr, name))
		}
		if len(rrs) > 0 {
			return
		}
		if c := z.get(owner, dns.TypeCNAME); len(c) > 0 && exists {
			m.Answer = append(m.Answer, renamed(c[0], name))
			name = strings.ToLower(c[0].(*dns.CNAME).Target)
			if !dns.IsSubDomain(z.origin, name) {
				return
			}
			continue
		}
		if !exists {
			m.Rcode = dns.RcodeNameError
		}
		m.Ns = append(m.Ns, z.get(z.origin, dns.TypeSOA)...)
		return
	}
}

// renamed gives a wildcard's record the name that was asked for.
func renamed(rr dns.RR, name string) dns.RR {
	if rr.Header().Name == name {
		return rr
	}
	c := dns.Copy(rr)
	c.Header().Name = name
	return c
}

// recurse resolves within the lab, without a cache.
func (s *server) recurse(m *dns.Msg, name string, qtype uint16) *dns.Msg {
	session := s.lab.Net().NewSession(name)
	defer session.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	m.RecursionAvailable = true
	a, err := session.Lookup(ctx, name, qtype)
	if err != nil {
		m.Rcode = dns.RcodeServerFailure
		return m
	}
	m.Rcode, m.Answer = a.Rcode, a.RRs
	for _, rr := range a.Ns {
		if rr.Header().Rrtype == dns.TypeSOA {
			m.Ns = append(m.Ns, rr)
		}
	}
	return m
}
