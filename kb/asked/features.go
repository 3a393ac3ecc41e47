package asked

import (
	"strings"
	"unicode"
)

const maxFeatures = 400 // of one text

// Features is what a text says, as a model compares it: each word of letters by its stem and with the one before it;
// of scripts without blanks each character, and each two and three of them. The text is in lower case.
func Features(text string, stem func(word string) string) []string {
	var out []string
	before, run := "^", []rune(nil)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".'~+", r)
	}) {
		var letters strings.Builder
		flush := func() {
			if w := strings.Trim(strings.ReplaceAll(letters.String(), "'", ""), "."); w != "" {
				w = stem(w)
				out = append(out, "w "+w, "b "+before+" "+w)
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
				out = append(out, "c "+string(run[len(run)-n:]))
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

// unspaced reports a character of a script that is written without blanks between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar)
}
