package kb

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// TestQuestions asks what administrators asked. Nine of ten are answered from the right guide, and nothing that is off
// the topic is answered. A line of the files: language, question, the guides that answer it; - where none may.
func TestQuestions(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{
		"testdata/questions.tsv", "testdata/questions-own.tsv", "testdata/questions-held.tsv",
		"testdata/questions-new.tsv", "testdata/questions-night.tsv", "testdata/questions-unseen.tsv",
		"testdata/questions-last.tsv", "testdata/questions-fresh.tsv",
		"testdata/questions-off.tsv",
	} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		right, all := 0, 0
		for line := range strings.Lines(string(raw)) {
			lang, question, want := "", "", ""
			if parts := strings.Split(strings.TrimSpace(line), "\t"); len(parts) == 3 {
				lang, question, want = parts[0], parts[1], parts[2]
			}
			got, near := answered(t, b, lang, question)
			all++
			switch may := strings.Split(want, ","); {
			case slices.Contains(may, got):
				right++
			case want == "-":
				t.Errorf("%s: %q is off the topic, and answered from %s", file, question, got)
			default:
				t.Logf("%s: %q: %s, want %s; near: %v", file, question, got, want, near)
				if got == "-" && len(near) == 0 {
					t.Logf("%q: not known, and no guide is near", question)
				}
			}
		}
		t.Logf("%s: %d of %d", file, right, all)
		if right*10 < all*9 {
			t.Errorf("%s: %d of %d", file, right, all)
		}
	}
}

// answered is the guide that answers a question, - where none does, and those that are near.
func answered(t *testing.T, b *Base, lang, question string) (got string, near []string) {
	t.Helper()
	found, err := b.Search(question)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		near = append(near, f.Guide.ID)
	}
	switch {
	case b.Understand(question, language.Make(lang)).Asks:
		return "channels", near
	case len(found) > 0 && found[0].Sure:
		return found[0].Guide.ID, near
	}
	return "-", near
}

// TestExamplesAreNoTests keeps the questions that likeness is learnt from apart from those that it is tried with.
func TestExamplesAreNoTests(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]string{}
	for _, pattern := range []string{"testdata/questions*.tsv", "../commands/testdata/typed*.tsv"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(raw)) {
				parts := strings.Split(strings.TrimSpace(line), "\t")
				tried[strings.ToLower(strings.Trim(parts[len(parts)-2], " ?"))] = file
			}
		}
	}
	n := 0
	for _, lang := range b.texts.Languages() {
		var questions map[string][]string
		if err := read("data/asked/"+lang.String()+".yaml", &questions); err != nil {
			t.Fatal(err)
		}
		for guide, list := range questions {
			n += len(list)
			for _, q := range list {
				if file, ok := tried[strings.ToLower(strings.Trim(q, " ?"))]; ok {
					t.Errorf("%s, %s: %q is tried in %s", lang, guide, q, file)
				}
			}
		}
		for _, g := range b.guides {
			if len(questions[g.ID]) < 4 {
				t.Errorf("%s: %d questions of %s: too few to tell it from others", lang, len(questions[g.ID]), g.ID)
			}
		}
	}
	t.Logf("%d questions to learn from, %d to try", n, len(tried))
}
