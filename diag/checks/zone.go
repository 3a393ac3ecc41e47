package checks

import (
	"context"
	"maps"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/outbound"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dkim"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// Zone looks at how the names that mail needs come to their records: by an alias (CNAME, DNAME), by a wildcard, or by
// records of their own, and whether these can stand beside each other.
var Zone = &diag.Check{
	Name: "zone", HiddenBy: authority.DeadDelegation, Run: view.With(checkZone), Uses: []*diag.Check{outbound.DKIM},
	Codes: []diag.Kind{
		view.ZoneCNAMEApex, ZoneCNAMEBeside, ZoneDeniesParent, ZoneDeniesType, ZoneByWildcard,
		ZoneWildcardAnswers, ZoneAlias, ZoneDNAME,
	},
}

// What the check may find.
var (
	ZoneCNAMEBeside     = diag.Kind{Code: "zone.cname-beside", Severity: diag.Error}
	ZoneDeniesParent    = diag.Kind{Code: "zone.denies-parent", Severity: diag.Warning}
	ZoneDeniesType      = diag.Kind{Code: "zone.denies-type", Severity: diag.Warning}
	ZoneByWildcard      = diag.Kind{Code: "zone.by-wildcard", Severity: diag.Notice}
	ZoneWildcardAnswers = diag.Kind{Code: "zone.wildcard-answers", Severity: diag.Notice}
	ZoneAlias           = diag.Kind{Code: "zone.alias", Severity: diag.Notice}
	ZoneDNAME           = diag.Kind{Code: "zone.dname", Severity: diag.Notice}
)

// ZoneFacts is what the zone check learned. Names carry no final dot.
type ZoneFacts struct {
	Apex  bool   `json:"apex"`  // the domain is a zone of its own
	Alias string `json:"alias"` // what the domain is an alias of; empty where it is none
	// ByWildcard is the wildcard by which alone the domain exists; empty where it has records of its own. Any record that
	// is published at or below the domain then takes all that the wildcard gives away (RFC 4592 2.2.1); Inherited is what
	// that is, each "TYPE data".
	ByWildcard string          `json:"by_wildcard"`
	Inherited  []string        `json:"inherited"`
	Wildcards  []WildcardFacts `json:"wildcards"` // that answer for names below the domain
	// Aliases is the names that mail looks at and that are aliases by a record of their own, with their targets.
	Aliases map[string]string `json:"aliases"`
}

// WildcardFacts is one wildcard or DNAME. Records are what it gives, each "TYPE data".
type WildcardFacts struct {
	Name    string   `json:"name"`
	DNAME   string   `json:"dname"` // the target, where it is a DNAME at the name
	Records []string `json:"records"`
}

// mailNames are the names below a domain that mail looks at, whoever its provider is.
var mailNames = []string{"_dmarc", "_mta-sts", "_smtp._tls", "default._bimi"}

// namePoint is one name: what it answers to TXT, and whether it holds an alias.
type namePoint struct {
	name       string // with its dot
	txt, alias *resolve.Answer
}

// look asks for the name's text and, where that is a record of its own, for an alias beside it: servers that let both
// stand answer each question with what it asks for.
func (n *namePoint) look(ctx context.Context, p *view.Pass) (err error) {
	n.txt, _ = p.DNS.Lookup(ctx, n.name, dns.TypeTXT) // what could not be asked, the check tells that needs the record
	if len(view.OwnTypes(n.txt)) > 0 {
		n.alias, err = p.DNS.Lookup(ctx, n.name, dns.TypeCNAME)
	}
	return err
}

// zoneView is all that the check asks before it judges.
type zoneView struct {
	soa, mx, txt, alias *resolve.Answer // of the domain itself
	below, keys         view.Chance     // TXT below the domain and below its _domainkey
	points              []*namePoint
	sent                bool // the domain is sent elsewhere by a DNAME above it

	hosts map[string][]*resolve.Answer // addresses of the hosts of the MX

	aboveMX, aboveTXT, belowMX view.Chance // where the domain may live by a wildcard of a name above it
}

func checkZone(ctx context.Context, p *view.Pass) (any, error) {
	var v zoneView
	var wg guarded.Group
	errs := make([]error, 4+len(mailNames))
	for i, q := range []struct {
		into  **resolve.Answer
		qtype uint16
	}{{&v.soa, dns.TypeSOA}, {&v.mx, dns.TypeMX}, {&v.txt, dns.TypeTXT}, {&v.alias, dns.TypeCNAME}} {
		wg.Go(func() {
			var err error
			if *q.into, err = p.DNS.Lookup(ctx, p.Domain, q.qtype); q.qtype == dns.TypeCNAME || q.qtype == dns.TypeSOA {
				errs[i] = err // of MX and TXT, their own checks tell what could not be asked
			}
		})
	}
	wg.Go(func() { v.below = p.Chance(ctx, p.Domain, dns.TypeTXT) })
	wg.Go(func() { v.keys = p.Chance(ctx, "_domainkey."+p.Domain, dns.TypeTXT) })
	if up := view.ParentOf(p.Domain); view.RegistrableOf(p.Domain) != p.Domain {
		wg.Go(func() { v.aboveMX = p.Chance(ctx, up, dns.TypeMX) })
		wg.Go(func() { v.aboveTXT = p.Chance(ctx, up, dns.TypeTXT) })
		wg.Go(func() { v.belowMX = p.Chance(ctx, p.Domain, dns.TypeMX) })
	}
	v.points = make([]*namePoint, len(mailNames))
	for i, label := range mailNames {
		v.points[i] = &namePoint{name: label + "." + p.Domain}
		wg.Go(func() { errs[4+i] = v.points[i].look(ctx, p) })
	}
	wg.Go(func() { v.hosts = mailHostAnswers(ctx, p) })
	wg.Wait()
	facts := &ZoneFacts{Apex: p.Apex(ctx), Inherited: []string{}, Wildcards: []WildcardFacts{},
		Aliases: map[string]string{}}
	v.judgeDomain(p, facts)
	judgeTypes(ctx, p, v.mx, v.txt, v.soa)
	for _, name := range slices.Sorted(maps.Keys(v.hosts)) {
		judgeTypes(ctx, p, v.hosts[name]...)
	}
	v.judgeAbove(p, facts)
	v.judgeBelow(p, facts)
	failed := v.judgeKeys(ctx, p)
	v.judgePoints(p, facts)
	for _, err := range slices.Concat(errs,
		[]error{v.below.Err, v.keys.Err, v.aboveMX.Err, v.aboveTXT.Err, v.belowMX.Err}) {
		if err != nil && failed == nil {
			failed = err
		}
	}
	return facts, failed
}

// judgeDomain judges the domain's own name: an alias, which must stand alone (RFC 1034 3.6.2, RFC 2181 10.1), and so
// cannot stand where the zone has its SOA and NS records.
func (v *zoneView) judgeDomain(p *view.Pass, facts *ZoneFacts) {
	to, evidence := "", []diag.Evidence{}
	for _, a := range []*resolve.Answer{v.alias, v.mx, v.txt, v.soa} {
		if a == nil {
			continue
		}
		if c := a.Chain(); to == "" && len(c) > 0 {
			to = c[0]
		} else if to == "" {
			to = view.AliasTarget(a)
		}
		if len(a.Chain()) > 0 || view.AliasTarget(a) != "" {
			evidence = append(evidence, diag.Said(a))
		}
	}
	if to == "" {
		return
	}
	facts.Alias = view.Shown(to)
	hides := []string{}
	for _, a := range []*resolve.Answer{v.mx, v.txt} {
		if a != nil && len(a.Chain()) > 0 {
			hides = append(hides, dns.TypeToString[a.Question.Type])
		}
	}
	beside := view.OwnTypes(v.mx, v.txt, v.soa)
	args := map[string]any{"name": p.Name(), "target": view.Shown(to), "types": beside, "hides": hides,
		"nxdomain": v.mx != nil && v.mx.NXDomain()}
	switch {
	case facts.Apex:
		p.Found(view.ZoneCNAMEApex, p.Domain, args, evidence...)
	case len(beside) > 0:
		p.Found(ZoneCNAMEBeside, p.Domain, args, append(evidence, view.SaidAll([]*resolve.Answer{v.mx, v.txt})...)...)
	case v.aboveTXT.Dname() != "" && v.aboveTXT.Leads(v.txt): // judgeAbove tells
	case v.aboveTXT.Gives(v.txt) && v.below.Gives(v.txt):
	default:
		p.Found(ZoneAlias, p.Domain, args, evidence...)
	}
}

// mailHostAnswers is what is known of the addresses of the domain's mail hosts, which the mx check asks for as well.
func mailHostAnswers(ctx context.Context, p *view.Pass) map[string][]*resolve.Answer {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return nil
	}
	targets, _ := view.ReadMX(mx)
	answers := make([][]*resolve.Answer, min(len(targets), view.MaxMX))
	var wg guarded.Group
	for i := range answers {
		if t := targets[i]; !t.Ownership && !t.Literal.IsValid() {
			wg.Go(func() { _, answers[i], _ = p.DNS.Addrs(ctx, t.Host) }) // what fails, the mx check tells
		}
	}
	wg.Wait()
	out := map[string][]*resolve.Answer{}
	for i, a := range answers {
		out[targets[i].Host] = a
	}
	return out
}

// judgeTypes tells of servers that deny a name when they are asked for one type, and have records of another there:
// NXDOMAIN is about the name, whatever the type (RFC 2308 5, RFC 8020), so a resolver that has met it does not ask for
// the others. What one server alone denies is no matter of types.
func judgeTypes(ctx context.Context, p *view.Pass, answers ...*resolve.Answer) {
	denied, types := []string{}, view.OwnTypes(answers...)
	var evidence []diag.Evidence
	for _, a := range answers {
		if a == nil || !a.NXDomain() || len(a.Chain()) > 0 || len(types) == 0 {
			continue
		}
		if deniedByAll(ctx, p, a, answers) {
			denied = append(denied, dns.TypeToString[a.Question.Type])
			evidence = append(evidence, diag.Said(a))
		}
	}
	if len(denied) == 0 {
		return
	}
	name := ""
	for _, a := range answers {
		if len(view.OwnTypes(a)) > 0 {
			name = a.Question.Name
			evidence = append(evidence, diag.Said(a))
		}
	}
	p.Found(ZoneDeniesType, name, map[string]any{"name": view.Shown(name), "denied": denied, "types": types}, evidence...)
}

// deniedByAll reports whether every server of the zone denies a name as one did. Where the others are not known, as
// behind a resolver, or do not answer, it is enough that the same server has records there.
func deniedByAll(ctx context.Context, p *view.Pass, a *resolve.Answer, answers []*resolve.Answer) bool {
	var others []*resolve.Answer
	if _, zone, err := p.DNS.Signed(ctx, a.Question.Name, a.Question.Type); err == nil {
		others = p.DNS.Elsewhere(ctx, a, zone)
	}
	if len(others) > 0 {
		return !slices.ContainsFunc(others, func(b *resolve.Answer) bool { return !b.NXDomain() })
	}
	return slices.ContainsFunc(answers,
		func(b *resolve.Answer) bool { return len(view.OwnTypes(b)) > 0 && b.Server == a.Server })
}

// judgeAbove tells that the domain exists by a wildcard alone, or by a DNAME of a name above it. A wildcard of a name
// above answers for names below the domain as well, unless the domain has records of its own (RFC 4592 2.2.1): by that
// the two are told apart.
func (v *zoneView) judgeAbove(p *view.Pass, facts *ZoneFacts) {
	if to := v.aboveTXT.Dname(); to != "" && v.aboveTXT.Leads(v.txt) {
		v.sent = true
		up := view.Shown(v.aboveTXT.Level)
		p.Found(ZoneDNAME, p.Domain, map[string]any{"name": up, "target": view.Shown(to)}, diag.Said(v.aboveTXT.Answer),
			diag.Said(v.txt))
		return
	}
	var evidence []diag.Evidence
	types := []string{}
	for _, x := range []struct {
		own          *resolve.Answer
		above, below view.Chance
	}{{v.mx, v.aboveMX, v.belowMX}, {v.txt, v.aboveTXT, v.below}} {
		if facts.Apex || !x.above.Gives(x.own) || !x.below.Gives(x.own) {
			continue
		}
		types = append(types, dns.TypeToString[x.own.Question.Type])
		facts.ByWildcard = x.above.Wildcard()
		facts.Inherited = append(facts.Inherited, given(x.own)...)
		evidence = append(evidence, diag.Said(x.own), diag.Said(x.above.Answer), diag.Said(x.below.Answer))
	}
	if facts.ByWildcard != "" {
		facts.Inherited = slices.Compact(facts.Inherited) // an alias is given to both questions
		p.Found(ZoneByWildcard, p.Domain, map[string]any{
			"name": p.Name(), "wildcard": facts.ByWildcard, "types": types, "records": facts.Inherited,
		}, evidence...)
	}
}

// given is the records that a wildcard gives a name, each "TYPE data": the alias alone where it is one.
func given(a *resolve.Answer) []string {
	if c := a.Chain(); len(c) > 0 {
		return []string{"CNAME " + c[0]}
	}
	out := []string{}
	for _, text := range view.RecordTexts(a) {
		out = append(out, dns.TypeToString[a.Question.Type]+" "+text)
	}
	return out
}

// judgeBelow tells that names below the domain, or below its _domainkey, answer whether anybody made them or not.
func (v *zoneView) judgeBelow(p *view.Pass, facts *ZoneFacts) {
	for _, c := range []view.Chance{v.below, v.keys} {
		if !c.Answers() || c.Level != p.Domain && v.below.Gives(c.Answer) {
			continue // of one wildcard that answers for both levels once
		}
		if to := c.Dname(); to != "" {
			facts.Wildcards = append(facts.Wildcards,
				WildcardFacts{Name: view.Shown(c.Level), DNAME: view.Shown(to), Records: []string{}})
			if v.sent {
				continue
			}
			p.Found(ZoneDNAME, c.Level, map[string]any{"name": view.Shown(c.Level), "target": view.Shown(to)},
				diag.Said(c.Answer))
			continue
		}
		if facts.ByWildcard != "" {
			continue // the wildcard above is told of
		}
		w := WildcardFacts{Name: c.Wildcard(), Records: given(c.Answer)}
		facts.Wildcards = append(facts.Wildcards, w)
		if slices.ContainsFunc(c.Answer.TXT(), dkim.IsKey) {
			continue // a key for every selector, or the revocation of every key: the dkim check reads it
		}
		alias := ""
		if ch := c.Answer.Chain(); len(ch) > 0 {
			alias = view.Shown(ch[0])
		}
		severity := diag.Notice
		if alias == "" && !slices.ContainsFunc(c.Answer.TXT(), func(t string) bool { return !view.SendsNothing(t) }) {
			severity = diag.Info // names that nobody made send no mail: that is meant
		}
		p.FoundAs(severity, ZoneWildcardAnswers, c.Level, map[string]any{
			"name": w.Name, "target": alias, "records": visible.ClipAll(w.Records), "level": view.Shown(c.Level),
		}, diag.Said(c.Answer))
	}
}

// judgePoints judges the names that mail looks at.
func (v *zoneView) judgePoints(p *view.Pass, facts *ZoneFacts) {
	for _, n := range v.points {
		level := v.below
		if strings.Contains(n.name, "._domainkey.") {
			level = v.keys
		}
		if to := level.Alias(n.txt); to != "" {
			facts.Aliases[view.Shown(n.name)] = view.Shown(to)
		}
		to := view.AliasTarget(n.alias)
		if to == "" || level.Answers() && level.Answer.Chain() != nil && level.Answer.Chain()[0] == to {
			// No alias, or one that a wildcard has for every type that the name does not have: RFC 4592 allows none, servers
			// differ.
			continue
		}
		facts.Aliases[view.Shown(n.name)] = view.Shown(to)
		p.Found(ZoneCNAMEBeside, n.name, map[string]any{
			"name": view.Shown(n.name), "target": view.Shown(to), "types": view.OwnTypes(n.txt), "hides": []string{},
			"nxdomain": false,
		}, diag.Said(n.txt), diag.Said(n.alias))
	}
}

// judgeKeys adds the names of the DKIM keys that were found, and tells when these stand below a name that the servers
// deny: a resolver that asks label by label (RFC 9156), or believes that nothing is below a denied name (RFC 8020),
// never gets to them.
func (v *zoneView) judgeKeys(ctx context.Context, p *view.Pass) error {
	facts, ok := diag.FactsOf[outbound.DKIMFacts](p.Await(ctx, outbound.DKIM))
	if !ok {
		return nil
	}
	var wg guarded.Group
	errs := make([]error, len(facts.Keys))
	from := len(v.points)
	for i, k := range facts.Keys[:min(len(facts.Keys), outbound.MaxSelectors)] {
		n := &namePoint{name: k.Selector + "._domainkey." + p.Domain}
		v.points = append(v.points, n)
		wg.Go(func() { errs[i] = n.look(ctx, p) })
	}
	wg.Wait()
	if facts.NoneAt && len(v.points) > from {
		branch := "_domainkey." + p.Domain
		if denied, err := p.DNS.Lookup(ctx, branch, dns.TypeTXT); err == nil && denied.NXDomain() &&
			v.points[from].txt != nil {
			p.Found(ZoneDeniesParent, branch, map[string]any{
				"name": view.Shown(branch), "below": view.Shown(v.points[from].name),
			}, diag.Said(denied), diag.Said(v.points[from].txt))
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
