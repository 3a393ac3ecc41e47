package work

import (
	"context"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/chat"
)

// WatchAnswer looks after the contact that was just kept: unanswered for long, another channel is proposed.
func (k *Work) WatchAnswer(ctx context.Context, r *chat.Reply) {
	number := r.Data.(map[string]any)["number"].(int64) // made by caseData
	c, err := k.Deps.Book.Case(ctx, k.Req.Team, number)
	if err != nil {
		return
	}
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, number)
	if err != nil || len(contacts) == 0 {
		return
	}
	r.Scheduled = append(r.Scheduled, c.AnswerEvents(contacts, k.Business(ctx))...)
}

const maxArmed = 1000 // cases that are looked at for what was promised

// Promised is everything that cases have promised for later: reminders, and a look at those that may be forgotten. Each
// has the name under which it was promised first, so that it comes once, whether it was armed before or came with an
// import. Those that are forgotten already are looked at in some days where overdue is set.
func (k *Work) Promised(ctx context.Context, overdue bool) (out []event.Event, err error) {
	each := func(q cases.Query, do func(*cases.Case)) error {
		for below, seen := int64(0), 0; seen < maxArmed; {
			found, next, err := k.Deps.Book.Find(ctx, k.Req.Team, q, below, 50)
			if err != nil {
				return err
			}
			for _, c := range found {
				do(c)
			}
			if seen, below = seen+len(found), next; next == 0 {
				break
			}
		}
		return nil
	}
	err = each(cases.Query{Promised: true}, func(c *cases.Case) {
		for _, m := range c.Reminders {
			if m.At.After(k.Now) {
				out = append(out, c.RemindEvent(m))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	err = each(cases.Query{Open: true}, func(c *cases.Case) {
		if overdue || !c.Stale(k.Now) {
			out = append(out, c.LookEvents(k.Now, k.Business(ctx))...)
		}
	})
	return out, err
}
