package acts

import (
	"context"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// End solves or closes a case, with how.
func End(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	resolution := k.Value(o, "resolution")
	if resolution == "" {
		return work.Ask(k, o), nil
	}
	lesson := k.Clean(o.Values["lesson"])
	rule, told := (*cases.Case).Solve, "case.solved"
	if o.Verb == "close" {
		rule, told = (*cases.Case).Close, "case.closed"
	}
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	was := "" // what was written when it was ended before
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		if was = ""; !c.State.Open() {
			was = c.Resolution
		}
		return rule(c, k.Act(ctx, o), cases.Ending{Resolution: resolution, Lesson: lesson, Contacts: contacts})
	}, told, nil, func(r *chat.Reply) { k.AboutLength(r, resolution, cases.MaxResolution) }, func(r *chat.Reply) {
		if was != "" && was != resolution {
			r.Sections = append(r.Sections, chat.Section{Heading: k.Text("case.instead", nil), Text: was})
		}
	})
	switch cases.Why(err).Reason {
	case cases.Unchanged:
		return k.Same(ctx, c, told, nil)
	case cases.Overtaken:
		return k.Slower(o, strings.TrimSpace(resolution+"\n"+lesson)), nil
	}
	return out, err
}
