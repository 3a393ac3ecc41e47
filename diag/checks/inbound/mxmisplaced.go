package inbound

import (
	"cmp"
	"context"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/pattern"
	"signpost/diag/protocol/txt"

	"github.com/miekg/dns"
)

// mxText is an MX record that was entered as a text: its preference and its host.
var mxText = pattern.New(`(?i)^(?:(?:in\s+)?mx\s+)?(\d{1,5})\s+((?:[a-z0-9_-]+\.)+[a-z0-9-]{2,}\.?)$`)

// mxAsTexts looks for MX records that were entered as texts at the domain itself.
func mxAsTexts(ctx context.Context, p *view.Pass, said diag.Evidence) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	if err != nil {
		return
	}
	var records, texts []string
	for _, t := range a.TXT() {
		if m := mxText.FindStringSubmatch(strings.TrimSpace(t)); m != nil && len(records) < view.MaxMX {
			records, texts = append(records, m[1]+" "+strings.ToLower(strings.TrimSuffix(m[2], "."))+"."),
				append(texts, txt.Quoted(t))
		}
	}
	if len(records) > 0 {
		p.Found(MXMisplaced, p.Domain, map[string]any{
			"name": p.Name(), "at": p.Name(), "records": records, "texts": texts, "reason": "other-type", "twice": false,
		}, said, diag.Said(a))
	}
}

// misplacedMX looks for MX records under names in which the zone stands twice or "@" was taken for a label, and among
// the texts. It gives the first of such names; "" where there is none.
func misplacedMX(ctx context.Context, p *view.Pass, said diag.Evidence) (at string) {
	mxAsTexts(ctx, p, said)
	for _, a := range p.AtSign(ctx, dns.TypeMX) {
		at = view.Shown(a.Question.Name)
		p.Found(MXMisplaced, p.Domain, map[string]any{
			"name": p.Name(), "at": at, "records": view.RecordTexts(a), "reason": "at-sign", "twice": false,
		}, said, diag.Said(a))
	}
	for _, a := range p.EnteredTwice(ctx, "", dns.TypeMX) {
		at = cmp.Or(at, view.Shown(a.Question.Name))
		p.Found(MXMisplaced, p.Domain, map[string]any{
			"name": p.Name(), "at": view.Shown(a.Question.Name), "records": view.RecordTexts(a), "reason": "zone-twice",
			"twice": true,
		}, said, diag.Said(a))
	}
	return at
}
