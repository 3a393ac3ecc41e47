package intent

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/commands/chat"
	"signpost/commands/intent/template"
	"signpost/diag/distance"
	"signpost/diag/pattern"

	"golang.org/x/text/language"
	"golang.org/x/text/width"
)

// LooksLikeBounce is what only bounces hold: an enhanced status code (RFC 3463), the fields of a report, or a reply
// code before words or after "said".
var LooksLikeBounce = pattern.New(`(?im)(?:^|[^0-9.])[45]\.[0-7]\.\d{1,3}(?:[^0-9.]|$)|` +
	`^final-recipient:|^diagnostic-code:|^[45]\d\d[ -][a-z]|\bsaid:\s*[45]\d\d\b`)

// FromWords turns what a person writes to the bot in a mention or direct message ("check example.com", the domain
// alone, a question, a bounce) into a command and its text. A message with a file is about the file, unless it names
// another command.
func FromWords(text string, files bool) (command, rest string) {
	if said := LeadingMention.ReplaceAllString(text, ""); files && TakesFile(chat.Case, said) {
		return chat.Case, said
	}
	command, rest = fromWords(text)
	if files && (command == chat.Help || command == chat.Ask || !slices.Contains(chat.Names, command)) &&
		!strings.HasPrefix(strings.TrimSpace(text), "/") {
		return chat.Bounce, "" // the file is the bounce
	}
	return command, rest
}

func fromWords(text string) (command, rest string) {
	said := strings.TrimSpace(LeadingMention.ReplaceAllString(text, ""))
	for _, way := range []func(string) (command, rest string, ok bool){bounceIn, pastedIn, wholeSaying, watchIn,
		personOrCase} {
		if command, rest, ok := way(said); ok {
			return command, rest
		}
	}
	if len(said) > chat.MaxText {
		said = strings.ToValidUTF8(said[:chat.MaxText], "")
	}
	words := strings.Fields(said)
	for len(words) > 0 && strings.HasPrefix(words[0], "<@") {
		words = words[1:]
	}
	if len(words) == 0 {
		return chat.Help, "help"
	}
	first := strings.ToLower(strings.TrimLeft(width.Fold.String(words[0]), "/"))
	if command, rest, ok := commandFirst(first, words); ok {
		return command, rest
	}
	return sentenceAsks(first, words)
}

// bounceIn reads a text that holds what only bounces do.
func bounceIn(said string) (command, rest string, ok bool) {
	if !LooksLikeBounce.MatchString(said[:min(len(said), chat.MaxPaste)]) {
		return "", "", false
	}
	rest = said
	if cut, ok := strings.CutPrefix(rest, "/"+chat.Bounce); ok {
		rest = strings.TrimSpace(cut)
	}
	return chat.Bounce, rest, !strings.HasPrefix(rest, "/") && !isQuestion(rest)
}

// pastedIn reads a command whose text may be long, as it is: Handle says what it leaves out.
func pastedIn(said string) (command, rest string, ok bool) {
	name, rest := chat.CutWord(said)
	if len(name) >= 40 {
		return "", "", false
	}
	command = strings.ToLower(strings.TrimLeft(width.Fold.String(name), "/"))
	return command, rest, chat.Pastes(command)
}

// wholeSaying reads a text that is nothing but a saying: a wish for a person, thanks, the question what can be asked.
func wholeSaying(said string) (command, rest string, ok bool) {
	if about, person := WantsPerson(said); person && about == "" {
		return chat.Handover, "", true
	}
	all := strings.ToLower(strings.Trim(said, signs+" ~\uff5e"))
	switch {
	case len(all) >= 80:
	case slices.Contains(chat.Words("thanks"), all):
		return chat.Thanks, "", true
	case slices.Contains(chat.Words("abilities"), all):
		return chat.Help, "help", true
	}
	return "", "", false
}

// personOrCase reads what is about cases, a wish for a person that says what about, and small talk.
func personOrCase(said string) (command, rest string, ok bool) {
	if CaseOrder(said) {
		return chat.Case, said, true
	}
	if about, person := WantsPerson(said); person {
		return chat.Handover, about, true
	}
	return chat.Quiet, "", AsksNothing(said)
}

// commandFirst reads a text that begins with a command's name, with a word for it, or with the domain to be checked.
func commandFirst(first string, words []string) (command, rest string, ok bool) {
	all, after := strings.Join(words, " "), strings.Join(words[1:], " ")
	if slices.Contains(chat.Names, first) {
		return first, after, true
	}
	for _, verb := range []struct{ id, command string }{
		{"check", chat.Check}, {"ticket", chat.Ticket}, {"bounce", chat.Bounce},
	} {
		if slices.Contains(chat.Words(verb.id), first) &&
			(verb.id == "bounce" || len(words) < 2 || LooksLikeDomain(words[1])) {
			return verb.command, withoutPoliteness(after, verb.id), true
		}
	}
	if slices.Contains(chat.Words("watch"), first) && len(words) > 1 && LooksLikeDomain(words[1]) {
		return chat.Watch, "add " + after, true
	}
	if WantsHelp(all) || strings.HasPrefix(words[0], "/") && WantsHelp(first) ||
		slices.Contains(chat.Words("hello"), first) {
		return chat.Help, "help", true
	}
	for _, verb := range chat.Words("check") {
		if tail, ok := strings.CutPrefix(all, verb); ok && LooksLikeDomain(strings.TrimSpace(tail)) {
			return chat.Check, strings.TrimSpace(tail), true
		}
	}
	if strings.HasPrefix(words[0], "/") {
		return first, after, true
	}
	if run := amongUnspaced.FindStringSubmatch(words[0]); LooksLikeDomain(words[0]) && !isQuestion(all) &&
		!aboutDomain(words) && (run == nil || run[2] == words[0]) {
		return chat.Check, withoutPoliteness(all, "check"), true
	}
	for _, name := range chat.Names {
		if distance.Of(first, name) <= min(len(first)/3, 2) {
			return first, after, true // a slip: Handle names the command that is meant
		}
	}
	return "", "", false
}

// IsSentence reports a text that begins with no command, no word for one and no domain alone, and is no saying: it is
// read by what it says.
func IsSentence(text string) bool {
	said := strings.TrimSpace(LeadingMention.ReplaceAllString(text, ""))
	words := strings.Fields(said[:min(len(said), chat.MaxText)])
	if len(words) == 0 {
		return false
	}
	_, _, ok := commandFirst(strings.ToLower(strings.TrimLeft(width.Fold.String(words[0]), "/")), words)
	return !ok
}

// sentenceAsks is what a sentence that names no command asks for.
func sentenceAsks(first string, words []string) (command, rest string) {
	all := strings.Join(words, " ")
	nobodys := func(string) bool { return false } // which domains are public is known to kb alone
	if t, ok := OwnDomainIn(all, nobodys); ok && !strings.Contains(all, "=") && !mentions(all, "howto") {
		if mentions(all, "support") {
			return chat.Help, all // the channel, after the diagnosis
		}
		return chat.Check, t.Domain
	}
	switch sentence := strings.ContainsFunc(first, template.Unspaced); { // one word without blanks
	case isQuestion(all):
		return chat.Ask, all
	case len(words) == 1 && !sentence:
		return first, strings.Join(words[1:], " ")
	}
	return chat.Help, all
}

// aboutDomain reports whether what follows a domain is said of it, and is no option of a check: "example.com gets no
// mail".
func aboutDomain(words []string) bool {
	if len(words) < 2 || strings.Contains(strings.Join(words, " "), "=") {
		return false
	}
	q, wrong := ReadQuestion(strings.Join(words, " "), language.English)
	return wrong != "" || q.Target.Domain == ""
}

// withoutPoliteness is the text of a check without "please" and the like.
func withoutPoliteness(text, verb string) string {
	if verb != "check" {
		return text
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(text), func(w string) bool {
		return slices.Contains(chat.Words("polite"), strings.Trim(chat.Fold(w), signs))
	}), " ")
}

// AsksNothing reports whether a message is small talk: nothing but words as people say them to each other ("ok", "+1",
// "good morning everyone").
func AsksNothing(text string) bool {
	text = strings.ToLower(width.Fold.String(LeadingMention.ReplaceAllString(text, "")))
	if len(text) > 100 || strings.HasPrefix(strings.TrimSpace(text), "/") ||
		slices.Contains(chat.Words("thanks"), strings.Trim(text, signs+" ~\uff5e")) {
		return false
	}
	words := strings.FieldsFunc(aSlackEmoji.ReplaceAllString(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || r != '+' && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && r != '\''
	})
	if len(words) == 0 {
		return strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "?\uFF1F")
	}
	small := chat.Words("smalltalk")
	for _, w := range words {
		if !slices.Contains(small, w) && !madeOf(w, small) {
			return false
		}
	}
	return len(words) > 1 || !slices.Contains(chat.Words("hello"), words[0]) && !WantsHelp(words[0])
}

var aSlackEmoji = pattern.New(`:[a-z0-9_+\-]{1,40}:`)

// WantsPerson reports whether a text asks for a person, and gives what it is about, as far as it says so: "human
// please, our invoices bounce".
func WantsPerson(text string) (about string, ok bool) {
	low := strings.ToLower(text)
	if len(low) != len(text) {
		low = text // letters whose lower case has another length: no wish for a person has them
	}
	best := ""
	for _, wish := range chat.Words("person") {
		rest, ok := strings.CutPrefix(strings.TrimLeft(low, " "), wish)
		if !ok || len(wish) <= len(best) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(rest)
		if rest == "" || unicode.IsPunct(next) || strings.Contains(wish, " ") && unicode.IsSpace(next) || unspaced(wish) &&
			unicode.IsSpace(next) {
			best = wish
		}
	}
	if best == "" {
		return "", false
	}
	text = strings.TrimLeft(text, " ")[len(best):]
	return strings.TrimSpace(strings.TrimLeft(text, signs+" -\u2013\u2014")), true
}

var LeadingMention = regexp.MustCompile(`^\s*(?:<@[A-Z0-9|]+>\s*)+`)
