package lab

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// parseBehaviour reads the words of a ";! server" line: drop, drop-udp, no-tcp, truncate, garbage, wrong-id,
// wrong-question, lame, no-aa, upward, huge, refuted, transfer, a code (SERVFAIL), a delay (300ms), denied=20m,
// cname=host.example., ede=22 (what follows is its text); normal where a wider rule is not to hold.
func parseBehaviour(s string) (b Behaviour, err error) {
	flags := map[string]*bool{
		"drop": &b.Drop, "drop-udp": &b.DropUDP, "no-tcp": &b.NoTCP, "truncate": &b.Truncate, "garbage": &b.Garbage,
		"wrong-id":       &b.WrongID,
		"wrong-question": &b.WrongQuestion, "lame": &b.Lame, "no-aa": &b.NoAA, "upward": &b.Upward, "huge": &b.HugeTXT,
		"refuted": &b.Refuted, "transfer": &b.AllowTransfer,
	}
	words := strings.Fields(s)
	if len(words) == 0 {
		return b, fmt.Errorf("no behaviour given")
	}
	for i, w := range words {
		if w == "normal" {
			continue
		}
		if f := flags[w]; f != nil {
			*f = true
		} else if rc, ok := dns.StringToRcode[w]; ok {
			b.Rcode = rc
		} else if code, ok := strings.CutPrefix(w, "ede="); ok {
			n, err := strconv.ParseUint(code, 10, 16)
			b.EDE, b.EDEText = uint16(n), strings.Join(words[i+1:], " ")
			return b, err
		} else if target, ok := strings.CutPrefix(w, "cname="); ok {
			b.CNAME = canonical(target)
		} else if left, ok := strings.CutPrefix(w, "denied="); ok {
			if b.Denied, err = time.ParseDuration(left); err != nil {
				return b, err
			}
		} else if b.Delay, err = time.ParseDuration(w); err != nil {
			return b, fmt.Errorf("no such behaviour: %s", w)
		}
	}
	return b, nil
}

// rules turns the fault into rules by address. A server's address means the whole server; its name means the zones that
// list this name, because several names may share one address.
func (f fault) rules(t *tree) (map[netip.Addr][]rule, error) {
	b := f.Behaviour
	if b.Zone != "" {
		b.Zone = canonical(b.Zone)
	}
	if b.Name != "" {
		b.Name = canonical(b.Name)
	}
	if addr, err := netip.ParseAddr(f.server); err == nil {
		if t.hosts[addr] == nil {
			return nil, fmt.Errorf("lab: no server at %s", addr)
		}
		return map[netip.Addr][]rule{addr: {{Behaviour: b}}}, nil
	}
	out := map[netip.Addr][]rule{}
	name := canonical(f.server)
	addrs := t.addresses(name)
	for _, z := range t.zones {
		if !t.lists(z, name) || (b.Zone != "" && b.Zone != z.origin) {
			continue
		}
		for _, a := range append(addrs, z.parentGlue(name)...) {
			scoped := b
			scoped.Zone = z.origin
			out[a] = append(out[a], rule{Behaviour: scoped})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("lab: no zone has a server %s", f.server)
	}
	return out, nil
}

// secondary is a server's own copy of a zone.
type secondary struct {
	server string
	zone   *zone
}

// servers is the addresses of a server that is given by its name or one of them.
func (t *tree) servers(name string) []netip.Addr {
	if addr, err := netip.ParseAddr(name); err == nil {
		return []netip.Addr{addr}
	}
	return t.addresses(canonical(name))
}

// apply makes servers behave as they were told.
func (t *tree) apply(f fault) error {
	byAddr, err := f.rules(t)
	if err != nil {
		return err
	}
	for addr, rules := range byAddr {
		h := t.host(addr)
		h.rules = append(h.rules, rules...)
		b, _ := h.behaviour(nil, "", 0)
		h.noTCP = b.NoTCP
	}
	return nil
}

// retell changes a referral to what this host alone has of the delegation: its NS records, and the addresses of its
// servers.
func (h *host) retell(m *dns.Msg) {
	if m.Authoritative || len(m.Answer) > 0 || len(m.Ns) == 0 || m.Ns[0].Header().Rrtype != dns.TypeNS {
		return
	}
	owner := m.Ns[0].Header().Name
	for _, r := range h.rules {
		switch {
		case r.instead == nil || !dns.IsSubDomain(owner, r.Name) || h.zones[owner] != nil:
		case r.Name == owner && r.Type == dns.TypeNS:
			m.Ns = r.instead
		case r.Type == dns.TypeA || r.Type == dns.TypeAAAA:
			m.Extra = append(slices.DeleteFunc(slices.Clone(m.Extra), func(rr dns.RR) bool {
				return rr.Header().Name == r.Name && rr.Header().Rrtype == r.Type
			}), r.instead...)
		}
	}
}
