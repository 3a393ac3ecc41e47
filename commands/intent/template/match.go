package template

import (
	"strings"
	"unicode/utf8"
)

// maxText is how many octets of a text are matched; a longer one is no sentence.
const maxText = 4000

// Values is what stands in the slots of a match, by slot, as it was written.
type Values map[string]string

// Text is a text made ready for templates.
type Text struct {
	raw, folded string
	at          []int // where each octet of folded stands in raw; one more for the end
}

// Ready folds a text once, for as many templates as there are.
func Ready(s string) Text {
	t := Text{raw: s}
	if len(s) > maxText || !utf8.ValidString(s) {
		return t
	}
	var b strings.Builder
	t.at = make([]int, 0, len(s)+1)
	for i, r := range s {
		folded := foldRune(r)
		for range utf8.RuneLen(folded) {
			t.at = append(t.at, i)
		}
		b.WriteRune(folded)
	}
	t.at = append(t.at, len(s))
	t.folded = b.String()
	return t
}

// Match reads a text by the template.
func (t *Template) Match(text Text) (Values, bool) {
	if text.folded == "" {
		return nil, false
	}
	m := t.re.FindStringSubmatchIndex(text.folded)
	if m == nil {
		return nil, false
	}
	values := Values{}
	for i, name := range t.groups {
		from, to := m[2*i+2], m[2*i+3]
		if from < 0 {
			continue
		}
		if name == "" {
			before, _ := utf8.DecodeLastRuneInString(text.folded[:from])
			if next, _ := utf8.DecodeRuneInString(text.folded[from:]); isLetter(before) && isLetter(next) {
				return nil, false
			}
			continue
		}
		value := text.raw[text.at[from]:text.at[to]]
		if t.slots[name].Folded {
			value = text.folded[from:to]
		}
		if !t.slots[name].Raw {
			value = strings.TrimSpace(value)
		}
		if accept := t.slots[name].Accept; accept != nil && !accept(value) {
			return nil, false
		}
		values[name] = value
	}
	return values, true
}
