package kb

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"signpost/kb/asked"
)

//go:generate go test . -run ^TestLearntModel$ -update-model

var updateModel = flag.Bool("update-model", false, "learn from the questions and guides as they are now")

// TestLearntModel holds the model that is kept to be of these questions and guides, and of this code: what is learnt
// afresh says the same of the questions that are known.
func TestLearntModel(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(learntModel)
	if err != nil && !*updateModel {
		t.Fatal(err)
	}
	kept, words, err := asked.Read(raw, b.taught())
	if err != nil && !*updateModel {
		t.Fatalf("%v: go generate ./kb", err)
	}
	if err == nil && *updateModel {
		return // it is of these already
	}
	s, err := b.searcher()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.learnAnew(s.meanings); err != nil {
		t.Fatal(err)
	}
	if *updateModel {
		var out bytes.Buffer
		if err := s.meanings.like.Write(&out, b.taught(), slices.Sorted(maps.Keys(s.meanings.known))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(learntModel, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := slices.Sorted(maps.Keys(s.meanings.known)); !slices.Equal(got, words) {
		t.Errorf("%d words known, %d kept", len(got), len(words))
	}
	for _, q := range []string{
		"our mailbox is full", "\u90ae\u7bb1\u6ee1\u4e86", "two spf records", "who is the admin", "invoice", "x",
	} {
		f := b.features(s.meanings, q)
		was, is := kept.Guess(f)[0], s.meanings.like.Guess(f)[0]
		if was.Label != is.Label || was.P-is.P > 0.02 || is.P-was.P > 0.02 {
			t.Errorf("%q: %v is kept, %v is learnt: remove %s, and go generate ./kb", q, was, is, learntModel)
		}
	}
}
