package diag

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/diag/registry"
)

// Registration asks the registry until when the domain is registered, and in what state (RFC 9083, RFC 8056): a domain on hold has no
// working records, whatever its zone says.
var Registration = &Check{
	Name: "registration", Run: with(checkRegistration), Timeout: 9 * time.Second,
	Codes: []Spec{
		{"registration.expired", Error}, {"registration.expiring", Warning}, {"registration.hold", Error}, {"registration.pending-delete", Error},
		{"registration.unlocked", Notice},
	},
}

const (
	expiresSoon   = 30 * 24 * time.Hour
	expiresAtOnce = 7 * 24 * time.Hour
)

func checkRegistration(ctx context.Context, p *pass) (any, error) {
	if p.Registry == nil {
		return nil, Skip("registry")
	}
	reg, err := p.Registry.Lookup(ctx, p.DNS, p.name())
	if errors.Is(err, registry.ErrNotRegistered) {
		return nil, Skip("unregistered") // delegation.nxdomain says so
	}
	if err != nil {
		return nil, err
	}
	said := Evidence{Question: reg.Asked, Server: reg.Source, Answer: fmt.Sprintf(
		"registrar: %s; status: %s; expires: %s", reg.Registrar, strings.Join(reg.Status, " "), day(reg.Expires))}
	p.judgeRegistration(reg, said)
	return reg, nil
}

func day(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

func (p *pass) judgeRegistration(reg *registry.Registration, said Evidence) {
	name := reg.Domain
	var holds, deletes []string
	for _, s := range reg.Status {
		switch strings.ToLower(s) {
		case "clienthold", "serverhold":
			holds = append(holds, s)
		case "pendingdelete", "redemptionperiod":
			deletes = append(deletes, s)
		}
	}
	args := func(status []string) map[string]any {
		m := map[string]any{"registrar": reg.Registrar, "registrar_url": reg.RegistrarURL, "status": append([]string{}, status...), "expires": day(reg.Expires)}
		if !reg.Expires.IsZero() {
			m["days"] = int(reg.Expires.Sub(p.Now).Hours() / 24)
		}
		return m
	}
	if len(deletes) > 0 {
		p.Found("registration.pending-delete", name, args(deletes), said)
	}
	if len(holds) > 0 {
		m := args(holds)
		m["cn"] = strings.HasSuffix(name, ".cn") || strings.HasSuffix(name, ".xn--fiqs8s")
		p.Found("registration.hold", name, m, said)
	}
	left := reg.Expires.Sub(p.Now)
	switch {
	case reg.Expires.IsZero() || len(deletes) > 0:
	case left < 0:
		p.Found("registration.expired", name, args(reg.Status), said)
	case left < expiresAtOnce:
		p.FoundAs(Error, "registration.expiring", name, args(reg.Status), said)
	case left < expiresSoon:
		p.Found("registration.expiring", name, args(reg.Status), said)
	}
	if locks(name) && len(reg.Status) > 0 && !slices.ContainsFunc(reg.Status, func(s string) bool {
		s = strings.ToLower(s)
		return strings.HasSuffix(s, "transferprohibited") || strings.HasSuffix(s, "hold") || s == "pendingdelete" || s == "redemptionperiod" || s == "pendingtransfer"
	}) {
		p.Found("registration.unlocked", name, args(reg.Status), said)
	}
}

// locks reports whether the registry knows transfer locks as EPP has them: the generic top-level domains and .cn do; many countries'
// registries transfer by other rules.
func locks(name string) bool {
	tld := name[strings.LastIndexByte(name, '.')+1:]
	return len(tld) > 2 || tld == "cn"
}
