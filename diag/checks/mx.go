package checks

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// MX examines where mail for the domain goes: its MX records, what their targets resolve to, and whether they are a known
// provider's in the way that the provider publishes them.
var MX = &diag.Check{
	Name:     "mx",
	HiddenBy: []diag.Code{DelegationNXDomain.Code, DelegationBroken.Code}, SkippedBy: []diag.Code{ZoneCNAMEApex.Code},
	Codes: []diag.Kind{
		MXNone, MXImplicit, MXNull, MXNullWithOthers, MXNullButSends,
		MXTargetUnresolvable, MXTargetCNAME, MXTargetIP, MXTargetPrivate,
		MXRelativeName, MXMixedProviders, MXProviderIncomplete, MXProviderRetired,
		MXDuplicate, MXSingle, MXOwnershipRecord, MXMisplaced, MXInDispute,
		MXIPv6Only, MXNullPreference,
	},
	Run:       with(runMX),
	DecidedBy: diag.Touched.Mail,
}

// What the check may find.
var (
	MXNone               = diag.Kind{Code: "mx.none", Severity: diag.Error}
	MXImplicit           = diag.Kind{Code: "mx.implicit", Severity: diag.Warning}
	MXNull               = diag.Kind{Code: "mx.null", Severity: diag.Info}
	MXNullWithOthers     = diag.Kind{Code: "mx.null-with-others", Severity: diag.Error}
	MXNullButSends       = diag.Kind{Code: "mx.null-but-sends", Severity: diag.Notice}
	MXTargetUnresolvable = diag.Kind{Code: "mx.target-unresolvable", Severity: diag.Error}
	MXTargetCNAME        = diag.Kind{Code: "mx.target-cname", Severity: diag.Warning}
	MXTargetIP           = diag.Kind{Code: "mx.target-ip", Severity: diag.Error}
	MXTargetPrivate      = diag.Kind{Code: "mx.target-private", Severity: diag.Error}
	MXRelativeName       = diag.Kind{Code: "mx.relative-name", Severity: diag.Error}
	MXMixedProviders     = diag.Kind{Code: "mx.mixed-providers", Severity: diag.Error}
	MXProviderIncomplete = diag.Kind{Code: "mx.provider-incomplete", Severity: diag.Notice}
	MXProviderRetired    = diag.Kind{Code: "mx.provider-retired", Severity: diag.Warning}
	MXDuplicate          = diag.Kind{Code: "mx.duplicate", Severity: diag.Notice}
	MXSingle             = diag.Kind{Code: "mx.single", Severity: diag.Info}
	MXOwnershipRecord    = diag.Kind{Code: "mx.ownership-record", Severity: diag.Notice}
	MXMisplaced          = diag.Kind{Code: "mx.misplaced", Severity: diag.Warning}
	MXInDispute          = diag.Kind{Code: "mx.in-dispute", Severity: diag.Notice}
	MXIPv6Only           = diag.Kind{Code: "mx.ipv6-only", Severity: diag.Warning}
	MXNullPreference     = diag.Kind{Code: "mx.null-preference", Severity: diag.Notice}
)

// MXFacts is where mail for the domain goes. Implicit: there is no MX, and mail goes to the name's own address (RFC 5321 5.1).
// Null: the domain says that it receives none (RFC 7505).
type MXFacts struct {
	Hosts    []MXHostFacts `json:"hosts"`
	Implicit bool          `json:"implicit,omitempty"`
	Null     bool          `json:"null,omitempty"`
	Disputed bool          `json:"disputed,omitempty"` // the domain's servers give different answers: nothing is built on either
	Omitted  int           `json:"omitted,omitempty"`  // hosts beyond the first maxMX, not examined
}

// MXHostFacts is one target, without its final dot. Provider is empty where it is nobody's that is known.
type MXHostFacts struct {
	Host       string   `json:"host"`
	Preference uint16   `json:"preference"`
	Addresses  []string `json:"addresses,omitempty"`
	Provider   string   `json:"provider,omitempty"`
}

const maxMX = 32 // targets of one domain that are examined

// mxTarget is one target and what its name resolves to.
type mxTarget struct {
	host      string // lower case, with its dot
	prefs     []uint16
	literal   netip.Addr // the target is an address
	ownership bool       // a leftover that proved ownership once; it was never meant to take mail
	meant     string     // the name without the zone's own, where that was appended by mistake
	addrs     []netip.Addr
	answers   []*resolve.Answer
	err       error
	providers []diag.Fingerprint
}

func runMX(ctx context.Context, p *pass) (any, error) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return nil, err
	}
	targets, null := readMX(a)
	facts := &MXFacts{Omitted: max(0, len(targets)-maxMX)}
	var wg guarded.Group
	for i, t := range targets[:min(len(targets), maxMX)] {
		targets[i].recognise(p.Providers)
		if !t.literal.IsValid() && !t.ownership {
			wg.Go(func() { t.look(ctx, p) })
		}
	}
	d := p.disputedMX(ctx)
	wg.Wait()
	if d != nil {
		p.Found(MXInDispute, p.Domain, d.args(), d.evidence...)
		return &MXFacts{Hosts: []MXHostFacts{}, Disputed: true}, nil
	}
	switch {
	case len(targets) == 0 && !null:
		if err := hiddenByAlias(ctx, p, a); err != nil {
			return &MXFacts{Hosts: []MXHostFacts{}}, err
		}
		return implicitMX(ctx, p, a)
	case len(targets) == 0:
		return &MXFacts{Hosts: []MXHostFacts{}, Null: true}, judgeNullMX(ctx, p, a)
	case null:
		p.Found(MXNullWithOthers, p.Domain, map[string]any{"hosts": hosts(targets)}, diag.Said(a))
	}
	if facts.Omitted > 0 {
		p.LeftOut(maxMX, "mail hosts")
	}
	targets = targets[:min(len(targets), maxMX)]
	if ctx.Err() != nil {
		return nil, fmt.Errorf("diag: MX targets not all looked up in time: %w", ctx.Err())
	}
	said := diag.Said(a)
	failed := judgeTargets(p, targets, said)
	judgeFamilies(p, targets, said)
	judgeProviders(p, targets, said)
	facts.Hosts = mxFacts(targets)
	return facts, failed
}

// readMX is the targets of an MX answer, by preference and each once, and whether a null MX is among them.
func readMX(a *resolve.Answer) (targets []*mxTarget, null bool) {
	for _, rr := range a.Records() {
		mx, ok := rr.(*dns.MX)
		if !ok {
			continue
		}
		host := strings.ToLower(dns.Fqdn(mx.Mx))
		if host == "." {
			null = true
			continue
		}
		i := slices.IndexFunc(targets, func(t *mxTarget) bool { return t.host == host })
		if i < 0 {
			t := &mxTarget{host: host, ownership: dns.IsSubDomain("invalid.", host)}
			t.literal, _ = netip.ParseAddr(shown(host))
			i, targets = len(targets), append(targets, t)
		}
		targets[i].prefs = append(targets[i].prefs, mx.Preference)
	}
	for _, t := range targets {
		slices.Sort(t.prefs)
	}
	slices.SortStableFunc(targets, func(a, b *mxTarget) int {
		return cmp.Or(cmp.Compare(a.prefs[0], b.prefs[0]), strings.Compare(a.host, b.host))
	})
	return targets, null
}

// implicitMX judges a domain without MX: mail goes to its own address, if it has one.
func implicitMX(ctx context.Context, p *pass, a *resolve.Answer) (any, error) {
	facts := &MXFacts{Hosts: []MXHostFacts{}}
	args := withMisplaced(map[string]any{}, p.misplacedMX(ctx, diag.Said(a)))
	maps.Copy(args, p.aliasArgs(ctx, a))
	if a.NXDomain() {
		args["reason"] = "nxdomain"
		p.Found(MXNone, p.Domain, args, diag.Said(a))
		return facts, nil
	}
	addrs, answers, err := p.DNS.Addrs(ctx, p.Domain)
	evidence := saidAll(answers, diag.Said(a))
	switch {
	case len(addrs) > 0:
		facts.Implicit = true
		facts.Hosts = []MXHostFacts{{Host: shown(p.Domain), Addresses: texts(addrs)}}
		args["addresses"] = texts(addrs)
		if parked(ctx, p) {
			args["sends_nothing"] = true
		}
		p.Found(MXImplicit, p.Domain, args, evidence...)
		if err == nil {
			judgeFamilies(p, []*mxTarget{{host: p.Domain, addrs: addrs, answers: answers}}, diag.Said(a))
		}
		if err == nil && !slices.ContainsFunc(addrs, routable) {
			p.Found(MXTargetPrivate, p.Domain, map[string]any{"host": shown(p.Domain), "addresses": texts(addrs)}, evidence...)
		}
	case err != nil:
		return facts, err
	case parked(ctx, p): // nothing is lost: a null MX would only say it at once (RFC 7505)
		p.FoundAs(diag.Notice, MXNone, p.Domain, map[string]any{"reason": "nodata", "sends_nothing": true}, evidence...)
	default:
		args["reason"] = "nodata"
		p.Found(MXNone, p.Domain, args, evidence...)
	}
	return facts, nil
}

// judgeNullMX judges a domain that receives no mail: it should send none either (RFC 7505 4.2).
func judgeNullMX(ctx context.Context, p *pass, a *resolve.Answer) error {
	p.Found(MXNull, p.Domain, nil, diag.Said(a))
	judgeNullPreference(p, a)
	txt, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	if err != nil {
		return err
	}
	for _, record := range txt.TXT() {
		if authorises(record) {
			p.Found(MXNullButSends, p.Domain, map[string]any{"record": record}, diag.Said(a), diag.Said(txt))
			break
		}
	}
	return nil
}

// authorises reports whether a text is an SPF record by which somebody may send: one with a mechanism that passes, or with a
// redirect. An `all` that fails, and modifiers, let nobody in.
func authorises(record string) bool {
	terms := strings.Fields(strings.ToLower(record))
	if len(terms) == 0 || terms[0] != "v=spf1" {
		return false
	}
	for _, t := range terms[1:] {
		switch {
		case strings.HasPrefix(t, "redirect="):
			return true
		case strings.HasPrefix(t, "-"), strings.HasPrefix(t, "~"), strings.HasPrefix(t, "?"):
		case !strings.Contains(strings.SplitN(t, ":", 2)[0], "="):
			return true
		}
	}
	return false
}

// recognise finds the providers whose host this is.
func (t *mxTarget) recognise(known []diag.Fingerprint) {
	if !t.ownership {
		t.providers = providersOf(t.host, known)
	}
}

// providersOf is the providers that have this MX host, now or in the past.
func providersOf(host string, known []diag.Fingerprint) []diag.Fingerprint {
	name := strings.ToLower(shown(host))
	var out []diag.Fingerprint
	for _, f := range known {
		if anyMatch(f.MX, name) || anyMatch(f.Retired, name) {
			out = append(out, f)
		}
	}
	return out
}

// look resolves the target. Where its name ends in the domain's own and a part of it is a name in its own right, the zone's name
// was appended because the final dot is missing.
func (t *mxTarget) look(ctx context.Context, p *pass) {
	t.addrs, t.answers, t.err = p.DNS.Addrs(ctx, t.host)
	for zone := p.Domain; ; zone = parentOf(zone) {
		if cut, ok := strings.CutSuffix(t.host, "."+zone); ok && strings.Contains(cut, ".") {
			if len(providersOf(cut, p.Providers)) > 0 || (t.unresolvable() && resolves(ctx, p, cut+".")) {
				t.meant = cut
				return
			}
		}
		if zone == registrableOf(p.Domain) || zone == "." {
			return
		}
	}
}

func resolves(ctx context.Context, p *pass, name string) bool {
	addrs, _, _ := p.DNS.Addrs(ctx, name)
	return len(addrs) > 0
}

func parentOf(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}

// unresolvable reports that the name is known to have no address; a look-up that failed is not that.
func (t *mxTarget) unresolvable() bool {
	return t.err == nil && len(t.addrs) == 0 && !t.literal.IsValid() && !t.ownership
}

// dead reports that the target is known to take no mail.
func (t *mxTarget) dead() bool {
	if t.literal.IsValid() || t.ownership || t.meant != "" {
		return true
	}
	return t.err == nil && !slices.ContainsFunc(t.addrs, routable)
}

func routable(a netip.Addr) bool { return !resolve.Unroutable(a) }

// judgeTargets reports what is wrong with each target. The error names those that could not be looked up.
func judgeTargets(p *pass, targets []*mxTarget, said diag.Evidence) error {
	sev := diag.Warning // another target works, or may
	if !slices.ContainsFunc(targets, func(t *mxTarget) bool { return !t.dead() }) {
		sev = diag.Error
	}
	var failed []string
	var first error
	for _, t := range targets {
		host := shown(t.host)
		args := map[string]any{"host": host, "preference": int(t.prefs[0])}
		evidence := saidAll(t.answers, said)
		if len(t.prefs) > 1 {
			p.Found(MXDuplicate, t.host, map[string]any{"host": host, "times": len(t.prefs)}, said)
		}
		switch {
		case t.literal.IsValid():
			p.Found(MXTargetIP, t.host, args, said)
			continue
		case t.ownership:
			p.Found(MXOwnershipRecord, t.host, args, said)
			if sev == diag.Error && len(targets) == 1 {
				p.Found(MXTargetUnresolvable, t.host, args, said) // nothing else takes the mail
			}
			continue
		case t.meant != "":
			p.Found(MXRelativeName, t.host, map[string]any{"host": host, "meant": t.meant, "preference": int(t.prefs[0])}, evidence...)
			continue
		case t.unresolvable():
			args["reason"] = "nodata"
			if t.answers[0].NXDomain() {
				args["reason"] = "nxdomain"
			}
			p.FoundAs(sev, MXTargetUnresolvable, t.host, args, evidence...)
		case len(t.addrs) > 0 && t.dead():
			p.Found(MXTargetPrivate, t.host, map[string]any{"host": host, "addresses": texts(t.addrs)}, evidence...)
		case len(t.addrs) == 0:
			failed = append(failed, host)
			first = cmp.Or(first, t.err)
		}
		if alias := t.alias(); alias != "" {
			p.Found(MXTargetCNAME, t.host, map[string]any{"host": host, "target": shown(alias)}, evidence...)
		}
	}
	if len(targets) == 1 && len(targets[0].providers) == 0 && !targets[0].dead() {
		p.Found(MXSingle, targets[0].host, map[string]any{"host": shown(targets[0].host)}, said)
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

func saidAll(answers []*resolve.Answer, before ...diag.Evidence) []diag.Evidence {
	out := slices.Clone(before)
	for _, a := range answers {
		if a != nil {
			out = append(out, diag.Said(a))
		}
	}
	return out
}

func hosts(targets []*mxTarget) []string {
	out := make([]string, len(targets))
	for i, t := range targets {
		out[i] = shown(t.host)
	}
	return out
}

func mxFacts(targets []*mxTarget) []MXHostFacts {
	out := make([]MXHostFacts, len(targets))
	for i, t := range targets {
		out[i] = MXHostFacts{Host: shown(t.host), Preference: t.prefs[0], Addresses: texts(t.addrs)}
		if len(t.providers) > 0 {
			out[i].Provider = t.providers[0].ID
		}
	}
	return out
}
