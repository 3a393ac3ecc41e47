package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean takes out of a Reply's text what no reader sees but a terminal or browser obeys: control characters but for
// line ends, and marks that turn the writing direction (DNS may hold terminal commands). Whoever renders calls it, and
// escapes what its own markup needs.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == utf8.RuneError:
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}
