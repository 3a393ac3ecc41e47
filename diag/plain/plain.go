// Package plain gives texts back as they were typed, before a word processor, a chat or a wrong character set got at
// them: records of mail are ASCII, and what stands in them beside it came from there.
//
// What may enter: what editors, chats and consoles do to a record. What the record says stands in protocol.
package plain

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/width"
)

// Text is a text made plain.
type Text struct {
	Plain string
	// Odd is the characters that were changed or taken out, each once, at most 12: "“ (U+201C)", and "U+FEFF" where it
	// cannot be seen.
	Odd []string
	// Controls: it holds line ends or other control characters within. What it was to say is not to be guessed.
	Controls bool
}

const maxOdd = 12

// Of makes a text plain: dashes, tildes, quotes and spaces of every kind become those of ASCII, full-width forms their
// plain ones, and what cannot be seen goes. A text of octets beyond UTF-8, or of UTF-8 that was read in another set, is
// read as it was meant (Windows-1252). White space around the text goes; quotes stay, as plain ones.
func Of(text string) Text {
	var t Text
	var b strings.Builder
	for _, r := range strings.TrimFunc(decoded(text), unicode.IsSpace) {
		s := plain(r)
		if unicode.IsControl(r) && r != '\t' || unicode.In(r, unicode.Zl, unicode.Zp) {
			t.Controls, s = true, " "
		}
		if s != string(r) {
			t.odd(r)
		}
		b.WriteString(s)
	}
	t.Plain = strings.TrimFunc(b.String(), unicode.IsSpace)
	return t
}

func (t *Text) odd(r rune) {
	name := fmt.Sprintf("U+%04X", r)
	if unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.Mn, r) {
		name = fmt.Sprintf("%c (%s)", r, name)
	}
	if !slices.Contains(t.Odd, name) && len(t.Odd) < maxOdd {
		t.Odd = append(t.Odd, name)
	}
}

// plain is a character as it was typed; empty where it is nothing.
func plain(r rune) string {
	switch {
	case r == '\t':
		return " "
	case r < utf8.RuneSelf && !unicode.IsControl(r):
		return string(r)
	case unicode.Is(unicode.Zs, r):
		return " "
	case unicode.Is(unicode.Pd, r), r == '\u2212':
		return "-"
	case r == '\u223c', r == '\u02dc', r == '\u301c', r == '\u2053':
		return "~"
	case unicode.Is(unicode.Pi, r), unicode.Is(unicode.Pf, r),
		strings.ContainsRune("\u201a\u201e\u2032\u2033\u300c\u300d\u300e\u300f\u301d\u301e\u301f", r):
		return `"`
	case r == '\u3002', r == '\uff61':
		return "."
	case r == '\u3001', r == '\uff64':
		return ","
	case unicode.Is(unicode.Cf, r):
		return ""
	}
	return width.Fold.String(string(r))
}

// decoded is a text whose octets were read in the wrong set, read in the right one.
func decoded(text string) string {
	if !utf8.ValidString(text) {
		if s, err := charmap.Windows1252.NewDecoder().String(text); err == nil {
			return s
		}
		return strings.ToValidUTF8(text, "\ufffd")
	}
	// How “, a no-break space and a byte order mark look then.
	for _, sign := range []string{"\u00e2\u20ac", "\u00c2\u00a0", "\u00ef\u00bb\u00bf"} {
		if strings.Contains(text, sign) {
			if s, err := charmap.Windows1252.NewEncoder().String(text); err == nil && utf8.ValidString(s) {
				return s
			}
		}
	}
	return text
}

// ASCII reports whether a text is printable ASCII alone.
func ASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
