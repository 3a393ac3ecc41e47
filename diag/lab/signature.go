package lab

import (
	"strings"

	"github.com/miekg/dns"
)

// sign puts signatures beside what a message answers, and proof beside what it denies (RFC 4035 3.1).
func (t *tree) sign(m *dns.Msg, h *host) {
	q := m.Question[0]
	name := strings.ToLower(q.Name)
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return
	}
	if len(m.Ns) > 0 && m.Ns[0].Header().Rrtype == dns.TypeSOA {
		z := t.zones[m.Ns[0].Header().Name]
		denied := name
		if n := len(m.Answer); n > 0 {
			if alias, ok := m.Answer[n-1].(*dns.CNAME); ok {
				denied = strings.ToLower(alias.Target)
			}
		}
		if z != nil && h.signing(z) != nil && !h.signing(z).bare && !h.signing(z).noKeys {
			if z.signed.trap != nil {
				m.Ns = append(m.Ns, trapProofs(z.origin)...)
			}
			m.Ns = append(m.Ns, z.proof(denied))
		}
	}
	m.Answer = t.signSection(m.Answer, h)
	if len(m.Ns) > 0 && m.Ns[0].Header().Rrtype == dns.TypeSOA {
		m.Ns = t.signSection(m.Ns, h)
	}
}

func (t *tree) signSection(rrs []dns.RR, at *host) []dns.RR {
	var out []dns.RR
	done := map[string]bool{}
	for _, rr := range rrs {
		h := rr.Header()
		owner := strings.ToLower(h.Name)
		key := owner + " " + dns.TypeToString[h.Rrtype]
		if done[key] || h.Rrtype == dns.TypeRRSIG {
			continue
		}
		done[key] = true
		var set []dns.RR
		for _, other := range rrs {
			if other.Header().Rrtype == h.Rrtype && strings.EqualFold(other.Header().Name, owner) {
				set = append(set, other)
			}
		}
		out = append(out, set...)
		z := t.deepest(owner)
		if h.Rrtype == dns.TypeDS && z.origin == owner {
			z = t.above(owner)
		}
		signed := at.signing(z)
		if signed == nil {
			continue
		}
		if wild, _, _ := z.find(owner); wild != owner { // a wildcard's signature is over its own name (RFC 4035 5.3.2)
			for i := range set {
				set[i] = renamed(set[i], wild)
			}
		}
		for _, sig := range signed.sign(set) {
			sig.Header().Name = owner
			out = append(out, sig)
		}
	}
	return out
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
