package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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
)

// authority is the lab's certificate authority. Its key and the certificates are made when they are first needed.
type authority struct {
	mu    sync.Mutex
	key   *ecdsa.PrivateKey
	cert  *x509.Certificate
	leafs map[string]*tls.Certificate
}

// CertPool trusts the lab's certificate authority.
func (l *Lab) CertPool() (*x509.CertPool, error) {
	l.ca.mu.Lock()
	defer l.ca.mu.Unlock()
	if err := l.ca.init(); err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(l.ca.cert)
	return pool, nil
}

func (a *authority) init() error {
	if a.cert != nil {
		return nil
	}
	key, cert, err := newAuthority()
	if err != nil {
		return fmt.Errorf("lab: certificate authority: %w", err)
	}
	a.key, a.cert, a.leafs = key, cert, map[string]*tls.Certificate{}
	return nil
}

func newAuthority() (*ecdsa.PrivateKey, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Lab CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: time.Now().AddDate(10, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
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
		SerialNumber: big.NewInt(int64(len(a.leafs) + 2)), NotBefore: time.Now().AddDate(0, -6, 0), NotAfter: time.Now().AddDate(0, 6, 0),
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
		t.NotAfter = time.Now().AddDate(0, 0, 5)
	case certName:
		t.DNSNames, t.IPAddresses = []string{"other.invalid"}, nil
	case certUntrusted:
		var err error
		if signer, issuer, err = newAuthority(); err != nil {
			return nil, err
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
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
