package casework

import (
	"context"
	"errors"

	"signpost/cases"
	"signpost/commands/casework/acts"
	"signpost/commands/casework/book"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// inside does what the program itself asks. No person is answered, but for their own page.
func inside(ctx context.Context, k *work.Work, asked chat.Inside) (chat.Reply, error) {
	switch asked.Kind {
	case chat.HomePage:
		return book.Home(ctx, k)
	case chat.ThreadReply:
		return acts.Heard(ctx, k, asked.Words)
	case chat.Reaction:
		return react(ctx, k, asked.Words)
	}
	c, err := k.Deps.Book.Case(ctx, k.Req.Team, asked.Card.Case)
	if errors.Is(err, cases.ErrNone) { // deleted since
		return chat.Reply{Title: cases.Name(asked.Card.Case), Final: true}, nil
	}
	if err != nil {
		return chat.Reply{}, err
	}
	if asked.Kind == chat.CardPosted {
		return acts.Posted(ctx, k, c)
	}
	return acts.Root(ctx, k, c)
}
