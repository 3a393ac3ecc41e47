package inbound

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/tlsprobe"
	"signpost/diag/visible"
)

// call makes one visit; nil where this place has no way to the address. Extra: with probes of its TLS.
func call(ctx context.Context, p *view.Pass, host string, addr netip.Addr, extra bool) *visit {
	to := netip.AddrPortFrom(addr, 25)
	v := &visit{SMTPHost: SMTPHost{Host: host, Address: addr.String()}}
	start := time.Now()
	note := func(question, answer string) {
		v.said = append(v.said, diag.Evidence{Question: question, Answer: visible.Clip(visible.OneLine(answer), 500),
			Server: to.String(), RTT: time.Since(start)})
	}
	dial, cancel := context.WithTimeout(ctx, smtpConnect)
	conn, err := p.DNS.Connect(dial, to)
	cancel()
	if err != nil {
		note("connect", err.Error())
		v.Error = visible.Clip(err.Error(), 200)
		var wait net.Error
		switch {
		case errors.Is(err, syscall.ECONNREFUSED):
			v.refused = true
		case errors.Is(err, context.DeadlineExceeded), errors.As(err, &wait) && wait.Timeout():
			v.silent = ctx.Err() == nil
		case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
			return nil
		}
		return v
	}
	defer conn.Close()
	defer guarded.After(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	var probes func()
	if extra {
		probes = func() { v.probing = beginProbes(ctx, p, host, to) }
	}
	err = newTalk(conn, note).visit(ctx, v, p, host, probes)
	v.probing.finish(ctx, v)
	if err != nil && v.Error == "" {
		v.Error = visible.Clip(err.Error(), 200)
		var wait net.Error
		v.silent = errors.As(err, &wait) && wait.Timeout() && ctx.Err() == nil && !v.greeted
	}
	return v
}

// visit is the one conversation that every host gets. Once the host has welcomed us, probes, if any, begin beside it.
func (s *smtpTalk) visit(ctx context.Context, v *visit, p *view.Pass, host string, probes func()) error {
	start := time.Now()
	code, text, err := s.answer("banner")
	v.greeting = time.Since(start)
	v.Banner = visible.Clip(visible.OneLine(text), 300)
	if err != nil {
		return err
	}
	if code != 0 {
		p.DNS.Answered(25)
	}
	if code != 220 {
		v.bad = text
		_, _ = io.WriteString(s.conn, "QUIT\r\n")
		return nil
	}
	if probes != nil && v.greeting <= slowGreeting {
		probes()
	}
	code, text, v.STARTTLS, err = s.hello()
	if err != nil {
		return err
	}
	if code != 250 {
		v.bad = text
		return nil
	}
	v.greeted = true
	if !v.STARTTLS {
		_, _, _ = s.say("QUIT")
		return nil
	}
	code, _, err = s.say("STARTTLS")
	if err != nil {
		return err
	}
	if code != 220 {
		v.STARTTLS = false
		return nil
	}
	_ = s.conn.SetDeadline(time.Now().Add(smtpStep))
	c := tls.Client(s.conn, &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS10, CipherSuites: everySuite(),
		// A small first message: some mail hosts choke on a large one.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		// The certificate is judged below, so that its fault can be named.
		InsecureSkipVerify: true, //nolint:gosec // by judgeCertificate
	})
	if err := c.HandshakeContext(ctx); err != nil {
		s.note("TLS handshake", err.Error())
		v.cert = "handshake"
		v.Error = visible.Clip(err.Error(), 200)
		return nil
	}
	state := c.ConnectionState()
	v.version, v.TLS = state.Version, tls.VersionName(state.Version)
	v.suite, v.Suite = state.CipherSuite, tlsprobe.SuiteName(state.CipherSuite)
	v.judgeCertificate(state, host, p)
	s.note("certificate", fmt.Sprintf("%s, for %s, until %s: %s", v.TLS, strings.Join(v.leaf.DNSNames, " "), v.Expires,
		cmp.Or(v.cert, "good")))
	s.conn, s.in = c, bufio.NewReaderSize(c, maxSMTPLine)
	_, _, _ = s.say("QUIT")
	return nil
}

func (v *visit) judgeCertificate(state tls.ConnectionState, host string, p *view.Pass) {
	v.leaf, v.chain = state.PeerCertificates[0], state.PeerCertificates
	v.Expires = v.leaf.NotAfter.UTC().Format(time.RFC3339)
	others := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		others.AddCert(c)
	}
	_, err := v.leaf.Verify(x509.VerifyOptions{DNSName: strings.TrimSuffix(host, "."), Roots: p.DNS.Authorities(),
		Intermediates: others, CurrentTime: p.Now})
	if err != nil {
		v.cert = cmp.Or(view.CertReason(err), "cert-untrusted")
		if v.cert == "handshake" {
			v.cert = "cert-untrusted"
		}
	}
}

// greets reports whether a mail host says anything that is SMTP. What blocks port 25 may well take connections, and say
// nothing.
func greets(ctx context.Context, p *view.Pass, to netip.AddrPort) bool {
	conn, err := p.DNS.Connect(ctx, to)
	if err != nil {
		return false
	}
	defer conn.Close()
	defer guarded.After(ctx, func() { _ = conn.SetDeadline(time.Now()) })()
	s := newTalk(conn, func(string, string) {})
	code, _, err := s.answer("banner")
	if err != nil || code == 0 {
		return false
	}
	p.DNS.Answered(25)
	_, _ = io.WriteString(conn, "QUIT\r\n")
	return true
}

// The control hosts whose names are looked up: over IPv6 more of them, because many have no address there.
const (
	maxControl    = 4
	maxControlSix = 12
)

// controlAnswers reports whether any control host speaks on port 25, over IPv4 and IPv6 as it comes, or over IPv6
// alone.
func controlAnswers(ctx context.Context, p *view.Pass, most int, fit func(netip.Addr) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, smtpConnect)
	defer cancel()
	found := make(chan bool, len(p.ControlHosts))
	tried := p.ControlHosts[:min(len(p.ControlHosts), most)]
	for _, host := range tried {
		guarded.Go(func() {
			addrs, _, _ := p.DNS.Addrs(ctx, host+".")
			addrs = slices.DeleteFunc(slices.Clone(addrs), func(a netip.Addr) bool { return !fit(a) })
			ok := false
			for _, a := range addrs[:min(len(addrs), 2)] {
				if ok = greets(ctx, p, netip.AddrPortFrom(a, 25)); ok {
					break
				}
			}
			found <- ok
		}, func(error) { found <- false })
	}
	for range tried {
		select {
		case ok := <-found:
			if ok {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
	return false
}

// port25 reports whether mail hosts can be reached from here at all: the control hosts, on addresses that fit.
func port25(ctx context.Context, p *view.Pass, kind string, most int, fit func(netip.Addr) bool) bool {
	value, _ := p.Visits.Once(ctx, p.Now, diag.VisitKey{Kind: kind}, func() diag.Learned {
		return diag.Learned{Value: controlAnswers(ctx, p, most, fit), Lasts: visitFailed}
	})
	return value == true
}

const visitFailed = 30 * time.Second // of one that did not: it may be back
