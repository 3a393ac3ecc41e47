package checks

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/protocol/spf"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// parked reports a domain that says it sends no mail, and takes none: its SPF record authorises nobody, and it has a null MX (RFC 7505) or none at
// all. Such a domain needs no DKIM key and no reports.
func parked(ctx context.Context, p *pass) bool {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil || !onlyNullMX(mx) && !mx.Empty() {
		return false
	}
	txt, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeTXT)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(txt.TXT(), sendsNothing)
}

// sendsNothing reports an SPF record by which nobody may send: one that ends in -all, without a term that lets somebody in.
func sendsNothing(text string) bool {
	if !spf.IsRecord(text) || authorises(text) {
		return false
	}
	r, bad := spf.Parse(text)
	all, _ := r.All()
	return len(bad) == 0 && all != nil && all.Qualifier == '-'
}

// judgeNullPreference tells of a null MX with another preference than 0, which RFC 7505 3 wants: most senders see through it.
func judgeNullPreference(p *pass, a *resolve.Answer) {
	for _, rr := range a.Records() {
		if mx, ok := rr.(*dns.MX); ok && mx.Mx == "." && mx.Preference != 0 {
			p.Found(MXNullPreference, p.Domain, map[string]any{"preference": int(mx.Preference)}, diag.Said(a))
		}
	}
}

// judgeFamilies tells of mail hosts that senders without IPv6 cannot reach: a warning where no host has an IPv4 address, a notice where another
// one has. What is not known for one host is not told of it.
func judgeFamilies(p *pass, targets []*mxTarget, said diag.Evidence) {
	var six []string
	evidence := []diag.Evidence{said}
	four := false
	for _, t := range targets {
		if t.err != nil { // one family did not answer
			four = true
			continue
		}
		has := slices.ContainsFunc(t.addrs, func(a netip.Addr) bool { return a.Unmap().Is4() })
		four = four || has
		if !has && len(t.addrs) > 0 {
			six, evidence = append(six, shown(t.host)), saidAll(t.answers, evidence...)
		}
	}
	if len(six) == 0 {
		return
	}
	severity := diag.Warning
	if four {
		severity = diag.Notice
	}
	p.FoundAs(severity, MXIPv6Only, strings.TrimSuffix(p.Domain, "."), map[string]any{"hosts": six, "others": four}, evidence...)
}
