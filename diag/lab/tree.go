package lab

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// tree is who serves what, complete and immutable.
type tree struct {
	zones map[string]*zone
	bulk  *bulk                   // nil: none
	reach map[string][]netip.Addr // by origin: where the zone above sends people
	hosts map[netip.Addr]*host
	mail  map[netip.Addr]MailHost
	pages map[string]page   // by host
	logos map[string]string // by host
	mix   func(*dns.Msg)    // puts records in another order; nil: none is
	marks map[string]*zone  // by host: zones with a mark certificate
}

// host is the name server at one address.
type host struct {
	addr      netip.Addr
	zones     map[string]*zone
	rules     []rule
	bulk      *bulk // nil: serves none of it
	recursive bool
	noTCP     bool // no TCP at all
}

// zoneFor is the zone, among those served here, that is closest above the name.
func (h *host) zoneFor(name string) *zone {
	for n := name; ; n = parentOf(n) {
		if z := h.zones[n]; z != nil {
			return z
		}
		if h.bulk != nil {
			if z := h.bulk.zone(n); z != nil {
				return z
			}
		}
		if n == "." {
			return nil
		}
	}
}

// behaviour is how the host treats a question, and the records that it has instead of the zone's.
func (h *host) behaviour(z *zone, name string, qtype uint16) (b Behaviour, instead []rule) {
	if len(h.rules) == 0 {
		return b, nil
	}
	origin, best := "", -1
	if z != nil {
		origin = z.origin
	}
	for i := range h.rules {
		r := &h.rules[i]
		if !r.fits(origin, name, r.Type) {
			continue
		}
		if r.signed != nil {
			continue
		}
		if r.instead != nil {
			instead = append(instead, *r)
		} else if (r.Type == 0 || r.Type == qtype) && r.narrow() >= best {
			b, best = r.Behaviour, r.narrow()
		}
	}
	return b, instead
}

// above is the zone that delegates the one at origin.
func (t *tree) above(origin string) *zone {
	for n := parentOf(origin); ; n = parentOf(n) {
		if z := t.zones[n]; z != nil || n == "." {
			return z
		}
	}
}

// deepest is the zone that holds the name.
func (t *tree) deepest(name string) *zone {
	for n := name; ; n = parentOf(n) {
		if z := t.zones[n]; z != nil || n == "." {
			return z
		}
		if t.bulk != nil {
			if z := t.bulk.zone(n); z != nil {
				return z
			}
		}
	}
}

// place puts the zone on the hosts that it and the zone above it list.
func (t *tree) place(z *zone, six bool) {
	t.reach[z.origin] = t.addressesOf(t.delegationOf(z), six)
	for _, addr := range t.serving(z, six) {
		t.host(addr).zones[z.origin] = z
	}
}

// serving is the addresses of the servers that the zone, or the one above it, lists.
func (t *tree) serving(z *zone, six bool) []netip.Addr {
	out := t.addressesOf(&cut{ns: z.get(z.origin, dns.TypeNS)}, six)
	for _, a := range t.reach[z.origin] {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// delegationOf is what the zone above says of this one.
func (t *tree) delegationOf(z *zone) *cut {
	if z.origin != "." {
		if c := t.above(z.origin).cuts[z.origin]; c != nil {
			return c
		}
	}
	return &cut{ns: z.get(z.origin, dns.TypeNS)}
}

// addressesOf is the documentation addresses behind NS records: the glue's, and those that the lab's zones have for the
// names.
func (t *tree) addressesOf(c *cut, six bool) (out []netip.Addr) {
	take := func(a netip.Addr) {
		if isDocumentation(a) && (a.Is4() || six) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	for _, rr := range c.glue {
		take(addrOf(rr))
	}
	for _, rr := range c.ns {
		if ns, ok := rr.(*dns.NS); ok {
			for _, a := range t.addresses(strings.ToLower(ns.Ns)) {
				take(a)
			}
		}
	}
	return out
}

// addresses is what the lab's zones have for a host, through at most three aliases.
func (t *tree) addresses(name string) (out []netip.Addr) {
	for range 4 {
		z := t.deepest(name)
		owner, _, _ := z.find(name)
		for _, rr := range append(slices.Clone(z.get(owner, dns.TypeA)), z.get(owner, dns.TypeAAAA)...) {
			out = append(out, addrOf(rr))
		}
		alias := z.get(owner, dns.TypeCNAME)
		if len(alias) == 0 {
			break
		}
		name = strings.ToLower(alias[0].(*dns.CNAME).Target)
	}
	return out
}

// lists reports whether the zone, or the one above it, names this server.
func (t *tree) lists(z *zone, name string) bool {
	for _, rr := range append(slices.Clone(z.get(z.origin, dns.TypeNS)), t.delegationOf(z).ns...) {
		if ns, ok := rr.(*dns.NS); ok && strings.EqualFold(ns.Ns, name) {
			return true
		}
	}
	return false
}

// host is the one at that address.
func (t *tree) host(addr netip.Addr) *host {
	h := t.hosts[addr]
	if h == nil {
		h = &host{addr: addr, zones: map[string]*zone{}}
		t.hosts[addr] = h
	}
	return h
}

// parentGlue is the addresses that the zone's text has the zone above give for a server.
func (z *zone) parentGlue(name string) (out []netip.Addr) {
	for _, rr := range z.parent {
		if a := addrOf(rr); a.IsValid() && rr.Header().Name == name {
			out = append(out, a)
		}
	}
	return out
}

func addrOf(rr dns.RR) netip.Addr {
	switch t := rr.(type) {
	case *dns.A:
		a, _ := netip.AddrFromSlice(t.A.To4())
		return a
	case *dns.AAAA:
		a, _ := netip.AddrFromSlice(t.AAAA.To16())
		return a
	}
	return netip.Addr{}
}

var documentation = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32"),
}

func isDocumentation(a netip.Addr) bool {
	return slices.ContainsFunc(documentation, func(p netip.Prefix) bool { return p.Contains(a) })
}
