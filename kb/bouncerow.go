package kb

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	_ "time/tzdata"

	"signpost/diag"
	"signpost/diag/checks"
)

// The knowledge of bounces is data/bounces: causes.yaml, the causes in their order; codes.yaml, what codes alone stand
// for; common.yaml, words that many systems use; languages.yaml, the same in other languages than English;
// systems/*.yaml, words of one system. docs/bounces.md is made of it.

// cause is what a bounce may mean.
type cause struct {
	ID        string   `yaml:"id"`
	Is        string   `yaml:"is"`    // the wider cause that it is a kind of
	Also      []string `yaml:"also"`  // other names that a scorecard may use
	Vague     bool     `yaml:"vague"` // it tells the outcome only
	Who       string   `yaml:"who"`
	Sender    []string `yaml:"sender"`    // checks of the sender's domain that show it
	Recipient []string `yaml:"recipient"` // checks of the recipient's domain
	MailFrom  string   `yaml:"mailfrom"`  // what it is where the sender's address was refused

	order int
}

// system is a mail system, or software that many run (which has no hosts).
type system struct {
	ID    string      `yaml:"id"`
	Name  string      `yaml:"name"`
	Hosts []string    `yaml:"hosts"`
	Marks []string    `yaml:"marks"` // patterns of what its replies alone hold
	Help  string      `yaml:"help"`
	From  string      `yaml:"from"` // the source of rows that name none
	Rows  []bounceRow `yaml:"rows"`

	marks []pattern
}

// bounceRow is one wording, and the cause that it stands for.
type bounceRow struct {
	Match  string `yaml:"match"` // RE2, in any case
	Cause  string `yaml:"cause"`
	Sample string `yaml:"sample"`
	Only   bool   `yaml:"only"`  // it counts only where its system is known to have spoken: others use the same words
	Whole  bool   `yaml:"whole"` // what it matches says nothing else: "too many unknown users" is no unknown user
	Who    string `yaml:"who"`   // where somebody else has to act than usually
	Help   string `yaml:"help"`
	Listed string `yaml:"listed"` // what a blocklist lists: ip, helo, mailfrom, url, domain
	List   string `yaml:"list"`   // the blocklist's name
	From   string `yaml:"from"`   // the source, of the file's sources; none: it was seen in the field
	Fact   `yaml:"-"`

	text    string // the pattern, with its terms put in
	pattern pattern
	system  *system // nil: words of many
	seq     int     // its place in the data
}

func (b *Base) readBounces() error {
	x := &b.bounces
	x.causes = map[string]*cause{}
	var causes struct {
		Causes []*cause `yaml:"causes"`
	}
	if err := read("data/bounces/causes.yaml", &causes); err != nil {
		return err
	}
	x.order = causes.Causes
	for i, c := range x.order {
		c.order = i
		if x.causes[c.ID] != nil {
			return fmt.Errorf("%w: bounces/causes.yaml: %s stands there twice", ErrData, c.ID)
		}
		x.causes[c.ID] = c
	}
	if err := errors.Join(b.checkCauses(), b.readTongues()); err != nil {
		return err
	}
	var codes struct {
		Codes map[string]string `yaml:"codes"`
	}
	if err := read("data/bounces/codes.yaml", &codes); err != nil {
		return err
	}
	for code, cause := range codes.Codes {
		if x.causes[cause] == nil {
			return fmt.Errorf("%w: bounces/codes.yaml: %s: no such cause: %s", ErrData, code, cause)
		}
	}
	x.codes = codes.Codes
	names, err := fs.Glob(files, "data/bounces/systems/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range append(names, "data/bounces/common.yaml", "data/bounces/languages.yaml") {
		var in struct {
			Sources map[string]Fact   `yaml:"sources"` // by the name that rows use
			Terms   map[string]string `yaml:"terms"`   // by the name that patterns use
			Systems []*system         `yaml:"systems"`
			Rows    []bounceRow       `yaml:"rows"` // words of many systems
		}
		if err := read(name, &in); err != nil {
			return err
		}
		x.sources, x.terms = in.Sources, in.Terms
		for _, s := range in.Systems {
			if err := x.addSystem(s); err != nil {
				return fmt.Errorf("%w: %s: %w", ErrData, name, err)
			}
		}
		if err := x.addRows(nil, in.Rows); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrData, name, err)
		}
	}
	x.compile = sync.OnceValue(x.patterns)
	return nil
}

// patterns compiles all patterns: that takes a while, and most runs read no bounce.
func (x *bounces) patterns() error {
	var errs []error
	for _, s := range x.systems {
		for _, m := range s.Marks {
			p, err := x.words.pattern(m)
			errs = append(errs, err)
			s.marks = append(s.marks, p)
		}
	}
	for _, r := range x.rows {
		var err error
		r.pattern, err = x.words.pattern(r.text)
		errs = append(errs, err)
	}
	x.words.build()
	return errors.Join(errs...)
}

// checkCauses refuses a cause without words, and one that names what does not exist.
func (b *Base) checkCauses() error {
	for _, c := range b.bounces.order {
		for _, part := range []string{"name", "meaning", "do", "tell"} {
			if !b.texts.Has("bounce." + c.ID + "." + part) {
				return fmt.Errorf("%w: locales: bounce.%s.%s is missing", ErrData, c.ID, part)
			}
		}
		if !b.texts.Has("bounce.who." + c.Who) {
			return fmt.Errorf("%w: bounces/causes.yaml: %s: who is %q?", ErrData, c.ID, c.Who)
		}
		for _, other := range []string{c.Is, c.MailFrom} {
			if other != "" && b.bounces.causes[other] == nil {
				return fmt.Errorf("%w: bounces/causes.yaml: %s: no such cause: %s", ErrData, c.ID, other)
			}
		}
		for _, check := range slices.Concat(c.Sender, c.Recipient) {
			if !slices.ContainsFunc(checks.All(), func(k *diag.Check) bool { return k.Name == check }) {
				return fmt.Errorf("%w: bounces/causes.yaml: %s: no such check: %s", ErrData, c.ID, check)
			}
		}
	}
	return nil
}

func (x *bounces) addSystem(s *system) error {
	for _, known := range x.systems {
		if known.ID == s.ID {
			return fmt.Errorf("%s stands there twice", s.ID)
		}
	}
	x.systems = append(x.systems, s)
	return x.addRows(s, s.Rows)
}

func (x *bounces) addRows(s *system, rows []bounceRow) error {
	for i := range rows {
		r := &rows[i]
		r.system, r.seq, r.text = s, len(x.rows), x.expand(r.Match)
		if x.causes[r.Cause] == nil {
			return fmt.Errorf("%q: no such cause: %s", r.Match, r.Cause)
		}
		if s != nil && r.Help == "" {
			r.Help = s.Help
		}
		from := r.From
		if from == "" && s != nil {
			from = s.From
		}
		if from != "" {
			fact, ok := x.sources[from]
			if !ok {
				return fmt.Errorf("%q: no such source: %s", r.Match, from)
			}
			r.Fact = fact
		}
		x.rows = append(x.rows, r)
	}
	return nil
}

var aTerm = regexp.MustCompile(`\{([a-z]+)\}`)

// expand puts in the terms that a pattern names.
func (x *bounces) expand(match string) string {
	return aTerm.ReplaceAllStringFunc(match, func(t string) string {
		if words, ok := x.terms[t[1:len(t)-1]]; ok {
			return "(?:" + words + ")"
		}
		return t
	})
}

// spoke is the system of the first host that is known, or nil.
func (x *bounces) spoke(hosts []string) *system {
	for _, h := range hosts {
		var best *system
		length := 0
		for _, s := range x.systems {
			for _, suffix := range s.Hosts {
				if (h == suffix || strings.HasSuffix(h, "."+suffix)) && len(suffix) > length {
					best, length = s, len(suffix)
				}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// marked is the system whose mark stands in a text, or nil.
func (x *bounces) marked(text string, in present) *system {
	for _, s := range x.systems {
		for _, m := range s.marks {
			if m.may(in) && m.MatchString(text) {
				return s
			}
		}
	}
	return nil
}

// explain puts in what the cause tells.
func (b *Base) explain(x *Bounce, row *bounceRow) {
	c := b.bounces.causes[x.Cause]
	x.Kind = cmp.Or(c.Is, c.ID)
	x.Who, x.SenderChecks, x.RecipientChecks = c.Who, c.Sender, c.Recipient
	if row != nil && row.Who != "" {
		x.Who = row.Who
	}
}

// bounces is data/bounces.
type bounces struct {
	causes  map[string]*cause
	order   []*cause
	codes   map[string]string // "X.1.1", "550"
	systems []*system
	rows    []*bounceRow
	tongues []tongue
	words   wordSet      // of all patterns
	compile func() error // makes the patterns, at the first question

	sources map[string]Fact   // of the file that is being read
	terms   map[string]string // of the same
}
