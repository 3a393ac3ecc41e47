package resolve

import (
	"context"
	"net/netip"
	"slices"

	"signpost/diag/guarded"

	"github.com/miekg/dns"
)

// maxElsewhere is how many further servers of a zone are asked where one server's answer is in doubt.
const maxElsewhere = 4

// AskSigned is Ask with the signatures beside the records (DO).
func (s *Session) AskSigned(ctx context.Context, server netip.AddrPort, name string, qtype uint16) (*Answer, error) {
	name = canonical(name)
	if _, ok := dns.IsDomainName(name); !ok {
		return nil, &Failure{Question: Question{name, qtype}, Err: ErrBadName}
	}
	return s.ask(ctx, leafKey{server: server, name: name, qtype: qtype, signed: true})
}

// Elsewhere puts the question of an answer of Signed to other servers of its zone, as a resolver does that does not
// believe the first, and gives the answers that came with authority. There are none where the zone's servers are not
// known, as behind a recursive resolver.
func (s *Session) Elsewhere(ctx context.Context, a *Answer, zone string) []*Answer {
	s.mu.Lock()
	k := s.cuts[zone]
	s.mu.Unlock()
	if k == nil && !s.atHome(zone) {
		k = s.net.cuts.get(zone, s.net.now())
	}
	if k == nil || s.below != nil || s.source != nil {
		return nil
	}
	_, found := k.reached()
	var servers []netip.AddrPort
	for _, at := range slices.Concat(addresses(k.ns), found) {
		if at != a.Server && !slices.Contains(servers, at) && len(servers) < maxElsewhere {
			servers = append(servers, at)
		}
	}
	if !slices.Contains(slices.Concat(addresses(k.ns), found), a.Server) {
		return nil // a resolver's answer
	}
	out := make([]*Answer, len(servers))
	var wg guarded.Group
	for i, at := range servers {
		wg.Go(func() {
			b, err := s.AskSigned(ctx, at, a.Question.Name, a.Question.Type)
			if err == nil && b.Authoritative && b.Omitted == 0 && usable(b) == nil {
				out[i] = inZone(b, zone)
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(out, func(b *Answer) bool { return b == nil })
}
