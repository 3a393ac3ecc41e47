package resolve

import (
	"context"
	"errors"
	"strings"

	"github.com/miekg/dns"
)

// Walk follows the delegations from the root (or the closest known cut) to the zone that holds the name.
func (s *Session) Walk(ctx context.Context, name string) (*Delegation, error) {
	name = canonical(name)
	if _, ok := dns.IsDomainName(name); !ok {
		return nil, &Failure{Question: Question{name, dns.TypeNS}, Err: ErrBadName}
	}
	if s.viaResolvers() && s.throughChosen(name, dns.TypeNS) == nil {
		return s.walkByResolvers(ctx, name)
	}
	k, denied, err := s.descend(ctx, name)
	if errors.Is(err, errCutOff) && len(s.net.Resolvers) > 0 {
		return s.walkByResolvers(ctx, name)
	}
	if err != nil && dns.CountLabel(k.zone) < dns.CountLabel(registrable(name)) {
		return nil, err // a parent did not tell; the zone's own servers failing to is the caller's to examine
	}
	noteCut(ctx, k.said, nil)
	d := &Delegation{Zone: k.zone, Parent: k.parent, ParentServers: k.parentServers, NS: k.ns, Said: k.said}
	if denied != nil {
		d.NXDomain, d.Said = true, denied
	}
	return d, nil
}

// walkByResolvers learns the cut from the recursive resolvers: the owner of the NS records, or of the SOA beside an
// empty answer. Those that refuse what does not validate are told not to.
func (s *Session) walkByResolvers(ctx context.Context, name string) (*Delegation, error) {
	d := &Delegation{ViaResolver: true}
	a, err := s.recurse(ctx, leafKey{name: name, qtype: dns.TypeNS})
	if errors.Is(err, ErrServFail) {
		a, err = s.recurse(ctx, leafKey{name: name, qtype: dns.TypeNS, unchecked: true})
	}
	if err != nil {
		return nil, err
	}
	noteCut(ctx, a, nil)
	d.Said, d.NXDomain = a, a.NXDomain()
	d.Zone = zoneOf(a, name)
	if d.Zone != name && !d.NXDomain {
		if b, err := s.recurse(ctx, leafKey{name: d.Zone, qtype: dns.TypeNS}); err == nil {
			a = b
		}
	}
	for _, rr := range a.Records() {
		if ns, ok := rr.(*dns.NS); ok && len(d.NS) < maxServers {
			d.NS = append(d.NS, NameServer{Name: strings.ToLower(ns.Ns)})
		}
	}
	if d.Zone == "." {
		return d, nil
	}
	d.Parent = parentName(d.Zone)
	if p, err := s.recurse(ctx, leafKey{name: d.Parent, qtype: dns.TypeNS}); err == nil {
		d.Parent = zoneOf(p, d.Parent)
	}
	return d, nil
}

// zoneOf is the zone that a resolver's answer to an NS question shows the name to be in.
func zoneOf(a *Answer, name string) string {
	if len(a.Records()) > 0 {
		return name
	}
	for _, rr := range a.Ns {
		if owner := canonical(rr.Header().Name); rr.Header().Rrtype == dns.TypeSOA && within(owner, name) {
			return owner
		}
	}
	return registrable(name)
}
