package book

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
)

// promise is a reminder and its case.
type promise struct {
	cases.Reminder
	of *cases.Case
}

// promises is what the asker is to be reminded of, the next first.
func promises(ctx context.Context, k *work.Work) (out []promise, err error) {
	found, _, err := k.Deps.Book.Find(ctx, k.Req.Team, cases.Query{Reminded: k.Req.User, Seen: k.Seen}, 0, 50)
	for _, c := range found {
		for _, m := range c.Reminders {
			if m.By == k.Req.User && m.At.After(k.Now) {
				out = append(out, promise{m, c})
			}
		}
	}
	slices.SortFunc(out, func(x, y promise) int {
		return cmp.Or(x.At.Compare(y.At),
			cmp.Compare(x.of.Number, y.of.Number))
	})
	return out, err
}

// Reminders lists what the asker is to be reminded of.
func Reminders(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	list, err := promises(ctx, k)
	if err != nil {
		return chat.Reply{}, err
	}
	out, s := chat.Reply{Title: k.Text("case.reminders", nil), Final: true}, chat.Section{}
	data := []map[string]any{}
	for i, m := range list {
		data = append(data, map[string]any{"case": m.of.Name(), "at": m.At.Format(time.RFC3339), "what": m.What})
		if i < 20 {
			s.Items = append(s.Items, k.Clock(m.At)+" · "+m.of.Name()+" "+cmp.Or(m.What, k.Title(m.of)))
		}
		if i < 10 {
			out.Actions = append(out.Actions,
				chat.Action{ID: "off-" + strconv.Itoa(i),
					Label: chat.Clip(k.Text("case.button.remind-off-of",
						map[string]any{"case": m.of.Name(), "time": datetime.In(m.At, k.Req.Zone).Format("01-02 15:04")}), 29),
					Command: chat.Case, Text: "remind " + m.of.Name() + " off " + m.ID})
		}
	}
	if n := len(list) - 20; n > 0 {
		s.Items = append(s.Items, k.Text("case.more-of-them", map[string]any{"count": n}))
	}
	if len(list) == 0 {
		s.Text = k.Text("case.reminders.none", nil)
	}
	out.Sections, out.Data = []chat.Section{s}, data
	return out, nil
}
