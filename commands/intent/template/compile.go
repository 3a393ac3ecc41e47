package template

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

// maxCompiled bounds the expression that a template becomes, named parts and all.
const maxCompiled = 20_000

// Slot is what may stand in a place of a template.
type Slot struct {
	// Pattern is a regular expression without groups, of what may stand there: any text where it is empty.
	Pattern string
	// Rest takes all that follows, without the signs that part it from what is before: it is for the end of a template.
	Rest bool
	// Raw adjoins what is before and behind it, and keeps its blanks.
	Raw bool
	// Folded gives full-width letters and digits as the usual ones.
	Folded bool
	// Accept, if set, decides whether what stands there is what is meant; if not, the template does not match.
	Accept func(string) bool
	// Example is what may stand there.
	Example string
}

// Template is one way to say something. It may be used by several goroutines at once.
type Template struct {
	text   string
	re     *pattern.Pattern
	groups []string // the slot of each group, from the first; "" where a word must end
	slots  map[string]Slot
}

// String is the template as it was written.
func (t *Template) String() string { return t.text }

// New reads a template whose named parts are among rules. The error says what is wrong with it, and wraps ErrTemplate.
func New(text string, rules map[string]string, slots map[string]Slot) (*Template, error) {
	n, err := parse(text)
	if err != nil {
		return nil, err
	}
	c := &compiler{rules: rules, slots: slots}
	if err := c.resolve(n, nil); err != nil {
		return nil, err
	}
	c.series(n, apart, apart)
	end := `[\s.!?\x{3002}\x{2026}~]*$`
	if last := n.parts[len(n.parts)-1]; c.takesAll(last) {
		end = `\s*$`
	}
	if c.out.Len() > maxCompiled {
		return nil, fmt.Errorf("%w: too long with its named parts", ErrTemplate)
	}
	return &Template{text: text, re: pattern.New(`(?is)^\s*` + c.out.String() + end), groups: c.groups, slots: slots}, nil
}

// compiler writes the expression of one template.
type compiler struct {
	rules  map[string]string
	slots  map[string]Slot
	size   int
	out    strings.Builder
	groups []string
}

// resolve puts the named parts into their places, and refuses slots that nobody knows.
func (c *compiler) resolve(n *node, within []string) error {
	if c.size++; c.size > maxCompiled/10 {
		return fmt.Errorf("%w: too long with its named parts", ErrTemplate)
	}
	switch n.kind {
	case slot:
		if _, ok := c.slots[n.text]; ok {
			return nil
		}
		if _, ok := c.rules[n.text]; !ok {
			return fmt.Errorf("%w: no slot {%s}; there are {%s}", ErrTemplate, n.text,
				strings.Join(slices.Sorted(maps.Keys(c.slots)), "}, {"))
		}
		n.kind = rule
		return c.resolve(n, within)
	case rule:
		text, ok := c.rules[n.text]
		if !ok {
			return fmt.Errorf("%w: no rule <%s>; there are <%s>", ErrTemplate, n.text,
				strings.Join(slices.Sorted(maps.Keys(c.rules)), ">, <"))
		}
		if slices.Contains(within, n.text) {
			return fmt.Errorf("%w: <%s> holds itself", ErrTemplate, n.text)
		}
		part, err := parse(text)
		if err != nil {
			return fmt.Errorf("<%s>: %w", n.text, err)
		}
		n.kind, n.parts, within = choice, []*node{part}, append(slices.Clip(within), n.text)
		if err := c.resolve(part, within); err != nil {
			return fmt.Errorf("<%s>: %w", n.text, err)
		}
		return nil
	}
	for _, part := range n.parts {
		if err := c.resolve(part, within); err != nil {
			return err
		}
	}
	return nil
}

// takesAll reports whether a part ends with the rest of a text.
func (c *compiler) takesAll(n *node) bool {
	switch n.kind {
	case slot:
		return c.slots[n.text].Rest || c.slots[n.text].Raw
	case choice, series:
		return len(n.parts) > 0 && c.takesAll(n.parts[len(n.parts)-1])
	}
	return false
}

// join is how a part meets its neighbour.
type join uint8

const (
	apart    join = iota // a blank stands between them, or nothing is there
	adjacent             // no blank stands between them
	oneWord              // letters meet: report[s]
)

// part writes one part.
func (c *compiler) part(n *node, left, right join) {
	switch n.kind {
	case words:
		first, last := edges(n.text)
		if left == apart {
			c.wordEnds(first)
		}
		c.out.WriteString(regexp.QuoteMeta(fold(n.text)))
		if right == apart {
			c.wordEnds(last)
		}
	case series:
		c.series(n, left, right)
	case choice:
		c.out.WriteString(`(?:`)
		for i, one := range n.parts {
			if i > 0 {
				c.out.WriteByte('|')
			}
			c.series(one, left, right)
		}
		if n.optional {
			c.out.WriteByte('|')
			if left == oneWord && right == apart { // left out, the word ends all the same
				c.out.WriteString(`\b`)
			}
		}
		c.out.WriteByte(')')
	case slot:
		c.slot(n)
	}
}

// wordEnds has a word begin or end where it has this character. The expressions know only ASCII words: for others a
// place is marked, which Match looks at.
func (c *compiler) wordEnds(edge rune) {
	switch {
	case isWord(edge):
		c.out.WriteString(`\b`)
	case isLetter(edge):
		c.out.WriteString(`()`)
		c.groups = append(c.groups, "")
	}
}

func (c *compiler) slot(n *node) {
	s := c.slots[n.text]
	c.groups = append(c.groups, n.text)
	switch {
	case s.Raw:
		c.out.WriteString(`(.*)`)
	case s.Rest:
		c.out.WriteString(`[\s:,.;!?\x{3001}\x{3002}]*([^\s:,.;!?\x{3001}\x{3002}].*)`)
	case s.Pattern == "":
		c.out.WriteString(`(\S.*?)`)
	default:
		c.out.WriteString(`(` + s.Pattern + `)`)
	}
}

// series writes parts with what may stand between them.
func (c *compiler) series(n *node, first, last join) {
	for i, part := range n.parts {
		left, right := first, last
		if i > 0 {
			if c.gap(n.parts[i-1], part) {
				c.out.WriteString(`\s*`)
			}
			left = joined(n.parts[i-1], part)
		}
		if i < len(n.parts)-1 {
			right = joined(part, n.parts[i+1])
		}
		c.part(part, left, right)
	}
}

// gap reports whether blanks may stand between two parts: where the template has one, and beside a script that has
// none.
func (c *compiler) gap(a, b *node) bool {
	switch {
	case a.kind == slot && c.slots[a.text].Raw || b.kind == slot && c.slots[b.text].Raw:
		return false
	case b.spaced, a.kind == slot && b.kind == slot:
		return true
	}
	return anyEdge(a, false, Unspaced) || anyEdge(b, true, Unspaced)
}

// joined is how two parts meet.
func joined(a, b *node) join {
	switch {
	case b.spaced:
		return apart
	case anyEdge(a, false, isWord) && anyEdge(b, true, isWord):
		return oneWord
	}
	return adjacent
}

// anyEdge reports whether the first or last character of a part may be such a one.
func anyEdge(n *node, first bool, is func(rune) bool) bool {
	switch {
	case n.kind == words:
		head, tail := edges(n.text)
		return first && is(head) || !first && is(tail)
	case n.kind == series && len(n.parts) > 0 && first:
		return anyEdge(n.parts[0], first, is)
	case n.kind == series && len(n.parts) > 0:
		return anyEdge(n.parts[len(n.parts)-1], first, is)
	case n.kind == choice:
		return slices.ContainsFunc(n.parts, func(p *node) bool { return anyEdge(p, first, is) })
	}
	return false
}

func edges(s string) (first, last rune) {
	first, _ = utf8.DecodeRuneInString(s)
	last, _ = utf8.DecodeLastRuneInString(s)
	return first, last
}

// isWord reports whether a character is one of those between which an ASCII word does not end.
func isWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// isLetter reports whether a character is a letter or digit of a script that puts blanks between words.
func isLetter(r rune) bool { return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !Unspaced(r) }

// Unspaced reports whether a character is of a script that puts no blanks between words.
func Unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar)
}

func fold(s string) string { return strings.Map(foldRune, s) }

// foldRune is a character as it is compared: full-width ones as the usual ones, every blank as one, the apostrophe of
// print as that of keyboards.
func foldRune(r rune) rune {
	switch {
	case r == '\n', r == '\t', r == '\r':
		return r
	case unicode.IsSpace(r):
		return ' '
	case r == '\u2019':
		return '\''
	case r < utf8.RuneSelf:
		return r
	}
	if f := width.LookupRune(r).Folded(); f != 0 {
		return f
	}
	return r
}
