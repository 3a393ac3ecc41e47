package kb

import (
	"os"
	"testing"
)

// TestCollectedBounces reads what people pasted, as they pasted it.
func TestCollectedBounces(t *testing.T) {
	b := load(t)
	scores, err := b.ScoreBounces(os.DirFS("testdata/bounces/collected"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scores {
		if s.Grade != Right {
			t.Errorf("%s: %s, want one of %v (%s)", s.File, s.Got, s.Want, s.Line)
		}
	}
	if len(scores) < 123 {
		t.Errorf("%d texts", len(scores))
	}
}
