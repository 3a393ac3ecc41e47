package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

const negativeTTLMax = 86400 // seconds; RFC 2308 5 suggests one to three hours

// judgeLists compares the parent's list of servers with the zone's own.
func (s *survey) judgeLists(serving []*reply) {
	if s.d.ViaResolver || s.omitted {
		return // the list came from the zone already, or is longer than what was read
	}
	var evidence []diag.Evidence
	for _, r := range serving {
		if r.ns != nil && r.ns.Authoritative && len(r.ns.Records()) > 0 {
			evidence = append(evidence, diag.Said(r.ns))
		}
	}
	if len(evidence) == 0 {
		return // nobody told the zone's own list
	}
	s.judgeOwnLists(serving)
	if s.p.Planned() {
		s.judgePlan(evidence)
		return
	}
	parent := s.names(func(ns *server) bool { return ns.inParent })
	child := s.names(func(ns *server) bool { return ns.inChild })
	onlyParent := s.names(func(ns *server) bool { return ns.inParent && !ns.inChild })
	onlyChild := s.names(func(ns *server) bool { return ns.inChild && !ns.inParent })
	if len(onlyParent)+len(onlyChild) == 0 || s.divided(child) {
		return
	}
	if s.d.Said != nil {
		evidence = slices.Insert(evidence, 0, diag.Said(s.d.Said))
	}
	s.p.Found(DelegationNSMismatch, s.d.Zone, map[string]any{
		"parent": parent, "child": child, "only_parent": onlyParent, "only_child": onlyChild,
	}, evidence...)
}

// judgeOwnLists reports servers that give different lists of the zone's servers.
func (s *survey) judgeOwnLists(serving []*reply) {
	said, who, evidence := tell(serving, func(r *reply) *resolve.Answer { return r.ns })
	if len(said) > 1 {
		s.p.Found(DelegationNSSetsDiffer, s.d.Zone,
			map[string]any{"zone": view.Shown(s.d.Zone), "answers": attributed(said, who)}, evidence...)
	}
}

// tell is the different answers that the servers gave, who gave each, and one answer of each as evidence. What is no
// answer with authority says nothing of what a server holds.
func tell(serving []*reply, of func(*reply) *resolve.Answer) (said []string, who map[string][]string,
	evidence []diag.Evidence) {
	who = map[string][]string{}
	for _, r := range serving {
		a := of(r)
		if a == nil || !r.counts(a) || (a.Rcode != dns.RcodeSuccess && a.Rcode != dns.RcodeNameError) {
			continue
		}
		text := content(a)
		if who[text] == nil {
			said = append(said, text)
			evidence = append(evidence, diag.Said(a))
		}
		if name := view.Shown(r.server.name); !slices.Contains(who[text], name) {
			who[text] = append(who[text], name)
		}
	}
	return said, who, evidence
}

// attributed is the answers with the names of those who gave them.
func attributed(said []string, who map[string][]string) (out []string) {
	for _, text := range said {
		out = append(out, strings.Join(who[text], ", ")+": "+text)
	}
	return out
}

// judgeZone compares the serials and looks at how long denials live.
func (s *survey) judgeZone(serving []*reply) {
	var serials []string
	var evidence []diag.Evidence
	seen := map[uint32]bool{}
	longest := uint32(0)
	var long diag.Evidence
	for _, r := range serving {
		soa, a := r.start(s.d.Zone)
		line := fmt.Sprintf("%s %d", view.Shown(r.server.name), soa.Serial)
		if !slices.Contains(serials, line) {
			serials = append(serials, line)
			evidence = append(evidence, diag.Said(a))
		}
		seen[soa.Serial] = true
		if ttl := min(soa.Hdr.Ttl, soa.Minttl); ttl > longest {
			longest, long = ttl, diag.Said(a)
		}
	}
	switch {
	case len(seen) > 1:
		s.p.Found(DelegationSerialMismatch, s.d.Zone, map[string]any{"serials": serials}, evidence...)
	default: // one version by its number, which need not be one by what it holds
		said, who, evidence := tell(serving, func(r *reply) *resolve.Answer { _, a := r.start(s.d.Zone); return a })
		if len(said) > 1 {
			s.p.Found(DelegationSOAMismatch, s.d.Zone,
				map[string]any{"zone": view.Shown(s.d.Zone), "answers": attributed(said, who)}, evidence...)
		}
	}
	if longest > negativeTTLMax {
		s.p.Found(DelegationNegativeTTLLong, s.d.Zone, map[string]any{"seconds": int(longest)}, long)
	}
}

// judgeAnswers reports servers that answer a mail question differently: as sets, whatever the order and the TTL.
func (s *survey) judgeAnswers(serving []*reply) {
	for _, q := range s.questions {
		said, who, evidence := tell(serving, func(r *reply) *resolve.Answer { return r.mail[q] })
		if len(said) > 1 {
			s.p.Found(DelegationAnswersDiffer, q.Name, map[string]any{
				"name": view.Shown(q.Name), "type": dns.TypeToString[q.Type], "servers": s.names(nil),
				"answers": attributed(said, who),
			}, evidence...)
		}
	}
}

// content is an answer as a set: what the name itself holds, an alias as such, NODATA and NXDOMAIN alike as nothing.
func content(a *resolve.Answer) string {
	var out []string
	for _, rr := range a.RRs {
		h := rr.Header()
		if !strings.EqualFold(h.Name, a.Question.Name) || (h.Rrtype != a.Question.Type && h.Rrtype != dns.TypeCNAME) {
			continue
		}
		text := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(rr.String(), h.String()), "\t", " "))
		if txt, ok := rr.(*dns.TXT); ok {
			text = `"` + strings.Join(txt.Txt, "") + `"`
		}
		if h.Rrtype != a.Question.Type {
			text = dns.TypeToString[h.Rrtype] + " " + text
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return "-"
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "; ")
}

// judgeTCP reports servers that answer over UDP and not over TCP (RFC 7766 5). Where none answers over TCP, a server of
// the parent is the control: if that does not either, it is this place that lets no TCP out.
func (s *survey) judgeTCP(ctx context.Context, serving []*reply) error {
	var deaf []*reply
	for _, r := range serving {
		if r.soa != nil && r.tcp == nil && (isSilence(r.tcpErr) || errors.Is(r.tcpErr, resolve.ErrBadAnswer)) {
			deaf = append(deaf, r)
		}
	}
	if len(deaf) == 0 {
		return nil
	}
	if len(deaf) == len(serving) && !s.parentSpeaksTCP(ctx) {
		return cause.New(cause.TCP53,
			"diag: no server answers over TCP, the parent's neither: TCP to port 53 seems to be blocked here")
	}
	by := map[*server][]*reply{}
	for _, r := range deaf {
		by[r.server] = append(by[r.server], r)
	}
	for _, ns := range s.servers {
		if len(by[ns]) == 0 {
			continue
		}
		var addresses []string
		var evidence []diag.Evidence
		for _, r := range by[ns] {
			addresses = append(addresses, r.addr.String())
			evidence = append(evidence, diag.SaidNothing(r.tcpErr))
		}
		s.p.Found(DelegationNoTCP, ns.name, map[string]any{
			"server": view.Shown(ns.name), "address": addresses[0], "addresses": addresses, "reason": silence(by[ns][0].tcpErr),
		}, evidence...)
	}
	return nil
}

func (s *survey) parentSpeaksTCP(ctx context.Context) bool {
	if len(s.d.ParentServers) == 0 {
		return true // nothing to compare with: what was seen stands
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	servers := s.d.ParentServers[:min(2, len(s.d.ParentServers))]
	spoke := make(chan bool, len(servers))
	for _, to := range servers {
		guarded.Go(func() {
			_, err := s.p.DNS.Ask(ctx, to, s.d.Parent, dns.TypeSOA, resolve.TCP)
			spoke <- err == nil
		}, func(error) { spoke <- false })
	}
	for range servers {
		if <-spoke {
			return true
		}
	}
	return false
}
