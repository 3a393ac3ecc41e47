package asked

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxFeatures = 800 // of one text
	shortPiece  = 4   // characters of the pieces that a word of letters is cut into, with its two ends
	longPiece   = 5
	longWord    = 24 // characters from which a word is no word
)

// Features is what a text says, as a model compares it: each word of letters by its stem, with the one before it and
// by its pieces, which words that are spelt or built alike share; of scripts without blanks each character, and each
// two and three of them. The text is in lower case.
func Features(text string, stem func(word string) string) []string {
	var out []string
	before, run := "^", []rune(nil)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".'~+", r)
	}) {
		var letters strings.Builder
		flush := func() {
			if w := strings.Trim(strings.ReplaceAll(letters.String(), "'", ""), "."); w != "" {
				out = append(out, pieces(w)...)
				w = stem(w)
				out = append(out, wordOf+w, "b "+before+" "+w)
				before = w
			}
			letters.Reset()
		}
		for _, r := range word {
			if !unspaced(r) {
				run = nil
				letters.WriteRune(r)
				continue
			}
			flush()
			run = append(run, r)
			for n := 1; n <= min(3, len(run)); n++ {
				out = append(out, signOf+string(run[len(run)-n:]))
			}
		}
		flush()
		run = nil
		if len(out) >= maxFeatures {
			return out[:maxFeatures]
		}
	}
	return out
}

// Pairs are the features that stand for two of a text's others together, in whatever order.
func Pairs(features []string) (out []string) {
	features = slices.Sorted(slices.Values(features))
	for i, a := range features {
		for _, b := range features[i+1:] {
			if len(out) < maxFeatures {
				out = append(out, a+" & "+b)
			}
		}
	}
	return out
}

// What features begin with: parts of a word, whole words, and characters of scripts without blanks.
const (
	piece  = "g "
	wordOf = "w "
	signOf = "c "
)

// pieces are the parts of a word of four and five characters; its ends count as one each.
func pieces(word string) (out []string) {
	if len(word) > longWord || strings.Trim(word, "0123456789.") == "" {
		return nil
	}
	word = "<" + word + ">"
	for n := shortPiece; n <= longPiece; n++ {
		for i := 0; i+n <= len(word); i++ {
			if utf8.RuneStart(word[i]) && (i+n == len(word) || utf8.RuneStart(word[i+n])) {
				out = append(out, piece+word[i:i+n])
			}
		}
	}
	return out
}

// unspaced reports a character of a script that is written without blanks between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar)
}
