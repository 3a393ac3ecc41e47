package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Root is the case's root message: how it stands, and what can be done.
func Root(ctx context.Context, k *work.Work, c *cases.Case) (chat.Reply, error) {
	k = k.In(k.CaseLang(c))
	out, err := k.Card(ctx, c, true)
	if err != nil {
		return chat.Reply{}, err
	}
	out.Audience = chat.Channel
	if c.Thread != "" {
		out.Location = &chat.Location{Channel: c.Channel, TS: c.Thread}
	}
	recent, err := k.Deps.Book.Recent(ctx, k.Req.Team, c.Number, 3)
	if err != nil {
		return chat.Reply{}, err
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Entries: k.Entries(recent)})
	return out, nil
}

// Posted notes where the root message stands: what is said in its thread belongs to the case.
func Posted(ctx context.Context, k *work.Work, c *cases.Case) (chat.Reply, error) {
	_, _, err := k.Deps.Book.Change(ctx, k.Req.Team, c.Number, "", func(c *cases.Case) (cases.Edit, error) {
		return c.Posted(k.Req.Channel, k.Req.Thread)
	})
	return chat.Reply{Title: c.Name(), Final: true, Data: work.CaseData(c)}, err
}
