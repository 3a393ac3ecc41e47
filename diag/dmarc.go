package diag

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/diag/dmarc"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// DMARC finds the DMARC record that applies to the domain and examines it (RFC 7489, RFC 9989).
var DMARC = &Check{
	Name: "dmarc", HiddenBy: deadDelegation, Run: checkDMARC, Uses: []*Check{SPF, DKIM},
	Codes: []Spec{
		{"dmarc.none", Error}, {"dmarc.multiple", Error}, {"dmarc.syntax", Error}, {"dmarc.policy-none", Warning}, {"dmarc.subdomain-none", Warning},
		{"dmarc.no-reports", Notice}, {"dmarc.report-unauthorized", Warning}, {"dmarc.report-undeliverable", Warning}, {"dmarc.misplaced", Warning},
		{"dmarc.removed-tag", Notice}, {"dmarc.partial", Notice}, {"dmarc.inherited", Info}, {"dmarc.unsupported", Error},
	},
}

// DMARCFacts is what the dmarc check learned. From is the name whose record applies; Asked the names of the tree walk.
type DMARCFacts struct {
	Record string   `json:"record"`
	From   string   `json:"from"`
	Policy string   `json:"policy"` // as it applies to the domain
	RUA    []string `json:"rua"`
	Asked  []string `json:"asked"`
}

func checkDMARC(ctx context.Context, p *Pass) (any, error) {
	walk := dmarc.Names(p.name())
	answers := make([]*resolve.Answer, len(walk))
	errs := make([]error, len(walk))
	var apex *resolve.Answer
	var wg guarded.Group
	for i, name := range walk {
		wg.Go(func() { answers[i], errs[i] = p.DNS.Lookup(ctx, "_dmarc."+name+".", dns.TypeTXT) })
	}
	wg.Go(func() { apex, _ = p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT) })
	wg.Wait()
	facts := DMARCFacts{RUA: []string{}, Asked: []string{}}
	steps := make([]dmarc.Step, len(walk))
	for i, name := range walk {
		facts.Asked = append(facts.Asked, "_dmarc."+name)
		steps[i] = dmarc.Step{Domain: name, Err: errs[i]}
		if errs[i] == nil {
			steps[i].Record = readDMARC(p, name, answers[i], i == 0)
		}
	}
	reportMisplaced(p, apex)
	if errs[0] != nil {
		return facts, errs[0]
	}
	if steps[0].Record == nil && reported(p) {
		return facts, nil // there is one, and what is wrong with it is said
	}
	choice := dmarc.Choose(steps)
	switch {
	case choice.Record == nil && choice.Err != nil:
		return facts, choice.Err
	case choice.Record == nil:
		return facts, reportNoDMARC(ctx, p, answers[0])
	}
	r, at := choice.Record, slices.Index(walk, choice.From)
	if at > 0 {
		p.Found("dmarc.inherited", p.Domain, map[string]any{"from": choice.From, "record": clip(r.Text, 500)}, Said(answers[at]))
	}
	facts.Record, facts.From, facts.Policy = r.Text, choice.From, r.Effective(r.Policy)
	if at > 0 {
		facts.Policy = r.Effective(r.ForSubdomains())
	}
	for _, u := range r.RUA {
		facts.RUA = append(facts.RUA, u.Mailbox)
	}
	said := Said(answers[at])
	reportPolicy(ctx, p, r, at > 0, facts.Policy, said)
	err := reportReports(ctx, p, r, walk[at], said)
	if facts.Policy == "quarantine" || facts.Policy == "reject" {
		reportUnsupported(ctx, p, facts.Policy, said)
	}
	return facts, err
}

// readDMARC is the one record at a name, or nil. What is wrong there is reported when it is the domain's own name.
func readDMARC(p *Pass, name string, a *resolve.Answer, own bool) *dmarc.Record {
	var texts []string
	for _, t := range a.TXT() {
		if dmarc.IsRecord(t) {
			texts = append(texts, t)
		}
	}
	subject := "_dmarc." + name
	switch {
	case len(texts) > 1:
		if own {
			p.Found("dmarc.multiple", subject, map[string]any{"count": len(texts), "records": clipAll(texts)}, Said(a))
		}
		return nil
	case len(texts) == 0:
		for _, t := range a.TXT() {
			mended, reason := dmarc.Mended(t)
			if mended == "" || !own {
				continue
			}
			args := map[string]any{"at": subject, "term": clip(t, 60), "position": 0, "reason": reason, "record": clip(t, 500), "suggestion": clip(mended, 500)}
			if reason == "leading-space" || reason == "quoted" {
				p.Found("dmarc.misplaced", subject, args, Said(a))
			} else {
				p.Found("dmarc.syntax", subject, args, Said(a))
			}
		}
		return nil
	}
	r := dmarc.Parse(texts[0])
	for _, f := range r.Faults {
		if own && f.Reason != "unknown-tag" { // receivers pass over what they do not know (RFC 9989 4.8)
			p.Found("dmarc.syntax", subject, map[string]any{
				"term": clip(f.Term, 200), "position": f.Pos, "reason": f.Reason, "suggestion": clip(f.Suggestion, 200), "record": clip(texts[0], 500),
			}, Said(a))
		}
	}
	return r
}

// looksLikeDMARC reports whether a text is a DMARC record, or was meant to be one.
func looksLikeDMARC(text string) bool {
	mended, _ := dmarc.Mended(text)
	return mended != "" || dmarc.IsRecord(text)
}

// reportMisplaced looks for a DMARC record at the domain itself.
func reportMisplaced(p *Pass, apex *resolve.Answer) {
	if apex == nil {
		return
	}
	for _, t := range apex.TXT() {
		if looksLikeDMARC(t) {
			p.Found("dmarc.misplaced", p.Domain, map[string]any{"at": p.name(), "record": clip(t, 500), "reason": "apex"}, Said(apex))
			return
		}
	}
}

// reportNoDMARC looks under the names where a DMARC record is put by mistake.
func reportNoDMARC(ctx context.Context, p *Pass, said *resolve.Answer) error {
	for _, name := range []string{"_dmarc." + p.name() + "." + p.Domain, "dmarc." + p.Domain, "_dmarc.www." + p.Domain} {
		a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
		if err != nil {
			continue
		}
		for _, t := range a.TXT() {
			if looksLikeDMARC(t) {
				p.Found("dmarc.misplaced", p.Domain, map[string]any{"at": strings.TrimSuffix(name, "."), "record": clip(t, 500), "reason": "other-name"}, Said(a))
			}
		}
	}
	p.Found("dmarc.none", "_dmarc."+p.Domain, map[string]any{}, Said(said))
	return nil
}

// reportPolicy looks at what the record asks receivers to do.
func reportPolicy(ctx context.Context, p *Pass, r *dmarc.Record, inherited bool, policy string, said Evidence) {
	args := func(more map[string]any) map[string]any {
		more["record"] = clip(r.Text, 500)
		return more
	}
	subject := "_dmarc." + p.Domain
	if policy == "none" {
		p.Found("dmarc.policy-none", subject, args(map[string]any{}), said)
	}
	if inherited {
		return
	}
	if r.Sub == "none" && r.Policy != "none" && r.Policy != "" {
		p.Found("dmarc.subdomain-none", subject, args(map[string]any{"policy": r.Policy}), said)
	}
	if len(r.Removed) > 0 {
		p.Found("dmarc.removed-tag", subject, args(map[string]any{"tags": r.Removed}), said)
	}
	if r.Percent < 100 {
		p.Found("dmarc.partial", subject, args(map[string]any{"percent": r.Percent}), said)
	}
	if _, has := r.Tags.Get("rua"); !has && !parked(ctx, p) {
		p.Found("dmarc.no-reports", subject, args(map[string]any{}), said)
	}
}

// reportReports looks whether the addresses for reports agreed to get them, and can (RFC 7489 7.1, RFC 9990 4).
func reportReports(ctx context.Context, p *Pass, r *dmarc.Record, from string, said Evidence) error {
	var domains []string
	for _, u := range slices.Concat(r.RUA, r.RUF) {
		if u.Domain != "" && !slices.Contains(domains, u.Domain) {
			domains = append(domains, u.Domain)
		}
	}
	errs := make([]error, 2*len(domains))
	var wg guarded.Group
	for i, d := range domains {
		if registrableOf(d) != registrableOf(from) {
			wg.Go(func() { errs[2*i] = reportAuthorised(ctx, p, from, d, said) })
		}
		wg.Go(func() { errs[2*i+1] = reportDeliverable(ctx, p, d, said) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func reportAuthorised(ctx context.Context, p *Pass, from, to string, said Evidence) error {
	name := from + "._report._dmarc." + to
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(a.TXT(), dmarc.IsRecord) {
		p.Found("dmarc.report-unauthorized", "_dmarc."+p.Domain, map[string]any{"to": to, "name": name}, said, Said(a))
	}
	return nil
}

func reportDeliverable(ctx context.Context, p *Pass, to string, said Evidence) error {
	mx, err := p.DNS.Lookup(ctx, to, dns.TypeMX)
	if err != nil {
		return err
	}
	evidence := []Evidence{said, Said(mx)}
	if len(mx.Records()) > 0 && !onlyNullMX(mx) {
		return nil
	}
	if !onlyNullMX(mx) {
		addrs, answers, err := p.DNS.Addrs(ctx, to)
		if len(addrs) > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		evidence = append(evidence, saidAll(answers)...)
	}
	p.Found("dmarc.report-undeliverable", "_dmarc."+p.Domain, map[string]any{"to": to, "null_mx": onlyNullMX(mx)}, evidence...)
	return nil
}

// reportUnsupported tells when a policy of reject or quarantine stands on nothing: neither SPF nor DKIM is there, so every mail fails.
func reportUnsupported(ctx context.Context, p *Pass, policy string, said Evidence) {
	has := func(r *Result, codes ...Code) bool {
		return slices.ContainsFunc(r.Findings, func(f Finding) bool { return slices.Contains(codes, f.Code) })
	}
	s, k := p.Await(ctx, SPF), p.Await(ctx, DKIM)
	if s == nil || k == nil || s.Status == Unknown || k.Status == Unknown || s.Status == Skipped || k.Status == Skipped {
		return
	}
	facts, ok := k.Facts.(DKIMFacts)
	if ok && len(facts.Keys) == 0 && !facts.Wildcard && has(s, "spf.none") && has(k, "dkim.none-found", "dkim.selector-missing") {
		p.Found("dmarc.unsupported", "_dmarc."+p.Domain, map[string]any{"policy": policy}, said)
	}
}
