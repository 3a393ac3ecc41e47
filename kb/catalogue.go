package kb

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

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// Catalogue is the sentences of one package in every language: files active.LANG.yaml. The first language is the fall-back.
type Catalogue struct {
	bundle  *i18n.Bundle
	langs   []language.Tag
	matcher language.Matcher
	texts   map[language.Tag]map[string]string
}

// ErrText means that a catalogue is not whole.
var ErrText = errors.New("kb: catalogue")

// LoadCatalogue reads every active.LANG.yaml of a folder. English is the fall-back. It fails where a language lacks a text that another
// has, or names other arguments in it.
func LoadCatalogue(files fs.FS, dir string) (*Catalogue, error) {
	names, err := fs.Glob(files, path.Join(dir, "active.*.yaml"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%w: no files in %s", ErrText, dir)
	}
	c := &Catalogue{bundle: i18n.NewBundle(language.English), texts: map[language.Tag]map[string]string{}}
	c.bundle.RegisterUnmarshalFunc("yaml", yaml.Unmarshal)
	c.langs = []language.Tag{language.English}
	for _, name := range names {
		f, err := c.bundle.LoadMessageFileFS(files, name)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrText, name, err)
		}
		texts := map[string]string{}
		for _, m := range f.Messages {
			texts[m.ID] = m.Other
		}
		c.texts[f.Tag] = texts
		if f.Tag != language.English {
			c.langs = append(c.langs, f.Tag)
		}
	}
	c.matcher = language.NewMatcher(c.langs)
	return c, c.check()
}

// listComma is the text that stands between the parts of a list.
const listComma = "list-comma"

var placeholder = regexp.MustCompile(`\{\{[^}]*?\.([a-z_0-9]+)[^}]*\}\}`)

// placeholders is the arguments that a text names, sorted, each once.
func placeholders(text string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	sort.Strings(out)
	return out
}

// check compares each language with English.
func (c *Catalogue) check() error {
	var errs []error
	base := c.texts[language.English]
	for _, tag := range c.langs {
		for id, text := range base {
			other, ok := c.texts[tag][id]
			switch {
			case !ok || strings.TrimSpace(other) == "":
				errs = append(errs, fmt.Errorf("%w: %s lacks %s", ErrText, tag, id))
			case !slices.Equal(placeholders(text), placeholders(other)):
				errs = append(errs, fmt.Errorf("%w: %s names other arguments in %s: %v, not %v", ErrText, tag, id, placeholders(other), placeholders(text)))
			}
		}
		for id := range c.texts[tag] {
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

// Has reports whether there is such a text.
func (c *Catalogue) Has(id string) bool {
	_, ok := c.texts[language.English][id]
	return ok
}

// IDs is the names of all texts, sorted.
func (c *Catalogue) IDs() []string {
	var out []string
	for id := range c.texts[language.English] {
		out = append(out, id)
	}
	sort.Strings(out)
	return out
}

// Text is a text with its arguments filled in. Lists are joined with commas; what is not given stays empty. A text that does not
// exist gives its own name, so that it shows.
func (c *Catalogue) Text(lang language.Tag, id string, args map[string]any) string {
	if !c.Has(id) {
		return id
	}
	data := map[string]any{}
	for _, name := range placeholders(c.texts[language.English][id]) {
		data[name] = ""
	}
	sep := cmp.Or(c.texts[c.Match(lang)][listComma], ", ")
	for k, v := range args {
		data[k] = plain(v, sep)
	}
	s, err := i18n.NewLocalizer(c.bundle, c.Match(lang).String()).Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data})
	if err != nil && s == "" {
		return id
	}
	return s
}

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
