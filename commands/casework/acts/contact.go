package acts

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// Contact keeps one contact with support: the record of who was asked what, and what follows.
func Contact(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	v := o.Values
	x := cases.Contact{At: k.Now, By: k.Req.User, Provider: c.Provider}
	if x.Channel = v["channel"]; x.Channel == "" {
		x.Channel, o.Words = k.KindIn(o.Words)
	}
	if x.Channel == "" {
		return work.Wrong("case.which-channel", map[string]any{"channels": k.KindNames()})
	}
	var err error
	if x.At, o.Words, err = contactTime(k, o, x.At); err != nil {
		return chat.Reply{}, err
	}
	if said := strings.TrimSpace(v["ticket"]); said != "" {
		number, ok := intent.ReadTicket(said)
		if !ok {
			return work.Wrong("case.which-ticket", map[string]any{"what": chat.Clip(said, 60)})
		}
		x.Ticket = number
	} else if first, rest := chat.CutWord(o.Words); intent.LooksLikeTicket(first) {
		if number, ok := intent.ReadTicket(first); ok {
			x.Ticket, o.Words = number, rest
		}
	}
	if x.At, o.Words, err = contactTime(k, o, x.At); err != nil { // it may stand behind the ticket as well
		return chat.Reply{}, err
	}
	gist := cmp.Or(strings.TrimSpace(v["gist"]), o.Words)
	if who := strings.TrimSpace(v["who"]); who != "" && v["partner"] == "" { // nothing tells which part they have in it
		gist = strings.TrimSpace(gist + " (" + who + ")")
	}
	whole := k.Clean(strings.TrimSpace(gist))
	if number := intent.TicketSaid(whole); number != "" && x.Ticket == "" {
		x.Ticket = number
	}
	if whole == "" && x.Ticket == "" {
		return work.Ask(k, o), nil
	}
	x.Next = k.Clean(chat.Clip(v["next"], cases.MaxText-1))
	if p := v["partner"]; p == "registrar" || p == "dns" {
		x.Partner, x.Who = p, k.Clean(v["who"])
	}
	if v["answered"] == "yes" {
		x.Answered = x.At
	}
	return k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Contact(k.Act(ctx, o), x, whole)
	}, "case.contact-kept", map[string]any{"what": chat.Clip(k.EntryText(k.CaseLang(c), x.Entries(whole)[0]), 120)},
		k.Stays(c), func(r *chat.Reply) { k.WatchAnswer(ctx, r) }, func(r *chat.Reply) {
			k.AboutLength(r, whole, cases.MaxText)
			for _, t := range work.TicketsIn(whole, c) {
				if t != x.Ticket {
					r.Actions = append(r.Actions, k.KeepTicket(c, t))
				}
			}
		})
}

// contactTime is the time of a contact, which is taken off the words or is in a field of its own; that of before where
// none is said.
func contactTime(k *work.Work, o work.Order, before time.Time) (at time.Time, words string, err error) {
	said, typed := strings.TrimSpace(o.Values["at"]), false
	if said == "" {
		said, typed = o.Words, true
	}
	at, rest, err := datetime.PastIn(said, k.Now, k.Req.Zone)
	switch {
	case err == nil && typed:
		return at, rest, nil
	case err == nil && rest == "":
		return at, o.Words, nil
	case typed && !errors.Is(err, datetime.ErrUnclear): // "phone tomorrow they send a part": no time of the contact
		return before, o.Words, nil
	case err == nil, errors.Is(err, datetime.ErrNone):
		return before, "", &work.WrongOrder{ID: "case.contact-when",
			Args: map[string]any{"why": k.Text("case.contact-when.none", map[string]any{"what": chat.Clip(said, 40)})}}
	}
	return before, "", &work.WrongOrder{ID: "case.contact-when",
		Args: map[string]any{"why": intent.WhyNot(k.Req.Lang, err)}}
}
