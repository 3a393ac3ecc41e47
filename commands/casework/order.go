package casework

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag/pattern"
)

// orderOf reads a request about cases. The verb is "" where it names none; text is the line without the wish for a
// form.
func orderOf(r chat.Request) (o work.Order, text string) {
	text, o.Form = intent.WantsForm(r.Text)
	o.Order, o.Values = intent.Read(text), maps.Clone(r.Values)
	if ended, ok := intent.StateIn(o.Words); ok && !ended.Open() && o.Verb == "state" { // "state 42 solved"
		o.Verb, o.Words = map[cases.State]string{cases.Solved: "solve", cases.Closed: "close"}[ended], ""
	}
	// A question.
	if first, _ := chat.CutWord(text); o.Verb == "state" && o.Words == "" && chat.Fold(first) == "status" && !o.Form {
		o.Verb = "show"
	}
	if o.Verb == "" && (text == "" || slices.Contains(chat.Words("case.all"), chat.Fold(text))) {
		o.Verb = "list"
	}
	return o, text
}

var revision = pattern.New(`^rev=(\d{1,15})(?:\s+|$)`)

// seenRev takes the revision that a button or form showed off the words; the present one where there is none.
func seenRev(o work.Order) work.Order {
	o.Seen = o.Case.Rev
	m := revision.FindStringSubmatch(o.Words)
	if m == nil || !intent.Has(o.Verb, intent.KnowsRevision) {
		return o
	}
	o.Words = strings.TrimSpace(o.Words[len(m[0]):])
	if n, err := strconv.ParseInt(m[1], 10, 64); err == nil {
		o.Seen = n
	}
	return o
}
