package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Follow makes the asker hear of the case, or not any more.
func Follow(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	rule, told := (*cases.Case).Follow, "case.followed"
	if o.Verb == "unfollow" {
		rule, told = (*cases.Case).Unfollow, "case.unfollowed"
	}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return rule(c, k.Act(ctx, o))
	}, told, nil, func(r *chat.Reply) { r.Outbox = r.Outbox[:1] }) // nobody else need know
	if cases.Why(err).Reason == cases.Unchanged {
		return k.Same(ctx, c, told, nil)
	}
	return out, err
}
