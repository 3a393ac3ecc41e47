package gate

import (
	"context"
	"maps"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/checks/outbound"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/taglist"
	"signpost/diag/protocol/txt"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// judge compares the zone as it would be with the zone as it is: why the change does not pass, or nil.
// A warning about what a text says was always due where the text, read as it was meant, says it already: it is not new.
func (g *gate) judge(ctx context.Context, after *diag.Report, t Try, z *zone) *diag.Note {
	before, known := map[string]diag.Severity{}, map[string]diag.Severity{}
	status := map[string]diag.Status{}
	for _, res := range slices.Concat(g.Report.Results, g.Report.Helpers) {
		status[res.Check] = res.Status
		for i := range res.Findings {
			f := &res.Findings[i]
			before[diag.Identity(*f)] = max(before[diag.Identity(*f)], f.Severity)
			known[string(f.Code)+"\x00"+f.Subject] = max(known[string(f.Code)+"\x00"+f.Subject], f.Severity)
		}
	}
	mended, mending := map[string]bool{}, map[string]bool{}
	codes := map[diag.Code]bool{}
	for _, f := range t.For {
		mended[diag.Identity(*f)], codes[f.Code], mending[f.Code.Check()] = true, true, true
	}
	void := g.voids(ctx, z)
	var always map[string]diag.Severity
	what := z.touched(g.Domain())
	for _, res := range slices.Concat(after.Results, after.Helpers) {
		if !what.Decides(g.Check(res.Check)) {
			continue
		}
		for i := range res.Findings {
			f := &res.Findings[i]
			id := diag.Identity(*f)
			was, seen := before[id]
			if !seen && !codes[f.Code] {
				was, seen = known[string(f.Code)+"\x00"+f.Subject]
			}
			if f.Code == outbound.DMARCTesting.Code && !seen { // pct=0 said the same
				was, seen = partialZero(g.Report)
			}
			harms := f.Severity >= diag.Warning || f.Code == checks.CAAIssuerNotAllowed.Code
			isNew := harms && (!seen || f.Severity > was)
			if f.Code == outbound.DMARCSubdomainNone.Code { // no change may touch sp or np: it shows what was said already
				isNew = false
			}
			if isNew && f.Severity == diag.Warning && !void(f) && f.Code != outbound.SPFNobody.Code {
				if always == nil {
					always = g.always(ctx, t, z)
				}
				_, due := always[id]
				isNew = !due
			}
			if mended[id] || isNew || void(f) {
				return remains(f, res)
			}
		}
		unsure := res.Status == diag.Unknown || res.Status == diag.Skipped
		if unsure && (mending[res.Check] || status[res.Check] == diag.Passed || status[res.Check] == diag.Found) {
			return &diag.Note{Code: NoteUnknown, Args: map[string]any{"check": res.Check}}
		}
	}
	return nil
}

// partialZero reports a DMARC record with pct=0, which acts one level below its policy as t=y does (RFC 7489 6.6.4).
func partialZero(r *diag.Report) (diag.Severity, bool) {
	for _, f := range r.Findings() {
		if f.Code == outbound.DMARCPartial.Code && f.Args["percent"] == 0 {
			return diag.Warning, true
		}
	}
	return 0, false
}

// always is what the texts that a change takes the place of deserve, each read as it was meant.
func (g *gate) always(ctx context.Context, t Try, z *zone) map[string]diag.Severity {
	out := map[string]diag.Severity{}
	base := &zone{session: g.Session()}
	var records []diag.Record
	for _, q := range z.sets {
		if q.Type != dns.TypeTXT {
			continue
		}
		for _, kind := range []string{"spf", "dmarc"} {
			texts, err := textsAt(ctx, g.Session(), q.Name, kind)
			if err != nil {
				return out
			}
			if q.Name == g.Domain() && kind == "dmarc" {
				continue // it is read at another name
			}
			if len(texts) == 0 && (kind == "spf") == (q.Name == g.Domain()) {
				texts = ofKind(t.From, kind)
			}
			if len(texts) == 1 {
				if m := outbound.ReadMeant(texts[0], kind); m.Record != "" {
					records = append(records,
						diag.Record{Name: strings.TrimSuffix(q.Name, "."), Type: "TXT", Value: txt.Quoted(m.Record)})
				}
			}
		}
	}
	if len(records) == 0 {
		return out
	}
	meant, obstacle := base.apply(ctx, records)
	if obstacle != nil {
		return out
	}
	for _, f := range g.Again(ctx, meant.session, meant.touched(g.Domain())).Findings() {
		out[diag.Identity(f)] = f.Severity
	}
	return out
}

// voids tells which findings would make a record that is entered worthless: it is not recommended, whether they are new
// or not.
func (g *gate) voids(ctx context.Context, z *zone) func(*diag.Finding) bool {
	enters := func(name, kind string) bool {
		if !slices.Contains(z.sets, resolve.Question{Name: name, Type: dns.TypeTXT}) {
			return false
		}
		before, err := textsAt(ctx, g.Session(), name, kind)
		after, errAfter := textsAt(ctx, z.session, name, kind)
		return err != nil || errAfter != nil || len(after) > 0 && !slices.Equal(before, after)
	}
	isSPF, isDMARC := enters(g.Domain(), "spf"), enters("_dmarc."+g.Domain(), "dmarc")
	return func(f *diag.Finding) bool {
		switch {
		case f.Severity < diag.Error:
			return false
		case isSPF && f.Code.Check() == outbound.SPF.Name:
			return f.Code != outbound.SPFSourceNotCovered.Code && f.Code != outbound.SPFNone.Code
		case isDMARC:
			return f.Code == outbound.DMARCSyntax.Code || f.Code == outbound.DMARCMultiple.Code ||
				f.Code == outbound.DMARCNone.Code
		}
		return false
	}
}

// remains says which finding stands in the way of a change.
func remains(f *diag.Finding, res diag.Result) *diag.Note {
	switch f.Code {
	case outbound.SPFTooManyLookups.Code:
		n := &diag.Note{Code: NoteOverLimit, Args: map[string]any{"lookups": f.Args["lookups"], "limit": f.Args["limit"]}}
		var terms []string
		if facts, ok := diag.FactsOf[outbound.SPFFacts](&res); ok {
			for _, line := range facts.Tree {
				if !strings.HasPrefix(line, " ") && strings.HasSuffix(line, "]") {
					terms = append(terms, line)
				}
			}
		}
		n.Args["terms"] = visible.ClipAll(terms)
		return n
	case outbound.SPFSourceNotCovered.Code:
		if f.Args["result"] == string(spf.PermError) {
			return &diag.Note{Code: NotePermError,
				Args: map[string]any{"ip": f.Args["ip"], "because": f.Args["because"], "terms": f.Args["terms"]}}
		}
	}
	n := &diag.Note{Code: NoteRemains, Args: maps.Clone(f.Args)}
	if n.Args == nil {
		n.Args = map[string]any{}
	}
	delete(n.Args, "record")
	delete(n.Args, "records")
	n.Args["code"], n.Args["subject"] = string(f.Code), f.Subject
	return n
}

// keeps reports which policies a change changes, and whether it drops anybody who might send or was sent reports.
func (g *gate) keeps(ctx context.Context, t Try, z *zone) (changed []string, obstacle *diag.Note) {
	changed, obstacle = g.keepsSenders(ctx, t, z)
	if obstacle != nil {
		return nil, obstacle
	}
	for _, q := range z.sets {
		if q.Type != dns.TypeTXT || q.Name == g.Domain() {
			continue
		}
		if !strings.HasPrefix(q.Name, "_dmarc.") {
			if obstacle := g.keepsWords(ctx, z, q.Name); obstacle != nil {
				return nil, obstacle
			}
			continue
		}
		more, obstacle := g.keepsPolicy(ctx, t, z, q.Name)
		if obstacle != nil {
			return nil, obstacle
		}
		changed = append(changed, more...)
	}
	return changed, nil
}

// ofKind is the texts of one sort among those between quotes.
func ofKind(quoted []string, kind string) (out []string) {
	for _, q := range quoted {
		text, _ := txt.Of(&dns.TXT{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeTXT}, Txt: txt.Strings(q)})
		if txt.KindOf(text) == kind {
			out = append(out, text)
		}
	}
	return out
}

// keepsSenders holds the SPF record as it would be against those that are there, read as they were meant.
func (g *gate) keepsSenders(ctx context.Context, t Try, z *zone) (changed []string, obstacle *diag.Note) {
	before, err := textsAt(ctx, g.Session(), g.Domain(), "spf")
	if err != nil {
		return nil, unknownNote(outbound.SPF.Name, err)
	}
	after, err := textsAt(ctx, z.session, g.Domain(), "spf")
	if err != nil {
		return nil, unknownNote(outbound.SPF.Name, err)
	}
	touched := slices.ContainsFunc(z.sets, func(q resolve.Question) bool {
		return q.Type == dns.TypeMX || q.Type == dns.TypeA || q.Type == dns.TypeAAAA || q.Type == dns.TypeCNAME
	})
	same := slices.Equal(before, after)
	if !same {
		before = append(before, ofKind(t.From, "spf")...)
	}
	if len(before) == 0 || same && !touched {
		return nil, nil
	}
	if len(after) != 1 || !spf.IsRecord(after[0]) {
		if same {
			return nil, nil // it is no record, and stays none
		}
		return nil, &diag.Note{Code: NoteMeaning, Args: map[string]any{"term": ""}}
	}
	now := spf.AuditText(ctx, z.session, g.Domain(), after[0])
	kept := false
	for _, text := range before {
		m := spf.MendRecord(text)
		switch {
		case m.Controls:
			return nil, &diag.Note{Code: NoteUnreadable, Args: map[string]any{}}
		case m.Record == "" && same:
			continue
		case m.Record == "":
			return nil, meaning(text, m.Term)
		}
		was := spf.AuditText(ctx, g.Session(), g.Domain(), m.Record)
		if lost := spf.Lost(was, now); len(lost) > 0 {
			return nil, &diag.Note{Code: NoteSenders, Args: map[string]any{"terms": visible.ClipAll(lost)}}
		}
		kept = kept || ending(was.Record) == ending(now.Record)
	}
	if !kept {
		changed = []string{"all"}
	}
	return changed, nil
}

// meaning says that what was meant cannot be told. A term that only came out when the text was read as it was meant is
// not quoted.
func meaning(text, term string) *diag.Note {
	if !strings.Contains(text, term) {
		term = ""
	}
	return &diag.Note{Code: NoteMeaning, Args: map[string]any{"term": visible.Clip(term, 200)}}
}

// ending is what a record says of everybody else.
func ending(r *spf.Record) string {
	if all, _ := r.All(); all != nil {
		return string(all.Qualifier) + "all"
	}
	if to := r.Modifier("redirect"); to != nil {
		return "redirect=" + strings.ToLower(to.Target)
	}
	return ""
}

// policyTags are the tags of a DMARC record by which receivers act.
var policyTags = []string{"p", "sp", "np", "adkim", "aspf"}

// keepsPolicy holds the DMARC record at a name as it would be against those that are there, read as they were meant.
func (g *gate) keepsPolicy(ctx context.Context, t Try, z *zone, name string) (changed []string, obstacle *diag.Note) {
	before, err := textsAt(ctx, g.Session(), name, "dmarc")
	if err != nil {
		return nil, unknownNote(outbound.DMARC.Name, err)
	}
	after, err := textsAt(ctx, z.session, name, "dmarc")
	if err != nil {
		return nil, unknownNote(outbound.DMARC.Name, err)
	}
	before = append(before, ofKind(t.From, "dmarc")...)
	if len(before) == 0 || slices.Equal(before, after) {
		return nil, nil
	}
	if len(after) == 0 && name != "_dmarc."+g.Domain() {
		return nil, nil // what stood at another name goes; the domain's own is held against it
	}
	if len(after) != 1 {
		return nil, &diag.Note{Code: NoteMeaning, Args: map[string]any{"term": ""}}
	}
	now := dmarc.Parse(after[0])
	for i, text := range before {
		m := dmarc.MendRecord(text)
		switch {
		case m.Controls:
			return nil, &diag.Note{Code: NoteUnreadable, Args: map[string]any{}}
		case m.Record == "":
			return nil, meaning(text, m.Term)
		}
		was := dmarc.Parse(m.Record)
		if dmarc.IsRecord(text) {
			read := dmarc.Parse(text)
			read.Testing = read.Testing || read.Percent == 0
			if tag := weaker(read, now); tag != "" &&
				!slices.ContainsFunc(t.For, func(f *diag.Finding) bool { return slices.Contains(policies[f.Code], tag) }) {
				return nil, &diag.Note{Code: NotePolicy, Args: map[string]any{"tag": tag}}
			}
		}
		for _, tag := range policyTags {
			if tagValue(was.Tags, tag) == tagValue(now.Tags, tag) {
				continue
			}
			if i > 0 { // records that contradict each other
				return nil, &diag.Note{Code: NoteMeaning, Args: map[string]any{"term": tag + "="}}
			}
			changed = append(changed, tag)
		}
		if lost := lostReports(was, now); len(lost) > 0 {
			return nil, &diag.Note{Code: NoteReports, Args: map[string]any{"addresses": visible.ClipAll(lost)}}
		}
	}
	return changed, nil
}

// strength orders policies.
var strength = map[string]int{dmarc.None: 1, dmarc.Quarantine: 2, dmarc.Reject: 3}

// weaker is the tag by which one record asks less of receivers than another that they read; empty where none does.
func weaker(was, now *dmarc.Record) string {
	for _, pair := range []struct{ tag, was, now string }{
		{"p", was.Effective(was.Policy), now.Effective(now.Policy)},
		{"sp", was.Effective(was.ForSubdomains()), now.Effective(now.ForSubdomains())},
		{"np", was.Effective(was.ForNonexistent()), now.Effective(now.ForNonexistent())},
	} {
		if strength[pair.now] < strength[pair.was] {
			return pair.tag
		}
	}
	return ""
}

// tagValue is a tag's value in lower case; empty where it is absent.
func tagValue(list taglist.List, name string) string {
	for _, t := range list {
		if strings.EqualFold(t.Name, name) {
			return strings.ToLower(t.Value)
		}
	}
	return ""
}
