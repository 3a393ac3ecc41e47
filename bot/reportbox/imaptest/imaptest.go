// Package imaptest serves a mailbox for tests: over TLS on loopback, with one user, one folder beside INBOX, and a
// certificate that nobody trusts but who is told to.
//
// What may enter: what a server of mailboxes may do to who fetches from it.
package imaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// The mailbox. Whoever signs in as Gossip is refused, with the password in the refusal.
const (
	User, Password, Folder = "dmarc", "secret", "Reports"
	Gossip                 = "gossip"
)

// Server is a mailbox that is served until its test ends. Trust is a client's configuration that takes its certificate.
type Server struct {
	Address string
	Trust   *tls.Config
	Put     func(mail string) // into the Folder
}

// Serve serves a mailbox.
func Serve(t testing.TB) *Server {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "imap"},
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true,
		BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	user := imapmemserver.NewUser(User, Password)
	if err := user.Create(Folder, nil); err != nil {
		t.Fatal(err)
	}
	all := imapmemserver.New()
	all.AddUser(user)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return gossip{all.NewSession()}, nil, nil
		},
		InsecureAuth: true,
	})
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS12,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &Server{Address: l.Addr().String(), Trust: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		Put: func(mail string) {
			t.Helper()
			if _, err := user.Append(Folder, literal{strings.NewReader(mail)}, &imap.AppendOptions{}); err != nil {
				t.Fatal(err)
			}
		}}
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// gossip is a session that tells the password to whoever reads its refusals.
type gossip struct{ imapserver.Session }

// Login implements imapserver.Session.
func (g gossip) Login(user, password string) error {
	if user == Gossip {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Text: "no user with the password " + password}
	}
	return g.Session.Login(user, password)
}

// Plain is the address of a server that speaks before any TLS.
func Plain(t testing.TB) string { return answers(t, "* OK ready\r\n") }

// HangsUp is the address of a server that ends every connection.
func HangsUp(t testing.TB) string { return answers(t, "") }

func answers(t testing.TB, said string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(said))
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}
