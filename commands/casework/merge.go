package casework

import (
	"cmp"
	"context"
	"fmt"
	"regexp"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

var mergeInto = regexp.MustCompile(`(?i)^(?:(?:into|with|to|in)\b|到|入|进|和|与)\s*`)

// merge puts a case into another: its contacts and timeline go along, and it is closed.
func (k *Work) merge(ctx context.Context, c *cases.Case) error {
	n, _, _, ok := intent.CaseIn(mergeInto.ReplaceAllString(cmp.Or(k.r.Values["into"], k.words), ""), true)
	if !ok || n == c.Number {
		k.wrong("case.into-which", map[string]any{"case": c.Name()})
		return nil
	}
	into, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err == nil && !k.seen(into) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if err == nil {
		into, err = k.d.Book.Survivor(ctx, k.r.Team, into, "")
	}
	if err != nil {
		return err
	}
	if !k.seen(into) {
		return fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	switch cases.Why(c.MayMerge(into)).Reason {
	case cases.Itself:
		k.wrong("case.into-itself", map[string]any{"case": c.Name(), "part": cases.Name(n)})
		return nil
	case cases.Ended:
		return k.ended(ctx, into)
	case cases.Restricted:
		k.wrong("case.merge-restricted", map[string]any{"case": c.Name(), "into": into.Name()})
		return nil
	}
	into, err = k.d.Book.Merge(ctx, k.r.Team, c.Number, into.Number, k.r.ID, k.act(ctx))
	if err != nil {
		return err
	}
	gone, err := k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	args := map[string]any{"case": c.Name(), "into": into.Name(), "title": k.title(into)}
	out := chat.Reply{Tone: chat.Good, Title: k.text("case.merged", args), Final: true, Data: caseData(into), Outbox: []chat.Message{k.rootPost(into), k.rootPost(gone)}}
	if line := k.threadPost(into, "case.merged", args); line != nil {
		out.Outbox = append(out.Outbox, *line)
	}
	k.watchAnswer(ctx, &out) // of the contacts that came along
	return k.done(ctx, into, out)
}
