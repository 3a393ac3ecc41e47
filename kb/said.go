package kb

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"signpost/diag/distance"

	"golang.org/x/text/width"
)

const maxWords = 4000 // characters of a description that are looked at

// heard is a text as the words of the lists are looked for in it.
func heard(text string) said {
	if r := []rune(text); len(r) > maxWords {
		text = string(r[:maxWords])
	}
	t := said{as: " " + width.Fold.String(text) + " "}
	t.lower = strings.ToLower(t.as)
	return t
}

func hanIn(text string) (n int) {
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			n++
		}
	}
	return n
}

// longest is the key whose longest word stands in the text: "hong kong" before "china", a product before its company.
func longest(t said, by map[string][]string) string {
	best, length := "", 0
	for _, key := range slices.Sorted(maps.Keys(by)) {
		for _, w := range by[key] {
			if len(w) > length && hasWord(t, w) {
				best, length = key, len(w)
			}
		}
	}
	return best
}

func anyWord(t said, list []string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return hasWord(t, w) })
}

// said is a text as it was written, and in lower case.
type said struct{ as, lower string }

// hasWord finds a word: of letters as a whole, in any case unless it has capitals ("US" is no pronoun), of Chinese
// characters anywhere.
func hasWord(text said, w string) bool { return len(placesOf(text, w)) > 0 }

// placesOf is where a word stands in a text.
func placesOf(text said, w string) (out []int) {
	t := text.lower
	if w != strings.ToLower(w) {
		t = text.as
	}
	for from := 0; len(out) < maxPlaces; {
		i := strings.Index(t[from:], w)
		if i < 0 {
			break
		}
		i += from
		if w[0] >= 0x80 || !letter(t, i-1) && !letter(t, i+len(w)) {
			out = append(out, i)
		}
		from = i + len(w)
	}
	return out
}

const maxPlaces = 20 // of one word that are looked at

func letter(t string, i int) bool {
	return i >= 0 && i < len(t) && t[i] < 0x80 && (unicode.IsLetter(rune(t[i])) || unicode.IsDigit(rune(t[i])))
}

const (
	misspeltFrom  = 6  // letters that a name must have for a slip in it to be looked over
	misspeltWords = 60 // words of a text that are looked at
)

// misspelt is the provider whose name stands in a text with one slip: a letter too many, too few or wrong, or two in
// the wrong order.
func (b *Base) misspelt(t said) string {
	var words []string
	for _, w := range strings.FieldsFunc(t.lower,
		func(r rune) bool { return r >= 0x80 || !unicode.IsLetter(r) && !strings.ContainsRune(".@-_", r) }) {
		if len(w) >= misspeltFrom-1 && len(w) < 20 && len(words) < misspeltWords &&
			strings.Trim(w, "abcdefghijklmnopqrstuvwxyz") == "" {
			words = append(words, w)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.words.Providers)) {
		for _, name := range b.words.Providers[id] {
			if len(name) < misspeltFrom || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") != "" {
				continue
			}
			if slices.ContainsFunc(words, func(w string) bool {
				return !slices.Contains(b.words.Mail, w) && slipsBetween(w, name) == 1
			}) {
				return id
			}
		}
	}
	return ""
}

// slipsBetween is how many letters must be put in, left out, changed or swapped with their neighbour to make one word
// of another; many where it is more than two, or where a word is too long.
func slipsBetween(a, b string) int {
	if max(len(a), len(b)) > maxSlipped || max(len(a), len(b))-min(len(a), len(b)) > 2 {
		return many
	}
	if n := distance.Of(a, b); n <= 2 {
		return n
	}
	return many
}

const (
	many       = 99
	maxSlipped = 24 // octets of a word in which slips are looked for
)
