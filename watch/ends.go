package watch

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/authority"
	"signpost/diag/checks/inbound"
	"signpost/diag/checks/outbound"
	"signpost/diag/registry"
)

const day = 24 * time.Hour

// stages is how many days ahead the end of something is told.
var stages = []int{30, 14, 7, 1}

// EndsOf is what of a domain ends some day, as far as its diagnosis shows. Certificates of hosts that a provider runs
// are that provider's to renew.
func EndsOf(r *diag.Report) (out []End) {
	add := func(check, name string, at time.Time, life time.Duration, rolls bool) {
		if at.IsZero() || len(out) >= maxEnds {
			return
		}
		i := slices.IndexFunc(out, func(e End) bool { return e.Check == check && e.Name == name })
		if i < 0 {
			out = append(out, End{Check: check, Name: name, At: at.UTC(), Life: life, Rolls: rolls})
		} else if at.Before(out[i].At) {
			out[i].At, out[i].Life = at.UTC(), life
		}
	}
	certificate := func(check, name string, c *x509.Certificate) {
		if c != nil {
			add(check, name, c.NotAfter, c.NotAfter.Sub(c.NotBefore), false)
		}
	}
	providers := map[string]bool{}
	if f, ok := diag.Facts[inbound.MXFacts](r, inbound.MX); ok {
		for _, h := range f.Hosts {
			providers[strings.ToLower(h.Host)] = h.Provider != ""
		}
	}
	if f, ok := diag.Facts[inbound.SMTPFacts](r, inbound.SMTP); ok {
		for host, chain := range f.Certificates() {
			if len(chain) > 0 && !providers[strings.ToLower(host)] {
				certificate(inbound.SMTP.Name, host, chain[0])
			}
		}
	}
	if f, ok := diag.Facts[inbound.MTASTSFacts](r, inbound.MTASTS); ok {
		certificate(inbound.MTASTS.Name, inbound.PolicyLabel+r.Domain, f.Certificate())
	}
	if f, ok := diag.Facts[registry.Registration](r, authority.Registration); ok {
		add(authority.Registration.Name, f.Domain, f.Expires, 0, false)
	}
	if f, ok := diag.Facts[authority.DNSSECFacts](r, authority.DNSSEC); ok {
		add(authority.DNSSEC.Name, strings.TrimSuffix(f.Zone, "."), moment(f.Ends), 0, true)
	}
	if f, ok := diag.Facts[outbound.BIMIFacts](r, outbound.BIMI); ok && f.Mark != nil {
		add(outbound.BIMI.Name, r.Domain, moment(f.Mark.Expires), 0, false)
	}
	slices.SortFunc(out, func(a, b End) int { return strings.Compare(a.Check+a.Name, b.Check+b.Name) })
	return out
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// endsTell reports that a finding says what the ends of its check say as well, and say earlier.
func endsTell(ends []End, code diag.Code) bool {
	return strings.HasSuffix(string(code), "expiring") && slices.ContainsFunc(ends, func(e End) bool {
		return e.Check == code.Check() && !e.Rolls
	})
}

// stage is how many days ahead of its end something is, by the steps in which that is told; 0: it is not told yet, or
// over. What lives for a short time only is renewed late: a step must lie in the last quarter of its life.
func (e End) stage(now time.Time) int {
	left, reached := e.At.Sub(now), 0
	if left <= 0 || e.Rolls && e.Life == 0 {
		return 0
	}
	for _, s := range stages {
		ahead := time.Duration(s) * day
		if left <= ahead && (e.Life == 0 || 4*ahead <= e.Life) {
			reached = s
		}
	}
	return reached
}

// Days is how many whole days are left.
func (e End) Days(now time.Time) int { return max(int(e.At.Sub(now)/day), 0) }

const maxEnds = 60
