package view

import (
	"context"
	"net/netip"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// MailHost is one host that takes the domain's mail, and its addresses.
type MailHost struct {
	Name  string // no final dot
	Addrs []netip.Addr
}

// ZoneCNAMEApex is found by the zone check: nobody sees what is entered at the domain itself.
var ZoneCNAMEApex = diag.Kind{Code: "zone.cname-apex", Severity: diag.Error}

// HiddenByAlias is how a check ends that needs the domain's MX, where an alias at the top of the zone hides it; nil
// where none does.
func HiddenByAlias(ctx context.Context, p *Pass, mx *resolve.Answer) error {
	if p.Hidden(ctx, mx) && p.Seeks(ZoneCNAMEApex) {
		return diag.Skip(string(ZoneCNAMEApex.Code))
	}
	return nil
}

// MailHosts is where mail for the domain goes, by preference, with the answer that says so: the targets of its MX
// records, or itself where it has none (RFC 5321 5.1). No host where it takes no mail, or means to: what sends nothing
// and has no MX is parked.
func MailHosts(ctx context.Context, p *Pass) ([]MailHost, *resolve.Answer, error) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return nil, nil, err
	}
	targets, null := ReadMX(a)
	var out []MailHost
	if len(targets) > MaxMX {
		p.LeftOut(MaxMX, "mail hosts")
	}
	for _, t := range targets[:min(len(targets), MaxMX)] {
		if !t.Ownership && !t.Literal.IsValid() {
			out = append(out, MailHost{Name: Shown(t.Host)})
		}
	}
	if len(targets) == 0 && !null && !a.NXDomain() && !p.Hidden(ctx, a) {
		out = append(out, MailHost{Name: p.Name()})
	}
	var wg guarded.Group
	for i := range out {
		wg.Go(func() { out[i].Addrs, _, _ = p.DNS.Addrs(ctx, out[i].Name+".") }) // the mx check reports what fails
	}
	wg.Wait()
	return out, a, nil
}
