package tlsprobe

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"
)

// ask makes an offer to a server of crypto/tls.
func ask(t *testing.T, server *tls.Config, o Offer) (Choice, error) {
	t.Helper()
	near, far := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(far, server).Handshake()
		_ = far.Close()
	}()
	_ = near.SetDeadline(time.Now().Add(10 * time.Second))
	c, err := Ask(near, o)
	_ = near.Close()
	<-done
	return c, err
}

func certificates(t *testing.T) (ec, rs tls.Certificate) {
	t.Helper()
	issue := func(public, private any) tls.Certificate {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
			DNSNames: []string{"mx.example"}}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
		if err != nil {
			t.Fatal(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
	}
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return issue(&k.PublicKey, k), issue(&r.PublicKey, r)
}

// TestAskServers holds what is learned of real servers against what they were told to agree to.
func TestAskServers(t *testing.T) {
	ec, rs := certificates(t)
	both := []tls.Certificate{ec, rs}
	today := &tls.Config{Certificates: both, MinVersion: tls.VersionTLS12}
	newest := &tls.Config{Certificates: both, MinVersion: tls.VersionTLS13}
	old := &tls.Config{Certificates: both, MinVersion: tls.VersionTLS10}
	oldest := &tls.Config{Certificates: both, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}
	rc4 := &tls.Config{Certificates: both, MinVersion: tls.VersionTLS12, CipherSuites: []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}}
	block := &tls.Config{Certificates: []tls.Certificate{rs}, MinVersion: tls.VersionTLS12, CipherSuites: []uint16{
		tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}}
	static := &tls.Config{Certificates: []tls.Certificate{rs}, MinVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}
	for _, c := range []struct {
		name   string
		server *tls.Config
		offer  Offer
		want   Choice
	}{
		{"old versions, today", today, OldVersions("mx.example"), Choice{Alert: alertProtocolVersion}},
		{"old versions, newest", newest, OldVersions("mx.example"), Choice{Alert: alertProtocolVersion}},
		{"old versions, old", old, OldVersions("mx.example"),
			Choice{Accepted: true, Version: tls.VersionTLS11, Suite: tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
		{"old versions, oldest", oldest, OldVersions(""),
			Choice{Accepted: true, Version: tls.VersionTLS10, Suite: tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}},
		{"weak suites, today", today, WeakSuites("mx.example"), Choice{Alert: alertHandshakeFailure}},
		{"weak suites, newest", newest, WeakSuites("mx.example"), Choice{Alert: alertProtocolVersion}},
		{"weak suites, rc4", rc4, WeakSuites("mx.example"),
			Choice{Accepted: true, Version: tls.VersionTLS12, Suite: tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}},
		{"weak suites, rc4 left out", rc4, WeakSuites("mx.example", RC4), Choice{Alert: alertHandshakeFailure}},
		{"weak suites, 3des", block, WeakSuites("mx.example"),
			Choice{Accepted: true, Version: tls.VersionTLS12, Suite: tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
		{"forward secrecy, today", today, ForwardSecrecy("mx.example"),
			Choice{Accepted: true, Version: tls.VersionTLS12, Suite: tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}},
		{"forward secrecy, static", static, ForwardSecrecy("mx.example"), Choice{Alert: alertHandshakeFailure}},
	} {
		got, err := ask(t, c.server, c.offer)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

// scripted is a server that says what it was told, whatever comes.
func scripted(t *testing.T, said []byte, pieces int) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	heard := make(chan struct{})
	go func() {
		_, _ = far.Read(make([]byte, 2048))
		close(heard)
		_, _ = io.Copy(io.Discard, far)
	}()
	go func() {
		<-heard
		for len(said) > 0 {
			n := min(pieces, len(said))
			if _, err := far.Write(said[:n]); err != nil {
				return
			}
			said = said[n:]
		}
		_ = far.Close()
	}()
	_ = near.SetDeadline(time.Now().Add(5 * time.Second))
	t.Cleanup(func() { _ = near.Close() })
	return near
}

// helloOf is a ServerHello message.
func helloOf(version, suite uint16, session int) []byte {
	body := append([]byte{byte(version >> 8), byte(version)}, make([]byte, 32)...)
	body = append(append(body, byte(session)), make([]byte, session)...)
	body = append(body, byte(suite>>8), byte(suite), 0)
	return append([]byte{serverHello, 0, 0, byte(len(body))}, body...)
}

func record(kind byte, data []byte) []byte { return append([]byte{kind, 3, 1}, vector(data)...) }

func TestAskAnswers(t *testing.T) {
	null := helloOf(tls.VersionTLS12, 0x0002, 32)
	accepted := Choice{Accepted: true, Version: tls.VersionTLS12, Suite: 0x0002}
	unknown := ErrAnswer
	beyond := helloOf(tls.VersionTLS12, 0x0002, 0)
	beyond[4+34] = 32
	certificate := append(bytes.Clone(null), bytes.Repeat([]byte{11}, 9000)...)
	for _, c := range []struct {
		name string
		said []byte
		want Choice
		err  error
	}{
		{"whole", record(recordHandshake, null), accepted, nil},
		{"in two records", append(record(recordHandshake, null[:7]), record(recordHandshake, null[7:])...), accepted, nil},
		{"with the certificate behind it", record(recordHandshake, certificate), accepted, nil},
		{"after a warning", append(record(recordAlert, []byte{1, 112}), record(recordHandshake, null)...), accepted, nil},
		{"SSL 3.0", record(recordHandshake, helloOf(SSL30, 0x0002, 0)), Choice{Accepted: true, Version: SSL30, Suite: 0x0002},
			nil},
		{"refused", record(recordAlert, []byte{2, 40}), Choice{Alert: 40}, nil},
		{"hung up", nil, Choice{}, nil},
		{"a suite that was not offered", record(recordHandshake, helloOf(tls.VersionTLS12, 0x1301, 0)), Choice{}, unknown},
		{"a version that was not offered", record(recordHandshake, helloOf(tls.VersionTLS13, 0x0002, 0)), Choice{}, unknown},
		{"a session id that is too long", record(recordHandshake, helloOf(tls.VersionTLS12, 0x0002, 33)), Choice{}, unknown},
		{"a session id beyond the end", record(recordHandshake, beyond), Choice{}, unknown},
		{"a message that breaks off", record(recordHandshake, null[:38]), Choice{}, unknown},
		{"half of it", record(recordHandshake, null)[:30], Choice{}, unknown},
		{"only warnings", bytes.Repeat(record(recordAlert, []byte{1, 0}), 100), Choice{}, unknown},
		{"a huge length", []byte{recordHandshake, 3, 1, 255, 255, 2}, Choice{}, unknown},
		{"a huge message", record(recordHandshake, []byte{serverHello, 255, 255, 255}), Choice{}, unknown},
		{"an empty record", []byte{recordHandshake, 3, 1, 0, 0}, Choice{}, unknown},
		{"another message", record(recordHandshake, []byte{clientHello, 0, 0, 1, 1}), Choice{}, unknown},
		{"plain SMTP", []byte("454 4.7.0 TLS not available\r\n"), Choice{}, unknown},
	} {
		for _, pieces := range []int{1, 1 << 20} {
			got, err := Ask(scripted(t, c.said, pieces), WeakSuites("mx.example"))
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s: %+v, %v; want %+v, %v", c.name, got, err, c.want, c.err)
			}
		}
	}
	// An alert that says nothing of the offer is no refusal.
	if got, err := Ask(scripted(t, record(recordAlert, []byte{2, 49}), 9), WeakSuites("")); err == nil {
		t.Errorf("access denied: %+v", got)
	}
}

func TestWeaknesses(t *testing.T) {
	for id, want := range map[uint16]Weakness{
		0x0002: Null, 0x0003: Export, 0x0009: DES, tls.TLS_RSA_WITH_RC4_128_SHA: RC4,
		tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: Block,
		tls.TLS_RSA_WITH_AES_256_GCM_SHA384:     Static, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "",
		tls.TLS_AES_128_GCM_SHA256: "",
	} {
		if got := WeaknessOf(id); got != want {
			t.Errorf("%s: %q, want %q", SuiteName(id), got, want)
		}
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		if SuiteName(s.ID) != s.Name {
			t.Errorf("%04x is called %s, not %s", s.ID, SuiteName(s.ID), s.Name)
		}
	}
}

// FuzzReadAnswer: whatever a server says, the answer is bounded, and what is accepted was offered.
func FuzzReadAnswer(f *testing.F) {
	f.Add(record(recordHandshake, helloOf(tls.VersionTLS12, 0x0002, 32)))
	f.Add(record(recordAlert, []byte{2, 40}))
	f.Add([]byte("220 hello\r\n"))
	o := WeakSuites("mx.example")
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readAnswer(bytes.NewReader(b), o)
		if c.Accepted && (err != nil || c.Version > o.Version || WeaknessOf(c.Suite) == "") {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
