package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Lesson keeps what was learned: it is found with the case, and shown beside similar ones.
func Lesson(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	text := k.Value(o, "resolution")
	if text == "" {
		return work.Ask(k, o), nil
	}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Learn(k.Act(ctx, o), text)
	}, "case.lesson-kept", nil, func(r *chat.Reply) { k.AboutLength(r, text, cases.MaxResolution) })
	if cases.Why(err).Reason == cases.Overtaken {
		return k.Slower(o, text), nil
	}
	return out, err
}
