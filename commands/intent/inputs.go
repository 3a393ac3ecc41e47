package intent

import (
	"slices"

	"signpost/commands/chat"
)

// CaseInputs is every field of the forms about cases.
var CaseInputs = []chat.Input{
	{Name: "domain", Kind: chat.Domain, Optional: true}, {Name: "title"},
	{Name: "provider", Kind: chat.Choice, Optional: true}, {Name: "priority", Kind: chat.Choice, Optional: true},
	{Name: "tags", Optional: true},
	{Name: "state", Kind: chat.Choice}, {Name: "text", Kind: chat.Lines}, {Name: "channel", Kind: chat.Choice},
	{Name: "ticket", Kind: chat.TicketNumber, Optional: true}, {Name: "gist", Kind: chat.Lines},
	{Name: "answered", Kind: chat.Choice, Optional: true}, {Name: "next", Kind: chat.Lines, Optional: true},
	{Name: "partner", Kind: chat.Choice, Optional: true}, {Name: "who", Optional: true},
	{Name: "resolution", Kind: chat.Lines}, {Name: "lesson", Kind: chat.Lines, Optional: true},
	{Name: "when", Kind: chat.Moment}, {Name: "into", Kind: chat.CaseNumber},
	{Name: "since", Optional: true}, {Name: "at", Kind: chat.Earlier, Optional: true},
}

func inputsNamed(names ...string) (out []chat.Input) {
	for _, n := range names {
		out = append(out, CaseInputs[slices.IndexFunc(CaseInputs, func(i chat.Input) bool { return i.Name == n })])
	}
	return out
}

// FormOf is the fields that the form of a verb asks for; nil where it has none.
func FormOf(name string) []chat.Input { return inputsNamed(VerbOf(name).Form...) }
