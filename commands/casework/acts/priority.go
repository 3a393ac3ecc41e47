package acts

import (
	"cmp"
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Priority says how much it hurts.
func Priority(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	p, ok := intent.PriorityIn(cmp.Or(o.Values["priority"], o.Words))
	if !ok {
		return work.Wrong("case.which-priority", nil)
	}
	args := map[string]any{"priority": k.Text("case.priority."+string(p), nil)}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Prioritise(k.Act(ctx, o), p)
	}, "case.priority-set", args, k.Stays(c))
	if cases.Why(err).Reason == cases.Unchanged {
		return k.Same(ctx, c, "case.priority-set", args)
	}
	return out, err
}
