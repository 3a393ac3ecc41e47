package acts

import (
	"context"

	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Delete deletes a case: what it held is gone, and that it was deleted, by whom, is on record.
func Delete(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	if !work.Sure(o.Words) {
		return chat.Reply{Tone: chat.Caution,
			Title: k.Text("case.delete.sure", map[string]any{"case": c.Name(), "title": k.Title(c)}), Final: true,
			Actions: []chat.Action{{
				ID: "delete", Label: k.Text("case.button.delete", nil), Command: chat.Case, Text: "delete " + c.Name() + " yes",
				Danger: true, Confirm: k.Text("case.delete.confirm", map[string]any{"case": c.Name()}),
			}}}, nil
	}
	if err := k.Deps.Book.Delete(ctx, k.Req.Team, c.Number, k.Req.User); err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Tone: chat.Good, Title: k.Text("case.deleted", map[string]any{"case": c.Name()}), Final: true}
	if c.Thread != "" { // what the root message showed goes too
		lang := k.CaseLang(c)
		gone := chat.Reply{Audience: chat.Channel, Title: chat.Text(lang, "case.deleted", map[string]any{"case": c.Name()}),
			Final: true, Lang: lang, Location: &chat.Location{Channel: c.Channel, TS: c.Thread}}
		out.Outbox = []chat.Message{{Key: "deleted:" + k.Req.ID, Channel: c.Channel, Reply: gone, Lang: lang}}
	}
	return out, nil
}
