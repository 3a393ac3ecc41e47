package spf

import (
	"context"
	"errors"
	"strings"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// within reports whether the sender's address is in one of the answer's networks.
func (e *evaluation) within(a *resolve.Answer, t *Term) bool {
	for _, ip := range a.Addrs() {
		n := t.Bits6
		if ip.Is4() {
			n = t.Bits4
		}
		if p, err := ip.Prefix(n); err == nil && p.Contains(e.q.IP) {
			return true
		}
	}
	return false
}

func (e *evaluation) mx(ctx context.Context, at int, t *Term, target string) (bool, error) {
	a, err := e.ask(ctx, at, target, dns.TypeMX)
	if errors.Is(err, resolve.ErrBadName) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := e.countVoid(at, a); err != nil {
		return false, err
	}
	hosts := a.Records()
	if len(hosts) > MaxNames {
		e.because = "more than 10 MX hosts at " + target
		return false, errPerm
	}
	for _, rr := range hosts {
		mx, ok := rr.(*dns.MX)
		if !ok {
			continue
		}
		h, err := e.askHost(ctx, at, dns.Fqdn(mx.Mx), e.family())
		if errors.Is(err, resolve.ErrBadName) {
			continue
		}
		if err != nil {
			return false, err
		}
		if e.within(h, t) {
			return true, nil
		}
		if err := e.countVoid(at, h); err != nil {
			return false, err
		}
	}
	return false, nil
}

// ptr matches where a name of the address, confirmed by its own addresses, is the target or below it (RFC 7208 5.5).
// Failures on the way mean no match.
func (e *evaluation) ptr(ctx context.Context, at int, target string) (bool, error) {
	r := e.confirmed(ctx, at)
	if r.err != nil {
		return false, nil //nolint:nilerr // RFC 7208 5.5: an error of the PTR look-up fails to match
	}
	if err := e.countVoid(at, r.said); err != nil {
		return false, err
	}
	for _, n := range r.names {
		if dns.IsSubDomain(dns.Fqdn(presented(target)), n) {
			return true, nil
		}
	}
	return false, nil
}

// explain is the text of the exp modifier (RFC 7208 6.2); empty where there is none or it cannot be had.
func (e *evaluation) explain(ctx context.Context, record *Record, domain string) string {
	exp := record.Modifier("exp")
	if exp == nil {
		return ""
	}
	e.current = -1
	target, err := e.expand(ctx, exp.Target, domain, domainName)
	if err != nil {
		return ""
	}
	a, err := e.ask(ctx, -1, target, dns.TypeTXT)
	if err != nil || len(a.TXT()) != 1 {
		return ""
	}
	text, err := e.expand(ctx, a.TXT()[0], domain, explanationText)
	if err != nil || strings.ContainsFunc(text, func(r rune) bool { return r > 126 || r < 32 }) {
		return ""
	}
	return text
}
