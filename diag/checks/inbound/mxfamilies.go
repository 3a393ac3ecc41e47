package inbound

import (
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// judgeNullPreference tells of a null MX with another preference than 0, which RFC 7505 3 wants: most senders see
// through it.
func judgeNullPreference(p *view.Pass, a *resolve.Answer) {
	for _, rr := range a.Records() {
		if mx, ok := rr.(*dns.MX); ok && mx.Mx == "." && mx.Preference != 0 {
			p.Found(MXNullPreference, p.Domain, map[string]any{"preference": int(mx.Preference)}, diag.Said(a))
		}
	}
}

// judgeFamilies tells of mail hosts that senders without IPv6 cannot reach: a warning where no host has an IPv4
// address, a notice where another one has. What is not known for one host is not told of it.
func judgeFamilies(p *view.Pass, targets []*mxTarget, said diag.Evidence) {
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
			six, evidence = append(six, view.Shown(t.Host)), view.SaidAll(t.answers, evidence...)
		}
	}
	if len(six) == 0 {
		return
	}
	severity := diag.Warning
	if four {
		severity = diag.Notice
	}
	p.FoundAs(severity, MXIPv6Only, strings.TrimSuffix(p.Domain, "."), map[string]any{"hosts": six, "others": four},
		evidence...)
}
