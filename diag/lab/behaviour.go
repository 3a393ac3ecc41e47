package lab

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Behaviour is how a server treats questions. The zero value answers them well. Zone, Name and Type narrow it; of
// several that fit a question the narrowest holds, and of these the last. Names may have any letter case and lack their
// final dot.
type Behaviour struct {
	Zone string // for questions in this zone alone
	Name string // for questions about this name alone
	Type uint16 // for questions of this type alone

	Drop          bool          // answers nothing
	DropUDP       bool          // answers nothing over UDP
	NoTCP         bool          // refuses TCP; narrowed, it hangs up on such a question
	Truncate      bool          // answers over UDP are empty and truncated
	Garbage       bool          // answers octets that are no DNS message
	WrongID       bool          // answers with another message id
	WrongQuestion bool          // answers another question
	Lame          bool          // does not know the zone: REFUSED
	NoAA          bool          // answers, but without authority
	Upward        bool          // refers to the root instead of answering
	HugeTXT       bool          // answers TXT questions with 64 KB of text
	AllowTransfer bool          // gives the zone to anyone (AXFR)
	Rcode         int           // answers with this code and no records; 0: as it should
	CNAME         string        // answers with an alias for this name, whatever the type, and with Rcode
	Delay         time.Duration // answers so much later
	Denied        time.Duration // says that there is nothing, as out of a cache that keeps the denial for so long
	Refuted       bool          // fails (SERVFAIL) unless told not to validate
	EDE           uint16        // adds this extended error (RFC 8914), with EDEText
	EDEText       string
}

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

// rule is a behaviour, or other records, for some questions to one server.
type rule struct {
	Behaviour
	from    string // the zone whose text says it; "": an option
	instead []dns.RR
	signed  *signing // how this server's copy of the zone is signed
}

func (r *rule) fits(zone, name string, qtype uint16) bool {
	return (r.Zone == "" || r.Zone == zone) && (r.Name == "" || r.Name == name) && (r.Type == 0 || r.Type == qtype)
}

// narrow orders rules: a higher one says more exactly which questions it means.
func (r *rule) narrow() (n int) {
	if r.Zone != "" {
		n++
	}
	if r.Name != "" {
		n += 2
	}
	if r.Type != 0 {
		n += 4
	}
	return n
}

// fault is a behaviour set by name or address.
type fault struct {
	server string
	Behaviour
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
