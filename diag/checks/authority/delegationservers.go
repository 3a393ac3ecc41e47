package authority

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// judgeNumber counts the servers by their addresses, because two names of one machine fail together (RFC 2182 3.1), and
// looks whether all stand in one network. Where an address is not known, only the names are counted.
func (s *survey) judgeNumber() {
	if s.p.Planned() && len(s.servers) == 1 && (len(s.unasked) > 0 || len(s.serving()) == 0) {
		return // the zone lists more than were named, or told of none
	}
	if len(s.servers) == 1 {
		s.foundSingle(s.servers[0])
		return
	}
	if len(s.unaddressed()) > 0 {
		return
	}
	var with []*server // those that have an address
	by := map[netip.Addr][]*server{}
	var order []netip.Addr
	for _, ns := range s.servers {
		if len(ns.replies) > 0 {
			with = append(with, ns)
		}
		for _, r := range ns.replies {
			if by[r.addr] == nil {
				order = append(order, r.addr)
			}
			by[r.addr] = append(by[r.addr], ns)
		}
	}
	if len(with) < 2 {
		return // what the others lack is said of them
	}
	families := map[bool]int{}
	for _, a := range order {
		families[a.Is4()]++
	}
	everybody := !slices.ContainsFunc(order, func(a netip.Addr) bool { return len(by[a]) < len(with) })
	if everybody && families[true] <= 1 && families[false] <= 1 {
		s.foundSingle(with...)
		return
	}
	for _, a := range order {
		if len(by[a]) > 1 {
			s.p.Found(DelegationSharedAddress, s.d.Zone, map[string]any{"servers": serverNames(by[a]), "address": a.String()},
				addressEvidence(by[a])...)
		}
	}
	s.judgeNetworks()
}

// foundSingle reports that there is one server, by one name or by several.
func (s *survey) foundSingle(names ...*server) {
	evidence := addressEvidence(names)
	if s.d.Said != nil {
		evidence = slices.Insert(evidence, 0, diag.Said(s.d.Said))
	}
	var addresses []string
	for _, r := range names[0].replies {
		addresses = append(addresses, r.addr.String())
	}
	s.p.Found(DelegationSingleNS, s.d.Zone, map[string]any{
		"server": view.Shown(names[0].name), "servers": serverNames(names), "shared": len(names) > 1,
		"addresses": append([]string{}, addresses...),
	}, evidence...)
}

func serverNames(servers []*server) []string {
	out := make([]string, len(servers))
	for i, ns := range servers {
		out[i] = view.Shown(ns.name)
	}
	return out
}

// addressEvidence is what was said of the servers' addresses.
func addressEvidence(servers []*server) (out []diag.Evidence) {
	for _, ns := range servers {
		for _, a := range ns.answers {
			if a != nil && len(a.Addrs()) > 0 {
				out = append(out, diag.Said(a))
			}
		}
	}
	return out
}

// judgeNetworks reports servers that all stand in one network (RFC 2182 3.1): one network of a family holds an address
// of each of them, and there is no other.
func (s *survey) judgeNetworks() {
	holds := map[netip.Prefix]int{} // servers
	var nets []netip.Prefix
	with := 0
	for _, ns := range s.servers {
		var own []netip.Prefix
		for _, r := range ns.replies {
			bits := 24
			if r.addr.Is6() {
				bits = 48
			}
			if net, err := r.addr.Prefix(bits); err == nil && !slices.Contains(own, net) {
				own = append(own, net)
			}
		}
		if len(own) > 0 {
			with++
		}
		for _, net := range own {
			if holds[net]++; holds[net] == 1 {
				nets = append(nets, net)
			}
		}
	}
	families := map[bool]int{}
	var networks []string
	all := false
	for _, n := range nets {
		families[n.Addr().Is4()]++
		networks = append(networks, n.String())
		all = all || holds[n] == with
	}
	if all && families[true] <= 1 && families[false] <= 1 {
		s.p.Found(DelegationSameNetwork, s.d.Zone, map[string]any{
			"network": strings.Join(networks, ", "), "networks": networks, "servers": s.names(nil),
		})
	}
}

// judgeFamilies reports a zone that resolvers without IPv6 cannot get into: no server that they can find has an IPv4
// address.
func (s *survey) judgeFamilies() {
	if s.p.Planned() && len(s.unasked) > 0 {
		return
	}
	var servers []*server
	for _, ns := range s.servers {
		if !ns.inParent && !s.d.ViaResolver {
			continue // nobody is led to it
		}
		four, sure := s.fourWay(ns)
		if four || !sure {
			return
		}
		if len(ns.replies) > 0 {
			servers = append(servers, ns)
		}
	}
	if len(servers) == 0 {
		return
	}
	evidence := addressEvidence(servers)
	if s.d.Said != nil {
		evidence = slices.Insert(evidence, 0, diag.Said(s.d.Said))
	}
	var addresses []string
	for _, ns := range servers {
		for _, r := range ns.replies {
			if r.addr.Is6() {
				addresses = append(addresses, r.addr.String())
			}
		}
	}
	s.p.Found(DelegationIPv6Only, s.d.Zone, map[string]any{"servers": serverNames(servers), "addresses": addresses},
		evidence...)
}

// fourWay reports whether a server can be reached over IPv4 by whoever has nothing else, and whether that is sure. The
// address of a server within the zone helps only where the parent gives it.
func (s *survey) fourWay(ns *server) (four, sure bool) {
	is4 := func(a netip.Addr) bool { return a.Is4() }
	inside := s.referred() && dns.IsSubDomain(s.d.Zone, ns.name)
	if slices.ContainsFunc(ns.glue, is4) || !inside && slices.ContainsFunc(ns.addrs, is4) {
		return true, true
	}
	return false, inside || ns.told(false) || s.nowhere(ns) != ""
}

// judgeTypes reports servers that answer for the zone, but not to questions of some type that others answer: by
// silence, by an error, or without authority. Where no server answers, the check that asks could not tell, and says so.
func (s *survey) judgeTypes(serving []*reply) {
	type fault struct {
		ns     *server
		reason string
	}
	type seen struct {
		types, addresses, names []string
		evidence                []diag.Evidence
	}
	by := map[fault]*seen{}
	var order []fault
	for _, q := range slices.Concat([]resolve.Question{{Name: s.d.Zone, Type: dns.TypeNS}}, s.questions, s.probes) {
		if !slices.ContainsFunc(serving, func(r *reply) bool { reason, _ := r.unanswered(q); return reason == "" }) {
			continue
		}
		for _, r := range serving {
			reason, evidence := r.unanswered(q)
			if reason == "" || r.addr.Is6() && !s.sixWorks {
				continue
			}
			f := fault{r.server, reason}
			if by[f] == nil {
				by[f] = &seen{}
				order = append(order, f)
			}
			add := func(list *[]string, text string) {
				if !slices.Contains(*list, text) {
					*list = append(*list, text)
				}
			}
			add(&by[f].types, dns.TypeToString[q.Type])
			add(&by[f].names, view.Shown(q.Name))
			add(&by[f].addresses, r.addr.String())
			by[f].evidence = append(by[f].evidence, evidence)
		}
	}
	slices.SortStableFunc(order, func(a, b fault) int { return strings.Compare(a.ns.name, b.ns.name) })
	for _, f := range order {
		s.p.Found(DelegationTypeUnanswered, f.ns.name, map[string]any{
			"server": view.Shown(f.ns.name), "addresses": by[f].addresses, "types": by[f].types, "names": by[f].names,
			"reason": f.reason, "zone": view.Shown(s.d.Zone),
		}, by[f].evidence...)
	}
}

// unanswered is why a server's answer to a question tells nothing: a code of its own in lower case, timeout,
// unreachable, bad-answer or not-authoritative. Empty where it tells something, or was not asked.
func (r *reply) unanswered(q resolve.Question) (reason string, evidence diag.Evidence) {
	a, err := r.mail[q], r.failed[q]
	if q.Type == dns.TypeNS {
		a, err = r.ns, r.nsErr
	}
	switch {
	case err != nil && errors.Is(err, resolve.ErrBadAnswer):
		return "bad-answer", diag.SaidNothing(err)
	case err != nil && isSilence(err):
		return silence(err), diag.SaidNothing(err)
	case a == nil:
		return "", evidence
	case a.Rcode != dns.RcodeSuccess && !a.NXDomain():
		return cmp.Or(strings.ToLower(dns.RcodeToString[a.Rcode]), "bad-answer"), diag.Said(a)
	case !r.counts(a) && !refers(a, q.Name):
		return "not-authoritative", diag.Said(a)
	}
	return "", evidence
}

// refers reports whether an answer leads to a zone below, which holds the name.
func refers(a *resolve.Answer, name string) bool {
	return len(a.RRs) == 0 && slices.ContainsFunc(a.Ns, func(rr dns.RR) bool {
		return rr.Header().Rrtype == dns.TypeNS && dns.IsSubDomain(strings.ToLower(rr.Header().Name), name)
	})
}

// nowhere is why a server cannot be reached by its name: nxdomain, nodata, no-glue (it stands in the zone itself, and
// the parent does not give its address) or circular (its own zone can only be found through this one). Empty where it
// can, or where it is not known.
func (s *survey) nowhere(ns *server) string {
	switch {
	case len(ns.replies) > 0 || len(ns.answers) == 0:
		return ""
	case errors.Is(ns.lookup, resolve.ErrNoWayIn) && dns.IsSubDomain(s.d.Zone, ns.name):
		return "no-glue"
	case errors.Is(ns.lookup, resolve.ErrNoWayIn):
		return "circular"
	case slices.ContainsFunc(ns.answers, func(a *resolve.Answer) bool { return a == nil || !a.Empty() }):
		return ""
	case ns.answers[0].NXDomain():
		return "nxdomain"
	}
	return "nodata"
}
