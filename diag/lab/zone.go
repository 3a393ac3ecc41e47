package lab

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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

// isTLD reports whether a label is one that names in tests end in, and that nobody calls a host by.
func isTLD(label string) bool {
	return slices.Contains([]string{"com", "net", "org", "cn", "uk", "de", "jp", "test", "example", "invalid"}, label)
}

// Addresses that every lab has.
const (
	rootAddr     = "192.0.2.1"
	tldAddr1     = "192.0.2.2"
	tldAddr2     = "198.51.100.2"
	bulkAddr1    = "192.0.2.3" // of the zone above those of Bulk
	bulkAddr2    = "198.51.100.3"
	sharedAddr1  = "192.0.2.11"
	sharedAddr2  = "198.51.100.12"
	resolverAddr = "192.0.2.53"
	cacheAddr1   = "198.51.100.53" // of further resolvers, whose caches zones may make old
	cacheAddr2   = "203.0.113.53"
	webAddr      = "192.0.2.90"
)

// MailHost is how a mail host behaves on port 25. The zero value greets, offers STARTTLS and has a valid certificate
// for whatever name it is asked for. It takes no mail.
type MailHost struct {
	Refuse        bool          // refuses connections
	Silent        bool          // says nothing
	NoSTARTTLS    bool          // does not offer it
	CertExpired   bool          // its certificate ended three days ago
	CertName      bool          // its certificate is for another name
	CertUntrusted bool          // its certificate is signed by nobody known
	CertExpiring  bool          // its certificate ends in five days
	OldTLS        bool          // it speaks TLS 1.1 at most
	CertShort     bool          // its certificate lives for six days, and ends in five: that is as it should be
	Also          mailTLS       // what its TLS agrees to besides what is good
	Banner        string        // the first line; "": 220
	Delay         time.Duration // before the banner
}

// page is what the web server has at mta-sts.<zone>, and how.
type page struct {
	text   string
	kind   string // Content-Type; "": text/plain
	status int    // 0: 200
	cert   certFault
	gzip   bool // logos are SVGZ
}

// registration is what the registry says of a zone's domain. The zero value: registered for another year, and locked.
type registration struct {
	given     bool
	days      int // until it expires
	status    []string
	registrar string
	fault     string // missing: not registered; broken: no answer that can be used
}

// markWords are what is wrong with a mark certificate.
type markWords []string

// Domain is one domain of the lab: what is wrong with it, and the codes that a diagnosis must report (none: healthy).
type Domain struct {
	Name  string // no final dot
	Fault string // one English line
	Codes []string

	status string // the host at which its provider tells how its services are
}

// bulk is many healthy zones on the two shared servers, each made from one pattern when it is first asked for and
// forgotten when others come.
type bulk struct {
	n       int
	parent  *zone
	pattern *zone
	reach   []netip.Addr

	mu    sync.Mutex
	zones map[string]*zone
	ring  [bulkKept]string
	next  int
}

// zone is the one of this origin; nil where it is not part of the bulk.
func (b *bulk) zone(origin string) *zone {
	label, ok := strings.CutSuffix(origin, "."+bulkOrigin)
	if !ok || len(label) != 1+bulkWidth || label[0] != 'd' {
		return nil
	}
	i, err := strconv.ParseUint(label[1:], 10, 32)
	if err != nil || i < 1 || i > uint64(b.n) {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if z := b.zones[origin]; z != nil {
		return z
	}
	z := b.pattern.rebased(origin)
	delete(b.zones, b.ring[b.next])
	b.ring[b.next], b.zones[origin] = origin, z
	b.next = (b.next + 1) % bulkKept
	return z
}

const (
	rdapHost  = "rdap.lab"
	whoisHost = "whois.lab"
	whoisAddr = "192.0.2.91"
	whoisPort = 43
)

const (
	bulkOrigin = "bulk." // a top level of its own, so that each domain is registrable
	bulkWidth  = 5       // digits in a name
	bulkKept   = 256     // zones in memory at once
)

// rebased is the zone under another origin.
func (z *zone) rebased(origin string) *zone {
	out := newZone(origin)
	old, now := z.about.Name, out.about.Name
	move := func(name string) string {
		if rest, ok := strings.CutSuffix(name, z.origin); ok {
			return rest + origin
		}
		return name
	}
	for _, types := range z.names {
		for _, rrs := range types {
			for _, rr := range rrs {
				c := dns.Copy(rr)
				c.Header().Name = move(c.Header().Name)
				switch t := c.(type) {
				case *dns.SOA:
					t.Ns, t.Mbox = move(t.Ns), move(t.Mbox)
				case *dns.NS:
					t.Ns = move(t.Ns)
				case *dns.MX:
					t.Mx = move(t.Mx)
				case *dns.TXT:
					for i := range t.Txt {
						t.Txt[i] = strings.ReplaceAll(t.Txt[i], old, now)
					}
				}
				out.add(c)
			}
		}
	}
	return out
}
