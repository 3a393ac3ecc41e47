package outbound

import (
	"context"
	"errors"
	"slices"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dmarc"

	"github.com/miekg/dns"
)

// reportReports looks whether the addresses for reports agreed to get them, and can (RFC 7489 7.1, RFC 9990 4).
func reportReports(ctx context.Context, p *view.Pass, r *dmarc.Record, from string, said diag.Evidence) error {
	var domains []string
	for _, u := range slices.Concat(r.RUA, r.RUF) {
		if u.Domain != "" && !slices.Contains(domains, u.Domain) {
			domains = append(domains, u.Domain)
		}
	}
	errs := make([]error, 2*len(domains))
	var wg guarded.Group
	for i, d := range domains {
		if view.RegistrableOf(d) != view.RegistrableOf(from) {
			wg.Go(func() { errs[2*i] = reportAuthorised(ctx, p, from, d, said) })
		}
		wg.Go(func() { errs[2*i+1] = reportDeliverable(ctx, p, d, said) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func reportAuthorised(ctx context.Context, p *view.Pass, from, to string, said diag.Evidence) error {
	name := from + "._report._dmarc." + to
	a, err := p.DNS.Lookup(ctx, name, dns.TypeTXT)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(a.TXT(), dmarc.IsRecord) {
		p.Found(DMARCReportUnauthorized, "_dmarc."+p.Domain, map[string]any{"to": to, "name": name}, said, diag.Said(a))
	}
	return nil
}

func reportDeliverable(ctx context.Context, p *view.Pass, to string, said diag.Evidence) error {
	mx, err := p.DNS.Lookup(ctx, to, dns.TypeMX)
	if err != nil {
		return err
	}
	if to == p.Name() && p.Hidden(ctx, mx) {
		return nil // whether it takes mail cannot be seen
	}
	evidence := []diag.Evidence{said, diag.Said(mx)}
	if len(mx.Records()) > 0 && !view.OnlyNullMX(mx) {
		return nil
	}
	if !view.OnlyNullMX(mx) {
		addrs, answers, err := p.DNS.Addrs(ctx, to)
		if len(addrs) > 0 {
			return nil
		}
		if err != nil {
			return err
		}
		evidence = append(evidence, view.SaidAll(answers)...)
	}
	p.Found(DMARCReportUndeliverable, "_dmarc."+p.Domain, map[string]any{"to": to, "null_mx": view.OnlyNullMX(mx)},
		evidence...)
	return nil
}
