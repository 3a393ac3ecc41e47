package lab

import (
	"fmt"
	"iter"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// zone is the records of one zone, by name and type.
type zone struct {
	origin    string
	names     map[string]map[uint16][]dns.RR
	exists    map[string]bool // names and the empty non-terminals above them
	cuts      map[string]bool // names delegated away
	parentRRs []dns.RR        // what the parent says; nil: the zone's own NS and glue
	rules     map[netip.Addr][]rule
	fault     string
	codes     []string
	relative  bool
}

func newZone(origin string) *zone {
	return &zone{
		origin: origin, names: map[string]map[uint16][]dns.RR{}, exists: map[string]bool{origin: true}, cuts: map[string]bool{},
		rules: map[netip.Addr][]rule{},
	}
}

// parseZone reads a zone's text and completes it with an SOA and name servers where it has none.
func parseZone(origin, text string) (*zone, error) {
	z := newZone(strings.ToLower(dns.Fqdn(origin)))
	for line := range strings.Lines(text) {
		if note, ok := strings.CutPrefix(strings.TrimSpace(line), ";!"); ok {
			if err := z.note(strings.TrimSpace(note)); err != nil {
				return nil, fmt.Errorf("lab: zone %s: %q: %w", origin, strings.TrimSpace(line), err)
			}
		}
	}
	zp := dns.NewZoneParser(strings.NewReader(withHealthy(strings.TrimSuffix(z.origin, "."), text)), z.origin, origin)
	zp.SetDefaultTTL(300)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		if err := z.dotted(rr); err != nil {
			return nil, err
		}
		z.add(rr)
	}
	if err := zp.Err(); err != nil {
		return nil, fmt.Errorf("lab: zone %s: %w", origin, err)
	}
	if len(z.get(z.origin, dns.TypeSOA)) == 0 {
		z.mustAdd(fmt.Sprintf("%s 3600 SOA ns1.%[1]s hostmaster.%[1]s 2026010101 3600 600 86400 300", z.origin))
	}
	if len(z.get(z.origin, dns.TypeNS)) == 0 {
		z.mustAdd(fmt.Sprintf("%s NS ns1.%[1]s\n%[1]s NS ns2.%[1]s\nns1.%[1]s A %[2]s\nns2.%[1]s A %[3]s", z.origin, sharedAddr1, sharedAddr2))
	}
	return z, nil
}

// note reads one of the lab's own lines.
func (z *zone) note(s string) error {
	key, value, _ := strings.Cut(s, ":")
	value = strings.TrimSpace(value)
	words := strings.Fields(key)
	switch {
	case key == "fault":
		z.fault = value
	case key == "codes":
		z.codes = strings.Fields(value)
	case key == "with":
	case key == "relative":
		z.relative = true
	case key == "parent":
		rr, err := dns.NewRR(value)
		if err != nil || rr == nil {
			return fmt.Errorf("not a record: %w", err)
		}
		z.parentRRs = append(z.parentRRs, rr)
	case len(words) >= 2 && (words[0] == "server" || words[0] == "at"):
		addr, err := netip.ParseAddr(words[1])
		if err != nil {
			return err
		}
		r := rule{zone: z.origin}
		if words[0] == "at" {
			rr, err := dns.NewRR(value)
			if err != nil || rr == nil {
				return fmt.Errorf("not a record: %w", err)
			}
			r.instead, r.name, r.qtype = rr, strings.ToLower(rr.Header().Name), rr.Header().Rrtype
		} else {
			if len(words) > 2 {
				r.name = strings.ToLower(dns.Fqdn(words[2]))
			}
			if len(words) > 3 {
				r.qtype = dns.StringToType[words[3]]
			}
			if r.behaviour, err = parseBehaviour(value); err != nil {
				return err
			}
		}
		z.rules[addr] = append(z.rules[addr], r)
	default:
		return fmt.Errorf("no such line")
	}
	return nil
}

// dotted refuses a target that lost its final dot, unless the zone says that this is meant.
func (z *zone) dotted(rr dns.RR) error {
	var target string
	switch t := rr.(type) {
	case *dns.MX:
		target = t.Mx
	case *dns.NS:
		target = t.Ns
	case *dns.CNAME:
		target = t.Target
	}
	inside := strings.TrimSuffix(strings.ToLower(target), "."+z.origin)
	for _, tld := range []string{".com", ".net", ".org", ".cn", ".test", ".example"} {
		if !z.relative && target != "" && inside != strings.ToLower(target) && strings.HasSuffix(inside, tld) {
			return fmt.Errorf("lab: zone %s: %s lacks its final dot", z.origin, inside)
		}
	}
	return nil
}

func (z *zone) add(rr dns.RR) {
	name := strings.ToLower(rr.Header().Name)
	rr.Header().Name = name
	if rr.Header().Ttl == 0 {
		rr.Header().Ttl = 300
	}
	if z.names[name] == nil {
		z.names[name] = map[uint16][]dns.RR{}
	}
	z.names[name][rr.Header().Rrtype] = append(z.names[name][rr.Header().Rrtype], rr)
	for n := name; dns.IsSubDomain(z.origin, n) && !z.exists[n]; n = parentOf(n) {
		z.exists[n] = true
	}
	if rr.Header().Rrtype == dns.TypeNS && name != z.origin {
		z.cuts[name] = true
	}
}

// mustAdd adds records that the lab itself writes.
func (z *zone) mustAdd(text string) {
	for line := range strings.Lines(text) {
		rr, err := dns.NewRR(line)
		if err != nil {
			panic(err)
		}
		z.add(rr)
	}
}

func (z *zone) get(name string, qtype uint16) []dns.RR { return z.names[name][qtype] }

func (z *zone) all() iter.Seq[dns.RR] {
	return func(yield func(dns.RR) bool) {
		for _, types := range z.names {
			for _, rrs := range types {
				for _, rr := range rrs {
					if !yield(rr) {
						return
					}
				}
			}
		}
	}
}

// addresses is where the zone is served: the addresses of its servers, as it and its parent list them.
func (z *zone) addresses(zones map[string]*zone) []netip.Addr {
	var out []netip.Addr
	names := append([]dns.RR{}, z.get(z.origin, dns.TypeNS)...)
	names = append(names, z.parentRRs...)
	for _, rr := range names {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		host := strings.ToLower(ns.Ns)
		at := host
		for zones[at] == nil {
			at = parentOf(at)
		}
		for _, a := range append(zones[at].get(host, dns.TypeA), z.get(host, dns.TypeA)...) {
			if ip, ok := netip.AddrFromSlice(a.(*dns.A).A.To4()); ok && isDocumentation(ip) {
				out = append(out, ip)
			}
		}
	}
	return out
}

var documentation = []netip.Prefix{
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
}

func isDocumentation(a netip.Addr) bool {
	for _, p := range documentation {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// find is where a name stands in the zone: its cut (a name delegated away), or the owner whose records answer for it, which
// is a wildcard's where the name itself does not exist (RFC 4592).
func (z *zone) find(name string) (owner, cut string, exists bool) {
	for n := name; n != z.origin && dns.IsSubDomain(z.origin, n); n = parentOf(n) {
		if z.cuts[n] {
			cut = n
		}
	}
	if cut != "" || z.exists[name] {
		return name, cut, true
	}
	for n := parentOf(name); dns.IsSubDomain(z.origin, n); n = parentOf(n) {
		if z.names["*."+n] != nil {
			return "*." + n, "", true
		}
		if z.exists[n] || n == "." {
			break
		}
	}
	return name, "", false
}
