package spf

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// match reports whether a mechanism matches (RFC 7208 5).
func (e *evaluation) match(ctx context.Context, t *Term, domain string, depth int) (bool, error) {
	at := e.current
	switch t.Name {
	case "all":
		return true, nil
	case "ip4", "ip6":
		return t.Prefix.Contains(e.q.IP), nil
	}
	if err := e.countLookup(); err != nil {
		return false, err
	}
	target := domain
	if t.Target != "" {
		var err error
		target, err = e.expand(ctx, t.Target, domain, domainName)
		if errors.Is(err, errNoMatch) {
			return false, nil
		}
		if err != nil {
			e.because = err.Error()
			return false, errPerm
		}
	}
	switch t.Name {
	case "include":
		return e.include(ctx, target, depth)
	case "mx":
		return e.mx(ctx, at, t, target)
	case "ptr":
		return e.ptr(ctx, at, target)
	}
	qtype := e.family()
	if t.Name == "exists" {
		qtype = dns.TypeA // whatever the sender's address is (RFC 7208 5.7)
	}
	a, err := e.ask(ctx, at, target, qtype)
	switch {
	case errors.Is(err, resolve.ErrBadName):
		return false, nil // a name that DNS cannot hold has no records
	case err != nil:
		return false, err
	case t.Name == "exists" && len(a.Addrs()) > 0, t.Name == "a" && e.within(a, t):
		return true, nil
	}
	return false, e.countVoid(at, a)
}

func (e *evaluation) family() uint16 {
	if e.q.IP.Is4() {
		return dns.TypeA
	}
	return dns.TypeAAAA
}

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

func (e *evaluation) include(ctx context.Context, target string, depth int) (bool, error) {
	res, _, _ := e.check(ctx, target, depth)
	switch res {
	case Pass:
		return true, nil
	case Fail, SoftFail, Neutral:
		return false, nil
	case TempError:
		return false, errTemp
	case None:
		e.because = "include:" + target + " has no record"
	}
	return false, errPerm
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

// confirmed is the sending address's names that have it among their own addresses; of its names the first 10 are looked
// at.
func (e *evaluation) confirmed(ctx context.Context, at int) *reverse {
	if e.names != nil {
		return e.names
	}
	e.names = &reverse{}
	arpa, err := dns.ReverseAddr(e.q.IP.String())
	if err != nil {
		e.names.err = err
		return e.names
	}
	e.names.said, e.names.err = e.ask(ctx, at, arpa, dns.TypePTR)
	if e.names.err != nil {
		return e.names
	}
	rrs := e.names.said.Records()
	for _, rr := range rrs[:min(len(rrs), MaxNames)] {
		p, ok := rr.(*dns.PTR)
		if !ok {
			continue
		}
		h, err := e.askHost(ctx, at, dns.Fqdn(p.Ptr), e.family())
		if err == nil && slices.Contains(h.Addrs(), e.q.IP) {
			e.names.names = append(e.names.names, strings.ToLower(dns.Fqdn(p.Ptr)))
		}
	}
	return e.names
}

// validatedName is the macro p (RFC 7208 7.3): a confirmed name, the domain's own before one below it before any; else
// "unknown".
func (e *evaluation) validatedName(ctx context.Context, domain string) string {
	own := dns.Fqdn(presented(domain))
	best, rank := "unknown", 0
	for _, n := range e.confirmed(ctx, e.current).names {
		r := 1
		switch {
		case strings.EqualFold(n, own):
			r = 3
		case dns.IsSubDomain(own, n):
			r = 2
		}
		if r > rank {
			best, rank = strings.TrimSuffix(n, "."), r
		}
	}
	return best
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
