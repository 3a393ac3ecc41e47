package book

import (
	"context"
	"slices"
	"strings"

	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Forget takes a person out of the casebook.
func Forget(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	words, confirmed := o.Words, false
	if i := strings.LastIndexByte(words, ' '); i > 0 && work.Sure(words[i:]) {
		words, confirmed = words[:i], true
	}
	m := intent.UserID.FindStringSubmatch(strings.TrimSpace(words))
	if m == nil {
		return work.Wrong("case.forget-whom", nil)
	}
	who := m[1] + m[2]
	person := []chat.Section{{Fields: []chat.Field{{Label: k.Text("case.label.for", nil), Person: who}}}}
	if is, err := answers.IsAdmin(ctx, k.Deps, k.Req.Team, who); err != nil {
		return chat.Reply{}, err
	} else if is { // with the last of them everybody would become one
		return work.Wrong("case.forget-admin", nil)
	}
	if !confirmed {
		return chat.Reply{Tone: chat.Caution, Title: k.Text("case.forget.sure", nil), Sections: person, Final: true,
			Actions: []chat.Action{{
				ID: "forget", Label: k.Text("case.button.forget", nil), Command: chat.Case, Text: "forget <@" + who + "> yes",
				Danger: true, Confirm: k.Text("case.forget.sure", nil),
			}}}, nil
	}
	k.Tell(chat.Reply{Title: k.Text("case.whole-book", nil)})
	touched, err := k.Deps.Book.Forget(ctx, k.Req.Team, who, k.Req.User, k.Req.ID)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Tone: chat.Good, Title: k.Text("case.forgotten", map[string]any{"count": len(touched)}),
		Final: true, Data: map[string]any{"cases": len(touched)}}
	for some := range slices.Chunk(touched, bookAtOnce) {
		list, err := k.Deps.Book.Cases(ctx, k.Req.Team, some)
		if err != nil {
			return chat.Reply{}, err
		}
		for _, c := range list {
			if c.Thread != "" { // what stands in the channel about it may name them
				out.Outbox = append(out.Outbox, k.RootPost(c))
			}
		}
	}
	return out, nil
}

// bookAtOnce is how many cases are read at once where many are.
const bookAtOnce = 100
