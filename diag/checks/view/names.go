package view

import (
	"context"
	"slices"
	"strings"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Chance is what a zone answers for a name of chance right below a level. The zero value knows nothing, and so puts
// nothing down to a wildcard.
type Chance struct {
	Level  string // with its dot
	label  string
	Answer *resolve.Answer // nil: not known
	Err    error
}

// Chance asks for a name that cannot have been made, right below the level. Each level and type is asked once in a run.
// Of many domains one type tells for all where it is denied (RFC 8020): a name of chance has no records that a server
// could deny by mistake.
func (p *Pass) Chance(ctx context.Context, level string, qtype uint16) Chance {
	c := Chance{Level: level, label: p.label}
	if name := c.label + "." + level; GoodName(name) {
		if p.Bulk && qtype != dns.TypeTXT {
			if a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT); err == nil && a.NXDomain() && len(a.Chain()) == 0 {
				c.Answer = a
				return c
			}
		}
		c.Answer, c.Err = p.DNS.Lookup(ctx, name, qtype)
	}
	return c
}

// Answers reports whether every name below the level has something of the asked type, be it by an alias alone.
func (c Chance) Answers() bool {
	return c.Answer != nil && (len(c.Answer.Chain()) > 0 || !c.Answer.Empty())
}

// Records reports whether what every name has leads to records of the asked type.
func (c Chance) Records() bool { return c.Answer != nil && !c.Answer.Empty() }

// Dname is where names below the level are sent one by one (RFC 6672): an alias that keeps the label of chance. ""
// where none is.
func (c Chance) Dname() string {
	if c.Answer == nil || len(c.Answer.Chain()) == 0 {
		return ""
	}
	to, _ := strings.CutPrefix(c.Answer.Chain()[0], c.label+".")
	if to == c.Answer.Chain()[0] {
		return ""
	}
	return to
}

// Wildcard is the wildcard's name where there is one, without its final dot; "" otherwise.
func (c Chance) Wildcard() string {
	if !c.Answers() || c.Dname() != "" {
		return ""
	}
	return "*." + Shown(c.Level)
}

// Leads reports whether a name below the level is an alias because every name there is: the wildcard's target, or the
// DNAME's for that name.
func (c Chance) Leads(a *resolve.Answer) bool {
	if a == nil || c.Answer == nil || len(a.Chain()) == 0 || len(c.Answer.Chain()) == 0 {
		return false
	}
	if to := c.Dname(); to != "" {
		below, inside := strings.CutSuffix(a.Question.Name, "."+c.Level)
		return inside && a.Chain()[0] == below+"."+to
	}
	return a.Chain()[0] == c.Answer.Chain()[0]
}

// Gives reports whether an answer of the same type about a name below the level holds no more than what every name
// there has. Of a wildcard's alias the target decides: what that holds is the same for all.
func (c Chance) Gives(a *resolve.Answer) bool {
	switch {
	case a == nil || !c.Answers():
		return false
	case len(a.Chain()) == 0 && len(c.Answer.Chain()) == 0:
		return SameRecords(a, c.Answer)
	case c.Dname() != "":
		return c.Leads(a) && (a.Empty() || SameRecords(a, c.Answer))
	}
	return c.Leads(a)
}

// Alias is the target of a name below the level that is an alias of its own, by no wildcard and no DNAME; "" where it
// is none.
func (c Chance) Alias(a *resolve.Answer) string {
	if a == nil || len(a.Chain()) == 0 || c.Leads(a) {
		return ""
	}
	return a.Chain()[0]
}

// Has reports whether a name below the level has records of its own, of the asked type.
func (c Chance) Has(a *resolve.Answer) bool { return a != nil && !a.Empty() && !c.Gives(a) }

// WithWildcard adds to a finding's arguments the wildcard that answers where something is missing, if there is one.
func WithWildcard(args map[string]any, wildcard string) map[string]any {
	if wildcard != "" {
		args["wildcard"] = wildcard
	}
	return args
}

// Apex reports whether the domain is a zone of its own: its parent delegates it. What it asks, every look-up below the
// domain has asked.
func (p *Pass) Apex(ctx context.Context) bool {
	d, err := p.DNS.Walk(ctx, p.Domain)
	switch {
	case err != nil:
		return false
	case d.ViaResolver && d.NXDomain: // by an alias at the top of the zone, which leads to a name that does not exist
		return RegistrableOf(p.Domain) == p.Domain
	}
	return d.Zone == p.Domain
}

// WildcardOf is the name of the wildcard that a chance has shown, without its final dot: the highest that gives the
// same, since a wildcard answers for every name below that has none closer (RFC 4592 3.3.1).
func (p *Pass) WildcardOf(ctx context.Context, c Chance) string {
	name := c.Wildcard()
	top := RegistrableOf(p.Domain)
	for level := c.Level; name != "" && level != top && level != "."; {
		level = ParentOf(level)
		if !dns.IsSubDomain(top, level) {
			break
		}
		up := p.Chance(ctx, level, c.Answer.Question.Type)
		if !up.Gives(c.Answer) {
			break
		}
		name = up.Wildcard()
	}
	return name
}

// Hidden reports that an answer about the domain itself is empty because the domain is an alias at the top of its zone:
// whatever records are entered there, nobody sees them (RFC 1034 3.6.2). The zone check tells.
func (p *Pass) Hidden(ctx context.Context, a *resolve.Answer) bool {
	return a != nil && a.Empty() && len(a.Chain()) > 0 && p.Apex(ctx)
}

// OwnTypes is the types of the answers that hold records right at the name, by no alias.
func OwnTypes(answers ...*resolve.Answer) []string {
	out := []string{}
	for _, a := range answers {
		if a == nil || len(a.Chain()) > 0 || a.Empty() {
			continue
		}
		if t := dns.TypeToString[a.Question.Type]; !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}
