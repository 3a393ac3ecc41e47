package inbound

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"slices"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/protocol/dnssec"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// pinning is the TLSA records of a mail host, and what they are worth.
type pinning struct {
	base    string      // the name at whose port they stand, without its dot: the host, or what it is an alias of
	records []*dns.TLSA // those that can be used
	useless []*dns.TLSA
	all     []*dns.TLSA
	verdict *dnssec.Verdict // nil where there are no records
	failure string          // why senders that use DANE cannot look the records up, and keep mail back; empty: they can
	denied  bool            // the denial of such records is signed
	said    []diag.Evidence
}

// binds reports whether senders demand encryption: the records are signed. Where none can be used, they demand it all
// the same, of any certificate (RFC 7672 2.2).
func (k *pinning) binds() bool {
	return k != nil && k.verdict != nil && k.verdict.State == dnssec.Secure && len(k.all) > 0
}

// byAuthority reports whether the names and dates in a certificate count: not where the certificate itself is pinned
// (RFC 7672 3.1.1).
func (k *pinning) byAuthority() bool {
	for _, t := range k.records {
		if t.Usage == 3 {
			return false
		}
	}
	return len(k.records) > 0
}

// pinsOf looks the TLSA records of a mail host up. Where the host is an alias that is signed to its end, those of the
// name at the end count, and its own where there are none (RFC 7672 2.2.2).
func pinsOf(ctx context.Context, p *view.Pass, host string) (*pinning, error) {
	if end := signedEnd(ctx, p, host); end != "" {
		if k, err := pinsAt(ctx, p, end); err != nil || k.failure != "" || len(k.all) > 0 {
			return k, err
		}
	}
	return pinsAt(ctx, p, host)
}

// pinsAt looks up the TLSA records at one name. Whether they are signed is asked only where there are any.
func pinsAt(ctx context.Context, p *view.Pass, host string) (*pinning, error) {
	name := "_25._tcp." + host + "."
	k := &pinning{base: host}
	a, zone, err := p.DNS.Signed(ctx, name, dns.TypeTLSA)
	if err != nil {
		return unaskedPins(ctx, p, host, err)
	}
	k.said = []diag.Evidence{diag.Said(a)}
	if len(a.RRs) == 0 {
		return deniedPins(ctx, p, host, k, a, zone)
	}
	v, err := trusted(ctx, p, name, dns.TypeTLSA)
	if err != nil {
		return nil, err
	}
	k.said = []diag.Evidence{diag.Said(v.Answer)}
	for _, rr := range v.Answer.Records() {
		if t, ok := rr.(*dns.TLSA); ok && len(k.all) < maxTLSA {
			k.all = append(k.all, t)
			if usableTLSA(t) {
				k.records = append(k.records, t)
			} else {
				k.useless = append(k.useless, t)
			}
		}
	}
	if len(k.all) > 0 {
		k.verdict = v
	}
	return k, nil
}

// signedEnd is the name that a host is an alias of, where every link up to its address is signed; else empty.
func signedEnd(ctx context.Context, p *view.Pass, host string) string {
	a, err := p.DNS.Lookup(ctx, host+".", dns.TypeA)
	if err != nil || len(a.Chain()) == 0 {
		return ""
	}
	if v, err := p.Trust.Lookup(ctx, host+".", dns.TypeA); err != nil || v.State != dnssec.Secure {
		return "" // what stands at the host's own name is judged by itself
	}
	return view.Shown(a.Final())
}

// deniedPins judges a denial of TLSA records that the zone gave, which is "" where it is not known. A denial that
// should be signed and is not is a failed look-up as well.
func deniedPins(ctx context.Context, p *view.Pass, host string, k *pinning, a *resolve.Answer, zone string) (*pinning,
	error) {
	signed := slices.ContainsFunc(a.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeRRSIG })
	k.denied = signed
	if !signed && !dns.IsSubDomain(p.Domain, host+".") {
		return k, nil
	}
	if zone != "" {
		if z, err := p.Trust.Zone(ctx, zone); err == nil && z.State == dnssec.Insecure {
			return k, nil
		}
	}
	address, err := p.Trust.Lookup(ctx, host+".", dns.TypeA)
	if err != nil || address.State != dnssec.Secure {
		return k, nil //nolint:nilerr // whether it is signed at all is not this check's to say
	}
	v, err := p.Trust.Lookup(ctx, "_25._tcp."+host+".", dns.TypeTLSA)
	if err != nil {
		return nil, err
	}
	if v.State == dnssec.Bogus {
		k.failure = "no-denial"
	}
	return k, nil
}

const maxTLSA = 20 // records of one host that are looked at

// usableTLSA reports parameters that mean something for SMTP (RFC 7672 3.1): usages 2 and 3 alone, and data of the
// digest's length.
func usableTLSA(t *dns.TLSA) bool {
	size := len(t.Certificate) / 2
	return (t.Usage == 2 || t.Usage == 3) && t.Selector <= 1 &&
		(t.MatchingType == 0 && size > 0 || t.MatchingType == 1 && size == sha256.Size || t.MatchingType == 2 &&
			size == sha512.Size)
}

// unaskedPins judges a TLSA question that got no answer, by the addresses of the host. Where they are not signed, no
// sender asks for TLSA records, exactly since some servers fail on the question (RFC 7672 2.2.2): nothing is lost.
// Where they are signed, a sender that uses DANE has to take the failure for an attack, and keeps the mail back (RFC
// 7672 2.1.2).
func unaskedPins(ctx context.Context, p *view.Pass, host string, failed error) (*pinning, error) {
	v, err := p.Trust.Lookup(ctx, host+".", dns.TypeA)
	if err != nil || v.State == dnssec.Bogus {
		return nil, failed
	}
	k := &pinning{base: host, said: []diag.Evidence{diag.SaidNothing(failed), diag.Said(v.Answer)}}
	if v.State == dnssec.Insecure {
		return k, nil
	}
	for _, f := range lookupFailures {
		if errors.Is(failed, f.err) {
			k.failure = f.reason
			return k, nil
		}
	}
	return nil, failed
}

// trusted looks up what records are worth. Those of a zone as it would be are as good as those that are there.
func trusted(ctx context.Context, p *view.Pass, name string, qtype uint16) (*dnssec.Verdict, error) {
	v, err := p.Trust.Lookup(ctx, name, qtype)
	if a := p.DNS.Changed(ctx, name, qtype); err == nil && a != nil {
		would := *v
		would.Answer = a
		return &would, nil
	}
	return v, err
}

// lookupFailures are failed answers to a TLSA question that a sender gets as well, and the words for them.
var lookupFailures = []struct {
	err    error
	reason string
}{{resolve.ErrServFail, "servfail"}, {resolve.ErrRefused, "refused"}, {resolve.ErrLame, "not-authoritative"},
	{resolve.ErrBadAnswer, "bad-answer"}, {resolve.ErrTimeout, "silent"}}
