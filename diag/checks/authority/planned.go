package authority

import (
	"net/netip"
	"slices"

	"signpost/diag"
	"signpost/diag/checks/view"

	"github.com/miekg/dns"
)

// nameless reports a server that was named by its address alone.
func nameless(name string) bool {
	_, err := netip.ParseAddr(view.Shown(name))
	return err == nil
}

// judgePlan compares the servers that were named with those that the zone lists: what the zone names is what the world
// asks once it got in.
func (s *survey) judgePlan(evidence []diag.Evidence) {
	var missing []string
	for _, ns := range s.servers {
		if !ns.inChild && !nameless(ns.name) {
			missing = append(missing, view.Shown(ns.name))
		}
	}
	if len(missing) == 0 {
		return
	}
	slices.Sort(s.unasked)
	child := s.names(func(ns *server) bool { return ns.inChild })
	s.p.Found(DelegationNSMismatch, s.d.Zone, map[string]any{
		"parent": s.names(nil), "child": append(child, s.unasked...), "only_parent": missing,
		"only_child": append([]string{}, s.unasked...), "planned": true,
	}, evidence...)
}

// noteUnasked notes a server that the zone lists and nobody named. It is called with the mutex held.
func (s *survey) noteUnasked(name string) {
	if name = view.Shown(name); !slices.Contains(s.unasked, name) && len(s.unasked) < surveyServers &&
		dns.CountLabel(name) > 0 {
		s.unasked = append(s.unasked, name)
	}
}
