package checks

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/caa"
	"signpost/diag/protocol/txt"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// caaText is a record as a zone file has it.
func caaText(r caa.Property) string {
	rr := &dns.CAA{Flag: r.Flags, Tag: r.Stands, Value: r.Value}
	return visible.Clip(strings.TrimPrefix(rr.String(), rr.Hdr.String()), 300)
}

// authoritiesOf is the authorities that are known, as records name them and as people do.
func authoritiesOf(p *view.Pass) (out []caa.Authority) {
	for _, i := range p.Issuers {
		out = append(out, caa.Authority{Called: append([]string{i.Name}, i.Organizations...), Names: i.Names})
	}
	return out
}

// meantCAA is records that something was meant to be, as a zone file has them.
func meantCAA(records []caa.Property) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, caaText(r))
	}
	return out
}

// judgeCAA judges the records themselves, once for each name that has some. What stands at a registry's name is
// nobody's here.
func judgeCAA(p *view.Pass, s caaSet, judged map[string]bool) {
	if s.at == "" || judged[s.at] || !dns.IsSubDomain(view.RegistrableOf(p.Domain), s.at) {
		return
	}
	judged[s.at] = true
	known := authoritiesOf(p)
	if tags := s.set.Refuses(); len(tags) > 0 {
		args := map[string]any{"tags": visible.ClipAll(tags)}
		if len(tags) == 1 {
			i := slices.IndexFunc(s.set, func(r caa.Property) bool { return r.Tag == tags[0] })
			args["record"], args["records"] = caaText(s.set[i]), meantCAA(s.set[i].Meant(known))
		}
		p.Found(CAAUnknownCritical, s.at, args, s.said...)
	}
	for _, r := range s.set {
		if near := caa.Near(r.Issuer, known); near != "" {
			rest := strings.TrimLeft(r.Value, " \t")[len(r.Issuer):] // the parameters, in the case that they have
			right := caa.Parse(r.Flags, r.Tag, near+strings.TrimPrefix(rest, "."))
			p.Found(CAASyntax, s.at, map[string]any{"term": caaText(r), "record": caaText(r),
				"reason": string(caa.NearIssuer), "meant": near, "records": meantCAA([]caa.Property{right})}, s.said...)
		}
		for _, f := range r.Faults {
			if f == caa.UnknownTag && slices.Contains(s.set.Refuses(), r.Tag) {
				continue // said already
			}
			meant := ""
			if f == caa.UnknownTag {
				meant = caa.Meant(r.Tag)
			}
			p.Found(CAASyntax, s.at, map[string]any{"term": caaText(r), "record": caaText(r), "reason": string(f),
				"meant": meant, "records": meantCAA(r.Meant(known))}, s.said...)
		}
	}
}

// judgeTexts looks for CAA records that were entered as TXT, which no authority asks for. One that stands there as CAA
// as well is a leftover and does no harm. Where the texts cannot be read, the SPF check says so.
func judgeTexts(ctx context.Context, p *view.Pass, own caaSet) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	if err != nil {
		return
	}
	var there []string
	if own.at == p.Domain {
		there = meantCAA(own.set)
	}
	n := 0
	for _, text := range a.TXT() {
		meant, is := caa.FromText(text, authoritiesOf(p))
		records := slices.DeleteFunc(meantCAA(meant), func(r string) bool { return slices.Contains(there, r) })
		if !is || len(records) == 0 && len(meant) > 0 {
			continue
		}
		if n++; n > maxCAA {
			return
		}
		p.Found(CAAAsText, p.Domain, map[string]any{"term": visible.Clip(txt.Quoted(text), 300), "records": records},
			append([]diag.Evidence{diag.Said(a)}, own.said...)...)
	}
}

// What the check may find.
var (
	CAANone             = diag.Kind{Code: "caa.none", Severity: diag.Info}
	CAASyntax           = diag.Kind{Code: "caa.syntax", Severity: diag.Notice}
	CAAAsText           = diag.Kind{Code: "caa.as-text", Severity: diag.Notice}
	CAAUnknownCritical  = diag.Kind{Code: "caa.unknown-critical", Severity: diag.Warning}
	CAAIssuerNotAllowed = diag.Kind{Code: "caa.issuer-not-allowed", Severity: diag.Notice}
)

// caaSet is the records that hold for a name (RFC 8659 3).
type caaSet struct {
	at   string // the name that has them, with its dot; empty: none has
	set  caa.Set
	said []diag.Evidence
}

const maxCAA = 50 // records of one set that are looked at
