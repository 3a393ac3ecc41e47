package commands

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/kb/catalogue"
)

// withLanguage is a folder's files with one more language.
func withLanguage(t *testing.T, dir, name, data string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{name: {Data: []byte(data)}}
	err := fs.WalkDir(os.DirFS(dir), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".yaml") {
			return err
		}
		raw, err := os.ReadFile(dir + "/" + file)
		out[file] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestThirdLanguageIsUnderstood adds a made-up language by catalogue files alone: its words, sentences and times are
// understood, also among those of others, and the others stay.
func TestThirdLanguageIsUnderstood(t *testing.T) {
	catalogues := third(t, "chat")
	for id, words := range map[string]string{
		"case.note": "zum", "case.close": "klu", "state.waiting-dns": "vata dns", "state.solved": "finu",
		"priority.urgent": "haste", "check": "kontro", "thanks": "danku",
		"me": "mia", "person": "homon",
	} {
		data := string(catalogues["locales/active.eo.yaml"].Data)
		line := regexp.MustCompile(`(?m)^words\.` + regexp.QuoteMeta(id) + `:.*(?:\n .*)*`)
		if !line.MatchString(data) {
			t.Fatalf("no words.%s", id)
		}
		catalogues["locales/active.eo.yaml"].Data = []byte(line.ReplaceAllString(data, "words."+id+": '"+words+"'"))
	}
	all, err := catalogue.Load(catalogues, "locales")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chat.Replace(all))
	sentences := map[string]string{
		"set": `["[bonvu] metu {case} al {state}"]`, "remind": `["memoru min {time} pri {case} [{rest}]"]`,
		"open":       `["kreu kazon [pri {rest}]"]`,
		"case-named": `["kazo {number}{behind}"]`, "merge-into": `["en {rest}"]`,
	}
	data := "everywhere: {case: ['kazo {number}']}\nsentences:\n"
	for _, name := range intent.SentenceNames() {
		if sentences[name] == "" {
			sentences[name] = "[]"
		}
	}
	for name, list := range sentences {
		data += fmt.Sprintf("  %s: %s\n", name, list)
	}
	restore, err := intent.ReplaceSentences(withLanguage(t, "intent", "sentences/eo.yaml", data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(restore)
	restore, err = datetime.ReplaceWords(withLanguage(t, "intent/datetime", "words/eo.yaml",
		"days: [{words: [morgow], days: 1}]\nunits: {hour: [horo]}\nlater: [poste]\n"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(restore)
	for text, want := range map[string]string{
		"bonvu metu kazo 42 al vata dns": "state 42 waiting-dns", "metu MAIL-42 al haste!": "priority 42 urgent",
		"metu kazo 42 al solved":                  "solve 42 ",
		"memoru min morgow pri kazo 7: voku ilin": "remind 7 morgow voku ilin",
		"memoru min 2 horo poste pri MAIL-7":      "remind 7 2 horo poste",
		"kreu kazon pri example.com":              "open 0 example.com", "kreu kazon": "open 0 ",
		"zum 42 ili vokis": "note 42 ili vokis",
		"kazo 42 klu":      "close 42 ", "kazo 42": "show 42 ",
		"set kazo 42 to solved": "solve 42 ", "把 kazo 42 改为 finu": "solve 42 ",
		"set case 3 to vata dns":          "state 3 waiting-dns", // languages mixed
		"把案例 3 改为紧急":                      "priority 3 urgent",
		"remind me tomorrow about MAIL-7": "remind 7 tomorrow", // and the others as before
		"metu ion al finu":                " 0 metu ion al finu",
	} {
		o := intent.Read(text)
		if got := fmt.Sprintf("%s %d %s", o.Verb, o.Number, o.Words); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"kontro healthy.example": chat.Check, "danku!": chat.Thanks,
		"homon": chat.Handover, "kreu kazon pri x": chat.Case} {
		if command, _ := intent.FromWords(text, false); command != want {
			t.Errorf("%q: %s, want %s", text, command, want)
		}
	}
}

// TestNoLanguageInCode holds that what people say and read stands in catalogue files: no Go file but a test has a
// character of a language that is not written in ASCII.
func TestNoLanguageInCode(t *testing.T) {
	han := regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Hangul}\p{Cyrillic}\x{3001}-\x{301f}]`)
	seen := 0
	for _, dir := range []string{".", "../kb", "../cases", "../bot", "../internal"} {
		err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			raw, err := os.ReadFile(dir + "/" + name)
			seen++
			for i, line := range strings.Split(string(raw), "\n") {
				if said := han.FindString(line); said != "" {
					t.Errorf("%s/%s:%d: %s", dir, name, i+1, said)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 150 {
		t.Errorf("only %d files", seen)
	}
}
