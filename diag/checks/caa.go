package checks

import (
	"context"
	"crypto/x509"
	"net/url"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/protocol/caa"
	"signpost/diag/visible"

	"github.com/miekg/dns"
)

// CAA finds which authorities may issue certificates for the domain (RFC 8659), and holds the certificates of its own
// mail hosts and of its MTA-STS host against that: an authority that is not named refuses to renew them.
var CAA = &diag.Check{
	Name: "caa", HiddenBy: authority.DeadDelegation, Run: view.With(checkCAA),
	Uses:      []*diag.Check{inbound.MTASTS, inbound.SMTP, outbound.BIMI},
	DecidedBy: func(t diag.Touched) bool { return slices.Contains(t.Types, "CAA") },
	Codes: []diag.Kind{
		CAANone, CAASyntax, CAAAsText, CAAUnknownCritical, CAAIssuerNotAllowed,
	},
}

// CAAFacts is what the caa check learned of the domain: at which name the records stand that hold for it, what they
// say, and who may issue (empty: anybody, unless Restricted).
type CAAFacts struct {
	At         string    `json:"at"`
	Records    []string  `json:"records"`
	Restricted bool      `json:"restricted"`
	Issuers    []string  `json:"issuers"`
	Hosts      []CAAHost `json:"hosts"`
}

// CAAHost is one host's certificate: who issued it, and whether CAA lets them (yes, no; unknown where it is not known
// by which names they go).
type CAAHost struct {
	Host    string `json:"host"`
	Issuer  string `json:"issuer"`
	Allowed string `json:"allowed"`
}

const (
	maxClimb = 10 // names above one that are asked
)

// caaOf climbs from a name towards the root until a name has CAA records. Aliases are followed at each name; what
// stands above an alias's target does not count.
func caaOf(ctx context.Context, p *view.Pass, name string) (caaSet, error) {
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
		// Whatever order a server gives.
		slices.SortFunc(out.set, func(a, b caa.Property) int { return strings.Compare(caaText(a), caaText(b)) })
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

func checkCAA(ctx context.Context, p *view.Pass) (any, error) {
	facts := &CAAFacts{Records: []string{}, Issuers: []string{}, Hosts: []CAAHost{}}
	own, err := caaOf(ctx, p, p.Domain)
	if err != nil {
		return facts, err
	}
	facts.At = view.Shown(own.at)
	facts.Issuers, facts.Restricted = own.set.Issuers(false)
	for _, r := range own.set {
		facts.Records = append(facts.Records, caaText(r))
	}
	if len(own.set) == 0 {
		p.Found(CAANone, p.Domain, nil, own.said...)
	}
	judged := map[string]bool{}
	judgeCAA(p, own, judged)
	judgeTexts(ctx, p, own)
	judgeMarkIssuer(ctx, p, own)
	if p.MailProbes == diag.ProbeNone { // many domains: the records alone
		return facts, nil
	}
	return facts, judgeIssuers(ctx, p, facts, judged)
}

// judgeIssuers holds the certificates that were seen against the records. Only the domain's own hosts are judged.
func judgeIssuers(ctx context.Context, p *view.Pass, facts *CAAFacts, judged map[string]bool) error {
	var first error
	if p.Runs(inbound.SMTP) {
		foreseeHosts(ctx, p)
	}
	for _, c := range certificatesSeen(ctx, p) {
		wildcard := !slices.ContainsFunc(c.leaf.DNSNames, func(n string) bool { return strings.EqualFold(n, c.host) })
		name := c.host + "."
		if wildcard { // *.shop.test is issued as for shop.test (RFC 8659 3)
			if i, end := dns.NextLabel(name, 0); !end {
				name = name[i:]
			}
		}
		s, err := caaOf(ctx, p, name)
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
		issuer, names, known := issuerOf(p, c.leaf)
		host := CAAHost{Host: c.host, Issuer: visible.Clip(issuer, 100), Allowed: "unknown"}
		switch {
		case slices.ContainsFunc(names, func(n string) bool { return slices.Contains(allowed, n) }):
			host.Allowed = "yes"
		case known, len(allowed) == 0: // whoever issued it may not, since nobody may
			host.Allowed = "no"
			p.Found(CAAIssuerNotAllowed, c.host, map[string]any{
				"host": c.host, "tag": "issue", "issuer": host.Issuer, "names": visible.ClipAll(names),
				"allowed": visible.ClipAll(allowed), "at": view.Shown(s.at),
				"expires": c.leaf.NotAfter.UTC().Format(time.RFC3339),
			}, s.said...)
		}
		facts.Hosts = append(facts.Hosts, host)
	}
	return first
}

// judgeMarkIssuer holds the domain's mark certificate, where it has one, against whom the records let issue such.
func judgeMarkIssuer(ctx context.Context, p *view.Pass, own caaSet) {
	allowed, restricted := own.set.MarkIssuers()
	if !restricted || !p.Runs(outbound.BIMI) {
		return
	}
	facts, ok := diag.FactsOf[*outbound.BIMIFacts](p.Await(ctx, outbound.BIMI))
	if !ok || facts.Mark == nil {
		return
	}
	names, known := []string{}, false
	for _, i := range p.Issuers {
		if i.Name == facts.Mark.Issuer || slices.Contains(i.Organizations, facts.Mark.Issuer) {
			names, known = append(names, i.Names...), true
		}
	}
	if len(allowed) > 0 && (!known ||
		slices.ContainsFunc(names, func(n string) bool { return slices.Contains(allowed, n) })) {
		return
	}
	p.Found(CAAIssuerNotAllowed, "default._bimi."+p.Domain, map[string]any{
		"host": "default._bimi." + p.Name(), "tag": "issuevmc", "issuer": facts.Mark.Issuer, "names": visible.ClipAll(names),
		"allowed": visible.ClipAll(allowed),
		"at":      view.Shown(own.at), "expires": facts.Mark.Expires,
	}, own.said...)
}

// foreseeHosts asks for the records of the domain's own mail hosts while these are visited: their certificates will be
// held against them.
func foreseeHosts(ctx context.Context, p *view.Pass) {
	mx, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return
	}
	targets, _ := view.ReadMX(mx)
	var wg guarded.Group
	for _, t := range targets[:min(len(targets), inbound.MaxSMTPHosts)] {
		if !t.Literal.IsValid() && view.RegistrableOf(t.Host) == view.RegistrableOf(p.Domain) {
			wg.Go(func() { _, _ = caaOf(ctx, p, t.Host) }) // what fails is told where it is needed
		}
	}
	wg.Wait()
}

// seenCertificate is a certificate that a host of the domain showed to another check.
type seenCertificate struct {
	host string
	leaf *x509.Certificate
}

func certificatesSeen(ctx context.Context, p *view.Pass) (out []seenCertificate) {
	if f, ok := diag.FactsOf[*inbound.MTASTSFacts](p.Await(ctx, inbound.MTASTS)); ok && f.Certificate() != nil {
		out = append(out, seenCertificate{inbound.PolicyLabel + p.Name(), f.Certificate()})
	}
	if f, ok := diag.FactsOf[*inbound.SMTPFacts](p.Await(ctx, inbound.SMTP)); ok {
		for host, chain := range f.Certificates() {
			if len(chain) > 0 && view.RegistrableOf(strings.ToLower(host)+".") == view.RegistrableOf(p.Domain) {
				out = append(out, seenCertificate{strings.ToLower(host), chain[0]})
			}
		}
	}
	slices.SortFunc(out, func(a, b seenCertificate) int { return strings.Compare(a.host, b.host) })
	return out
}

// issuerOf is who issued a certificate, and by which names CAA records may allow them: those that are known of the
// authority, and the domains to which the certificate itself points (RFC 5280 4.2.2.1, 4.2.1.13). Known: the first are
// all that there are.
func issuerOf(p *view.Pass, c *x509.Certificate) (issuer string, names []string, known bool) {
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
		if n := view.Shown(view.RegistrableOf(strings.ToLower(u.Hostname()) + ".")); !slices.Contains(names, n) &&
			len(names) < 30 {
			names = append(names, n)
		}
	}
	return issuer, names, known
}
