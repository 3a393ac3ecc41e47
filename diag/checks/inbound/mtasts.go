package inbound

import (
	"context"
	"crypto/x509"
	"errors"
	"maps"
	"mime"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/mtasts"
	"signpost/diag/protocol/txt"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// MTASTS finds the domain's MTA-STS record and policy, and holds its MX hosts against the policy (RFC 8461). Where
// either is void, or the policy cannot be fetched, senders deliver as if there were none (3.1, 3.3): that is no error,
// since mail arrives.
var MTASTS = &diag.Check{
	Name: "mtasts", HiddenBy: authority.DeadDelegation, Run: view.With(checkMTASTS),
	DecidedBy: func(t diag.Touched) bool { return t.Below("_mta-sts") || t.Hosts() && t.Mail() },
	Codes: []diag.Kind{
		MTASTSNone, MTASTSRecordSyntax, MTASTSMultiple, MTASTSPolicyUnreachable,
		MTASTSPolicyTLS, MTASTSPolicySyntax, MTASTSPolicyType, MTASTSMXMismatch,
		MTASTSTesting, MTASTSMaxAgeShort, MTASTSPolicyWithoutRecord, MTASTSMXUnused,
		MTASTSMisplaced, MTASTSCertExpiring,
	},
}

// What the check may find.
var (
	MTASTSNone                = diag.Kind{Code: "mtasts.none", Severity: diag.Info}
	MTASTSRecordSyntax        = diag.Kind{Code: "mtasts.record-syntax", Severity: diag.Warning}
	MTASTSMultiple            = diag.Kind{Code: "mtasts.multiple", Severity: diag.Warning}
	MTASTSPolicyUnreachable   = diag.Kind{Code: "mtasts.policy-unreachable", Severity: diag.Warning}
	MTASTSPolicyTLS           = diag.Kind{Code: "mtasts.policy-tls", Severity: diag.Warning}
	MTASTSPolicySyntax        = diag.Kind{Code: "mtasts.policy-syntax", Severity: diag.Warning}
	MTASTSPolicyType          = diag.Kind{Code: "mtasts.policy-type", Severity: diag.Warning}
	MTASTSMXMismatch          = diag.Kind{Code: "mtasts.mx-mismatch", Severity: diag.Error}
	MTASTSTesting             = diag.Kind{Code: "mtasts.testing", Severity: diag.Notice}
	MTASTSMaxAgeShort         = diag.Kind{Code: "mtasts.max-age-short", Severity: diag.Notice}
	MTASTSPolicyWithoutRecord = diag.Kind{Code: "mtasts.policy-without-record", Severity: diag.Warning}
	MTASTSMXUnused            = diag.Kind{Code: "mtasts.mx-unused", Severity: diag.Notice}
	MTASTSMisplaced           = diag.Kind{Code: "mtasts.misplaced", Severity: diag.Warning}
	MTASTSCertExpiring        = diag.Kind{Code: "mtasts.cert-expiring", Severity: diag.Notice}
)

// MTASTSFacts is what the mtasts check learned. MaxAge is in seconds; Policy the text of the file.
type MTASTSFacts struct {
	ID     string   `json:"id"`
	Mode   string   `json:"mode"`
	MaxAge int      `json:"max_age"`
	MX     []string `json:"mx"`
	Policy string   `json:"policy"`

	enforced bool // senders that heed the policy insist on it: record and policy are valid, and the mode is enforce

	certificate *x509.Certificate // of the policy's host
}

// Certificate is what the host of the policy showed; nil where it was not reached.
func (f *MTASTSFacts) Certificate() *x509.Certificate { return f.certificate }

const (
	maxPolicy   = 64 << 10 // octets (RFC 8461 3.3)
	goodMaxAge  = 7 * 86400
	policyPath  = "/.well-known/mta-sts.txt"
	PolicyLabel = "mta-sts."
)

func checkMTASTS(ctx context.Context, p *view.Pass) (any, error) {
	facts := &MTASTSFacts{MX: []string{}}
	a, err := p.DNS.Lookup(ctx, "_mta-sts."+p.Domain, dns.TypeTXT)
	if err != nil {
		return facts, err
	}
	name := "_mta-sts." + p.Domain
	var records []string
	meant := ""
	for _, t := range a.TXT() {
		if mtasts.IsRecord(t) {
			records = append(records, t)
		} else if meant == "" && mtasts.Meant(t) {
			meant = t
		}
	}
	switch {
	case len(records) > 1:
		p.Found(MTASTSMultiple, name, map[string]any{"count": len(records), "records": visible.ClipAll(records)},
			diag.Said(a))
		return facts, nil
	case len(records) == 0 && meant != "":
		records = []string{meant}
	case len(records) == 0:
		return facts, policyAlone(ctx, p, a)
	}
	var faults []mtasts.Fault
	facts.ID, faults = mtasts.ParseRecord(records[0])
	for _, f := range faults {
		p.FoundAs(weight(f), MTASTSRecordSyntax, name, map[string]any{
			"term": visible.Clip(f.Term, 200), "position": f.Pos, "reason": f.Reason, "suggestion": f.Suggestion,
			"record": visible.Clip(records[0], 500),
		}, diag.Said(a))
	}
	page, err := p.Fetch(ctx, PolicyLabel+p.Name(), policyPath, maxPolicy)
	var web *view.WebError
	switch {
	case errors.As(err, &web):
		args := map[string]any{"host": PolicyLabel + p.Name(), "reason": web.Stage, "detail": visible.Clip(web.Detail, 200)}
		if web.Stage == "tls" {
			args["reason"] = web.Detail
			p.Found(MTASTSPolicyTLS, PolicyLabel+p.Domain, args, diag.Said(a), web.Said)
		} else {
			p.Found(MTASTSPolicyUnreachable, PolicyLabel+p.Domain, args, diag.Said(a), web.Said)
		}
		return facts, nil
	case err != nil:
		return facts, err
	}
	return facts, judgePolicy(ctx, p, facts, page, mtasts.Void(faults))
}

// weight is how much a fault matters: what voids the record or the policy, or what readers pass over.
func weight(f mtasts.Fault) diag.Severity {
	if f.Harmless {
		return diag.Notice
	}
	return diag.Warning
}

// policyAlone judges a domain without a record: a policy that nobody finds is a slip.
func policyAlone(ctx context.Context, p *view.Pass, a *resolve.Answer) error {
	sought := view.Expected{Label: "_mta-sts", Is: txt.Begins("v=stsv1"), None: MTASTSNone, Misplaced: MTASTSMisplaced,
		Near: []string{"mta-sts", "_mta_sts", "_mtasts"}}
	if p.FoundElsewhere(ctx, sought, a) {
		return nil // that is why nobody finds it
	}
	if host, err := p.DNS.Lookup(ctx, PolicyLabel+p.Domain, dns.TypeA); a.Empty() && err == nil && len(host.Addrs()) > 0 {
		if page, err := p.Fetch(ctx, PolicyLabel+p.Name(), policyPath, maxPolicy); err == nil &&
			strings.Contains(string(page.Body), "STSv1") {
			args := map[string]any{"host": PolicyLabel + p.Name()}
			maps.Copy(args, p.AliasArgs(ctx, a))
			p.Found(MTASTSPolicyWithoutRecord, "_mta-sts."+p.Domain, args, diag.Said(a), page.Said)
			return nil
		}
	}
	p.Missing(ctx, sought, a)
	return nil
}

// judgePolicy judges a policy that was fetched. Void: the record that leads to it is, so that nobody fetches it.
func judgePolicy(ctx context.Context, p *view.Pass, facts *MTASTSFacts, got *view.Page, void bool) error {
	subject := PolicyLabel + p.Domain
	facts.certificate = got.Certificate
	if c := got.Certificate; c != nil && view.EndsSoon(c, p.Now) {
		p.Found(MTASTSCertExpiring, subject, map[string]any{
			"host": PolicyLabel + p.Name(), "expires": c.NotAfter.UTC().Format(time.RFC3339),
			"days": view.DaysUntil(c.NotAfter, p.Now),
		}, got.Said)
	}
	policy := mtasts.ParsePolicy(string(got.Body))
	facts.Mode, facts.MaxAge, facts.Policy = policy.Mode, max(policy.MaxAge, 0),
		visible.Clip(visible.OneLine(string(got.Body)), 4000)
	facts.MX = append(facts.MX, policy.MX...)
	if kind, _, err := mime.ParseMediaType(got.Kind); err != nil || kind != "text/plain" {
		p.Found(MTASTSPolicyType, subject, map[string]any{"type": visible.Clip(got.Kind, 100)}, got.Said)
	}
	for _, f := range policy.Faults {
		p.FoundAs(weight(f), MTASTSPolicySyntax, subject, map[string]any{
			"term": f.Term, "line": f.Pos, "reason": f.Reason, "suggestion": f.Suggestion, "discarded": f.Harmless,
		}, got.Said)
	}
	facts.enforced = policy.Mode == "enforce" && !void && !mtasts.Void(policy.Faults)
	switch policy.Mode {
	case "none":
		return nil
	case "testing":
		p.Found(MTASTSTesting, subject, nil, got.Said)
	}
	if policy.MaxAge >= 0 && policy.MaxAge < goodMaxAge {
		p.Found(MTASTSMaxAgeShort, subject, map[string]any{"seconds": policy.MaxAge, "advised": goodMaxAge}, got.Said)
	}
	hosts, mx, err := view.MailHosts(ctx, p)
	if err != nil || len(policy.MX) == 0 || authority.DisputedMX(ctx, p) != nil {
		return err
	}
	var names, outside []string
	for _, h := range hosts {
		if names = append(names, h.Name); !policy.Matches(h.Name) {
			outside = append(outside, h.Name)
		}
	}
	if len(outside) > 0 && !mtasts.Void(policy.Faults) { // of a void policy nobody reads which hosts it allows
		severity := diag.Warning
		if facts.enforced {
			severity = diag.Error
		}
		p.FoundAs(severity, MTASTSMXMismatch, subject, map[string]any{
			"hosts": outside, "patterns": policy.MX, "mode": policy.Mode, "enforced": facts.enforced,
		}, got.Said, diag.Said(mx))
	}
	if unused := policy.Unused(names); len(unused) > 0 && len(outside) < len(hosts) {
		judgeUnused(p, unused, names, got.Said, diag.Said(mx))
	}
	return nil
}

// judgeUnused tells of patterns that allow hosts which are no MX: a leftover, and where they are others' hosts, a door:
// mail whose MX answer somebody forges to one of these is delivered there.
func judgeUnused(p *view.Pass, unused, hosts []string, said ...diag.Evidence) {
	known := map[string]bool{view.RegistrableOf(p.Domain): true}
	for _, h := range hosts {
		known[view.RegistrableOf(h+".")] = true
	}
	severity, foreign := diag.Notice, []string{}
	for _, m := range unused {
		if !known[view.RegistrableOf(strings.TrimPrefix(m, "*.")+".")] {
			severity, foreign = diag.Warning, append(foreign, m)
		}
	}
	p.FoundAs(severity, MTASTSMXUnused, PolicyLabel+p.Domain, map[string]any{"patterns": unused, "foreign": foreign},
		said...)
}
