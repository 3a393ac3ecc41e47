package checks

import (
	"context"
	"net/netip"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// mailHost is one host that takes the domain's mail, and its addresses.
type mailHost struct {
	name  string // no final dot
	addrs []netip.Addr
}

// hiddenByAlias is how a check ends that needs the domain's MX, where an alias at the top of the zone hides it; nil where none does.
func hiddenByAlias(ctx context.Context, p *pass, mx *resolve.Answer) error {
	if p.hidden(ctx, mx) && p.Runs(Zone) {
		return diag.Skip(string(ZoneCNAMEApex.Code))
	}
	return nil
}

// mailHosts is where mail for the domain goes, by preference, with the answer that says so: the targets of its MX records, or
// itself where it has none (RFC 5321 5.1). No host where it takes no mail, or means to: what sends nothing and has no MX is parked.
func mailHosts(ctx context.Context, p *pass) ([]mailHost, *resolve.Answer, error) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return nil, nil, err
	}
	targets, null := readMX(a)
	var out []mailHost
	if len(targets) > maxMX {
		p.LeftOut(maxMX, "mail hosts")
	}
	for _, t := range targets[:min(len(targets), maxMX)] {
		if !t.ownership && !t.literal.IsValid() {
			out = append(out, mailHost{name: shown(t.host)})
		}
	}
	if len(targets) == 0 && !null && !a.NXDomain() && !p.hidden(ctx, a) {
		out = append(out, mailHost{name: p.name()})
	}
	var wg guarded.Group
	for i := range out {
		wg.Go(func() { out[i].addrs, _, _ = p.DNS.Addrs(ctx, out[i].name+".") }) // the mx check reports what fails
	}
	wg.Wait()
	return out, a, nil
}
