package bimi

import (
	"crypto/x509"
	_ "embed"
	"sync"
)

//go:embed roots.pem
var rootsPEM []byte

// Roots is the mark authorities whose roots are known here. The list need not be whole: a chain that leads to another
// authority is unknown, not wrong.
var Roots = sync.OnceValue(func() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(rootsPEM)
	return pool
})

// WithRoots is Roots and those of a file in PEM; false where it holds none.
func WithRoots(pem []byte) (*x509.CertPool, bool) {
	pool := Roots().Clone()
	ok := pool.AppendCertsFromPEM(pem)
	return pool, ok
}
