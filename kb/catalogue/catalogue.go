package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"signpost/diag/pattern"

	"golang.org/x/text/language"
)

// Catalogue is the sentences of one package in every language: files active.LANG.yaml. The first language is the
// fall-back. A language is read when it is first needed.
type Catalogue struct {
	langs     []language.Tag
	matcher   language.Matcher
	languages map[language.Tag]func() (*sentences, error)
}

// Load reads every active.LANG.yaml of a folder. English is the fall-back. It fails where a language lacks a text that
// another has, or names other arguments in it.
func Load(files fs.FS, dir string) (*Catalogue, error) {
	c, err := Open(files, dir)
	if err != nil {
		return nil, err
	}
	return c, c.Whole()
}

// Open is LoadCatalogue that reads a language when it is first needed, so that a fault shows only then, or in Whole.
func Open(files fs.FS, dir string) (*Catalogue, error) {
	names, err := fs.Glob(files, path.Join(dir, "active.*.yaml"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%w: no files in %s", ErrText, dir)
	}
	c := &Catalogue{langs: []language.Tag{language.English}, languages: map[language.Tag]func() (*sentences, error){}}
	for _, name := range names {
		tag, err := language.Parse(strings.TrimSuffix(strings.TrimPrefix(path.Base(name), "active."), ".yaml"))
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrText, name, err)
		}
		c.languages[tag] = sync.OnceValues(func() (*sentences, error) { return readSentences(files, name, tag) })
		if tag != language.English {
			c.langs = append(c.langs, tag)
		}
	}
	c.matcher = language.NewMatcher(c.langs)
	return c, nil
}

// in is the sentences of a language; those of none where it cannot be read, which Whole tells.
func (c *Catalogue) in(tag language.Tag) *sentences {
	if read := c.languages[tag]; read != nil {
		if t, err := read(); err == nil {
			return t
		}
	}
	return &sentences{}
}

// listComma is the text that stands between the parts of a list.
const listComma = "list-comma"

var placeholder = regexp.MustCompile(`\{\{[^}]*?\.([a-z_0-9]+)[^}]*\}\}`)

// Placeholders is the arguments that a text names, sorted, each once.
func Placeholders(text string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	sort.Strings(out)
	return out
}

// Whole reads every language and compares it with English. The error names every text that is missing, or names other
// arguments.
func (c *Catalogue) Whole() error {
	var errs []error
	for _, tag := range c.langs {
		if read := c.languages[tag]; read == nil {
			errs = append(errs, fmt.Errorf("%w: no file for %s", ErrText, tag))
		} else if _, err := read(); err != nil {
			errs = append(errs, err)
		}
	}
	base := c.in(language.English).texts
	for _, tag := range c.langs {
		texts := c.in(tag).texts
		for id, text := range base {
			other, ok := texts[id]
			switch {
			case !ok || strings.TrimSpace(other) == "":
				errs = append(errs, fmt.Errorf("%w: %s lacks %s", ErrText, tag, id))
			case !slices.Equal(Placeholders(text), Placeholders(other)):
				errs = append(errs, fmt.Errorf("%w: %s names other arguments in %s: %v, not %v", ErrText, tag, id,
					Placeholders(other), Placeholders(text)))
			}
		}
		for id := range texts {
			if _, ok := base[id]; !ok {
				errs = append(errs, fmt.Errorf("%w: %s has %s, which English has not", ErrText, tag, id))
			}
		}
	}
	return errors.Join(errs...)
}

// Languages is those of the catalogue, English first.
func (c *Catalogue) Languages() []language.Tag { return c.langs }

// Match is the catalogue's language that serves a reader best.
func (c *Catalogue) Match(lang language.Tag) language.Tag {
	_, i, _ := c.matcher.Match(lang)
	return c.langs[i]
}

// Expect begins to read a language that will be needed soon, beside whatever comes before that.
func (c *Catalogue) Expect(lang language.Tag) {
	go func() { _ = c.in(c.Match(lang)) }()
}

// Has reports whether there is such a text.
func (c *Catalogue) Has(id string) bool {
	_, ok := c.in(language.English).texts[id]
	return ok
}

// IDs is the names of all texts, sorted.
func (c *Catalogue) IDs() []string {
	var out []string
	for id := range c.in(language.English).texts {
		out = append(out, id)
	}
	sort.Strings(out)
	return out
}

// Template is a text as it stands in the catalogue, its arguments not filled in; "" where there is none.
func (c *Catalogue) Template(lang language.Tag, id string) string { return c.in(lang).texts[id] }

// Text is a text with its arguments filled in. Lists are joined with commas; what is not given stays empty. A text that
// does not exist gives its own name, so that it shows.
func (c *Catalogue) Text(lang language.Tag, id string, args map[string]any) string {
	t := c.in(c.Match(lang))
	text, ok := t.texts[id]
	if !ok {
		return id
	}
	data := map[string]any{}
	for _, name := range Placeholders(text) {
		data[name] = ""
	}
	sep := cmp.Or(t.texts[listComma], ", ")
	for k, v := range args {
		data[k] = marked(plain(v, sep))
	}
	s, err := t.say(id, data)
	if err != nil && s == "" {
		return id
	}
	return closed(s)
}

// Marks round a value that begins or ends with a Chinese character, while a text is put together.
const (
	opens  = "\ue000"
	closes = "\ue001"
)

// marked is a value with the marks.
func marked(v any) any {
	s, ok := v.(string)
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if !ok || !unicode.Is(unicode.Han, first) && !unicode.Is(unicode.Han, last) {
		return v
	}
	return opens + strings.NewReplacer(opens, "", closes, "").Replace(s) + closes
}

// closed is a text without the marks, and without the blanks that a sentence leaves for a Latin value where a Chinese
// one stands between Chinese characters: there the script has none.
func closed(s string) string {
	if !strings.Contains(s, opens) {
		return s
	}
	return strings.NewReplacer(opens, "", closes,
		"").Replace(behindHan.ReplaceAllString(beforeHan.ReplaceAllString(s, "$1$2"), "$1$2"))
}

var (
	beforeHan = pattern.New(`([\p{Han}\x{FF0C}\x{3002}\x{FF1A}\x{FF1B}\x{3001}\x{FF09}”]) ` + opens + `(\p{Han})`)
	behindHan = pattern.New(`(\p{Han})` + closes + ` ([\p{Han}\x{FF0C}\x{3002}\x{FF1A}\x{FF1B}\x{3001}\x{FF08}“])`)
)

func plain(v any, sep string) any {
	switch t := v.(type) {
	case []string:
		return strings.Join(t, sep)
	case []any:
		parts := make([]string, len(t))
		for i, x := range t {
			parts[i] = fmt.Sprint(x)
		}
		return strings.Join(parts, sep)
	case float64:
		if t == float64(int64(t)) {
			return int64(t)
		}
	}
	return v
}
