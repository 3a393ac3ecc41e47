package lab

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// Lab is a running mail internet. Its methods are safe for concurrent use.
type Lab struct {
	latency time.Duration
	shuffle time.Duration
	record  bool
	six     bool
	sites   map[string]http.Handler // by host
	bulk    *bulk
	domains []Domain
	hole    net.PacketConn // where datagrams to nobody go
	tree    atomic.Pointer[tree]
	ca      authority
	running sync.WaitGroup

	growing sync.Mutex // held while the tree is replaced
	zones   map[string]*zone
	faults  []fault
	copies  []secondary
	mail    map[netip.Addr]MailHost

	mu      sync.Mutex
	texts   map[string]string // the zones as they are written
	sockets map[service]net.Addr
	closers []io.Closer
	conns   map[net.Conn]bool
	asked   map[string]int
	closed  bool

	late      time.Time // since when the status page says that mail is late; zero: it does not
	lateCount int       // how often it said so
}

// plan is what Start is asked for.
type plan struct {
	*Lab
	texts   map[string]string
	parents map[string]string
	copied  [][3]string // server, zone, text
	many    int
}

// Option changes what the lab serves and how it behaves.
type Option func(*plan)

// Zones serves these zones (by their origin) instead of the standard ones.
func Zones(texts map[string]string) Option { return func(p *plan) { p.texts = maps.Clone(texts) } }

// ParentNS has the zone above say these records (NS, and A or AAAA as glue) of a zone, instead of the zone's own.
func ParentNS(origin, text string) Option {
	return func(p *plan) { p.parents[canonical(origin)] = text }
}

// Faulty makes a server behave so. Its address means the whole server; its name, the zones that list this name.
func Faulty(server string, b Behaviour) Option {
	return func(p *plan) { p.faults = append(p.faults, fault{server, b}) }
}

// Secondary has one server, given by name or address, serve its own copy of a zone: a stale or different one.
func Secondary(server, origin, text string) Option {
	return func(p *plan) { p.copied = append(p.copied, [3]string{server, origin, text}) }
}

// Mail makes a mail host at a documentation address behave so.
func Mail(addr string, h MailHost) Option {
	return func(p *plan) { p.mail[netip.MustParseAddr(addr)] = h }
}

// Latency delays every DNS answer, every answer of a mail host and its TLS handshake, and every answer of the web
// server.
func Latency(d time.Duration) Option { return func(p *plan) { p.latency = d } }

// Shuffle delays every DNS answer by a random time up to d more and puts the records of each set in a random order, so
// that which server or record is first changes from question to question.
func Shuffle(d time.Duration) Option { return func(p *plan) { p.shuffle = d } }

// WebAddress is where the web server of all sites is.
const WebAddress = webAddr

// Site serves a host over HTTPS, with a certificate of the lab's authority. The host's address in its zone is
// [WebAddress].
func Site(host string, h http.Handler) Option {
	return func(p *plan) {
		if p.sites == nil {
			p.sites = map[string]http.Handler{}
		}
		p.sites[strings.ToLower(host)] = h
	}
}

// Record keeps count of every question, for Asked.
func Record() Option { return func(p *plan) { p.record = true } }

// IPv6 serves the name servers' and mail hosts' IPv6 documentation addresses as well. Without it a lab is a place that
// has no IPv6.
func IPv6() Option { return func(p *plan) { p.six = true } }

// Bulk adds n healthy domains (BulkName) on the shared servers; they cost nothing until they are asked for.
func Bulk(n int) Option { return func(p *plan) { p.many = n } }

// Start serves the standard lab on loopback. Close it.
func Start(options ...Option) (*Lab, error) {
	l := &Lab{
		zones: map[string]*zone{}, mail: map[netip.Addr]MailHost{},
		sockets: map[service]net.Addr{}, conns: map[net.Conn]bool{}, asked: map[string]int{},
	}
	p := &plan{Lab: l, parents: map[string]string{}}
	for _, o := range options {
		o(p)
	}
	if err := p.read(); err != nil {
		return nil, err
	}
	t, err := l.growTree(l.zones, l.faults)
	if err != nil {
		return nil, err
	}
	l.tree.Store(t)
	if l.hole, err = net.ListenPacket("udp4", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	return l, nil
}

// read reads the zones that were asked for.
func (p *plan) read() (err error) {
	if p.texts == nil {
		if p.texts, err = standardTexts(); err != nil {
			return err
		}
		defer func() { p.listDomains() }()
	}
	p.Lab.texts = maps.Clone(p.texts)
	for _, origin := range slices.Sorted(maps.Keys(p.texts)) {
		z, err := parseZone(origin, p.texts[origin])
		if err != nil {
			return err
		}
		if text, ok := p.parents[z.origin]; ok {
			if z.parent, err = z.records(text + "\n"); err != nil {
				return err
			}
			delete(p.parents, z.origin)
		}
		p.zones[z.origin] = z
	}
	for origin := range p.parents {
		return fmt.Errorf("lab: no zone %s", origin)
	}
	for _, c := range p.copied {
		z, err := parseZone(c[1], c[2])
		if err != nil {
			return err
		}
		p.copies = append(p.copies, secondary{c[0], z})
	}
	if p.many > 0 {
		p.bulk, err = newBulk(p.many)
	}
	return err
}

// growTree makes a tree of these zones and faults.
func (l *Lab) growTree(zones map[string]*zone, faults []fault) (*tree, error) {
	t := grow(zones, l.bulk, l.six)
	maps.Copy(t.mail, l.mail)
	if l.shuffle > 0 {
		t.mix = mix
	}
	for _, c := range l.copies {
		addrs := t.servers(c.server)
		if len(addrs) == 0 {
			return nil, fmt.Errorf("lab: no server %s", c.server)
		}
		for _, a := range addrs {
			t.host(a).zones[c.zone.origin] = c.zone
		}
	}
	for _, f := range faults {
		if err := t.apply(f); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Resolver is the lab's recursive resolver, for Net.Resolvers.
func (l *Lab) Resolver() netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(resolverAddr), dnsPort)
}

// Resolvers is all of the lab's recursive resolvers.
func (l *Lab) Resolvers() []netip.AddrPort {
	var out []netip.AddrPort
	for _, addr := range []string{resolverAddr, cacheAddr1, cacheAddr2} {
		out = append(out, netip.AddrPortFrom(netip.MustParseAddr(addr), dnsPort))
	}
	return out
}

// Domains is the lab's domains in the order in which the demo lists them.
func (l *Lab) Domains() []Domain { return slices.Clone(l.domains) }

// Asked is how often each question came, with Record: "192.0.2.1 udp example.test. MX".
func (l *Lab) Asked() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.asked)
}

// Change replaces a zone while the lab runs: its records, its servers, how they behave, its delegation. A behaviour set
// for a server that no zone has any more is forgotten.
func (l *Lab) Change(origin, text string) error {
	z, err := parseZone(origin, text)
	if err != nil {
		return err
	}
	l.growing.Lock()
	defer l.growing.Unlock()
	if l.zones[z.origin] == nil {
		return fmt.Errorf("lab: no zone %s", origin)
	}
	zones := maps.Clone(l.zones)
	zones[z.origin] = z
	t, err := l.growTree(zones, nil)
	if err != nil {
		return err
	}
	faults := slices.DeleteFunc(slices.Clone(l.faults), func(f fault) bool { return t.apply(f) != nil })
	l.zones, l.faults = zones, faults
	l.tree.Store(t)
	l.mu.Lock()
	l.texts[origin] = text
	l.mu.Unlock()
	return nil
}

// SetBehaviour changes how a server behaves while the lab runs, as Faulty does at its start. It replaces what was set
// for the same server, zone, name and type.
func (l *Lab) SetBehaviour(server string, b Behaviour) error {
	l.growing.Lock()
	defer l.growing.Unlock()
	faults := slices.DeleteFunc(slices.Clone(l.faults), func(f fault) bool {
		return f.server == server && f.Zone == b.Zone && f.Name == b.Name && f.Type == b.Type
	})
	faults = append(faults, fault{server, b})
	t, err := l.growTree(l.zones, faults)
	if err != nil {
		return err
	}
	l.faults = faults
	l.tree.Store(t)
	return nil
}

// Close stops every server and waits for them.
func (l *Lab) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	err := l.hole.Close()
	for _, c := range l.closers {
		if e := c.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	for c := range l.conns {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
	return err
}

const smtpIdle = 30 * time.Second

// wait lets time pass, or less when the other side goes or the lab closes.
func (l *Lab) wait(conn net.Conn, d time.Duration) {
	_ = conn.SetReadDeadline(time.Now().Add(d))
	_, _ = conn.Read(make([]byte, 1))
	_ = conn.SetReadDeadline(time.Time{})
}

// mix puts an answer's records in another order, as servers do to share load.
func mix(m *dns.Msg) {
	for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
		rand.Shuffle(len(section), func(i, j int) { section[i], section[j] = section[j], section[i] })
	}
}

// service is a port of an address of the lab.
type service struct {
	network string
	at      netip.AddrPort
}

const dnsPort = 53

// listDomains lists the zones that say what is wrong with them.
func (l *Lab) listDomains() {
	l.domains = append(l.domains, unregistered)
	for _, origin := range slices.Sorted(maps.Keys(l.zones)) {
		d := l.zones[origin].about
		if ask := l.zones[origin].ask; ask != "" {
			d.Name = ask + "." + d.Name
		}
		if d.Fault != "" {
			l.domains = append(l.domains, d)
		}
	}
	slices.SortStableFunc(l.domains, func(a, b Domain) int {
		if d := slices.Index(rooms, a.room()) - slices.Index(rooms, b.room()); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
}
