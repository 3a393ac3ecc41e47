package view

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/guarded"
	"signpost/diag/resolve"
	"signpost/diag/visible"
)

// WebError is why there is no page: a fault of the other side. Stage is address, refused, tls, status, size or
// redirect.
type WebError struct {
	Stage  string
	Detail string
	Said   diag.Evidence
}

func (e *WebError) Error() string { return fmt.Sprintf("diag: web: %s: %s", e.Stage, e.Detail) }

var errWebUnreachable = cause.New(cause.WebUnreachable, "diag: web server out of reach")

const webTimeout = 8 * time.Second

// Fetch gets https://host/path from the addresses that DNS gives for the host: never from a private one, with no
// redirect (RFC 8461 3.3), and at most limit octets. A *webError is the other side's fault; any other error means that
// it could not be told. Within one run a page is fetched once.
func (p *Pass) Fetch(ctx context.Context, host, path string, limit int64) (*Page, error) {
	return p.pages.once(ctx, host+path, func() (*Page, error) { return p.fetchPage(ctx, host, path, limit) })
}

// once fetches what was not fetched yet, and waits for what is on its way.
func (m *pages) once(ctx context.Context, key string, fetch func() (*Page, error)) (*Page, error) {
	m.mu.Lock()
	f := m.known[key]
	if f == nil {
		if m.known == nil {
			m.known = map[string]*fetched{}
		}
		f = &fetched{done: make(chan struct{}), err: context.Canceled}
		m.known[key] = f
		m.mu.Unlock()
		defer close(f.done)
		f.page, f.err = fetch()
		return f.page, f.err
	}
	m.mu.Unlock()
	select {
	case <-f.done:
		return f.page, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *Pass) fetchPage(ctx context.Context, host, path string, limit int64) (*Page, error) {
	ctx, cancel := context.WithTimeout(ctx, webTimeout)
	defer cancel()
	url := "https://" + host + path
	addrs, answers, err := p.DNS.Addrs(ctx, host+".")
	if err != nil && len(addrs) == 0 {
		return nil, err
	}
	if len(addrs) == 0 {
		e := &WebError{Stage: "address", Detail: "no address"}
		for _, a := range answers {
			e.Said = diag.Said(a)
		}
		return nil, e
	}
	start := time.Now()
	var server netip.AddrPort
	var handshake error
	var shown *x509.Certificate
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 32 << 10, ResponseHeaderTimeout: webTimeout,
			DialTLSContext: guarded.Dial(func(ctx context.Context, _, _ string) (net.Conn, error) {
				conn, at, err := p.DNS.ConnectAny(ctx, addrs, 443)
				if err != nil {
					return nil, err
				}
				server = at
				conn, handshake = p.DNS.Secure(ctx, conn, host, p.Now)
				if c, ok := conn.(*tls.Conn); ok && handshake == nil {
					shown = c.ConnectionState().PeerCertificates[0]
				}
				return conn, handshake
			}),
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, &WebError{Stage: "address", Detail: err.Error()}
	}
	req.Header.Set("User-Agent", "Signpost (mail diagnosis)")
	resp, err := client.Do(req)
	said := func(answer string) diag.Evidence {
		e := diag.Evidence{Question: "GET " + url, Answer: visible.Clip(answer, 1000), RTT: time.Since(start)}
		if server.IsValid() {
			e.Server = server.String()
		}
		return e
	}
	if err != nil {
		return nil, webFailure(err, handshake, said)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, &WebError{Stage: "status", Detail: resp.Status, Said: said(resp.Status)}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, &WebError{Stage: "size", Detail: fmt.Sprintf("over %d octets", limit), Said: said("200, too large")}
	}
	return &Page{status: resp.StatusCode, Kind: resp.Header.Get("Content-Type"), Body: body,
		Said: said(visible.OneLine(string(body))), Certificate: shown}, nil
}

// webFailure tells the other side's faults from what says nothing about it.
func webFailure(err, handshake error, said func(string) diag.Evidence) error {
	var op *net.OpError
	switch {
	case handshake != nil && !errors.Is(handshake, context.DeadlineExceeded):
		return &WebError{Stage: "tls", Detail: CertReason(handshake), Said: said(handshake.Error())}
	case errors.Is(err, resolve.ErrPrivate):
		return &WebError{Stage: "private", Detail: "private address", Said: said("a private address is not connected to")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &WebError{Stage: "refused", Detail: "connection refused", Said: said("connection refused")}
	case errors.As(err, &op):
		return fmt.Errorf("%w: %w", errWebUnreachable, err)
	}
	return err
}

// CertReason is why a certificate is refused, as a word: cert-expired, cert-name, cert-untrusted, or handshake.
func CertReason(err error) string {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "cert-expired"
	case errors.As(err, &name):
		return "cert-name"
	case errors.As(err, &unknown), errors.As(err, &invalid):
		return "cert-untrusted"
	}
	return "handshake"
}

// expiringWithin is how early the end of a certificate is named. One that lives for a short time only is renewed later:
// in the last quarter of its life its renewal is late.
const expiringWithin = 14 * 24 * time.Hour

// EndsSoon reports that a certificate is about to end, and has not been renewed.
func EndsSoon(c *x509.Certificate, now time.Time) bool {
	return c.NotAfter.Sub(now) < min(expiringWithin, c.NotAfter.Sub(c.NotBefore)/4)
}
