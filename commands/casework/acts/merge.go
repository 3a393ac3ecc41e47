package acts

import (
	"cmp"
	"context"
	"fmt"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Merge puts a case into another: its contacts and timeline go along, and it is closed.
func Merge(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	n, _, _, ok := intent.CaseIn(intent.Without("merge-into", cmp.Or(o.Values["into"], o.Words)), true)
	if !ok || n == c.Number {
		return work.Wrong("case.into-which", map[string]any{"case": c.Name()})
	}
	into, err := k.Deps.Book.Case(ctx, k.Req.Team, n)
	if err == nil && !k.Seen(into) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if err == nil {
		into, err = k.Deps.Book.Survivor(ctx, k.Req.Team, into, "")
	}
	if err != nil {
		return chat.Reply{}, err
	}
	if !k.Seen(into) {
		return chat.Reply{}, fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	switch cases.Why(c.MayMerge(into)).Reason {
	case cases.Itself:
		return work.Wrong("case.into-itself", map[string]any{"case": c.Name(), "part": cases.Name(n)})
	case cases.Ended:
		return k.Ended(ctx, into)
	case cases.Restricted:
		return work.Wrong("case.merge-restricted", map[string]any{"case": c.Name(), "into": into.Name()})
	}
	into, err = k.Deps.Book.Merge(ctx, k.Req.Team, c.Number, into.Number, k.Req.ID, k.Act(ctx, o))
	if err != nil {
		return chat.Reply{}, err
	}
	gone, err := k.Deps.Book.Case(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	args := map[string]any{"case": c.Name(), "into": into.Name(), "title": k.Title(into)}
	out := chat.Reply{Tone: chat.Good, Title: k.Text("case.merged", args), Final: true, Data: work.CaseData(into),
		Outbox: []chat.Message{k.RootPost(into), k.RootPost(gone)}}
	if line := k.ThreadPost(into, "case.merged", args); line != nil {
		out.Outbox = append(out.Outbox, *line)
	}
	k.WatchAnswer(ctx, &out) // of the contacts that came along
	return k.Done(ctx, into, out)
}
