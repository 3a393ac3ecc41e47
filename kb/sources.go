package kb

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/outbound"
	"signpost/diag/gate"
	"signpost/reports"

	"golang.org/x/text/language"
)

// Traces is what is known of a source of mail.
type Traces struct {
	Domain    string   // that it sends as
	Term      string   // the term of the domain's SPF record that lists it
	MailFroms []string // domains for which SPF passes
	Hosts     []string // names that lead back to the address
	Signers   []string // domains of its signatures that hold
}

// Sender names a source: the provider whose servers it is one of, or else the domain that it belongs to. What is
// known of the address itself comes before signatures, which mail keeps when it is sent on.
func (b *Base) Sender(address string, t Traces) reports.Label {
	if include, ok := strings.CutPrefix(strings.TrimLeft(t.Term, "+"), "include:"); ok {
		for _, p := range b.providers {
			if slices.Contains(p.SPFIncludes, strings.ToLower(strings.TrimSuffix(include, "."))) {
				return reports.Label{Kind: "provider", ID: p.ID, By: "spf"}
			}
		}
	}
	own := reports.Organization(t.Domain)
	strangers := func(names []string) []string {
		return slices.DeleteFunc(
			slices.Clone(names),
			func(n string) bool { return n == "" || reports.Organization(n) == own },
		)
	}
	known := b.sendingDomains()
	ways := []struct {
		by    string
		names []string
	}{{"spf", strangers(t.MailFroms)}, {"ptr", strangers(t.Hosts)}, {"dkim", strangers(t.Signers)}}
	for _, w := range ways {
		for _, name := range w.names {
			if w.by == "ptr" {
				for _, f := range b.fingerprints {
					for _, re := range f.MX {
						if re.MatchString(name) || re.MatchString(name+".") {
							return reports.Label{Kind: "provider", ID: f.ID, By: w.by}
						}
					}
				}
			}
			if id := under(known, name); id != "" {
				return reports.Label{Kind: "provider", ID: id, By: w.by}
			}
		}
	}
	if len(t.Hosts) > 0 && len(strangers(t.Hosts)) == 0 {
		return reports.Label{Kind: "name", ID: own, By: "ptr"}
	}
	if t.Term != "" && !strings.Contains(t.Term, "include:") && !strings.HasSuffix(t.Term, "all") { // by its address
		return reports.Label{Kind: "name", ID: own, By: "spf"}
	}
	for _, w := range []int{1, 0, 2} {
		if names := ways[w].names; len(names) > 0 {
			return reports.Label{Kind: "name", ID: reports.Organization(names[0]), By: ways[w].by}
		}
	}
	return reports.Label{Kind: "address", ID: address}
}

// under is whose domain a name is, or is below of.
func under(known map[string]string, name string) string {
	for name = strings.ToLower(name); name != ""; _, name, _ = strings.Cut(name, ".") {
		if id := known[name]; id != "" {
			return id
		}
	}
	return ""
}

// sendingDomains is the domains that sending hosts of providers belong to, by what their SPF records are published
// under, and by their own lists. Where several share one, a service that sends for others goes first; what two of one
// role share names neither.
func (b *Base) sendingDomains() map[string]string {
	type claim struct {
		id, role string
		shared   bool
	}
	claims := map[string]claim{}
	put := func(name string, p Provider) {
		old, taken := claims[name]
		switch {
		case !taken || old.role != "sender" && p.Role == "sender":
			claims[name] = claim{id: p.ID, role: p.Role}
		case old.id != p.ID && old.role == p.Role:
			old.shared = true
			claims[name] = old
		}
	}
	for _, p := range b.providers {
		for _, include := range p.SPFIncludes {
			name := include
			for ofService(name) {
				_, name, _ = strings.Cut(name, ".")
			}
			put(name, p)
			if org := reports.Organization(name); org != name {
				put(org, p)
			}
		}
		for _, name := range p.SenderDomains {
			put(name, p)
		}
	}
	out := map[string]string{}
	for name, c := range claims {
		if !c.shared {
			out[name] = c.id
		}
	}
	return out
}

// ofService reports that the first label of a name only says that an SPF record stands there.
func ofService(name string) bool {
	first, rest, _ := strings.Cut(name, ".")
	return strings.Contains(rest, ".") && (strings.HasPrefix(first, "_") || strings.HasPrefix(first, "spf"))
}

// ReportText is a sentence about reports: "standing.passes", "remedy.spf-add".
func (b *Base) ReportText(lang language.Tag, id string, args map[string]any) string {
	return b.texts.Text(lang, "report."+id, args)
}

// HasReportText reports whether there is such a sentence.
func (b *Base) HasReportText(id string) bool { return b.texts.Has("report." + id) }

// PolicyStep is the conclusion of a run that tries one record: the domain's own DMARC record with a stricter policy,
// which its reports have shown to be safe. The finding dmarc.policy-none has the record then, or the reason why there
// is none.
func (b *Base) PolicyStep(policy string) func(context.Context, *diag.Trial) {
	return func(ctx context.Context, t *diag.Trial) {
		for i := range t.Report.Results {
			res := &t.Report.Results[i]
			if res.Check != outbound.DMARC.Name || res.Status == diag.Unknown || res.Status == diag.Skipped {
				continue
			}
			code := outbound.DMARCPolicyNone.Code
			if !slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Code == code }) {
				res.Findings = append(
					res.Findings,
					diag.Finding{Code: code, Severity: diag.Info, Subject: t.Report.Domain, Args: map[string]any{}},
				)
			}
		}
		gate.Conclusion(func(r *diag.Report) []gate.Proposal { return b.policyTries(r, policy) })(ctx, t)
	}
}

// policyTries is the record with the policy.
func (b *Base) policyTries(r *diag.Report, policy string) []gate.Proposal {
	p := proposer{Base: b, report: r, found: map[diag.Code][]*diag.Finding{}}
	for i := range r.Results {
		for j := range r.Results[i].Findings {
			f := &r.Results[i].Findings[j]
			p.found[f.Code] = append(p.found[f.Code], f)
		}
	}
	found := p.of(outbound.DMARCPolicyNone.Code)
	own, _ := p.meantDMARC()
	if len(found) == 0 {
		return nil
	}
	if len(own) != 1 || own[0].Record == "" {
		return []gate.Proposal{{none(gate.NoteMeaning, map[string]any{"term": ""}, found...)}}
	}
	list := tags(own[0].Record).with("p", policy)
	return []gate.Proposal{
		{{For: found, Records: []Record{textRecord("_dmarc."+r.Domain, list.String())}, Notes: saidOf(own[0])}},
	}
}

// Notes is what a finding's notes say in words: what is remarkable about its records, or why there are none.
func (b *Base) Notes(lang language.Tag, r *diag.Report, f diag.Finding) []string {
	return b.notes(lang, r, f)
}
