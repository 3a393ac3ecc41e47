package dmarc

import (
	"testing"

	"signpost/diag/protocol/taglist"
)

// TestLooksLike: a text that was meant to be a DMARC record is known wherever it stands; one that only resembles it,
// only at a _dmarc name; and a text of somebody else's nowhere.
func TestLooksLike(t *testing.T) {
	for text, want := range map[string][2]bool{
		"v=DMARC1; p=none":                 {true, true},
		"V = dmarc1, p=reject":             {true, true},
		"p=none; rua=mailto:a@example.com": {true, true},
		"rua=mailto:a@example.com":         {false, true},
		"p=quarantine":                     {false, true},
		"v=spf1 -all":                      {false, false},
		"verification=none":                {false, false},
	} {
		if got := [2]bool{LooksLike(text), Resembles(text)}; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	r := Parse("v=DMARC1; p=none; pct=50")
	if !r.Has("pct") || r.Has("sp") {
		t.Error(r.Tags)
	}
	if !Idle(taglist.Fault{Tag: "ri"}) || Idle(taglist.Fault{Tag: "p", Reason: "bad-policy"}) {
		t.Error("ri is read by nobody, p by everybody")
	}
}
