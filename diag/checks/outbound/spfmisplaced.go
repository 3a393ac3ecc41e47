package outbound

import (
	"cmp"
	"context"

	"signpost/diag/checks/view"
	"signpost/diag/protocol/spf"

	"github.com/miekg/dns"
)

// misplacedSPF looks for an SPF record under names in which the zone stands twice, and for one that every name has but
// the domain. It gives the first of these.
func misplacedSPF(ctx context.Context, p *view.Pass, every view.Chance) (at string) {
	found := p.TextsTwice(ctx, "", spf.IsRecord)
	for _, a := range p.AtSign(ctx, dns.TypeTXT) {
		found = append(found, view.TextsOf(a, "at-sign", spf.IsRecord)...)
	}
	if every.Records() && len(every.Answer.Chain()) == 0 {
		for _, e := range view.TextsOf(every.Answer, "wildcard",
			func(t string) bool { return spf.IsRecord(t) && !view.SendsNothing(t) }) {
			e.At = every.Wildcard()
			found = append(found, e)
		}
	}
	for _, e := range found {
		at = cmp.Or(at, e.At)
		p.Found(SPFMisplaced, p.Domain, e.Args(p.Name()), e.Said)
	}
	return at
}
