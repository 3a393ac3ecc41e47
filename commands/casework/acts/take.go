package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Take makes the asker the one who works on the case. Where somebody else has taken it since the button was shown, the
// asker is told.
func Take(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Take(k.Act(ctx, o))
	}, "case.taken", nil, k.Stays(c))
	switch why := cases.Why(err); why.Reason {
	case cases.Unchanged:
		return k.Same(ctx, c, "case.taken", nil)
	case cases.Taken:
		return chat.Reply{
			Tone: chat.Caution, Title: k.Text("case.taken-already", map[string]any{"case": c.Name()}), Final: true,
			Sections: []chat.Section{{Fields: []chat.Field{{Label: k.Text("case.label.assignee", nil), Person: why.By}}}},
			Actions: []chat.Action{{ID: "take", Label: k.Text("case.button.take-over", nil), Command: chat.Case,
				Text: "take " + c.Name()}},
		}, nil
	}
	return out, err
}
