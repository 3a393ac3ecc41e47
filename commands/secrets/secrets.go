package secrets

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// mask stands where a secret was.
const mask = "***"

// Mask takes the secrets out of a text. Found are their kinds, each once, in the order of Kinds; none: the text is
// as it was.
func Mask(text string) (clean string, found []string) {
	if text == "" {
		return text, nil
	}
	f := fold(text)
	spans := known().shaped(f.text)
	spans = append(spans, known().told(f.text)...)
	if len(spans) == 0 {
		return text, nil
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var out strings.Builder
	done, seen := 0, map[string]bool{}
	for _, s := range spans {
		seen[s.kind] = true
		from, to := f.original(s.from), f.original(s.to)
		if from >= done {
			out.WriteString(text[done:from])
			out.WriteString(mask)
		}
		done = max(done, to)
	}
	out.WriteString(text[done:])
	for _, kind := range kinds {
		if seen[kind] {
			found = append(found, kind)
		}
	}
	return out.String(), found
}

// Masked is the text alone.
func Masked(text string) string {
	clean, _ := Mask(text)
	return clean
}

// folded is a text in which the wide forms of letters, digits and the marks of a value are the usual ones.
type folded struct {
	text string
	at   []int // where each octet stands in the text as it was; nil: at the same place
}

// wideMarks are the marks that may be part of a value, or lead to it, and have a wide form. A wide comma, stop or
// bracket ends a value, and stays.
const wideMarks = ":=@_#$&*+/%-."

// toWide leads from a mark, digit or letter of ASCII to its wide form (Unicode, Halfwidth and Fullwidth Forms).
const toWide = 0xfee0

func fold(text string) folded {
	wide := func(r rune) bool {
		return r == 0x3000 || r >= 0xff10 && r <= 0xff19 || r >= 0xff21 && r <= 0xff3a || r >= 0xff41 && r <= 0xff5a ||
			strings.ContainsRune(wideMarks, r-toWide)
	}
	if !strings.ContainsFunc(text, wide) {
		return folded{text: text}
	}
	var b strings.Builder
	var at []int
	for i, r := range text {
		n := utf8.RuneLen(r)
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			b.WriteByte(text[i]) // an octet that is no character stays as it is
			n = 1
		case r == 0x3000:
			b.WriteByte(' ')
			n = 1
		case wide(r):
			b.WriteRune(r - toWide)
			n = 1
		default:
			b.WriteRune(r)
		}
		for k := range n {
			at = append(at, i+k)
		}
	}
	return folded{b.String(), append(at, len(text))}
}

func (f folded) original(i int) int {
	if f.at == nil {
		return i
	}
	return f.at[i]
}
