package taglist

import (
	"fmt"
	"strings"

	"signpost/diag/distance"
)

// Tag is one tag of a list.
type Tag struct {
	Name  string
	Value string // without the white space around it; white space within it stays
	Pos   int    // octets from the start of the record to the name
}

func (t Tag) String() string { return t.Name + "=" + t.Value }

// List is the tags of a record in their order. Of a name that comes twice, both are there.
type List []Tag

// Fault is one thing that is wrong in a record. Reason is a word for catalogues. This package gives: empty, no-equals,
// bad-name, bad-character, escaped-semicolon, duplicate, too-many.
type Fault struct {
	Term       string // the text at fault
	Pos        int    // octets from the start of the record
	Reason     string
	Suggestion string // what was meant; empty where it cannot be told
	Tag        string // the name of the tag at fault, in lower case, as far as it can be told
	Harmless   bool   // readers pass over it: the rest of the record says what it would say without it
}

func (f Fault) Error() string {
	return fmt.Sprintf("taglist: %s at %d: %q", f.Reason, f.Pos, f.Term)
}

const (
	maxTags   = 100 // of one record that are read
	maxFaults = 20  // of one record that are named
	space     = " \t\r\n"
)

// Parse reads a list. A list with faults is returned with all its usable tags.
func Parse(text string) (List, []Fault) {
	var list List
	var faults []Fault
	fault := func(f Fault) {
		if len(faults) < maxFaults {
			faults = append(faults, f)
		}
	}
	seen := map[string]bool{}
	for pos := 0; pos < len(text); {
		part, _, _ := strings.Cut(text[pos:], ";")
		start := pos + len(part) - len(strings.TrimLeft(part, space))
		last := pos+len(part) >= len(text)
		pos += len(part) + 1
		part = strings.Trim(part, space)
		if part == "" {
			if !last {
				fault(Fault{Term: ";", Pos: start, Reason: "empty", Harmless: true})
			}
			continue
		}
		if len(list) == maxTags {
			fault(Fault{Term: part, Pos: start, Reason: "too-many"})
			break
		}
		tag, f := parseTag(part)
		tag.Pos = start
		if f != nil {
			f.Term, f.Pos, f.Tag = part, start, tagOf(part)
			fault(*f)
			if tag.Name == "" {
				continue
			}
		}
		if seen[tag.Name] {
			fault(Fault{Term: part, Pos: start, Reason: "duplicate", Tag: tagOf(part)})
		}
		seen[tag.Name] = true
		list = append(list, tag)
	}
	return list, faults
}

// tagOf is the name that a part begins with, in lower case.
func tagOf(part string) string {
	if i := strings.IndexAny(part, "=:"); i >= 0 {
		return strings.ToLower(strings.Trim(part[:i], space))
	}
	return ""
}

// parseTag reads one tag. A fault with an empty tag means that nothing of it can be used.
func parseTag(part string) (Tag, *Fault) {
	name, value, ok := strings.Cut(part, "=")
	if !ok {
		f := &Fault{Reason: "no-equals"}
		if n, v, ok := strings.Cut(part, ":"); ok && isName(strings.Trim(n, space)) {
			f.Suggestion = strings.Trim(n, space) + "=" + strings.Trim(v, space)
		}
		return Tag{}, f
	}
	t := Tag{Name: strings.Trim(name, space), Value: strings.Trim(value, space)}
	if !isName(t.Name) {
		return Tag{}, &Fault{Reason: "bad-name"}
	}
	if v, ok := strings.CutSuffix(t.Value, `\`); ok {
		t.Value = strings.TrimRight(v, space+`\`)
		return t, &Fault{Reason: "escaped-semicolon", Suggestion: t.String()}
	}
	if strings.ContainsFunc(t.Value,
		func(r rune) bool { return (r < ' ' && !strings.ContainsRune(space, r)) || r > '~' }) {
		return t, &Fault{Reason: "bad-character"}
	}
	return t, nil
}

// isName is RFC 6376 3.2's tag-name: a letter, then letters, digits and underscores.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (s[i] != '_' && (s[i] < '0' || s[i] > '9'))) {
			return false
		}
	}
	return s != ""
}

// Get is the first tag of that name, in exactly that case.
func (l List) Get(name string) (Tag, bool) {
	for _, t := range l {
		if t.Name == name {
			return t, true
		}
	}
	return Tag{}, false
}

// String is the list as it may be published.
func (l List) String() string {
	parts := make([]string, len(l))
	for i, t := range l {
		parts[i] = t.String()
	}
	return strings.Join(parts, "; ")
}

// Nearest is the name among names that is one edit away from s (or two, for longer ones); empty where there is none, or
// more than one that are equally near.
func Nearest(s string, names []string) string {
	best, least, tie := "", 3, false
	for _, n := range names {
		d := distance.Of(strings.ToLower(s), n)
		if d >= len(n) || (d > 1 && len(n) < 5) {
			continue
		}
		if d < least {
			best, least, tie = n, d, false
		} else if d == least {
			tie = true
		}
	}
	if tie || best == "" {
		return ""
	}
	return best
}

// Clip cuts what a fault quotes to 200 octets, at a letter's end.
func Clip(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
