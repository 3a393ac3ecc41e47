package lab

import (
	"slices"

	"github.com/miekg/dns"
)

// retell changes a referral to what this host alone has of the delegation: its NS records, and the addresses of its
// servers.
func (h *host) retell(m *dns.Msg) {
	if m.Authoritative || len(m.Answer) > 0 || len(m.Ns) == 0 || m.Ns[0].Header().Rrtype != dns.TypeNS {
		return
	}
	owner := m.Ns[0].Header().Name
	for _, r := range h.rules {
		switch {
		case r.instead == nil || !dns.IsSubDomain(owner, r.Name) || h.zones[owner] != nil:
		case r.Name == owner && r.Type == dns.TypeNS:
			m.Ns = r.instead
		case r.Type == dns.TypeA || r.Type == dns.TypeAAAA:
			m.Extra = append(slices.DeleteFunc(slices.Clone(m.Extra), func(rr dns.RR) bool {
				return rr.Header().Name == r.Name && rr.Header().Rrtype == r.Type
			}), r.instead...)
		}
	}
}
