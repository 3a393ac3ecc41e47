package inbound

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/dnssec"
	"signpost/diag/resolve"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// DANE holds the certificates of the MX hosts against their TLSA records (RFC 7672, RFC 6698).
var DANE = &diag.Check{
	Name: "dane", HiddenBy: authority.DeadDelegation, SkippedBy: []diag.Code{view.ZoneCNAMEApex.Code},
	Run:       view.With(checkDANE),
	DecidedBy: func(t diag.Touched) bool { return slices.Contains(t.Types, "TLSA") }, Uses: []*diag.Check{SMTP},
	Codes: []diag.Kind{DANENone, DANEInsecure, DANEMismatch, DANEBadParams, DANELookupFails, DANEMisplaced},
}

// What the check may find.
var (
	DANENone        = diag.Kind{Code: "dane.none", Severity: diag.Info}
	DANEInsecure    = diag.Kind{Code: "dane.insecure", Severity: diag.Warning}
	DANEMismatch    = diag.Kind{Code: "dane.mismatch", Severity: diag.Error}
	DANEBadParams   = diag.Kind{Code: "dane.bad-params", Severity: diag.Warning}
	DANEMisplaced   = diag.Kind{Code: "dane.misplaced", Severity: diag.Warning}
	DANELookupFails = diag.Kind{Code: "dane.lookup-fails", Severity: diag.Error}
)

// ErrNoCertificate says that a host has TLSA records, and that its certificate was not seen.
var ErrNoCertificate = cause.New(cause.NoCertificate, "diag: the certificate of a host with TLSA records was not seen")

// DANEFacts is what the dane check learned.
type DANEFacts struct {
	Hosts []DANEHost `json:"hosts"`
}

// DANEHost is one MX host with its TLSA records in words ("3 1 1 d2ab..."). State is that of the records: secure,
// insecure, bogus; empty where there are none. Matches: the certificate that the host showed fits one of them.
type DANEHost struct {
	Host    string   `json:"host"`
	Records []string `json:"records"`
	State   string   `json:"state"`
	Matches bool     `json:"matches"`
}

const (
	maxNearPins = 8 // names at which records are looked for that stand where no sender asks
)

func tlsaText(t *dns.TLSA) string {
	return fmt.Sprintf("%d %d %d %s", t.Usage, t.Selector, t.MatchingType,
		visible.Clip(strings.ToLower(t.Certificate), 128))
}

func checkDANE(ctx context.Context, p *view.Pass) (any, error) {
	facts := &DANEFacts{Hosts: []DANEHost{}}
	hosts, said, err := view.MailHosts(ctx, p)
	if err == nil {
		err = view.HiddenByAlias(ctx, p, said)
	}
	if err != nil {
		return facts, err
	}
	if len(hosts) > MaxSMTPHosts {
		p.LeftOut(MaxSMTPHosts, "mail hosts")
	}
	hosts = hosts[:min(len(hosts), MaxSMTPHosts)]
	pins := make([]*pinning, len(hosts))
	errs := make([]error, len(hosts))
	var wg guarded.Group
	for i, h := range hosts {
		wg.Go(func() { pins[i], errs[i] = pinsOf(ctx, p, h.Name) })
	}
	wg.Wait()
	if authority.DisputedMX(ctx, p) != nil {
		return facts, diag.Skip(string(MXInDispute.Code))
	}
	err = errors.Join(errs...)
	failing := false
	for i, k := range pins {
		if k == nil || k.failure == "" {
			continue
		}
		severity := diag.Error
		if k.failure == "silent" { // which may be ours
			severity = diag.Warning
		}
		failing = true
		p.FoundAs(severity, DANELookupFails, hosts[i].Name, map[string]any{"host": hosts[i].Name, "reason": k.failure},
			k.said...)
	}
	if !slices.ContainsFunc(pins, func(k *pinning) bool { return k != nil && len(k.all) > 0 }) {
		if err == nil && len(hosts) > 0 && !failing {
			evidence := []diag.Evidence{diag.Said(said)}
			for _, k := range pins {
				evidence = append(evidence, k.said...)
			}
			if misplacedPin(ctx, p, hosts, pins); !view.Reported(p, DANEMisplaced.Code) {
				p.Found(DANENone, p.Domain, nil, evidence...)
			}
		}
		return facts, err
	}
	var shown map[string][]*x509.Certificate
	if f, ok := diag.FactsOf[*SMTPFacts](p.Await(ctx, SMTP)); ok {
		shown = f.certificates
	}
	for i, h := range hosts {
		if pins[i] == nil {
			continue
		}
		host, e := judgePins(ctx, p, h.Name, pins[i], shown)
		facts.Hosts, err = append(facts.Hosts, host), errors.Join(err, e)
	}
	return facts, err
}

func judgePins(ctx context.Context, p *view.Pass, host string, k *pinning,
	shown map[string][]*x509.Certificate) (DANEHost, error) {
	out := DANEHost{Host: host, Records: []string{}}
	for _, t := range k.all {
		out.Records = append(out.Records, tlsaText(t))
	}
	if k.verdict == nil {
		return out, nil
	}
	out.State = string(k.verdict.State)
	switch k.verdict.State {
	case dnssec.Insecure:
		p.Found(DANEInsecure, host, map[string]any{"reason": "unsigned", "records": out.Records}, k.said...)
		return out, nil
	case dnssec.Bogus:
		p.FoundAs(diag.Error, DANEInsecure, host, map[string]any{"reason": "bogus", "records": out.Records}, k.said...)
		return out, nil
	}
	chain, visited := shown[host]
	if len(k.useless) > 0 {
		var bad []string
		for _, t := range k.useless {
			bad = append(bad, tlsaText(t))
		}
		good := ""
		if len(chain) > 0 && len(k.records) == 0 {
			good = pinOf(chain[0])
		}
		p.Found(DANEBadParams, host, map[string]any{"bad": bad, "usable": len(k.records), "good": good}, k.said...)
	}
	if len(k.records) == 0 {
		return out, nil
	}
	if !visited {
		return out, fmt.Errorf("%w: %s", ErrNoCertificate, host)
	}
	if len(chain) == 0 {
		return out, nil // it offers no TLS: smtp.no-starttls says so, as an error
	}
	names := []string{k.base, host}
	// The domain's own name will do as well, where its MX records are signed (RFC 7672 3.2.2).
	if slices.ContainsFunc(k.records, func(t *dns.TLSA) bool { return t.Usage == 2 }) {
		if v, err := p.Trust.Lookup(ctx, p.Domain, dns.TypeMX); err == nil && v.State == dnssec.Secure {
			names = append(names, p.Name())
		}
	}
	for _, t := range k.records {
		out.Matches = out.Matches || fits(t, chain, names, p)
	}
	if !out.Matches {
		p.Found(DANEMismatch, host, map[string]any{"records": out.Records, "good": pinOf(chain[0])}, k.said...)
	}
	return out, nil
}

// pinOf is the record that pins a certificate's key.
func pinOf(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "3 1 1 " + hex.EncodeToString(sum[:])
}

// misplacedPin reports TLSA records where no sender asks for them, and none where they do (RFC 7672 3.2): at the domain
// itself where its mail goes to other hosts, and below a host under the port and the protocol as people miswrite them.
func misplacedPin(ctx context.Context, p *view.Pass, hosts []view.MailHost, pins []*pinning) {
	if p.Bulk || len(hosts) == 0 {
		return
	}
	var names, near []string
	own := false
	for i, h := range hosts[:min(len(hosts), maxTLSA)] {
		names = append(names, "_25._tcp."+h.Name)
		own = own || strings.EqualFold(h.Name, p.Name())
		if pins[i] != nil && pins[i].denied && len(near) < maxNearPins {
			for _, labels := range []string{"25._tcp.", "_25.tcp.", "25.tcp.", "_tcp._25."} {
				near = append(near, labels+h.Name)
			}
		}
	}
	if !own {
		near = append(near, "_25._tcp."+p.Name())
	}
	answers := make([]*resolve.Answer, len(near))
	var wg guarded.Group
	for i, name := range near {
		wg.Go(func() {
			if a, err := p.DNS.Lookup(ctx, name+".", dns.TypeTLSA); err == nil && !a.Empty() && len(a.Chain()) == 0 {
				answers[i] = a
			}
		})
	}
	wg.Wait()
	for i, a := range answers {
		if a != nil {
			p.Found(DANEMisplaced, p.Domain, map[string]any{"at": near[i], "names": names}, diag.Said(a))
			return
		}
	}
}
