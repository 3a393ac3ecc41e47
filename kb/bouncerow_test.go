package kb

import (
	"strings"
	"testing"

	"signpost/kb/bounce"
)

var loaded *Base

// load is the built-in knowledge, loaded once.
func load(t testing.TB) *Base {
	t.Helper()
	if loaded == nil {
		b, err := Load()
		if err != nil {
			t.Fatal(err)
		}
		loaded = b
	}
	return loaded
}

// TestBounceRows is the lint of the data: every row has a sample, matches it, and is the one that explains it where its
// system spoke. A row that another hides, or that says what another says, is refused.
func TestBounceRows(t *testing.T) {
	b := load(t)
	if err := b.bounces.compile(); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.bounces.rows {
		where := "common"
		var spoke *system
		if r.system != nil {
			where, spoke = r.system.ID, r.system
		}
		if strings.TrimSpace(r.Sample) == "" || r.Sample == "TODO" {
			t.Errorf("%s: %s %q has no sample", where, r.Cause, r.Match)
			continue
		}
		if !r.pattern.MatchString(strings.ToLower(r.Sample)) ||
			!r.pattern.may(b.bounces.words.in(strings.ToLower(r.Sample))) {
			t.Errorf("%s: %s %q does not match its sample %q", where, r.Cause, r.Match, r.Sample)
			continue
		}
		c := b.best(bounce.Read(r.Sample).Failures[0], spoke)
		if c == nil || c.row != r {
			by := "nothing"
			if c != nil && c.row != nil {
				by = c.cause.ID + " " + c.row.Match
				if c.row.system != nil {
					by = c.row.system.ID + ": " + by
				}
			} else if c != nil {
				by = "code " + c.cause.ID
			}
			t.Errorf("%s: %s %q is hidden in its sample %q\n\tby %s", where, r.Cause, r.Match, r.Sample, by)
		}
	}
}
