package kb

import (
	"os"
	"slices"
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

// TestBouncesOfTheWorld reads what systems and webmails of many countries write, and what people paste into forums:
// whole, cut, as log lines or events, two recipients with two causes, what arrived, and what is no bounce. Nine of ten
// are right, and none is taken for something else.
func TestBouncesOfTheWorld(t *testing.T) {
	b := load(t)
	for name, least := range map[string]int{"world": 200, "forums": 290} {
		scores, err := b.ScoreBounces(os.DirFS("testdata/bounces/" + name))
		if err != nil {
			t.Fatal(err)
		}
		right := 0
		for _, s := range scores {
			switch s.Grade {
			case Right:
				right++
			case Wrong:
				t.Errorf("%s: %s: %s, want one of %v (%s)", name, s.File, s.Got, s.Want, s.Line)
			default:
				t.Logf("%s: %s: %s, want one of %v (%s)", name, s.File, s.Got, s.Want, s.Line)
			}
		}
		if len(scores) < least || right*10 < len(scores)*9 {
			t.Errorf("%s: %d of %d are right", name, right, len(scores))
		}
	}
}

// TestBounceForms reads a report of each kind of system, old and new, in many charsets: its cause, its recipient, and
// never the letter's own words.
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

// TestBouncePhrases reads bare phrases: the titles of RFC 3463 without their codes, and common phrases of many
// languages.
func TestBouncePhrases(t *testing.T) {
	b := load(t)
	list, err := os.ReadFile("testdata/bounces/phrases.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(list)) {
		causes, words, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		n++
		s := Score{Want: strings.Split(causes, ",")}
		if b.grade(&s, words); s.Grade != Right {
			t.Errorf("%q: %s %q, want one of %v (%s)", words, s.Grade, s.Got, s.Want, s.Line)
		}
	}
	if n < 150 {
		t.Errorf("%d phrases", n)
	}
}

// TestBouncesOfStrangers reads what people pasted into threads and what help pages quote, with what stands around it:
// the cause and who has to act, as they were written down before the first reading or corrected with a reason since.
func TestBouncesOfStrangers(t *testing.T) {
	b := load(t)
	const room = "testdata/bounces/strangers"
	scores, err := b.ScoreBounces(os.DirFS(room))
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(room + "/bounces.tsv")
	if err != nil {
		t.Fatal(err)
	}
	who := map[string][]string{}
	for line := range strings.Lines(string(list)) {
		if cells := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(cells) == 4 {
			who[cells[0]] = strings.Split(cells[3], ",")
		}
	}
	for _, s := range scores {
		if s.Grade != Right {
			t.Errorf("%s: %s, want one of %v (%s)", s.File, s.Got, s.Want, s.Line)
			continue
		}
		raw, err := os.ReadFile(room + "/" + s.File)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := DecodeText(raw)
		if x := b.Read(text).Bounces[0]; !slices.Contains(who[s.File], x.Who) {
			t.Errorf("%s: %s has to act (%s), want one of %v", s.File, x.Who, x.Cause, who[s.File])
		}
	}
	if len(scores) < 180 {
		t.Errorf("%d texts", len(scores))
	}
}
