package lab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/smtp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// visit looks at a mail host as a sender does: greeting, EHLO, STARTTLS where it is offered, QUIT.
func visit(t *testing.T, l *Lab, addr, name string) (tlsOffered bool, err error) {
	t.Helper()
	conn, err := l.dial(t.Context(), "tcp", netip.MustParseAddrPort(addr+":25"))
	if err != nil {
		return false, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	c, err := smtp.NewClient(conn, name)
	if err != nil {
		return false, err
	}
	if err := c.Hello("client.example"); err != nil {
		return false, err
	}
	if ok, _ := c.Extension("STARTTLS"); !ok {
		return false, c.Quit()
	}
	roots, err := l.CertPool()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StartTLS(&tls.Config{ServerName: name, RootCAs: roots}); err != nil {
		return true, err
	}
	if err := c.Mail("a@client.example"); err == nil || !strings.Contains(err.Error(), "takes no mail") {
		t.Errorf("a mail was taken: %v", err)
	}
	return true, c.Quit()
}

func TestMailHosts(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": `
;! with: mx
;! smtp 203.0.113.81: no-starttls
;! smtp 203.0.113.82: cert-expired
;! smtp 203.0.113.83: banner=554 no service
@ MX 30 mx3
mx3 A 203.0.113.80
`}), Mail("203.0.113.84", MailHost{CertName: true}), Mail("203.0.113.85", MailHost{CertUntrusted: true}), Mail("203.0.113.86", MailHost{Refuse: true}))
	for _, addr := range []string{"192.0.2.80", "198.51.100.80", "203.0.113.80"} {
		if offered, err := visit(t, l, addr, "mx1.x.test"); err != nil || !offered {
			t.Errorf("%s: STARTTLS %v, %v", addr, offered, err)
		}
	}
	if offered, err := visit(t, l, "203.0.113.81", "mx1.x.test"); err != nil || offered {
		t.Errorf("no STARTTLS: %v, %v", offered, err)
	}
	var invalid x509.CertificateInvalidError
	if _, err := visit(t, l, "203.0.113.82", "mx1.x.test"); !errors.As(err, &invalid) || invalid.Reason != x509.Expired {
		t.Errorf("expired: %v", err)
	}
	if _, err := visit(t, l, "203.0.113.83", "mx1.x.test"); err == nil || !strings.Contains(err.Error(), "554") {
		t.Errorf("banner: %v", err)
	}
	var other x509.HostnameError
	if _, err := visit(t, l, "203.0.113.84", "mx1.x.test"); !errors.As(err, &other) {
		t.Errorf("another name: %v", err)
	}
	var unknown x509.UnknownAuthorityError
	if _, err := visit(t, l, "203.0.113.85", "mx1.x.test"); !errors.As(err, &unknown) {
		t.Errorf("untrusted: %v", err)
	}
	if _, err := visit(t, l, "203.0.113.86", "mx1.x.test"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refuse: %v", err)
	}
}

func TestSilentMailHost(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": ""}), Mail("203.0.113.87", MailHost{Silent: true}),
		Mail("203.0.113.88", MailHost{Delay: time.Hour}))
	for _, addr := range []string{"203.0.113.87:25", "203.0.113.88:25"} {
		conn, err := l.dial(t.Context(), "tcp", netip.MustParseAddrPort(addr))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || !isTimeout(err) {
			t.Errorf("%s: %d, %v", addr, n, err)
		}
	}
	for range 2 {
		if err := l.Close(); err != nil { // does not wait for those it keeps waiting
			t.Error(err)
		}
	}
}

func TestPolicy(t *testing.T) {
	l := start(t, Zones(map[string]string{"x.test": ";! policy: mode: enforce | mx: mx1.x.test | max_age: 604800\n_mta-sts TXT \"v=STSv1; id=1\"\n"}))
	roots, err := l.CertPool()
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(at)
			s := l.Net().NewSession(host)
			defer s.Close()
			addrs, _, err := s.Addrs(ctx, host)
			if err != nil || len(addrs) == 0 {
				return nil, errors.New("no address: " + host)
			}
			return l.dial(ctx, "tcp", netip.AddrPortFrom(addrs[0], 443))
		},
	}}
	defer client.CloseIdleConnections()
	for url, want := range map[string]string{
		"https://mta-sts.x.test/.well-known/mta-sts.txt": "version: STSv1\r\nmode: enforce\r\nmx: mx1.x.test\r\nmax_age: 604800\r\n",
		"https://mta-sts.x.test/":                        "404 page not found\n",
	} {
		res, err := client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != want {
			t.Errorf("%s: %q, %v", url, body, err)
		}
	}
}
