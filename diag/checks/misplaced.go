package checks

import (
	"cmp"
	"context"
	"slices"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dkim"
	"signpost/diag/protocol/spf"
	"signpost/diag/protocol/txt"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

const (
	maxZonesTwice = 3    // zones that a domain is taken to be in, for names in which the zone stands twice
	maxMisplaced  = 1500 // characters of a misplaced record: a key of 8,192 bits is whole
)

// zonesTwice are the zones that the domain may be in: its own name, its organisation's, and those between.
func (p *pass) zonesTwice() []string {
	out := []string{p.Domain}
	top := registrableOf(p.Domain)
	if top == p.Domain {
		return out
	}
	out = append(out, top)
	for up := parentOf(p.Domain); up != top && up != "." && len(out) < maxZonesTwice; up = parentOf(up) {
		out = append(out, up)
	}
	return out
}

// enteredTwice is the answers about a label ("" for the domain itself) under the names where its record stands when the whole name was
// entered into a form that appends the zone's own: the zone stands in them twice. Only what is there by a record of its own is given.
func (p *pass) enteredTwice(ctx context.Context, label string, qtype uint16) []*resolve.Answer {
	zones := p.zonesTwice()
	found := make([]*resolve.Answer, len(zones))
	var wg guarded.Group
	for i, zone := range zones {
		name := p.Domain + zone
		if label != "" {
			name = label + "." + name
		}
		if !goodName(name) {
			continue
		}
		wg.Go(func() {
			a, err := p.DNS.Lookup(ctx, name, qtype)
			if err == nil && !a.Empty() && !p.chance(ctx, zone, qtype).gives(a) {
				found[i] = a
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(found, func(a *resolve.Answer) bool { return a == nil })
}

// twiceDenied reports that no name at all exists in which the zone stands twice: one question saves those for every record that few have.
func (p *pass) twiceDenied(ctx context.Context) bool {
	zones := p.zonesTwice()
	there := make([]bool, len(zones))
	var wg guarded.Group
	for i, zone := range zones {
		if name := p.Domain + zone; goodName(name) {
			wg.Go(func() {
				a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
				there[i] = err == nil && !a.NXDomain()
			})
		}
	}
	wg.Wait()
	return !slices.Contains(there, true)
}

// elsewhere is a record that stands under a name where nobody reads it.
type elsewhere struct {
	at, record, reason string
	said               diag.Evidence
	answer             *resolve.Answer // of texts
}

// args is a finding's arguments about it. Name is where the record belongs; both without final dots.
func (e elsewhere) args(name string) map[string]any {
	return map[string]any{"name": name, "at": e.at, "record": visible.Clip(e.record, maxMisplaced), "reason": e.reason, "twice": e.reason == "zone-twice"}
}

// textsOf is the texts of an answer that are what is looked for.
func textsOf(a *resolve.Answer, reason string, is func(string) bool) (out []elsewhere) {
	for _, t := range a.TXT() {
		if is(t) {
			out = append(out, elsewhere{at: shown(a.Question.Name), record: t, reason: reason, said: diag.Said(a), answer: a})
		}
	}
	return out
}

// textsTwice is the texts under names in which the zone stands twice that are what is looked for.
func (p *pass) textsTwice(ctx context.Context, label string, is func(string) bool) (out []elsewhere) {
	for _, a := range p.enteredTwice(ctx, label, dns.TypeTXT) {
		out = append(out, textsOf(a, "zone-twice", is)...)
	}
	return out
}

// expected is a record of which each domain has one at most, and what is said where it is not in its place.
type expected struct {
	label           string // where it stands
	is              func(string) bool
	none, misplaced diag.Kind
}

// missing reports that a record which not every domain needs is not there: that it stands under a wrong name, that its name is an alias
// which leads to none, or that there is none.
func (p *pass) missing(ctx context.Context, sought expected, a *resolve.Answer) {
	if p.foundElsewhere(ctx, sought, a) {
		return
	}
	if args := p.aliasArgs(ctx, a); args != nil {
		p.FoundAs(diag.Warning, sought.none, sought.label+"."+p.name(), args, diag.Said(a))
		return
	}
	p.Found(sought.none, p.Domain, nil, diag.Said(a))
}

// foundElsewhere reports a record that stands at the domain itself, or under a name in which the zone stands twice.
func (p *pass) foundElsewhere(ctx context.Context, sought expected, a *resolve.Answer) bool {
	name := sought.label + "." + p.name()
	var found []elsewhere
	if apex, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT); err == nil {
		found = textsOf(apex, "apex", sought.is)
	}
	if !p.twiceDenied(ctx) {
		found = append(found, p.textsTwice(ctx, sought.label, sought.is)...)
	}
	for _, e := range found {
		p.Found(sought.misplaced, name, e.args(name), diag.Said(a), e.said)
	}
	return len(found) > 0
}

// aliasArgs is the arguments that tell that the name of an empty answer is an alias of its own, and of what; nil where it is none. No record
// can be published beside an alias: its target has to be mended, or it has to go.
func (p *pass) aliasArgs(ctx context.Context, a *resolve.Answer) map[string]any {
	if a == nil || len(a.Chain()) == 0 {
		return nil
	}
	level := p.Domain
	if a.Question.Name == p.Domain {
		level = parentOf(p.Domain)
	}
	to := a.Chain()[0]
	if dns.IsSubDomain(registrableOf(p.Domain), level) { // above that, others decide what every name has
		to = p.chance(ctx, level, a.Question.Type).alias(a)
	}
	if to == "" {
		return nil
	}
	return map[string]any{"name": shown(a.Question.Name), "alias": shown(to), "end": shown(a.Final()), "nxdomain": a.NXDomain()}
}

// withMisplaced adds to the arguments of a missing record where it stands instead, if it does.
func withMisplaced(args map[string]any, at string) map[string]any {
	if at != "" {
		args["misplaced"] = at
	}
	return args
}

// misplacedMX looks for MX records under names in which the zone stands twice, and gives the first of these; "" where there is none.
func (p *pass) misplacedMX(ctx context.Context, said diag.Evidence) (at string) {
	for _, a := range p.enteredTwice(ctx, "", dns.TypeMX) {
		at = cmp.Or(at, shown(a.Question.Name))
		p.Found(MXMisplaced, p.Domain, map[string]any{
			"name": p.name(), "at": shown(a.Question.Name), "records": recordTexts(a), "reason": "zone-twice", "twice": true,
		}, said, diag.Said(a))
	}
	return at
}

// misplacedSPF looks for an SPF record under names in which the zone stands twice, and for one that every name has but the domain. It
// gives the first of these.
func (p *pass) misplacedSPF(ctx context.Context, every chance) (at string) {
	found := p.textsTwice(ctx, "", spf.IsRecord)
	if every.records() && len(every.answer.Chain()) == 0 {
		for _, e := range textsOf(every.answer, "wildcard", func(t string) bool { return spf.IsRecord(t) && !sendsNothing(t) }) {
			e.at = every.wildcard()
			found = append(found, e)
		}
	}
	for _, e := range found {
		at = cmp.Or(at, e.at)
		p.Found(SPFMisplaced, p.Domain, e.args(p.name()), e.said)
	}
	return at
}

// likelySelectors is the selectors whose keys are worth looking for under other names: those that somebody named, and the commonest; all
// where there is anything below a _domainkey in whose name the zone stands twice.
func (p *pass) likelySelectors(ctx context.Context, all []*selector) []*selector {
	for _, zone := range p.zonesTwice() {
		if name := "_domainkey." + p.Domain + zone; goodName(name) {
			if a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT); err == nil && !a.NXDomain() {
				return all
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s *selector) bool { return !s.named() && s.name != commonSelectors[0] })
}

// misplacedKeys looks for the keys of selectors that are missing: under names in which the zone stands twice, at _domainkey itself, without
// _domainkey, and at the domain.
func (p *pass) misplacedKeys(ctx context.Context, root *selector, missing []*selector) {
	isKey := func(t string) bool { return txt.Begins("v=dkim")(t) && dkim.IsKey(t) }
	var all []elsewhere
	owners := map[string]string{} // where a record stands, and the selector that it is for; "" where that cannot be told
	add := func(selector string, found []elsewhere) {
		for _, e := range found {
			if _, known := owners[e.at]; !known {
				owners[e.at] = selector
				all = append(all, e)
			}
		}
	}
	only := ""
	if len(missing) == 1 {
		only = missing[0].name
	}
	if root.err == nil {
		add(only, textsOf(root.answer, "branch", isKey))
	}
	if apex, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT); err == nil {
		add(only, textsOf(apex, "apex", isKey))
	}
	missing = missing[:min(len(missing), maxSelectors)]
	found := make([][]elsewhere, 2*len(missing))
	var wg guarded.Group
	for i, s := range missing {
		wg.Go(func() {
			for _, a := range p.enteredTwice(ctx, s.name+"._domainkey", dns.TypeTXT) {
				found[2*i] = append(found[2*i], textsOf(a, "zone-twice", dkim.IsKey)...)
			}
		})
		if s.named() {
			wg.Go(func() {
				if a, err := p.DNS.Lookup(ctx, s.name+"."+p.Domain, dns.TypeTXT); err == nil {
					found[2*i+1] = textsOf(a, "other-name", isKey)
				}
			})
		}
	}
	wg.Wait()
	for i, s := range missing {
		add(s.name, append(found[2*i], found[2*i+1]...))
	}
	for _, e := range all {
		name := cmp.Or(owners[e.at], "SELECTOR") + "._domainkey." + p.name()
		args := e.args(name)
		args["selector"] = owners[e.at]
		p.Found(DKIMMisplaced, name, args, e.said)
	}
}
