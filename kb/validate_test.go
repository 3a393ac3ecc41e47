package kb

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/checks"
)

// TestValidate: a check whose code has no words, nobody to act on it and no RFC is told at start, as is a code that no
// check reports any more.
func TestValidate(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	all := checks.All()
	planted := &diag.Check{Name: "planted", Run: func(context.Context, *diag.Pass) (any, error) { return nil, nil },
		Codes: []diag.Kind{{Code: "planted.fault", Severity: diag.Error}}}
	err = b.Validate(append(slices.Clone(all), planted))
	for _, want := range []string{"check planted has no name", "planted.fault.title is missing",
		"planted.fault.why is missing", "planted.fault.fix is missing", "who acts on planted.fault?",
		"which RFC speaks of planted.fault?"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	last := all[len(all)-1]
	err = b.Validate(all[:len(all)-1])
	for _, code := range last.Codes {
		if want := "no check reports " + string(code.Code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if len(last.Codes) == 0 {
		t.Error("the last check reports nothing, so that nothing was tried")
	}
}

// TestPatternsCanMatch: a pattern that no host can match is refused, of a provider and of a DNS operator, with its
// owner.
func TestPatternsCanMatch(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	impossible := regexp.MustCompile(`^MX1\.example\.net\.$`)
	b.fingerprints = append(slices.Clone(b.fingerprints),
		diag.Fingerprint{ID: "planted", MX: []*regexp.Regexp{impossible}})
	b.known = append(slices.Clone(b.known), diag.Operator{ID: "planted-dns", NS: []*regexp.Regexp{impossible}})
	err = b.Validate(checks.All())
	for _, want := range []string{"providers/planted.yaml: no MX host can match ^MX1",
		"planted-dns: no name server can match ^MX1"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
