package commands

import (
	"slices"

	"signpost/cases/event"
	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/watching"
	"signpost/diag"
)

// WholeBook reports whether a request goes through a whole casebook, which takes longer than any other.
func WholeBook(r chat.Request) bool {
	if e, ok := casework.EventOf(r); ok {
		return e.Kind == event.RetentionDue || e.Kind == event.ScheduleCheck
	}
	command, text := r.Command, r.Text
	if command == "" {
		command, text = intent.FromWords(text, len(r.Files) > 0)
	}
	return command == chat.Case && slices.Contains([]string{"export", "import", "forget"}, intent.Read(text).Verb)
}

// Verdict is what a diagnosis came to, as JSON has it: ok, problems, broken or unknown; false where an answer is none.
func Verdict(r chat.Reply) (verdict string, ok bool) {
	report, ok := r.Data.(*diag.Report)
	if !ok {
		return "", false
	}
	return string(report.Verdict()), true
}

// LooksNow reports whether what is asked of /mailwatch looks at a domain at once, which takes longer than the rest.
func LooksNow(text string) bool { return watching.LooksNow(text) }
