package caa

import (
	"slices"
	"testing"
)

// TestMarkIssuers: certificates of marks have a property of their own (issuevmc).
func TestMarkIssuers(t *testing.T) {
	mark := Parse(0, "issuevmc", "digicert.com")
	set := Set{Parse(0, "issue", "letsencrypt.org"), mark, mark}
	if names, restricted := set.MarkIssuers(); !restricted || !slices.Equal(names, []string{"digicert.com"}) {
		t.Error(names, restricted)
	}
	if names, restricted := set[:1].MarkIssuers(); restricted || len(names) != 0 {
		t.Error(names, restricted)
	}
	if names, restricted := (Set{Parse(0, "issuevmc", ";")}).MarkIssuers(); !restricted || len(names) != 0 {
		t.Error(names, restricted)
	}
}
