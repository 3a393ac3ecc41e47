package chat

import (
	"embed"
	"slices"
	"strings"
	"sync"

	"signpost/kb/catalogue"

	"golang.org/x/text/language"
)

//go:embed locales
var files embed.FS

// sentences is what is said in a conversation, read when first needed. A catalogue that is not whole is found by the
// tests, and by Whole at start.
var sentences, errSentences = catalogue.Open(files, "locales")

// Whole tells whether every language has every sentence.
func Whole() error {
	if errSentences != nil {
		return errSentences
	}
	return sentences.Whole()
}

// Text is one of the sentences of a conversation, in the language of the catalogues that serves a reader best.
func Text(lang language.Tag, id string, args map[string]any) string {
	return sentences.Text(lang, id, args)
}

// Expect begins to read the sentences of a language that will be needed soon.
func Expect(lang language.Tag) {
	if errSentences == nil {
		sentences.Expect(lang)
	}
}

// Has reports whether there is such a sentence.
func Has(id string) bool { return sentences.Has(id) }

// Match is the language of the catalogues that serves a reader best: English where none does.
func Match(lang language.Tag) language.Tag { return sentences.Match(lang) }

// Languages is those of the catalogues, English first.
func Languages() []language.Tag { return sentences.Languages() }

// lists is the lists of words that were asked for, by name.
var lists sync.Map

// Words is the words of a list in the catalogues ("words.check"), of all languages: people write in any.
func Words(id string) []string {
	if known, ok := lists.Load(id); ok {
		return known.([]string)
	}
	var out []string
	for _, lang := range Languages() {
		for w := range strings.SplitSeq(Text(lang, "words."+id, nil), ",") {
			if w = strings.TrimSpace(w); w != "" && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	out = slices.Clip(out)
	lists.Store(id, out)
	return out
}

// Replace has all sentences come from another catalogue until restore is called: a language that is tried before it is
// written.
func Replace(with *catalogue.Catalogue) (restore func()) {
	before := sentences
	sentences = with
	lists.Clear()
	return func() {
		sentences = before
		lists.Clear()
	}
}

// UsageOf is how a command is written, and exampleOf an example of it, in a language.
func UsageOf(lang language.Tag, command string) string {
	return "/" + command + " " + Text(lang, "usage."+command, nil)
}

func ExampleOf(lang language.Tag, command string) string {
	return Text(lang, "example."+command, nil)
}
