package spf

import (
	"net/netip"
	"slices"
	"strings"
)

// Lost is who passes by one record and would not by another, as the terms of the first that let them in. What an
// include without a record, or a term that names nothing, lets in is nobody. A term is kept where it stands in the
// second record as well, and where all that it stands for is let in there. Both trees are of one domain, before a
// change and after it.
func Lost(before, after *Tree) []string {
	var out []string
	now := after.letsIn()
	_, all := before.Record.All()
	for i := range before.Terms {
		c := &before.Terms[i]
		if c.Term == nil || !before.counts(i) {
			continue
		}
		kept := false
		// Nobody reads it, and it was not looked up: it stays as it is.
		if i > all || c.Term.Modifier && all < len(before.Terms) {
			kept = now.open || now.terms[c.said(before.Domain)] || now.domains[strings.ToLower(c.Term.Target)] ||
				c.Term.Prefix.IsValid() && now.covers(c.Term.Prefix)
		} else {
			kept = now.keeps(c, before.Domain, 0)
		}
		if !kept {
			out = append(out, c.Term.Raw)
		}
	}
	return out
}

// counts reports whether the i-th term lets somebody in: it passes, and evaluation gets there. After an "all"
// evaluation does not get, but what stands there was meant to: it counts as well.
func (t *Tree) counts(i int) bool {
	term := t.Terms[i].Term
	if term.Modifier {
		return term.Name == "redirect"
	}
	return term.Qualifier == '+' && term.Name != "all"
}

// entry is all that a tree lets in.
type entry struct {
	nets    []netip.Prefix
	domains map[string]bool // whose records are included, with + all the way
	terms   map[string]bool // what depends on the sender, and what could not be looked up: "term at domain"
	open    bool            // everybody
}

// letsIn collects what a tree lets in.
func (t *Tree) letsIn() *entry {
	e := &entry{domains: map[string]bool{}, terms: map[string]bool{}}
	e.collect(t)
	return e
}

func (e *entry) collect(t *Tree) {
	_, all := t.Record.All()
	for i := range t.Terms {
		c := &t.Terms[i]
		if c.Term == nil || i > all {
			continue
		}
		switch {
		case !c.Term.Modifier && c.Term.Name == "all":
			e.open = e.open || c.Term.Qualifier == '+' && t.Via == ""
			continue
		case !t.counts(i), c.Term.Modifier && all < len(t.Terms):
			continue
		}
		e.terms[c.said(t.Domain)] = true
		e.nets = append(e.nets, c.networks()...)
		if c.Child != nil && c.Child.Record != nil && Permanent(c.Child.Syntax) == nil {
			e.domains[c.Child.Domain] = true
			e.collect(c.Child)
		}
	}
}

// said is a term where it stands, for comparing.
func (c *TermCost) said(domain string) string {
	return strings.ToLower(c.Term.String()) + " at " + domain
}

// networks is the ranges that a term stands for now.
func (c *TermCost) networks() []netip.Prefix {
	if c.Term.Prefix.IsValid() {
		return []netip.Prefix{c.Term.Prefix}
	}
	if c.Term.Name != "a" && c.Term.Name != "mx" {
		return nil
	}
	var out []netip.Prefix
	for _, ip := range c.addrs() {
		bits := c.Term.Bits4
		if ip.Is6() {
			bits = c.Term.Bits6
		}
		out = append(out, netip.PrefixFrom(ip, bits).Masked())
	}
	return out
}

const maxKept = 12 // includes within each other that are followed

// keeps reports whether all that a term of a record lets in is let in here as well.
func (e *entry) keeps(c *TermCost, domain string, depth int) bool {
	if e.open {
		return true
	}
	if nets := c.networks(); c.Err == nil && !c.Macro &&
		(c.Term.Prefix.IsValid() || c.Term.Name == "a" || c.Term.Name == "mx") {
		return !slices.ContainsFunc(nets, func(p netip.Prefix) bool { return !e.covers(p) })
	}
	if c.Child == nil || c.Child.Err != nil || c.Child.Cut || depth > maxKept {
		return e.terms[c.said(domain)] // what cannot be followed must stay as it is
	}
	if c.Child.Loop || c.Child.Answer != nil && len(c.Child.Texts) == 0 {
		return true // no record: it lets nobody in, and breaks the rest
	}
	if e.domains[c.Child.Domain] {
		return true
	}
	if c.Child.Record == nil || Permanent(c.Child.Syntax) != nil {
		return e.terms[c.said(domain)] // broken on its owner's side, who may mend it
	}
	for i := range c.Child.Terms {
		if x := &c.Child.Terms[i]; x.Term != nil && c.Child.counts(i) && !e.keeps(x, c.Child.Domain, depth+1) {
			return false
		}
	}
	return true
}

func (e *entry) covers(p netip.Prefix) bool {
	return slices.ContainsFunc(e.nets, func(q netip.Prefix) bool {
		return q.Addr().Is4() == p.Addr().Is4() && q.Bits() <= p.Bits() && q.Contains(p.Addr())
	})
}
