package spf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Shorter is a record with the same meaning for all who send now, and fewer look-ups. Nothing that others publish is
// copied into it: an include stays an include, since its owner changes it without a word.
type Shorter struct {
	Record   string
	Lookups  int
	Dropped  []string            // terms that add nothing
	Replaced map[string][]string // terms of the domain's own hosts, by the addresses that they stand for
}

const maxReplacement = 4 // addresses that one term becomes

// Shorten drops what adds nothing: includes without a record, terms that name nothing, ptr, what another include or
// range already covers. Where that is not enough, a and mx terms of the domain's own hosts become their addresses, one
// after the other until the limit is kept. False: nothing can be saved.
func (t *Tree) Shorten() (Shorter, bool) {
	s := Shorter{Replaced: map[string][]string{}}
	if t.Record == nil || len(t.Syntax) > 0 || t.Unsure() != nil {
		return s, false
	}
	s.Lookups = t.Lookups()
	words := []string{"v=spf1"}
	kept := []TermCost{}
	for i, c := range t.Terms {
		if t.idle(i) {
			s.Dropped = append(s.Dropped, c.Term.Raw)
			s.Lookups -= c.Cost()
			continue
		}
		kept = append(kept, c)
	}
	for _, c := range kept {
		if nets := t.fixed(c); s.Lookups > MaxLookups && len(nets) > 0 {
			s.Replaced[c.Term.Raw] = nets
			words = append(words, nets...)
			s.Lookups -= c.Cost()
			continue
		}
		words = append(words, c.Term.Raw)
	}
	s.Record = strings.Join(words, " ")
	return s, len(s.Dropped)+len(s.Replaced) > 0
}

// idle reports whether the i-th term costs look-ups and changes nobody's result.
func (t *Tree) idle(i int) bool {
	c := t.Terms[i]
	switch {
	case c.Term == nil || c.Cost() == 0 || c.Macro || c.Term.Modifier:
		return false
	case c.Term.Name == "ptr":
		return true
	case c.Term.Name == "include":
		if c.Child == nil || c.Child.Cut {
			return false
		}
		return c.Child.Answer != nil && len(c.Child.Texts) == 0 || t.elsewhere(i)
	case c.Term.Name == "a" || c.Term.Name == "mx":
		addrs := c.addrs()
		return len(addrs) == 0 || t.covered(i, addrs)
	}
	return false
}

// elsewhere reports whether the record that the i-th term includes is also reached by another include, which stays: a
// nested one, or an earlier one at the top.
func (t *Tree) elsewhere(i int) bool {
	c := t.Terms[i]
	for j, other := range t.Terms {
		if j == i || other.Child == nil || other.Term.Name != "include" || other.Term.Qualifier != c.Term.Qualifier {
			continue
		}
		if other.Child.Domain == c.Child.Domain {
			if j < i {
				return true
			}
			continue
		}
		if other.Child.passes(c.Child.Domain) {
			return true
		}
	}
	return false
}

// passes reports whether whoever passes for the domain passes for this record too: it is included below, with + all the
// way.
func (t *Tree) passes(domain string) bool {
	for _, c := range t.Terms {
		if c.Child == nil || c.Term.Qualifier != '+' {
			continue
		}
		if c.Child.Domain == domain || c.Child.passes(domain) {
			return true
		}
	}
	return false
}

// addrs is the addresses that an a or mx term stands for now, in their own order, not that of the answers, which
// changes.
func (c TermCost) addrs() []netip.Addr {
	var out []netip.Addr
	for _, a := range c.Answers {
		for _, ip := range a.Addrs() {
			if !slices.Contains(out, ip) {
				out = append(out, ip)
			}
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}

// covered reports whether an earlier range of the record lets in all that the i-th term does.
func (t *Tree) covered(i int, addrs []netip.Addr) bool {
	c := t.Terms[i]
	if c.Term.Bits4 != 32 || c.Term.Bits6 != 128 {
		return false
	}
	return !slices.ContainsFunc(addrs, func(ip netip.Addr) bool {
		return !slices.ContainsFunc(t.Terms, func(o TermCost) bool {
			return o.Term != nil && o.Term.Prefix.IsValid() && o.Term.Qualifier == c.Term.Qualifier && o.Term.Prefix.Contains(ip)
		})
	})
}

// fixed is the ranges that a term of the domain's own hosts can be replaced by; none where others run the hosts or they
// are many.
func (t *Tree) fixed(c TermCost) []string {
	if c.Term == nil || c.Macro || (c.Term.Name != "a" && c.Term.Name != "mx") {
		return nil
	}
	own := func(name string) bool {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		return name == t.Domain || strings.HasSuffix(name, "."+t.Domain)
	}
	for _, a := range c.Answers {
		if !own(a.Question.Name) || !own(a.Final()) {
			return nil
		}
	}
	var out []string
	for _, ip := range c.addrs() {
		name, bits := "ip4", c.Term.Bits4
		if ip.Is6() {
			name, bits = "ip6", c.Term.Bits6
		}
		net := netip.PrefixFrom(ip, bits).Masked()
		word := fmt.Sprintf("%s:%s", name, net)
		if bits == ip.BitLen() {
			word = fmt.Sprintf("%s:%s", name, ip)
		}
		if c.Term.Qualifier != '+' {
			word = string(c.Term.Qualifier) + word
		}
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	if len(out) > maxReplacement {
		return nil
	}
	return out
}
