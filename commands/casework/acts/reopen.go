package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Reopen opens a solved or closed case again.
func Reopen(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	if err := k.Deps.Book.Part(ctx, k.Req.Team, c, k.Req.ID, k.Req.User); err != nil {
		return chat.Reply{}, err
	}
	part := c.Merged
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Reopen(k.Act(ctx, o), k.Value(o, "text"))
	}, "case.reopened", nil, func(r *chat.Reply) {
		r.Scheduled = append(r.Scheduled, c.WordEvent(k.Now, k.Business(ctx)))
		if into, err := k.Deps.Book.Case(ctx, k.Req.Team, part); err == nil && part != 0 { // what it showed of this one goes
			r.Outbox = append(r.Outbox, k.RootPost(into))
		}
	})
	if cases.Why(err).Reason == cases.NotEnded {
		return work.Wrong("case.is-open", map[string]any{"case": c.Name()})
	}
	return out, err
}
