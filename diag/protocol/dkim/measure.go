package dkim

import (
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
)

// measureRSA reads a SubjectPublicKeyInfo, or the bare RSAPublicKey that RFC 6376 3.6.1 names.
func measureRSA(der []byte) (bits int, bad string) {
	var key *rsa.PublicKey
	if parsed, err := x509.ParsePKIXPublicKey(der); err == nil {
		var ok bool
		if key, ok = parsed.(*rsa.PublicKey); !ok {
			return 0, "other-type"
		}
	} else if key, err = x509.ParsePKCS1PublicKey(der); err != nil {
		switch {
		case len(der) == ed25519.PublicKeySize:
			return 0, "other-type"
		case cutShort(der):
			return 0, "truncated"
		}
		return 0, "not-a-key"
	}
	if key.E < 3 || key.E%2 == 0 {
		return 0, "bad-exponent"
	}
	return key.N.BitLen(), ""
}

// cutShort reports a DER sequence that announces more octets than there are.
func cutShort(der []byte) bool {
	if len(der) < 4 || der[0] != asn1.TagSequence|0x20 {
		return false
	}
	length, rest := int(der[1]), der[2:]
	if n := length &^ 0x80; length >= 0x80 {
		if n == 0 || n > 2 {
			return false
		}
		length = 0
		for _, b := range rest[:n] {
			length = length<<8 | int(b)
		}
		rest = rest[n:]
	}
	return length > len(rest)
}
