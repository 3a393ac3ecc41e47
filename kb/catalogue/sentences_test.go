package catalogue

import (
	"maps"
	"os"
	"testing"
)

// TestReadTexts holds the short way of reading catalogues to the parser of YAML, on the catalogues themselves and on
// what looks like one.
func TestReadTexts(t *testing.T) {
	for _, name := range []string{"../locales/active.en.yaml", "../locales/active.zh.yaml",
		"../../commands/chat/locales/active.en.yaml", "../../commands/chat/locales/active.zh.yaml"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := parseTexts(raw, name)
		if got := readLines(raw, name); err != nil || len(want) < 500 || !maps.Equal(got, want) {
			t.Errorf("%s: %d texts, want %d: %v", name, len(got), len(want), err)
		}
	}
	for _, raw := range oddCatalogues {
		same(t, raw)
	}
}

var oddCatalogues = []string{
	"", "# nothing\n", "a: 'b'", "a: 'it''s'\n", "a: 'it's'\n", "a: ''\n", "a: ''''\n", "a: 'b' # c\n",
	"a: 'b'\n\nc: 'd'\n", "a: \"b\\n\"\nc: 'd'\n", "a: b\nc: 'd'\n", "a: |-\n  b\n\n  c\nd: 'e'\n",
	"a: 'b\n  c'\nd: 'e'\n",
	"a: 'b\nc: 'd'\n", "a: 'b'\na: 'c'\n", "a:\n  b: 'c'\n  d: 'e'\n", "a:\n  b: 'c'\na.b: 'd'\n",
	"a:\n  b: 'c'\n  b: 'd'\n", "a:\n  one: 'c'\n  other: 'd'\n", "a:\n  other: 'd'\n", "a:\n  b:\n    c: 'd'\n",
	"a:\n    b: 'c'\n",
	"a:\nb: 'c'\n", "other: 'a'\n", "yes: 'a'\n", "a: 'b'\n---\nc: 'd'\n", "a: &x 'b'\nc: *x\n", "- a\n", "a : 'b'\n",
	"a:  'b'\n", "a: 'b' \n", "a: 'b'\r\n", "a: 'b\tc'\n", "é: 'b'\n", "1a: 'b'\n", "a: '\xff'\n", "a: 'b'\n  c: 'd'\n",
	"a:\n  b: 'c'\n # d\n  e: 'f'\n", "a: 'b: ''c'''\n", "a:\n\n  b: 'c'\n", "a: 'x'\n#\nb: 'y'\n",
	"description: 'x'\na: 'y'\n", "a:\n  b: ''c'\n",
}

// same: where the short way reads a file, the parser reads the same.
func same(t *testing.T, raw string) {
	t.Helper()
	got := readLines([]byte(raw), "active.en.yaml")
	want, err := parseTexts([]byte(raw), "active.en.yaml")
	if got != nil && (err != nil || !maps.Equal(got, want)) {
		t.Errorf("%q: %q, want %q, %v", raw, got, want, err)
	}
}

// FuzzReadTexts looks for files that the short way reads otherwise than the parser does.
func FuzzReadTexts(f *testing.F) {
	for _, raw := range oddCatalogues {
		f.Add(raw)
	}
	f.Fuzz(same)
}
