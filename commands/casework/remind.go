package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// clock is a time by the asker's clock.
func (k *Work) clock(at time.Time) string {
	local := datetime.In(at, k.r.Zone)
	if _, offset := local.Zone(); offset == 0 {
		return chat.Stamp(at)
	}
	return local.Format("2006-01-02 15:04 -07:00")
}

// remind reminds the asker of the case at a time; snooze moves the next reminder there.
func (k *Work) remind(ctx context.Context, c *cases.Case) error {
	said := cmp.Or(strings.TrimSpace(k.r.Values["when"]), k.words)
	if first, rest := chat.CutWord(said); intent.OffWord(first) {
		return k.cancel(ctx, c, rest)
	}
	if k.verb == "snooze" && said == "" {
		said = "2h"
	}
	at, what, err := datetime.Next(said, k.now, k.r.Zone)
	if err != nil {
		if errors.Is(err, datetime.ErrNone) { // "call them tomorrow 9:00"
			k.wrong("case.when", nil)
			return nil
		}
		k.wrong("case.when-not", map[string]any{"why": intent.WhyNot(k.r.Lang, err)})
		return nil
	}
	what = k.clean(chat.Clip(what, 300))
	rule, told := (*cases.Case).Remind, "case.reminder-set"
	mine := cases.Reminder{ID: strings.Join(strings.Fields(k.r.ID), "_"), At: at, By: k.r.User, What: what}
	args := map[string]any{"time": k.clock(at), "what": what}
	if k.verb == "snooze" {
		rule = (*cases.Case).Snooze
		if next, ok := c.NextReminder(k.r.User, k.now); ok {
			mine.What, told = cmp.Or(what, next.What), "case.reminder-moved"
			args["what"] = mine.What
		}
	}
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return rule(c, k.act(ctx), mine)
	}, told, args, func(r *chat.Reply) {
		r.Scheduled = append(r.Scheduled, c.RemindEvent(mine))
		r.Outbox = r.Outbox[:1] // nobody else need know
		r.Actions = append(r.Actions, chat.Action{ID: "off", Label: k.text("case.button.remind-off", nil), Command: chat.Case, Text: "remind " + c.Name() + " off " + mine.ID})
	})
	switch cases.Why(err).Reason {
	case cases.Unchanged:
		return k.same(ctx, c, told, args)
	case cases.Full:
		k.wrong("case.reminders-full", map[string]any{"count": cases.MaxReminders})
		return nil
	}
	return err
}

// cancel takes back one of the asker's reminders, or all that the case has.
func (k *Work) cancel(ctx context.Context, c *cases.Case, id string) error {
	if k.moved != nil { // it was made before the merger
		if _, ok := k.moved.NextReminder(k.r.User, k.now); ok {
			c = k.moved
			k.moved = nil
		}
	}
	args := map[string]any{}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		e, count, err := c.Forgo(k.act(ctx), id)
		args["count"] = count
		return e, err
	}, "case.reminders-off", args, func(r *chat.Reply) { r.Outbox = r.Outbox[:1] })
	if cases.Why(err).Reason == cases.NoReminder {
		return k.done(ctx, c, chat.Reply{Title: k.text("case.no-reminder", map[string]any{"case": c.Name()}), Final: true, Data: caseData(c)})
	}
	return err
}

// promise is a reminder and its case.
type promise struct {
	cases.Reminder
	of *cases.Case
}

// promises is what the asker is to be reminded of, the next first.
func (k *Work) promises(ctx context.Context) (out []promise, err error) {
	found, _, err := k.d.Book.Find(ctx, k.r.Team, cases.Query{Reminded: k.r.User, Seen: k.seen}, 0, 50)
	for _, c := range found {
		for _, m := range c.Reminders {
			if m.By == k.r.User && m.At.After(k.now) {
				out = append(out, promise{m, c})
			}
		}
	}
	slices.SortFunc(out, func(x, y promise) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.of.Number, y.of.Number)) })
	return out, err
}

// reminders lists what the asker is to be reminded of.
func (k *Work) reminders(ctx context.Context) error {
	list, err := k.promises(ctx)
	if err != nil {
		return err
	}
	out, s := chat.Reply{Title: k.text("case.reminders", nil), Final: true}, chat.Section{}
	data := []map[string]any{}
	for i, m := range list {
		data = append(data, map[string]any{"case": m.of.Name(), "at": m.At.Format(time.RFC3339), "what": m.What})
		if i < 20 {
			s.Items = append(s.Items, k.clock(m.At)+" · "+m.of.Name()+" "+cmp.Or(m.What, k.title(m.of)))
		}
		if i < 10 {
			out.Actions = append(out.Actions, chat.Action{ID: "off-" + strconv.Itoa(i), Label: chat.Clip(k.text("case.button.remind-off-of", map[string]any{"case": m.of.Name(), "time": datetime.In(m.At, k.r.Zone).Format("01-02 15:04")}), 29), Command: chat.Case, Text: "remind " + m.of.Name() + " off " + m.ID})
		}
	}
	if n := len(list) - 20; n > 0 {
		s.Items = append(s.Items, k.text("case.more-of-them", map[string]any{"count": n}))
	}
	if len(list) == 0 {
		s.Text = k.text("case.reminders.none", nil)
	}
	out.Sections, out.Data = []chat.Section{s}, data
	k.say(out)
	return nil
}
