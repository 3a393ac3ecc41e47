package kb

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/diag/gate"
	regex "signpost/diag/pattern"
	"signpost/reports"
)

// Validate refuses a code without texts, texts without a code, a code that nobody has to act on by name, and facts that
// contradict themselves.
func (b *Base) Validate(checks []*diag.Check) error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrData}, args...)...))
	}
	if err := diag.Validate(checks); err != nil {
		errs = append(errs, err)
	}
	codes := map[string]bool{}
	for _, c := range checks {
		if !b.texts.Has("check." + c.Name) {
			wrong("locales: check %s has no name", c.Name)
		}
		for _, s := range c.Codes {
			codes[string(s.Code)] = true
			for _, part := range []string{"title", "why", "fix"} {
				if id := string(s.Code) + "." + part; !b.texts.Has(id) {
					wrong("locales: %s is missing", id)
				}
			}
			switch b.who[s.Code] {
			case DNS, Registrar, Vendor, Host, Sender, Nobody:
			default:
				wrong("findings.yaml: who acts on %s?", s.Code)
			}
			if !rfcSection.MatchString(b.rfc[s.Code]) {
				wrong("findings.yaml: which RFC speaks of %s? %q is neither one, as in \"7208 4.6.4\", nor \"-\"", s.Code,
					b.rfc[s.Code])
			}
		}
	}
	for _, code := range gate.NoteCodes {
		if !b.texts.Has("note." + code) {
			wrong("locales: note.%s is missing", code)
		}
	}
	for _, id := range reports.Words() {
		if !b.HasReportText(id) {
			wrong("locales: report.%s is missing", id)
		}
	}
	for code := range b.who {
		if !codes[string(code)] {
			wrong("findings.yaml: no check reports %s", code)
		}
	}
	for _, id := range b.texts.IDs() {
		if code, ok := strings.CutSuffix(id, ".title"); ok && !codes[code] {
			wrong("locales: no check reports %s", code)
		}
	}
	b.validatePatterns(wrong)
	seen := map[string]bool{}
	for _, p := range b.providers {
		if seen[p.ID] || p.Names["en"] == "" || p.Names["zh"] == "" ||
			!slices.Contains([]string{"mailbox", "gateway", "sender", "dns"}, p.Role) {
			wrong("providers/%s.yaml: the id must be unique, names.en and names.zh given, role one of mailbox, gateway, sender, dns", p.ID)
		}
		seen[p.ID] = true
	}
	for _, o := range b.operators {
		if seen["dns "+o.ID] || o.ID == "" || o.Name == "" || len(o.NS) == 0 {
			wrong("dns_operators.yaml: %q needs a unique id, a name and ns patterns", o.ID)
		}
		seen["dns "+o.ID] = true
	}
	return errors.Join(errs...)
}

// validatePatterns refuses patterns that no host can match.
func (b *Base) validatePatterns(wrong func(format string, args ...any)) {
	for _, f := range b.fingerprints {
		for _, re := range f.MX {
			if !regex.CanMatchHost(re) {
				wrong("providers/%s.yaml: no MX host can match %s: names are compared in lower case, without a final dot", f.ID, re)
			}
		}
	}
	for _, o := range b.known {
		for _, re := range o.NS {
			if !regex.CanMatchHost(re) {
				wrong("dns_operators.yaml: %s: no name server can match %s: names are compared in lower case, without a final dot",
					o.ID, re)
			}
		}
	}
}
