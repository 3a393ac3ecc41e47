package view

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

const (
	maxZonesTwice = 3    // zones that a domain is taken to be in, for names in which the zone stands twice
	maxMisplaced  = 1500 // characters of a misplaced record: a key of 8,192 bits is whole
)

// ZonesTwice are the zones that the domain may be in: its own name, its organisation's, and those between.
func (p *Pass) ZonesTwice() []string {
	out := []string{p.Domain}
	top := RegistrableOf(p.Domain)
	if top == p.Domain {
		return out
	}
	out = append(out, top)
	for up := ParentOf(p.Domain); up != top && up != "." && len(out) < maxZonesTwice; up = ParentOf(up) {
		out = append(out, up)
	}
	return out
}

// EnteredTwice is the answers about a label ("" for the domain itself) under the names where its record stands when the
// whole name was entered into a form that appends the zone's own: the zone stands in them twice. Only what is there by
// a record of its own is given.
func (p *Pass) EnteredTwice(ctx context.Context, label string, qtype uint16) []*resolve.Answer {
	zones := p.ZonesTwice()
	found := make([]*resolve.Answer, len(zones))
	var wg guarded.Group
	for i, zone := range zones {
		name := p.Domain + zone
		if label != "" {
			name = label + "." + name
		}
		if !GoodName(name) {
			continue
		}
		wg.Go(func() {
			a, err := p.DNS.Lookup(ctx, name, qtype)
			if err == nil && !a.Empty() && !p.Chance(ctx, zone, qtype).Gives(a) {
				found[i] = a
			}
		})
	}
	wg.Wait()
	return slices.DeleteFunc(found, func(a *resolve.Answer) bool { return a == nil })
}

// twiceDenied reports that no name at all exists in which the zone stands twice: one question saves those for every
// record that few have.
func (p *Pass) twiceDenied(ctx context.Context) bool {
	zones := p.ZonesTwice()
	there := make([]bool, len(zones))
	var wg guarded.Group
	for i, zone := range zones {
		if name := p.Domain + zone; GoodName(name) {
			wg.Go(func() {
				a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
				there[i] = err == nil && !a.NXDomain()
			})
		}
	}
	wg.Wait()
	return !slices.Contains(there, true)
}

// Elsewhere is a record that stands under a name where nobody reads it.
type Elsewhere struct {
	At, record, reason string
	Said               diag.Evidence
	Answer             *resolve.Answer // of texts
}

// Args is a finding's arguments about it. Name is where the record belongs; both without final dots.
func (e Elsewhere) Args(name string) map[string]any {
	return map[string]any{"name": name, "at": e.At, "record": visible.Clip(e.record, maxMisplaced), "reason": e.reason,
		"twice": e.reason == "zone-twice"}
}

// TextsOf is the texts of an answer that are what is looked for.
func TextsOf(a *resolve.Answer, reason string, is func(string) bool) (out []Elsewhere) {
	for _, t := range a.TXT() {
		if is(t) {
			out = append(out, Elsewhere{At: Shown(a.Question.Name), record: t, reason: reason, Said: diag.Said(a), Answer: a})
		}
	}
	return out
}

// TextsTwice is the texts under names in which the zone stands twice that are what is looked for.
func (p *Pass) TextsTwice(ctx context.Context, label string, is func(string) bool) (out []Elsewhere) {
	for _, a := range p.EnteredTwice(ctx, label, dns.TypeTXT) {
		out = append(out, TextsOf(a, "zone-twice", is)...)
	}
	return out
}

// Expected is a record of which each domain has one at most, and what is said where it is not in its place.
type Expected struct {
	Label           string // where it stands
	Is              func(string) bool
	None, Misplaced diag.Kind
	// labels under which people put it by mistake; one of two labels is asked for where the second exists
	Near []string
}

// Missing reports that a record which not every domain needs is not there: that it stands under a wrong name, that its
// name is an alias which leads to none, or that there is none.
func (p *Pass) Missing(ctx context.Context, sought Expected, a *resolve.Answer) {
	if p.FoundElsewhere(ctx, sought, a) {
		return
	}
	if args := p.AliasArgs(ctx, a); args != nil {
		p.FoundAs(diag.Warning, sought.None, sought.Label+"."+p.Name(), args, diag.Said(a))
		return
	}
	p.Found(sought.None, p.Domain, nil, diag.Said(a))
}

// FoundElsewhere reports a record that stands at the domain itself, or under a name in which the zone stands twice.
func (p *Pass) FoundElsewhere(ctx context.Context, sought Expected, a *resolve.Answer) bool {
	name := sought.Label + "." + p.Name()
	var found []Elsewhere
	if apex, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT); err == nil {
		found = TextsOf(apex, "apex", sought.Is)
	}
	if !p.twiceDenied(ctx) {
		found = append(found, p.TextsTwice(ctx, sought.Label, sought.Is)...)
	}
	if !p.Bulk {
		found = append(found, p.textsNear(ctx, sought)...)
	}
	for _, e := range found {
		p.Found(sought.Misplaced, name, e.Args(name), diag.Said(a), e.Said)
	}
	return len(found) > 0
}

// textsNear is the texts that are what is looked for under names that people take for the right one. What an alias or a
// wildcard gives there is somebody else's.
func (p *Pass) textsNear(ctx context.Context, sought Expected) []Elsewhere {
	found := make([][]Elsewhere, len(sought.Near))
	every := p.Chance(ctx, p.Domain, dns.TypeTXT)
	ask := func(label string) (texts []Elsewhere, there bool) {
		a, err := p.DNS.Lookup(ctx, label+"."+p.Domain, dns.TypeTXT)
		if err != nil || a.NXDomain() || len(a.Chain()) > 0 || every.Gives(a) {
			return nil, false
		}
		return TextsOf(a, "other-name", sought.Is), true
	}
	var wg guarded.Group
	for i, label := range sought.Near {
		wg.Go(func() {
			if _, above, two := strings.Cut(label, "."); two {
				if _, there := ask(above); !there {
					return
				}
			}
			found[i], _ = ask(label)
		})
	}
	wg.Wait()
	return slices.Concat(found...)
}

// AliasArgs is the arguments that tell that the name of an empty answer is an alias of its own, and of what; nil where
// it is none. No record can be published beside an alias: its target has to be mended, or it has to go.
func (p *Pass) AliasArgs(ctx context.Context, a *resolve.Answer) map[string]any {
	if a == nil || len(a.Chain()) == 0 {
		return nil
	}
	level := p.Domain
	if a.Question.Name == p.Domain {
		level = ParentOf(p.Domain)
	}
	to := a.Chain()[0]
	if dns.IsSubDomain(RegistrableOf(p.Domain), level) { // above that, others decide what every name has
		to = p.Chance(ctx, level, a.Question.Type).Alias(a)
	}
	if to == "" {
		return nil
	}
	return map[string]any{"name": Shown(a.Question.Name), "alias": Shown(to), "end": Shown(a.Final()),
		"nxdomain": a.NXDomain()}
}

// WithMisplaced adds to the arguments of a missing record where it stands instead, if it does.
func WithMisplaced(args map[string]any, at string) map[string]any {
	if at != "" {
		args["misplaced"] = at
	}
	return args
}

// AtSign is the answer about the name that "@" makes of a domain in a form that takes it for a label; nil where there
// is none.
func (p *Pass) AtSign(ctx context.Context, qtype uint16) []*resolve.Answer {
	a, err := p.DNS.Lookup(ctx, `\@.`+p.Domain, qtype)
	if err != nil || a.Empty() || p.Chance(ctx, p.Domain, qtype).Gives(a) {
		return nil
	}
	return []*resolve.Answer{a}
}
