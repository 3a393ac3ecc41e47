package authority

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/checks/view"
	"signpost/diag/registry"
)

// Registration asks the registry until when the domain is registered, and in what state (RFC 9083, RFC 8056): a domain
// on hold has no working records, whatever its zone says.
var Registration = &diag.Check{
	Name: "registration", Run: view.With(checkRegistration), Timeout: 9 * time.Second,
	Codes: []diag.Kind{
		RegistrationExpired, RegistrationExpiring, RegistrationHold, RegistrationPendingDelete,
		RegistrationUnlocked,
	},
}

// What the check may find.
var (
	RegistrationExpired       = diag.Kind{Code: "registration.expired", Severity: diag.Error}
	RegistrationExpiring      = diag.Kind{Code: "registration.expiring", Severity: diag.Warning}
	RegistrationHold          = diag.Kind{Code: "registration.hold", Severity: diag.Error}
	RegistrationPendingDelete = diag.Kind{Code: "registration.pending-delete", Severity: diag.Error}
	RegistrationUnlocked      = diag.Kind{Code: "registration.unlocked", Severity: diag.Notice}
)

const (
	expiresSoon   = 30 * 24 * time.Hour
	expiresAtOnce = 7 * 24 * time.Hour
)

func checkRegistration(ctx context.Context, p *view.Pass) (any, error) {
	if p.Registry == nil {
		return nil, diag.Skip("registry")
	}
	reg, err := p.Registry.Lookup(ctx, p.DNS, p.Name())
	if errors.Is(err, registry.ErrNotRegistered) {
		return nil, diag.Skip("unregistered") // delegation.nxdomain says so
	}
	if err != nil {
		return nil, err
	}
	said := diag.Evidence{Question: reg.Asked, Server: reg.Source, Answer: fmt.Sprintf(
		"registrar: %s; status: %s; expires: %s", reg.Registrar, strings.Join(reg.Status, " "), day(reg.Expires))}
	judgeRegistration(p, reg, said)
	return reg, nil
}

func day(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format(time.DateOnly)
}

func judgeRegistration(p *view.Pass, reg *registry.Registration, said diag.Evidence) {
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
		m := map[string]any{"registrar": reg.Registrar, "registrar_url": reg.RegistrarURL,
			"status": append([]string{}, status...), "expires": day(reg.Expires)}
		if !reg.Expires.IsZero() {
			m["days"] = int(reg.Expires.Sub(p.Now).Hours() / 24)
		}
		return m
	}
	if len(deletes) > 0 {
		p.Found(RegistrationPendingDelete, name, args(deletes), said)
	}
	if len(holds) > 0 {
		m := args(holds)
		m["cn"] = strings.HasSuffix(name, ".cn") || strings.HasSuffix(name, ".xn--fiqs8s")
		p.Found(RegistrationHold, name, m, said)
	}
	left := reg.Expires.Sub(p.Now)
	switch {
	case reg.Expires.IsZero() || len(deletes) > 0:
	case left < 0:
		p.Found(RegistrationExpired, name, args(reg.Status), said)
	case left < expiresAtOnce:
		p.FoundAs(diag.Error, RegistrationExpiring, name, args(reg.Status), said)
	case left < expiresSoon:
		p.Found(RegistrationExpiring, name, args(reg.Status), said)
	}
	if locks(name) && len(reg.Status) > 0 && !slices.ContainsFunc(reg.Status, func(s string) bool {
		s = strings.ToLower(s)
		return strings.HasSuffix(s, "transferprohibited") || strings.HasSuffix(s, "hold") || s == "pendingdelete" ||
			s == "redemptionperiod" || s == "pendingtransfer"
	}) {
		p.Found(RegistrationUnlocked, name, args(reg.Status), said)
	}
}

// locks reports whether the registry knows transfer locks as EPP has them: the generic top-level domains and .cn do;
// many countries' registries transfer by other rules.
func locks(name string) bool {
	tld := name[strings.LastIndexByte(name, '.')+1:]
	return len(tld) > 2 || tld == "cn"
}
