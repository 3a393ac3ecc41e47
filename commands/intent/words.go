package intent

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hbollon/go-edlib"
	"golang.org/x/text/language"
	"golang.org/x/text/width"

	"signpost/commands/chat"
	"signpost/diag/pattern"
)

// LooksLikeBounce is what only bounces hold: an enhanced status code (RFC 3463), the fields of a report, or a reply code before words or after "said".
var LooksLikeBounce = pattern.New(`(?im)(?:^|[^0-9.])[45]\.[0-7]\.\d{1,3}(?:[^0-9.]|$)|^final-recipient:|^diagnostic-code:|^[45]\d\d[ -][a-z]|\bsaid:\s*[45]\d\d\b`)

// FromWords turns what a person writes to the bot in a mention or direct message ("check example.com", "检查 example.com", the domain alone, a
// question, a bounce) into a command and its text. A message with a file is about the file, unless it names another command.
func FromWords(text string, files bool) (command, rest string) {
	if said := LeadingMention.ReplaceAllString(text, ""); files && TakesFile(chat.Case, said) {
		return chat.Case, said
	}
	command, rest = fromWords(text)
	if files && (command == chat.Help || command == chat.Ask || !slices.Contains(chat.Names, command)) && !strings.HasPrefix(strings.TrimSpace(text), "/") {
		return chat.Bounce, "" // the file is the bounce
	}
	return command, rest
}

func fromWords(text string) (command, rest string) {
	if LooksLikeBounce.MatchString(text[:min(len(text), chat.MaxPaste)]) {
		rest := strings.TrimSpace(text)
		if cut, ok := strings.CutPrefix(rest, "/"+chat.Bounce); ok {
			rest = strings.TrimSpace(cut)
		}
		if !strings.HasPrefix(rest, "/") && !isQuestion(rest) {
			return chat.Bounce, rest
		}
	}
	if name, rest := chat.CutWord(LeadingMention.ReplaceAllString(text, "")); len(name) < 40 {
		if c := strings.ToLower(strings.TrimLeft(width.Fold.String(name), "/")); chat.Pastes(c) {
			return c, rest // as it is: Handle says what it leaves out
		}
	}
	about, person := WantsPerson(LeadingMention.ReplaceAllString(text, ""))
	if person && about == "" {
		return chat.Handover, ""
	}
	if all := strings.ToLower(strings.Trim(LeadingMention.ReplaceAllString(text, ""), " .!?。！？～~")); len(all) < 80 {
		switch {
		case slices.Contains(chat.Words("thanks"), all):
			return chat.Thanks, ""
		case slices.Contains(chat.Words("abilities"), all):
			return chat.Help, "help"
		}
	}
	if order, ok := CaseOrder(LeadingMention.ReplaceAllString(text, "")); ok {
		return chat.Case, order
	}
	if person {
		return chat.Handover, about
	}
	if AsksNothing(text) {
		return chat.Quiet, ""
	}
	if len(text) > chat.MaxText {
		text = strings.ToValidUTF8(text[:chat.MaxText], "")
	}
	words := strings.Fields(text)
	for len(words) > 0 && strings.HasPrefix(words[0], "<@") {
		words = words[1:]
	}
	if len(words) == 0 {
		return chat.Help, "help"
	}
	first := strings.ToLower(strings.TrimLeft(width.Fold.String(words[0]), "/"))
	all, after := strings.Join(words, " "), strings.Join(words[1:], " ")
	if slices.Contains(chat.Names, first) {
		return first, after
	}
	for _, verb := range []struct{ id, command string }{{"check", chat.Check}, {"ticket", chat.Ticket}, {"bounce", chat.Bounce}} {
		if slices.Contains(chat.Words(verb.id), first) && (verb.id == "bounce" || len(words) < 2 || LooksLikeDomain(words[1])) {
			return verb.command, withoutPoliteness(after, verb.id)
		}
	}
	if WantsHelp(all) || strings.HasPrefix(words[0], "/") && WantsHelp(first) || slices.Contains(chat.Words("hello"), first) {
		return chat.Help, "help"
	}
	for _, verb := range chat.Words("check") {
		if tail, ok := strings.CutPrefix(all, verb); ok && LooksLikeDomain(strings.TrimSpace(tail)) {
			return chat.Check, strings.TrimSpace(tail)
		}
	}
	if strings.HasPrefix(words[0], "/") {
		return first, after
	}
	if run := amongHan.FindStringSubmatch(words[0]); LooksLikeDomain(words[0]) && !isQuestion(all) && !aboutDomain(words) && (run == nil || run[2] == words[0]) {
		return chat.Check, withoutPoliteness(all, "check")
	}
	for _, name := range chat.Names {
		if Distance(first, name) <= 2 {
			return first, after // a slip: Handle names the command that is meant
		}
	}
	if t, ok := OwnDomainIn(all); ok && !strings.Contains(all, "=") && !mentions(all, "howto") {
		if mentions(all, "support") {
			return chat.Help, all // the channel, after the diagnosis
		}
		return chat.Check, t.Domain
	}
	switch han := strings.ContainsFunc(first, func(r rune) bool { return unicode.Is(unicode.Han, r) }); {
	case isQuestion(all):
		return chat.Ask, all
	case len(words) == 1 && !han:
		return first, after
	}
	return chat.Help, all
}

// isQuestion reports whether a text asks for knowledge: a question mark, or a word that questions have.
func isQuestion(text string) bool {
	low := strings.ToLower(width.Fold.String(text))
	if strings.HasSuffix(strings.TrimSpace(low), "?") {
		return true
	}
	first, _, _ := strings.Cut(low, " ")
	for _, w := range chat.Words("question") {
		if w[0] < 0x80 && first == w || w[0] >= 0x80 && strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// mentions reports whether a text holds a word or phrase of a list: of letters as whole words.
func mentions(text, list string) bool {
	low := " " + strings.Join(strings.FieldsFunc(strings.ToLower(width.Fold.String(text)), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;!?，；！？。", r) }), " ") + " "
	return slices.ContainsFunc(chat.Words(list), func(w string) bool {
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
	q, wrong := ReadQuestion(strings.Join(words, " "), language.English)
	return wrong != "" || q.Target.Domain == ""
}

// withoutPoliteness is the text of a check without "please" and the like.
func withoutPoliteness(text, verb string) string {
	if verb != "check" {
		return text
	}
	return strings.Join(slices.DeleteFunc(strings.Fields(text), func(w string) bool {
		return slices.Contains(chat.Words("polite"), strings.Trim(chat.Fold(w), ".!?。！？,，"))
	}), " ")
}

// AsksNothing reports whether a message is small talk: nothing but words as people say them to each other ("ok", "+1", "good morning everyone", 收到).
func AsksNothing(text string) bool {
	text = strings.ToLower(width.Fold.String(LeadingMention.ReplaceAllString(text, "")))
	if len(text) > 100 || strings.HasPrefix(strings.TrimSpace(text), "/") || slices.Contains(chat.Words("thanks"), strings.Trim(text, " .!?。！？～~")) {
		return false
	}
	words := strings.FieldsFunc(aSlackEmoji.ReplaceAllString(text, " "), func(r rune) bool {
		return unicode.IsSpace(r) || r != '+' && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && r != '\''
	})
	if len(words) == 0 {
		return strings.TrimSpace(text) != "" && !strings.ContainsAny(text, "?？")
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

func LooksLikeDomain(s string) bool {
	first, _, _ := strings.Cut(width.Fold.String(s), " ")
	return strings.ContainsAny(first, ".。") && !strings.HasSuffix(strings.TrimRight(first, "?!"), ".")
}

// WantsPerson reports whether a text asks for a person, and gives what it is about, as far as it says so: "human please, our invoices bounce", 转人工：收不到信.
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
		if rest == "" || unicode.IsPunct(next) || strings.Contains(wish, " ") && unicode.IsSpace(next) || wish[0] >= 0x80 && unicode.IsSpace(next) {
			best = wish
		}
	}
	if best == "" {
		return "", false
	}
	text = strings.TrimLeft(text, " ")[len(best):]
	return strings.TrimSpace(strings.TrimLeft(text, " .,:;!?-–—。，、：；！？")), true
}

var LeadingMention = regexp.MustCompile(`^\s*(?:<@[A-Z0-9|]+>\s*)+`)

func WantsHelp(text string) bool {
	return slices.Contains(chat.Words("help"), strings.ToLower(strings.Trim(strings.TrimSpace(text), "-")))
}

// Distance is how many letters two short words differ by; two that changed places are one slip.
func Distance(a, b string) int {
	return edlib.OSADamerauLevenshteinDistance(chat.Clip(a, 30), chat.Clip(b, 30))
}
