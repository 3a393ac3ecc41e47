package diag

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"

	"signpost/diag/guarded"
	"signpost/diag/resolve"
)

// The bounds of one survey, whatever a zone lists.
const (
	dnsPort         = 53
	surveyServers   = 16 // names
	surveyAddresses = 6  // of one name
	surveyReplies   = 48 // addresses in all
	surveySelectors = 4  // DKIM selectors compared between the servers
)

// survey puts the same questions to every server that lists itself, or is listed by the parent, for a zone. Everything that does
// not depend on an answer is asked at once; servers that only the zone itself lists are asked as soon as the first server names them.
type survey struct {
	p         *Pass
	d         *resolve.Delegation
	questions []resolve.Question // asked of every server, and compared

	wg       guarded.Group
	mu       sync.Mutex // guards what follows until run has ended
	servers  []*server
	omitted  bool // there are more servers than are asked
	asked    int  // addresses
	six      bool // the control over IPv6 was sent
	sixWorks bool // some IPv6 address answered, so IPv6 gets out of here
}

// server is one listed name server.
type server struct {
	name              string // with its dot, lower case
	inParent, inChild bool
	glue              []netip.Addr
	addrs             []netip.Addr      // by authority
	answers           []*resolve.Answer // to A and AAAA, in this order; nil where the look-up failed
	replies           []*reply
}

// reply is what one address of a server said.
type reply struct {
	server       *server
	addr         netip.Addr
	private      bool            // never asked
	soa, ns, tcp *resolve.Answer // SOA and NS over UDP, SOA over TCP
	soaErr       error
	tcpErr       error
	open         bool // gave the zone away
	mail         map[resolve.Question]*resolve.Answer
}

func newSurvey(p *Pass, d *resolve.Delegation) *survey {
	return &survey{p: p, d: d, questions: []resolve.Question{
		{Name: p.Domain, Type: dns.TypeMX}, {Name: p.Domain, Type: dns.TypeTXT}, {Name: "_dmarc." + p.Domain, Type: dns.TypeTXT},
	}}
}

// run asks everything and waits for the last answer.
func (s *survey) run(ctx context.Context) {
	for _, ns := range s.d.NS {
		s.list(ctx, ns.Name, ns.Glue, !s.d.ViaResolver)
	}
	s.wg.Go(func() { s.selectors(ctx) })
	s.wg.Wait()
	for _, ns := range s.servers {
		slices.SortFunc(ns.replies, func(a, b *reply) int { return a.addr.Compare(b.addr) })
	}
	slices.SortFunc(s.servers, func(a, b *server) int { return strings.Compare(a.name, b.name) })
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
		if name := strings.ToLower(sel) + "._domainkey." + s.p.Domain; goodName(name) {
			s.compare(ctx, resolve.Question{Name: name, Type: dns.TypeTXT})
		}
	}
}

func goodName(name string) bool {
	_, ok := dns.IsDomainName(name)
	return ok
}

// list takes a name server in, and starts asking it where it is new.
func (s *survey) list(ctx context.Context, name string, glue []netip.Addr, byParent bool) {
	name = strings.ToLower(dns.Fqdn(name))
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.servers, func(ns *server) bool { return ns.name == name })
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
	addrs, answers, _ := s.p.DNS.Addrs(ctx, ns.name)
	s.mu.Lock()
	defer s.mu.Unlock()
	ns.addrs, ns.answers = addrs, answers
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
	r := &reply{server: ns, addr: ip, private: resolve.Unroutable(ip), mail: map[resolve.Question]*resolve.Answer{}}
	ns.replies = append(ns.replies, r)
	if r.private {
		return
	}
	to := netip.AddrPortFrom(ip, dnsPort)
	s.wg.Go(func() {
		r.soa, r.soaErr = s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeSOA, resolve.Auto)
		s.heard(ip, r.soaErr)
	})
	s.wg.Go(func() {
		r.tcp, r.tcpErr = s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeSOA, resolve.TCP)
		s.heard(ip, r.tcpErr)
	})
	s.wg.Go(func() { r.open, _ = s.p.DNS.Transfer(ctx, to, s.d.Zone) })
	s.wg.Go(func() { s.ownList(ctx, r, to) })
	for _, q := range s.questions {
		s.wg.Go(func() { s.ask(ctx, r, q) })
	}
	if ip.Is6() && !s.six {
		s.six = true
		s.wg.Go(func() { s.trySix(ctx) })
	}
}

// ownList asks a server for the zone's own list of servers and takes in those that it names.
func (s *survey) ownList(ctx context.Context, r *reply, to netip.AddrPort) {
	a, err := s.p.DNS.Ask(ctx, to, s.d.Zone, dns.TypeNS, resolve.Auto)
	if err != nil {
		return
	}
	r.ns = a
	if !a.Authoritative || a.Rcode != dns.RcodeSuccess {
		return
	}
	for _, rr := range a.Records() {
		if ns, ok := rr.(*dns.NS); ok {
			s.list(ctx, ns.Ns, nil, false)
		}
	}
}

// compare adds a question to those whose answers must be the same everywhere.
func (s *survey) compare(ctx context.Context, q resolve.Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.questions, q) {
		return
	}
	s.questions = append(s.questions, q)
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			if !r.private {
				s.wg.Go(func() { s.ask(ctx, r, q) })
			}
		}
	}
}

func (s *survey) ask(ctx context.Context, r *reply, q resolve.Question) {
	a, err := s.p.DNS.Ask(ctx, netip.AddrPortFrom(r.addr, dnsPort), q.Name, q.Type, resolve.Auto)
	if err != nil {
		return
	}
	s.mu.Lock()
	r.mail[q] = a
	s.mu.Unlock()
}

// trySix asks servers of the parent over IPv6: where neither they nor any server of the zone answer, IPv6 does not get out of
// here, and silence over it says nothing.
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

// start is the zone's SOA as this server gave it with authority, and the answer that held it; nil where it did not.
func (r *reply) start(zone string) (*dns.SOA, *resolve.Answer) {
	for _, a := range []*resolve.Answer{r.soa, r.tcp} {
		if a == nil || !a.Authoritative || a.Rcode != dns.RcodeSuccess {
			continue
		}
		for _, rr := range a.RRs {
			if soa, ok := rr.(*dns.SOA); ok && strings.EqualFold(soa.Hdr.Name, zone) {
				return soa, a
			}
		}
	}
	return nil, nil
}

// lame is how a server's answer shows that it has no authority; empty where it gave none.
func (r *reply) lame(zone string) string {
	a := r.soa
	if a == nil {
		a = r.tcp
	}
	if a == nil {
		if errors.Is(r.soaErr, resolve.ErrBadAnswer) {
			return "bad-answer"
		}
		return ""
	}
	switch {
	case a.Rcode != dns.RcodeSuccess:
		return strings.ToLower(dns.RcodeToString[a.Rcode])
	case len(a.RRs) == 0 && upward(a, zone):
		return "upward-referral"
	case !a.Authoritative:
		return "not-authoritative"
	}
	return "no-soa"
}

// upward reports whether an answer refers to a zone above the one asked for.
func upward(a *resolve.Answer, zone string) bool {
	for _, rr := range a.Ns {
		owner := strings.ToLower(rr.Header().Name)
		if rr.Header().Rrtype == dns.TypeNS && owner != zone && dns.IsSubDomain(owner, zone) {
			return true
		}
	}
	return false
}

// stale is the glue that differs from the addresses by authority. Only servers named within the zone count: of others the zone
// that holds them decides. A family whose look-up failed is not compared.
func (ns *server) stale(zone string) []netip.Addr {
	if len(ns.addrs) == 0 || !dns.IsSubDomain(zone, ns.name) {
		return nil
	}
	var out []netip.Addr
	for _, g := range ns.glue {
		i := 0 // A
		if g.Is6() {
			i = 1 // AAAA
		}
		if i < len(ns.answers) && ns.answers[i] != nil && !slices.Contains(ns.addrs, g) {
			out = append(out, g)
		}
	}
	return out
}

// silent reports that the address answered neither way.
func (r *reply) silent() bool { return r.soa == nil && r.tcp == nil && isSilence(r.soaErr) }

// evidence is what the address said to the SOA question.
func (r *reply) evidence() Evidence {
	switch {
	case r.soa != nil:
		return Said(r.soa)
	case r.soaErr != nil:
		return SaidNothing(r.soaErr)
	}
	return Evidence{Answer: resolve.ErrPrivate.Error(), Server: r.addr.String()}
}

// authoritative is the addresses that serve the zone.
func (s *survey) authoritative() []*reply {
	var out []*reply
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			if soa, _ := r.start(s.d.Zone); soa != nil {
				out = append(out, r)
			}
		}
	}
	return out
}

// unaddressed is the servers of which no address is known because the look-up failed.
func (s *survey) unaddressed() []string {
	return s.names(func(ns *server) bool { return len(ns.replies) == 0 && slices.Contains(ns.answers, nil) })
}

// untested is the servers that have only IPv6 addresses where IPv6 does not get out of here.
func (s *survey) untested() []string {
	return s.names(func(ns *server) bool { return ns.untested(s.sixWorks) })
}

func (ns *server) untested(sixWorks bool) bool {
	return !sixWorks && len(ns.replies) > 0 && !slices.ContainsFunc(ns.replies, func(r *reply) bool { return !r.addr.Is6() || r.private })
}

// names is the servers that the filter lets through, without final dots; all where it is nil.
func (s *survey) names(filter func(*server) bool) []string {
	out := []string{}
	for _, ns := range s.servers {
		if filter == nil || filter(ns) {
			out = append(out, shown(ns.name))
		}
	}
	return out
}

func (s *survey) mail() map[resolve.Question][]*resolve.Answer {
	out := map[resolve.Question][]*resolve.Answer{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			for q, a := range r.mail {
				if a.Authoritative && (a.Rcode == dns.RcodeSuccess || a.NXDomain()) {
					out[q] = append(out[q], a)
				}
			}
		}
	}
	return out
}

func (s *survey) facts() []ServerFacts {
	var out []ServerFacts
	for _, ns := range s.servers {
		f := ServerFacts{Name: shown(ns.name), Listed: "both", Untested: ns.untested(s.sixWorks), TCP: len(ns.replies) > 0}
		switch {
		case !ns.inParent:
			f.Listed = "child"
		case !ns.inChild:
			f.Listed = "parent"
		}
		for _, r := range ns.replies {
			f.Addresses = append(f.Addresses, r.addr.String())
			if soa, _ := r.start(s.d.Zone); soa != nil {
				f.Authoritative, f.Serial = true, soa.Serial
			}
			if r.soa != nil && f.UDPms == 0 {
				f.UDPms = float64(r.soa.RTT.Microseconds()) / 1000
			}
			f.TCP = f.TCP && (r.tcp != nil || (r.addr.Is6() && !s.sixWorks))
		}
		out = append(out, f)
	}
	return out
}

func texts(addrs []netip.Addr) []string {
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a.String()
	}
	return out
}

// registrableOf is the name under its public suffix; the name itself where it is a suffix.
func registrableOf(name string) string {
	r, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	if err != nil {
		return name
	}
	return r + "."
}
