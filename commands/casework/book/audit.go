package book

import (
	"context"
	"slices"

	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

const maxAudited = 40 // entries of the audit on one page

// Audit shows who did what to the casebook as a whole.
func Audit(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	list, err := k.Deps.Book.Audits(ctx, k.Req.Team, maxAudited)
	if err != nil {
		return chat.Reply{}, err
	}
	slices.Reverse(list)
	out := chat.Reply{Title: k.Text("case.audit", map[string]any{"count": len(list)}), Final: true, Data: list}
	about := chat.Section{Muted: true, Text: k.Text("case.audit.about", nil)}
	var lines []chat.Entry
	for _, e := range list {
		lines = append(lines, chat.Entry{At: e.At, Text: e.Text, By: e.By})
	}
	out.Sections = []chat.Section{{Entries: lines}, about}
	if len(list) == 0 {
		out.Sections = []chat.Section{{Text: k.Text("case.audit.none", nil)}, about}
	}
	return out, nil
}
