package kb

import (
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/outbound"
	"signpost/diag/gate"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/txt"
)

// mendsSPF lists the findings that one new SPF record mends, without a change of what it says of everybody else. All
// that a report holds are mended together: whoever publishes the record is done with every one of them.
var mendsSPF = []diag.Code{
	"spf.none", "spf.misplaced", "spf.multiple", "spf.syntax", "spf.strings-joined", "spf.include-none", "spf.loop",
	"spf.too-many-voids",
	"spf.provider-missing", "spf.source-not-covered", "spf.terms-after-all", "spf.duplicate-term", "spf.too-many-lookups",
	"spf.nobody", "spf.empty-mx",
}

// endsSPF lists those about what a record says of everybody else.
var endsSPF = []diag.Code{"spf.pass-all", "spf.neutral-all", "spf.no-all"}

// draft is an SPF record on its way: its words, and what came out of them.
type draft struct {
	words   []string
	from    []string // texts at other names that it is made of
	odd     []string
	dropped []string
}

// spf is the changes of the domain's SPF record.
func (p *proposer) spf() gate.Proposal {
	mends, ends := p.of(mendsSPF...), p.of(endsSPF...)
	if len(mends)+len(ends) == 0 {
		return nil
	}
	all := append(slices.Clone(mends), ends...)
	facts, ok := diag.Facts[outbound.SPFFacts](p.report, outbound.SPF)
	if !ok {
		return nil
	}
	d, why := p.readSPF(facts)
	switch {
	case why != nil:
		return gate.Proposal{{For: all, Notes: []diag.Note{*why}}}
	case d == nil:
		return p.noSPF(all)
	}
	d.mend(p, facts)
	var out gate.Proposal
	try := func(d *draft, findings ...*diag.Finding) {
		out = append(out, gate.Try{For: findings, Records: []Record{textRecord(p.report.Domain, strings.Join(d.words, " "))},
			From: d.from, Notes: d.notes()})
	}
	if len(mends) > 0 {
		try(d, mends...)
		// Where not everything can be mended, what can is.
		for _, left := range [][]diag.Code{{"spf.source-not-covered"}, {"spf.source-not-covered", "spf.provider-missing"}} {
			some := slices.DeleteFunc(slices.Clone(mends), func(f *diag.Finding) bool { return slices.Contains(left, f.Code) })
			if len(some) > 0 && len(some) < len(mends) {
				if less, why := p.readSPF(facts); why == nil && less != nil {
					less.mendBut(p, facts, left...)
					try(less, some...)
				}
			}
		}
	}
	switch {
	case len(ends) == 0:
	case d.end(p, facts):
		try(d, all...)
	default:
		out = append(out, none(gate.NoteNoSenders, nil, ends...))
	}
	return out
}

func (d *draft) notes() (out []diag.Note) {
	if len(d.odd) > 0 {
		out = append(out, note(gate.NoteCleaned, map[string]any{"characters": d.odd}))
	}
	if len(d.dropped) > 0 {
		out = append(out, note(gate.NoteDropped, map[string]any{"terms": d.dropped}))
	}
	return out
}

// readSPF reads what is there as it was meant: the record, or several as one; what stands at another name where there
// is none. Nil without a reason: nothing is there.
func (p *proposer) readSPF(facts outbound.SPFFacts) (*draft, *diag.Note) {
	d := &draft{}
	texts := facts.Meant
	if len(texts) == 0 {
		for _, f := range p.of("spf.misplaced", "spf.syntax") {
			if old := text(*f, "record"); whole(old) && (f.Code == "spf.syntax" || spf.IsRecord(old)) {
				m := spf.MendRecord(old)
				texts, d.from = append(texts, outbound.MeantText{Record: m.Record, Term: m.Term, Odd: m.Odd}),
					append(d.from, txt.Quoted(old))
			}
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	var records []string
	for _, t := range texts {
		if t.Record == "" {
			n := note(unreadable(t.Controls), map[string]any{"term": t.Term})
			return nil, &n
		}
		d.odd = append(d.odd, t.Odd...)
		records = append(records, t.Record)
	}
	record := records[0]
	if len(records) > 1 {
		if record = merged(records); record == "" {
			n := note(gate.NoteMeaning, map[string]any{"term": ""})
			return nil, &n
		}
	}
	d.words = strings.Fields(record)
	return d, nil
}

// noSPF is the first record of a domain: that of its mailbox provider, or of its own mail hosts; that it sends nothing,
// where it takes none.
func (p *proposer) noSPF(all []*diag.Finding) gate.Proposal {
	f := p.of("spf.none")
	if len(f) == 0 {
		return nil
	}
	try := func(record string) gate.Proposal {
		return gate.Proposal{{For: all, Records: []Record{textRecord(p.report.Domain, record)}}}
	}
	if f[0].Args["null_mx"] == true {
		return try("v=spf1 -all")
	}
	if v := p.providerSPF(mailbox(p.report), p.report); v != "" {
		return try(v)
	}
	if p.ownHosts() {
		return try("v=spf1 mx -all")
	}
	return gate.Proposal{none(gate.NoteNoSenders, nil, all...)}
}

// mend mends what the report found in the record, but what everybody else is told.
func (d *draft) mend(p *proposer, facts outbound.SPFFacts) { d.mendBut(p, facts) }

// mendBut leaves some faults as they are.
func (d *draft) mendBut(p *proposer, facts outbound.SPFFacts, left ...diag.Code) {
	d.allLast()
	d.repeated(p.report.Domain)
	for _, code := range mendsSPF {
		if slices.Contains(left, code) {
			continue
		}
		for _, f := range p.of(code) {
			switch code {
			case "spf.include-none":
				d.drop(text(*f, "term"))
			case "spf.loop":
				if text(*f, "domain") == p.report.Domain {
					d.drop(text(*f, "term"))
				}
			case "spf.too-many-voids":
				for _, v := range stringsOf(f.Args["terms"]) {
					term, _, _ := strings.Cut(v, " (")
					if name, _, _ := strings.Cut(strings.TrimLeft(term, "+-~?"), ":"); name == "a" || name == "mx" {
						d.drop(term)
					}
				}
			case "spf.provider-missing":
				if inc := p.include(text(*f, "provider"), p.report); inc != "" {
					d.words = inserted(d.words, "include:"+inc)
				}
			case "spf.source-not-covered":
				if term := text(*f, "term"); term != "" {
					d.words = inserted(d.words, term)
				}
			case "spf.nobody", "spf.empty-mx": // the host itself was meant, which has an address
				term := text(*f, "term")
				if terms := stringsOf(f.Args["terms"]); len(terms) == 1 {
					term = terms[0]
				}
				if at := slices.Index(d.words, term); at > 0 && text(*f, "suggestion") != "" {
					d.words[at] = text(*f, "suggestion")
				}
			case "spf.too-many-lookups":
				if shortens(*f) {
					d.words = shortened(*f, d.words)
					d.dropped = append(d.dropped, stringsOf(f.Args["dropped"])...)
				}
			}
		}
	}
}

// drop takes a term out.
func (d *draft) drop(term string) {
	if at := slices.Index(d.words, term); at > 0 {
		d.words = slices.Delete(d.words, at, at+1)
		d.dropped = append(d.dropped, term)
	}
}

func isAll(word string) bool { return strings.ToLower(strings.TrimLeft(word, "+-~?")) == "all" }

// allLast puts the first "all", by which evaluation ends, behind every term; what stood after it is read then. A
// redirect beside it, which nobody follows, becomes an include.
func (d *draft) allLast() {
	at := slices.IndexFunc(d.words, isAll)
	if at < 0 {
		return
	}
	all := d.words[at]
	var out []string
	for _, w := range d.words {
		if isAll(w) {
			continue
		}
		if to, ok := strings.CutPrefix(strings.ToLower(w), "redirect="); ok {
			w = "include:" + w[len(w)-len(to):]
		}
		out = append(out, w)
	}
	d.words = append(out, all)
}

// repeated takes out the terms that say again what an earlier one said.
func (d *draft) repeated(domain string) {
	r, _ := spf.Parse(strings.Join(d.words, " "))
	for _, again := range r.Duplicates(domain) {
		for i := len(d.words) - 1; i > 0; i-- {
			if d.words[i] == again {
				d.words = slices.Delete(d.words, i, i+1)
				break
			}
		}
	}
}

// end has everybody else's mail marked, where the record let it pass or had no opinion. A record that names nobody gets
// the mailbox provider or the domain's own mail hosts first: with an end alone it would mark all of the domain's mail.
// False: who sends cannot be told.
func (d *draft) end(p *proposer, facts outbound.SPFFacts) bool {
	d.words = slices.DeleteFunc(slices.Clone(d.words), isAll)
	named := slices.ContainsFunc(d.words[1:], func(w string) bool {
		return strings.IndexByte("-~?", w[0]) < 0 && !strings.HasPrefix(strings.ToLower(w), "exp=")
	})
	if !named || p.has("spf.pass-all") { // as long as everyone passes, nobody misses the provider
		d.words = p.withProvider(facts, d.words)
	}
	if !named && len(d.words) > 0 &&
		!slices.ContainsFunc(d.words, func(w string) bool { return strings.HasPrefix(w, "include:") }) {
		if !p.ownHosts() {
			return false
		}
		d.words = inserted(d.words, "mx")
	}
	d.words = append(d.words, "~all")
	return true
}

// ownHosts reports a domain whose mail hosts are its own, as far as can be told: they send for it.
func (p *proposer) ownHosts() bool {
	mx := p.report.Result("mx")
	return mx != nil && mx.Status != diag.Unknown && mailbox(p.report) == "" && hasMX(p.report)
}

// shortened takes terms out of a record, or puts addresses in their place, as the check found that they can be: where
// the check's shorter record keeps the limit.
func shortened(f diag.Finding, words []string) []string {
	shorter := strings.Fields(text(f, "shorter"))
	for _, term := range append(stringsOf(f.Args["dropped"]), stringsOf(f.Args["replaced"])...) {
		if at := slices.Index(words, term); at > 0 {
			words = slices.Delete(slices.Clone(words), at, at+1)
		}
	}
	for _, w := range shorter {
		if lower := strings.TrimLeft(w, "+-~?"); !slices.Contains(words, w) &&
			(strings.HasPrefix(lower, "ip4:") || strings.HasPrefix(lower, "ip6:")) {
			words = inserted(words, w)
		}
	}
	return words
}

// withProvider adds the include of the provider that the MX names, where the record reaches none of its includes.
func (p *proposer) withProvider(facts outbound.SPFFacts, words []string) []string {
	provider := p.Provider(mailbox(p.report))
	if provider == nil {
		return words
	}
	reached := strings.Join(facts.Tree, "\n")
	for _, inc := range provider.SPFIncludes {
		if strings.Contains(reached, ":"+inc) {
			return words
		}
	}
	if inc := p.include(provider.ID, p.report); inc != "" {
		return inserted(words, "include:"+inc)
	}
	return words
}

// inserted is a record's words with a term put in before its end.
func inserted(words []string, term string) []string {
	at := len(words)
	for i, w := range words {
		lower := strings.ToLower(strings.TrimLeft(w, "+-~?"))
		if i > 0 && (lower == "all" || strings.HasPrefix(lower, "redirect=")) {
			at = i
			break
		}
	}
	if slices.Contains(words, term) {
		return words
	}
	return slices.Insert(slices.Clone(words), at, term)
}

// merged is several SPF records as one: all their terms once, and the softest of their endings; empty where they cannot
// be put together: one redirects, or refuses some that another may let in.
func merged(records []string) string {
	out := []string{"v=spf1"}
	softness := ""
	for _, rec := range records {
		r, bad := spf.Parse(rec)
		if len(bad) > 0 {
			return ""
		}
		for _, t := range r.Terms {
			switch {
			case t.Modifier:
				return ""
			case t.Name == "all":
				if !slices.Contains([]byte("-~"), t.Qualifier) {
					return ""
				}
				if softness == "" || t.Qualifier == '~' {
					softness = string(t.Qualifier) + "all"
				}
			case t.Qualifier != '+':
				return ""
			case !slices.Contains(out, t.Raw):
				out = append(out, t.Raw)
			}
		}
	}
	if softness == "" {
		return ""
	}
	return strings.Join(append(out, softness), " ")
}

// Proposals is the changes that might mend what a report holds, what blocks mail most first: for the gate, which tries
// each on the zone before anybody sees it. One proposal is for all findings that the same records mend.
func (b *Base) Proposals(r *diag.Report) []gate.Proposal {
	found := map[diag.Code][]*diag.Finding{}
	for i := range r.Results {
		for j := range r.Results[i].Findings {
			f := &r.Results[i].Findings[j]
			found[f.Code] = append(found[f.Code], f)
		}
	}
	p := proposer{Base: b, report: r, found: found}
	var out []gate.Proposal
	for _, tries := range slices.Concat([]gate.Proposal{p.spf(), p.dmarc()}, p.misplacedDMARC(), p.misplaced(), p.mx(),
		p.caa(), p.single()) {
		if tries = slices.DeleteFunc(tries, func(t gate.Try) bool { return len(t.For) == 0 }); len(tries) > 0 {
			out = append(out, tries)
		}
	}
	slices.SortStableFunc(out, func(x, y gate.Proposal) int { return b.Order(*x[0].For[0]) - b.Order(*y[0].For[0]) })
	return out
}
