package commands

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"signpost/diag/pattern"

	"golang.org/x/text/language"
	"golang.org/x/text/width"
)

// listed is the words of a list in the catalogue ("words.check"), of all languages: people write in any.
func listed(id string) []string {
	var out []string
	for _, lang := range texts.Languages() {
		for w := range strings.SplitSeq(texts.Text(lang, "words."+id, nil), ",") {
			if w = strings.TrimSpace(w); w != "" && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}

// aBounce is what only bounces hold: an enhanced status code (RFC 3463), the fields of a report, or a reply code before words or after "said".
var aBounce = pattern.New(`(?im)(?:^|[^0-9.])[45]\.[0-7]\.\d{1,3}(?:[^0-9.]|$)|^final-recipient:|^diagnostic-code:|^[45]\d\d[ -][a-z]|\bsaid:\s*[45]\d\d\b`)

// FromWords turns what a person writes to the bot in a mention or direct message ("check example.com", "检查 example.com", the domain alone, a
// question, a bounce) into a command and its text. A message with a file is about the file, unless it names another command.
func FromWords(text string, files bool) (command, rest string) {
	if said := leadingMention.ReplaceAllString(text, ""); files && TakesFile(mailcaseName, said) {
		return mailcaseName, said
	}
	command, rest = fromWords(text)
	if files && (command == Help || command == mailaskName || named(command) == nil) && !strings.HasPrefix(strings.TrimSpace(text), "/") {
		return Bounce, "" // the file is the bounce
	}
	return command, rest
}

func fromWords(text string) (command, rest string) {
	if aBounce.MatchString(text[:min(len(text), maxPaste)]) {
		rest := strings.TrimSpace(text)
		if cut, ok := strings.CutPrefix(rest, "/"+Bounce); ok {
			rest = strings.TrimSpace(cut)
		}
		if !strings.HasPrefix(rest, "/") && !isQuestion(rest) {
			return Bounce, rest
		}
	}
	if name, rest := cutWord(leadingMention.ReplaceAllString(text, "")); len(name) < 40 {
		if c := named(strings.ToLower(strings.TrimLeft(width.Fold.String(name), "/"))); c != nil && c.Pastes {
			return c.Name, rest // as it is: Handle says what it leaves out
		}
	}
	about, person := wantsPerson(leadingMention.ReplaceAllString(text, ""))
	if person && about == "" {
		return handoverName, ""
	}
	if all := strings.ToLower(strings.Trim(leadingMention.ReplaceAllString(text, ""), " .!?。！？～~")); len(all) < 80 {
		switch {
		case slices.Contains(listed("thanks"), all):
			return thanksName, ""
		case slices.Contains(listed("abilities"), all):
			return Help, "help"
		}
	}
	if order, ok := caseOrder(leadingMention.ReplaceAllString(text, "")); ok {
		return mailcaseName, order
	}
	if person {
		return handoverName, about
	}
	if AsksNothing(text) {
		return quietName, ""
	}
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	words := strings.Fields(text)
	for len(words) > 0 && strings.HasPrefix(words[0], "<@") {
		words = words[1:]
	}
	if len(words) == 0 {
		return Help, "help"
	}
	first := strings.ToLower(strings.TrimLeft(width.Fold.String(words[0]), "/"))
	all, after := strings.Join(words, " "), strings.Join(words[1:], " ")
	for _, c := range Table() {
		if first == c.Name {
			return c.Name, after
		}
	}
	for _, verb := range []struct{ id, command string }{{"check", mailcheckName}, {"ticket", mailticketName}, {"bounce", Bounce}} {
		if slices.Contains(listed(verb.id), first) && (verb.id == "bounce" || len(words) < 2 || looksLikeDomain(words[1])) {
			return verb.command, withoutPoliteness(after, verb.id)
		}
	}
	if wantsHelp(all) || strings.HasPrefix(words[0], "/") && wantsHelp(first) || slices.Contains(listed("hello"), first) {
		return Help, "help"
	}
	for _, verb := range listed("check") {
		if tail, ok := strings.CutPrefix(all, verb); ok && looksLikeDomain(strings.TrimSpace(tail)) {
			return mailcheckName, strings.TrimSpace(tail)
		}
	}
	if strings.HasPrefix(words[0], "/") {
		return first, after
	}
	if run := amongHan.FindStringSubmatch(words[0]); looksLikeDomain(words[0]) && !isQuestion(all) && !aboutDomain(words) && (run == nil || run[2] == words[0]) {
		return mailcheckName, withoutPoliteness(all, "check")
	}
	for _, c := range Table() {
		if distance(first, c.Name) <= 2 {
			return first, after // a slip: Handle names the command that is meant
		}
	}
	if t, ok := ownDomainIn(all); ok && !strings.Contains(all, "=") && !mentions(all, "howto") {
		if mentions(all, "support") {
			return Help, all // the channel, after the diagnosis
		}
		return mailcheckName, t.Domain
	}
	switch han := strings.ContainsFunc(first, func(r rune) bool { return unicode.Is(unicode.Han, r) }); {
	case isQuestion(all):
		return mailaskName, all
	case len(words) == 1 && !han:
		return first, after
	}
	return Help, all
}

// isQuestion reports whether a text asks for knowledge: a question mark, or a word that questions have.
func isQuestion(text string) bool {
	low := strings.ToLower(width.Fold.String(text))
	if strings.HasSuffix(strings.TrimSpace(low), "?") {
		return true
	}
	first, _, _ := strings.Cut(low, " ")
	for _, w := range listed("question") {
		if w[0] < 0x80 && first == w || w[0] >= 0x80 && strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// mentions reports whether a text holds a word or phrase of a list: of letters as whole words.
func mentions(text, list string) bool {
	low := " " + strings.Join(strings.FieldsFunc(strings.ToLower(width.Fold.String(text)), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;!?，；！？。", r) }), " ") + " "
	return slices.ContainsFunc(listed(list), func(w string) bool {
		if w[0] >= 0x80 {
			return strings.Contains(low, w)
		}
		return strings.Contains(low, " "+w+" ")
	})
}

// aboutDomain reports whether what follows a domain is said of it, and is no option of a check: "example.com 收不到邮件".
func aboutDomain(words []string) bool {
	if len(words) < 2 || strings.Contains(strings.Join(words, " "), "=") {
		return false
	}
	q, wrong := readQuestion(strings.Join(words, " "), language.English)
	return wrong != "" || q.target.Domain == ""
}

// withoutPoliteness is the text of a check without "please" and the like.
func withoutPoliteness(text, verb string) string {
	if verb != "check" {
		return text
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(text), func(w string) bool {
		return slices.Contains(listed("polite"), strings.Trim(folded(w), ".!?。！？,，"))
	}), " ")
}

// AsksNothing reports whether a message is small talk: nothing but words as people say them to each other ("ok", "+1", "good morning everyone", 收到).
func AsksNothing(text string) bool {
	text = strings.ToLower(width.Fold.String(leadingMention.ReplaceAllString(text, "")))
	if len(text) > 100 || strings.HasPrefix(strings.TrimSpace(text), "/") || slices.Contains(listed("thanks"), strings.Trim(text, " .!?。！？～~")) {
		return false
	}
	words := strings.FieldsFunc(aSlackEmoji.ReplaceAllString(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || r != '+' && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && r != '\''
	})
	if len(words) == 0 {
		return strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "?？")
	}
	small := listed("smalltalk")
	for _, w := range words {
		if !slices.Contains(small, w) && !madeOf(w, small) {
			return false
		}
	}
	return len(words) > 1 || !slices.Contains(listed("hello"), words[0]) && !wantsHelp(words[0])
}

var aSlackEmoji = pattern.New(`:[a-z0-9_+\-]{1,40}:`)

// madeOf reports whether a word without blanks consists of words of a list, none of Latin letters.
func madeOf(word string, list []string) bool {
	for word != "" {
		longest := ""
		for _, w := range list {
			if w[0] >= 0x80 && len(w) > len(longest) && strings.HasPrefix(word, w) {
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

// quiet is what nothing is asked by: in the terminal it gets a nod, and in Slack nothing is said.
var quiet = &Command{Name: quietName, Summary: "summary.thanks", Hidden: true, Run: func(_ context.Context, _ Deps, r Request, reply func(Reply)) error {
	reply(Reply{Title: texts.Text(r.Lang, "quiet", nil), Final: true})
	return nil
}}

const quietName = "nothing-asked"

func looksLikeDomain(s string) bool {
	first, _, _ := strings.Cut(width.Fold.String(s), " ")
	return strings.ContainsAny(first, ".。") && !strings.HasSuffix(strings.TrimRight(first, "?!"), ".")
}
