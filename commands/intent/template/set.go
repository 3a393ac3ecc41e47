package template

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

// Grammar is what sentences are asked for by name, and what may stand in their slots.
type Grammar struct {
	Names    []string // each language has these, be it with an empty list
	Optional []string // a language may have these
	Slots    map[string]Slot
}

// Set is the sentences of every language, by name. People write in any language, so each is tried.
type Set struct {
	templates map[string][]*Template
	languages []language.Tag
}

// file is what a language's file holds.
type file struct {
	// Everywhere is parts with a name for the templates of every language: who mixes languages says "set" and the next
	// word in another.
	Everywhere map[string][]string `yaml:"everywhere"`
	Rules      map[string]string   `yaml:"rules"`
	Sentences  map[string][]string `yaml:"sentences"`
}

// maxFile is how many octets a language's file may have.
const maxFile = 1 << 20

// Load reads every LANG.yaml of a folder, English first. The error names each template that is at fault, with its
// language and place, and each sentence that a language lacks: one that it does not need is an empty list.
func (g Grammar) Load(files fs.FS, dir string) (*Set, error) {
	names, err := fs.Glob(files, path.Join(dir, "*.yaml"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("%w: no files in %s", ErrTemplate, dir)
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(btoi(path.Base(a) != "en.yaml"), btoi(path.Base(b) != "en.yaml"))
	})
	s := &Set{templates: map[string][]*Template{}}
	var errs []error
	read, shared := make([]file, len(names)), map[string][]string{}
	for i, name := range names {
		tag, err := language.Parse(strings.TrimSuffix(path.Base(name), ".yaml"))
		if err == nil {
			read[i], err = open(files, name)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		s.languages = append(s.languages, tag)
		for id, list := range read[i].Everywhere {
			shared[id] = append(shared[id], list...)
		}
	}
	for i, name := range names {
		if read[i].Sentences == nil {
			continue
		}
		if err := s.add(g, read[i], shared); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return s, errors.Join(errs...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// open reads the file of a language.
func open(files fs.FS, name string) (f file, err error) {
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return f, err
	}
	if len(raw) > maxFile {
		return f, fmt.Errorf("%w: larger than %d octets", ErrTemplate, maxFile)
	}
	d := yaml.NewDecoder(strings.NewReader(string(raw)))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		return f, err
	}
	if f.Sentences == nil {
		return f, fmt.Errorf("%w: no sentences", ErrTemplate)
	}
	return f, nil
}

// add takes up the sentences of one language.
func (s *Set) add(g Grammar, f file, shared map[string][]string) error {
	rules := maps.Clone(f.Rules)
	if rules == nil {
		rules = map[string]string{}
	}
	for id, list := range shared {
		rules[id] = "(" + strings.Join(list, "|") + ")"
	}
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(rules)) {
		if _, err := New("<"+id+">", rules, g.Slots); err != nil {
			errs = append(errs, fmt.Errorf("rules: %w", err))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(f.Sentences)) {
		if !slices.Contains(g.Names, id) && !slices.Contains(g.Optional, id) {
			errs = append(errs, fmt.Errorf("%w: nobody asks for the sentences %q", ErrTemplate, id))
		}
	}
	for _, id := range slices.Concat(g.Names, g.Optional) {
		list, ok := f.Sentences[id]
		if !ok && slices.Contains(g.Names, id) {
			errs = append(errs, fmt.Errorf("%w: the sentences %q are lacking", ErrTemplate, id))
		}
		for i, text := range list {
			t, err := New(text, rules, g.Slots)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s, template %d: %q: %w (a right one: %s)", id, i+1, text, err, g.example()))
				continue
			}
			s.templates[id] = append(s.templates[id], t)
		}
	}
	return errors.Join(errs...)
}

// example is a template that could be right, with one of the slots that there are.
func (g Grammar) example() string {
	for _, name := range slices.Sorted(maps.Keys(g.Slots)) {
		if s := g.Slots[name]; s.Example != "" {
			return fmt.Sprintf("%q reads \"please show %s\"", "[please] (show|see) {"+name+"}", s.Example)
		}
	}
	return `"[please] (show|see)" reads "please show"`
}

// Languages is those that were read, English first.
func (s *Set) Languages() []language.Tag { return s.languages }

// Match reads a text by the sentences of a name.
func (s *Set) Match(name string, text Text) (Values, bool) {
	for _, t := range s.templates[name] {
		if v, ok := t.Match(text); ok {
			return v, true
		}
	}
	return nil, false
}

// Templates is those of a name.
func (s *Set) Templates(name string) []*Template { return s.templates[name] }
