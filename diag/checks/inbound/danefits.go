package inbound

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"slices"

	"signpost/diag/checks/view"

	"github.com/miekg/dns"
)

// fits holds the certificates that a host showed against one record: usage 3 pins the first (RFC 7672 3.1.1), usage 2
// an authority above it that must have issued it for one of the names (3.1.2, 3.2.2).
func fits(t *dns.TLSA, chain []*x509.Certificate, names []string, p *view.Pass) bool {
	want, err := hex.DecodeString(t.Certificate)
	if err != nil {
		return false
	}
	equal := func(c *x509.Certificate) bool {
		data := c.Raw
		if t.Selector == 1 {
			data = c.RawSubjectPublicKeyInfo
		}
		switch t.MatchingType {
		case 1:
			sum := sha256.Sum256(data)
			data = sum[:]
		case 2:
			sum := sha512.Sum512(data)
			data = sum[:]
		}
		return bytes.Equal(data, want)
	}
	if t.Usage == 3 {
		return equal(chain[0])
	}
	for _, anchor := range chain {
		if !equal(anchor) {
			continue
		}
		roots, between := x509.NewCertPool(), x509.NewCertPool()
		roots.AddCert(anchor)
		for _, c := range chain[1:] {
			between.AddCert(c)
		}
		return slices.ContainsFunc(names, func(name string) bool {
			_, err := chain[0].Verify(x509.VerifyOptions{DNSName: name, Roots: roots, Intermediates: between,
				CurrentTime: p.Now})
			return err == nil
		})
	}
	return false
}
