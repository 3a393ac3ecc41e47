package authority

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// The bounds of one survey, whatever a zone lists.
const (
	dnsPort         = 53
	surveyServers   = 16 // names
	surveyAddresses = 6  // of one name
	surveyReplies   = 48 // addresses in all
	surveySelectors = 4  // DKIM selectors compared between the servers

	surveyParents    = 8 // servers of the parent that are compared
	surveyRegistries = 4 // of them where the parent is a registry, whose servers are fed by one source

	surveyTCPWait = time.Second // for a second try over TCP where a question got no answer
)

// survey puts the same questions to every server that lists itself, or is listed by the parent, for a zone. Everything
// that does not depend on an answer is asked at once; servers that only the zone itself lists are asked as soon as the
// first server names them.
type survey struct {
	p         *view.Pass
	d         *resolve.Delegation
	questions []resolve.Question // asked of every server, and compared
	probes    []resolve.Question // asked of every server, to see whether it answers

	wg       guarded.Group
	mu       sync.Mutex // guards what follows until run has ended
	servers  []*server
	unasked  []string          // servers that only the zone lists, where those to be asked were named
	omitted  bool              // there are more servers than are asked
	asked    int               // addresses
	six      bool              // the control over IPv6 was sent
	sixWorks bool              // some IPv6 address answered, so IPv6 gets out of here
	parents  []*resolve.Answer // what servers of the parent say of the delegation
}

// server is one listed name server.
type server struct {
	name              string // with its dot, lower case
	inParent, inChild bool
	glue              []netip.Addr      // that any server of the parent gives
	unanimous         []netip.Addr      // that all of them give
	addrs             []netip.Addr      // by authority
	answers           []*resolve.Answer // to A and AAAA, in this order; nil where the look-up failed
	lookup            error             // why one failed
	replies           []*reply
}

// reply is what one address of a server said.
type reply struct {
	server       *server
	addr         netip.Addr
	private      bool            // never asked
	soa, ns, tcp *resolve.Answer // SOA and NS over UDP, SOA over TCP
	soaErr       error
	nsErr        error
	tcpErr       error
	open         bool                                 // gave the zone away
	bare         bool                                 // gives the zone without authority, as all its servers do
	mail         map[resolve.Question]*resolve.Answer // to questions and probes
	failed       map[resolve.Question]error           // those of them that got no answer
}

func newSurvey(p *view.Pass, d *resolve.Delegation) *survey {
	return &survey{p: p, d: d, questions: []resolve.Question{
		{Name: p.Domain, Type: dns.TypeMX}, {Name: p.Domain, Type: dns.TypeTXT},
		{Name: "_dmarc." + p.Domain, Type: dns.TypeTXT},
	}, probes: []resolve.Question{{Name: p.Domain, Type: dns.TypeA}, {Name: p.Domain, Type: dns.TypeAAAA}}}
}

// selectors compares the keys of the selectors that were given, and of the domain's own mailbox provider.
func (s *survey) selectors(ctx context.Context) {
	all := slices.Clone(s.p.Selectors)
	providers, err := s.p.MXProviders(ctx)
	if err == nil {
		for _, f := range providers {
			all = append(all, f.DKIMSelectors...)
		}
	}
	for _, sel := range all[:min(len(all), surveySelectors)] {
		if name := strings.ToLower(sel) + "._domainkey." + s.p.Domain; view.GoodName(name) {
			s.add(ctx, &s.questions, resolve.Question{Name: name, Type: dns.TypeTXT})
		}
	}
}

// ownHost asks for what senders ask of the first mail host that the zone itself holds: its addresses, and the TLSA
// records of its port.
func (s *survey) ownHost(ctx context.Context) {
	a, err := s.p.DNS.Lookup(ctx, s.p.Domain, dns.TypeMX)
	if err != nil {
		return
	}
	targets, _ := view.ReadMX(a)
	i := slices.IndexFunc(targets,
		func(t *view.Target) bool { return dns.IsSubDomain(s.d.Zone, t.Host) && !t.Literal.IsValid() })
	if i < 0 {
		return
	}
	host := targets[i].Host
	s.add(ctx, &s.probes, resolve.Question{Name: host, Type: dns.TypeA})
	s.add(ctx, &s.probes, resolve.Question{Name: host, Type: dns.TypeAAAA})
	if name := "_25._tcp." + host; view.GoodName(name) {
		s.add(ctx, &s.probes, resolve.Question{Name: name, Type: dns.TypeTLSA})
	}
}

// askParents asks servers of the parent, each by itself, for the delegation. Where they disagree, the servers that any
// of them lists are asked, whichever of them led here.
func (s *survey) askParents(ctx context.Context) {
	if s.d.ViaResolver || s.p.Planned() {
		return
	}
	most := surveyParents
	if view.IsRegistry(s.d.Parent) {
		most = surveyRegistries
	}
	for _, to := range s.d.ParentServers[:min(len(s.d.ParentServers), most)] {
		s.wg.Go(func() {
			a, err := s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeNS, resolve.Auto)
			if err == nil {
				s.mu.Lock()
				s.parents = append(s.parents, a)
				s.mu.Unlock()
				for _, ns := range resolve.Listed(a, s.d.Parent, s.d.Zone) {
					s.list(ctx, ns.Name, ns.Glue, true)
				}
			}
		})
	}
}

// list takes a name server in, and starts asking it where it is new.
func (s *survey) list(ctx context.Context, name string, glue []netip.Addr, byParent bool) {
	name = strings.ToLower(dns.Fqdn(name))
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.servers, func(ns *server) bool { return ns.name == name })
	if i < 0 && s.p.Planned() && !byParent {
		s.noteUnasked(name)
		return
	}
	if i < 0 {
		if len(s.servers) >= surveyServers {
			s.omitted = true
			return
		}
		i = len(s.servers)
		ns := &server{name: name}
		s.servers = append(s.servers, ns)
		s.wg.Go(func() { s.address(ctx, ns) })
	}
	glue = slices.SortedFunc(slices.Values(glue), netip.Addr.Compare)
	ns := s.servers[i]
	ns.inParent = ns.inParent || byParent
	ns.inChild = ns.inChild || !byParent
	for _, ip := range glue {
		if !slices.Contains(ns.glue, ip) {
			ns.glue = append(ns.glue, ip)
			s.begin(ctx, ns, ip)
		}
	}
}

// address looks up a server's addresses by authority and asks those that the glue did not name.
func (s *survey) address(ctx context.Context, ns *server) {
	if s.p.Planned() && nameless(ns.name) {
		return
	}
	addrs, answers, err := s.p.DNS.Addrs(ctx, ns.name)
	slices.SortFunc(addrs, netip.Addr.Compare)
	s.mu.Lock()
	defer s.mu.Unlock()
	ns.addrs, ns.answers, ns.lookup = addrs, answers, err
	if s.p.Planned() {
		return // only the addresses that were named are asked
	}
	for _, ip := range addrs {
		s.begin(ctx, ns, ip)
	}
}

// begin starts every question to one address. It is called with the mutex held.
func (s *survey) begin(ctx context.Context, ns *server, ip netip.Addr) {
	known := slices.ContainsFunc(ns.replies, func(r *reply) bool { return r.addr == ip })
	if known || len(ns.replies) >= surveyAddresses || s.asked >= surveyReplies {
		return
	}
	s.asked++
	r := &reply{
		server: ns, addr: ip, private: resolve.Unroutable(ip) && !s.p.DNS.Trusted(netip.AddrPortFrom(ip, dnsPort)),
		mail: map[resolve.Question]*resolve.Answer{}, failed: map[resolve.Question]error{},
	}
	ns.replies = append(ns.replies, r)
	if r.private {
		return
	}
	to := netip.AddrPortFrom(ip, dnsPort)
	s.wg.Go(func() {
		r.soa, r.soaErr = s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeSOA, resolve.Auto)
		s.heard(ip, r.soaErr)
	})
	s.wg.Go(func() { // one after the other: over one connection
		r.tcp, r.tcpErr = s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeSOA, resolve.TCP)
		s.heard(ip, r.tcpErr)
		if !isSilence(r.tcpErr) {
			r.open, _ = s.p.DNS.Transfer(ctx, to, s.d.Zone)
		}
	})
	s.wg.Go(func() { s.ownList(ctx, r, to) })
	for _, q := range slices.Concat(s.questions, s.probes) {
		s.wg.Go(func() { s.ask(ctx, r, q) })
	}
	if ip.Is6() && !s.six {
		s.six = true
		s.wg.Go(func() { s.trySix(ctx) })
	}
}

// ownList asks a server for the zone's own list of servers and takes in those that it names.
func (s *survey) ownList(ctx context.Context, r *reply, to netip.AddrPort) {
	a, err := s.hear(ctx, to, resolve.Question{Name: s.d.Zone, Type: dns.TypeNS})
	r.ns, r.nsErr = a, err
	if err != nil {
		return
	}
	if !a.Authoritative || a.Rcode != dns.RcodeSuccess {
		return
	}
	for _, rr := range a.Records() {
		if ns, ok := rr.(*dns.NS); ok {
			s.list(ctx, ns.Ns, nil, false)
		}
	}
}

// add adds a question to those that every server is asked: to questions, whose answers must be the same everywhere, or
// to probes.
func (s *survey) add(ctx context.Context, to *[]resolve.Question, q resolve.Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(*to, q) {
		return
	}
	*to = append(*to, q)
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			if !r.private {
				s.wg.Go(func() { s.ask(ctx, r, q) })
			}
		}
	}
}

func (s *survey) ask(ctx context.Context, r *reply, q resolve.Question) {
	a, err := s.hear(ctx, netip.AddrPortFrom(r.addr, dnsPort), q)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		r.failed[q] = err
	} else {
		r.mail[q] = a
	}
}

// hear puts a question to a server. Where nothing comes and the server answers others, it is tried once more over TCP:
// a lost datagram is no fault.
func (s *survey) hear(ctx context.Context, to netip.AddrPort, q resolve.Question) (*resolve.Answer, error) {
	a, err := s.p.DNS.Ask(ctx, to, q.Name, q.Type, resolve.Auto)
	if err == nil || !isSilence(err) {
		return a, err
	}
	if soa, failed := s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeSOA, resolve.Auto); failed != nil || !soa.Authoritative {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, surveyTCPWait)
	defer cancel()
	if b, failed := s.p.DNS.Ask(ctx, to, q.Name, q.Type, resolve.TCP); failed == nil {
		return b, nil
	}
	return nil, err
}

// trySix asks servers of the parent over IPv6: where neither they nor any server of the zone answer, IPv6 does not get
// out of here, and silence over it says nothing.
func (s *survey) trySix(ctx context.Context) {
	tried := 0
	for _, to := range s.d.ParentServers {
		if !to.Addr().Is6() || tried == 2 {
			continue
		}
		tried++
		s.wg.Go(func() {
			_, err := s.p.DNS.Ask(ctx, to, s.d.Parent, dns.TypeSOA, resolve.UDP)
			s.heard(to.Addr(), err)
		})
	}
}

// heard notes that an address answered.
func (s *survey) heard(ip netip.Addr, err error) {
	if err == nil && ip.Is6() {
		s.mu.Lock()
		s.sixWorks = true
		s.mu.Unlock()
	}
}

// silence is in which way nothing came: unreachable, closed (a TCP connection ended before the answer) or timeout.
func silence(err error) string {
	switch {
	case errors.Is(err, resolve.ErrUnreachable):
		return "unreachable"
	case errors.Is(err, resolve.ErrBadAnswer):
		return "closed"
	}
	return "timeout"
}

func isSilence(err error) bool {
	return errors.Is(err, resolve.ErrTimeout) || errors.Is(err, resolve.ErrUnreachable)
}

// ServerFacts is one name server. UDPms is the round trip of its SOA answer over UDP in milliseconds, 0 where none
// came.
type ServerFacts struct {
	Name          string   `json:"name"`
	Listed        string   `json:"listed"` // by: both, parent or child
	Addresses     []string `json:"addresses"`
	Authoritative bool     `json:"authoritative"`
	Serial        uint32   `json:"serial,omitempty"`
	UDPms         float64  `json:"udp_ms,omitempty"`
	// Answers, silent, or unknown: none gets out of here; empty where the server has none.
	IPv6 string `json:"ipv6,omitempty"`
	TCP  bool   `json:"tcp"`
	// Has only IPv6 addresses, and no IPv6 address could be reached from here.
	Untested bool `json:"untested,omitempty"`
}

// nameless reports a server that was named by its address alone.
func nameless(name string) bool {
	_, err := netip.ParseAddr(view.Shown(name))
	return err == nil
}

// noteUnasked notes a server that the zone lists and nobody named. It is called with the mutex held.
func (s *survey) noteUnasked(name string) {
	if name = view.Shown(name); !slices.Contains(s.unasked, name) && len(s.unasked) < surveyServers &&
		dns.CountLabel(name) > 0 {
		s.unasked = append(s.unasked, name)
	}
}
