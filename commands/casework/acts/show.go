package acts

import (
	"context"

	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

const maxShown = 15 // lines of a timeline that show shows, the latest

// Show shows a case with the latest of its timeline.
func Show(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	out, err := k.Card(ctx, c, false)
	if err != nil {
		return chat.Reply{}, err
	}
	recent, err := k.Deps.Book.Recent(ctx, k.Req.Team, c.Number, 10*maxShown)
	if err != nil {
		return chat.Reply{}, err
	}
	line := chat.Section{Heading: k.Text("case.timeline", nil), Entries: k.Entries(recent)}
	if n := len(line.Entries) - maxShown; n > 0 || len(recent) == 10*maxShown {
		line.Entries = line.Entries[max(n, 0):]
		line.Text = k.Text("case.earlier", map[string]any{"example": "/" + chat.Case + " review " + c.Name()})
	}
	out.Sections = append(out.Sections, line)
	return k.Done(ctx, c, out)
}
