package view

import (
	"context"
	"slices"
	"strings"

	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Parked reports a domain that says it sends no mail, and takes none: its SPF record authorises nobody, and it has a
// null MX (RFC 7505), none at all, or MX records that lead nowhere (localhost). Such a domain needs no DKIM key and no
// reports.
func Parked(ctx context.Context, p *Pass) bool {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return false
	}
	targets, _ := ReadMX(mx)
	if slices.ContainsFunc(targets, func(t *Target) bool { return !IsLocal(t.Host) }) {
		return false
	}
	return SaysNothing(ctx, p)
}

// SaysNothing reports a domain whose SPF record lets nobody send.
func SaysNothing(ctx context.Context, p *Pass) bool {
	txt, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	return err == nil && slices.ContainsFunc(txt.TXT(), SendsNothing)
}

// SendsNothing reports an SPF record by which nobody may send: one that ends in -all, without a term that lets somebody
// in.
func SendsNothing(text string) bool {
	if !spf.IsRecord(text) || Authorises(text) {
		return false
	}
	r, bad := spf.Parse(text)
	all, _ := r.All()
	return len(bad) == 0 && all != nil && all.Qualifier == '-'
}

// Authorises reports whether a text is an SPF record by which somebody may send: one with a mechanism that passes, or
// with a redirect. An `all` that fails, and modifiers, let nobody in.
func Authorises(record string) bool {
	terms := strings.Fields(strings.ToLower(record))
	if len(terms) == 0 || terms[0] != "v=spf1" {
		return false
	}
	for _, t := range terms[1:] {
		switch {
		case strings.HasPrefix(t, "redirect="):
			return true
		case strings.HasPrefix(t, "-"), strings.HasPrefix(t, "~"), strings.HasPrefix(t, "?"):
		case !strings.Contains(strings.SplitN(t, ":", 2)[0], "="):
			return true
		}
	}
	return false
}

// OnlyNullMX reports whether the only MX is the null MX (RFC 7505).
func OnlyNullMX(a *resolve.Answer) bool {
	rrs := a.Records()
	if len(rrs) != 1 {
		return false
	}
	mx, ok := rrs[0].(*dns.MX)
	return ok && mx.Mx == "."
}
