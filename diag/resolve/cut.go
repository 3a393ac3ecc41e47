package resolve

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// cut is a zone cut as its parent told it.
type cut struct {
	zone, parent  string
	ns            []NameServer
	said          *Answer
	parentServers []netip.AddrPort
	alsoAt        netip.AddrPort // a server of the parent that answered for the zone with authority: it holds both
	expires       time.Time
	fixed         bool // the servers are those that were named, and no others

	mu       sync.Mutex
	best     netip.AddrPort   // the server that answered last
	lookedUp []netip.AddrPort // addresses of servers that came without
}

// cutCache remembers cuts between sessions: at most cutsKept, each for at most cutLife.
type cutCache struct {
	mu    sync.Mutex
	known map[string]*cut
}

const (
	cutsKept   = 4096
	cutLife    = 5 * time.Minute
	maxServers = 24 // name servers of one zone that are looked at
)

func (c *cutCache) get(zone string, now time.Time) *cut {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[zone]
	if k == nil || now.After(k.expires) {
		return nil
	}
	return k
}

func (c *cutCache) put(k *cut) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]*cut{}
	}
	for z := range c.known {
		if len(c.known) < cutsKept {
			break
		}
		delete(c.known, z)
	}
	c.known[k.zone] = k
}

func (s *Session) learn(k *cut) {
	s.mu.Lock()
	if have := s.cuts[k.zone]; have == nil {
		s.cuts[k.zone] = k
	}
	s.mu.Unlock()
	if !s.atHome(k.zone) {
		s.net.cuts.put(k)
	}
}

// atHome reports whether the zone belongs to the domain under diagnosis.
func (s *Session) atHome(zone string) bool {
	return s.home != "." && within(s.home, zone)
}

// referral reads a cut out of an answer given by the servers of zone above: NS records of a name below above and at or
// above name. Nil where the answer holds none.
func referral(a *Answer, above, name string, now time.Time) *cut {
	var k *cut
	ttl := uint32(cutLife / time.Second)
	section := a.Ns
	both := a.Authoritative && a.Question.Type == dns.TypeNS && len(a.Records()) > 0
	if both {
		section = a.RRs // parent and child on one server
	} else if a.Rcode != dns.RcodeSuccess || len(a.RRs) > 0 {
		return nil
	}
	for _, rr := range section {
		ns, ok := rr.(*dns.NS)
		owner := strings.ToLower(rr.Header().Name)
		if !ok || owner == above || !within(above, owner) || !within(owner, name) {
			continue
		}
		if k == nil {
			k = &cut{zone: owner, parent: above, said: a}
			if both {
				k.alsoAt = a.Server
			}
		}
		if owner != k.zone || len(k.ns) >= maxServers {
			continue
		}
		ttl = min(ttl, ns.Hdr.Ttl)
		k.ns = append(k.ns, NameServer{Name: strings.ToLower(ns.Ns), Glue: glue(a, strings.ToLower(ns.Ns), above)})
	}
	if k != nil {
		// In one order, whatever the parent's: which server is asked first is then the same every time.
		slices.SortStableFunc(k.ns, func(a, b NameServer) int { return strings.Compare(a.Name, b.Name) })
		k.expires = now.Add(max(time.Duration(ttl)*time.Second, 5*time.Second))
	}
	return k
}

// Listed is the servers of a zone, with the glue that may be believed, to which an answer of a server of the zone
// above leads. It is empty where the answer leads nowhere, or is the zone's own word by a server that holds both.
func Listed(a *Answer, above, zone string) []NameServer {
	k := referral(a, above, zone, time.Time{})
	if k == nil || k.zone != zone || k.alsoAt.IsValid() {
		return nil
	}
	return k.ns
}

// glue is the addresses that the answer adds for a server, believed only inside the answering zone (RFC 2181 5.4.1).
func glue(a *Answer, server, above string) []netip.Addr {
	if !within(above, server) {
		return nil
	}
	var out []netip.Addr
	for _, rr := range a.Extra {
		if !strings.EqualFold(rr.Header().Name, server) || len(out) >= 8 {
			continue
		}
		if ip, ok := address(rr); ok && !slices.Contains(out, ip) {
			out = append(out, ip)
		}
	}
	return out
}

// within reports whether a name stands at or below another; both are canonical.
func within(above, name string) bool {
	if above == "." || above == name {
		return true
	}
	at := len(name) - len(above) - 1 // of the dot between them
	if at < 0 || name[at] != '.' || name[at+1:] != above {
		return false
	}
	escapes := 0
	for at > 0 && name[at-1] == '\\' {
		at--
		escapes++
	}
	return escapes%2 == 0
}

func parentName(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}

// registrable is the name under its public suffix; the name itself where it is a suffix.
func registrable(name string) string {
	if name == "." {
		return name
	}
	r, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	if err != nil {
		return name
	}
	return r + "."
}
