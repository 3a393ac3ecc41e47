package work

import (
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/secrets"
	"signpost/diag/pattern"
)

// Value is what a field says, or the rest of the line, as a case keeps it.
func (k *Work) Value(o Order, name string) string { return k.Clean(o.field(name)) }

// nameInMention is the name that Slack may write beside a person's id.
var nameInMention = pattern.New(`<@([A-Z0-9]{2,30})\|[^<>]*>`)

// Clean is a text as a case keeps it: without passwords and the like, and people by their ids alone.
func (k *Work) Clean(text string) string {
	clean, kinds := secrets.Mask(nameInMention.ReplaceAllString(text, "<@$1>"))
	k.masked = k.masked || len(kinds) > 0
	return clean
}

// Sure reports whether a word confirms what was asked about.
func Sure(word string) bool {
	return slices.Contains(chat.Words("choice.yes"), chat.Fold(strings.TrimSpace(word)))
}

func TagsIn(text string) []string {
	var out []string
	for _, t := range strings.FieldsFunc(text,
		func(r rune) bool { return strings.ContainsRune(" ,;#\uff0c\u3001\uff1b", r) }) {
		if t = strings.ToLower(chat.Clip(t, 40)); !slices.Contains(out, t) && len(out) < cases.MaxTags {
			out = append(out, t)
		}
	}
	return out
}

// aMention is a person, channel or link as Slack writes it: no part of it is a ticket's number.
var aMention = pattern.New(`<[^<>\s][^<>]*>`)

// TicketsIn is what looks like a ticket's number in a text, and is none of the case's own yet.
func TicketsIn(text string, c *cases.Case) []string {
	var out []string
	for _, m := range intent.TicketNumber.FindAllString(aMention.ReplaceAllString(text, " "), 20) {
		if len(m) >= 8 && len(m) <= 20 && !slices.Contains(c.Tickets, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out[:min(len(out), 3)]
}

// KeepTicket is the button that keeps what looks like a ticket's number.
func (k *Work) KeepTicket(c *cases.Case, number string) chat.Action {
	return chat.Action{ID: "ticket-" + number,
		Label: chat.Clip(k.Text("case.button.keep-ticket", map[string]any{"ticket": number}), 29), Command: chat.Case,
		Text: "ticket " + c.Name() + " " + number}
}
