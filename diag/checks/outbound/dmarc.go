package outbound

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dmarc"
	"signpost/diag/protocol/taglist"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// DMARC finds the DMARC record that applies to the domain and examines it (RFC 7489, RFC 9989).
var DMARC = &diag.Check{
	Name: "dmarc", HiddenBy: authority.DeadDelegation, Run: view.With(checkDMARC),
	DecidedBy: func(t diag.Touched) bool { return t.Mail() || t.Below("_dmarc") || t.Below("dmarc") },
	Uses:      []*diag.Check{SPF, DKIM},
	Codes: []diag.Kind{
		DMARCNone, DMARCMultiple, DMARCSyntax, DMARCPolicyNone, DMARCSubdomainNone,
		DMARCNoReports, DMARCReportUnauthorized, DMARCReportUndeliverable, DMARCMisplaced,
		DMARCRemovedTag, DMARCPartial, DMARCInherited, DMARCUnsupported, DMARCTesting,
		DMARCPSDClaimed,
		DMARCInDispute,
	},
}

// DMARCFacts is what the dmarc check learned. From is the name whose record applies; Asked the names of the tree walk.
type DMARCFacts struct {
	Record string   `json:"record"`
	From   string   `json:"from"`
	Policy string   `json:"policy"` // as it applies to the domain
	RUA    []string `json:"rua"`
	Asked  []string `json:"asked"`
	// Meant is the records, or what was meant to be one, at the domain's own name and at those where none is read.
	Meant []MeantText `json:"meant,omitempty"`

	applied ruling // that of the domain
	above   ruling // that of its organisational domain, where another record applies to the domain itself
}

// ruling is a DMARC record, and the tag and the value by which it rules on a domain. The record is nil where there is
// none.
type ruling struct {
	at          string
	record      *dmarc.Record
	tag, stated string
}

// dmarcStep is what stands at one name of the walk.
type dmarcStep struct {
	name   string // without _dmarc
	answer *resolve.Answer
	err    error
	texts  []string // the records there; more than one are all discarded
	record *dmarc.Record
}

func checkDMARC(ctx context.Context, p *view.Pass) (any, error) {
	steps, apex := walkDMARC(ctx, p)
	own := &steps[0]
	facts := DMARCFacts{RUA: []string{}, Asked: []string{}}
	var walk []dmarc.Step
	for _, s := range steps {
		facts.Asked = append(facts.Asked, "_dmarc."+s.name)
		walk = append(walk, dmarc.Step{Domain: s.name, Record: s.record, Err: s.err})
	}
	facts.Meant = append(meantTexts(own.answer, "dmarc"), meantTexts(apex, "dmarc")...)
	reportMisplaced(p, apex)
	if own.err != nil {
		return facts, own.err
	}
	if d := authority.DisputedDMARC(ctx, p); d != nil {
		p.Found(DMARCInDispute, "_dmarc."+p.Domain, d.Args(), d.Evidence...)
		return DMARCFacts{RUA: []string{}, Asked: facts.Asked}, nil
	}
	own.judge(p)
	if own.record == nil && view.Reported(p) {
		return facts, nil // there is one, and what is wrong with it is said
	}
	choice := dmarc.Choose(walk)
	switch {
	case choice.Record == nil && choice.Err != nil:
		return facts, choice.Err
	case choice.Record == nil:
		more, err := reportNoDMARC(ctx, p, steps)
		facts.Meant = append(facts.Meant, more...)
		return facts, err
	}
	at := slices.IndexFunc(steps, func(s dmarcStep) bool { return s.name == choice.From })
	r, said := choice.Record, diag.Said(steps[at].answer)
	v := verdict{record: r, from: choice.From, inherited: at > 0, org: choice.Org == p.Name(), tag: "p", stated: r.Policy}
	if v.inherited {
		v.tag, v.stated = "sp", r.ForSubdomains()
		if r.Sub == "" {
			v.tag = "p"
		}
		if apex != nil && apex.NXDomain() && r.NonSub != "" { // RFC 9989 4.10.1: np is for names that do not exist
			v.tag, v.stated = "np", r.NonSub
		}
	}
	facts.Record, facts.From, facts.Policy = r.Text, choice.From, r.Effective(v.stated)
	facts.applied = ruling{choice.From, r, v.tag, v.stated}
	for _, s := range steps {
		if s.name == choice.Org && s.name != choice.From && s.record != nil {
			facts.above = ruling{s.name, s.record, "p", s.record.Policy}
		}
	}
	for _, u := range r.RUA {
		facts.RUA = append(facts.RUA, u.Mailbox)
	}
	if v.inherited {
		reportPSD(p, r, choice.From, said)
		foreign := r.PSD == "y" || isPublicSuffix(choice.From)
		p.Found(DMARCInherited, p.Domain,
			map[string]any{"from": choice.From, "record": visible.Clip(r.Text, 500), "registry": foreign}, said)
		if foreign { // whoever runs the suffix wrote it, and gets the reports
			severity := diag.Warning
			if facts.Policy == dmarc.None || facts.Policy == "" {
				severity = diag.Error
			}
			p.FoundAs(severity, DMARCNone, "_dmarc."+p.Domain, map[string]any{"from": choice.From, "policy": facts.Policy},
				diag.Said(own.answer), said)
			return facts, nil
		}
		if r.Void {
			steps[at].judge(p)
		}
	}
	if !v.inherited {
		reportPSD(p, r, choice.From, said)
	}
	reportPolicy(ctx, p, v, facts.Policy, said)
	err := reportReports(ctx, p, r, choice.From, said)
	if facts.Policy == dmarc.Quarantine || facts.Policy == dmarc.Reject {
		reportUnsupported(ctx, p, facts.Policy, said)
	}
	return facts, err
}

// walkDMARC asks for every name of the tree walk, and for what stands at the domain itself (nil where that failed).
func walkDMARC(ctx context.Context, p *view.Pass) ([]dmarcStep, *resolve.Answer) {
	names := dmarc.Names(p.Name())
	steps := make([]dmarcStep, len(names))
	var apex *resolve.Answer
	var wg guarded.Group
	for i, name := range names {
		wg.Go(func() {
			s := dmarcStep{name: name}
			if s.answer, s.err = p.DNS.Lookup(ctx, "_dmarc."+name+".", dns.TypeTXT); s.err == nil {
				s.read()
			}
			steps[i] = s
		})
	}
	wg.Go(func() { apex, _ = p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT) })
	wg.Wait()
	return steps, apex
}

// read finds the records at the name.
func (s *dmarcStep) read() {
	for _, t := range s.answer.TXT() {
		if dmarc.IsRecord(t) {
			s.texts = append(s.texts, t)
		}
	}
	if len(s.texts) == 1 {
		s.record = dmarc.Parse(s.texts[0])
	}
}

// judge reports what is wrong with what stands at the name.
func (s *dmarcStep) judge(p *view.Pass) {
	subject := "_dmarc." + s.name
	switch {
	case len(s.texts) > 1:
		p.Found(DMARCMultiple, subject, map[string]any{"count": len(s.texts), "records": visible.ClipAll(s.texts)},
			diag.Said(s.answer))
		return
	case len(s.texts) == 0:
		for _, t := range s.answer.TXT() {
			meant, reason := dmarc.Meant(t)
			if reason == "" {
				continue
			}
			term := t
			if reason == "bad-version" || reason == "no-version" {
				term, _, _ = strings.Cut(t, ";")
			}
			args := map[string]any{
				"at": subject, "term": visible.Clip(term, 60), "position": 0, "reason": reason, "record": visible.Clip(t, 500),
				"suggestion": visible.Clip(meant, 500),
			}
			if reason == "leading-space" || reason == "quoted" {
				args["front"] = true
				p.FoundAs(diag.Error, DMARCMisplaced, subject, args, diag.Said(s.answer)) // receivers see none
			} else {
				p.Found(DMARCSyntax, subject, args, diag.Said(s.answer))
			}
		}
		return
	}
	for _, f := range s.record.Faults {
		if f.Reason == "unknown-tag" { // receivers pass over what they do not know (RFC 9989 4.8)
			continue
		}
		severity := diag.Warning
		switch {
		case dmarc.Fatal(f):
			severity = diag.Error
		case dmarc.Idle(f):
			severity = diag.Notice
		}
		p.FoundAs(severity, DMARCSyntax, subject, map[string]any{
			"term": visible.Clip(f.Term, 200), "position": f.Pos, "reason": f.Reason,
			"suggestion": visible.Clip(f.Suggestion, 200), "record": visible.Clip(s.texts[0], 500),
			"discarded": severity < diag.Error,
		}, diag.Said(s.answer))
	}
}

// reportMisplaced looks for a DMARC record at the domain itself.
func reportMisplaced(p *view.Pass, apex *resolve.Answer) {
	if apex == nil {
		return
	}
	for _, t := range apex.TXT() {
		if dmarc.LooksLike(t) {
			p.Found(DMARCMisplaced, p.Domain, map[string]any{"at": p.Name(), "record": visible.Clip(t, 500), "reason": "apex"},
				diag.Said(apex))
			return
		}
	}
}

// reportNoDMARC tells a record that is missing from one that stands in the wrong place, or above the domain and void
// there.
func reportNoDMARC(ctx context.Context, p *view.Pass, steps []dmarcStep) (meant []MeantText, err error) {
	for i := range steps[1:] {
		if s := &steps[i+1]; s.err == nil && !isPublicSuffix(s.name) {
			s.judge(p)
		}
	}
	if view.Reported(p) {
		return nil, nil
	}
	at := ""
	for _, e := range p.TextsTwice(ctx, "_dmarc", dmarc.LooksLike) {
		at = cmp.Or(at, e.At)
		p.Found(DMARCMisplaced, p.Domain, e.Args("_dmarc."+p.Name()), e.Said)
		meant = append(meant, meantTexts(e.Answer, "dmarc")...)
	}
	for _, name := range []string{"dmarc." + p.Domain, "_dmarc.www." + p.Domain} {
		a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
		if err != nil {
			continue
		}
		meant = append(meant, meantTexts(a, "dmarc")...)
		for _, t := range a.TXT() {
			if dmarc.Resembles(t) {
				p.Found(DMARCMisplaced, p.Domain,
					map[string]any{"at": strings.TrimSuffix(name, "."), "record": visible.Clip(t, 500), "reason": "other-name"},
					diag.Said(a))
			}
		}
	}
	args := view.WithMisplaced(map[string]any{}, at)
	maps.Copy(args, p.AliasArgs(ctx, steps[0].answer))
	p.Found(DMARCNone, "_dmarc."+p.Domain, args, diag.Said(steps[0].answer))
	return meant, nil
}

// isPublicSuffix reports a name under which others register theirs.
func isPublicSuffix(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	return suffix == name
}

// reportPSD tells of a record that claims to be that of a public suffix, though the name is none: its subdomains then
// count as domains of others, and take over neither its policy nor its alignment (RFC 9989 4.7, 4.10.2).
func reportPSD(p *view.Pass, r *dmarc.Record, from string, said diag.Evidence) {
	if r.PSD == "y" && !isPublicSuffix(from) {
		p.Found(DMARCPSDClaimed, "_dmarc."+from, map[string]any{"from": from, "record": visible.Clip(r.Text, 500)}, said)
	}
}

// verdict is the record that applies to the domain, and by which of its tags.
type verdict struct {
	record    *dmarc.Record
	from      string
	inherited bool
	org       bool   // the domain is the organisational domain: only there sp and np have a meaning (RFC 9989 4.7)
	tag       string // p, sp or np
	stated    string // its value; empty: unusable
}

// reportPolicy looks at what the record asks receivers to do.
func reportPolicy(ctx context.Context, p *view.Pass, v verdict, policy string, said diag.Evidence) {
	r := v.record
	args := func(more map[string]any) map[string]any {
		more["record"] = visible.Clip(r.Text, 500)
		return more
	}
	subject := "_dmarc." + p.Domain
	switch stated := r.Stated(v.stated); {
	case stated == dmarc.None:
		more := map[string]any{"term": v.tag + "=none", "void": r.Void}
		if v.inherited {
			more["from"] = v.from
		}
		p.Found(DMARCPolicyNone, subject, args(more), said)
	case r.Testing && stated != "":
		severity := diag.Notice
		if policy == dmarc.None {
			severity = diag.Warning
		}
		p.FoundAs(severity, DMARCTesting, subject,
			args(map[string]any{"term": v.tag + "=" + v.stated, "policy": stated, "acts": policy, "from": v.from}), said)
	}
	if v.inherited {
		return
	}
	if v.org && !r.Void && r.Policy != dmarc.None {
		for tag, value := range map[string]string{"sp": r.ForSubdomains(), "np": r.ForNonexistent()} {
			if value == dmarc.None && (tag == "sp" || r.Sub != dmarc.None) {
				p.Found(DMARCSubdomainNone, subject, args(map[string]any{"policy": r.Policy, "tag": tag}), said)
			}
		}
	}
	// pct=0 beside t=y is no slip: receivers of RFC 7489 read the one, those of RFC 9989 the other, and both act alike.
	paired := r.Testing && r.Percent == 0
	removed := slices.DeleteFunc(slices.Clone(r.Removed), func(tag string) bool { return paired && tag == "pct" })
	if len(removed) > 0 {
		p.Found(DMARCRemovedTag, subject, args(map[string]any{"tags": removed}), said)
	}
	if r.Percent < 100 && !paired {
		p.Found(DMARCPartial, subject, args(map[string]any{"percent": r.Percent}), said)
	}
	noURI := slices.ContainsFunc(r.Faults, func(f taglist.Fault) bool { return f.Tag == "rua" }) // said already
	if len(r.Faults) > 0 {
		// It may be there, hidden by a slip.
		noURI = noURI || dmarc.Parse(dmarc.MendRecord(r.Text).Record).Has("rua")
	}
	if !r.Has("rua") && !noURI && !view.Parked(ctx, p) {
		p.Found(DMARCNoReports, subject, args(map[string]any{}), said)
	}
}

// reportUnsupported tells when a policy of reject or quarantine stands on nothing: neither SPF nor DKIM is there, so
// every mail fails.
func reportUnsupported(ctx context.Context, p *view.Pass, policy string, said diag.Evidence) {
	has := func(r *diag.Result, codes ...diag.Code) bool {
		return slices.ContainsFunc(r.Findings, func(f diag.Finding) bool { return slices.Contains(codes, f.Code) })
	}
	s, k := p.Await(ctx, SPF), p.Await(ctx, DKIM)
	if s == nil || k == nil || s.Status == diag.Unknown || k.Status == diag.Unknown || s.Status == diag.Skipped ||
		k.Status == diag.Skipped {
		return
	}
	facts, ok := diag.FactsOf[DKIMFacts](k)
	if ok && len(facts.Keys) == 0 && !facts.Wildcard && has(s, SPFNone.Code) &&
		has(k, DKIMNoneFound.Code, DKIMSelectorMissing.Code) {
		p.Found(DMARCUnsupported, "_dmarc."+p.Domain, map[string]any{"policy": policy}, said)
	}
}
