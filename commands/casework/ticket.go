package casework

import (
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag/pattern"
)

// aMention is a person, channel or link as Slack writes it: no part of it is a ticket's number.
var aMention = pattern.New(`<[^<>\s][^<>]*>`)

// ticketsIn is what looks like a ticket's number in a text, and is none of the case's own yet.
func ticketsIn(text string, c *cases.Case) []string {
	var out []string
	for _, m := range intent.TicketNumber.FindAllString(aMention.ReplaceAllString(text, " "), 20) {
		if len(m) >= 8 && len(m) <= 20 && !slices.Contains(c.Tickets, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out[:min(len(out), 3)]
}

// ticket keeps a ticket's number: with the contact by ticket that has none yet and waits for its answer, otherwise as a contact of its own.
func (k *Work) ticket(ctx context.Context, c *cases.Case) error {
	number, ok := intent.ReadTicket(k.words)
	if !ok {
		k.wrong("case.which-ticket", map[string]any{"what": chat.Clip(k.words, 60)})
		return nil
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	open := func(x cases.Contact) bool { return len(ticketsIn(strings.ToUpper(x.Gist), &cases.Case{})) == 0 }
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Ticket(k.act(ctx), number, contacts, open)
	}, "case.ticket-kept", map[string]any{"ticket": number}, k.stays(c), func(r *chat.Reply) { k.watchAnswer(ctx, r) })
	if cases.Why(err).Reason == cases.Unchanged {
		return k.same(ctx, c, "case.ticket-kept", map[string]any{"ticket": number})
	}
	return err
}

// ticketSaid finds a ticket's number that words call so: "they opened ticket 0003Y5YJCP".
var ticketSaid = pattern.New(`(?i)(?:\bticket|工单)(?:\s*(?:number|no\.?|编号|号))?(?:\s+is|为|是)?[\s:：#]*([0-9A-Za-z]{6,20})\b`)

// keepTicket is the button that keeps what looks like a ticket's number.
func (k *Work) keepTicket(c *cases.Case, number string) chat.Action {
	return chat.Action{ID: "ticket-" + number, Label: chat.Clip(k.text("case.button.keep-ticket", map[string]any{"ticket": number}), 29), Command: chat.Case, Text: "ticket " + c.Name() + " " + number}
}
