package casework

import (
	"context"
	"errors"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// reactions are what a reaction to a case's root message says, as Slack names emoji.
var reactions = map[string]string{
	"eyes": "take", "raising_hand": "take", "hourglass": "state waiting-provider",
	"hourglass_flowing_sand": "state waiting-provider", "globe_with_meridians": "state waiting-dns",
	"arrows_counterclockwise": "recheck", "repeat": "recheck", "white_check_mark": "solve", "heavy_check_mark": "solve",
	"leftwards_arrow_with_hook": "reopen",
}

// react does what a reaction to a case's root message says, where the channel has switched that on.
func react(ctx context.Context, k *work.Work, emoji string) (chat.Reply, error) {
	verb, words, _ := strings.Cut(reactions[emoji], " ")
	s, err := k.Deps.Book.Channel(ctx, k.Req.Team, k.Req.Channel)
	if err != nil {
		return chat.Reply{}, err
	}
	n, err := k.Deps.Book.InThread(ctx, k.Req.Team, k.Req.Channel, k.Req.Thread)
	switch {
	case errors.Is(err, cases.ErrNone) || err == nil && (verb == "" || !s.Emoji):
		return chat.Reply{Title: chat.Case, Final: true}, nil
	case err != nil:
		return chat.Reply{}, err
	}
	if verb == "solve" && words == "" {
		words = k.Text("case.by-emoji", nil)
	}
	r := k.Req
	r.Internal, r.Inside, r.Text, r.Lang = false, nil, strings.TrimSpace(verb+" "+cases.Name(n)+" "+words), k.Req.Lang
	return carryOut(ctx, k.Deps, r, k.Tell)
}
