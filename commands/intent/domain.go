package intent

import (
	"cmp"
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/pattern"

	"golang.org/x/net/publicsuffix"
)

// DomainIn is the first word of a text that is a domain under a suffix that there is (or one of the lab's).
func DomainIn(text string) (diag.Target, bool) {
	return domainAmong(text, func(diag.Target, string, string) bool { return true })
}

// OwnDomainIn is domainIn without those to whom mail is sent, and without addresses that nothing says to be the asker's
// own, and without those that are nobody's own: of a public mail service.
func OwnDomainIn(text string, public func(domain string) bool) (diag.Target, bool) {
	return domainAmong(text, func(t diag.Target, before, word string) bool {
		return !strings.Contains(word, "@") && !public(t.Domain) && !slices.ContainsFunc(chat.Words("recipient"), func(w string) bool {
			return chat.Fold(before) == w || unspaced(w) && strings.HasSuffix(before, w)
		})
	})
}

func domainAmong(text string, counts func(t diag.Target, before, word string) bool) (diag.Target, bool) {
	before := ""
	for _, w := range strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t\n,;()?!\"\u201c\u201d\u3001\uff0c\uff1b\uff08\uff09\uff1f\uff01", r)
	}) {
		word := w
		if run := amongUnspaced.FindStringSubmatch(w); run != nil &&
			run[2] != w { // Chinese and Thai have no blanks around a domain
			word = run[2]
			before = cmp.Or(run[1], before)
		}
		if t, ok := aDomain(word); ok && counts(t, before, w) {
			return t, true
		}
		before = w
	}
	return diag.Target{}, false
}

// amongUnspaced is a domain of Latin letters that characters of a script without blanks adjoin.
var amongUnspaced = pattern.New(`^(` + unspacedText + `)([A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+)` + unspacedText +
	`$`)

const unspacedText = `[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Mn}\x{30fc}]*`

func aDomain(word string) (diag.Target, bool) {
	if !strings.ContainsAny(word, ".\u3002\uff0e") {
		return diag.Target{}, false
	}
	t, err := diag.ParseTarget(word)
	if err != nil {
		return t, false
	}
	suffix, icann := publicsuffix.PublicSuffix(t.Domain)
	return t, t.Domain != suffix && (icann || slices.Contains([]string{"example", "test"}, suffix))
}
