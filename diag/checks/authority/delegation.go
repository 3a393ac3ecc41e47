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

// What the check may find.
var (
	DelegationNXDomain        = diag.Kind{Code: "delegation.nxdomain", Severity: diag.Error}
	DelegationBroken          = diag.Kind{Code: "delegation.broken", Severity: diag.Error}
	DelegationLame            = diag.Kind{Code: "delegation.lame", Severity: diag.Warning}
	DelegationNSTimeout       = diag.Kind{Code: "delegation.ns-timeout", Severity: diag.Warning}
	DelegationNSUnresolvable  = diag.Kind{Code: "delegation.ns-unresolvable", Severity: diag.Warning}
	DelegationNSCNAME         = diag.Kind{Code: "delegation.ns-cname", Severity: diag.Warning}
	DelegationNSMismatch      = diag.Kind{Code: "delegation.ns-mismatch", Severity: diag.Warning}
	DelegationGlueMismatch    = diag.Kind{Code: "delegation.glue-mismatch", Severity: diag.Warning}
	DelegationNSPrivate       = diag.Kind{Code: "delegation.ns-private", Severity: diag.Error}
	DelegationSingleNS        = diag.Kind{Code: "delegation.single-ns", Severity: diag.Warning}
	DelegationSameNetwork     = diag.Kind{Code: "delegation.same-network", Severity: diag.Notice}
	DelegationNoTCP           = diag.Kind{Code: "delegation.no-tcp", Severity: diag.Warning}
	DelegationSerialMismatch  = diag.Kind{Code: "delegation.serial-mismatch", Severity: diag.Notice}
	DelegationAnswersDiffer   = diag.Kind{Code: "delegation.answers-differ", Severity: diag.Error}
	DelegationTransferOpen    = diag.Kind{Code: "delegation.transfer-open", Severity: diag.Warning}
	DelegationNegativeTTLLong = diag.Kind{Code: "delegation.negative-ttl-long", Severity: diag.Notice}
	DelegationTypeUnanswered  = diag.Kind{Code: "delegation.type-unanswered", Severity: diag.Warning}
	DelegationIPv6Only        = diag.Kind{Code: "delegation.ipv6-only", Severity: diag.Warning}
	DelegationGlueMissing     = diag.Kind{Code: "delegation.glue-missing", Severity: diag.Notice}
	DelegationParentsDiffer   = diag.Kind{Code: "delegation.parents-differ", Severity: diag.Warning}
	DelegationNSSetsDiffer    = diag.Kind{Code: "delegation.ns-sets-differ", Severity: diag.Warning}
	DelegationSharedAddress   = diag.Kind{Code: "delegation.shared-address", Severity: diag.Notice}
	DelegationSOAMismatch     = diag.Kind{Code: "delegation.soa-mismatch", Severity: diag.Notice}
)

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

// ServerFacts is one name server. UDPms is the round trip of its SOA answer over UDP in milliseconds, 0 where none
// came.
type ServerFacts struct {
	Name          string   `json:"name"`
	Listed        string   `json:"listed"` // by: both, parent or child
	Addresses     []string `json:"addresses"`
	Authoritative bool     `json:"authoritative"`
	Serial        uint32   `json:"serial,omitempty"`
	UDPms         float64  `json:"udp_ms,omitempty"`
	// Answers, silent, or unknown: none gets out of here; empty where the server has none.
	IPv6 string `json:"ipv6,omitempty"`
	TCP  bool   `json:"tcp"`
	// Has only IPv6 addresses, and no IPv6 address could be reached from here.
	Untested bool `json:"untested,omitempty"`
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

func isSilence(err error) bool {
	return errors.Is(err, resolve.ErrTimeout) || errors.Is(err, resolve.ErrUnreachable)
}

// silence is in which way nothing came: unreachable, closed (a TCP connection ended before the answer) or timeout.
func silence(err error) string {
	switch {
	case errors.Is(err, resolve.ErrUnreachable):
		return "unreachable"
	case errors.Is(err, resolve.ErrBadAnswer):
		return "closed"
	}
	return "timeout"
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

// DeadDelegation is what makes every answer about a domain's records meaningless.
var DeadDelegation = []diag.Code{DelegationNXDomain.Code, DelegationBroken.Code}
