package resolve

import (
	"context"
	"errors"
	"slices"

	"github.com/miekg/dns"
)

const (
	maxChain     = 8  // CNAMEs followed across zones
	maxReferrals = 16 // zone cuts followed for one name
)

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
	if s.viaResolvers() && s.throughChosen(name, qtype) == nil {
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

// iterate walks from the closest known cut to the servers that hold the name, and gives their zone as well. A DS record
// is held by the zone above (RFC 4035 3.1.4.1).
func (s *Session) iterate(ctx context.Context, q leafKey) (a *Answer, zone string, err error) {
	if k := s.throughChosen(q.name, q.qtype); k != nil {
		return s.from(ctx, k, q)
	}
	base := registrable(q.name)
	if within("arpa.", q.name) {
		base = "." // few of a reverse name's labels are zone cuts: the question itself brings the referrals
	}
	if q.qtype == dns.TypeDS && base == q.name && base != "." {
		base = parentName(q.name)
	}
	k, err := s.cutOf(ctx, base)
	if err != nil {
		return nil, "", err
	}
	switch {
	case base == ".":
		k = s.closest(q.name)
	case s.domain != base && within(s.domain, q.name):
		// The domain stands below its registrable name: what is below it is not asked by way of the zone above and its
		// referral.
		if own, err := s.cutOf(ctx, s.domain); err == nil {
			k = own
		}
	}
	if q.qtype == dns.TypeDS && k.zone == q.name {
		k = s.closest(parentName(q.name))
	}
	return s.from(ctx, k, q)
}

var errGivenUp = errors.New("resolve: given up")

// cutOf is the zone cut at or above base, which the first of those that need it walks down to while the others wait.
// Where it cannot, each tries for itself, as look-ups do that are made for the sake of a zone's servers: they must not
// wait for each other.
func (s *Session) cutOf(ctx context.Context, base string) (*cut, error) {
	if sought(ctx) != nil {
		k, _, err := s.descend(ctx, base)
		return k, err
	}
	s.mu.Lock()
	d, begun := s.descents[base]
	if !begun {
		d = &descent{done: make(chan struct{}), err: errGivenUp}
		s.descents[base] = d
	}
	s.mu.Unlock()
	if !begun {
		defer close(d.done)
		d.cut, _, d.err = s.descend(ctx, base)
		return d.cut, d.err
	}
	select {
	case <-d.done:
	case <-ctx.Done():
		return nil, &Failure{Question: Question{base, dns.TypeNS}, Err: ErrTimeout}
	}
	if d.err == nil {
		return d.cut, nil
	}
	k, _, err := s.descend(ctx, base)
	return k, err
}

// from follows referrals from a cut to the servers that hold the name, or to those below it that are known already.
func (s *Session) from(ctx context.Context, k *cut, q leafKey) (a *Answer, zone string, err error) {
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
	foreign := func(rr dns.RR) bool { return !within(zone, canonical(rr.Header().Name)) }
	leaves := !within(zone, a.Final())
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

// throughChosen is the cut of Through where a question belongs to its zone; nil otherwise. The DS of the zone is held
// above it.
func (s *Session) throughChosen(name string, qtype uint16) *cut {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.chosen
	if k == nil || !within(k.zone, name) || qtype == dns.TypeDS && name == k.zone {
		return nil
	}
	return k
}

// closest is the known cut nearest above (or at) the name; the root's at the least.
func (s *Session) closest(name string) *cut {
	for z := name; z != "."; z = parentName(z) {
		s.mu.Lock()
		k := s.cuts[z]
		s.mu.Unlock()
		if k != nil {
			return k
		}
		if !s.atHome(z) {
			if k := s.net.cuts.get(z, s.net.now()); k != nil {
				return k
			}
		}
	}
	return &cut{zone: ".", ns: s.net.roots()}
}

// Lookup answers a question wherever it is served, following CNAMEs across zones (at most 8, and 16 in all). The
// answer's Rcode is NOERROR or NXDOMAIN; everything else is a *Failure. The name is made lower case and fully
// qualified.
func (s *Session) Lookup(ctx context.Context, name string, qtype uint16) (*Answer, error) {
	q := Question{canonical(name), qtype}
	shared := s.net.Remember && !s.atHome(q.Name)
	if shared {
		if a := s.net.answers.get(q, s.net.now()); a != nil {
			return a, nil
		}
	}
	a, err := s.follow(ctx, name, qtype)
	noteCut(ctx, a, err)
	if shared && err == nil && a.Omitted == 0 {
		s.net.answers.put(a, s.net.now())
	}
	return a, err
}
