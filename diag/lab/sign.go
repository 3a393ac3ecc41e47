package lab

import (
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// weakKey is an RSA key of 1,024 bits, made once.
var weakKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 1024) })

// newSigning reads the words of a ";! signed" line: expired, expiring (in two days, of fourteen), lives=48h and
// left=24h (of each signature), future, bad-signature, no-signatures, no-ds, wrong-ds, no-keys, unknown-ds, spare-ds,
// sha1-beside, rsasha1, algorithm=16 (one that the lab does not compute), trap.
func newSigning(origin, words string) (s *signing, err error) {
	s = &signing{origin: origin, lives: 14 * 24 * time.Hour, left: 14*24*time.Hour - time.Hour, key: &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: origin, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ED25519,
	}}
	flags := map[string]*bool{
		"expired": &s.expired, "future": &s.future, "bad-signature": &s.bad,
		"no-signatures": &s.bare, "no-ds": &s.noDS,
		"wrong-ds": &s.wrongDS, "no-keys": &s.noKeys, "unknown-ds": &s.unknownDS,
		"spare-ds": &s.spareDS, "sha1-beside": &s.weakBeside,
	}
	for _, w := range strings.Fields(words) {
		if f := flags[w]; f != nil {
			*f = true
		} else if w == "expiring" {
			s.left = 48*time.Hour + 30*time.Minute
		} else if span, ok := strings.CutPrefix(w, "lives="); ok {
			if s.lives, err = time.ParseDuration(span); err != nil {
				return nil, err
			}
		} else if span, ok := strings.CutPrefix(w, "left="); ok {
			if s.left, err = time.ParseDuration(span); err != nil {
				return nil, err
			}
		} else if number, ok := strings.CutPrefix(w, "algorithm="); ok {
			n, err := strconv.ParseUint(number, 10, 8)
			if err != nil {
				return nil, err
			}
			s.as = uint8(n)
		} else if w == "rsasha1" {
			s.key.Algorithm = dns.RSASHA1
		} else if w == "trap" {
			s.trap = trapKeys(origin)
		} else {
			return nil, fmt.Errorf("no such way of signing: %s", w)
		}
	}
	if s.key.Algorithm == dns.RSASHA1 {
		secret, err := weakKey()
		if err != nil {
			return nil, err
		}
		s.secret = secret
		public := append([]byte{3, 1, 0, 1}, secret.N.Bytes()...) // RFC 3110 2: the exponent 65537, then the modulus
		s.key.PublicKey = base64.StdEncoding.EncodeToString(public)
		return s, nil
	}
	seed := sha256.Sum256([]byte("a zone of the lab: " + origin))
	secret := ed25519.NewKeyFromSeed(seed[:])
	s.secret = secret
	s.key.PublicKey = base64.StdEncoding.EncodeToString(secret.Public().(ed25519.PublicKey))
	s.key.Algorithm = cmp.Or(s.as, s.key.Algorithm)
	return s, nil
}

// computed is the algorithm by which signatures are made.
func (s *signing) computed() uint8 {
	if s.as != 0 {
		return dns.ED25519
	}
	return s.key.Algorithm
}

// ds is what the zone above holds.
func (s *signing) ds() []dns.RR {
	if s.noDS {
		return nil
	}
	ds := s.key.ToDS(dns.SHA256)
	if s.unknownDS {
		ds.DigestType = 250 // unassigned
	}
	if s.wrongDS {
		ds.Digest = strings.Repeat("0", len(ds.Digest))
		ds.KeyTag++
	}
	out := []dns.RR{ds}
	if s.weakBeside {
		out = append(out, s.key.ToDS(dns.SHA1))
	}
	if s.spareDS {
		spare := *ds
		spare.KeyTag, spare.Digest = spare.KeyTag+1, strings.Repeat("5a", len(ds.Digest)/2)
		out = append(out, &spare)
	}
	return out
}

// breaks is why a validating resolver refuses the zone: an extended error (RFC 8914 4); 0 where it does not.
func (s *signing) breaks() (code uint16) {
	switch {
	case s.noDS, s.unknownDS, s.as != 0:
		return 0
	case s.noKeys:
		return dns.ExtendedErrorCodeDNSKEYMissing
	case s.wrongDS, s.bad, s.trap != nil:
		return dns.ExtendedErrorCodeDNSBogus
	case s.expired:
		return dns.ExtendedErrorCodeSignatureExpired
	case s.future:
		return dns.ExtendedErrorCodeSignatureNotYetValid
	case s.bare:
		return dns.ExtendedErrorCodeRRSIGsMissing
	}
	return 0
}

// sign makes the signatures over a set of records: one, or none where the zone leaves it out.
func (s *signing) sign(set []dns.RR) []dns.RR {
	switch {
	case s.bare || s.noKeys:
		return nil
	case s.trap != nil && set[0].Header().Rrtype != dns.TypeDNSKEY && set[0].Header().Rrtype != dns.TypeSOA:
		return s.trapSignatures(set)
	}
	now := time.Now()
	begin, end := now.Add(s.left-s.lives), now.Add(s.left)
	switch {
	case s.expired:
		begin, end = now.AddDate(0, 0, -15), now.AddDate(0, 0, -1)
	case s.future:
		begin, end = now.AddDate(0, 0, 1), now.AddDate(0, 0, 15)
	}
	sig := &dns.RRSIG{
		Hdr: dns.RR_Header{Ttl: set[0].Header().Ttl}, Algorithm: s.computed(), KeyTag: s.key.KeyTag(),
		SignerName: s.origin,
		Inception:  uint32(begin.Unix()), Expiration: uint32(end.Unix()),
	}
	if err := sig.Sign(s.secret, set); err != nil {
		return nil
	}
	sig.Algorithm = s.key.Algorithm
	if s.bad {
		raw, _ := base64.StdEncoding.DecodeString(sig.Signature)
		n := new(big.Int).SetBytes(raw)
		raw = n.Xor(n, big.NewInt(1<<20)).FillBytes(raw)
		sig.Signature = base64.StdEncoding.EncodeToString(raw)
	}
	return []dns.RR{sig}
}

// signing is how the host's copy of a zone is signed; nil: it is not.
func (h *host) signing(z *zone) *signing {
	for _, r := range h.rules {
		if r.signed != nil && r.Zone == z.origin {
			return r.signed
		}
	}
	return z.signed
}

// proof is the NSEC record that covers a name, or its own (RFC 4034 4).
func (z *zone) proof(name string) dns.RR {
	names := []string{}
	for n := range z.exists {
		names = append(names, n)
	}
	for n := range z.cuts {
		if !z.exists[n] {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, canonicalOrder)
	i, here := slices.BinarySearchFunc(names, name, canonicalOrder)
	if !here {
		i = max(i-1, 0)
	}
	types := []uint16{dns.TypeRRSIG, dns.TypeNSEC}
	for t := range z.names[names[i]] {
		types = append(types, t)
	}
	slices.Sort(types)
	return &dns.NSEC{
		Hdr:        dns.RR_Header{Name: names[i], Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 300},
		NextDomain: names[(i+1)%len(names)], TypeBitMap: types,
	}
}

// canonicalOrder compares names label by label from the right (RFC 4034 6.1).
func canonicalOrder(a, b string) int {
	la, lb := dns.SplitDomainName(a), dns.SplitDomainName(b)
	for i := 1; i <= min(len(la), len(lb)); i++ {
		if d := strings.Compare(la[len(la)-i], lb[len(lb)-i]); d != 0 {
			return d
		}
	}
	return len(la) - len(lb)
}

// withKey signs a zone that the lab itself makes.
func (z *zone) withKey() *zone {
	s, err := newSigning(z.origin, "")
	if err != nil {
		panic(err)
	}
	z.signed = s
	z.add(s.key)
	return z
}
