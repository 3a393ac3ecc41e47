package checks

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// chanceLabel is a label that nobody has made: what stands at it comes from a wildcard or a DNAME.
func chanceLabel() string { return "signpost-" + strconv.FormatUint(rand.Uint64()|1<<63, 36) }

// chance is what a zone answers for a name of chance right below a level. The zero value knows nothing, and so puts nothing down to a wildcard.
type chance struct {
	level  string // with its dot
	label  string
	answer *resolve.Answer // nil: not known
	err    error
}

// chance asks for a name that cannot have been made, right below the level. Each level and type is asked once in a run. Of many domains one
// type tells for all where it is denied (RFC 8020): a name of chance has no records that a server could deny by mistake.
func (p *pass) chance(ctx context.Context, level string, qtype uint16) chance {
	c := chance{level: level, label: p.label}
	if name := c.label + "." + level; goodName(name) {
		if p.Bulk && qtype != dns.TypeTXT {
			if a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT); err == nil && a.NXDomain() && len(a.Chain()) == 0 {
				c.answer = a
				return c
			}
		}
		c.answer, c.err = p.DNS.Lookup(ctx, name, qtype)
	}
	return c
}

// answers reports whether every name below the level has something of the asked type, be it by an alias alone.
func (c chance) answers() bool {
	return c.answer != nil && (len(c.answer.Chain()) > 0 || !c.answer.Empty())
}

// records reports whether what every name has leads to records of the asked type.
func (c chance) records() bool { return c.answer != nil && !c.answer.Empty() }

// dname is where names below the level are sent one by one (RFC 6672): an alias that keeps the label of chance. "" where none is.
func (c chance) dname() string {
	if c.answer == nil || len(c.answer.Chain()) == 0 {
		return ""
	}
	to, _ := strings.CutPrefix(c.answer.Chain()[0], c.label+".")
	if to == c.answer.Chain()[0] {
		return ""
	}
	return to
}

// wildcard is the wildcard's name where there is one, without its final dot; "" otherwise.
func (c chance) wildcard() string {
	if !c.answers() || c.dname() != "" {
		return ""
	}
	return "*." + shown(c.level)
}

// leads reports whether a name below the level is an alias because every name there is: the wildcard's target, or the DNAME's for that name.
func (c chance) leads(a *resolve.Answer) bool {
	if a == nil || c.answer == nil || len(a.Chain()) == 0 || len(c.answer.Chain()) == 0 {
		return false
	}
	if to := c.dname(); to != "" {
		below, inside := strings.CutSuffix(a.Question.Name, "."+c.level)
		return inside && a.Chain()[0] == below+"."+to
	}
	return a.Chain()[0] == c.answer.Chain()[0]
}

// gives reports whether an answer of the same type about a name below the level holds no more than what every name there has. Of a
// wildcard's alias the target decides: what that holds is the same for all.
func (c chance) gives(a *resolve.Answer) bool {
	switch {
	case a == nil || !c.answers():
		return false
	case len(a.Chain()) == 0 && len(c.answer.Chain()) == 0:
		return sameRecords(a, c.answer)
	case c.dname() != "":
		return c.leads(a) && (a.Empty() || sameRecords(a, c.answer))
	}
	return c.leads(a)
}

// alias is the target of a name below the level that is an alias of its own, by no wildcard and no DNAME; "" where it is none.
func (c chance) alias(a *resolve.Answer) string {
	if a == nil || len(a.Chain()) == 0 || c.leads(a) {
		return ""
	}
	return a.Chain()[0]
}

// has reports whether a name below the level has records of its own, of the asked type.
func (c chance) has(a *resolve.Answer) bool { return a != nil && !a.Empty() && !c.gives(a) }

// withWildcard adds to a finding's arguments the wildcard that answers where something is missing, if there is one.
func withWildcard(args map[string]any, wildcard string) map[string]any {
	if wildcard != "" {
		args["wildcard"] = wildcard
	}
	return args
}

// apex reports whether the domain is a zone of its own: its parent delegates it. What it asks, every look-up below the domain has asked.
func (p *pass) apex(ctx context.Context) bool {
	d, err := p.DNS.Walk(ctx, p.Domain)
	switch {
	case err != nil:
		return false
	case d.ViaResolver && d.NXDomain: // by an alias at the top of the zone, which leads to a name that does not exist
		return registrableOf(p.Domain) == p.Domain
	}
	return d.Zone == p.Domain
}

// wildcardOf is the name of the wildcard that a chance has shown, without its final dot: the highest that gives the same, since a wildcard
// answers for every name below that has none closer (RFC 4592 3.3.1).
func (p *pass) wildcardOf(ctx context.Context, c chance) string {
	name := c.wildcard()
	top := registrableOf(p.Domain)
	for level := c.level; name != "" && level != top && level != "."; {
		level = parentOf(level)
		if !dns.IsSubDomain(top, level) {
			break
		}
		up := p.chance(ctx, level, c.answer.Question.Type)
		if !up.gives(c.answer) {
			break
		}
		name = up.wildcard()
	}
	return name
}

// aliased reports that the server answers with authority, and has an alias where the zone's SOA should be.
func (r *reply) aliased(zone string) bool {
	for _, a := range []*resolve.Answer{r.soa, r.tcp} {
		if a != nil && a.Authoritative && len(a.Chain()) > 0 && a.Question.Name == zone {
			return true
		}
	}
	return false
}

// aliased reports that some server serves the zone with an alias at its top.
func (s *survey) aliased() bool {
	return slices.ContainsFunc(s.servers, func(ns *server) bool {
		return slices.ContainsFunc(ns.replies, func(r *reply) bool { return r.aliased(s.d.Zone) })
	})
}

// hidden reports that an answer about the domain itself is empty because the domain is an alias at the top of its zone: whatever records are
// entered there, nobody sees them (RFC 1034 3.6.2). The zone check tells.
func (p *pass) hidden(ctx context.Context, a *resolve.Answer) bool {
	return a != nil && a.Empty() && len(a.Chain()) > 0 && p.apex(ctx)
}

// ownTypes is the types of the answers that hold records right at the name, by no alias.
func ownTypes(answers ...*resolve.Answer) []string {
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
