package spf

import (
	"net/netip"
	"slices"
	"strings"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Nobody reports a record that names senders, of whom none is left: an mx without MX, an a without address, an include
// that lets nobody in, a private range. Terms are those that were meant to let somebody in. What could not be looked
// up, or depends on the sender, may let somebody in.
func (t *Tree) Nobody() (terms []string, nobody bool) {
	if t.Record == nil || len(t.Syntax) > 0 {
		return nil, false
	}
	_, all := t.Record.All()
	for i := range t.Terms {
		c := &t.Terms[i]
		switch {
		case c.Term == nil || i > all:
		case c.Term.Modifier && c.Term.Name == "redirect":
			if all < len(t.Terms) || c.Child == nil {
				continue
			}
			more, none := c.Child.Nobody()
			if !none && c.Child.letsSomebodyIn() {
				return nil, false
			}
			terms = append(terms, more...)
		case c.Term.Modifier || c.Term.Qualifier != '+':
		case c.Term.Name == "all", c.letsSomebodyIn():
			return nil, false
		default:
			terms = append(terms, c.Term.Raw)
		}
	}
	return terms, len(terms) > 0
}

// letsSomebodyIn reports whether a record may let somebody pass.
func (t *Tree) letsSomebodyIn() bool {
	if t.Err != nil || t.Cut || t.Loop || t.Record == nil || len(t.Syntax) > 0 {
		return true // not known, or broken: said elsewhere
	}
	_, all := t.Record.All()
	for i := range t.Terms {
		c := &t.Terms[i]
		switch {
		case c.Term == nil || i > all:
		case c.Term.Modifier && c.Term.Name == "redirect":
			if all == len(t.Terms) && c.Child != nil && c.Child.letsSomebodyIn() {
				return true
			}
		case !c.Term.Modifier && c.Term.Qualifier == '+' && (c.Term.Name == "all" || c.letsSomebodyIn()):
			return true
		}
	}
	return false
}

// letsSomebodyIn reports whether a term may match anybody.
func (c *TermCost) letsSomebodyIn() bool {
	if c.Err != nil || c.Macro {
		return true
	}
	switch c.Term.Name {
	case "ip4", "ip6":
		return !resolve.UnroutableNet(c.Term.Prefix)
	case "a", "mx":
		for _, a := range c.Answers {
			if slices.ContainsFunc(a.Addrs(), func(ip netip.Addr) bool { return !resolve.Unroutable(ip) }) {
				return true
			}
		}
		return c.Names > MaxNames
	case "include":
		return c.Child == nil || c.Child.letsSomebodyIn()
	}
	return true
}

// WithoutMX is the host that an mx term names which has no MX, so that the term lets nobody in; empty where it has one,
// or the term is another. The host itself was meant if it has an address.
func (c *TermCost) WithoutMX() string {
	if c.Term == nil || c.Term.Modifier || c.Term.Name != "mx" || c.Term.Qualifier != '+' || c.Macro || c.Err != nil ||
		len(c.Answers) != 1 || !c.Answers[0].Empty() {
		return ""
	}
	if c.Answers[0].Question.Type != dns.TypeMX {
		return ""
	}
	return strings.TrimSuffix(c.Answers[0].Question.Name, ".")
}
