package authority

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/view"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// Delegation examines how the domain is delegated: what its parent says, and whether every listed name server answers
// with authority, alike, over UDP and TCP. A domain below its zone's name is examined through that zone.
var Delegation = &diag.Check{
	Name: "delegation",
	Codes: []diag.Kind{
		DelegationNXDomain, DelegationBroken, DelegationLame,
		DelegationNSTimeout, DelegationNSUnresolvable, DelegationNSCNAME,
		DelegationNSMismatch, DelegationGlueMismatch, DelegationNSPrivate,
		DelegationSingleNS, DelegationSameNetwork, DelegationNoTCP,
		DelegationSerialMismatch, DelegationAnswersDiffer, DelegationTransferOpen,
		DelegationNegativeTTLLong, DelegationTypeUnanswered, DelegationIPv6Only,
		DelegationGlueMissing, DelegationParentsDiffer, DelegationNSSetsDiffer,
		DelegationSharedAddress, DelegationSOAMismatch,
	},
	Run: view.With(runDelegation),
}

// DelegationFacts is what the delegation check learned. Names carry no final dot.
type DelegationFacts struct {
	Zone   string `json:"zone"`
	Parent string `json:"parent"`
	// The servers are those that were named, not the delegation's.
	Planned     bool          `json:"planned,omitempty"`
	ViaResolver bool          `json:"via_resolver,omitempty"` // learned from a recursive resolver, not from the parent
	Servers     []ServerFacts `json:"servers,omitempty"`
	Operator    string        `json:"operator,omitempty"`

	mail map[resolve.Question][]*resolve.Answer // what the servers with authority answered about mail
}

func runDelegation(ctx context.Context, p *view.Pass) (any, error) {
	d, err := p.DNS.Walk(ctx, p.Domain)
	if err != nil {
		return nil, err
	}
	facts := &DelegationFacts{Zone: view.Shown(d.Zone), Parent: view.Shown(d.Parent), ViaResolver: d.ViaResolver,
		Planned: p.Planned()}
	if d.NXDomain && len(d.Said.Chain()) == 0 { // else it is the target of an alias that does not exist
		args := map[string]any{"parent": view.Shown(d.Zone), "zone": view.Shown(d.Zone)}
		p.Found(DelegationNXDomain, p.Domain, args, diag.Said(d.Said))
		if !ownZone(d.Zone, p.Domain) {
			return facts, nil
		}
	}
	facts.Operator = recogniseOperator(p, d.NS)
	s := newSurvey(p, d)
	s.run(ctx)
	facts.Servers, facts.mail = s.facts(), s.mail()
	if ctx.Err() != nil {
		return facts, fmt.Errorf("diag: name servers not all asked in time: %w", ctx.Err())
	}
	return facts, s.judge(ctx)
}

// ownZone reports whether a zone belongs to whoever holds the domain, and not to a registry above.
func ownZone(zone, domain string) bool { return dns.IsSubDomain(view.RegistrableOf(domain), zone) }

// recogniseOperator notes the DNS operator whose pattern matches most of the name servers.
func recogniseOperator(p *view.Pass, servers []resolve.NameServer) string {
	best, most := "", 0
	for _, o := range p.Operators {
		n := 0
		for _, ns := range servers {
			name := strings.ToLower(view.Shown(ns.Name))
			for _, re := range o.NS {
				if re.MatchString(name) {
					n++
					break
				}
			}
		}
		if n > most {
			best, most = o.ID, n
		}
	}
	if best != "" {
		p.SawOperator(best)
	}
	return best
}

// judge turns what the servers said into findings. The error means that something could not be told.
func (s *survey) judge(ctx context.Context) error {
	serving := s.serving()
	if len(serving) == 0 && s.d.ViaResolver {
		return cause.New(cause.DirectDNS,
			"diag: the domain resolves, but its name servers cannot be asked from here: direct DNS seems to be blocked")
	}
	s.judgeServers()
	s.judgeNames()
	s.judgeNumber()
	s.judgeFamilies()
	s.judgeParents()
	var failed []error
	if names := s.unaddressed(); len(names) > 0 {
		failed = append(failed, cause.With(cause.NoServers,
			"diag: no address could be looked up for "+strings.Join(names, ", "),
			map[string]any{"question": strings.Join(names, ", ")}))
	}
	if len(serving) == 0 && s.aliased() {
		return errors.Join(failed...)
	}
	if len(serving) == 0 {
		if names := s.untested(); len(names) > 0 {
			failed = append(failed, cause.New(cause.NoIPv6,
				"diag: IPv6 cannot be reached from here, and "+strings.Join(names, ", ")+" has no other address"))
		}
		if len(failed) == 0 {
			s.foundBroken()
		}
		return errors.Join(failed...)
	}
	s.judgeLists(serving)
	s.judgeGlue()
	s.judgeZone(serving)
	s.judgeAnswers(serving)
	s.judgeTypes(serving)
	if err := s.judgeTCP(ctx, serving); err != nil {
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

func (s *survey) foundBroken() {
	var evidence []diag.Evidence
	for _, ns := range s.servers {
		for _, r := range ns.replies {
			evidence = append(evidence, r.evidence())
		}
	}
	if len(evidence) == 0 && s.d.Said != nil {
		evidence = append(evidence, diag.Said(s.d.Said))
	}
	reason := "" // beside it stands what each server lacks
	if !slices.ContainsFunc(s.servers, func(ns *server) bool { return s.nowhere(ns) == "" }) {
		reason = "no-way-in"
	}
	args := map[string]any{"servers": s.names(nil), "parent": view.Shown(s.d.Parent), "reason": reason}
	if s.p.Planned() {
		args["planned"] = true
	}
	s.p.Found(DelegationBroken, s.d.Zone, args, evidence...)
}

// judgeServers reports, server by server, those that are silent, private or without authority, and those that give the
// zone away.
func (s *survey) judgeServers() {
	for _, ns := range s.servers {
		by := map[serverFault][]*reply{} // the addresses that show it
		var order []serverFault
		for _, r := range ns.replies {
			for _, k := range s.faults(r) {
				if by[k] == nil {
					order = append(order, k)
				}
				by[k] = append(by[k], r)
			}
		}
		for _, k := range order {
			args := map[string]any{"server": view.Shown(ns.name), "address": by[k][0].addr.String(), "reason": k.reason,
				"zone": view.Shown(s.d.Zone)}
			if soa, _ := by[k][0].holds(s.d.Zone, true); soa != nil && k.kind == DelegationLame {
				args["holds"] = true
			}
			var addresses []string
			var evidence []diag.Evidence
			for _, r := range by[k] {
				addresses = append(addresses, r.addr.String())
				if k.kind == DelegationTransferOpen {
					evidence = append(evidence, diag.Evidence{
						Question: s.d.Zone + " AXFR", Answer: "SOA, ...", Server: netip.AddrPortFrom(r.addr, dnsPort).String(),
					})
				} else {
					evidence = append(evidence, r.evidence())
				}
			}
			args["addresses"] = addresses
			s.p.Found(k.kind, ns.name, args, evidence...)
		}
	}
}

// serverFault is what is wrong with a server at one address.
type serverFault struct {
	kind   diag.Kind
	reason string
}

// faults is what is wrong with one server address, each as "code reason".
func (s *survey) faults(r *reply) []serverFault {
	var out []serverFault
	if r.open {
		out = append(out, serverFault{DelegationTransferOpen, "axfr"})
	}
	soa, _ := r.start(s.d.Zone)
	stale := s.referred() && slices.Contains(r.server.stale(), r.addr)
	switch reason := r.lame(s.d.Zone); {
	case r.private:
		out = append(out, serverFault{DelegationNSPrivate, "private"})
	case stale: // the glue is to blame, which judgeGlue says
	case r.addr.Is6() && !s.sixWorks: // silence over IPv6 says nothing here
	case r.silent():
		out = append(out, serverFault{DelegationNSTimeout, silence(r.soaErr)})
	case soa == nil && r.aliased(s.d.Zone): // it serves the zone, whose name is an alias: the zone check tells
	case (soa == nil || r.bare) && reason != "":
		out = append(out, serverFault{DelegationLame, reason})
	case r.soa == nil && isSilence(r.soaErr):
		// It answers over TCP alone, which is not where resolvers ask first.
		out = append(out, serverFault{DelegationNSTimeout, "udp-only"})
	}
	return out
}

// judgeNames reports server names that are aliases (RFC 2181 10.3), and those that lead nowhere: that have no address,
// or whose address can only be found through the zone that they serve, so that no resolver can begin.
func (s *survey) judgeNames() {
	for _, ns := range s.servers {
		var evidence []diag.Evidence
		target := ""
		for _, a := range ns.answers {
			if a == nil {
				continue
			}
			evidence = append(evidence, diag.Said(a))
			if len(a.Chain()) > 0 {
				target = a.Final()
			}
		}
		if reason := s.nowhere(ns); reason != "" {
			if len(evidence) == 0 && s.d.Said != nil {
				evidence = append(evidence, diag.Said(s.d.Said))
			}
			s.p.Found(DelegationNSUnresolvable, ns.name, map[string]any{
				"server": view.Shown(ns.name), "zone": view.Shown(s.d.Zone), "reason": reason, "literal": nameless(ns.name),
				"meant": s.withoutZone(ns.name),
			}, evidence...)
		}
		if target != "" {
			s.p.Found(DelegationNSCNAME, ns.name, map[string]any{
				"server": view.Shown(ns.name), "target": view.Shown(target), "zone": view.Shown(s.d.Zone),
			}, evidence...)
		}
	}
}

// withoutZone is a server's name without the zone's own, where what is left ends in a public suffix: the final dot was
// missing. Else it is empty.
func (s *survey) withoutZone(name string) string {
	cut, ok := strings.CutSuffix(name, "."+s.d.Zone)
	if !ok || s.d.Zone == "." || !strings.Contains(cut, ".") {
		return ""
	}
	if suffix, known := publicsuffix.PublicSuffix(cut); !known || suffix == cut {
		return ""
	}
	return cut
}

// DeadDelegation is what makes every answer about a domain's records meaningless.
var DeadDelegation = []diag.Code{DelegationNXDomain.Code, DelegationBroken.Code}

// run asks everything and waits for the last answer.
func (s *survey) run(ctx context.Context) {
	for _, ns := range s.d.NS {
		s.list(ctx, ns.Name, ns.Glue, !s.d.ViaResolver)
	}
	s.wg.Go(func() { s.selectors(ctx) })
	s.wg.Go(func() { s.ownHost(ctx) })
	s.askParents(ctx)
	s.wg.Wait()
	s.markListed()
	s.markBare()
	for _, ns := range s.servers {
		slices.SortFunc(ns.replies, func(a, b *reply) int { return a.addr.Compare(b.addr) })
	}
	slices.SortFunc(s.servers, func(a, b *server) int { return strings.Compare(a.name, b.name) })
}
