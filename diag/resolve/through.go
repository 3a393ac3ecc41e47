package resolve

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

// maxThrough bounds the servers of Through, and the addresses of each.
const maxThrough = 8

// Through makes the session see the domain's zone as these servers have it, whatever the delegation says: every
// question about a name in the zone goes to them and to nobody else. A server without glue is looked up as the world
// has it. It is called before anything else is asked. Trusted: the operator named the addresses, which may then be
// private. It gives the zone and the servers with their addresses; the error names the first that has none.
func (s *Session) Through(ctx context.Context, domain string, servers []NameServer, trusted bool) (*Delegation, error) {
	domain = canonical(domain)
	chosen := make([]NameServer, min(len(servers), maxThrough))
	failed := make([]error, len(chosen))
	var wg guarded.Group
	for i := range chosen {
		chosen[i] = NameServer{Name: canonical(servers[i].Name), Glue: slices.Clone(servers[i].Glue)}
		if len(chosen[i].Glue) > 0 {
			continue
		}
		wg.Go(func() {
			addrs, _, err := s.Addrs(ctx, chosen[i].Name)
			if chosen[i].Glue = addrs; len(addrs) == 0 {
				failed[i] = &Failure{Question: Question{chosen[i].Name, dns.TypeA}, Err: ErrNoServers}
				if err != nil {
					failed[i] = err
				}
			}
		})
	}
	var now *Delegation // how the domain is delegated, where it is
	wg.Go(func() { now, _ = s.Walk(ctx, domain) })
	wg.Wait()
	for i, err := range failed {
		if err != nil {
			return nil, fmt.Errorf("resolve: name server %s: %w", strings.TrimSuffix(chosen[i].Name, "."), err)
		}
		chosen[i].Glue = chosen[i].Glue[:min(len(chosen[i].Glue), maxThrough)]
	}
	if trusted {
		s.mu.Lock()
		s.trusted = append(s.trusted, addresses(chosen)...)
		s.mu.Unlock()
	}
	k := &cut{ns: chosen, fixed: true}
	k.zone, k.said = s.zoneAt(ctx, chosen, domain, now)
	k.parent, k.parentServers = above(now, k.zone)
	s.mu.Lock()
	for zone := range s.cuts {
		if within(k.zone, zone) {
			delete(s.cuts, zone)
		}
	}
	s.cuts[k.zone], s.chosen = k, k
	s.mu.Unlock()
	return &Delegation{Zone: k.zone, Parent: k.parent, ParentServers: k.parentServers, NS: k.ns, Said: k.said}, nil
}

// zoneAt is the zone in which the servers hold the domain, and the answer that says so: none may be larger than what
// one can register. Where no server tells, it is the present one's.
func (s *Session) zoneAt(ctx context.Context, servers []NameServer, domain string, now *Delegation) (string, *Answer) {
	most := registrable(domain)
	said := make([]*Answer, len(servers))
	var wg guarded.Group
	for i := range servers {
		wg.Go(func() { said[i], _ = s.Ask(ctx, addresses(servers[i : i+1])[0], domain, dns.TypeSOA, Auto) })
	}
	wg.Wait()
	for _, a := range said {
		if a == nil || !a.Authoritative {
			continue
		}
		for _, rr := range slices.Concat(a.RRs, a.Ns) {
			zone := canonical(rr.Header().Name)
			if rr.Header().Rrtype == dns.TypeSOA && within(zone, domain) && within(most, zone) {
				return zone, a
			}
		}
	}
	if now != nil && within(most, now.Zone) {
		return now.Zone, nil
	}
	return most, nil
}

// above is the zone above one, and its servers, as far as the walk to the domain told.
func above(now *Delegation, zone string) (string, []netip.AddrPort) {
	switch {
	case now == nil:
	case now.Zone == zone:
		return now.Parent, now.ParentServers
	case within(now.Zone, zone):
		return now.Zone, addresses(now.NS)
	}
	return parentName(zone), nil
}

// Addrs looks up A and AAAA at once. Answers is what was said to each (nil where that one failed); the error is the
// first failure, given even when the other family had addresses.
func (s *Session) Addrs(ctx context.Context, name string) (addrs []netip.Addr, answers []*Answer, err error) {
	type got struct {
		a   *Answer
		err error
	}
	six := make(chan got, 1)
	guarded.Go(func() {
		a, err := s.Lookup(ctx, name, dns.TypeAAAA)
		six <- got{a, err}
	}, func(err error) { six <- got{nil, err} })
	four, err4 := s.Lookup(ctx, name, dns.TypeA)
	g := <-six
	for _, x := range []got{{four, err4}, g} {
		answers = append(answers, x.a)
		if x.err != nil {
			if err == nil {
				err = x.err
			}
			continue
		}
		addrs = append(addrs, x.a.Addrs()...)
	}
	return addrs, answers, err
}
