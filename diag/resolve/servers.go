package resolve

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"signpost/diag/cause"
	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

const (
	maxGlueless    = 40 // distinct name servers of one session whose addresses have to be looked up
	gluelessAtOnce = 3  // of one zone, before the others are looked up
	rootsTried     = 5  // where none of so many answers, the root is out of reach
	maxNested      = 6  // zones whose servers are sought for the sake of another's
)

// seeking is, in a context, the zones whose servers are being looked up, the innermost first.
type seeking struct {
	zone  string
	outer *seeking
	depth int
}

type seekingKey struct{}

func sought(ctx context.Context) *seeking {
	k, _ := ctx.Value(seekingKey{}).(*seeking)
	return k
}

// includes reports whether the zone's own servers are being looked up: then a look-up cannot wait for them.
func (k *seeking) includes(zone string) bool {
	for ; k != nil; k = k.outer {
		if k.zone == zone {
			return true
		}
	}
	return false
}

// candidatesOf is the servers of a zone: the one that answered last, the addresses that the parent gave or that were
// found before, and stages that look the rest up: IPv4 addresses of the first servers without one, then all others,
// IPv6 last.
func (s *Session) candidatesOf(ctx context.Context, k *cut) candidates {
	var c candidates
	best, found := k.reached()
	add := func(servers ...netip.AddrPort) {
		for _, at := range servers {
			if at.IsValid() && !slices.Contains(c.known, at) {
				c.known = append(c.known, at)
			}
		}
	}
	add(best)
	add(addresses(k.ns)...)
	add(found...)
	if k.zone == "." {
		c.known = c.known[:min(len(c.known), rootsTried)]
	}
	if len(c.known) == 0 {
		add(k.alsoAt)
	}
	outer := sought(ctx)
	switch {
	case k.fixed:
		return c
	case k.zone == "." || outer.includes(k.zone): // a resolver could not look them up either
		return c
	case outer != nil && outer.depth >= maxNested:
		c.err = ErrTooMany
		return c
	}
	inner := &seeking{zone: k.zone, outer: outer, depth: 1}
	if outer != nil {
		inner.depth = outer.depth + 1
	}
	var bare, foreign []string // servers without glue; servers whose glue another zone may contradict
	for _, ns := range k.ns {
		switch {
		case len(ns.Glue) == 0:
			bare = append(bare, ns.Name)
		case !within(k.zone, ns.Name):
			foreign = append(foreign, ns.Name)
		}
	}
	first := min(len(bare), gluelessAtOnce)
	then := func(names []string, qtype uint16) {
		if len(names) > 0 {
			c.stages = append(c.stages, func(ctx context.Context) <-chan sighting {
				return s.lookUpServers(context.WithValue(ctx, seekingKey{}, inner), k, names, qtype)
			})
		}
	}
	then(bare[:first], dns.TypeA)
	then(bare[first:], dns.TypeA)
	then(bare, dns.TypeAAAA)
	then(foreign, dns.TypeA)
	then(foreign, dns.TypeAAAA)
	return c
}

// lookUpServers looks name servers up, all at once, and remembers at the cut what it finds.
func (s *Session) lookUpServers(ctx context.Context, k *cut, names []string, qtype uint16) <-chan sighting {
	out := make(chan sighting)
	tell := func(seen sighting) {
		select {
		case out <- seen:
		case <-ctx.Done():
		}
	}
	var wg guarded.Group
	for _, name := range names {
		wg.Go(func() {
			if !s.mayLookUp(name) {
				tell(sighting{err: ErrManyServers})
				return
			}
			a, err := s.Lookup(ctx, name, qtype)
			if err != nil {
				if !errors.Is(err, ErrNoWayIn) && !errors.Is(err, ErrLoop) {
					tell(sighting{err: err})
				}
				return
			}
			for _, ip := range a.Addrs() {
				at := netip.AddrPortFrom(ip, 53)
				k.found(at)
				tell(sighting{at: at})
			}
		})
	}
	guarded.Go(func() {
		wg.Wait()
		close(out)
	}, func(err error) {
		tell(sighting{err: err})
		close(out)
	})
	return out
}

// mayLookUp counts the distinct name servers that a session looks up on the word of strangers' delegations.
func (s *Session) mayLookUp(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.glueless[name] && len(s.glueless) >= maxGlueless {
		return false
	}
	s.glueless[name] = true
	return true
}

// askZone puts a question to the servers of a zone, and remembers which one answered.
func (s *Session) askZone(ctx context.Context, k *cut, want leafKey) (*Answer, error) {
	a, slow := s.askBest(ctx, k, want)
	if a != nil {
		return a, nil
	}
	r := &race{s: s, q: Question{want.name, want.qtype}, ask: func(server netip.AddrPort) (*Answer, error) {
		leaf := want
		leaf.server = server
		a, err := s.ask(ctx, leaf)
		return s.ofZone(k, want, a, err)
	}}
	c := s.candidatesOf(ctx, k)
	c.slow = slow
	a, from, err := r.run(ctx, c)
	switch {
	case err == nil:
		s.answeredAt(k, from)
	case k.zone == "." && !s.net.rootReply.Load() && ctx.Err() == nil:
		s.net.cutOffAt.Store(s.net.now().UnixNano())
		return nil, errors.Join(errCutOff, err)
	}
	return a, err
}

// askBest puts a question to the server of a zone that answered last, or to the first where none has yet, alone, which
// is all that nearly every question needs. The answer is nil where that gives no usable one as soon as it should; slow
// is the server where it said nothing so far. What it says later is not lost: the race that follows asks it the same
// question.
func (s *Session) askBest(ctx context.Context, k *cut, want leafKey) (a *Answer, slow netip.AddrPort) {
	k.mu.Lock()
	want.server = k.best
	k.mu.Unlock()
	if !want.server.IsValid() {
		want.server = firstAddress(k.ns)
	}
	if !want.server.IsValid() || s.isDead(want.server) || s.net.pace.isLate(want.server, s.net.now()) {
		return nil, slow
	}
	l, err := s.begin(want)
	if err != nil {
		return nil, slow
	}
	timer := time.NewTimer(s.hedge(want.server))
	defer timer.Stop()
	select {
	case <-l.done:
	case <-timer.C:
		return nil, want.server
	case <-ctx.Done():
		return nil, slow
	}
	if a, err = s.ofZone(k, want, l.answer, l.err); err != nil {
		return nil, slow
	}
	s.answeredAt(k, want.server)
	return a, slow
}

// ofZone is a server's answer where it is one that a server of the zone may give; an answer beside an error serves
// where no better one comes.
func (s *Session) ofZone(k *cut, want leafKey, a *Answer, err error) (*Answer, error) {
	if err != nil {
		return nil, err
	}
	if err := usable(a); err != nil {
		return nil, err
	}
	if !a.Authoritative && referral(a, k.zone, want.name, s.net.now()) == nil {
		err := &Failure{Question: a.Question, Server: a.Server, RTT: a.RTT, EDE: a.EDE, Err: ErrLame}
		if !substantial(a, k.zone) {
			a = nil
		}
		return a, err
	}
	return a, nil
}

// substantial reports whether an answer without authority tells something all the same: records, or a denial with the
// SOA of the zone.
func substantial(a *Answer, zone string) bool {
	return len(a.Records()) > 0 || len(a.Chain()) > 0 || slices.ContainsFunc(a.Ns, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeSOA && within(zone, canonical(rr.Header().Name))
	})
}

// reached is the server of the zone that answered last, and the addresses that were looked up.
func (k *cut) reached() (best netip.AddrPort, found []netip.AddrPort) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.best, slices.Clone(k.lookedUp)
}

// answeredAt remembers which server of a zone answered.
func (s *Session) answeredAt(k *cut, server netip.AddrPort) {
	if k.zone == "." {
		s.net.rootReply.Store(true)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.best = server
}

func (k *cut) found(at netip.AddrPort) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !slices.Contains(k.lookedUp, at) && len(k.lookedUp) < maxTried {
		k.lookedUp = append(k.lookedUp, at)
	}
}

// recurse asks the recursive resolvers.
func (s *Session) recurse(ctx context.Context, q leafKey) (*Answer, error) {
	r := &race{s: s, q: Question{q.name, q.qtype}, ask: func(server netip.AddrPort) (*Answer, error) {
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
	}}
	a, _, err := r.run(ctx, candidates{known: s.net.Resolvers})
	return a, err
}

// knowsRoot reports whether a resolver that nobody chose (the machine's own) can resolve the root zone. One that cannot
// stands in a closed network and denies every name: its denials say nothing about the domain.
func (s *Session) knowsRoot(ctx context.Context, server netip.AddrPort) bool {
	a, err := s.ask(ctx, leafKey{server: server, name: ".", qtype: dns.TypeNS, recurse: true})
	return err == nil && len(a.Records()) > 0
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

// firstAddress is the first of addresses; the zero value where there is none.
func firstAddress(servers []NameServer) netip.AddrPort {
	var six netip.AddrPort
	for _, ns := range servers {
		for _, ip := range ns.Glue {
			switch {
			case ip.Is4():
				return netip.AddrPortFrom(ip, 53)
			case !six.IsValid():
				six = netip.AddrPortFrom(ip, 53)
			}
		}
	}
	return six
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

var errCutOff = cause.New(cause.RootsUnreachable, "resolve: the root servers are out of reach")
