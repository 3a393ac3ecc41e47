package spf

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag/resolve"
)

// Open reports how much of the IPv4 space the record's own passing terms let in: all of it, or nearly.
func (r *Record) Open() (term string, open bool) {
	total := 0.0
	for _, t := range r.Terms {
		if t.Modifier {
			continue
		}
		if t.Name == "all" {
			if t.Qualifier == '+' {
				return t.Raw, true
			}
			break
		}
		if t.Qualifier != '+' {
			continue
		}
		var n int
		switch t.Name {
		case "ip4":
			n = t.Prefix.Bits()
		case "a", "mx":
			n = t.Bits4
		default:
			continue
		}
		if total += 1 / float64(uint64(1)<<n); total >= 0.5 {
			return t.Raw, true
		}
	}
	return "", false
}

// Open is how everybody passes: the term of the tree's own record, and the domain whose record opens it, which another
// term may lead to. Empty where not everybody does, as far as is known.
func (t *Tree) Open() (term, domain string) {
	if t.Record == nil {
		return "", ""
	}
	if term, open := t.Record.Open(); open {
		return term, t.Domain
	}
	_, all := t.Record.All()
	for i := range t.Terms {
		c := &t.Terms[i]
		redirect := c.Term != nil && c.Term.Modifier && c.Term.Name == "redirect" && all == len(t.Terms)
		if c.Child == nil || !redirect && (c.Term.Modifier || c.Term.Qualifier != '+' || i > all) {
			continue
		}
		if _, by := c.Child.Open(); by != "" {
			return c.Term.Raw, by
		}
	}
	return "", ""
}

// Private is the terms that let in ranges from which nothing comes over the Internet: private, loopback, link-local and
// reserved ones.
func (r *Record) Private() []string {
	var out []string
	for _, t := range r.Terms {
		if t.Prefix.IsValid() && t.Qualifier == '+' && resolve.UnroutableNet(t.Prefix) {
			out = append(out, t.Raw)
		}
	}
	return out
}

// Broad is the terms that let in a range wider than /16 (IPv4) or /32 (IPv6), private ones apart.
func (r *Record) Broad() []string {
	var out []string
	for _, t := range r.Terms {
		wide := false
		switch t.Name {
		case "ip4":
			wide = t.Prefix.Bits() < 16
		case "ip6":
			wide = t.Prefix.Bits() < 32
		case "a", "mx":
			wide = t.Bits4 < 16 || t.Bits6 < 32
		}
		if wide && !t.Modifier && t.Qualifier == '+' && !resolve.UnroutableNet(t.Prefix) {
			out = append(out, t.Raw)
		}
	}
	return out
}

// Duplicates is the terms of a domain's record that say again what an earlier one said: "mx" and "mx:" with the
// domain's own name are one.
func (r *Record) Duplicates(domain string) []string {
	seen := map[string]bool{}
	var nets []netip.Prefix
	var out []string
	for _, t := range r.Terms {
		if t.Modifier || t.Name == "all" {
			continue
		}
		if t.Prefix.IsValid() {
			if slices.ContainsFunc(nets,
				func(p netip.Prefix) bool { return p.Bits() <= t.Prefix.Bits() && p.Contains(t.Prefix.Addr()) }) {
				out = append(out, t.Raw)
			}
			nets = append(nets, t.Prefix)
			continue
		}
		target := strings.ToLower(strings.TrimSuffix(cmp.Or(t.Target, domain), "."))
		key := fmt.Sprintf("%s:%s/%d/%d", t.Name, target, t.Bits4, t.Bits6)
		if seen[key] {
			out = append(out, t.Raw)
		}
		seen[key] = true
	}
	return out
}
