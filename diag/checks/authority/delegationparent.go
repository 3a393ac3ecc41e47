package authority

import (
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// divided reports that the servers of the parent disagree and that one of them lists what the zone lists: what is wrong
// is then at the others.
func (s *survey) divided(child []string) bool {
	own, others := false, false
	for _, a := range s.parents {
		switch t := s.delegationText(a); t {
		case "":
		case strings.Join(child, ", "):
			own = true
		default:
			others = true
		}
	}
	return own && others
}

// judgeGlue compares the addresses that the parent hands out with those that the zone of the server's name has.
func (s *survey) judgeGlue() {
	if !s.referred() {
		return
	}
	for _, ns := range s.servers {
		var evidence []diag.Evidence
		if s.d.Said != nil {
			evidence = append(evidence, diag.Said(s.d.Said))
		}
		for _, a := range ns.answers {
			if a != nil {
				evidence = append(evidence, diag.Said(a))
			}
		}
		stale, unlisted := ns.stale(), ns.unlisted(s.d.Zone)
		args := map[string]any{
			"server": view.Shown(ns.name), "glue": view.Texts(ns.glue), "addresses": view.Texts(ns.addrs),
			"parent": view.Shown(s.d.Parent),
		}
		switch {
		case len(stale) > 0:
			args["stale"], args["inside"] = view.Texts(stale), dns.IsSubDomain(s.d.Zone, ns.name)
			s.p.Found(DelegationGlueMismatch, ns.name, args, evidence...)
		case len(unlisted) > 0:
			args["missing"] = view.Texts(unlisted)
			severity := diag.Notice
			if len(ns.glue) == 0 { // whoever does not know the zone yet cannot ask this server
				severity = diag.Warning
			}
			s.p.FoundAs(severity, DelegationGlueMissing, ns.name, args, evidence...)
		}
	}
}

// judgeParents reports servers of the parent that lead to different servers of the zone, or to different addresses of
// them.
func (s *survey) judgeParents() {
	slices.SortFunc(s.parents, func(a, b *resolve.Answer) int { return a.Server.Compare(b.Server) })
	for _, text := range []func(*resolve.Answer) string{s.delegationText, s.glueText} {
		var said []string
		who := map[string][]string{}
		var evidence []diag.Evidence
		for _, a := range s.parents {
			t := text(a)
			if t == "" {
				continue
			}
			if who[t] == nil {
				said = append(said, t)
				evidence = append(evidence, diag.Said(a))
			}
			who[t] = append(who[t], a.Server.Addr().String())
		}
		if len(said) < 2 {
			continue
		}
		answers := make([]string, len(said))
		for i, t := range said {
			answers[i] = strings.Join(who[t], ", ") + ": " + t
		}
		s.p.Found(DelegationParentsDiffer, s.d.Zone,
			map[string]any{"zone": view.Shown(s.d.Zone), "parent": view.Shown(s.d.Parent), "answers": answers}, evidence...)
		return
	}
}

// delegationText is the servers that an answer of the parent leads to, NXDOMAIN where it denies the zone, and "-" where
// it leads to none. It is empty where the answer tells nothing: a failure, or the zone's own word by a server that
// holds both.
func (s *survey) delegationText(a *resolve.Answer) string {
	switch {
	case a.NXDomain() && a.Authoritative:
		return "NXDOMAIN"
	case a.Rcode != dns.RcodeSuccess || len(a.RRs) > 0:
		return ""
	}
	var names []string
	for _, rr := range a.Ns {
		if ns, ok := rr.(*dns.NS); ok && strings.EqualFold(rr.Header().Name, s.d.Zone) {
			names = append(names, view.Shown(strings.ToLower(ns.Ns)))
		}
	}
	if len(names) == 0 {
		if a.Authoritative {
			return "-"
		}
		return ""
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// glueText is the addresses of servers within the zone that an answer of the parent gives; empty where it gives none.
func (s *survey) glueText(a *resolve.Answer) string {
	if t := s.delegationText(a); t == "" || t == "-" || t == "NXDOMAIN" {
		return ""
	}
	var out []string
	for _, rr := range a.Extra {
		name := strings.ToLower(rr.Header().Name)
		if (rr.Header().Rrtype == dns.TypeA || rr.Header().Rrtype == dns.TypeAAAA) && dns.IsSubDomain(s.d.Zone, name) {
			out = append(out, view.Shown(name)+" "+strings.TrimPrefix(rr.String(), rr.Header().String()))
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}
