package intent

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/cases/event"
	"signpost/commands/chat"
	"signpost/commands/intent/template"
	"signpost/diag"

	"golang.org/x/text/width"
)

// isQuestion reports whether a text asks for knowledge: a question mark, or a word that questions have.
func isQuestion(text string) bool {
	low := strings.ToLower(width.Fold.String(text))
	if strings.HasSuffix(strings.TrimSpace(low), "?") {
		return true
	}
	first, _, _ := strings.Cut(low, " ")
	for _, w := range chat.Words("question") {
		if !unspaced(w) && first == w || unspaced(w) && strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// unspaced reports whether a word is of a script that puts no blanks between words.
func unspaced(word string) bool {
	first, _ := utf8.DecodeRuneInString(word)
	return template.Unspaced(first)
}

// mentions reports whether a text holds a word or phrase of a list: of letters as whole words.
func mentions(text, list string) bool {
	low := " " + strings.Join(strings.FieldsFunc(strings.ToLower(width.Fold.String(text)),
		func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;!?\u3002", r) }), " ") + " "
	return slices.ContainsFunc(chat.Words(list), func(w string) bool {
		if unspaced(w) {
			return strings.Contains(low, w)
		}
		return strings.Contains(low, " "+w+" ")
	})
}

func WantsHelp(text string) bool {
	return slices.Contains(chat.Words("help"), strings.ToLower(strings.Trim(strings.TrimSpace(text), "-")))
}

// madeOf reports whether a word without blanks consists of words of a list, all of a script without blanks.
func madeOf(word string, list []string) bool {
	for word != "" {
		longest := ""
		for _, w := range list {
			if unspaced(w) && len(w) > len(longest) && strings.HasPrefix(word, w) {
				longest = w
			}
		}
		if longest == "" {
			return false
		}
		word = word[len(longest):]
	}
	return true
}

func LooksLikeDomain(s string) bool {
	first, _, _ := strings.Cut(width.Fold.String(s), " ")
	return strings.ContainsAny(first, ".\u3002") && !strings.HasSuffix(strings.TrimRight(first, "?!"), ".")
}

// signs part words from each other: those of Chinese are written as escapes, since they are of no language.
const signs = ":,.;!?)\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f\uff09"

// intervalIn is the interval that words name, as the command has it; empty where they name none.
func intervalIn(said string) string {
	for _, e := range []string{"hourly", event.Daily, event.Weekly} {
		if w := chat.Fold(said); w == e || slices.Contains(chat.Words("watch.every."+e), w) {
			return e
		}
	}
	return ""
}

// isDomain reports whether a text is a domain and nothing else.
func isDomain(said string) bool {
	_, err := diag.ParseTarget(said)
	return err == nil && LooksLikeDomain(said)
}

// recordIn is the type of records that words name, as the command has it; empty where they name none of these.
func recordIn(said string) string {
	for _, kind := range []string{"mx", "txt", "dmarc", "ns", "ds"} {
		if slices.Contains(chat.Words("watch.record."+kind), chat.Fold(strings.TrimSpace(said))) {
			return kind
		}
	}
	return ""
}

func watchSentenceNames() (out []string) {
	for _, s := range watchSentences {
		out = append(out, s.name)
	}
	return out
}

// watchSentences are what is asked of watches in whole sentences, with the verb that each stands for, in the order in
// which they are tried.
var watchSentences = []struct{ name, verb string }{
	{"watch-feed-off", "feed"}, {"watch-feed", "feed"}, {"watch-remove", "remove"}, {"watch-changed", "until"},
	{"watch-until", "until"}, {"watch-add", "add"}, {"watch-it", "add it"},
}
