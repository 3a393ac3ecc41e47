package bimi

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"slices"
	"strings"
	"time"
)

// Fault is why receivers refuse a mark certificate, as a word.
type Fault string

func (f Fault) Error() string { return "bimi: mark certificate: " + string(f) }

// The faults of a file.
const (
	NotPEM         Fault = "not-pem"         // no certificate in it in PEM (RFC 7468)
	PrivateKey     Fault = "private-key"     // a private key stands in it, for everybody to read
	BadCertificate Fault = "bad-certificate" // a certificate in it cannot be read
	TooMany        Fault = "too-many"        // more certificates than any chain needs
	WrongOrder     Fault = "wrong-order"     // the mark certificate does not come first
	NoUsage        Fault = "no-usage"        // it is not issued for marks: its extended key usage lacks their OID
	NoLogo         Fault = "no-logo"         // no logotype extension with a subject logo in SVG
	BadLogo        Fault = "bad-logo"        // the logo in it cannot be read
	LogoHash       Fault = "logo-hash"       // the logo in it is not the one that its hash is of
)

const (
	// MaxFile is how many octets of a file are read.
	MaxFile = 256 << 10

	maxCertificates = 10
	maxNames        = 100
	maxRSA          = 8192 // bits of a key: larger ones cost seconds
)

var (
	usageMark = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 31} // id-kp-BrandIndicatorforMessageIdentification
	logotype  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 12} // id-pe-logotype
	markType  = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 53087, 1, 13}
)

// Mark is a mark certificate as its file has it.
type Mark struct {
	Kind      string // of the mark, as its issuer names it: "Registered Mark", "Prior Use Mark"; empty where it does not
	Issuer    string // the organisation, or the name, of who issued it
	Names     []string
	NotBefore time.Time
	NotAfter  time.Time
	Logo      []byte // SVG, unpacked; nil with the fault NoLogo or BadLogo
	Faults    []Fault

	chain []*x509.Certificate // the mark certificate first
}

// Parse reads a file of certificates in PEM. An error is a Fault, and there is no mark; faults that leave one stand in
// it.
func Parse(file []byte) (*Mark, error) {
	m := &Mark{}
	for len(file) > 0 {
		var block *pem.Block
		if block, file = pem.Decode(file); block == nil {
			break
		}
		switch {
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil, PrivateKey
		case block.Type != "CERTIFICATE":
			continue
		case len(m.chain) == maxCertificates:
			return nil, TooMany
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if key, ok := publicRSA(c); err != nil || ok && key.N.BitLen() > maxRSA {
			return nil, BadCertificate
		}
		m.chain = append(m.chain, c)
	}
	if len(m.chain) == 0 {
		return nil, NotPEM
	}
	if i := slices.IndexFunc(m.chain, func(c *x509.Certificate) bool { return !c.IsCA }); i > 0 {
		m.Faults = append(m.Faults, WrongOrder)
		leaf := m.chain[i]
		m.chain = append([]*x509.Certificate{leaf}, slices.Delete(m.chain, i, i+1)...)
	}
	m.read(m.chain[0])
	return m, nil
}

func publicRSA(c *x509.Certificate) (*rsa.PublicKey, bool) {
	if c == nil {
		return nil, false
	}
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return key, ok
}

func (m *Mark) read(c *x509.Certificate) {
	m.NotBefore, m.NotAfter = c.NotBefore, c.NotAfter
	m.Names = slices.Clone(c.DNSNames[:min(len(c.DNSNames), maxNames)])
	m.Issuer = c.Issuer.CommonName
	if len(c.Issuer.Organization) > 0 {
		m.Issuer = c.Issuer.Organization[0]
	}
	for _, n := range c.Subject.Names {
		if text, ok := n.Value.(string); ok && n.Type.Equal(markType) {
			m.Kind = text
		}
	}
	if !slices.ContainsFunc(c.UnknownExtKeyUsage, func(id asn1.ObjectIdentifier) bool { return id.Equal(usageMark) }) {
		m.Faults = append(m.Faults, NoUsage)
	}
	fault := NoLogo
	for _, e := range c.Extensions {
		if e.Id.Equal(logotype) {
			m.Logo, fault = readLogotype(e.Value)
		}
	}
	if fault != "" {
		m.Faults = append(m.Faults, fault)
	}
}

// For reports whether the certificate is for a domain, or for its organisational domain: it names one of them, or the
// BIMI record of one of them for this selector.
func (m *Mark) For(selector string, domains ...string) bool {
	return slices.ContainsFunc(m.Names, func(name string) bool {
		name = strings.ToLower(strings.TrimSuffix(name, "."))
		return slices.ContainsFunc(domains, func(d string) bool {
			d = strings.ToLower(strings.TrimSuffix(d, "."))
			return d != "" && (name == d || name == strings.ToLower(selector)+"._bimi."+d)
		})
	})
}

// Trust is how far a certificate's chain leads.
type Trust string

const (
	Trusted Trust = "trusted" // to one of the roots
	// Every signature in the file is right, and the last is of an authority that is none of the roots.
	Unknown    Trust = "unknown-authority"
	SelfSigned Trust = "self-signed" // it vouches for itself
	// A certificate that is needed is not in the file, or did not sign what it should have.
	Broken Trust = "broken-chain"
)

// Chain follows the chain to the roots, as it was when the certificate was valid: that it has ended is another matter.
func (m *Mark) Chain(roots *x509.CertPool, now time.Time) Trust {
	leaf := *m.chain[0]
	// The logotype extension may be critical; it is understood here.
	leaf.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(leaf.UnhandledCriticalExtensions),
		func(id asn1.ObjectIdentifier) bool { return id.Equal(logotype) })
	at := now
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	}
	if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	verify := func(roots *x509.CertPool) error {
		between := x509.NewCertPool()
		for _, c := range m.chain[1:] {
			between.AddCert(c)
		}
		_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: at,
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		return err
	}
	if verify(roots) == nil {
		return Trusted
	}
	if len(m.chain) == 1 {
		if leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil {
			return SelfSigned
		}
		return Broken
	}
	// With the last of its own file as the root: is the file sound in itself?
	own := x509.NewCertPool()
	own.AddCert(m.chain[len(m.chain)-1])
	if verify(own) != nil {
		return Broken
	}
	return Unknown
}
