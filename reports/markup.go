package reports

import (
	"bytes"
	"strings"

	"signpost/diag/pattern"
)

// root begins a report: receivers wrap some in the schema that they should follow.
var root = pattern.New(`(?i)<(?:[a-z_][a-z0-9_.-]{0,60}:)?feedback[\s/>]`)

// escaped is a document in which a "<" that begins no markup stands for itself, as in "<postmaster@example.com>".
func escaped(text []byte) []byte {
	var out []byte
	done := 0
	for i, c := range text {
		if c == '<' && !beginsMarkup(text[i+1:]) {
			out = append(append(out, text[done:i]...), "&lt;"...)
			done = i + 1
		}
	}
	if done == 0 {
		return text
	}
	return append(out, text[done:]...)
}

// beginsMarkup reports whether what follows a "<" is a comment, an instruction, or the name of an element.
func beginsMarkup(rest []byte) bool {
	if len(rest) == 0 {
		return true
	}
	if rest[0] == '!' || rest[0] == '?' {
		return true
	}
	rest = bytes.TrimPrefix(rest, []byte("/"))
	for i, c := range rest[:min(len(rest), 100)] {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
		case i > 0 && (c >= '0' && c <= '9' || strings.IndexByte(":.-", c) >= 0):
		default:
			return i > 0 && strings.IndexByte(" \t\r\n/>", c) >= 0
		}
	}
	return true
}
