package inbound

import (
	"net/netip"

	"signpost/diag/checks/view"
	"signpost/diag/resolve"
)

// mxTarget is one target and what its name resolves to.
type mxTarget struct {
	*view.Target
	// the name without the zone's own, where that was appended by mistake, or without what makes it none of a host
	meant     string
	malformed bool // the name is none of a host
	short     bool // for it is one label alone
	addrs     []netip.Addr
	answers   []*resolve.Answer
	err       error
}

// unresolvable reports that the name is known to have no address; a look-up that failed is not that.
func (t *mxTarget) unresolvable() bool {
	return t.err == nil && len(t.addrs) == 0 && !t.Literal.IsValid() && !t.Ownership
}

func hosts(targets []*mxTarget) []string {
	out := make([]string, len(targets))
	for i, t := range targets {
		out[i] = view.Shown(t.Host)
	}
	return out
}
