package chat

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Fold is a word as it is compared: full-width letters and digits as the usual ones, in lower case.
func Fold(s string) string { return strings.ToLower(width.Fold.String(s)) }

// CutWord cuts a text behind its first word.
func CutWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	i := strings.IndexFunc(text, unicode.IsSpace)
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimSpace(text[i:])
}

// CutRunes is the first so many characters of a text.
func CutRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}

// Size is a number of octets for people.
func Size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d kB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

// Clip cuts a text to so many characters; what is cut is told by a mark.
func Clip(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}
