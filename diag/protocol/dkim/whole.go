package dkim

import (
	"regexp"
	"strings"
)

const maxPieces = 4 // of one key

var base64Only = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2};?$`)

// Whole is the record of a key whose parts were published as records of their own, where they should be strings of one:
// the parts in the one order that makes a key. Empty where one of them is a key by itself, or no order makes one.
func Whole(texts []string) string {
	head := -1
	for i, t := range texts {
		switch {
		case base64Only.MatchString(strings.TrimSpace(t)):
		case head >= 0 || !IsKey(t):
			return ""
		default:
			head = i
		}
	}
	if head < 0 || len(texts) < 2 || len(texts) > maxPieces || usable(texts[head]) {
		return ""
	}
	rest := make([]string, 0, maxPieces)
	for i, t := range texts {
		if i != head {
			rest = append(rest, strings.TrimSpace(t))
		}
	}
	return inOrder(strings.TrimSpace(texts[head]), rest)
}

func usable(text string) bool {
	k := Parse(text)
	return k.Bits > 0 && k.Bad == "" && len(k.Faults) == 0
}

// inOrder tries the orders of the rest behind a beginning.
func inOrder(begun string, rest []string) string {
	if len(rest) == 0 {
		if usable(begun) {
			return begun
		}
		return ""
	}
	for i, next := range rest {
		others := append(append([]string{}, rest[:i]...), rest[i+1:]...)
		if whole := inOrder(begun+next, others); whole != "" {
			return whole
		}
	}
	return ""
}
