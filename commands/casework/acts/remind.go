package acts

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// Remind reminds the asker of the case at a time; snooze moves the next reminder there.
func Remind(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	said := cmp.Or(strings.TrimSpace(o.Values["when"]), o.Words)
	if first, rest := chat.CutWord(said); intent.OffWord(first) {
		return cancel(ctx, k, o, rest)
	}
	if o.Verb == "snooze" && said == "" {
		said = "2h"
	}
	at, what, err := datetime.Next(said, k.Now, k.Req.Zone)
	if err != nil {
		if errors.Is(err, datetime.ErrNone) { // "call them tomorrow 9:00"
			return work.Wrong("case.when", nil)
		}
		return work.Wrong("case.when-not", map[string]any{"why": intent.WhyNot(k.Req.Lang, err)})
	}
	what = k.Clean(chat.Clip(what, 300))
	rule, told := (*cases.Case).Remind, "case.reminder-set"
	mine := cases.Reminder{ID: strings.Join(strings.Fields(k.Req.ID), "_"), At: at, By: k.Req.User, What: what}
	args := map[string]any{"time": k.Clock(at), "what": what}
	if o.Verb == "snooze" {
		rule = (*cases.Case).Snooze
		if next, ok := c.NextReminder(k.Req.User, k.Now); ok {
			mine.What, told = cmp.Or(what, next.What), "case.reminder-moved"
			args["what"] = mine.What
		}
	}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return rule(c, k.Act(ctx, o), mine)
	}, told, args, func(r *chat.Reply) {
		r.Scheduled = append(r.Scheduled, c.RemindEvent(mine))
		r.Outbox = r.Outbox[:1] // nobody else need know
		r.Actions = append(r.Actions,
			chat.Action{ID: "off", Label: k.Text("case.button.remind-off", nil), Command: chat.Case,
				Text: "remind " + c.Name() + " off " + mine.ID})
	})
	switch cases.Why(err).Reason {
	case cases.Unchanged:
		return k.Same(ctx, c, told, args)
	case cases.Full:
		return work.Wrong("case.reminders-full", map[string]any{"count": cases.MaxReminders})
	}
	return out, err
}

// cancel takes back one of the asker's reminders, or all that the case has.
func cancel(ctx context.Context, k *work.Work, o work.Order, id string) (chat.Reply, error) {
	if o.Moved != nil { // it was made before the merger
		if _, ok := o.Moved.NextReminder(k.Req.User, k.Now); ok {
			o.Case, o.Moved = o.Moved, nil
		}
	}
	c, args := o.Case, map[string]any{}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		e, count, err := c.Forgo(k.Act(ctx, o), id)
		args["count"] = count
		return e, err
	}, "case.reminders-off", args, func(r *chat.Reply) { r.Outbox = r.Outbox[:1] })
	if cases.Why(err).Reason == cases.NoReminder {
		return k.Done(ctx, c, chat.Reply{Title: k.Text("case.no-reminder", map[string]any{"case": c.Name()}), Final: true,
			Data: work.CaseData(c)})
	}
	return out, err
}
