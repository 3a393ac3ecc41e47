// Package visible is the one door for strangers' words: what comes from DNS, banners, certificates, registries,
// policies and pages passes it before it stands in a finding, in evidence, in a fact or in an error. What a reader
// cannot see, or what would put words on a line of their own, becomes \DDD for each octet, as DNS writes it (RFC 1035
// 5.1): control characters, marks of format and direction, spaces other than U+0020, what has no shape at all, and
// octets that are no UTF-8. Letters of every language stay as they are.
//
// What may enter: what makes a stranger's word safe to show.
package visible

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text is s with everything invisible in it shown. Text of Text is the same.
func Text(s string) string {
	at := first(s)
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:at])
	for i := at; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if hidden(r, n) {
			for _, c := range []byte(s[i : i+n]) {
				b.WriteByte('\\')
				b.WriteString(strconv.Itoa(1000 + int(c))[1:])
			}
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// Is reports that there is nothing invisible in s.
func Is(s string) bool { return first(s) < 0 }

// first is where the first character is that Text shows; -1 where there is none.
func first(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if hidden(r, n) {
			return i
		}
		i += n
	}
	return -1
}

// hidden reports that a character of n octets is not to be seen as it is.
func hidden(r rune, n int) bool {
	switch {
	case r == ' ':
		return false
	case r == utf8.RuneError && n <= 1:
		return true
	case !unicode.IsGraphic(r): // control, format, private use, unassigned
		return true
	case unicode.IsSpace(r), unicode.Is(unicode.Z, r):
		return true
	case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r), unicode.Is(unicode.Variation_Selector, r):
		return true
	case r == '\u2800': // a braille cell without dots
		return true
	}
	return false
}
