package lab

import (
	"crypto/tls"
	"errors"
	"strings"
)

// mailTLS is what a mail host's TLS agrees to besides what is good. The zero value: nothing.
type mailTLS struct {
	oldest      uint16 // the oldest version that it speaks; 0: TLS 1.2
	weak        uint16 // a weak cipher suite; 0: none
	noSecrecy   bool   // nothing with forward secrecy
	staticFirst bool   // it has that, and prefers what has none
	mute        bool   // an offer of nothing but weak suites, or of old versions alone, is left unanswered
}

const ssl30 = 0x0300

// Suites by what is wrong with them. crypto/tls does not speak most of them: of these the lab writes the ServerHello
// itself, and no more.
var weakSuites = map[string]uint16{
	"null":   0x0002, // TLS_RSA_WITH_NULL_SHA
	"export": 0x0003, // TLS_RSA_EXPORT_WITH_RC4_40_MD5
	"des":    0x0009, // TLS_RSA_WITH_DES_CBC_SHA
	"rc4":    tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
	"3des":   0xc008, // TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA
}

// staticSuites have no forward secrecy.
var staticSuites = []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA}

// word takes a word of a ";! smtp" line: ssl3, tls10, tls11, weak-cipher (RC4) or weak-cipher=null, export, des, rc4,
// 3des, no-forward-secrecy, static-first, mute-to-weak.
func (m *mailTLS) word(w string) bool {
	key, kind, given := strings.Cut(w, "=")
	switch key {
	case "ssl3":
		m.oldest = ssl30
	case "tls10":
		m.oldest = tls.VersionTLS10
	case "tls11":
		m.oldest = tls.VersionTLS11
	case "weak-cipher":
		if !given {
			kind = "rc4"
		}
		m.weak = weakSuites[kind]
		return m.weak != 0
	case "no-forward-secrecy":
		m.noSecrecy = true
	case "static-first":
		m.noSecrecy, m.staticFirst = true, true
	case "mute-to-weak":
		m.mute = true
	default:
		return false
	}
	return true
}

var errAgreed = errors.New("lab: a weak suite was agreed to; no more of it is spoken")

// agree writes a ServerHello (RFC 5246 7.4.1.3).
func agree(h *tls.ClientHelloInfo, version, suite uint16) error {
	body := append([]byte{byte(version >> 8), byte(version)}, make([]byte, 32)...)
	body = append(body, 0, byte(suite>>8), byte(suite), 0)
	message := append([]byte{2, 0, 0, byte(len(body))}, body...)
	_, _ = h.Conn.Write(append([]byte{22, byte(version >> 8), byte(version), 0, byte(len(message))}, message...))
	return errAgreed
}
