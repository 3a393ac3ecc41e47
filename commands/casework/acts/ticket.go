package acts

import (
	"context"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Ticket keeps a ticket's number: with the contact by ticket that has none yet and waits for its answer, otherwise as a
// contact of its own.
func Ticket(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	number, ok := intent.ReadTicket(o.Words)
	if !ok {
		return work.Wrong("case.which-ticket", map[string]any{"what": chat.Clip(o.Words, 60)})
	}
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	open := func(x cases.Contact) bool { return len(work.TicketsIn(strings.ToUpper(x.Gist), &cases.Case{})) == 0 }
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Ticket(k.Act(ctx, o), number, contacts, open)
	}, "case.ticket-kept", map[string]any{"ticket": number}, k.Stays(c), func(r *chat.Reply) { k.WatchAnswer(ctx, r) })
	if cases.Why(err).Reason == cases.Unchanged {
		return k.Same(ctx, c, "case.ticket-kept", map[string]any{"ticket": number})
	}
	return out, err
}
