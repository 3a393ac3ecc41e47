package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Note adds words to the timeline. What looks like a ticket's number is offered as one.
func Note(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	text := k.Value(o, "text")
	if text == "" {
		return work.Ask(k, o), nil
	}
	return k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Note(k.Act(ctx, o), text)
	}, "case.noted", nil, k.Stays(c), func(r *chat.Reply) {
		k.AboutLength(r, text, cases.MaxText)
		for _, t := range work.TicketsIn(text, c) {
			r.Actions = append(r.Actions, k.KeepTicket(c, t))
		}
		if len(r.Outbox) > 1 {
			r.Outbox[1].Reply.Sections = append([]chat.Section{{Text: text, Mentions: true}}, r.Outbox[1].Reply.Sections...)
		}
	})
}
