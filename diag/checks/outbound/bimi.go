package outbound

import (
	"context"
	"fmt"
	"slices"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/bimi"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/taglist"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// BIMI finds the record that names the domain's logo, and looks whether receivers may show it
// (draft-brand-indicators-for-message- identification, draft-svg-tiny-ps-abrotman).
var BIMI = &diag.Check{
	Name: "bimi", HiddenBy: authority.DeadDelegation, Run: view.With(checkBIMI),
	DecidedBy: func(t diag.Touched) bool { return t.Below("_bimi") || t.Below("_dmarc") }, Uses: []*diag.Check{DMARC},
	Codes: []diag.Kind{
		BIMINone, BIMISyntax, BIMILogoUnreachable, BIMILogoInvalid, BIMIDMARCTooWeak,
		BIMICertificate, BIMIMisplaced, BIMIMarkUnreachable, BIMIMarkInvalid,
		BIMIMarkExpired, BIMIMarkExpiring, BIMIMarkName, BIMIMarkLogo,
		BIMIMarkUntrusted,
	},
}

func checkBIMI(ctx context.Context, p *view.Pass) (any, error) {
	facts := &BIMIFacts{}
	name := "default._bimi." + p.Domain
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return facts, err
	}
	// A subdomain has its organisation's logo.
	if org := view.RegistrableOf(p.Domain); !slices.ContainsFunc(a.TXT(), bimi.Meant) && org != "" && org != p.Domain {
		above, err := p.DNS.Lookup(ctx, "default._bimi."+org, dns.TypeTXT)
		if err == nil && slices.ContainsFunc(above.TXT(), bimi.Meant) {
			a, name = above, "default._bimi."+org
		}
	}
	var records, meant []string
	for _, t := range a.TXT() {
		switch {
		case bimi.IsRecord(t):
			records = append(records, t)
		case bimi.Meant(t):
			meant = append(meant, t)
		}
	}
	if len(records) == 0 {
		records = meant
	}
	fault := func(f taglist.Fault) {
		severity := diag.Warning
		if f.Harmless {
			severity = diag.Notice
		}
		p.FoundAs(severity, BIMISyntax, name, map[string]any{
			"term": visible.Clip(f.Term, 200), "position": f.Pos, "reason": f.Reason,
			"suggestion": visible.Clip(f.Suggestion, 500), "record": visible.Clip(records[0], 500),
			"discarded": f.Harmless,
		}, diag.Said(a))
	}
	switch len(records) {
	case 0:
		p.Missing(ctx, view.Expected{Label: "default._bimi", Is: txt.Begins("v=bimi"), None: BIMINone,
			Misplaced: BIMIMisplaced, Near: []string{"_bimi", "bimi", "default.bimi"}}, a)
		return facts, nil
	case 1:
	default:
		fault(taglist.Fault{Term: records[1], Reason: "twice"})
		return facts, nil
	}
	r := bimi.Read(records[0])
	facts.Record, facts.Logo, facts.Authority, facts.Declined = visible.Clip(records[0], 1000), visible.Clip(r.Logo, 500),
		visible.Clip(r.Authority, 500), r.Declined
	for _, f := range r.Faults {
		fault(f)
	}
	if r.Declined || r.Logo == "" && r.Authority == "" {
		return facts, nil
	}
	judgeBIMIPolicy(ctx, p, diag.Said(a))
	if r.Authority == "" {
		p.Found(BIMICertificate, name, nil, diag.Said(a))
	}
	return facts, judgeArtwork(ctx, p, facts, name, r.Logo, r.Authority, diag.Said(a))
}

// judgeBIMIPolicy looks whether DMARC is strict enough: receivers show a logo only where the policies of the domain and
// of its organisational domain come to quarantine or reject, for all of the mail, subdomains included
// (draft-brand-indicators-for-message-identification 7.1).
func judgeBIMIPolicy(ctx context.Context, p *view.Pass, said diag.Evidence) {
	res := p.Await(ctx, DMARC)
	if res == nil || res.Status == diag.Unknown || res.Status == diag.Skipped {
		return
	}
	facts, ok := diag.FactsOf[DMARCFacts](res)
	if !ok || slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Code == DMARCInDispute.Code }) {
		return
	}
	term, weak := facts.applied.weakness()
	at := ""
	if !weak && facts.above.record != nil {
		term, weak = facts.above.weakness()
		at = facts.above.at
	}
	if weak {
		p.Found(BIMIDMARCTooWeak, p.Domain, map[string]any{"policy": facts.Policy, "term": term, "at": at}, said)
	}
}

// weakness is the term of the record because of which receivers show no logo; empty where that is none in particular.
func (r ruling) weakness() (term string, weak bool) {
	if r.record == nil {
		return "", true
	}
	stated := r.record.Stated(r.stated)
	switch policy := r.record.Effective(r.stated); {
	case stated == "":
		return "", true
	case stated == dmarc.None:
		return r.tag + "=none", true
	case policy == dmarc.None:
		return "t=y", true
	case r.record.Percent < 100:
		return fmt.Sprintf("pct=%d", r.record.Percent), true
	case r.record.Sub == dmarc.None:
		return "sp=none", true
	}
	return "", false
}
