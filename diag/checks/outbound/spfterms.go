package outbound

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// reportSPFText looks at the record as a text: its syntax, its length, its strings.
func reportSPFText(ctx context.Context, p *view.Pass, tree *spf.Tree, said diag.Evidence) {
	apart := map[string]string{} // what ran together, and how it was meant
	for _, parts := range tree.Answer.TXTStrings() {
		if !spf.IsRecord(strings.Join(parts, "")) {
			continue
		}
		for i := 1; i < len(parts); i++ {
			before, after := parts[i-1], parts[i]
			if joined := before[strings.LastIndexByte(before, ' ')+1:] + firstWord(after); spf.Apart(before, after) {
				if apart[joined] = before[strings.LastIndexByte(before, ' ')+1:]; !spf.BeginsAnother(after) {
					apart[joined] += " " + firstWord(after)
				}
				p.Found(SPFStringsJoined, p.Domain,
					map[string]any{"joined": visible.Clip(joined, 200), "before": visible.Clip(before, 300),
						"after": visible.Clip(after, 300)}, said)
			}
		}
	}
	for _, e := range tree.Syntax {
		args := map[string]any{
			"term": visible.Clip(e.Term, 200), "position": e.Pos, "reason": e.Reason,
			"suggestion": visible.Clip(cmp.Or(apart[e.Term], e.Suggestion), 200),
			"lawful":     e.Lawful,
		}
		// A name that no host has, in a term that names one.
		if e.Lawful && (e.Reason == "bad-domain" || e.Reason == "bad-separator") {
			args["host"] = true
		}
		p.Found(SPFSyntax, p.Domain, args, said)
	}
	if n := len(tree.Texts[0]); n > 450 {
		p.FoundAs(diag.Notice, SPFTooLong, p.Domain, map[string]any{"octets": n}, said)
	}
	if tree.Answer.Size <= dns.MinMsgSize {
		return
	}
	d, err := p.DNS.Walk(ctx, p.Domain)
	if err != nil {
		return
	}
	for _, ns := range d.NS {
		for _, ip := range ns.Glue {
			_, err := p.DNS.Ask(ctx, netip.AddrPortFrom(ip, 53), p.Domain, dns.TypeTXT, resolve.TCP)
			if errors.Is(err, resolve.ErrUnreachable) || errors.Is(err, resolve.ErrBadAnswer) {
				p.Found(SPFTooLong, p.Domain,
					map[string]any{"octets": tree.Answer.Size, "server": strings.TrimSuffix(ns.Name, ".")}, said,
					diag.SaidNothing(err))
				return
			}
		}
	}
}

// reportSPFTerms looks at the terms of the domain's own record.
func reportSPFTerms(p *view.Pass, tree *spf.Tree, said diag.Evidence) {
	r := tree.Record
	all, at := r.All()
	open, by := tree.Open()
	isOpen := open != ""
	switch {
	case isOpen:
		args := map[string]any{"term": open, "record": visible.Clip(r.Text, 1000)}
		if by != tree.Domain {
			args["via"] = by
		}
		p.Found(SPFPassAll, p.Domain, args, said)
	case all != nil && all.Qualifier == '?':
		p.Found(SPFNeutralAll, p.Domain, map[string]any{"record": visible.Clip(r.Text, 1000)}, said)
	case all != nil && all.Qualifier == '~':
		p.Found(SPFSoftfailAll, p.Domain, nil, said)
	case all == nil && r.Modifier("redirect") == nil && len(tree.Syntax) == 0:
		p.Found(SPFNoAll, p.Domain, map[string]any{"record": visible.Clip(r.Text, 1000)}, said)
	}
	if broad := r.Broad(); len(broad) > 0 && !isOpen {
		p.Found(SPFTooBroad, p.Domain, map[string]any{"terms": broad}, said)
	}
	if private := r.Private(); len(private) > 0 && !isOpen {
		p.Found(SPFPrivateRange, p.Domain,
			map[string]any{"terms": visible.ClipAll(private), "record": visible.Clip(r.Text, 1000)}, said)
	}
	// What ran together is not repeated on purpose.
	if again := r.Duplicates(p.Name()); len(again) > 0 && !view.Reported(p, SPFStringsJoined.Code) {
		p.Found(SPFDuplicateTerm, p.Domain, map[string]any{"terms": again}, said)
	}
	var ignored []string
	for i, t := range r.Terms {
		if !t.Modifier && t.Name == "ptr" && i < at {
			p.Found(SPFPTR, p.Domain, map[string]any{"term": t.Raw}, said)
		}
		if i > at && (!t.Modifier || t.Name == "redirect") {
			ignored = append(ignored, t.Raw)
		}
	}
	if all != nil {
		if red := r.Modifier("redirect"); red != nil && !slices.Contains(ignored, red.Raw) {
			ignored = append(ignored, red.Raw)
		}
	}
	if len(ignored) > 0 {
		p.Found(SPFTermsAfterAll, p.Domain, map[string]any{"terms": ignored}, said)
	}
}

// reportSPFNobody tells of a record by which nobody may send although it names senders, and of an mx term whose host
// has no MX.
func reportSPFNobody(ctx context.Context, p *view.Pass, tree *spf.Tree, said diag.Evidence) {
	instead := map[string]string{} // an mx term, and what was meant: the host has an address
	evidence := []diag.Evidence{said}
	for i := range tree.Terms {
		c := &tree.Terms[i]
		host := c.WithoutMX()
		if host == "" {
			continue
		}
		addrs, answers, err := p.DNS.Addrs(ctx, host+".")
		if err != nil && len(addrs) == 0 {
			continue
		}
		evidence = append(evidence, diag.Said(c.Answers[0]))
		if len(addrs) > 0 {
			meant := *c.Term
			meant.Name = "a"
			instead[c.Term.Raw] = meant.String()
			evidence = view.SaidAll(answers, evidence...)
		}
	}
	terms, nobody := tree.Nobody()
	if nobody && tree.Unsure() == nil && takesMail(ctx, p) {
		severity := diag.Error
		if all, _ := tree.Record.All(); all == nil || all.Qualifier != '-' {
			severity = diag.Warning
		}
		suggestion := ""
		if len(terms) == 1 {
			suggestion = instead[terms[0]]
		}
		p.FoundAs(severity, SPFNobody, p.Domain,
			map[string]any{"terms": visible.ClipAll(terms), "record": visible.Clip(tree.Record.Text, 1000),
				"suggestion": suggestion}, evidence...)
		return
	}
	for _, term := range slices.Sorted(maps.Keys(instead)) {
		p.Found(SPFEmptyMX, p.Domain,
			map[string]any{"term": term, "suggestion": instead[term], "record": visible.Clip(tree.Record.Text, 1000)},
			evidence...)
	}
}

// takesMail reports a domain with an MX or an address: what has neither has worse to mend than who may send for it.
func takesMail(ctx context.Context, p *view.Pass) bool {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil || !mx.Empty() {
		return err == nil && !view.OnlyNullMX(mx)
	}
	addrs, _, _ := p.DNS.Addrs(ctx, p.Domain)
	return len(addrs) > 0
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}
