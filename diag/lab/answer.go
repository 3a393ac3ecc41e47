package lab

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// reply is what a host does with a question: nothing (wire is nil), hang up, or send octets after a while.
type reply struct {
	wire   []byte
	hangup bool
	after  time.Duration
}

const (
	ednsSize  = 1232
	largeText = 240 // TXT records of 255 octets: near the 64 KB of a message
)

// respond treats one message. The reply's wire may use scratch.
func (t *tree) respond(addr netip.Addr, tcp bool, q *dns.Msg, scratch []byte) (r reply) {
	h := t.hosts[addr]
	if h == nil || q.Response {
		return r
	}
	m := new(dns.Msg)
	var b Behaviour
	switch {
	case q.Opcode != dns.OpcodeQuery:
		m.SetRcode(q, dns.RcodeNotImplemented)
	case len(q.Question) != 1:
		m.SetRcode(q, dns.RcodeFormatError)
	default:
		m.SetReply(q)
		b = h.answer(t, m, tcp)
	}
	r.after = b.Delay
	switch {
	case b.NoTCP && tcp:
		return reply{hangup: true}
	case b.Drop, b.DropUDP && !tcp:
		return reply{}
	case b.Garbage:
		r.wire = append(scratch[:0], byte(q.Id>>8), byte(q.Id), 0x84, 0, 0, 1, 0, 9, 0xff, 0xff, 0xc0, 0x0c, 1, 2, 3)
		return r
	}
	if t.mix != nil && m.Question[0].Qtype != dns.TypeAXFR {
		t.mix(m)
	}
	if b.WrongID {
		m.Id++
	}
	if b.WrongQuestion {
		m.Question[0].Name = "other.invalid."
	}
	if o := q.IsEdns0(); o != nil {
		if o.Do() && len(m.Question) == 1 {
			t.sign(m, h)
		}
		addEDNS(m, b, o.Do())
	}
	fit(m, q, tcp, b.Truncate)
	wire, err := m.PackBuffer(scratch)
	if err != nil {
		return reply{}
	}
	r.wire = wire
	return r
}

// addEDNS adds the OPT record (RFC 6891 6.1) and an extended error (RFC 8914).
func addEDNS(m *dns.Msg, b Behaviour, do bool) {
	o := &dns.OPT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeOPT}}
	o.SetUDPSize(ednsSize)
	if do {
		o.SetDo()
	}
	if b.EDE != 0 || b.EDEText != "" {
		o.Option = append(o.Option, &dns.EDNS0_EDE{InfoCode: b.EDE, ExtraText: b.EDEText})
	}
	m.Extra = append(m.Extra, o)
}

// fit cuts an answer down to what the asker takes: 512 octets over UDP without EDNS (RFC 1035 4.2.1).
func fit(m, q *dns.Msg, tcp, truncate bool) {
	if tcp {
		m.Compress = true
		return
	}
	size := dns.MinMsgSize
	if o := q.IsEdns0(); o != nil {
		size = max(size, int(o.UDPSize()))
	}
	if truncate {
		m.Truncated, m.Answer, m.Ns = true, nil, nil
		return
	}
	m.Truncate(size)
	m.Compress = true
}

// answer fills the message as the host sees the question in it, and says how the host behaves.
func (h *host) answer(t *tree, m *dns.Msg, tcp bool) Behaviour {
	name, qtype := strings.ToLower(m.Question[0].Name), m.Question[0].Qtype
	z := h.zoneFor(name)
	if h.recursive {
		z = t.deepest(name)
	} else if z != nil && z.origin == name &&
		qtype == dns.TypeDS { // RFC 4035 3.1.4.1: the zone above knows, if it is here too
		if up := h.zoneFor(parentOf(name)); up != nil && name != "." {
			z = up
		}
	}
	b, instead := h.behaviour(z, name, qtype)
	transfer := qtype == dns.TypeAXFR || qtype == dns.TypeIXFR
	switch {
	case b.CNAME != "":
		m.Authoritative, m.Rcode, m.Answer = !h.recursive, b.Rcode, []dns.RR{aliasRecord(name, b.CNAME)}
	case b.Rcode == dns.RcodeNameError && z != nil && !h.recursive: // denied with authority
		m.Authoritative, m.Rcode, m.Ns = true, b.Rcode, z.get(z.origin, dns.TypeSOA)
	case b.Rcode != 0:
		m.Rcode = b.Rcode
	case b.Refuted && !m.CheckingDisabled:
		m.Rcode = dns.RcodeServerFailure
	case b.Lame, z == nil, m.Question[0].Qclass != dns.ClassINET, transfer &&
		(!b.AllowTransfer || !tcp || z.origin != name):
		m.Rcode = dns.RcodeRefused
	case b.Upward:
		m.Ns = append(m.Ns, t.zones["."].get(".", dns.TypeNS)...)
	case b.Denied > 0:
		soa := dns.Copy(z.get(z.origin, dns.TypeSOA)[0])
		soa.Header().Ttl = uint32(b.Denied.Seconds())
		m.Ns = []dns.RR{soa}
	case b.HugeTXT && qtype == dns.TypeTXT:
		m.Authoritative, m.Answer = true, hugeText(name)
	case transfer:
		m.Authoritative, m.Answer = true, z.all()
		m.Answer = append(m.Answer, m.Answer[0])
	case h.recursive:
		t.recurse(m, name, qtype, instead)
		if code := t.refuted(m, name); code != 0 && !m.CheckingDisabled {
			m.Rcode, m.Answer, m.Ns = dns.RcodeServerFailure, nil, nil
			b.EDE = code
		}
	default:
		z.fill(m, name, qtype, instead)
		h.retell(m)
	}
	if b.NoAA {
		m.Authoritative = false
	}
	return b
}

// fill answers from the zone as RFC 1034 4.3.2 has it: referral, alias, data, or denial with the SOA.
func (z *zone) fill(m *dns.Msg, name string, qtype uint16, instead []rule) {
	for range 8 {
		owner, away, exists := z.find(name)
		if away != nil && !(qtype == dns.TypeDS && len(away.ns) > 0 && away.ns[0].Header().Name == name) {
			if len(m.Answer) == 0 { // else an alias led out of the zone
				m.Ns, m.Extra = append(m.Ns, away.ns...), append(m.Extra, away.glue...)
			}
			return
		}
		m.Authoritative = true
		rrs := z.get(owner, qtype)
		if away != nil {
			rrs = away.ds
		}
		for _, r := range instead {
			if r.Name == name && r.Type == qtype {
				rrs = r.instead
			}
		}
		if dname := z.dnameAbove(name); dname != nil { // RFC 6672 2.2: the alias is made up on the way
			alias := aliasRecord(name, strings.TrimSuffix(name, dname.Hdr.Name)+strings.ToLower(dname.Target))
			m.Answer = append(m.Answer, dname, alias)
			if name = alias.Target; !dns.IsSubDomain(z.origin, name) {
				return
			}
			continue
		}
		if qtype == dns.TypeANY {
			for _, set := range z.names[owner] {
				rrs = append(rrs[:len(rrs):len(rrs)], set...)
			}
		}
		for _, rr := range rrs {
			m.Answer = append(m.Answer, renamed(rr, name))
		}
		if len(rrs) > 0 {
			return
		}
		if alias := z.get(owner, dns.TypeCNAME); len(alias) > 0 {
			m.Answer = append(m.Answer, renamed(alias[0], name))
			name = strings.ToLower(alias[0].(*dns.CNAME).Target)
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

// aliasRecord is an alias that stands in no zone.
func aliasRecord(name, target string) *dns.CNAME {
	return &dns.CNAME{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 300},
		Target: target}
}

// dnameAbove is the DNAME that hides the name: one of a name above it.
func (z *zone) dnameAbove(name string) *dns.DNAME {
	for n := name; n != z.origin && n != "."; {
		n = parentOf(n)
		if rrs := z.get(n, dns.TypeDNAME); len(rrs) > 0 {
			return rrs[0].(*dns.DNAME)
		}
	}
	return nil
}

func hugeText(name string) (out []dns.RR) {
	for i := range largeText {
		out = append(out, &dns.TXT{
			Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: 60},
			Txt: []string{fmt.Sprintf("%03d%s", i, strings.Repeat("x", 252))},
		})
	}
	return out
}

// recurse answers as a recursive resolver does: it follows aliases through the zones, asks of each the hosts that the
// zone above lists, and fails (SERVFAIL) where none of them has a usable answer. It keeps no cache.
func (t *tree) recurse(m *dns.Msg, name string, qtype uint16, instead []rule) {
	m.RecursionAvailable = true
	for _, r := range instead {
		if r.Name != name {
			continue
		}
		if r.Type == qtype {
			m.Answer = r.instead
			return
		}
		if alias, ok := r.instead[0].(*dns.CNAME); ok { // an alias in the cache answers every type (RFC 1034 3.6.2)
			m.Answer = append(m.Answer, alias)
			name = strings.ToLower(alias.Target)
			break
		}
	}
	for range 9 {
		part := t.ask(name, qtype)
		if part == nil {
			break
		}
		m.Answer, m.Rcode, m.Ns = append(m.Answer, part.Answer...), part.Rcode, nil
		for _, rr := range part.Ns {
			if rr.Header().Rrtype == dns.TypeSOA {
				m.Ns = append(m.Ns, rr)
			}
		}
		if len(part.Answer) == 0 || part.Rcode != dns.RcodeSuccess || len(m.Ns) > 0 {
			return
		}
		alias, ok := part.Answer[len(part.Answer)-1].(*dns.CNAME)
		if !ok || qtype == dns.TypeCNAME {
			return
		}
		name = strings.ToLower(alias.Target)
	}
	m.Rcode, m.Answer, m.Ns = dns.RcodeServerFailure, nil, nil
}

// refuted is why a validating resolver refuses the answer (RFC 8914); 0 where it does not.
func (t *tree) refuted(m *dns.Msg, name string) uint16 {
	names := []string{name}
	for _, rr := range m.Answer {
		names = append(names, strings.ToLower(rr.Header().Name))
	}
	for _, n := range names {
		for z := t.deepest(n); ; z = t.above(z.origin) {
			if z.signed != nil && z.signed.breaks() != 0 {
				return z.signed.breaks()
			}
			if z.origin == "." {
				break
			}
		}
	}
	return 0
}

// ask is the answer of the first usable host of the zone that holds the name, without authority only where none has
// any; nil where there is none.
func (t *tree) ask(name string, qtype uint16) *dns.Msg {
	z := t.deepest(name)
	if qtype == dns.TypeDS && z.origin == name && name != "." {
		z = t.above(name)
	}
	for up := z; up.origin != "."; {
		if up = t.above(up.origin); !t.answers(up, name, qtype) {
			return nil
		}
	}
	var spare *dns.Msg
	for _, addr := range t.reached(z) {
		m := new(dns.Msg)
		m.SetQuestion(name, qtype)
		b := t.hosts[addr].answer(t, m, true)
		if !b.usable() || (m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError) {
			continue
		}
		if m.Authoritative {
			return m
		}
		if b.NoAA && spare == nil {
			spare = m
		}
	}
	return spare
}

// reached is the hosts of a zone that the zone above leads to.
func (t *tree) reached(z *zone) []netip.Addr {
	if t.bulk != nil && t.zones[z.origin] == nil {
		return t.bulk.reach
	}
	return t.reach[z.origin]
}

// answers reports whether some host of the zone gives answers or referrals for the name.
func (t *tree) answers(z *zone, name string, qtype uint16) bool {
	for _, addr := range t.reach[z.origin] {
		b, _ := t.hosts[addr].behaviour(z, name, qtype)
		if b.usable() && b.Rcode == 0 && !b.Lame && !b.Upward {
			return true
		}
	}
	return false
}

// usable reports whether a resolver can make anything of such a host's answers.
func (b *Behaviour) usable() bool {
	return !b.Drop && !b.Garbage && !b.WrongID && !b.WrongQuestion && !(b.NoTCP && (b.Truncate || b.DropUDP))
}
