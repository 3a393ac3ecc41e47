package acts

import (
	"context"
	"errors"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Heard records a reply in a case's thread, where the channel has switched that on.
func Heard(ctx context.Context, k *work.Work, words string) (chat.Reply, error) {
	out := chat.Reply{Title: chat.Case, Final: true} // nobody waits
	s, err := k.Deps.Book.Channel(ctx, k.Req.Team, k.Req.Channel)
	if err != nil || !s.Record {
		return out, err
	}
	n, err := k.Deps.Book.InThread(ctx, k.Req.Team, k.Req.Channel, k.Req.Thread)
	if errors.Is(err, cases.ErrNone) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	text := k.Clean(words)
	c, _, err := k.Deps.Book.Change(ctx, k.Req.Team, n, k.Req.ID, func(c *cases.Case) (cases.Edit, error) {
		return c.Reply(k.Act(ctx, work.Order{}), text)
	})
	if cases.Why(err).Reason == cases.Missing { // a picture without words
		return out, nil
	}
	if err != nil {
		return out, err
	}
	k = k.In(k.CaseLang(c))
	for _, t := range work.TicketsIn(text, c) {
		offer := chat.Reply{Audience: chat.Channel, Title: k.Text("case.ticket-seen", map[string]any{"ticket": t}),
			Final: true, Lang: k.Req.Lang, Actions: []chat.Action{k.KeepTicket(c, t)}}
		out.Outbox = append(out.Outbox, chat.Message{Key: "ticket " + c.Name() + " " + t, Channel: c.Channel,
			ThreadOf: chat.CardOf(c.Number), Reply: offer, Lang: k.Req.Lang})
	}
	return out, nil
}
