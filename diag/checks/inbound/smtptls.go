package inbound

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/tlsprobe"
	"signpost/diag/visible"
)

// What Probes of an SMTPHost may be.
const (
	probesMade    = "made"
	probesNotOwn  = "not-own"
	probesLeftOut = "left-out"
	probesSlow    = "slow"
)

// What is polite: a host that has welcomed us gets at most three connections more, on the address that did. Two of them
// begin at once, for old versions and for weak suites; the third only where an answer leaves a question open. Each says
// EHLO and STARTTLS, offers, and leaves at the answer, without a key exchange and without mail. Who has not welcomed
// the visit, or only after a long wait, is not asked.
const (
	probeTime   = 8 * time.Second // for one probe
	probeBehind = 3 * time.Second // that the probes may take longer than the visit
)

var errNoSTARTTLS = errors.New("diag: smtp: STARTTLS was not to be had again")

// everySuite is every cipher suite that crypto/tls knows: senders offer old ones too, and a host that has no other must
// not look as if it had none.
var everySuite = sync.OnceValue(func() (out []uint16) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		out = append(out, s.ID)
	}
	return out
})

// probesOf tells whether a mail host is asked what its TLS would agree to.
func probesOf(p *view.Pass, host string) string {
	switch {
	case p.MailProbes == diag.ProbeNone:
		return probesLeftOut
	case p.MailProbes == diag.ProbeAll, view.RegistrableOf(strings.ToLower(host)+".") == view.RegistrableOf(p.Domain):
		return probesMade
	}
	return probesNotOwn
}

// probe is one offer and what came of it.
type probe struct {
	asked  bool
	choice tlsprobe.Choice
	err    error
	said   diag.Evidence
}

// text is what came of it for the facts.
func (b probe) text(agreed string) string {
	switch {
	case !b.asked:
		return ""
	case b.err != nil:
		return "unknown"
	case !b.choice.Accepted:
		return "refused"
	}
	return agreed
}

// probing is the probes of one host.
type probing struct {
	old, weak, worse, secret probe

	host  string
	to    netip.AddrPort
	stop  context.CancelFunc
	wg    guarded.Group
	visit chan bool // whether what the visit agreed to lacks forward secrecy: then the third connection asks for that
}

// beginProbes starts the probes of a host that has just welcomed us.
func beginProbes(ctx context.Context, p *view.Pass, host string, to netip.AddrPort) *probing {
	ctx, stop := context.WithCancel(ctx)
	b := &probing{host: host, to: to, stop: stop, visit: make(chan bool, 1)}
	b.wg.Go(func() { b.old = b.ask(ctx, p, tlsprobe.OldVersions(host), "TLS 1.1 at most") })
	b.wg.Go(func() {
		b.weak = b.ask(ctx, p, tlsprobe.WeakSuites(host), "weak cipher suites alone")
		static := false
		select {
		case static = <-b.visit:
		case <-ctx.Done():
			return
		}
		switch {
		case static:
			b.secret = b.ask(ctx, p, tlsprobe.ForwardSecrecy(host), "cipher suites with forward secrecy alone")
		case b.weak.choice.Accepted && tlsprobe.WeaknessOf(b.weak.choice.Suite).Harmless():
			b.worse = b.ask(ctx, p, tlsprobe.WeakSuites(host, tlsprobe.Block), "the weakest cipher suites alone")
		}
	})
	return b
}

// finish waits for the probes, some time longer than the visit took, and notes what they learned.
func (b *probing) finish(ctx context.Context, v *visit) {
	if b == nil {
		return
	}
	b.visit <- v.static()
	done := make(chan struct{})
	guarded.Go(func() { defer close(done); b.wg.Wait() }, nil)
	late := time.NewTimer(probeBehind)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	case <-ctx.Done():
	}
	b.stop()
	<-done
	if !v.STARTTLS {
		return
	}
	v.Probes = probesMade
	v.OldTLS = b.old.text(tlsprobe.VersionName(b.old.choice.Version))
	weakest := b.weakest()
	v.WeakSuite = weakest.text(tlsprobe.SuiteName(weakest.choice.Suite))
}

// weakest is the probe that shows the worst suite.
func (b *probing) weakest() probe {
	if b.worse.choice.Accepted {
		return b.worse
	}
	return b.weak
}

// ask makes one probe. It never panics: it runs beside the check.
func (b *probing) ask(ctx context.Context, p *view.Pass, o tlsprobe.Offer, offer string) (out probe) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	start := time.Now()
	out.asked = true
	defer func() {
		if r := recover(); r != nil {
			out.err = fmt.Errorf("diag: smtp: a probe failed within: %v", r)
		}
		answer := "refused"
		switch {
		case out.err != nil:
			answer = out.err.Error()
		case out.choice.Accepted:
			answer = tlsprobe.VersionName(out.choice.Version) + ", " + tlsprobe.SuiteName(out.choice.Suite)
		case out.choice.Alert != 0:
			answer = fmt.Sprintf("refused, alert %d", out.choice.Alert)
		}
		out.said = diag.Evidence{Question: "ClientHello: " + offer, Answer: visible.Clip(answer, 300), Server: b.to.String(),
			RTT: time.Since(start)}
	}()
	dial, stop := context.WithTimeout(ctx, smtpConnect)
	defer stop()
	conn, err := p.DNS.Connect(dial, b.to)
	if err != nil {
		out.err = err
		return out
	}
	defer conn.Close()
	defer guarded.After(ctx, func() { _ = conn.Close() })()
	s := newTalk(conn, func(string, string) {})
	if code, _, err := s.answer("banner"); err != nil || code != 220 {
		out.err = cmp.Or(err, errNoSTARTTLS)
		return out
	}
	if code, _, offered, err := s.hello(); err != nil || code != 250 || !offered {
		out.err = cmp.Or(err, errNoSTARTTLS)
		return out
	}
	if code, _, err := s.say("STARTTLS"); err != nil || code != 220 {
		out.err = cmp.Or(err, errNoSTARTTLS)
		return out
	}
	_ = conn.SetDeadline(time.Now().Add(smtpStep))
	out.choice, out.err = tlsprobe.Ask(conn, o)
	return out
}

// unprobed reports the hosts of which it could not be learned what their TLS would agree to. That is no fault of
// theirs.
func unprobed(p *view.Pass, visits [][]*visit) {
	var hosts []string
	var evidence []diag.Evidence
	for _, v := range slices.Concat(visits...) {
		switch {
		case v.Probes == probesSlow:
			hosts, evidence = append(hosts, v.Host), append(evidence, v.said...)
		case v.Probes == probesMade && (v.probing.old.err != nil || v.probing.weak.err != nil):
			hosts, evidence = append(hosts, v.Host), append(evidence, v.probing.old.said, v.probing.weak.said)
		}
	}
	if len(hosts) > 0 {
		p.Found(SMTPTLSUnprobed, p.Domain, map[string]any{"hosts": hosts}, evidence...)
	}
}

// static reports that what the visit agreed to lacks forward secrecy, although suites with it were offered.
func (v *visit) static() bool {
	return v.version != 0 && v.version < tls.VersionTLS13 && strings.HasPrefix(tlsprobe.SuiteName(v.suite), "TLS_RSA_")
}

// judgeTLS reports what the host agrees to and should not: old versions (RFC 8996), weak cipher suites and none with
// forward secrecy (RFC 9325 4.1, 4.2). What only few senders still offer, and no other sender is harmed by, is a
// notice.
func (v *visit) judgeTLS(p *view.Pass, args func(...any) map[string]any, evidence []diag.Evidence) {
	b := v.probing
	if b == nil {
		b = &probing{}
	}
	because := func(asked probe) []diag.Evidence {
		if !asked.asked {
			return evidence
		}
		return append(slices.Clone(evidence), asked.said)
	}
	if b.old.choice.Accepted && (v.version == 0 || v.version >= tls.VersionTLS12) {
		severity := diag.Notice
		if b.old.choice.Version < tls.VersionTLS10 {
			severity = diag.Warning // SSL 3.0: RFC 7568
		}
		p.FoundAs(severity, SMTPTLSLegacy, v.Host, args("version", tlsprobe.VersionName(b.old.choice.Version)),
			because(b.old)...)
	}
	// A weak suite that the visit itself was given, although it offered good ones, is worse than one that only those get
	// who offer nothing else.
	suite, severity, by := v.suite, diag.Warning, probe{}
	if w := tlsprobe.WeaknessOf(suite); w == "" || w == tlsprobe.Static {
		by = b.weakest()
		if suite = by.choice.Suite; tlsprobe.WeaknessOf(suite).Harmless() {
			severity = diag.Notice
		}
	}
	if w := tlsprobe.WeaknessOf(suite); w != "" {
		p.FoundAs(severity, SMTPWeakCipher, v.Host, args("suite", tlsprobe.SuiteName(suite), "weakness", string(w)),
			because(by)...)
	}
	if v.static() {
		switch s := b.secret; {
		case s.choice.Accepted && strings.HasPrefix(tlsprobe.SuiteName(s.choice.Suite),
			"TLS_DHE_"): // which our own handshake cannot offer
		case s.asked && s.err == nil && !s.choice.Accepted:
			p.Found(SMTPNoForwardSecrecy, v.Host, args("suite", v.Suite, "offered", "none"), because(s)...)
		default:
			p.Found(SMTPNoForwardSecrecy, v.Host, args("suite", v.Suite, "offered", "not-preferred"), because(s)...)
		}
	}
}

// visit is one connection and what came of it.
type visit struct {
	SMTPHost
	said     []diag.Evidence
	refused  bool // the host says no
	silent   bool // no answer came in time
	greeted  bool
	greeting time.Duration
	bad      string // the banner or EHLO answer that is no welcome
	cert     string // why the certificate is refused: cert-expired, cert-name, cert-untrusted; empty: it is good
	leaf     *x509.Certificate
	chain    []*x509.Certificate
	version  uint16
	suite    uint16
	probing  *probing // nil: none were made
}
