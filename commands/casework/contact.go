package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/kb"
)

// contactKinds is the channels of a contact, in the order in which they are offered.
var contactKinds = []string{kb.Ticket, kb.Phone, kb.Chat, kb.Email, kb.Manager, kb.HelpCentre}

// contact keeps one contact with support: the record of who was asked what, and what follows.
func (k *Work) contact(ctx context.Context, c *cases.Case) error {
	v := k.r.Values
	x := cases.Contact{At: k.now, By: k.r.User, Provider: c.Provider}
	if x.Channel = v["channel"]; x.Channel == "" {
		x.Channel, k.words = k.kindIn(k.words)
	}
	if x.Channel == "" {
		k.wrong("case.which-channel", map[string]any{"channels": k.kindNames()})
		return nil
	}
	if !k.contactTime(&x) {
		return nil
	}
	if said := strings.TrimSpace(v["ticket"]); said != "" {
		number, ok := intent.ReadTicket(said)
		if !ok {
			k.wrong("case.which-ticket", map[string]any{"what": chat.Clip(said, 60)})
			return nil
		}
		x.Ticket = number
	} else if first, rest := chat.CutWord(k.words); intent.LooksLikeTicket(first) {
		if number, ok := intent.ReadTicket(first); ok {
			x.Ticket, k.words = number, rest
		}
	}
	if !k.contactTime(&x) { // it may stand behind the ticket as well
		return nil
	}
	gist := cmp.Or(strings.TrimSpace(v["gist"]), k.words)
	if who := strings.TrimSpace(v["who"]); who != "" && v["partner"] == "" { // nothing tells which part they have in it
		gist = strings.TrimSpace(gist + " (" + who + ")")
	}
	whole := k.clean(strings.TrimSpace(gist))
	if m := ticketSaid.FindStringSubmatch(whole); m != nil && x.Ticket == "" && intent.LooksLikeTicket(m[1]) {
		x.Ticket, _ = intent.ReadTicket(m[1])
	}
	if whole == "" && x.Ticket == "" {
		return k.ask(c)
	}
	x.Next = k.clean(chat.Clip(v["next"], cases.MaxText-1))
	if p := v["partner"]; p == "registrar" || p == "dns" {
		x.Partner, x.Who = p, k.clean(v["who"])
	}
	if v["answered"] == "yes" {
		x.Answered = x.At
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Contact(k.act(ctx), x, whole)
	}, "case.contact-kept", map[string]any{"what": chat.Clip(k.entryText(k.caseLang(c), x.Entries(whole)[0]), 120)}, k.stays(c), func(r *chat.Reply) { k.watchAnswer(ctx, r) }, func(r *chat.Reply) {
		k.aboutLength(r, whole, cases.MaxText)
		for _, t := range ticketsIn(whole, c) {
			if t != x.Ticket {
				r.Actions = append(r.Actions, k.keepTicket(c, t))
			}
		}
	})
}

// contactTime takes the time of a contact off its words, or from the field for it; false where it is none, which has been said.
func (k *Work) contactTime(x *cases.Contact) bool {
	said, typed := strings.TrimSpace(k.r.Values["at"]), false
	if said == "" {
		said, typed = k.words, true
	}
	at, rest, err := datetime.PastIn(said, k.now, k.r.Zone)
	switch {
	case err == nil && (typed || rest == ""):
		x.At = at
		if typed {
			k.words = rest
		}
	case typed && !errors.Is(err, datetime.ErrUnclear): // "phone tomorrow they send a part": no time of the contact
	case err == nil, errors.Is(err, datetime.ErrNone):
		k.wrong("case.contact-when", map[string]any{"why": k.text("case.contact-when.none", map[string]any{"what": chat.Clip(said, 40)})})
		return false
	default:
		k.wrong("case.contact-when", map[string]any{"why": intent.WhyNot(k.r.Lang, err)})
		return false
	}
	return true
}

// kindIn takes the channel off the beginning of words; "" where they begin with none. "by" before it is no part of it.
func (k *Work) kindIn(words string) (kind, rest string) {
	first, rest := chat.CutWord(words)
	if slices.Contains(chat.Words("by"), chat.Fold(first)) {
		first, rest = chat.CutWord(rest)
	}
	if second, after := chat.CutWord(rest); second != "" {
		if kind := k.kindNamed(first + " " + second); kind != "" {
			return kind, after
		}
	}
	if kind := k.kindNamed(first); kind != "" {
		return kind, rest
	}
	return "", words
}

// kindNamed is the channel of that name in any language; "" where there is none.
func (k *Work) kindNamed(said string) string {
	said = strings.Trim(chat.Fold(said), ":,.;、。 ")
	for _, kind := range contactKinds {
		if said == kind || slices.Contains(chat.Words("kind."+kind), said) {
			return kind
		}
		for _, lang := range chat.Languages() {
			if said == chat.Fold(k.d.KB.ChannelText(lang, "kind."+kind, nil)) {
				return kind
			}
		}
	}
	return ""
}

func (k *Work) kindNames() (out []string) {
	for _, kind := range contactKinds {
		name := k.d.KB.ChannelText(k.r.Lang, "kind."+kind, nil)
		if !strings.EqualFold(name, kind) {
			name = kind + " (" + name + ")"
		}
		out = append(out, name)
	}
	return out
}

// answer is which contact was answered, as somebody says it: by its ticket or channel, at a time, with words of what was said.
type answer struct {
	kind, ticket string
	at           time.Time
	text         string
}

// readAnswer reads "0003Y5YJCP at 10:00 they look into it".
func (k *Work) readAnswer(c *cases.Case) (a answer, ok bool) {
	a.at = k.now
	a.kind, a.text = k.kindIn(k.words)
	if first, rest := chat.CutWord(a.text); first != "" {
		number, isTicket := intent.ReadTicket(first)
		if isTicket && (slices.Contains(c.Tickets, number) || intent.LooksLikeTicket(first)) {
			a.ticket, a.text = number, rest
		}
	}
	at, rest, err := datetime.PastIn(a.text, k.now, k.r.Zone)
	switch {
	case err == nil:
		a.at, a.text = at, rest
	case !errors.Is(err, datetime.ErrNone):
		k.wrong("case.answered-when", map[string]any{"why": intent.WhyNot(k.r.Lang, err)})
		return a, false
	}
	return a, true
}

// answered notes the first response: to the contact that is named by its ticket or channel, otherwise to the latest that has none.
func (k *Work) answered(ctx context.Context, c *cases.Case) error {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	a, ok := k.readAnswer(c)
	if !ok {
		return nil
	}
	of, args := cases.Answer{Ticket: a.ticket, Channel: a.kind, At: a.at, Text: k.clean(a.text)}, map[string]any{}
	to := func(x cases.Contact) {
		wait, _ := x.Wait()
		args["channel"], args["after"] = k.channelName(k.r.Lang, x.Channel, x.Ticket), chat.Span(k.r.Lang, wait)
	}
	if len(contacts) > 0 { // it may be this very request that has noted it, before a crash
		to(contacts[len(contacts)-1])
	}
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		e, err := c.Answer(k.act(ctx), contacts, of)
		if err == nil {
			to(*e.Contact)
		}
		return e, err
	}, "case.answered", args, k.stays(c))
	args = map[string]any{"case": c.Name(), "ticket": a.ticket, "tickets": c.Tickets}
	switch why := cases.Why(err); why.Reason {
	case cases.BeforeContact:
		k.wrong("case.answered-when", map[string]any{"why": k.text("case.answered-before", map[string]any{"time": k.clock(why.At)})})
		return nil
	case cases.NoTicket:
		k.wrong("case.no-such-ticket", args)
		return nil
	case cases.NoContact:
		if a.kind == "" {
			k.wrong("case.no-contacts", args)
			return nil
		}
		args["channel"] = k.channelName(k.r.Lang, a.kind, a.ticket)
		k.wrong("case.no-such-contact", args)
		return nil
	case cases.AllAnswered:
		k.wrong("case.nothing-unanswered", args)
		return nil
	}
	return err
}
