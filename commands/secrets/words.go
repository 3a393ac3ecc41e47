package secrets

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Kinds of secrets. Each has its word in the catalogue, under "secret." and the kind.
const (
	Password = "password"
	Code     = "code"
	Token    = "token"
	Key      = "key"
	Identity = "identity"
)

var kinds = []string{Password, Code, Token, Key, Identity}

// span is a secret in a text, by octets.
type span struct {
	from, to int
	kind     string
}

//go:embed data
var data embed.FS

// known is what the data says, read at the first question. The files are part of the program, and a test reads them:
// they cannot fail here.
var known = sync.OnceValue(func() *knowledge { return must(read(data)) })

// vocabulary is the words of one language, as its file has them.
type vocabulary struct {
	Words map[string][]string `yaml:"words"` // by kind: words that a secret follows
	// Tight are words that count only right before a mark: "pass: x", for much else passes.
	Tight map[string][]string `yaml:"tight"`
	Links []string            `yaml:"links"` // words between: is, changed to
	// Whom says whose a secret is: it begins with one of Words, and one of Verbs stands behind it: "of the scanner is".
	Whom struct {
		Words []string `yaml:"words"`
		Verbs []string `yaml:"verbs"`
	} `yaml:"whom"`
	// Logins are words that a name and a password follow: login admin / hunter2.
	Logins   []string `yaml:"logins"`
	Ordinary []string `yaml:"ordinary"` // words that are said of a password, and are none
	Endings  []string `yaml:"endings"`  // of such words
	// Behind are words that follow a secret: "hunter2 is the password".
	Behind map[string][]string `yaml:"behind"`
	// Later are words that a password follows where it is spoken of elsewhere in the text: "the new one is hunter2".
	Later []string `yaml:"later"`
	Names []string `yaml:"names"` // patterns of names that have digits and are no secrets: programs, algorithms
}

// shape is how a secret looks by itself.
type shape struct {
	Name    string   `yaml:"name"`
	Kind    string   `yaml:"kind"`
	Pattern string   `yaml:"pattern"` // its groups, or all of it where it has none, are the secret
	Check   string   `yaml:"check"`   // what the secret must hold beside: wild, base64
	Sample  []string `yaml:"sample"`  // in parts, so that nobody takes it for a real one
	// Has are pieces in small letters of which a text must hold one: it is looked through no further where it has none.
	Has    []string `yaml:"has"`
	Unless string   `yaml:"unless"` // what is none, of what the pattern finds
	re     *regexp.Regexp
	unless *regexp.Regexp
}

// knowledge is all of the data, ready for use.
type knowledge struct {
	shapes   []shape
	words    *node    // words that a secret follows, or that follow one
	between  []string // links, the longest first
	whom     []whose
	ordinary map[string]bool
	endings  []string
	names    []*regexp.Regexp
}

// lead is what a word says of its neighbour.
type lead struct {
	kind   string
	tight  bool // only right before a mark
	login  bool // a name comes first
	behind bool // the secret stands before the word
	later  bool // only where the text speaks of a password elsewhere
}

// whose is a word that says of whom a secret is, and its groups: up to a mark, and up to a verb.
type whose struct {
	first string
	re    *regexp.Regexp
}

// readWhose makes a pattern for each word, with the verbs of its language.
func readWhose(v vocabulary) (out []whose, err error) {
	var verbs []string
	for _, w := range v.Whom.Verbs {
		verbs = append(verbs, regexp.QuoteMeta(w))
	}
	for _, w := range v.Whom.Words {
		said := regexp.QuoteMeta(w)
		re, err := regexp.Compile(`(?i)^(` + said + ` [^\s:=]+) ?[:=]|^(` + said + `(?: [\pL\pN._@-]+){1,4}) (?:` +
			strings.Join(verbs, "|") + `)(?:[^\pL\pN_]|$)`)
		if err != nil || len(verbs) == 0 {
			return nil, fmt.Errorf("secrets: whom: %q needs verbs: %w", w, err)
		}
		out = append(out, whose{w, re})
	}
	return out, nil
}

func must(k *knowledge, err error) *knowledge {
	if err != nil {
		panic(err)
	}
	return k
}

func read(files fs.FS) (*knowledge, error) {
	k := &knowledge{words: &node{}, ordinary: map[string]bool{}}
	if err := decode(files, "data/shapes.yaml", &k.shapes); err != nil {
		return nil, err
	}
	var errs []error
	for i := range k.shapes {
		if err := k.shapes[i].ready(); err != nil {
			errs = append(errs, fmt.Errorf("secrets: shape %q: %w", k.shapes[i].Name, err))
		}
	}
	names, err := fs.Glob(files, "data/words/*.yaml")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("secrets: no words: %w", err)
	}
	for _, name := range names {
		var v vocabulary
		if err := decode(files, name, &v); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, k.take(v))
	}
	slices.SortFunc(k.between, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return k, errors.Join(errs...)
}

func (s *shape) ready() (err error) {
	if s.Name == "" || len(s.Sample) == 0 || len(s.Has) == 0 || !slices.Contains(kinds, s.Kind) ||
		!slices.Contains([]string{"", "wild", "base64"}, s.Check) {
		return errors.New("name, kind, sample, has and a check that is known are needed")
	}
	if s.re, err = regexp.Compile(s.Pattern); err == nil && s.Unless != "" {
		s.unless, err = regexp.Compile(s.Unless)
	}
	return err
}

// take adds the words of a language.
func (k *knowledge) take(v vocabulary) error {
	add := func(words map[string][]string, of lead) {
		for kind, list := range words {
			for _, w := range list {
				of.kind = kind
				k.words.add(w, of)
			}
		}
	}
	add(v.Words, lead{})
	add(v.Tight, lead{tight: true})
	add(map[string][]string{Password: v.Logins}, lead{login: true})
	add(v.Behind, lead{behind: true})
	add(map[string][]string{Password: v.Later}, lead{later: true})
	k.between = append(k.between, v.Links...)
	for _, w := range v.Ordinary {
		k.ordinary[w] = true
	}
	k.endings = append(k.endings, v.Endings...)
	of, err := readWhose(v)
	k.whom = append(k.whom, of...)
	errs := []error{err}
	for _, name := range v.Names {
		re, err := regexp.Compile(`(?i)^(?:` + name + `)$`)
		k.names, errs = append(k.names, re), append(errs, err)
	}
	return errors.Join(errs...)
}

func decode(files fs.FS, name string, into any) error {
	f, err := files.Open(name)
	if err != nil {
		return fmt.Errorf("secrets: %w", err)
	}
	defer f.Close()
	d := yaml.NewDecoder(f)
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("secrets: %s: %w", name, err)
	}
	return nil
}

// node is a place in the tree of words. A blank in a word stands for a blank, a hyphen, an underscore, or nothing.
type node struct {
	next map[rune]*node
	of   *lead
}

func (n *node) add(word string, of lead) {
	for _, r := range strings.ToLower(word) {
		if n.next == nil {
			n.next = map[rune]*node{}
		}
		if n.next[r] == nil {
			n.next[r] = &node{}
		}
		n = n.next[r]
	}
	n.of = &of
}

// longest is the longest word with which a text begins, and its length.
func (n *node) longest(s string) (of *lead, length int) {
	if n.of != nil {
		of = n.of
	}
	try := func(child *node, skip int) {
		if child == nil {
			return
		}
		if found, l := child.longest(s[skip:]); found != nil && (of == nil || skip+l > length) {
			of, length = found, skip+l
		}
	}
	if blank := n.next[' ']; blank != nil {
		try(blank, 0)
		if s != "" && strings.ContainsRune(" -_", rune(s[0])) {
			try(blank, 1)
		}
	}
	if r, size := utf8.DecodeRuneInString(s); size > 0 {
		if low := unicode.ToLower(r); low != ' ' {
			try(n.next[low], size)
		}
	}
	return of, length
}

// apart reports whether what stands between from and to of a text is a word of its own, not part of a longer one.
// Words that are written without blanks need no such thing; in an identifier an underscore, a hyphen or a capital
// begins a word.
func apart(s string, from, to int) bool {
	first, _ := utf8.DecodeRuneInString(s[from:])
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	last, _ := utf8.DecodeLastRuneInString(s[:to])
	after, _ := utf8.DecodeRuneInString(s[to:])
	if spaced(first) && spaced(before) && (!unicode.IsUpper(first) || unicode.IsUpper(before)) {
		return false
	}
	return !spaced(last) || !spaced(after)
}

// longVowel is a sign of both Japanese syllabaries, and counted to neither.
const longVowel = '\u30fc'

// spaced reports letters of scripts that put blanks between words.
func spaced(r rune) bool {
	return unicode.IsLetter(r) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Hangul) && r != longVowel
}

// strength is how firmly something is said to be a secret.
type strength int

const maxWhom = 120 // octets of the words that say whose password it is
