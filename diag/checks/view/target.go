package view

import (
	"cmp"
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/resolve"

	"github.com/miekg/dns"
)

// MaxMX is how many targets of one domain are examined.
const MaxMX = 32

// Target is one host that an MX answer names.
type Target struct {
	Host      string // lower case, with its dot
	Prefs     []uint16
	Literal   netip.Addr // the target is an address
	Ownership bool       // a leftover that proved ownership once; it was never meant to take mail
	Providers []diag.Fingerprint
}

// ReadMX is the targets of an MX answer, by preference and each once, and whether a null MX is among them.
func ReadMX(a *resolve.Answer) (targets []*Target, null bool) {
	for _, rr := range a.Records() {
		mx, ok := rr.(*dns.MX)
		if !ok {
			continue
		}
		host := strings.ToLower(dns.Fqdn(mx.Mx))
		if host == "." {
			null = true
			continue
		}
		i := slices.IndexFunc(targets, func(t *Target) bool { return t.Host == host })
		if i < 0 {
			t := &Target{Host: host, Ownership: dns.IsSubDomain("invalid.", host)}
			t.Literal, _ = netip.ParseAddr(strings.Trim(Shown(host), "[]"))
			i, targets = len(targets), append(targets, t)
		}
		targets[i].Prefs = append(targets[i].Prefs, mx.Preference)
	}
	for _, t := range targets {
		slices.Sort(t.Prefs)
	}
	slices.SortStableFunc(targets, func(a, b *Target) int {
		return cmp.Or(cmp.Compare(a.Prefs[0], b.Prefs[0]), strings.Compare(a.Host, b.Host))
	})
	return targets, null
}

// Recognise finds the providers whose host this is.
func (t *Target) Recognise(known []diag.Fingerprint) {
	if !t.Ownership {
		t.Providers = ProvidersOf(t.Host, known)
	}
}

// ProvidersOf is the providers that have this MX host, now or in the past.
func ProvidersOf(host string, known []diag.Fingerprint) []diag.Fingerprint {
	name := strings.ToLower(Shown(host))
	var out []diag.Fingerprint
	for _, f := range known {
		if AnyMatch(f.MX, name) || AnyMatch(f.Retired, name) {
			out = append(out, f)
		}
	}
	return out
}

// Routable reports an address that can be reached over the Internet.
func Routable(a netip.Addr) bool { return !resolve.Unroutable(a) }

// MXProviders recognises the domain's mail providers by its MX hosts, the most preferred first. The MX question is the
// one the mx check asks too, so it costs nothing. The error means that the MX could not be looked up.
func (p *Pass) MXProviders(ctx context.Context) ([]diag.Fingerprint, error) {
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	if err != nil {
		return nil, err
	}
	var out []diag.Fingerprint
	targets, _ := ReadMX(a)
	for _, t := range targets[:min(len(targets), MaxMX)] {
		t.Recognise(p.Providers)
		for _, f := range t.Providers {
			if !slices.ContainsFunc(out, func(o diag.Fingerprint) bool { return o.ID == f.ID }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// AnyMatch reports whether one of the patterns fits a name.
func AnyMatch(patterns []*regexp.Regexp, name string) bool {
	return slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(name) })
}

// localNames are the ends of names that no host on the Internet has (RFC 6761, 6762, 8375, ICANN's internal).
var localNames = []string{"localhost.", "localdomain.", "local.", "internal.", "lan.", "home.arpa."}

// IsLocal reports a name that means something within one network or machine only.
func IsLocal(host string) bool {
	return slices.ContainsFunc(localNames,
		func(end string) bool { return host == end || strings.HasSuffix(host, "."+end) })
}
