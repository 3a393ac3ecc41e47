package authority

import (
	"slices"

	"signpost/diag"
	"signpost/diag/checks/view"
)

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
