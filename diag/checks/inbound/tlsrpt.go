package inbound

import (
	"context"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/tlsrpt"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// TLSRPT finds the record that says where reports on failed encryption go (RFC 8460).
var TLSRPT = &diag.Check{
	Name: "tlsrpt", HiddenBy: authority.DeadDelegation, Run: view.With(checkTLSRPT),
	DecidedBy: func(t diag.Touched) bool { return t.Below("_smtp._tls") },
	Codes:     []diag.Kind{TLSRPTNone, TLSRPTSyntax, TLSRPTMultiple, TLSRPTMisplaced},
}

// What the check may find.
var (
	TLSRPTNone      = diag.Kind{Code: "tlsrpt.none", Severity: diag.Info}
	TLSRPTSyntax    = diag.Kind{Code: "tlsrpt.syntax", Severity: diag.Warning}
	TLSRPTMultiple  = diag.Kind{Code: "tlsrpt.multiple", Severity: diag.Warning}
	TLSRPTMisplaced = diag.Kind{Code: "tlsrpt.misplaced", Severity: diag.Warning}
)

// TLSRPTFacts is what the tlsrpt check learned.
type TLSRPTFacts struct {
	Record string   `json:"record"`
	RUA    []string `json:"rua"`
}

func checkTLSRPT(ctx context.Context, p *view.Pass) (any, error) {
	facts := TLSRPTFacts{RUA: []string{}}
	name := "_smtp._tls." + p.Domain
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return facts, err
	}
	var records, meant []string
	for _, t := range a.TXT() {
		switch {
		case tlsrpt.IsRecord(t):
			records = append(records, t)
		case tlsrpt.Meant(t):
			meant = append(meant, t)
		}
	}
	switch {
	case len(records) > 1:
		p.Found(TLSRPTMultiple, name, map[string]any{"count": len(records), "records": visible.ClipAll(records)},
			diag.Said(a))
		return facts, nil
	case len(records) == 0 && len(meant) == 0:
		p.Missing(ctx, view.Expected{Label: "_smtp._tls", Is: txt.Begins("v=tlsrpt"), None: TLSRPTNone,
			Misplaced: TLSRPTMisplaced, Near: []string{"_tls", "smtp._tls", "_smtp-tls", "_smtp_tls", "_tlsrpt"}}, a)
		return facts, nil
	case len(records) == 0:
		records = meant[:1]
	default:
		facts.Record = records[0]
	}
	r := tlsrpt.Parse(records[0])
	for _, uri := range r.RUA {
		facts.RUA = append(facts.RUA, visible.Clip(uri, 300))
	}
	for _, f := range r.Faults {
		severity := diag.Warning
		if f.Harmless {
			severity = diag.Notice
		}
		if f.Reason == "no-rua" {
			f.Suggestion = "rua=mailto:postmaster@" + p.Name()
		}
		p.FoundAs(severity, TLSRPTSyntax, name, map[string]any{
			"term": visible.Clip(f.Term, 200), "position": f.Pos, "reason": f.Reason,
			"suggestion": visible.Clip(f.Suggestion, 500), "record": visible.Clip(records[0], 500),
		}, diag.Said(a))
	}
	return facts, nil
}
