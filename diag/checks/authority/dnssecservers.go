package authority

import (
	"context"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dnssec"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

const maxSignedServers = 8 // name servers whose signatures are verified

// signedServer is one name server of a signed zone, and what its signature over the zone's SOA is worth.
type signedServer struct {
	name    string
	answer  *resolve.Answer
	verdict *dnssec.Verdict
}

// judgeSignedServers holds what each name server gives against the zone's keys. One whose signatures do not hold where
// those of others do is reported: resolvers that validate may try another, or give up. It gives the life of the good
// signature that has to be renewed first.
func judgeSignedServers(ctx context.Context, p *view.Pass, cut *resolve.Delegation, z *dnssec.Zone) (life dnssec.Span) {
	servers := cut.NS[:min(len(cut.NS), maxSignedServers)]
	all := make([]signedServer, len(servers))
	var wg guarded.Group
	for i, ns := range servers {
		wg.Go(func() {
			at, ok := fourOf(ctx, p, ns)
			if !ok {
				return
			}
			a, err := p.DNS.AskSigned(ctx, at, z.Name, dns.TypeSOA)
			if err != nil || !a.Authoritative || a.Rcode != dns.RcodeSuccess || len(a.Records()) == 0 {
				return // the delegation check tells
			}
			if v, err := p.Trust.Judge(ctx, z, a); err == nil {
				all[i] = signedServer{view.Shown(ns.Name), a, v}
			}
		})
	}
	wg.Wait()
	by := map[dnssec.Reason][]signedServer{}
	var reasons []dnssec.Reason
	good := false
	for _, s := range all {
		switch {
		case s.verdict == nil:
		case len(s.verdict.Faults) == 0:
			good = true
			life = life.Sooner(s.verdict.Life)
		default:
			reason := s.verdict.Faults[0].Reason
			if by[reason] == nil {
				reasons = append(reasons, reason)
			}
			by[reason] = append(by[reason], s)
		}
	}
	if !good {
		return life // then it is the zone that is at fault, which is said of it
	}
	for _, reason := range reasons {
		args := map[string]any{"reason": string(reason), "zone": view.Shown(z.Name)}
		var names []string
		var evidence []diag.Evidence
		for _, s := range by[reason] {
			names, evidence = append(names, s.name), append(evidence, diag.Said(s.answer))
		}
		args["servers"] = names
		if when := by[reason][0].verdict.Faults[0].When; !when.IsZero() {
			args["when"] = when.UTC().Format(time.RFC3339)
		}
		p.Found(DNSSECServersDiffer, z.Name, args, evidence...)
	}
	return life
}

var DNSSECServersDiffer = diag.Kind{Code: "dnssec.servers-differ", Severity: diag.Warning}
