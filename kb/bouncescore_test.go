package kb

import (
	"os"
	"strings"
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

// TestBounceForms reads a report of each kind of system, old and new, in many charsets: its cause, its recipient, and never the letter's own words.
func TestBounceForms(t *testing.T) {
	b := load(t)
	dir := os.DirFS("testdata/bounces/forms")
	scores, err := b.ScoreBounces(dir)
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("testdata/bounces/forms/bounces.tsv")
	if err != nil {
		t.Fatal(err)
	}
	recipients := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if cells := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(cells) > 3 {
			recipients[cells[0]] = cells[3]
		}
	}
	for _, s := range scores {
		raw, err := os.ReadFile("testdata/bounces/forms/" + s.File)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := DecodeText(raw)
		r := b.Read(text)
		x := r.Bounces[0]
		if s.Grade != Right || strings.Contains(x.Line, "quota is exceeded") {
			t.Errorf("%s: %s, want one of %v (%s)", s.File, s.Got, s.Want, s.Line)
		}
		if want := recipients[s.File]; want != "" && x.Recipient != want {
			t.Errorf("%s: recipient %q, want %q", s.File, x.Recipient, want)
		}
		if strings.Contains(text, "Bob <bob@example.net>") && x.Sender != "bob@example.net" {
			t.Errorf("%s: sender %q", s.File, x.Sender)
		}
	}
}
