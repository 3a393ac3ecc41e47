package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

const (
	maxChain     = 8  // CNAMEs followed across zones
	maxReferrals = 16 // zone cuts followed for one name
	maxDepth     = 6  // name servers whose own addresses need name servers whose own addresses ...
	maxAsked     = 5  // servers of one zone asked for one question

	hedgeAfter     = 300 * time.Millisecond // silence after which the next server is asked as well
	hedgeRoot      = 150 * time.Millisecond
	hedgeResolvers = 400 * time.Millisecond
	rootWait       = 1200 * time.Millisecond // a root server that is silent for so long is out of reach
)

var errCutOff = errors.New("resolve: the root servers are out of reach")

// depthKey counts, in a context, how deep a look-up of name-server addresses is nested.
type depthKey struct{}

// Lookup answers a question wherever it is served, following CNAMEs across zones (at most 8, and 16 in all). The answer's Rcode is
// NOERROR or NXDOMAIN; everything else is a *Failure. The name is made lower case and fully qualified.
func (s *Session) Lookup(ctx context.Context, name string, qtype uint16) (*Answer, error) {
	a, err := s.follow(ctx, name, qtype)
	noteCut(ctx, a, err)
	return a, err
}

func (s *Session) follow(ctx context.Context, name string, qtype uint16) (*Answer, error) {
	q := Question{canonical(name), qtype}
	if _, ok := dns.IsDomainName(q.Name); !ok {
		return nil, &Failure{Question: q, Err: ErrBadName}
	}
	whole := &Answer{}
	seen := []string{q.Name}
	at := q.Name
	for range maxChain + 1 {
		a, err := s.resolve(ctx, at, qtype)
		if err != nil {
			return nil, err
		}
		if whole, err = join(whole, a, q); err != nil {
			return nil, &Failure{Question: q, Server: a.Server, RTT: a.RTT, Err: err}
		}
		final := whole.Final()
		if final == at || slices.Contains(seen, final) {
			if final != at {
				break
			}
			return whole, nil
		}
		if len(whole.Records()) > 0 || whole.NXDomain() {
			return whole, nil
		}
		seen = append(seen, final)
		at = final
	}
	return nil, &Failure{Question: q, Server: whole.Server, RTT: whole.RTT, Err: ErrLoop}
}

// resolve answers one question without crossing a CNAME out of the zone.
func (s *Session) resolve(ctx context.Context, name string, qtype uint16) (*Answer, error) {
	if s.source != nil {
		return s.source.resolve(ctx, name, qtype)
	}
	if s.viaResolvers() {
		return s.recurse(ctx, leafKey{name: name, qtype: qtype})
	}
	a, _, err := s.iterate(ctx, leafKey{name: name, qtype: qtype})
	if errors.Is(err, errCutOff) && len(s.net.Resolvers) > 0 {
		return s.recurse(ctx, leafKey{name: name, qtype: qtype})
	}
	return a, err
}

func (s *Session) viaResolvers() bool {
	return len(s.net.Resolvers) > 0 && (s.net.ResolversOnly || s.net.cutOff())
}

// iterate walks from the closest known cut to the servers that hold the name, and gives their zone as well. A DS record is held by the
// zone above (RFC 4035 3.1.4.1).
func (s *Session) iterate(ctx context.Context, q leafKey) (a *Answer, zone string, err error) {
	base := registrable(q.name)
	if q.qtype == dns.TypeDS && base == q.name {
		base = parentName(q.name)
	}
	k, _, err := s.descend(ctx, base)
	if err != nil {
		return nil, "", err
	}
	if q.qtype == dns.TypeDS && k.zone == q.name {
		k = s.closest(parentName(q.name))
	}
	for range maxReferrals {
		a, err := s.askZone(ctx, k, q)
		if err != nil {
			return nil, "", err
		}
		next := referral(a, k.zone, q.name, s.net.now())
		if next == nil || (q.qtype == dns.TypeNS && a.Authoritative) || (q.qtype == dns.TypeDS && next.zone == q.name) {
			return inZone(a, k.zone), k.zone, nil
		}
		next.parentServers = addresses(k.ns)
		s.learn(next)
		k = next
	}
	return nil, "", &Failure{Question: Question{q.name, q.qtype}, Err: ErrLoop}
}

// inZone drops what a server says about names outside the zone that it was asked about: a CNAME that leaves the zone is
// followed anew, so nobody can speak for another's name.
func inZone(a *Answer, zone string) *Answer {
	foreign := func(rr dns.RR) bool { return !dns.IsSubDomain(zone, canonical(rr.Header().Name)) }
	leaves := !dns.IsSubDomain(zone, a.Final())
	if !leaves && !slices.ContainsFunc(a.RRs, foreign) {
		return a
	}
	b := *a
	b.RRs = slices.DeleteFunc(slices.Clone(a.RRs), foreign)
	if leaves {
		b.Rcode = dns.RcodeSuccess
	}
	return &b
}

// descend finds the zone cut at or above base, asking each parent for the delegation of the next label. Denied is the
// answer by which a name on the way was denied.
func (s *Session) descend(ctx context.Context, base string) (k *cut, denied *Answer, err error) {
	k = s.closest(base)
	labels := dns.CountLabel(base)
	for n := dns.CountLabel(k.zone) + 1; n <= labels; n++ {
		i, _ := dns.PrevLabel(base, n)
		step := base[i:]
		a, err := s.askZone(ctx, k, leafKey{name: step, qtype: dns.TypeNS})
		if err != nil {
			return k, nil, err
		}
		if a.NXDomain() {
			return k, a, nil
		}
		if next := referral(a, k.zone, step, s.net.now()); next != nil {
			next.parentServers = addresses(k.ns)
			s.learn(next)
			k = next
		}
	}
	return k, nil, nil
}

// recurse asks the recursive resolvers.
func (s *Session) recurse(ctx context.Context, q leafKey) (*Answer, error) {
	ask := func(server netip.AddrPort) (*Answer, error) {
		k := q
		k.server, k.recurse = server, true
		a, err := s.ask(ctx, k)
		if err == nil {
			err = usable(a)
		}
		if err == nil && a.Empty() && !s.net.ResolversOnly && !s.knowsRoot(ctx, server) {
			err = &Failure{Question: a.Question, Server: server, RTT: a.RTT, Err: ErrClosed}
		}
		if err != nil {
			return nil, err
		}
		return a, nil
	}
	return firstUsable(ctx, Question{q.name, q.qtype}, s.net.Resolvers, hedgeResolvers, ask)
}

// knowsRoot reports whether a resolver that nobody chose (the machine's own) can resolve the root zone. One that cannot stands in
// a closed network and denies every name: its denials say nothing about the domain.
func (s *Session) knowsRoot(ctx context.Context, server netip.AddrPort) bool {
	a, err := s.ask(ctx, leafKey{server: server, name: ".", qtype: dns.TypeNS, recurse: true})
	return err == nil && len(a.Records()) > 0
}

// askZone asks the servers of a zone, one after the other where they fail and side by side where they are slow.
func (s *Session) askZone(ctx context.Context, k *cut, want leafKey) (*Answer, error) {
	q := Question{want.name, want.qtype}
	ask := func(server netip.AddrPort) (*Answer, error) {
		leaf := want
		leaf.server = server
		a, err := s.ask(ctx, leaf)
		if err != nil {
			return nil, err
		}
		if err := usable(a); err != nil {
			return nil, err
		}
		if !a.Authoritative && referral(a, k.zone, want.name, s.net.now()) == nil {
			return a, &Failure{Question: q, Server: server, RTT: a.RTT, EDE: a.EDE, Err: ErrLame}
		}
		return a, nil
	}
	hedge, isRoot := hedgeAfter, k.zone == "."
	if isRoot {
		hedge = hedgeRoot
	}
	servers := addresses(k.ns)
	if len(servers) == 0 && k.alsoAt.IsValid() {
		servers = append(servers, k.alsoAt)
	}
	a, err := firstUsable(ctx, q, servers, hedge, ask)
	if err != nil && !isRoot {
		if more := s.glueless(ctx, k, servers); len(more) > 0 {
			a, err = firstUsable(ctx, q, more, hedge, ask)
		}
	}
	switch {
	case isRoot && err == nil:
		s.net.rootReply.Store(true)
	case isRoot && !s.net.rootReply.Load() && ctx.Err() == nil:
		s.net.cutOffAt.Store(s.net.now().UnixNano())
		return nil, errors.Join(errCutOff, err)
	}
	return a, err
}

// glueless looks up the addresses of those servers of a zone that came without: the first that has some is enough.
func (s *Session) glueless(ctx context.Context, k *cut, tried []netip.AddrPort) []netip.AddrPort {
	depth, _ := ctx.Value(depthKey{}).(int)
	if depth >= maxDepth {
		return nil
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, depthKey{}, depth+1))
	defer cancel()
	var names []string
	for _, ns := range k.ns {
		if len(ns.Glue) == 0 && len(names) < maxAsked {
			names = append(names, ns.Name)
		}
	}
	found := make(chan []netip.Addr, len(names))
	for _, n := range names {
		guarded.Go(func() {
			a, err := s.Lookup(ctx, n, dns.TypeA)
			if err == nil && len(a.Addrs()) == 0 {
				a, err = s.Lookup(ctx, n, dns.TypeAAAA)
			}
			if err != nil {
				found <- nil
				return
			}
			found <- a.Addrs()
		}, func(error) { found <- nil })
	}
	var out []netip.AddrPort
	for range names {
		for _, ip := range <-found {
			if p := netip.AddrPortFrom(ip, 53); !slices.Contains(tried, p) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
		if len(out) > 0 && len(found) == 0 {
			break
		}
	}
	return out
}

// usable turns an answer's rcode into an error where the server could not or would not answer.
func usable(a *Answer) error {
	f := &Failure{Question: a.Question, Server: a.Server, RTT: a.RTT, EDE: a.EDE}
	switch a.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		return nil
	case dns.RcodeServerFailure:
		f.Err = ErrServFail
	case dns.RcodeRefused:
		f.Err = ErrRefused
	default:
		f.Err = ErrBadAnswer
	}
	return f
}

// firstUsable asks the servers in turn, the next one at once when one fails and after hedge when one is silent, and gives the
// first usable answer. An answer that comes with ErrLame serves only when it holds records and no better one comes.
func firstUsable(ctx context.Context, q Question, servers []netip.AddrPort, hedge time.Duration, ask func(netip.AddrPort) (*Answer, error)) (*Answer, error) {
	if len(servers) == 0 {
		return nil, &Failure{Question: q, Err: ErrNoServers}
	}
	servers = servers[:min(len(servers), maxAsked)]
	type got struct {
		a   *Answer
		err error
	}
	results := make(chan got, len(servers))
	started, ended := 0, 0
	start := func() {
		server := servers[started]
		started++
		guarded.Go(func() {
			a, err := ask(server)
			results <- got{a, err}
		}, func(err error) { results <- got{nil, err} })
	}
	start()
	timer := time.NewTimer(hedge)
	defer timer.Stop()
	var worst error
	var spare *Answer
	for ended < len(servers) {
		select {
		case r := <-results:
			ended++
			if r.err == nil {
				return r.a, nil
			}
			worst = moreTelling(worst, r.err)
			if r.a != nil && len(r.a.Records()) > 0 && spare == nil {
				spare = r.a
			}
			if started < len(servers) {
				start()
				timer.Reset(hedge)
			}
		case <-timer.C:
			if started < len(servers) {
				start()
				timer.Reset(hedge)
			}
		case <-ctx.Done():
			return nil, &Failure{Question: q, Server: servers[0], Err: ErrTimeout}
		}
	}
	if spare != nil {
		return spare, nil
	}
	return nil, worst
}

// moreTelling is the failure that explains more: a server's own word before silence.
func moreTelling(a, b error) error {
	rank := func(err error) int {
		for i, e := range []error{ErrServFail, ErrRefused, ErrTruncated, ErrLame, ErrBadAnswer, ErrTimeout, ErrUnreachable} {
			if errors.Is(err, e) {
				return i
			}
		}
		return 9
	}
	if a == nil || rank(b) < rank(a) {
		return b
	}
	return a
}

// addresses is the servers' glue, IPv4 first, one of each server before the second of any.
func addresses(servers []NameServer) []netip.AddrPort {
	var out []netip.AddrPort
	for _, four := range []bool{true, false} {
		for i := range 8 {
			for _, ns := range servers {
				n := 0
				for _, ip := range ns.Glue {
					if ip.Is4() != four {
						continue
					}
					if p := netip.AddrPortFrom(ip, 53); n == i && !slices.Contains(out, p) {
						out = append(out, p)
					}
					n++
				}
			}
		}
	}
	return out
}
