package acts

import (
	"context"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Tag adds tags, and untag takes them off, as does a minus before one.
func Tag(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	tags := work.TagsIn(k.Clean(o.Words))
	if len(tags) == 0 {
		return work.Wrong("case.which-tag", nil)
	}
	var on, off, left []string
	for _, t := range tags {
		if name, minus := strings.CutPrefix(t, "-"); minus || o.Verb == "untag" {
			off = append(off, name)
		} else {
			on = append(on, name)
		}
	}
	_, _, err := k.Deps.Book.Change(ctx, k.Req.Team, c.Number, k.Req.ID, func(c *cases.Case) (e cases.Edit, err error) {
		e, left, err = c.Tag(k.Act(ctx, o), on, off)
		return e, err
	})
	switch {
	case cases.Why(err).Reason == cases.Unchanged:
		return k.Same(ctx, c, "case.tagged", map[string]any{"tags": c.Tags})
	case err != nil:
		return chat.Reply{}, err
	}
	c, err = k.Deps.Book.Case(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Tone: chat.Good, Title: k.Text("case.tagged", map[string]any{"case": c.Name(), "tags": c.Tags}),
		Final: true, Data: work.CaseData(c), Outbox: []chat.Message{k.RootPost(c)}}
	if len(left) > 0 {
		out.Tone = chat.Caution
		out.Sections = []chat.Section{{Text: k.Text("case.tags-full", map[string]any{"count": cases.MaxTags, "tags": left})}}
	}
	k.MovedNote(o, &out)
	return k.Done(ctx, c, out)
}
