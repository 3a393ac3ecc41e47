package commands

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/kb"
	"signpost/kb/catalogue"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// third is a folder's files with one more language: each English sentence between marks, its arguments as they are.
func third(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(name, "locales/") && !strings.HasPrefix(name, "guides/") {
			return err
		}
		raw, err := os.ReadFile(path.Join(dir, name))
		if err != nil {
			return err
		}
		out[name] = &fstest.MapFile{Data: raw}
		switch name {
		case "locales/active.en.yaml":
			var all map[string]any
			if err := yaml.Unmarshal(raw, &all); err != nil {
				return err
			}
			raw, err = yaml.Marshal(marked(all))
			out["locales/active.eo.yaml"] = &fstest.MapFile{Data: raw}
		case "guides/en/spf.md":
			out["guides/eo/spf.md"] = &fstest.MapFile{Data: []byte(strings.Replace(string(raw), "title: ", "title: «eo» ", 1))}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func marked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = marked(x)
		}
		return v
	case string:
		return "«" + v + "»"
	}
	return v
}

// TestThirdLanguage adds a language by catalogue files alone: every sentence of an answer is in it, and the other
// languages stay.
func TestThirdLanguage(t *testing.T) {
	files := third(t, "../kb")
	base, err := kb.LoadFrom(files, "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := catalogue.Load(third(t, "chat"), "locales")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(chat.Replace(other))
	d := deps(t)
	d.KB = base
	esperanto := language.Make("eo")
	for command, text := range map[string]string{
		"mailcheck": "spf-typo.example", "mailhelp": "urgent provider=alimail",
		"mailticket": "spf-none.example no mail since nine", "mailbounce": "550 5.1.1 user unknown",
		"mailask": "SPF 怎么配?", "mailchekc": "x", "mailset": "", "demo": "",
	} {
		r, _ := ask(t, d, command, text, esperanto)
		if r.Lang != esperanto || !strings.Contains(r.Title, "«") {
			t.Errorf("%s: %s: %s", command, r.Lang, r.Title)
		}
		for _, s := range r.Sections {
			for _, words := range append([]string{s.Heading}, s.Items...) {
				// The guides are not all written in it; a provider's own words, hosts and codes are what they are.
				if command != "mailask" && command != "demo" && regexp.MustCompile(`[a-z]{4,} [a-z]{4,}`).MatchString(words) &&
					!strings.Contains(words, "«") {
					t.Errorf("%s: not in the language: %s", command, words)
				}
			}
			for _, f := range s.Fields {
				if command != "demo" && f.Label != "" && !strings.Contains(f.Label, "«") {
					t.Errorf("%s: the label %s", command, f.Label)
				}
			}
		}
	}
	if r, _ := ask(t, d, "mailcheck", "spf-typo.example", language.Chinese); strings.Contains(words(r), "«") {
		t.Errorf("Chinese has changed: %s", words(r))
	}
	if r, _ := ask(t, d, "mailcheck", "spf-typo.example lang=eo", language.Chinese); r.Lang != esperanto {
		t.Errorf("lang=eo gives %s", r.Lang)
	}
}

// TestEveryTextIsThere looks for each sentence that the code names as a whole: none is missing in the catalogue, which
// would show its name to a person.
func TestEveryTextIsThere(t *testing.T) {
	named := regexp.MustCompile(`\b(?:[tT]ext|wrong|Words)\((?:[\w.()]+, )?"([a-z][a-z0-9.-]*)"[,)]`)
	count := 0
	for _, dir := range []string{".", "answers", "batch", "casework", "chat", "intent", "../internal/cli", "../bot",
		"../bot/blockkit", "../bot/console", ".."} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range named.FindAllStringSubmatch(string(raw), -1) {
				id := m[1]
				if strings.Contains(m[0], "Words(") {
					id = "words." + id
				}
				if count++; !chat.Has(id) {
					t.Errorf("%s: no such sentence: %s", name, id)
				}
			}
		}
	}
	for _, v := range intent.Verbs {
		want := []string{"words.case." + v.Name, "case.help." + v.Name, "case.example." + v.Name,
			"case.help.group." + v.Group}
		if v.Form != nil {
			want = append(want, "form.mailcase."+v.Name+".title", "form.mailcase."+v.Name+".submit")
		}
		for _, field := range append(v.Form, v.Ends...) {
			if !slices.ContainsFunc(intent.CaseInputs, func(in chat.Input) bool { return in.Name == field }) &&
				field != "second" {
				t.Errorf("%s: no such field: %s", v.Name, field)
			}
		}
		for _, id := range want {
			if v.Group != "" && !chat.Has(id) {
				t.Errorf("no such sentence: %s", id)
			}
		}
	}
	if count < 300 {
		t.Errorf("only %d sentences are named in the code", count)
	}
}

// TestWrittenInChinese answers who writes Chinese in it, however short the text is, and whatever the asker's language.
func TestWrittenInChinese(t *testing.T) {
	d := deps(t)
	for text, want := range map[string]language.Tag{
		"帮助": language.Chinese, "检查 spf-none.example": language.Chinese, "帮我看看spf-none.example": language.Chinese,
		"help": language.English, "check spf-none.example": language.English, "check 例子.中国": language.English,
		"帮助 lang=en": language.English,
	} {
		if got, _ := ask(t, d, "", text, language.English); !chat.SameBase(got.Lang, want) {
			t.Errorf("%q is answered in %s, want %s", text, got.Lang, want)
		}
	}
}
