package dnssec

import (
	"context"
	"slices"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Verdict is what a set of records is worth. Life is that of the signature that has to be renewed first, of those that
// hold; zero where nothing is signed.
type Verdict struct {
	State  State
	Zone   *Zone
	Answer *resolve.Answer
	Faults []Fault
	Life   Span
}

const maxAliases = 4

// Lookup asks for a set of records and verifies what is said, along aliases (at most 4): the verdict is as bad as the
// worst of them. The error means that it could not be told.
func (c *Chain) Lookup(ctx context.Context, name string, qtype uint16) (*Verdict, error) {
	name = strings.ToLower(dns.Fqdn(name))
	whole := &Verdict{State: Secure}
	for range maxAliases {
		v, next, err := c.one(ctx, name, qtype)
		if err != nil {
			return nil, err
		}
		whole.Answer, whole.Faults = v.Answer, append(whole.Faults, v.Faults...)
		if whole.Zone == nil {
			whole.Zone = v.Zone
		}
		whole.Life = whole.Life.Sooner(v.Life)
		switch {
		case v.State == Bogus:
			whole.State = Bogus
		case v.State == Insecure && whole.State == Secure:
			whole.State = Insecure
		}
		if next == "" {
			return whole, nil
		}
		name = next
	}
	return nil, &resolve.Failure{Question: resolve.Question{Name: name, Type: qtype}, Err: resolve.ErrLoop}
}

// one verifies the answer of one zone; next is the name that an alias leads to, where the answer does not follow it.
func (c *Chain) one(ctx context.Context, name string, qtype uint16) (v *Verdict, next string, err error) {
	a, zone, err := c.source.Signed(ctx, name, qtype)
	if err != nil {
		return nil, "", err
	}
	if zone == "" {
		cut, err := c.source.Walk(ctx, name)
		if err != nil {
			return nil, "", err
		}
		zone = cut.Zone
	}
	z, err := c.Zone(ctx, zone)
	if err != nil {
		return nil, "", err
	}
	v, next, err = c.judge(ctx, z, name, qtype, a)
	if err != nil || z.State != Secure || v.State != Bogus {
		return v, next, err
	}
	for _, b := range c.source.Elsewhere(ctx, a, zone) { // one server may be behind
		if other, after, err := c.judge(ctx, z, name, qtype, b); err == nil && other.State != Bogus {
			return other, after, nil
		}
	}
	return v, next, nil
}

// Judge holds one server's answer of a zone against the zone's keys: the verdict on what it gave for its own question.
func (c *Chain) Judge(ctx context.Context, z *Zone, a *resolve.Answer) (*Verdict, error) {
	v, _, err := c.judge(ctx, z, a.Question.Name, a.Question.Type, a)
	return v, err
}

// judge verifies one answer of a zone.
func (c *Chain) judge(ctx context.Context, z *Zone, name string, qtype uint16, a *resolve.Answer) (v *Verdict,
	next string, err error) {
	v = &Verdict{State: z.State, Zone: z, Answer: a}
	if final := a.Final(); final != name && len(a.Records()) == 0 && !dns.IsSubDomain(z.Name, final) {
		next = final
	}
	if z.State != Secure {
		if z.State == Bogus {
			v.Faults = z.Faults
		}
		return v, next, nil
	}
	at := name
	for range maxAliases {
		kind := qtype
		alias := only[*dns.CNAME](a.RRs, at)
		if len(alias) > 0 && qtype != dns.TypeCNAME {
			kind = dns.TypeCNAME
		}
		if !has(a.RRs, at, kind) {
			break
		}
		life, faults, err := c.verify(ctx, z, z.Keys, a.RRs, at, kind, a)
		if err != nil {
			return nil, "", err
		}
		v.Faults, v.Life = append(v.Faults, faults...), v.Life.Sooner(life)
		if kind == qtype {
			break
		}
		at = strings.ToLower(alias[0].Target)
	}
	if next == "" && len(a.Records()) == 0 {
		faults, err := c.verifyDenial(ctx, z, a)
		if err != nil {
			return nil, "", err
		}
		v.Faults = append(v.Faults, faults...)
	}
	if len(v.Faults) > 0 {
		v.State = Bogus
	}
	return v, next, nil
}

// verifyDenial wants a signed NSEC or NSEC3 record beside a denial (RFC 4035 3.1.3).
func (c *Chain) verifyDenial(ctx context.Context, z *Zone, a *resolve.Answer) ([]Fault, error) {
	proven := false
	seen := map[resolve.Question]bool{}
	for _, rr := range a.Ns {
		q := resolve.Question{Name: strings.ToLower(rr.Header().Name), Type: rr.Header().Rrtype}
		if (q.Type != dns.TypeNSEC && q.Type != dns.TypeNSEC3 && q.Type != dns.TypeSOA) || seen[q] ||
			len(seen) == maxDenials {
			continue
		}
		seen[q] = true
		if _, faults, err := c.verify(ctx, z, z.Keys, a.Ns, q.Name, q.Type, a); err != nil || len(faults) > 0 {
			return faults, err
		}
		proven = proven || q.Type != dns.TypeSOA
	}
	if !proven {
		return []Fault{{Reason: NoDenial, Zone: z.Name, Name: a.Question.Name, Type: a.Question.Type, Said: a}}, nil
	}
	return nil, nil
}

func has(rrs []dns.RR, name string, qtype uint16) bool {
	return slices.ContainsFunc(rrs,
		func(rr dns.RR) bool { return rr.Header().Rrtype == qtype && strings.EqualFold(rr.Header().Name, name) })
}

// latestRenewal is how long before its end any signature should have been replaced.
const latestRenewal = 3 * 24 * time.Hour

// Due is when a signature should have been replaced: when the last quarter of its life begins, or 3 days before its
// end where that is later. Signers that sign anew in short intervals, or for each answer, make signatures that live for
// two days, or for hours (RFC 6781 4.4.2).
func (s Span) Due() time.Time { return s.Ends.Add(-min(latestRenewal, s.Ends.Sub(s.Begins)/4)) }

// Sooner is the one of two that is due first; a zero one is none.
func (s Span) Sooner(other Span) Span {
	if s == (Span{}) || other != (Span{}) && other.Due().Before(s.Due()) {
		return other
	}
	return s
}
