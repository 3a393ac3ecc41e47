package inbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/visible"
)

// SMTP visits every MX host on port 25: banner, EHLO, STARTTLS, certificate, QUIT (RFC 5321, RFC 3207). It sends no
// mail, and never connects to a private address.
var SMTP = &diag.Check{
	Name: "smtp", HiddenBy: authority.DeadDelegation, SkippedBy: []diag.Code{view.ZoneCNAMEApex.Code},
	Run:    view.With(checkSMTP),
	Visits: true, Uses: []*diag.Check{MTASTS},
	Codes: []diag.Kind{
		SMTPRefused, SMTPTimeout, SMTPGreeting, SMTPNoSTARTTLS, SMTPCertExpired,
		SMTPCertExpiring, SMTPCertName, SMTPCertUntrusted, SMTPTLSOld, SMTPSlow,
		SMTPTLSLegacy, SMTPWeakCipher, SMTPNoForwardSecrecy, SMTPTLSUnprobed,
		SMTPIPv6Unreachable, SMTPIPv6Untested,
	},
}

// ErrPort25 says that nobody answers on port 25, not even a control host: most likely outbound port 25 is blocked here.
var ErrPort25 = cause.New(cause.Port25,
	"diag: outbound port 25 is blocked here: no mail server answers, not even those of large providers")

const (
	MaxSMTPHosts = 10
	quietFor     = time.Second
)

// Certificates is what each host that was met showed; none where it offers no TLS.
func (f *SMTPFacts) Certificates() map[string][]*x509.Certificate { return f.certificates }

func checkSMTP(ctx context.Context, p *view.Pass) (any, error) {
	facts := &SMTPFacts{Hosts: []SMTPHost{}, IPv6: []SixHost{}, certificates: map[string][]*x509.Certificate{}}
	hosts, mx, err := view.MailHosts(ctx, p)
	if err == nil {
		err = view.HiddenByAlias(ctx, p, mx)
	}
	if err != nil {
		return facts, err
	}
	if len(hosts) > MaxSMTPHosts {
		p.LeftOut(MaxSMTPHosts, "mail hosts")
	}
	hosts = hosts[:min(len(hosts), MaxSMTPHosts)]
	visits, knocks := make([][]*visit, len(hosts)), make([]*knock, len(hosts))
	done := make(chan struct{})
	var wg guarded.Group
	reachable := false // there is an address that may be visited
	for i, h := range hosts {
		reachable = reachable || slices.ContainsFunc(h.Addrs, view.Routable)
		wg.Go(func() { visits[i] = visitHost(ctx, p, h) })
		wg.Go(func() { knocks[i] = knockOnce(ctx, p, h) })
	}
	guarded.Go(func() { defer close(done); wg.Wait() }, nil)
	// Where the hosts keep silent, it is soon asked whether anybody answers: a blocked port costs no more time than a dead
	// host.
	control := sync.OnceValue(func() bool {
		return p.DNS.Reached(25) ||
			port25(ctx, p, "control", maxControl, view.Routable)
	})
	select {
	case <-done:
	case <-time.After(quietFor):
		guarded.Go(func() { control() }, nil)
		<-done
	}
	wg.Wait()
	if authority.DisputedMX(ctx, p) != nil {
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
		if len(visits[i]) == 0 || slices.Contains(shut, h.Name) {
			continue
		}
		var d demand
		if k, err := pinsOf(ctx, p, h.Name); err == nil && k.binds() {
			d = demand{encryption: "dane"}
			if k.byAuthority() {
				d.certificate = "dane"
			}
		}
		if enforced {
			d = demand{"mta-sts", "mta-sts"}
		}
		judgeHost(p, h.Name, visits[i], d)
	}
	unprobed(p, visits)
	facts.IPv6 = six.judge(visits, knocks)
	if ctx.Err() != nil {
		return facts, fmt.Errorf("diag: not every mail host was visited in time: %w", ctx.Err())
	}
	return facts, errSix(shut)
}

// demand is what makes senders insist: mta-sts or dane; empty where nothing does. What they insist on is an error where
// it fails.
type demand struct{ encryption, certificate string }

// severityUnder is that of a weakness in encryption, given what demands it.
func severityUnder(by string) diag.Severity {
	if by != "" {
		return diag.Error
	}
	return diag.Warning
}

// judgeHost reports on one host by its best visit.
func judgeHost(p *view.Pass, host string, visits []*visit, d demand) {
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
		p.FoundAs(severity, SMTPCertName, host,
			args("names", slices.Clone(v.leaf.DNSNames[:min(len(v.leaf.DNSNames), 20)]), "strict", strict), evidence...)
	case v.cert != "":
		p.FoundAs(severity, SMTPCertUntrusted, host, args("reason", v.cert, "strict", strict), evidence...)
	case view.EndsSoon(v.leaf, p.Now):
		p.Found(SMTPCertExpiring, host, args("expires", v.Expires, "days", view.DaysUntil(v.leaf.NotAfter, p.Now)),
			evidence...)
	}
	if v.version != 0 && v.version < tls.VersionTLS12 {
		p.FoundAs(severityUnder(d.encryption), SMTPTLSOld, host, args("version", v.TLS), evidence...)
	}
	v.judgeTLS(p, args, evidence)
}
