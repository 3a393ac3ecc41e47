package authority

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// heldAbove reports that what is asked for is what the zone above says of the name: who serves it (RFC 1034 4.2.1), and
// which keys sign it (RFC 4035 2.4).
func heldAbove(q resolve.Question) bool { return q.Type == dns.TypeNS || q.Type == dns.TypeDS }

// errNoParent says that no server of the zone above told anything.
var errNoParent = errors.New("diag: no server of the zone above could be asked")

// aboveAnswers is what the servers of the zone above answer now, each different answer once, by the servers' addresses,
// and of name servers what the zone itself lists besides, which resolvers keep. The error means that none could be
// asked.
func aboveAnswers(ctx context.Context, p *view.Pass, q resolve.Question) (now, besides []*resolve.Answer, err error) {
	d, err := p.DNS.Walk(ctx, q.Name)
	if err != nil {
		return nil, nil, err
	}
	if d.ViaResolver || len(d.ParentServers) == 0 || d.Zone != q.Name {
		a, err := p.DNS.Lookup(ctx, q.Name, q.Type)
		if err != nil {
			return nil, nil, err
		}
		return []*resolve.Answer{a}, nil, nil
	}
	most := surveyParents
	if view.IsRegistry(d.Parent) {
		most = surveyRegistries
	}
	servers := d.ParentServers[:min(len(d.ParentServers), most)]
	said := make([]*resolve.Answer, len(servers))
	var wg guarded.Group
	for i, to := range servers {
		wg.Go(func() {
			if a, err := p.DNS.Ask(ctx, to, q.Name, q.Type, resolve.Auto); err == nil {
				said[i] = toldAbove(a, q)
			}
		})
	}
	wg.Wait()
	said = slices.DeleteFunc(said, func(a *resolve.Answer) bool { return a == nil })
	if len(said) == 0 {
		return nil, nil, errNoParent
	}
	slices.SortFunc(said, func(a, b *resolve.Answer) int { return a.Server.Compare(b.Server) })
	for _, a := range said {
		if !slices.ContainsFunc(now, func(b *resolve.Answer) bool { return view.SameRecords(a, b) }) {
			now = append(now, a)
		}
	}
	if q.Type == dns.TypeNS {
		if a, err := p.DNS.Lookup(ctx, q.Name, q.Type); err == nil && !a.Empty() {
			besides = []*resolve.Answer{a}
		}
	}
	return now, besides, nil
}

// toldAbove is an answer of a server of the zone above, with the servers to which it leads as its records. Nil: it
// tells nothing.
func toldAbove(a *resolve.Answer, q resolve.Question) *resolve.Answer {
	switch {
	case a.NXDomain() && a.Authoritative:
		return a
	case a.Rcode != dns.RcodeSuccess:
		return nil
	case q.Type == dns.TypeDS || len(a.Records()) > 0: // or it holds both zones, and gives the lower one's word
		if a.Authoritative {
			return a
		}
		return nil
	}
	leads := *a
	leads.RRs, leads.Ns = nil, nil
	for _, rr := range a.Ns {
		if rr.Header().Rrtype == dns.TypeNS && strings.EqualFold(rr.Header().Name, q.Name) {
			leads.RRs = append(leads.RRs, rr)
		}
	}
	if len(leads.RRs) == 0 && !a.Authoritative {
		return nil
	}
	return &leads
}
