package outbound

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/cause"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/view"
	"signpost/diag/guarded"
	"signpost/diag/registry"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// DNSBL asks DNS blocklists (RFC 5782) about the addresses of MX hosts that are no known provider's, about those that
// send for the domain, and about the domain. Only lists are asked whose terms the operator has agreed to, and a refusal
// is never a listing.
var DNSBL = &diag.Check{
	Name: "dnsbl", HiddenBy: authority.DeadDelegation, Run: view.With(checkDNSBL),
	Codes: []diag.Kind{DNSBLListed, DNSBLDomainListed},
}

// What the check may find.
var (
	DNSBLListed       = diag.Kind{Code: "dnsbl.listed", Severity: diag.Error}
	DNSBLDomainListed = diag.Kind{Code: "dnsbl.domain-listed", Severity: diag.Error}
)

// DNSBLFacts is what each list said.
type DNSBLFacts struct {
	Lists []ListFacts `json:"lists"`
}

// ListFacts is one list's answer about one address or domain. State is listed, clean, refused or silent.
type ListFacts struct {
	List    string   `json:"list"`
	Subject string   `json:"subject"`
	State   string   `json:"state"`
	Codes   []string `json:"codes"`
}

var refusals = netip.MustParsePrefix("127.255.255.0/24")

// asking is one question to one list.
type asking struct {
	list    diag.Blocklist
	subject string
	host    string
	name    string
	domain  bool

	answer *resolve.Answer
	err    error
}

func checkDNSBL(ctx context.Context, p *view.Pass) (any, error) {
	facts := &DNSBLFacts{Lists: []ListFacts{}}
	if len(p.Blocklists) == 0 {
		return facts, diag.Skip("blocklists")
	}
	hosts, _, err := view.MailHosts(ctx, p)
	if err != nil {
		return facts, err
	}
	if authority.DisputedMX(ctx, p) != nil {
		hosts = nil
	}
	all := sendingAddresses(p, hosts)
	var questions []*asking
	for _, l := range p.Blocklists {
		if l.Domains {
			name, err := registry.Registrable(p.Name())
			if err == nil {
				questions = append(questions, &asking{list: l, subject: name, name: name + "." + l.Zone + ".", domain: true})
			}
			continue
		}
		for _, s := range all {
			questions = append(questions,
				&asking{list: l, subject: s.addr.String(), host: s.host, name: reversed(s.addr) + "." + l.Zone + "."})
		}
	}
	var wg guarded.Group
	for _, q := range questions {
		wg.Go(func() { q.answer, q.err = p.DNS.Lookup(ctx, q.name, dns.TypeA) })
	}
	wg.Wait()
	var failed []error
	for _, q := range questions {
		f, err := judgeListing(ctx, p, q)
		facts.Lists = append(facts.Lists, f)
		failed = append(failed, err)
	}
	return facts, errors.Join(failed...)
}

// ErrRefused says that a list refuses to answer who asks from here.
var ErrRefused = cause.New(cause.BlocklistRefused, "diag: the blocklist refuses questions from here")

func judgeListing(ctx context.Context, p *view.Pass, q *asking) (ListFacts, error) {
	f := ListFacts{List: q.list.ID, Subject: q.subject, State: "clean", Codes: []string{}}
	if q.err != nil {
		f.State = "silent"
		return f, q.err
	}
	meaning, code := "", ""
	for _, a := range q.answer.Addrs() {
		f.Codes = append(f.Codes, a.String())
		if refusals.Contains(a) || slices.Contains(q.list.Refusals, a) {
			f.State = "refused"
			return f, fmt.Errorf("%w: %s answers %s", ErrRefused, q.list.Zone, a)
		}
		if m, ok := meaningOf(&q.list, a); ok && code == "" {
			meaning, code = m, a.String()
		}
	}
	if code == "" {
		return f, nil
	}
	// A list that has gone says of every address that it is listed; a living one never lists 127.0.0.1 (RFC 5782 5).
	control := "1.0.0.127." + q.list.Zone + "."
	if q.domain {
		control = "invalid." + q.list.Zone + "."
	}
	if a, err := p.DNS.Lookup(ctx, control, dns.TypeA); err != nil || len(a.Addrs()) > 0 {
		f.State = "silent"
		return f, errors.Join(cause.New(cause.BlocklistDead, "diag: the blocklist "+q.list.Zone+" lists everything"), err)
	}
	f.State = "listed"
	evidence := []diag.Evidence{diag.Said(q.answer)}
	if text, err := p.DNS.Lookup(ctx, q.name, dns.TypeTXT); err == nil && len(text.TXT()) > 0 {
		evidence = append(evidence, diag.Said(text))
	}
	args := map[string]any{"list": q.list.Name, "id": q.list.ID, "code": code, "meaning": meaning, "url": q.list.Removal}
	if q.domain {
		p.Found(DNSBLDomainListed, q.subject, args, evidence...)
		return f, nil
	}
	args["ip"], args["host"] = q.subject, q.host
	p.Found(DNSBLListed, q.subject, args, evidence...)
	return f, nil
}

// meaningOf is what an answer means; false: it is no listing.
func meaningOf(l *diag.Blocklist, a netip.Addr) (string, bool) {
	if m, ok := l.Codes[a]; ok {
		return m, true
	}
	if len(l.Bits) == 0 || !a.Is4() || a.As4()[0] != 127 || a.As4()[1] != 0 || a.As4()[2] != 0 {
		return "", false
	}
	var words []string
	for bit := uint8(128); bit > 0; bit >>= 1 {
		if m, ok := l.Bits[bit]; ok && a.As4()[3]&bit != 0 {
			words = append(words, m)
		}
	}
	return strings.Join(words, ", "), len(words) > 0
}

// reversed is an address as blocklists have it: octets, or nibbles, backwards (RFC 5782 2.1, 2.4).
func reversed(a netip.Addr) string {
	name, err := dns.ReverseAddr(a.String())
	if err != nil {
		return ""
	}
	name = strings.TrimSuffix(name, ".in-addr.arpa.")
	return strings.TrimSuffix(name, ".ip6.arpa.")
}
