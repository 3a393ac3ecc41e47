package tlsprobe

import (
	"crypto/tls"
	"fmt"
)

// Weakness is why a cipher suite should not be used, as a word; empty where nothing is known against it.
type Weakness string

// The weaknesses, the worst first.
const (
	Null   Weakness = "null"   // no encryption at all (RFC 9325 4.1: MUST NOT)
	Export Weakness = "export" // 40 or 56 bits, made to be broken (MUST NOT)
	DES    Weakness = "des"    // 56 bits (MUST NOT: under 112)
	RC4    Weakness = "rc4"    // RFC 7465: MUST NOT
	Block  Weakness = "3des"   // 64-bit blocks, 112 bits (RFC 9325 4.1: SHOULD NOT under 128)
	Static Weakness = "static" // no forward secrecy: whoever gets the key later reads what was recorded (SHOULD NOT)
)

// Harmless reports a weakness that RFC 9325 only advises against.
func (w Weakness) Harmless() bool { return w == "" || w == Block || w == Static }

// suite is a cipher suite as IANA registers it.
type suite struct {
	id   uint16
	name string
	weak Weakness
}

// weakSuites is what no server should agree to, the worst first: a server that goes by the client's order then shows
// its worst. Suites without authentication are left out: mail servers offer them on purpose to senders that verify
// nobody (RFC 7435 3), and no sender that verifies offers them.
var weakSuites = []suite{
	{0x0001, "TLS_RSA_WITH_NULL_MD5", Null}, {0x0002, "TLS_RSA_WITH_NULL_SHA", Null},
	{0x003b, "TLS_RSA_WITH_NULL_SHA256", Null},
	{0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA", Null}, {0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA", Null},
	{0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5", Export}, {0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5", Export},
	{0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA", Export}, {0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", Export},
	{0x0062, "TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA", Export}, {0x0064, "TLS_RSA_EXPORT1024_WITH_RC4_56_SHA", Export},
	{0x0009, "TLS_RSA_WITH_DES_CBC_SHA", DES}, {0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA", DES},
	{0x0004, "TLS_RSA_WITH_RC4_128_MD5", RC4}, {0x0005, "TLS_RSA_WITH_RC4_128_SHA", RC4},
	{0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", RC4},
	{0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA", RC4},
	{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", Block}, {0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", Block},
	{0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", Block}, {0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", Block},
}

// secretSuites is what gives forward secrecy (RFC 9325 4.2), and finite-field Diffie-Hellman, which crypto/tls does not
// know.
var secretSuites = []suite{
	{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", ""}, {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", ""},
	{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", ""}, {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", ""},
	{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", ""},
	{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ""},
	{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", ""}, {0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", ""},
	{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", ""}, {0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", ""},
	{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", ""}, {0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", ""},
	{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", ""}, {0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", ""},
	{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", ""}, {0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", ""},
	{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ""},
	{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", ""}, {0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", ""},
	{0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", ""}, {0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", ""},
}

// staticSuites is what a server without forward secrecy agrees to.
var staticSuites = []suite{
	{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", Static}, {0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", Static},
	{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", Static}, {0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", Static},
	{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", Static}, {0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256", Static},
}

func find(id uint16) (suite, bool) {
	for _, list := range [][]suite{weakSuites, secretSuites, staticSuites} {
		for _, s := range list {
			if s.id == id {
				return s, true
			}
		}
	}
	return suite{}, false
}

// SuiteName is a cipher suite's registered name, or its number where it is not known here.
func SuiteName(id uint16) string {
	if s, ok := find(id); ok {
		return s.name
	}
	return tls.CipherSuiteName(id)
}

// WeaknessOf is what is known against a cipher suite.
func WeaknessOf(id uint16) Weakness {
	s, _ := find(id)
	return s.weak
}

// VersionName is "TLS 1.1" and so on, "SSL 3.0" for 0x0300.
func VersionName(v uint16) string {
	switch v {
	case SSL30:
		return "SSL 3.0"
	case tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13:
		return tls.VersionName(v)
	}
	return fmt.Sprintf("0x%04x", v)
}

func ids(lists ...[]suite) (out []uint16) {
	for _, list := range lists {
		for _, s := range list {
			out = append(out, s.id)
		}
	}
	return out
}

// OldVersions is an offer of TLS 1.1 at most, with every suite: a server that keeps RFC 8996 refuses it. It may choose
// an older version.
func OldVersions(host string) Offer {
	return Offer{ServerName: host, Version: tls.VersionTLS11, Suites: ids(secretSuites, staticSuites, weakSuites)}
}

// WeakSuites is an offer of TLS 1.2 with suites that nobody should use, those with a weakness in beside left out.
func WeakSuites(host string, beside ...Weakness) Offer {
	o := Offer{ServerName: host, Version: tls.VersionTLS12}
	for _, s := range weakSuites {
		left := false
		for _, w := range beside {
			left = left || s.weak == w
		}
		if !left {
			o.Suites = append(o.Suites, s.id)
		}
	}
	return o
}

// ForwardSecrecy is an offer of TLS 1.2 with suites that give it, and no other.
func ForwardSecrecy(host string) Offer {
	return Offer{ServerName: host, Version: tls.VersionTLS12, Suites: ids(secretSuites)}
}
