package intent

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
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

// aboutCase is an order about one case, or none; ok is false where the number can be none.
func aboutCase(verb, number, words string) (o Order, ok bool) {
	o = Order{Verb: verb, Words: words, All: words}
	if number == "" {
		return o, true
	}
	n, err := strconv.ParseInt(number, 10, 64)
	o.Number = n
	return o, err == nil && n > 0
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

func namesStateOrPriority(said string) bool {
	_, isState := StateIn(said)
	_, isPriority := PriorityIn(said)
	return isState || isPriority
}

// casesThat is the order for the cases that words describe: by state, by priority, or by state and day.
func casesThat(said string) (Order, bool) {
	if s, ok := StateIn(said); ok {
		return aboutCase("list", "", string(s))
	}
	if p, ok := PriorityIn(said); ok {
		return aboutCase("list", "", "priority:"+string(p))
	}
	if slices.Contains(chat.Words("open"), chat.Fold(said)) {
		return aboutCase("list", "", "")
	}
	if len(said) < 100 && describes(said) {
		return aboutCase("search", "", said)
	}
	return Order{}, false
}

// describes reports whether words say nothing but in which state and of which days cases are: "solved today".
func describes(said string) bool {
	var words []string
	for _, w := range strings.Fields(said) {
		words = append(words, SplitHan(w)...)
	}
	states := 0
	for len(words) > 0 {
		n := 0
		for i := min(len(words), 4); i > 0 && n == 0; i-- {
			if _, ok := StateIn(strings.Join(words[:i], " ")); ok {
				n = i
				states++
			}
		}
		if n == 0 {
			_, _, n = datetime.Days(words, time.Now())
		}
		if n == 0 {
			return false
		}
		words = words[n:]
	}
	return states == 1
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
