package dnssec

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// Verdict is what a set of records is worth. Ends is when the first of the signatures that hold ends; zero where nothing is signed.
type Verdict struct {
	State  State
	Zone   *Zone
	Answer *resolve.Answer
	Faults []Fault
	Ends   time.Time
}

const maxAliases = 4

// Lookup asks for a set of records and verifies what is said, along aliases (at most 4): the verdict is as bad as the worst of them.
// The error means that it could not be told.
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
		whole.Ends = earlier(whole.Ends, v.Ends)
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
	v = &Verdict{State: z.State, Zone: z, Answer: a}
	if final := a.Final(); final != name && len(a.Records()) == 0 && !dns.IsSubDomain(zone, final) {
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
		ends, faults := c.verify(z, a.RRs, at, kind, a)
		v.Faults, v.Ends = append(v.Faults, faults...), earlier(v.Ends, ends)
		if kind == qtype {
			break
		}
		at = strings.ToLower(alias[0].Target)
	}
	if next == "" && len(a.Records()) == 0 {
		v.Faults = append(v.Faults, c.verifyDenial(z, a)...)
	}
	if len(v.Faults) > 0 {
		v.State = Bogus
	}
	return v, next, nil
}

// verify holds one set of records of a secure zone against its signatures by the zone's keys.
func (c *Chain) verify(z *Zone, rrs []dns.RR, name string, qtype uint16, said *resolve.Answer) (time.Time, []Fault) {
	return c.verifyWith(z, z.Keys, rrs, name, qtype, said)
}

// verifyWith finds one signature by one of the keys that holds. Without any, the faults say the most telling reason.
func (c *Chain) verifyWith(z *Zone, keys []*dns.DNSKEY, rrs []dns.RR, name string, qtype uint16, said *resolve.Answer) (ends time.Time, faults []Fault) {
	var set []dns.RR
	var sigs []*dns.RRSIG
	for _, rr := range rrs {
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		if sig, ok := rr.(*dns.RRSIG); ok {
			if sig.TypeCovered == qtype && strings.EqualFold(sig.SignerName, z.Name) {
				sigs = append(sigs, sig)
			}
		} else if rr.Header().Rrtype == qtype {
			set = append(set, rr)
		}
	}
	fault := Fault{Reason: NoSignature, Zone: z.Name, Name: name, Type: qtype, Said: said}
	set = slices.Clone(set)
	for _, sig := range sigs[:min(len(sigs), 8)] {
		start, end := serial(sig.Inception, c.now), serial(sig.Expiration, c.now)
		good := false
		for _, k := range keys[:min(len(keys), 16)] {
			if k.Flags&dns.ZONE != 0 && k.Algorithm == sig.Algorithm && k.KeyTag() == sig.KeyTag && sig.Verify(k, set) == nil {
				good = true
				break
			}
		}
		switch {
		case good && c.now.Before(start):
			fault.Reason, fault.When = NotYetValid, start
		case good && c.now.After(end):
			fault.Reason, fault.When = Expired, end
		case good:
			if ends.IsZero() || end.After(ends) {
				ends = end
			}
		case fault.Reason == NoSignature:
			fault.Reason = BadSignature
		}
	}
	if !ends.IsZero() {
		return ends, nil
	}
	return ends, []Fault{fault}
}

// verifyDenial wants a signed NSEC or NSEC3 record beside a denial (RFC 4035 3.1.3).
func (c *Chain) verifyDenial(z *Zone, a *resolve.Answer) []Fault {
	proven := false
	var faults []Fault
	for _, rr := range a.Ns {
		kind := rr.Header().Rrtype
		if kind != dns.TypeNSEC && kind != dns.TypeNSEC3 && kind != dns.TypeSOA {
			continue
		}
		_, bad := c.verify(z, a.Ns, strings.ToLower(rr.Header().Name), kind, a)
		faults = append(faults, bad...)
		proven = proven || kind != dns.TypeSOA
	}
	if !proven && len(faults) == 0 {
		faults = append(faults, Fault{Reason: NoDenial, Zone: z.Name, Name: a.Question.Name, Type: a.Question.Type, Said: a})
	}
	return faults[:min(len(faults), 1)]
}

func has(rrs []dns.RR, name string, qtype uint16) bool {
	return slices.ContainsFunc(rrs, func(rr dns.RR) bool { return rr.Header().Rrtype == qtype && strings.EqualFold(rr.Header().Name, name) })
}

// earlier is the earlier of two times; zero stands for none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// serial reads a signature's time: 32 bits of seconds, nearest to now (RFC 4034 3.1.5).
func serial(t uint32, now time.Time) time.Time {
	return now.Add(time.Duration(int32(t-uint32(now.Unix()))) * time.Second).Truncate(time.Second)
}

// rsaBits is the length of an RSA key's modulus (RFC 3110 2); 0 where it cannot be read.
func rsaBits(k *dns.DNSKEY) int {
	raw, err := base64.StdEncoding.DecodeString(k.PublicKey)
	if err != nil || len(raw) < 3 {
		return 0
	}
	exponent, rest := int(raw[0]), raw[1:]
	if exponent == 0 {
		exponent, rest = int(raw[1])<<8|int(raw[2]), raw[3:]
	}
	if len(rest) <= exponent {
		return 0
	}
	return 8 * len(rest[exponent:])
}
