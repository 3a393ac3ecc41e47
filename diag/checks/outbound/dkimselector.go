package outbound

import (
	"signpost/diag"
	"signpost/diag/resolve"
)

// commonSelectors are names that many systems use, whoever runs them.
var commonSelectors = []string{
	"default", "selector1", "selector2", "dkim", "mail", "s1", "s2", "k1", "k2", "key1", "key2", "email", "smtp", "mx",
	"google", "dk", "sig1", "m1", "s1024", "s2048",
}

const MaxSelectors = 40

// selector is one name to ask, and what came of it.
type selector struct {
	name     string
	given    bool
	provider *diag.Fingerprint // whose own selector it is
	disputed bool              // the domain's servers give different keys
	answer   *resolve.Answer
	err      error
}

// named reports that somebody named the selector: the asker, or the provider that signs with it.
func (s *selector) named() bool { return s.given || s.provider != nil }
