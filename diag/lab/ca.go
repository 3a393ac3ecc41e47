package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// certFault is what is wrong with a certificate; "": nothing.
type certFault string

const (
	certGood      certFault = ""
	certExpired   certFault = "cert-expired"
	certName      certFault = "cert-name"
	certUntrusted certFault = "cert-untrusted"
	certExpiring  certFault = "cert-expiring"
	certShort     certFault = "cert-short" // no fault: it lives for six days, and ends in five
	certRSA       certFault = "cert-rsa"   // no fault: its key is an RSA key, as suites without forward secrecy need
)

// authority is the lab's certificate authority. Its key and the certificates are made when they are first needed.
type authority struct {
	mu    sync.Mutex
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
	leafs map[string]*tls.Certificate
}

func (a *authority) init() error {
	if a.cert != nil {
		return nil
	}
	key, err := keyOf(authorityName)
	if err != nil {
		return fmt.Errorf("lab: certificate authority: %w", err)
	}
	cert, err := newAuthority(key)
	if err != nil {
		return fmt.Errorf("lab: certificate authority: %w", err)
	}
	a.key, a.cert, a.leafs = key, cert, map[string]*tls.Certificate{}
	return nil
}

const authorityName = "the lab's certificate authority"

// keyOf is the key of a host or authority: it follows from the name, so that TLSA records can be written before anybody
// asks.
func keyOf(name string) (*ecdsa.PrivateKey, error) {
	seed := sha256.Sum256([]byte("a key of the lab: " + name))
	return ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
}

func leafKey(name string, fault certFault) (crypto.Signer, error) {
	if fault == certRSA {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return keyOf(name)
}

// tlsa is the data of a TLSA record for a host of the lab: usage 3 pins its own key, usage 2 the authority's (RFC 6698
// 2.1); selector 1, SHA-256.
func tlsa(host string, usage uint8) (string, error) {
	if usage == 2 {
		host = authorityName
	}
	key, err := keyOf(host)
	if err != nil {
		return "", err
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(public)
	return fmt.Sprintf("%d 1 1 %x", usage, sum), nil
}

func newAuthority(key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lab CA", Organization: []string{"Lab Authority"}},
		IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(10, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// leaf is a certificate for the name that a client asks for (SNI), with the fault.
func (a *authority) leaf(name string, fault certFault) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.init(); err != nil {
		return nil, err
	}
	if c := a.leafs[string(fault)+" "+name]; c != nil {
		return c, nil
	}
	signer, issuer := a.key, a.cert
	t := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(a.leafs) + 2)), NotBefore: time.Now().AddDate(0, -6, 0),
		NotAfter: time.Now().AddDate(0, 6, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		t.IPAddresses = []net.IP{ip}
	} else {
		t.DNSNames = []string{name}
	}
	switch fault {
	case certExpired:
		t.NotAfter = time.Now().AddDate(0, 0, -3)
	case certExpiring:
		t.NotAfter = time.Now().AddDate(0, 0, 5).Add(12 * time.Hour) // five whole days, however slow the machine is
	case certShort:
		t.NotBefore, t.NotAfter = time.Now().AddDate(0, 0, -1), time.Now().AddDate(0, 0, 5)
	case certName:
		t.DNSNames, t.IPAddresses = []string{"other.invalid"}, nil
	case certUntrusted:
		var err error
		if signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, err
		}
		if issuer, err = newAuthority(signer); err != nil {
			return nil, err
		}
	}
	key, err := leafKey(name, fault)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: [][]byte{der, issuer.Raw}, PrivateKey: key}
	if len(a.leafs) < 1000 {
		a.leafs[string(fault)+" "+name] = c
	}
	return c, nil
}

// tlsConfig gives each client a certificate for the name that it asks for, or else for fallback.
func (a *authority) tlsConfig(fallback string, fault certFault) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name := h.ServerName
			if name == "" {
				name = fallback
			}
			return a.leaf(name, fault)
		},
	}
}
