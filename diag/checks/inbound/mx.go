package inbound

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// MX examines where mail for the domain goes: its MX records, what their targets resolve to, and whether they are a
// known provider's in the way that the provider publishes them.
var MX = &diag.Check{
	Name:      "mx",
	HiddenBy:  []diag.Code{authority.DelegationNXDomain.Code, authority.DelegationBroken.Code},
	SkippedBy: []diag.Code{view.ZoneCNAMEApex.Code},
	Codes: []diag.Kind{
		MXNone, MXImplicit, MXNull, MXNullWithOthers, MXNullButSends,
		MXTargetUnresolvable, MXTargetCNAME, MXTargetIP, MXTargetPrivate,
		MXRelativeName, MXMixedProviders, MXProviderIncomplete, MXProviderRetired,
		MXDuplicate, MXSingle, MXOwnershipRecord, MXMisplaced, MXInDispute,
		MXIPv6Only, MXNullPreference, MXTargetMalformed,
	},
	Run:       view.With(runMX),
	DecidedBy: diag.Touched.Mail,
}

// MXFacts is where mail for the domain goes. Implicit: there is no MX, and mail goes to the name's own address (RFC
// 5321 5.1). Null: the domain says that it receives none (RFC 7505).
type MXFacts struct {
	Hosts    []MXHostFacts `json:"hosts"`
	Implicit bool          `json:"implicit,omitempty"`
	Null     bool          `json:"null,omitempty"`
	// The domain's servers give different answers: nothing is built on either.
	Disputed bool `json:"disputed,omitempty"`
	Omitted  int  `json:"omitted,omitempty"` // hosts beyond the first maxMX, not examined
}

// MXHostFacts is one target, without its final dot. Provider is empty where it is nobody's that is known.
type MXHostFacts struct {
	Host       string   `json:"host"`
	Preference uint16   `json:"preference"`
	Addresses  []string `json:"addresses,omitempty"`
	Provider   string   `json:"provider,omitempty"`
}

func runMX(ctx context.Context, p *view.Pass) (any, error) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return nil, err
	}
	listed, null := view.ReadMX(a)
	targets := make([]*mxTarget, len(listed))
	for i, t := range listed {
		targets[i] = &mxTarget{Target: t}
	}
	facts := &MXFacts{Omitted: max(0, len(targets)-view.MaxMX)}
	var wg guarded.Group
	for i, t := range targets[:min(len(targets), view.MaxMX)] {
		targets[i].Recognise(p.Providers)
		if !t.Literal.IsValid() && !t.Ownership {
			wg.Go(func() { t.look(ctx, p) })
		}
	}
	d := authority.DisputedMX(ctx, p)
	wg.Wait()
	if d != nil {
		p.Found(MXInDispute, p.Domain, d.Args(), d.Evidence...)
		return &MXFacts{Hosts: []MXHostFacts{}, Disputed: true}, nil
	}
	switch {
	case len(targets) == 0 && !null:
		if err := view.HiddenByAlias(ctx, p, a); err != nil {
			return &MXFacts{Hosts: []MXHostFacts{}}, err
		}
		return implicitMX(ctx, p, a)
	case len(targets) == 0:
		return &MXFacts{Hosts: []MXHostFacts{}, Null: true}, judgeNullMX(ctx, p, a)
	case null:
		txt, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
		sends := err == nil && slices.ContainsFunc(txt.TXT(), view.Authorises)
		p.Found(MXNullWithOthers, p.Domain, map[string]any{"hosts": hosts(targets), "sends": sends}, diag.Said(a))
	}
	if facts.Omitted > 0 {
		p.LeftOut(view.MaxMX, "mail hosts")
	}
	targets = targets[:min(len(targets), view.MaxMX)]
	if ctx.Err() != nil {
		return nil, fmt.Errorf("diag: MX targets not all looked up in time: %w", ctx.Err())
	}
	said := diag.Said(a)
	failed := judgeTargets(ctx, p, targets, said)
	judgeFamilies(p, targets, said)
	judgeProviders(p, targets, said)
	facts.Hosts = mxFacts(targets)
	return facts, failed
}

// implicitMX judges a domain without MX: mail goes to its own address, if it has one.
func implicitMX(ctx context.Context, p *view.Pass, a *resolve.Answer) (any, error) {
	facts := &MXFacts{Hosts: []MXHostFacts{}}
	args := view.WithMisplaced(map[string]any{}, misplacedMX(ctx, p, diag.Said(a)))
	maps.Copy(args, p.AliasArgs(ctx, a))
	if a.NXDomain() {
		args["reason"] = "nxdomain"
		p.Found(MXNone, p.Domain, args, diag.Said(a))
		return facts, nil
	}
	addrs, answers, err := p.DNS.Addrs(ctx, p.Domain)
	evidence := view.SaidAll(answers, diag.Said(a))
	switch {
	case len(addrs) > 0:
		facts.Implicit = true
		facts.Hosts = []MXHostFacts{{Host: view.Shown(p.Domain), Addresses: view.Texts(addrs)}}
		args["addresses"] = view.Texts(addrs)
		if view.Parked(ctx, p) {
			args["sends_nothing"] = true
		}
		p.Found(MXImplicit, p.Domain, args, evidence...)
		if err == nil {
			judgeFamilies(p, []*mxTarget{{Target: &view.Target{Host: p.Domain}, addrs: addrs, answers: answers}}, diag.Said(a))
		}
		if err == nil && !slices.ContainsFunc(addrs, view.Routable) {
			p.Found(MXTargetPrivate, p.Domain, map[string]any{"host": view.Shown(p.Domain), "addresses": view.Texts(addrs)},
				evidence...)
		}
	case err != nil:
		return facts, err
	case view.Parked(ctx, p): // nothing is lost: a null MX would only say it at once (RFC 7505)
		p.FoundAs(diag.Notice, MXNone, p.Domain, map[string]any{"reason": "nodata", "sends_nothing": true}, evidence...)
	default:
		args["reason"] = "nodata"
		p.Found(MXNone, p.Domain, args, evidence...)
	}
	return facts, nil
}

// judgeNullMX judges a domain that receives no mail: it should send none either (RFC 7505 4.2).
func judgeNullMX(ctx context.Context, p *view.Pass, a *resolve.Answer) error {
	p.Found(MXNull, p.Domain, nil, diag.Said(a))
	judgeNullPreference(p, a)
	txt, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	if err != nil {
		return err
	}
	for _, record := range txt.TXT() {
		if view.Authorises(record) {
			p.Found(MXNullButSends, p.Domain, map[string]any{"record": record}, diag.Said(a), diag.Said(txt))
			break
		}
	}
	return nil
}

// look resolves the target. Where its name ends in the domain's own and a part of it is a name in its own right, the
// zone's name was appended because the final dot is missing.
func (t *mxTarget) look(ctx context.Context, p *view.Pass) {
	t.addrs, t.answers, t.err = p.DNS.Addrs(ctx, t.Host)
	if t.misread(ctx, p); t.malformed {
		return
	}
	for zone := p.Domain; ; zone = view.ParentOf(zone) {
		if cut, ok := strings.CutSuffix(t.Host, "."+zone); ok && strings.Contains(cut, ".") {
			if len(view.ProvidersOf(cut, p.Providers)) > 0 || (t.unresolvable() && view.Resolves(ctx, p, cut+".")) {
				t.meant = cut
				return
			}
		}
		if zone == view.RegistrableOf(p.Domain) || zone == "." {
			return
		}
	}
}

// dead reports that the target is known to take no mail.
func (t *mxTarget) dead() bool {
	if t.Literal.IsValid() || t.Ownership || t.meant != "" || t.malformed || view.IsLocal(t.Host) || deadZone(t.err) {
		return true
	}
	return t.err == nil && !slices.ContainsFunc(t.addrs, view.Routable)
}

// judgeTargets reports what is wrong with each target. The error names those that could not be looked up.
func judgeTargets(ctx context.Context, p *view.Pass, targets []*mxTarget, said diag.Evidence) error {
	sev := diag.Warning // another target works, or may
	if !slices.ContainsFunc(targets, func(t *mxTarget) bool { return !t.dead() }) {
		sev = diag.Error
	}
	nothing := len(targets) == 1 && view.SaysNothing(ctx, p)
	var failed []string
	var first error
	for _, t := range targets {
		host := view.Shown(t.Host)
		args := map[string]any{"host": host, "preference": int(t.Prefs[0])}
		evidence := view.SaidAll(t.answers, said)
		if len(t.Prefs) > 1 {
			p.Found(MXDuplicate, t.Host, map[string]any{"host": host, "times": len(t.Prefs)}, said)
		}
		switch {
		case t.Literal.IsValid():
			p.Found(MXTargetIP, t.Host, args, said)
			continue
		case t.Ownership:
			p.Found(MXOwnershipRecord, t.Host, args, said)
			if sev == diag.Error && len(targets) == 1 {
				p.Found(MXTargetUnresolvable, t.Host, args, said) // nothing else takes the mail
			}
			continue
		case t.malformed:
			args["meant"], args["label"], args["null"] = t.meant, t.short, t.short && nothing && digits(t.Host)
			p.Found(MXTargetMalformed, t.Host, args, evidence...)
			continue
		case view.IsLocal(t.Host) && len(t.addrs) == 0:
			p.FoundAs(sev, MXTargetPrivate, t.Host, map[string]any{"host": host, "addresses": []string{}, "local": true},
				evidence...)
			continue
		case t.meant != "":
			p.Found(MXRelativeName, t.Host, map[string]any{"host": host, "meant": t.meant, "preference": int(t.Prefs[0])},
				evidence...)
			continue
		case t.unresolvable():
			args["reason"] = "nodata"
			if t.answers[0].NXDomain() {
				args["reason"] = "nxdomain"
			}
			p.FoundAs(sev, MXTargetUnresolvable, t.Host, args, evidence...)
		case len(t.addrs) > 0 && t.dead():
			p.Found(MXTargetPrivate, t.Host, map[string]any{"host": host, "addresses": view.Texts(t.addrs)}, evidence...)
		case len(t.addrs) == 0 && deadZone(t.err):
			args["reason"], args["dead"] = "dead-zone", true
			p.FoundAs(sev, MXTargetUnresolvable, t.Host, args, append(evidence, diag.SaidNothing(t.err))...)
		case len(t.addrs) == 0:
			failed = append(failed, host)
			first = cmp.Or(first, t.err)
		}
		if alias := t.alias(); alias != "" {
			p.Found(MXTargetCNAME, t.Host, map[string]any{"host": host, "target": view.Shown(alias)}, evidence...)
		}
	}
	if len(targets) == 1 && len(targets[0].Providers) == 0 && !targets[0].dead() {
		p.Found(MXSingle, targets[0].Host, map[string]any{"host": view.Shown(targets[0].Host)}, said)
	}
	if len(failed) > 0 {
		return fmt.Errorf("diag: could not look up %s: %w", strings.Join(failed, ", "), first)
	}
	return nil
}

// alias is the end of the target's CNAME chain; empty where the target is no alias (RFC 2181 10.3).
func (t *mxTarget) alias() string {
	for _, a := range t.answers {
		if a != nil && len(a.Chain()) > 0 {
			return a.Final()
		}
	}
	return ""
}

func mxFacts(targets []*mxTarget) []MXHostFacts {
	out := make([]MXHostFacts, len(targets))
	for i, t := range targets {
		out[i] = MXHostFacts{Host: view.Shown(t.Host), Preference: t.Prefs[0], Addresses: view.Texts(t.addrs)}
		if len(t.Providers) > 0 {
			out[i].Provider = t.Providers[0].ID
		}
	}
	return out
}
