package template

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrTemplate is wrapped by every error about a template.
var ErrTemplate = errors.New("template: cannot be read")

// Bounds of what is read: octets of a template, and how deep its parts and named parts lie in each other.
const (
	maxTemplate = 1000
	maxDepth    = 12
)

type kind uint8

const (
	words  kind = iota // text as it stands, without blanks
	series             // parts one behind the other
	choice             // one of the parts
	slot
	rule
)

// node is a part of a template.
type node struct {
	kind     kind
	text     string // the words, or the name of the slot or rule
	parts    []*node
	optional bool // a choice that may be left out
	spaced   bool // a blank stands before it
}

// parser reads one template from left to right.
type parser struct {
	left  string
	depth int
}

func parse(text string) (*node, error) {
	switch {
	case len(text) > maxTemplate:
		return nil, fmt.Errorf("%w: longer than %d octets", ErrTemplate, maxTemplate)
	case !utf8.ValidString(text):
		return nil, fmt.Errorf("%w: not UTF-8", ErrTemplate)
	case strings.TrimSpace(text) == "":
		return nil, fmt.Errorf("%w: empty", ErrTemplate)
	}
	p := &parser{left: text}
	n, err := p.series()
	if err != nil {
		return nil, err
	}
	if p.left != "" {
		return nil, fmt.Errorf("%w: %q closes nothing, or stands outside of parentheses", ErrTemplate, p.left[:1])
	}
	return n, nil
}

// series reads parts until something ends them.
func (p *parser) series() (*node, error) {
	n := &node{kind: series}
	for {
		trimmed := strings.TrimLeft(p.left, " ")
		spaced := len(trimmed) < len(p.left)
		p.left = trimmed
		if p.left == "" || strings.ContainsRune("|)]", rune(p.left[0])) {
			return n, nil
		}
		part, err := p.part()
		if err != nil {
			return nil, err
		}
		part.spaced = spaced && len(n.parts) > 0
		n.parts = append(n.parts, part)
	}
}

func (p *parser) part() (*node, error) {
	switch p.left[0] {
	case '(', '[':
		return p.choice()
	case '{':
		name, err := p.name("}")
		return &node{kind: slot, text: name}, err
	case '<':
		name, err := p.name(">")
		return &node{kind: rule, text: name}, err
	case '}', '>':
		return nil, fmt.Errorf("%w: %q closes nothing", ErrTemplate, p.left[:1])
	}
	end := strings.IndexAny(p.left, " |()[]{}<>")
	if end < 0 {
		end = len(p.left)
	}
	n := &node{kind: words, text: p.left[:end]}
	p.left = p.left[end:]
	return n, nil
}

// choice reads alternatives between parentheses or brackets.
func (p *parser) choice() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("%w: more than %d parts within each other", ErrTemplate, maxDepth)
	}
	defer func() { p.depth-- }()
	opened, closes := p.left[:1], ")"
	if opened == "[" {
		closes = "]"
	}
	n := &node{kind: choice, optional: opened == "["}
	for {
		p.left = p.left[1:]
		one, err := p.series()
		if err != nil {
			return nil, err
		}
		n.parts = append(n.parts, one)
		switch {
		case p.left == "":
			return nil, fmt.Errorf("%w: %q is not closed", ErrTemplate, opened)
		case p.left[0] == '|':
		case p.left[:1] == closes:
			p.left = p.left[1:]
			return n, nil
		default:
			return nil, fmt.Errorf("%w: %q closes %q", ErrTemplate, p.left[:1], opened)
		}
	}
}

// name reads what stands between the sign at the beginning and the one that closes it.
func (p *parser) name(closes string) (string, error) {
	name, rest, ok := strings.Cut(p.left[1:], closes)
	if !ok {
		return "", fmt.Errorf("%w: %q is not closed", ErrTemplate, p.left[:1])
	}
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
		return "", fmt.Errorf("%w: %q is no name", ErrTemplate, name)
	}
	p.left = rest
	return name, nil
}
