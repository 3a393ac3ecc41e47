// Package lab is a small mail internet on loopback: a DNS root, TLDs and zones, faulty on demand. Its zones use documentation
// addresses (RFC 5737), each with a UDP and a TCP socket of its own on 127.0.0.1; Net's dialer maps the one to the other and
// reaches nothing else.
//
// A zone is text in master-file form (RFC 1035 5.1). Where it names no server it is served by the two shared ones; where it
// has no SOA it gets one. Lines that begin with ";!" are the lab's own:
//
//	;! fault: one line that says what is wrong
//	;! codes: spf.none mx.none          what a diagnosis must report
//	;! parent: example.test. NS ns9.example.test.   what the parent says instead of the zone's own NS and glue
//	;! server 203.0.113.1: drop         how that server behaves (see Behaviour); "server 203.0.113.1 example.test. TXT: drop" for one question
//	;! at 203.0.113.1: example.test. MX 5 old.example.test.   a record set that differs on that server
//	;! with: mx spf dkim dmarc         healthy parts to add
//	;! relative                         a target without its final dot is meant
package lab

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Addresses of the servers that every lab has.
const (
	rootAddr     = "192.0.2.1"
	tldAddr1     = "192.0.2.2"
	tldAddr2     = "198.51.100.2"
	sharedAddr1  = "192.0.2.11"
	sharedAddr2  = "198.51.100.12"
	resolverAddr = "192.0.2.53"
)

// Domain is one domain of the lab: what is wrong with it, and the codes that a diagnosis must report (none: healthy).
type Domain struct {
	Name  string // no final dot
	Fault string // one English line
	Codes []string
}

// Lab is a running mail internet.
type Lab struct {
	latency time.Duration
	record  bool
	texts   map[string]string
	domains []Domain
	hole    net.PacketConn

	mu      sync.RWMutex
	zones   map[string]*zone
	servers map[netip.Addr]*server
	ports   map[string]string // "udp 192.0.2.1:53" -> loopback address
	asked   map[string]int
}

// Option changes how the lab behaves.
type Option func(*Lab)

// Zones serves these zones (by their origin, without final dot) instead of the standard ones.
func Zones(texts map[string]string) Option {
	return func(l *Lab) {
		l.texts, l.domains = map[string]string{}, nil
		maps.Copy(l.texts, texts)
	}
}

// Latency delays every DNS answer.
func Latency(d time.Duration) Option { return func(l *Lab) { l.latency = d } }

// Record keeps count of every question, for Asked.
func Record() Option { return func(l *Lab) { l.record = true } }

// Bulk adds n healthy domains, d1.bulk.test and so on, on the shared servers.
func Bulk(n int) Option {
	return func(l *Lab) {
		for i := 1; i <= n; i++ {
			l.texts[BulkName(i)] = ";! with: mx spf dkim dmarc\n"
		}
	}
}

// BulkName is the name of the i-th domain of Bulk.
func BulkName(i int) string { return fmt.Sprintf("d%d.bulk.test", i) }

// Start serves the standard lab on loopback. Close it.
func Start(options ...Option) (*Lab, error) {
	l := &Lab{
		texts: map[string]string{}, zones: map[string]*zone{}, servers: map[netip.Addr]*server{}, ports: map[string]string{}, asked: map[string]int{},
	}
	if err := l.standard(); err != nil {
		return nil, err
	}
	for _, o := range options {
		o(l)
	}
	hole, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	l.hole = hole
	if err := l.build(); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// build reads the zones, delegates them, and starts a server at every address that a name server has.
func (l *Lab) build() error {
	for origin, text := range l.texts {
		z, err := parseZone(origin, text)
		if err != nil {
			return err
		}
		l.zones[z.origin] = z
	}
	l.delegate()
	for _, z := range l.zones {
		for _, addr := range z.addresses(l.zones) {
			s, err := l.server(addr)
			if err != nil {
				return err
			}
			s.zones[z.origin] = true
		}
	}
	for _, z := range l.zones {
		for addr, rules := range z.rules {
			s, err := l.server(addr)
			if err != nil {
				return err
			}
			s.zones[z.origin], s.rules = true, append(s.rules, rules...)
		}
	}
	s, err := l.server(netip.MustParseAddr(resolverAddr))
	if err == nil {
		s.recursive = true
	}
	return err
}

// delegate makes the root and the TLDs, and puts each zone's delegation into the zone above it.
func (l *Lab) delegate() {
	root := newZone(".")
	root.mustAdd(". 3600 SOA a.root.lab. admin.root.lab. 1 3600 600 86400 300\n. NS a.root.lab.\na.root.lab. A " + rootAddr)
	l.zones["."] = root
	for _, z := range slices.Collect(maps.Values(l.zones)) {
		for name := parentOf(z.origin); name != "."; name = parentOf(name) {
			if l.zones[name] == nil && dns.CountLabel(name) == 1 {
				tld := newZone(name)
				tld.mustAdd(fmt.Sprintf("%s 3600 SOA ns1.%[1]s admin.%[1]s 1 3600 600 86400 300\n%[1]s NS ns1.%[1]s\n%[1]s NS ns2.%[1]s\nns1.%[1]s A %[2]s\nns2.%[1]s A %[3]s",
					name, tldAddr1, tldAddr2))
				l.zones[name] = tld
			}
		}
	}
	for _, z := range l.zones {
		if z.origin != "." {
			l.delegateOne(z)
		}
	}
}

func (l *Lab) delegateOne(z *zone) {
	up := parentOf(z.origin)
	for l.zones[up] == nil {
		up = parentOf(up)
	}
	parent := l.zones[up]
	if z.parentRRs != nil {
		for _, rr := range z.parentRRs {
			parent.add(rr)
		}
		return
	}
	for _, rr := range z.get(z.origin, dns.TypeNS) {
		parent.add(rr)
		ns := strings.ToLower(rr.(*dns.NS).Ns)
		if dns.IsSubDomain(z.origin, ns) {
			for _, a := range z.get(ns, dns.TypeA) {
				parent.add(a)
			}
		}
	}
}

// server is the one at that address, started now if need be.
func (l *Lab) server(addr netip.Addr) (*server, error) {
	if s := l.servers[addr]; s != nil {
		return s, nil
	}
	s := &server{lab: l, addr: addr, zones: map[string]bool{}}
	if err := s.listen(); err != nil {
		return nil, fmt.Errorf("lab: server %s: %w", addr, err)
	}
	l.servers[addr] = s
	return s, nil
}

// Net is the way into the lab, for diagnosis.
func (l *Lab) Net() *resolve.Net {
	return &resolve.Net{
		Dial:  l.dial,
		Roots: []resolve.NameServer{{Name: "a.root.lab.", Glue: []netip.Addr{netip.MustParseAddr(rootAddr)}}},
	}
}

// Resolver is the lab's recursive resolver, for Net.Resolvers.
func (l *Lab) Resolver() netip.AddrPort { return netip.MustParseAddrPort(resolverAddr + ":53") }

// dial reaches the lab's own servers only: datagrams to anybody else vanish, connections are refused.
func (l *Lab) dial(ctx context.Context, network string, to netip.AddrPort) (net.Conn, error) {
	l.mu.RLock()
	at, ok := l.ports[network+" "+to.String()]
	l.mu.RUnlock()
	if !ok {
		if network != "udp" {
			return nil, fmt.Errorf("lab: %s: connection refused", to)
		}
		at = l.hole.LocalAddr().String()
	}
	return (&net.Dialer{}).DialContext(ctx, network, at)
}

// Domains is the lab's domains in the order in which the demo lists them.
func (l *Lab) Domains() []Domain { return slices.Clone(l.domains) }

// Asked is how often each question came: "192.0.2.1 udp example.test. MX".
func (l *Lab) Asked() map[string]int {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return maps.Clone(l.asked)
}

// Change replaces a zone while the lab runs: its records, and how its servers behave. Its delegation stays.
func (l *Lab) Change(origin, text string) error {
	z, err := parseZone(origin, text)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.zones[z.origin]
	if old == nil {
		return fmt.Errorf("lab: no zone %s", origin)
	}
	for rr := range old.all() { // what zones below have put here stays
		if rr.Header().Name != old.origin && rr.Header().Rrtype == dns.TypeNS {
			z.add(rr)
		}
	}
	for addr := range old.rules {
		l.servers[addr].rules = slices.DeleteFunc(l.servers[addr].rules, func(r rule) bool { return r.zone == z.origin })
	}
	for addr, rules := range z.rules {
		s, err := l.server(addr)
		if err != nil {
			return err
		}
		s.rules = append(s.rules, rules...)
	}
	l.zones[z.origin] = z
	return nil
}

// Close stops every server.
func (l *Lab) Close() error {
	for _, s := range l.servers {
		s.close()
	}
	return l.hole.Close()
}

func parentOf(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}
