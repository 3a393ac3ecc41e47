package checks

import (
	"context"
	"slices"
	"strings"
	"testing"

	"signpost/diag"
	"signpost/diag/lab"
)

// TestAliasesInTheLab holds the lab's domains of aliases and wildcards to all that is said of them: what is found above
// info, and which checks are not made because of it. More than the cause would hide the cause.
func TestAliasesInTheLab(t *testing.T) {
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	const apex = "mx spf smtp dane client"
	for domain, want := range map[string]struct{ found, skipped string }{
		"wildcard-parking.example":          {"dkim.none-found zone.wildcard-answers", ""},
		"wildcard-parking-provider.example": {"dkim.selector-missing zone.wildcard-answers", ""},
		"wildcard-text.example":             {"dkim.selector-missing", ""},
		"wildcard-alias.example":            {"dkim.selector-missing zone.wildcard-answers", ""},
		"wildcard-address.example":          {"dkim.selector-missing", ""},
		"wildcard-key.example":              {"", ""},
		"cname-apex.example":                {"zone.cname-apex", apex},
		"cname-apex-gone.example":           {"zone.cname-apex", apex},
		"cname-beside.example":              {"propagation.differs zone.cname-beside", ""},
		"denied-branch.example":             {"zone.denies-parent", ""},
		"dmarc-alias-empty.example":         {"dmarc.none", ""},
		"dkim-entered-whole.example":        {"dkim.selector-missing dkim.misplaced", ""},
		"mtasts-entered-whole.example":      {"mtasts.misplaced", ""},
		"names-entered-whole.example": {
			"mx.misplaced mx.none spf.misplaced spf.none dmarc.report-undeliverable", "",
		},
	} {
		t.Run(domain, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), diag.DefaultTimeout)
			defer cancel()
			r := diag.Run(ctx, l.Net(), All(), diag.Target{Domain: domain, Unicode: domain}, diag.Options{
				Providers: labProviders, Resolvers: recursiveOf(l), Registry: l.Registry(), Blocklists: labBlocklists,
			}, nil)
			var found, skipped []string
			for _, res := range r.Results {
				if res.Status == diag.Unknown {
					t.Errorf("%s could not be checked: %s", res.Check, res.Err)
				}
				if res.Because == "zone.cname-apex" {
					skipped = append(skipped, res.Check)
				}
				for _, f := range res.Findings {
					if f.Severity > diag.Info {
						found = append(found, string(f.Code))
					}
				}
			}
			if !slices.Equal(found, strings.Fields(want.found)) {
				t.Errorf("found %v, want %s", found, want.found)
			}
			if !slices.Equal(skipped, strings.Fields(want.skipped)) {
				t.Errorf("hidden by the alias: %v, want %s", skipped, want.skipped)
			}
		})
	}
}
