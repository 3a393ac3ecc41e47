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

var errCutOff = errors.New("resolve: the root servers are out of reach")

// Lookup answers a question wherever it is served, following CNAMEs across zones (at most 8, and 16 in all). The answer's Rcode is
// NOERROR or NXDOMAIN; everything else is a *Failure. The name is made lower case and fully qualified.
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

// iterate walks from the closest known cut to the servers that hold the name, and gives their zone as well. A DS record is held by the
// zone above (RFC 4035 3.1.4.1).
func (s *Session) iterate(ctx context.Context, q leafKey) (a *Answer, zone string, err error) {
	if k := s.throughChosen(q.name, q.qtype); k != nil {
		return s.from(ctx, k, q)
	}
	base := registrable(q.name)
	if dns.IsSubDomain("arpa.", q.name) {
		base = "." // few of a reverse name's labels are zone cuts: the question itself brings the referrals
	}
	if q.qtype == dns.TypeDS && base == q.name && base != "." {
		base = parentName(q.name)
	}
	k, _, err := s.descend(ctx, base)
	if err != nil {
		return nil, "", err
	}
	switch {
	case base == ".":
		k = s.closest(q.name)
	case s.domain != base && dns.IsSubDomain(s.domain, q.name):
		k = s.under(ctx, k)
	}
	if q.qtype == dns.TypeDS && k.zone == q.name {
		k = s.closest(parentName(q.name))
	}
	return s.from(ctx, k, q)
}

// under is the cut from which names at and below the domain under diagnosis are asked for, where that stands below its registrable name: the
// one that its own name is in, so that not every question goes by the zone above and its referral. Where it cannot be told it is the cut above.
func (s *Session) under(ctx context.Context, above *cut) *cut {
	s.mu.Lock()
	k := s.own
	s.mu.Unlock()
	if k != nil {
		return k
	}
	k, _, err := s.descend(ctx, s.domain)
	if err != nil {
		return above
	}
	s.mu.Lock()
	s.own = k
	s.mu.Unlock()
	return k
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
