package chat

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
)

// LanguageOf is the language in which a text is answered: Chinese where it is written in it, otherwise the asker's.
func LanguageOf(text string, lang language.Tag) language.Tag {
	han, letters := 0, 0
	for _, r := range notWords.ReplaceAllString(text, " ") {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.IsLetter(r):
			letters++
		}
	}
	if han >= 4 && han*3 >= letters || han >= 2 && letters == 0 {
		return Match(language.Chinese)
	}
	return lang
}

// notWords are domains, addresses and fields, which are written alike in every language.
var notWords = regexp.MustCompile(`[A-Za-z0-9_+-]+(?:[.@=:/]+[A-Za-z0-9_+-]+)+|\p{Han}+(?:\.\p{Han}+)+`)

// SameBase reports whether two tags are of one language, whatever its script or region.
func SameBase(a, b language.Tag) bool {
	x, _ := a.Base()
	y, _ := b.Base()
	return x == y
}

// ChooseLanguage takes lang=xx out of a text; otherwise the asker's own language stays, English where there is none.
func ChooseLanguage(text string, lang language.Tag) (string, language.Tag) {
	rest := languageWord().ReplaceAllStringFunc(text, func(w string) string {
		if tag, err := language.Parse(w[strings.IndexByte(w, '=')+1:]); err == nil {
			lang = tag
		}
		return ""
	})
	return strings.TrimSpace(rest), Match(lang)
}

var languageWord = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)(?:^|\s)lang=\S*`) })

// NamesLanguage reports whether a text says in which language it wants its answer.
func NamesLanguage(text string) bool { return languageWord().MatchString(text) }

// Language is the language in which a request is answered: the asker's, unless its text says lang=xx.
func Language(text string, asker language.Tag) language.Tag {
	_, lang := ChooseLanguage(text, asker)
	return lang
}
