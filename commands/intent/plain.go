package intent

import (
	"slices"
	"strings"
	"unicode"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent/template"
	"signpost/diag/pattern"
)

// NamedCase is a case by its whole name.
var NamedCase = pattern.New(`(?i)\bMAIL-[0-9]{1,15}\b`)

// saying is a kind of sentence about cases that does not begin with a verb, and what it asks for. Ok is false where it
// asks for nothing after all.
type saying struct {
	name  string
	order func(v template.Values, text string) (o Order, ok bool)
}

// sayings is all of them: the first that a text matches counts. Every verb may have sentences, those about one case
// come first.
func sayings() []saying {
	out := []saying{
		{"set", setCase},
		{"said", func(v template.Values, text string) (Order, bool) {
			if isQuestion(text) {
				return Order{}, false
			}
			return setCase(v, text)
		}},
		{"done", func(v template.Values, _ string) (Order, bool) {
			return aboutCase(VerbNamed(v["verb"]), v["number"], "")
		}},
	}
	for _, ofBook := range []bool{false, true} {
		for _, name := range peoplesVerbs() {
			if Has(name, OfBook) == ofBook {
				out = append(out, saying{name, func(v template.Values, _ string) (Order, bool) {
					return aboutCase(name, v["number"], wordsOf(v))
				}})
			}
		}
	}
	return append(out,
		saying{"all", func(template.Values, string) (Order, bool) { return aboutCase("list", "", "all") }},
		saying{"that", func(v template.Values, _ string) (Order, bool) { return casesThat(v["which"]) }},
	)
}

// wordsOf is what follows the verb of a sentence, in the order in which a line has it.
func wordsOf(v template.Values) string {
	var words []string
	for _, slot := range []string{"about", "when", "time", "into", "rest"} {
		if v[slot] != "" {
			words = append(words, v[slot])
		}
	}
	return strings.Join(words, " ")
}

// plainOrder reads a sentence that is about cases and does not begin with a verb of theirs: "mark case 42 as solved".
func plainOrder(text string) (Order, bool) {
	if len(text) > chat.MaxText {
		return Order{}, false
	}
	ready := template.Ready(strings.TrimSpace(text))
	for _, s := range sayings() {
		if v, ok := sentences().Match(s.name, ready); ok {
			if o, ok := s.order(v, text); ok {
				return o, true
			}
		}
	}
	return Order{}, false
}

// setCase gives a case the state or priority that a sentence names.
func setCase(v template.Values, _ string) (Order, bool) {
	if verb, words, ok := stateVerb(v["state"]); ok {
		return aboutCase(verb, v["number"], words)
	}
	p, ok := PriorityIn(v["state"])
	if !ok {
		return Order{}, false
	}
	return aboutCase("priority", v["number"], string(p))
}

// CaseOrder reports whether what somebody writes to the bot, without the command's name, is a line about cases.
func CaseOrder(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) > chat.MaxText || strings.HasPrefix(text, "/") {
		return false
	}
	if _, ok := plainOrder(text); ok {
		return true
	}
	if first, rest := chat.CutWord(text); WantsHelp(first) && VerbNamed(rest) != "" {
		return true
	}
	return ordersCase(politely(text), text)
}

// ordersCase reports whether a line that begins with a verb, or names a case, is about cases rather than a sentence
// with such a word.
func ordersCase(o Order, text string) bool {
	few := len(strings.Fields(o.All)) <= 6
	switch {
	case o.Verb == "list", o.Verb == "search", o.Verb == "stats":
		if o.All == "" && o.Wrong == "" || few && !isQuestion(text) && (o.Verb != "list" || listable(o.All)) {
			return true
		}
	case slices.Contains([]string{"reminders", "mine", "recheck", "audit"}, o.Verb) && o.All == "" && o.Wrong == "":
		return true
	case o.Verb == "export" && (o.All == "" || slices.Contains(cases.Formats, chat.Fold(o.All))):
		return true
	case o.Verb != "" && o.Number > 0 && (!o.Plain || o.Number < 1_000_000 && Has(o.Verb, BareNumber)):
		return true
	case (o.Verb == "remind" || o.Verb == "snooze") && NamedCase.MatchString(text):
		return true
	}
	// It is about a case: what cannot be read of it is said.
	return NamedCase.MatchString(text) && len(strings.Fields(text)) <= 8 && !strings.Contains(text, "\n")
}

// listable reports whether words after "list" say which cases.
func listable(words string) bool {
	_, isState := StateIn(words)
	return isState || slices.ContainsFunc([]string{"case.all", "me", "open"}, func(list string) bool {
		return slices.Contains(chat.Words(list), chat.Fold(words))
	})
}

// politely is readLine for a line that may have a please before or behind it. Only what is an order without doubt is
// read so: "can you take a look" takes no case.
func politely(text string) Order {
	o := readLine(text)
	if len(text) > 200 || o.Verb != "" && o.Words == "" {
		return o
	}
	if v, ok := matchSaid("polite-behind", text); ok {
		if short := readLine(v["any"]); short.Verb != "" && short.Words == "" {
			return short
		}
	}
	if v, ok := matchSaid("polite", text); ok && o.Verb == "" {
		if asked := readLine(v["rest"]); asked.Verb != "" &&
			(asked.Number > 0 && (!asked.Plain || asked.Words == "") || asked.All == "") {
			return asked
		}
	}
	return o
}

// stateVerb is the verb that the name of a state stands for.
func stateVerb(text string) (verb, words string, ok bool) {
	s, ok := StateIn(text)
	switch {
	case !ok:
		return "", "", false
	case s == cases.Solved:
		return "solve", "", true
	case s == cases.Closed:
		return "close", "", true
	}
	return "state", string(s), true
}

// readLine is Read for a line that begins with a verb, its case or a state, and is no other sentence.
func readLine(text string) Order {
	if verb, rest := verbIn(text); verb != "" {
		return numbered(verb, rest)
	}
	if o, ok := numberFirst(text); ok {
		return o
	}
	if verb, words, ok := stateVerb(text); ok {
		return Order{Verb: verb, Words: words, All: words}
	}
	if i := strings.LastIndexFunc(text, unicode.IsSpace); i > 0 { // "waiting for DNS 42"
		if n, plain, rest, ok := CaseIn(text[i:], true); ok && rest == "" {
			if verb, words, ok := stateVerb(text[:i]); ok {
				return Order{Verb: verb, Number: n, Plain: plain, Words: words, All: words}
			}
		}
	}
	return Order{Words: text, All: text}
}
