package acts

import (
	"cmp"
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// State says who has to act next.
func State(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	s, ok := intent.StateIn(cmp.Or(o.Values["state"], o.Words))
	if !ok || !s.Open() {
		return work.Wrong("case.which-state", nil)
	}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.WaitFor(k.Act(ctx, o), s)
	}, "case.state-set", map[string]any{"state": k.Text("case.state."+string(s), nil)})
	switch cases.Why(err).Reason {
	case cases.Ended:
		return k.Ended(ctx, c)
	case cases.Unchanged:
		return k.Same(ctx, c, "case.state-set", map[string]any{"state": k.Text("case.state."+string(s), nil)})
	}
	return out, err
}
