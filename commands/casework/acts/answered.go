package acts

import (
	"context"
	"errors"
	"slices"
	"time"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// answer is which contact was answered, as somebody says it: by its ticket or channel, at a time, with words of what
// was said.
type answer struct {
	kind, ticket string
	at           time.Time
	text         string
}

// readAnswer reads "0003Y5YJCP at 10:00 they look into it".
func readAnswer(k *work.Work, c *cases.Case, words string) (a answer, err error) {
	a.at = k.Now
	a.kind, a.text = k.KindIn(words)
	if first, rest := chat.CutWord(a.text); first != "" {
		number, isTicket := intent.ReadTicket(first)
		if isTicket && (slices.Contains(c.Tickets, number) || intent.LooksLikeTicket(first)) {
			a.ticket, a.text = number, rest
		}
	}
	at, rest, err := datetime.PastIn(a.text, k.Now, k.Req.Zone)
	switch {
	case err == nil:
		a.at, a.text = at, rest
	case !errors.Is(err, datetime.ErrNone):
		return a, &work.WrongOrder{ID: "case.answered-when", Args: map[string]any{"why": intent.WhyNot(k.Req.Lang, err)}}
	}
	return a, nil
}

// Answered notes the first response: to the contact that is named by its ticket or channel, otherwise to the latest
// that has none.
func Answered(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	a, err := readAnswer(k, c, o.Words)
	if err != nil {
		return chat.Reply{}, err
	}
	of, args := cases.Answer{Ticket: a.ticket, Channel: a.kind, At: a.at, Text: k.Clean(a.text)}, map[string]any{}
	to := func(x cases.Contact) {
		wait, _ := x.Wait()
		args["channel"], args["after"] = k.ChannelName(k.Req.Lang, x.Channel, x.Ticket), chat.Span(k.Req.Lang, wait)
	}
	if len(contacts) > 0 { // it may be this very request that has noted it, before a crash
		to(contacts[len(contacts)-1])
	}
	out, err := k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		e, err := c.Answer(k.Act(ctx, o), contacts, of)
		if err == nil {
			to(*e.Contact)
		}
		return e, err
	}, "case.answered", args, k.Stays(c))
	args = map[string]any{"case": c.Name(), "ticket": a.ticket, "tickets": c.Tickets}
	switch why := cases.Why(err); why.Reason {
	case cases.BeforeContact:
		return work.Wrong("case.answered-when",
			map[string]any{"why": k.Text("case.answered-before", map[string]any{"time": k.Clock(why.At)})})
	case cases.NoTicket:
		return work.Wrong("case.no-such-ticket", args)
	case cases.NoContact:
		if a.kind == "" {
			return work.Wrong("case.no-contacts", args)
		}
		args["channel"] = k.ChannelName(k.Req.Lang, a.kind, a.ticket)
		return work.Wrong("case.no-such-contact", args)
	case cases.AllAnswered:
		return work.Wrong("case.nothing-unanswered", args)
	}
	return out, err
}
