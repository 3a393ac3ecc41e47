package checks

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
	"sync"
	"syscall"
	"time"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/guarded"
	"signpost/diag/tlsprobe"
	"signpost/diag/visible"
)

// SMTP visits every MX host on port 25: banner, EHLO, STARTTLS, certificate, QUIT (RFC 5321, RFC 3207). It sends no mail, and never
// connects to a private address.
var SMTP = &diag.Check{
	Name: "smtp", HiddenBy: deadDelegation, SkippedBy: []diag.Code{ZoneCNAMEApex.Code}, Run: with(checkSMTP),
	Visits: true, Uses: []*diag.Check{MTASTS},
	Codes: []diag.Kind{
		SMTPRefused, SMTPTimeout, SMTPGreeting, SMTPNoSTARTTLS, SMTPCertExpired,
		SMTPCertExpiring, SMTPCertName, SMTPCertUntrusted, SMTPTLSOld, SMTPSlow,
		SMTPTLSLegacy, SMTPWeakCipher, SMTPNoForwardSecrecy, SMTPTLSUnprobed,
		SMTPIPv6Unreachable, SMTPIPv6Untested,
	},
}

// What the check may find.
var (
	SMTPRefused          = diag.Kind{Code: "smtp.refused", Severity: diag.Error}
	SMTPTimeout          = diag.Kind{Code: "smtp.timeout", Severity: diag.Error}
	SMTPGreeting         = diag.Kind{Code: "smtp.greeting", Severity: diag.Error}
	SMTPNoSTARTTLS       = diag.Kind{Code: "smtp.no-starttls", Severity: diag.Warning}
	SMTPCertExpired      = diag.Kind{Code: "smtp.cert-expired", Severity: diag.Warning}
	SMTPCertExpiring     = diag.Kind{Code: "smtp.cert-expiring", Severity: diag.Notice}
	SMTPCertName         = diag.Kind{Code: "smtp.cert-name", Severity: diag.Warning}
	SMTPCertUntrusted    = diag.Kind{Code: "smtp.cert-untrusted", Severity: diag.Warning}
	SMTPTLSOld           = diag.Kind{Code: "smtp.tls-old", Severity: diag.Warning}
	SMTPSlow             = diag.Kind{Code: "smtp.slow", Severity: diag.Notice}
	SMTPTLSLegacy        = diag.Kind{Code: "smtp.tls-legacy", Severity: diag.Notice}
	SMTPWeakCipher       = diag.Kind{Code: "smtp.weak-cipher", Severity: diag.Warning}
	SMTPNoForwardSecrecy = diag.Kind{Code: "smtp.no-forward-secrecy", Severity: diag.Warning}
	SMTPTLSUnprobed      = diag.Kind{Code: "smtp.tls-unprobed", Severity: diag.Info}
	SMTPIPv6Unreachable  = diag.Kind{Code: "smtp.ipv6-unreachable", Severity: diag.Warning}
	SMTPIPv6Untested     = diag.Kind{Code: "smtp.ipv6-untested", Severity: diag.Info}
)

// ErrPort25 says that nobody answers on port 25, not even a control host: most likely outbound port 25 is blocked here.
var ErrPort25 = cause.New(cause.Port25, "diag: outbound port 25 is blocked here: no mail server answers, not even those of large providers")

const (
	maxSMTPHosts = 10
	maxSMTPAddrs = 3 // of one host
	smtpConnect  = 4 * time.Second
	quietFor     = time.Second
	smtpStep     = 6 * time.Second // for each answer; senders wait 5 minutes (RFC 5321 4.5.3.2.1), nobody waits here
	slowGreeting = 3 * time.Second
	maxSMTPLine  = 2048
	maxSMTPLines = 100
)

// SMTPFacts is what the smtp check learned.
type SMTPFacts struct {
	Hosts []SMTPHost `json:"hosts"`
	IPv6  []SixHost  `json:"ipv6"` // of the domain's own hosts that have both kinds of address

	certificates map[string][]*x509.Certificate // by host that was met: what it showed; none where it offers no TLS
}

// SMTPHost is one visit. TLS is the version, such as "TLS 1.3", and Suite the cipher suite that were agreed to; Expires the end of the
// certificate's life. Error is why the visit ended early. Probes tells whether further connections asked what the host would agree to: made,
// not-own (it is not the domain's host), left-out, slow (it took long to greet, so it was left alone); empty where it never came to that. OldTLS is then the version below TLS 1.2, and WeakSuite the
// weak cipher suite that it agrees to: "refused", or "unknown" where that was not learned.
type SMTPHost struct {
	Host      string `json:"host"`
	Address   string `json:"address"`
	Banner    string `json:"banner"`
	STARTTLS  bool   `json:"starttls"`
	TLS       string `json:"tls"`
	Suite     string `json:"suite"`
	Expires   string `json:"expires"`
	Probes    string `json:"probes"`
	OldTLS    string `json:"old_tls"`
	WeakSuite string `json:"weak_suite"`
	Error     string `json:"error"`
	Visited   string `json:"visited,omitempty"` // when, where that was for another domain
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

func checkSMTP(ctx context.Context, p *pass) (any, error) {
	facts := &SMTPFacts{Hosts: []SMTPHost{}, IPv6: []SixHost{}, certificates: map[string][]*x509.Certificate{}}
	hosts, mx, err := mailHosts(ctx, p)
	if err == nil {
		err = hiddenByAlias(ctx, p, mx)
	}
	if err != nil {
		return facts, err
	}
	if len(hosts) > maxSMTPHosts {
		p.LeftOut(maxSMTPHosts, "mail hosts")
	}
	hosts = hosts[:min(len(hosts), maxSMTPHosts)]
	visits, knocks := make([][]*visit, len(hosts)), make([]*knock, len(hosts))
	done := make(chan struct{})
	var wg guarded.Group
	reachable := false // there is an address that may be visited
	for i, h := range hosts {
		reachable = reachable || slices.ContainsFunc(h.addrs, routable)
		wg.Go(func() { visits[i] = visitHost(ctx, p, h) })
		wg.Go(func() { knocks[i] = p.knocked(ctx, h) })
	}
	guarded.Go(func() { defer close(done); wg.Wait() }, nil)
	// Where the hosts keep silent, it is soon asked whether anybody answers: a blocked port costs no more time than a dead host.
	control := sync.OnceValue(func() bool { return p.DNS.Reached(25) || p.port25(ctx, "control", maxControl, routable) })
	select {
	case <-done:
	case <-time.After(quietFor):
		guarded.Go(func() { control() }, nil)
		<-done
	}
	wg.Wait()
	if p.disputedMX(ctx) != nil {
		return facts, diag.Skip(string(MXInDispute.Code)) // whose hosts these are is not known
	}
	met := false
	for i := range visits {
		for _, v := range visits[i] {
			met = met || v.greeted || v.bad != ""
			facts.Hosts = append(facts.Hosts, v.SMTPHost)
			if v.greeted && (v.leaf != nil || !v.STARTTLS) {
				facts.certificates[v.Host] = v.chain
			}
		}
	}
	six := newSixControl(ctx, p, visits, knocks)
	shut := six.shutOut(hosts, visits)
	if reachable && !met && len(shut) < len(hosts) && (len(facts.Hosts) == 0 || !control()) {
		return facts, ErrPort25
	}
	enforced := false
	if len(facts.Hosts) == 0 {
		return facts, errSix(shut)
	}
	if f, ok := diag.FactsOf[*MTASTSFacts](p.Await(ctx, MTASTS)); ok && f.enforced {
		enforced = true
	}
	for i, h := range hosts {
		if len(visits[i]) == 0 || slices.Contains(shut, h.name) {
			continue
		}
		var d demand
		if k, err := p.pinned(ctx, h.name); err == nil && k.binds() {
			d = demand{encryption: "dane"}
			if k.byAuthority() {
				d.certificate = "dane"
			}
		}
		if enforced {
			d = demand{"mta-sts", "mta-sts"}
		}
		judgeHost(p, h.name, visits[i], d)
	}
	unprobed(p, visits)
	facts.IPv6 = six.judge(visits, knocks)
	if ctx.Err() != nil {
		return facts, fmt.Errorf("diag: not every mail host was visited in time: %w", ctx.Err())
	}
	return facts, errSix(shut)
}

// visitHost visits the host's addresses in turn, until one welcomes us.
func visitHost(ctx context.Context, p *pass, h mailHost) []*visit {
	var out []*visit
	for _, a := range h.addrs {
		if !routable(a) || len(out) == maxSMTPAddrs {
			continue
		}
		v := p.visited(ctx, h.name, a, p.probes(h.name) == probesMade)
		if v == nil {
			continue // out of reach from here: no IPv6, for example
		}
		if v.STARTTLS {
			if v.Probes = cmp.Or(v.Probes, p.probes(h.name)); v.probing == nil && v.Probes == probesMade {
				v.Probes = probesSlow
			}
		}
		out = append(out, v)
		if v.greeted || ctx.Err() != nil {
			break
		}
	}
	return out
}

// call makes one visit; nil where this place has no way to the address. Extra: with probes of its TLS.
func call(ctx context.Context, p *pass, host string, addr netip.Addr, extra bool) *visit {
	to := netip.AddrPortFrom(addr, 25)
	v := &visit{SMTPHost: SMTPHost{Host: host, Address: addr.String()}}
	start := time.Now()
	note := func(question, answer string) {
		v.said = append(v.said, diag.Evidence{Question: question, Answer: visible.Clip(visible.OneLine(answer), 500), Server: to.String(), RTT: time.Since(start)})
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
		probes = func() { v.probing = p.beginProbes(ctx, host, to) }
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
func (s *smtpTalk) visit(ctx context.Context, v *visit, p *pass, host string, probes func()) error {
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
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}, // a small first message: some mail hosts choke on a large one
		InsecureSkipVerify: true,                                                                   // the certificate is judged below, so that its fault can be named
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
	s.note("certificate", fmt.Sprintf("%s, for %s, until %s: %s", v.TLS, strings.Join(v.leaf.DNSNames, " "), v.Expires, cmp.Or(v.cert, "good")))
	s.conn, s.in = c, bufio.NewReaderSize(c, maxSMTPLine)
	_, _, _ = s.say("QUIT")
	return nil
}

func (v *visit) judgeCertificate(state tls.ConnectionState, host string, p *pass) {
	v.leaf, v.chain = state.PeerCertificates[0], state.PeerCertificates
	v.Expires = v.leaf.NotAfter.UTC().Format(time.RFC3339)
	others := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		others.AddCert(c)
	}
	_, err := v.leaf.Verify(x509.VerifyOptions{DNSName: strings.TrimSuffix(host, "."), Roots: p.DNS.Authorities(), Intermediates: others, CurrentTime: p.Now})
	if err != nil {
		v.cert = cmp.Or(certReason(err), "cert-untrusted")
		if v.cert == "handshake" {
			v.cert = "cert-untrusted"
		}
	}
}

// greets reports whether a mail host says anything that is SMTP. What blocks port 25 may well take connections, and say nothing.
func greets(ctx context.Context, p *pass, to netip.AddrPort) bool {
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

// controlAnswers reports whether any control host speaks on port 25, over IPv4 and IPv6 as it comes, or over IPv6 alone.
func controlAnswers(ctx context.Context, p *pass, most int, fit func(netip.Addr) bool) bool {
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

// demand is what makes senders insist: mta-sts or dane; empty where nothing does. What they insist on is an error where it fails.
type demand struct{ encryption, certificate string }

// severityUnder is that of a weakness in encryption, given what demands it.
func severityUnder(by string) diag.Severity {
	if by != "" {
		return diag.Error
	}
	return diag.Warning
}

// judgeHost reports on one host by its best visit.
func judgeHost(p *pass, host string, visits []*visit, d demand) {
	v := visits[0]
	for _, w := range visits {
		if w.greeted {
			v = w
		}
	}
	var evidence []diag.Evidence
	for _, w := range visits {
		evidence = append(evidence, w.said...)
	}
	args := func(more ...any) map[string]any {
		m := map[string]any{"host": host, "address": v.Address}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i].(string)] = more[i+1]
		}
		return m
	}
	severity, strict := severityUnder(d.certificate), d.certificate
	switch {
	case v.bad != "":
		p.Found(SMTPGreeting, host, args("said", visible.Clip(visible.OneLine(v.bad), 300)), evidence...)
		return
	case v.refused:
		p.Found(SMTPRefused, host, args(), evidence...)
		return
	case v.silent:
		p.Found(SMTPTimeout, host, args(), evidence...)
		return
	case !v.greeted && v.Error != "":
		p.Found(SMTPGreeting, host, args("said", visible.Clip(v.Error, 300)), evidence...)
		return
	}
	if v.greeting > slowGreeting {
		p.Found(SMTPSlow, host, args("seconds", int(v.greeting.Round(time.Second).Seconds())), evidence...)
	}
	switch {
	case !v.STARTTLS:
		p.FoundAs(severityUnder(d.encryption), SMTPNoSTARTTLS, host, args("strict", d.encryption), evidence...)
		return
	case v.cert == "cert-expired":
		p.FoundAs(severity, SMTPCertExpired, host, args("expired", v.Expires, "strict", strict), evidence...)
	case v.cert == "cert-name":
		p.FoundAs(severity, SMTPCertName, host, args("names", slices.Clone(v.leaf.DNSNames[:min(len(v.leaf.DNSNames), 20)]), "strict", strict), evidence...)
	case v.cert != "":
		p.FoundAs(severity, SMTPCertUntrusted, host, args("reason", v.cert, "strict", strict), evidence...)
	case endsSoon(v.leaf, p.Now):
		p.Found(SMTPCertExpiring, host, args("expires", v.Expires, "days", daysUntil(v.leaf.NotAfter, p.Now)), evidence...)
	}
	if v.version != 0 && v.version < tls.VersionTLS12 {
		p.FoundAs(severityUnder(d.encryption), SMTPTLSOld, host, args("version", v.TLS), evidence...)
	}
	v.judgeTLS(p, args, evidence)
}
