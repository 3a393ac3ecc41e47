package lab

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/miekg/dns"
)

// What a zone that is signed to keep validators busy has (CVE-2023-50387, CVE-2023-50868): each of these keys fits the
// tag of each of these signatures, and none of them verifies.
const (
	trapKeyCount       = 16
	trapSignatureCount = 8
	trapProofCount     = 300 // NSEC records of one name, beside every denial
	trapBits           = 2048
)

// trapKeys makes keys of one tag. A tag is the sum of a key's 16-bit words (RFC 4034 appendix B), so it stays the same
// when words change places.
func trapKeys(origin string) (out []dns.RR) {
	modulus := trapNumber("key of " + origin)
	modulus[0] |= 0x80
	modulus[len(modulus)-1] |= 1
	for i := range trapKeyCount {
		m := append([]byte(nil), modulus...)
		a, b := 2+2*i, len(m)-4-2*i
		m[a], m[a+1], m[b], m[b+1] = m[b], m[b+1], m[a], m[a+1]
		out = append(out, &dns.DNSKEY{
			Hdr: dns.RR_Header{Name: origin, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600}, Flags: dns.ZONE,
			Protocol:  3,
			Algorithm: dns.RSASHA256, PublicKey: base64.StdEncoding.EncodeToString(append([]byte{3, 1, 0, 1}, m...)),
		})
	}
	return out
}

// trapNumber is as many octets as a modulus has, which follow from a seed.
func trapNumber(seed string) (out []byte) {
	for block := sha256.Sum256([]byte(seed)); len(out) < trapBits/8; block = sha256.Sum256(block[:]) {
		out = append(out, block[:]...)
	}
	return out
}

// trapSignatures is signatures over a set by the keys of one tag, as many as have to be tried.
func (s *signing) trapSignatures(set []dns.RR) (out []dns.RR) {
	key := s.trap[0].(*dns.DNSKEY)
	h := set[0].Header()
	day := time.Now().Truncate(24 * time.Hour) // the same signatures whichever server gives them
	for i := range trapSignatureCount {
		number := trapNumber(h.Name + string(rune('a'+i)))
		number[0] = 0 // below every modulus
		out = append(out, &dns.RRSIG{
			Hdr:         dns.RR_Header{Name: h.Name, Rrtype: dns.TypeRRSIG, Class: dns.ClassINET, Ttl: h.Ttl},
			TypeCovered: h.Rrtype, Algorithm: key.Algorithm, Labels: uint8(dns.CountLabel(h.Name)), OrigTtl: h.Ttl,
			KeyTag:     key.KeyTag(),
			SignerName: s.origin, Inception: uint32(day.AddDate(0, 0, -1).Unix()),
			Expiration: uint32(day.AddDate(0, 0, 14).Unix()),
			Signature:  base64.StdEncoding.EncodeToString(number),
		})
	}
	return out
}

// trapProofs is a great set of NSEC records of one name.
func trapProofs(origin string) (out []dns.RR) {
	for i := range trapProofCount {
		out = append(out, &dns.NSEC{
			Hdr:        dns.RR_Header{Name: under("trap", origin), Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 300},
			NextDomain: under("u", origin), TypeBitMap: []uint16{dns.TypeA, dns.TypeNSEC, uint16(300 + i)},
		})
	}
	return out
}
