package diag

import (
	"context"
	"net/url"
	"strings"

	"signpost/diag/taglist"

	"github.com/miekg/dns"
)

// TLSRPT finds the record that says where reports on failed encryption go (RFC 8460).
var TLSRPT = &Check{
	Name: "tlsrpt", HiddenBy: deadDelegation, Run: checkTLSRPT,
	Codes: []Spec{{"tlsrpt.none", Info}, {"tlsrpt.syntax", Warning}, {"tlsrpt.multiple", Warning}},
}

// TLSRPTFacts is what the tlsrpt check learned.
type TLSRPTFacts struct {
	Record string   `json:"record"`
	RUA    []string `json:"rua"`
}

func checkTLSRPT(ctx context.Context, p *Pass) (any, error) {
	facts := TLSRPTFacts{RUA: []string{}}
	name := "_smtp._tls." + p.Domain
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return facts, err
	}
	var records []string
	meant := ""
	for _, t := range a.TXT() {
		lower := strings.ToLower(strings.TrimLeft(t, " \"'"))
		switch {
		case t == "v=TLSRPTv1" || strings.HasPrefix(t, "v=TLSRPTv1;") || strings.HasPrefix(t, "v=TLSRPTv1 "):
			records = append(records, t)
		case strings.HasPrefix(lower, "v=tlsrpt") || strings.HasPrefix(lower, "v = tlsrpt"):
			meant = t
		}
	}
	switch {
	case len(records) > 1:
		p.Found("tlsrpt.multiple", name, map[string]any{"count": len(records), "records": clipAll(records)}, Said(a))
		return facts, nil
	case len(records) == 0 && meant == "":
		p.Found("tlsrpt.none", p.Domain, nil, Said(a))
		return facts, nil
	}
	fault := func(term string, pos int, reason, suggestion string) {
		p.Found("tlsrpt.syntax", name, map[string]any{"term": clip(term, 200), "position": pos, "reason": reason, "suggestion": suggestion, "record": clip(meant, 500)}, Said(a))
	}
	if len(records) == 0 {
		first, _, _ := strings.Cut(meant, ";")
		fault(first, 0, "bad-version", "v=TLSRPTv1")
		return facts, nil
	}
	meant, facts.Record = records[0], records[0]
	tags, faults := taglist.Parse(records[0])
	for _, f := range faults {
		fault(f.Term, f.Pos, f.Reason, f.Suggestion)
	}
	rua, ok := tags.Get("rua")
	if !ok || rua.Value == "" {
		fault("rua=", len(records[0]), "no-rua", "rua=mailto:postmaster@"+p.name())
		return facts, nil
	}
	for uri := range strings.SplitSeq(rua.Value, ",") {
		uri = strings.TrimSpace(uri)
		u, err := url.Parse(uri)
		switch {
		case err == nil && u.Scheme == "mailto" && strings.Contains(u.Opaque, "@"), err == nil && u.Scheme == "https" && u.Host != "":
			facts.RUA = append(facts.RUA, clip(uri, 300))
		case strings.Contains(uri, "@") && !strings.Contains(uri, ":"):
			fault(uri, rua.Pos, "no-scheme", "mailto:"+uri)
		default:
			fault(uri, rua.Pos, "bad-uri", "")
		}
	}
	return facts, nil
}
