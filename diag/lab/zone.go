package lab

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// zone is the records of one zone, by name and type. It is not changed once a tree holds it.
type zone struct {
	origin string
	names  map[string]map[uint16][]dns.RR
	exists map[string]bool // names and the empty non-terminals above them
	cuts   map[string]*cut // names delegated away
	bulk   *bulk           // zones below, made when asked for

	parent       []dns.RR // what the zone above says; nil: the zone's own NS and glue
	rules        map[netip.Addr][]rule
	mail         map[netip.Addr]MailHost
	page         page
	logo         string
	mark         markWords // of the mark certificate beside the logo; nil: none
	about        Domain
	signed       *signing // nil: it is not
	extra        []string // records that notes add
	registration registration
	ask          string // the name below that is looked at; empty: the zone's own
	lenient      bool   // targets without a final dot are meant
}

// cut is a delegation: NS records, glue, and DS records.
type cut struct{ ns, glue, ds []dns.RR }

var errOutside = errors.New("name outside the zone")

var relative = regexp.MustCompile(`(?m)^\s*;!\s*relative\b`)

func newZone(origin string) *zone {
	return &zone{
		origin: origin, names: map[string]map[uint16][]dns.RR{}, exists: map[string]bool{origin: true},
		cuts:  map[string]*cut{},
		rules: map[netip.Addr][]rule{}, mail: map[netip.Addr]MailHost{}, about: Domain{Name: strings.TrimSuffix(origin, ".")},
	}
}

// parseZone reads a zone's text and completes it with an SOA and name servers where it has none. Lenient: targets
// without their final dot are meant.
func parseZone(origin, text string) (*zone, error) {
	z := newZone(canonical(origin))
	if _, ok := dns.IsDomainName(z.origin); !ok {
		return nil, fmt.Errorf("lab: zone %q: not a name", origin)
	}
	z.lenient = relative.MatchString(text)
	n := 0
	for line := range strings.Lines(text) {
		n++
		if note, ok := strings.CutPrefix(strings.TrimSpace(line), ";!"); ok {
			if err := z.note(strings.TrimSpace(note)); err != nil {
				return nil, fmt.Errorf("lab: zone %s: line %d: %q: %w", origin, n, strings.TrimSpace(line), err)
			}
		}
	}
	whole, err := withHealthy(z.about.Name, text)
	if err != nil {
		return nil, fmt.Errorf("lab: zone %s: %w", origin, err)
	}
	rrs, err := z.records(whole)
	if err != nil {
		return nil, err
	}
	for _, rr := range rrs {
		z.add(rr)
	}
	z.complete()
	for name, types := range z.names {
		if ns := types[dns.TypeNS]; len(ns) > 0 && name != z.origin {
			z.cuts[name] = &cut{ns: ns, glue: z.hostRecords(ns)}
		}
	}
	return z, nil
}

// records reads master-file text with the zone's name as origin.
func (z *zone) records(text string) ([]dns.RR, error) {
	var out []dns.RR
	zp := dns.NewZoneParser(strings.NewReader(text), z.origin, z.about.Name)
	zp.SetDefaultTTL(300)
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		rr.Header().Name = strings.ToLower(rr.Header().Name)
		if err := z.dotted(rr); err != nil {
			return nil, err
		}
		out = append(out, rr)
	}
	if err := zp.Err(); err != nil {
		return nil, fmt.Errorf("lab: zone %s: %w", z.about.Name, err)
	}
	return out, nil
}

// record reads one record of a note.
func (z *zone) record(text string) (dns.RR, error) {
	rrs, err := z.records(text + "\n")
	if err == nil && len(rrs) != 1 {
		err = fmt.Errorf("one record wanted, got %d", len(rrs))
	}
	if err != nil {
		return nil, err
	}
	return rrs[0], nil
}

// complete adds what a zone cannot do without.
func (z *zone) complete() {
	if len(z.get(z.origin, dns.TypeSOA)) == 0 {
		z.mustAdd("@ 3600 SOA ns1 hostmaster 2026010101 3600 600 86400 300")
	}
	if len(z.get(z.origin, dns.TypeNS)) == 0 {
		z.mustAdd("@ NS ns1\n@ NS ns2")
		if !z.exists[under("ns1", z.origin)] {
			z.mustAdd("ns1 A " + sharedAddr1)
		}
		if !z.exists[under("ns2", z.origin)] {
			z.mustAdd("ns2 A " + sharedAddr2)
		}
	}
	if z.signed != nil && !z.signed.noKeys {
		z.add(z.signed.key)
		for _, rr := range z.signed.trap {
			z.add(rr)
		}
	}
	if len(z.extra) > 0 {
		z.mustAdd(strings.Join(z.extra, "\n"))
	}
	if z.page.text != "" && !z.exists[under("mta-sts", z.origin)] {
		z.mustAdd("mta-sts A " + webAddr)
	}
	if (z.logo != "" || z.mark != nil) && !z.exists[under("logo", z.origin)] {
		z.mustAdd("logo A " + webAddr)
	}
}

// dotted refuses a name that lost its final dot, unless the zone says that this is meant, and one outside the zone.
func (z *zone) dotted(rr dns.RR) error {
	if owner := rr.Header().Name; !dns.IsSubDomain(z.origin, owner) {
		return fmt.Errorf("lab: zone %s: %w: %s", z.about.Name, errOutside, owner)
	}
	if z.lenient {
		return nil
	}
	names := []string{rr.Header().Name}
	switch t := rr.(type) {
	case *dns.MX:
		names = append(names, t.Mx)
	case *dns.NS:
		names = append(names, t.Ns)
	case *dns.CNAME:
		names = append(names, t.Target)
	case *dns.SRV:
		names = append(names, t.Target)
	case *dns.PTR:
		names = append(names, t.Ptr)
	case *dns.SOA:
		names = append(names, t.Ns, t.Mbox)
	}
	for _, name := range names {
		name = strings.ToLower(name)
		inside, ok := strings.CutSuffix(name, "."+z.origin)
		if z.origin == "." || !ok {
			continue
		}
		if last := inside[strings.LastIndexByte(inside, '.')+1:]; (last != inside && isTLD(last)) || inside == z.about.Name {
			return fmt.Errorf("lab: zone %s: %s lacks its final dot", z.about.Name, inside)
		}
	}
	return nil
}

func (z *zone) add(rr dns.RR) {
	name := rr.Header().Name
	if z.names[name] == nil {
		z.names[name] = map[uint16][]dns.RR{}
	}
	z.names[name][rr.Header().Rrtype] = append(z.names[name][rr.Header().Rrtype], rr)
	z.spring(name)
}

// spring makes a name and the names between it and the origin exist.
func (z *zone) spring(name string) {
	for n := name; dns.IsSubDomain(z.origin, n) && !z.exists[n]; n = parentOf(n) {
		z.exists[n] = true
	}
}

// mustAdd adds records that the lab itself writes.
func (z *zone) mustAdd(text string) {
	rrs, err := z.records(text + "\n")
	if err != nil {
		panic(err)
	}
	for _, rr := range rrs {
		z.add(rr)
	}
}

// delegated is the zone with delegations added, where its text has none of its own for that name. The zone itself stays
// as it is.
func (z *zone) delegated(cuts map[string]*cut) *zone {
	out := *z
	out.cuts, out.exists = maps.Clone(z.cuts), maps.Clone(z.exists)
	for name, c := range cuts {
		if out.cuts[name] == nil {
			out.cuts[name] = c
			out.spring(name)
		}
	}
	return &out
}

func (z *zone) get(name string, qtype uint16) []dns.RR { return z.names[name][qtype] }

// hostRecords is the addresses that the zone has for the hosts of NS records.
func (z *zone) hostRecords(ns []dns.RR) (out []dns.RR) {
	for _, rr := range ns {
		if n, ok := rr.(*dns.NS); ok {
			host := strings.ToLower(n.Ns)
			out = append(append(out, z.get(host, dns.TypeA)...), z.get(host, dns.TypeAAAA)...)
		}
	}
	return out
}

// all is every record, the SOA first, in the order of names and types.
func (z *zone) all() []dns.RR {
	out := slices.Clone(z.get(z.origin, dns.TypeSOA))
	for _, name := range slices.Sorted(maps.Keys(z.names)) {
		for _, qtype := range slices.Sorted(maps.Keys(z.names[name])) {
			if qtype != dns.TypeSOA {
				out = append(out, z.names[name][qtype]...)
			}
		}
	}
	return out
}

// find is where a name stands in the zone: its cut (a name delegated away), or the owner whose records answer for it,
// which is a wildcard's where the name itself does not exist (RFC 4592).
func (z *zone) find(name string) (owner string, away *cut, exists bool) {
	if z.bulk != nil || len(z.cuts) > 0 {
		if away = z.cutAbove(name); away != nil {
			return name, away, true
		}
	}
	if z.exists[name] {
		return name, nil, true
	}
	for n := name; n != z.origin && n != "."; {
		n = parentOf(n)
		if z.names["*."+n] != nil {
			return "*." + n, nil, true
		}
		if z.exists[n] {
			break
		}
	}
	return name, nil, false
}

// cutAbove is the highest cut between the zone's origin and the name.
func (z *zone) cutAbove(name string) (away *cut) {
	for n := name; n != z.origin && n != "."; n = parentOf(n) {
		if c := z.cuts[n]; c != nil {
			away = c
		} else if z.bulk != nil {
			if child := z.bulk.zone(n); child != nil {
				ns := child.get(child.origin, dns.TypeNS)
				away = &cut{ns: ns, glue: child.hostRecords(ns)}
			}
		}
	}
	return away
}

// canonical makes a name lower case and fully qualified.
func canonical(name string) string { return strings.ToLower(dns.Fqdn(name)) }

func under(label, origin string) string {
	if origin == "." {
		return label + "."
	}
	return label + "." + origin
}

func parentOf(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}
