package checks

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/guarded"
	"signpost/diag/protocol/caa"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// CAA finds which authorities may issue certificates for the domain (RFC 8659), and holds the certificates of its own mail hosts and of its MTA-STS
// host against that: an authority that is not named refuses to renew them.
var CAA = &diag.Check{
	Name: "caa", HiddenBy: deadDelegation, Run: with(checkCAA), Uses: []*diag.Check{MTASTS, SMTP},
	Codes: []diag.Kind{
		CAANone, CAASyntax, CAAUnknownCritical, CAAIssuerNotAllowed,
	},
}

// What the check may find.
var (
	CAANone             = diag.Kind{Code: "caa.none", Severity: diag.Info}
	CAASyntax           = diag.Kind{Code: "caa.syntax", Severity: diag.Notice}
	CAAUnknownCritical  = diag.Kind{Code: "caa.unknown-critical", Severity: diag.Warning}
	CAAIssuerNotAllowed = diag.Kind{Code: "caa.issuer-not-allowed", Severity: diag.Notice}
)

// CAAFacts is what the caa check learned of the domain: at which name the records stand that hold for it, what they say, and who may issue (empty:
// anybody, unless Restricted).
type CAAFacts struct {
	At         string    `json:"at"`
	Records    []string  `json:"records"`
	Restricted bool      `json:"restricted"`
	Issuers    []string  `json:"issuers"`
	Hosts      []CAAHost `json:"hosts"`
}

// CAAHost is one host's certificate: who issued it, and whether CAA lets them (yes, no; unknown where it is not known by which names they go).
type CAAHost struct {
	Host    string `json:"host"`
	Issuer  string `json:"issuer"`
	Allowed string `json:"allowed"`
}

const (
	maxCAA   = 50 // records of one set that are looked at
	maxClimb = 10 // names above one that are asked
)

// caaSet is the records that hold for a name (RFC 8659 3).
type caaSet struct {
	at   string // the name that has them, with its dot; empty: none has
	set  caa.Set
	said []diag.Evidence
}

// caaOf climbs from a name towards the root until a name has CAA records. Aliases are followed at each name; what stands above an alias's target
// does not count.
func (p *pass) caaOf(ctx context.Context, name string) (caaSet, error) {
	var out caaSet
	for range maxClimb {
		a, err := p.DNS.Lookup(ctx, name, dns.TypeCAA)
		if err != nil {
			return out, err
		}
		out.said = append(out.said, diag.Said(a))
		for _, rr := range a.Records() {
			if r, ok := rr.(*dns.CAA); ok && len(out.set) < maxCAA {
				out.at, out.set = name, append(out.set, caa.Parse(r.Flag, r.Tag, r.Value))
			}
		}
		slices.SortFunc(out.set, func(a, b caa.Property) int { return strings.Compare(caaText(a), caaText(b)) }) // whatever order a server gives
		i, end := dns.NextLabel(name, 0)
		if len(out.set) > 0 || end {
			return out, nil
		}
		if name = name[i:]; name == "." {
			return out, nil
		}
	}
	return out, nil
}

func checkCAA(ctx context.Context, p *pass) (any, error) {
	facts := &CAAFacts{Records: []string{}, Issuers: []string{}, Hosts: []CAAHost{}}
	own, err := p.caaOf(ctx, p.Domain)
	if err != nil {
		return facts, err
	}
	facts.At = shown(own.at)
	facts.Issuers, facts.Restricted = own.set.Issuers(false)
	for _, r := range own.set {
		facts.Records = append(facts.Records, caaText(r))
	}
	if len(own.set) == 0 {
		p.Found(CAANone, p.Domain, nil, own.said...)
	}
	judged := map[string]bool{}
	judgeCAA(p, own, judged)
	if p.MailProbes == diag.ProbeNone { // many domains: the records alone
		return facts, nil
	}
	return facts, p.judgeIssuers(ctx, facts, judged)
}

func caaText(r caa.Property) string {
	return visible.Clip(fmt.Sprintf("%d %s %q", r.Flags, r.Tag, r.Value), 300)
}

// judgeCAA judges the records themselves, once for each name that has some. What stands at a registry's name is nobody's here.
func judgeCAA(p *pass, s caaSet, judged map[string]bool) {
	if s.at == "" || judged[s.at] || !dns.IsSubDomain(registrableOf(p.Domain), s.at) {
		return
	}
	judged[s.at] = true
	if tags := s.set.Refuses(); len(tags) > 0 {
		p.Found(CAAUnknownCritical, s.at, map[string]any{"tags": ClipAll(tags)}, s.said...)
	}
	for _, r := range s.set {
		for _, f := range r.Faults {
			if f == caa.UnknownTag && slices.Contains(s.set.Refuses(), r.Tag) {
				continue // said already
			}
			p.Found(CAASyntax, s.at, map[string]any{"record": caaText(r), "reason": string(f)}, s.said...)
		}
	}
}

// judgeIssuers holds the certificates that were seen against the records. Only the domain's own hosts are judged.
func (p *pass) judgeIssuers(ctx context.Context, facts *CAAFacts, judged map[string]bool) error {
	var first error
	if p.Runs(SMTP) {
		p.foreseeHosts(ctx)
	}
	for _, c := range p.certificatesSeen(ctx) {
		wildcard := !slices.ContainsFunc(c.leaf.DNSNames, func(n string) bool { return strings.EqualFold(n, c.host) })
		name := c.host + "."
		if wildcard { // *.shop.test is issued as for shop.test (RFC 8659 3)
			if i, end := dns.NextLabel(name, 0); !end {
				name = name[i:]
			}
		}
		s, err := p.caaOf(ctx, name)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		judgeCAA(p, s, judged)
		allowed, restricted := s.set.Issuers(wildcard)
		if !restricted {
			continue
		}
		issuer, names, known := p.issuerOf(c.leaf)
		host := CAAHost{Host: c.host, Issuer: visible.Clip(issuer, 100), Allowed: "unknown"}
		switch {
		case slices.ContainsFunc(names, func(n string) bool { return slices.Contains(allowed, n) }):
			host.Allowed = "yes"
		case known:
			host.Allowed = "no"
			p.Found(CAAIssuerNotAllowed, c.host, map[string]any{
				"host": c.host, "issuer": host.Issuer, "names": names, "allowed": ClipAll(allowed), "at": shown(s.at),
				"expires": c.leaf.NotAfter.UTC().Format(time.RFC3339),
			}, s.said...)
		}
		facts.Hosts = append(facts.Hosts, host)
	}
	return first
}

// foreseeHosts asks for the records of the domain's own mail hosts while these are visited: their certificates will be held against them.
func (p *pass) foreseeHosts(ctx context.Context) {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return
	}
	targets, _ := readMX(mx)
	var wg guarded.Group
	for _, t := range targets[:min(len(targets), maxSMTPHosts)] {
		if !t.literal.IsValid() && registrableOf(t.host) == registrableOf(p.Domain) {
			wg.Go(func() { _, _ = p.caaOf(ctx, t.host) }) // what fails is told where it is needed
		}
	}
	wg.Wait()
}

// seenCertificate is a certificate that a host of the domain showed to another check.
type seenCertificate struct {
	host string
	leaf *x509.Certificate
}

func (p *pass) certificatesSeen(ctx context.Context) (out []seenCertificate) {
	if f, ok := diag.FactsOf[*MTASTSFacts](p.Await(ctx, MTASTS)); ok && f.certificate != nil {
		out = append(out, seenCertificate{policyLabel + p.name(), f.certificate})
	}
	if f, ok := diag.FactsOf[*SMTPFacts](p.Await(ctx, SMTP)); ok {
		for host, chain := range f.certificates {
			if len(chain) > 0 && registrableOf(strings.ToLower(host)+".") == registrableOf(p.Domain) {
				out = append(out, seenCertificate{strings.ToLower(host), chain[0]})
			}
		}
	}
	slices.SortFunc(out, func(a, b seenCertificate) int { return strings.Compare(a.host, b.host) })
	return out
}

// issuerOf is who issued a certificate, and by which names CAA records may allow them: those that are known of the authority, and the domains to
// which the certificate itself points (RFC 5280 4.2.2.1, 4.2.1.13). Known: the first are all that there are.
func (p *pass) issuerOf(c *x509.Certificate) (issuer string, names []string, known bool) {
	issuer = c.Issuer.CommonName
	for _, org := range c.Issuer.Organization {
		issuer = org
		for _, i := range p.Issuers {
			if slices.Contains(i.Organizations, org) {
				issuer, known = i.Name, true
				names = append(names, i.Names...)
			}
		}
	}
	for _, address := range slices.Concat(c.OCSPServer, c.IssuingCertificateURL, c.CRLDistributionPoints) {
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" {
			continue
		}
		if n := shown(registrableOf(strings.ToLower(u.Hostname()) + ".")); !slices.Contains(names, n) && len(names) < 30 {
			names = append(names, n)
		}
	}
	return issuer, names, known
}
