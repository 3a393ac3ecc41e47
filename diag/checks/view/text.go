package view

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// DaysUntil is how many whole days are left.
func DaysUntil(end, now time.Time) int { return max(int(end.Sub(now).Hours()/24), 0) }

// Shown is a name as people see it: without its final dot, except for the root's.
func Shown(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// Reported reports whether this check has found something already: one of these codes, or anything where none is named.
func Reported(p *Pass, codes ...diag.Code) bool {
	found := p.Findings()
	if len(codes) == 0 {
		return len(found) > 0
	}
	return slices.ContainsFunc(found, func(f diag.Finding) bool { return slices.Contains(codes, f.Code) })
}

// Resolves reports whether a name has an address.
func Resolves(ctx context.Context, p *Pass, name string) bool {
	addrs, _, _ := p.DNS.Addrs(ctx, name)
	return len(addrs) > 0
}

// ParentOf is the name without its first label; the root's is the root.
func ParentOf(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}

// SaidAll is the evidence of several answers, after what was there before.
func SaidAll(answers []*resolve.Answer, before ...diag.Evidence) []diag.Evidence {
	out := slices.Clone(before)
	for _, a := range answers {
		if a != nil {
			out = append(out, diag.Said(a))
		}
	}
	return out
}

// RecordTexts is an answer's records without names and TTLs, sorted, each cut to what people read.
func RecordTexts(a *resolve.Answer) []string {
	out := WholeTexts(a)
	for i := range out {
		out[i] = visible.Clip(out[i], 300)
	}
	return out
}

// WholeTexts is the same uncut: for comparisons, never to be shown.
func WholeTexts(a *resolve.Answer) []string {
	out := []string{}
	for _, rr := range a.Records() {
		h := *rr.Header()
		s := strings.ReplaceAll(strings.TrimPrefix(rr.String(), h.String()), "\t", " ")
		switch t := rr.(type) {
		case *dns.MX:
			s = strings.ToLower(fmt.Sprintf("%d %s", t.Preference, t.Mx))
		case *dns.NS:
			s = strings.ToLower(t.Ns)
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// SameRecords reports whether two answers hold the same, whatever the order and the TTL.
func SameRecords(a, b *resolve.Answer) bool { return slices.Equal(WholeTexts(a), WholeTexts(b)) }

// GoodName reports whether DNS can be asked for a name: its labels and the whole are short enough.
func GoodName(name string) bool {
	_, ok := dns.IsDomainName(name)
	return ok
}

// Texts is addresses as findings and facts hold them.
func Texts(addrs []netip.Addr) []string {
	out := make([]string, len(addrs))
	for i, a := range addrs {
		out[i] = a.String()
	}
	return out
}

// RegistrableOf is the name under its public suffix; the name itself where it is a suffix.
func RegistrableOf(name string) string {
	r, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(name, "."))
	if err != nil {
		return name
	}
	return r + "."
}

// IsRegistry reports whether a zone is the root, or one under which names are registered.
func IsRegistry(zone string) bool {
	_, err := publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(zone, "."))
	return err != nil
}

// AliasTarget is what the name is an alias of, by the answer to a question for the alias itself.
func AliasTarget(a *resolve.Answer) string {
	if a == nil {
		return ""
	}
	for _, rr := range a.Records() {
		if c, ok := rr.(*dns.CNAME); ok {
			return strings.ToLower(c.Target)
		}
	}
	return ""
}
