package cli

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"gopkg.in/yaml.v3"
)

var (
	// ofTheShell is what only whoever has a shell on the machine can do: an option, a subcommand, a setting.
	ofTheShell = regexp.MustCompile(`(^|[\s(（，])--[a-z]{2,}|(^|[^@\w])signpost [a-z]+|\bgo run\b|\b(SIGNPOST|SLACK|REDIS)_[A-Z]+\b`)
	// whoHas says who that is, in each language.
	whoHas = regexp.MustCompile(`(?i)whoever runs Signpost|Signpost 的运维方`)
	// inTerminals is the rooms whose sentences are read in a terminal alone; so are those of /demo.
	inTerminals = regexp.MustCompile(`^(commands/batch|internal/cli|bot/doctor|bot/console)/`)
)

// sentences are those of a file, by their ids: a catalogue's, or a guide as a whole.
func sentences(t *testing.T, name string, raw []byte) map[string]string {
	t.Helper()
	if path.Ext(name) != ".yaml" {
		return map[string]string{name: string(raw)}
	}
	var tree map[string]any
	if err := yaml.Unmarshal(raw, &tree); err != nil {
		t.Fatal(name, err)
	}
	out := map[string]string{}
	var walk func(id string, v any)
	walk = func(id string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				walk(strings.TrimPrefix(id+"."+key, "."), inner)
			}
		case string:
			out[id] = v
		}
	}
	walk("", tree)
	return out
}

// saidInChat is the sentences of a tree that name in chat what only a shell can do, and not who has one.
func saidInChat(t *testing.T, tree fs.FS) (faults []string, seen int) {
	t.Helper()
	var code []string // of every other room
	texts := map[string]map[string]string{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && (name != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return err
		}
		raw, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		switch inCode := strings.HasSuffix(name, ".go"); {
		case inCode && !strings.HasSuffix(name, "_test.go") && inTerminals.MatchString(name):
			code = append(code, string(raw))
		case !inCode && (strings.Contains(name, "/locales/") || strings.HasPrefix(name, "kb/guides/")):
			texts[name] = sentences(t, name, raw)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, all := range texts {
		for id, text := range all {
			seen++
			terminal := strings.HasPrefix(id, "demo.") || strings.HasPrefix(id, "doctor.") ||
				slices.ContainsFunc(code, func(c string) bool { return strings.Contains(c, `"`+id+`"`) })
			if ofTheShell.MatchString(text) && !whoHas.MatchString(text) && !terminal {
				faults = append(faults, name+": "+id+": "+text)
			}
		}
	}
	slices.Sort(faults)
	return faults, seen
}

// TestWhatChatCanDo: what is said in chat names no option, subcommand or setting, unless it says that whoever runs
// Signpost has it.
func TestWhatChatCanDo(t *testing.T) {
	faults, seen := saidInChat(t, root)
	if len(faults) > 0 || seen < 2000 {
		t.Errorf("of %d sentences:\n%s", seen, strings.Join(faults, "\n"))
	}
	planted := fstest.MapFS{
		"commands/chat/locales/active.en.yaml": {Data: []byte("a: {b: 'with --resolver HOST it is'}\nc: 'run signpost check x'\n" +
			"d: 'set SIGNPOST_LANG'\ne: 'whoever runs Signpost sets SIGNPOST_LANG'\nf: '@signpost note x -- or 1--2'\ng: 'with --state'\n")},
		"kb/guides/en/x.md":      {Data: []byte("Ask `signpost spf --ip`.")},
		"commands/batch/many.go": {Data: []byte(`say("g")`)},
		"commands/answers/a.go":  {Data: []byte(`say("c")`)},
	}
	faults, _ = saidInChat(t, planted)
	var ids bytes.Buffer
	for _, f := range faults {
		ids.WriteString(strings.Split(f, ": ")[1] + " ")
	}
	if ids.String() != "a.b c d kb/guides/en/x.md " {
		t.Errorf("of the planted tree: %q", faults)
	}
}
