package dnssec

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"signpost/diag/cause"
	"signpost/diag/guarded"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// The bounds of one chain's work, whatever a zone publishes. A zone may hold many keys of one tag and many signatures
// over one set: whoever tries each with each is kept busy for minutes (CVE-2023-50387).
const (
	maxVerifications = 400 // of one chain
	maxSignatures    = 8   // tried over one set
	maxKeys          = 16  // of one zone that are looked at, and as many DS records
	maxTagKeys       = 2   // keys of one tag tried with one signature, or digested for one DS
	maxDenials       = 8   // sets beside one denial that are verified
)

// ErrTooMuch means that a zone asks for more verifications than one chain makes.
var ErrTooMuch = cause.New(cause.TooManyProofs, "dnssec: too many signatures to verify")

// set is the records of one name and type, with the zone's signatures over them.
type set struct {
	name  string
	qtype uint16
	rrs   []dns.RR
	sigs  []*dns.RRSIG
}

// gather takes a set out of a section.
func gather(zone string, rrs []dns.RR, name string, qtype uint16) set {
	s := set{name: name, qtype: qtype}
	for _, rr := range rrs {
		if !strings.EqualFold(rr.Header().Name, name) {
			continue
		}
		if sig, ok := rr.(*dns.RRSIG); ok {
			if sig.TypeCovered == qtype && strings.EqualFold(sig.SignerName, zone) && len(s.sigs) < maxSignatures {
				s.sigs = append(s.sigs, sig)
			}
		} else if rr.Header().Rrtype == qtype {
			s.rrs = append(s.rrs, rr)
		}
	}
	return s
}

func (s set) key(zone string, keys []*dns.DNSKEY) setKey {
	h := sha256.New()
	add := func(rr dns.RR) {
		buf := make([]byte, dns.Len(rr)+1)
		c := dns.Copy(rr)
		c.Header().Ttl = 0
		n, err := dns.PackRR(c, buf, 0, nil, false)
		if err != nil {
			n, buf = len(c.String()), []byte(c.String())
		}
		_, _ = h.Write(buf[:n])
	}
	_, _ = h.Write([]byte(zone + "\x00"))
	for _, k := range keys {
		add(k)
	}
	for _, rr := range s.rrs {
		add(rr)
	}
	for _, sig := range s.sigs {
		add(sig)
	}
	return setKey(h.Sum(nil))
}

// hold makes the verifications of one set.
func (c *Chain) hold(ctx context.Context, v *held, s set, keys []*dns.DNSKEY) {
	v.reason = NoSignature
	tags := make([]uint16, len(keys))
	for i, k := range keys {
		tags[i] = k.KeyTag()
	}
	for _, sig := range s.sigs {
		good, tried := false, 0
		for i, k := range keys {
			if k.Flags&dns.ZONE == 0 || k.Algorithm != sig.Algorithm || tags[i] != sig.KeyTag {
				continue
			}
			if tried++; tried > maxTagKeys {
				break
			}
			if v.err = c.spend(ctx); v.err != nil {
				return
			}
			if good = sig.Verify(k, slices.Clone(s.rrs)) == nil; good {
				break
			}
		}
		start, end := serial(sig.Inception, c.now), serial(sig.Expiration, c.now)
		switch {
		case good && c.now.Before(start):
			v.note(NotYetValid, start)
		case good && c.now.After(end):
			v.note(Expired, end)
		case good:
			if end.After(v.life.Ends) {
				v.life = Span{start, end}
			}
		default:
			v.note(BadSignature, time.Time{})
		}
	}
	if v.life != (Span{}) {
		v.reason, v.when = "", time.Time{}
	}
}

// note keeps the reason that tells more: a time that has passed before a signature that does not fit, and any before
// none.
func (v *held) note(r Reason, when time.Time) {
	if v.reason == NoSignature || r != BadSignature {
		v.reason, v.when = r, when
	}
}

// spend takes one verification off what the chain has left.
func (c *Chain) spend(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.spent.Add(1) > maxVerifications {
		c.spent.Add(-1)
		return ErrTooMuch
	}
	return nil
}

// Verifications is how many signatures were held against a key so far.
func (c *Chain) Verifications() int { return int(c.spent.Load()) }

// foremost is the keys that are looked at: where there are too many, the entry points first (SEP, RFC 4034 2.1.1).
func foremost(keys []*dns.DNSKEY) []*dns.DNSKEY {
	if len(keys) <= maxKeys {
		return keys
	}
	keys = slices.Clone(keys)
	slices.SortStableFunc(keys, func(a, b *dns.DNSKEY) int { return int(b.Flags&dns.SEP) - int(a.Flags&dns.SEP) })
	return keys[:maxKeys]
}

// serial reads a signature's time: 32 bits of seconds, nearest to now (RFC 4034 3.1.5).
func serial(t uint32, now time.Time) time.Time {
	ahead := int32(t - uint32(now.Unix())) //nolint:gosec // serial arithmetic (RFC 1982)
	return now.Add(time.Duration(ahead) * time.Second).Truncate(time.Second)
}

// verify holds one set of records of a zone against its signatures by the keys: one that holds is enough. Without any,
// the fault is the most telling reason. A set is verified once, wherever it is met again. The error means that it could
// not be told.
func (c *Chain) verify(
	ctx context.Context, z *Zone, keys []*dns.DNSKEY, rrs []dns.RR, name string, qtype uint16, said *resolve.Answer,
) (life Span, faults []Fault, err error) {
	s := gather(z.Name, rrs, name, qtype)
	keys = foremost(keys)
	key := s.key(z.Name, keys)
	c.mu.Lock()
	v, known := c.sets[key]
	if !known {
		v = &held{done: make(chan struct{})}
		c.sets[key] = v
	}
	c.mu.Unlock()
	if !known {
		if failed := guarded.Try(func() { c.hold(ctx, v, s, keys) }); failed != nil {
			v.err = failed
		}
		if v.err != nil { // another caller may have the time
			c.mu.Lock()
			delete(c.sets, key)
			c.mu.Unlock()
		}
		close(v.done)
	}
	select {
	case <-v.done:
	case <-ctx.Done():
		return life, nil, ctx.Err()
	}
	switch {
	case v.err != nil:
		return life, nil, v.err
	case v.reason != "":
		return life, []Fault{{Reason: v.reason, Zone: z.Name, Name: name, Type: qtype, When: v.when, Said: said}}, nil
	}
	return v.life, nil, nil
}

// entries is the keys that a DS record leads to.
func entries(usable []*dns.DS, keys []*dns.DNSKEY) (out []*dns.DNSKEY) {
	keys = foremost(keys)
	tags := make([]uint16, len(keys))
	for i, k := range keys {
		tags[i] = k.KeyTag()
	}
	for _, d := range usable[:min(len(usable), maxKeys)] {
		tried := 0
		for i, k := range keys {
			if k.Flags&dns.ZONE == 0 || tags[i] != d.KeyTag || k.Algorithm != d.Algorithm {
				continue
			}
			if tried++; tried > maxTagKeys {
				break
			}
			if matches(d, k) && !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}
