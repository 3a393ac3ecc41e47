package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Run carries out what is asked about cases.
func Run(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	out, err := carryOut(ctx, d, r, reply)
	if out.Final {
		reply(out)
	}
	return err
}

// carryOut is Run with the answer as a value. An error beside it is one where trying again later may help.
func carryOut(ctx context.Context, d answers.Deps, r chat.Request, tell func(chat.Reply)) (chat.Reply, error) {
	k := work.New(d, r, tell)
	if d.Book == nil {
		return chat.Reply{Tone: chat.Caution, Title: k.Text("set.no-store", nil), Final: true}, nil
	}
	if e, ok := EventOf(r); ok {
		return happens(ctx, k, e)
	}
	if r.Inside != nil {
		return inside(ctx, k, *r.Inside)
	}
	o, text := orderOf(r)
	switch {
	case o.Verb == "":
		return unknown(k, text), nil
	case intent.WantsHelp(o.Words) && o.Number == 0:
		return Help(r.Lang, o.Verb), nil
	}
	out, err := run(ctx, k, o)
	if what := refused(k, o, err); what != nil {
		if !out.Final {
			out = *what
		}
		return out, nil
	}
	return out, err
}

// run carries out the verb: on the book as a whole, on several cases, or on the one that is meant, of which a form asks
// for what is lacking.
func run(ctx context.Context, k *work.Work, o work.Order) (out chat.Reply, err error) {
	if intent.Has(o.Verb, intent.ForAdmins) {
		if ok, err := answers.Administers(ctx, k.Deps, k.Req.Team, k.Req.User); err != nil {
			return out, err
		} else if !ok {
			return answers.ForAdmins(ctx, k.Deps, k.Req)
		}
	}
	do := handlers()[o.Verb]
	if do.ofBook != nil {
		return do.ofBook(ctx, k, o)
	}
	if len(o.More) > 0 {
		if out, err := several(ctx, k, o); !errors.Is(err, errWords) {
			return out, err
		}
		o.More = nil
	}
	if o, err = findCase(ctx, k, o); err != nil {
		return out, err
	}
	if f := intent.FormOf(o.Verb); f != nil && (o.Form || o.Bare()) {
		return work.Ask(k, o), nil
	}
	if o, err = work.Fit(k, o); err != nil {
		return out, err
	}
	return do.ofCase(ctx, k, seenRev(o))
}

// several does to each of several cases what was asked for all, and answers once.
func several(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	numbers := append([]int64{o.Number}, o.More...)
	var names []string
	for _, n := range numbers {
		if name := cases.Name(n); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	args := map[string]any{"cases": names, "count": len(names), "most": maxSeveral,
		"example": fmt.Sprintf("/%s %s %s", chat.Case, o.Verb, strings.Join(names, " "))}
	if len(names) > maxSeveral {
		return work.Wrong("case.several-too-many", args)
	}
	if o.Loose { // "close 1 2 users confirm"
		for _, n := range numbers {
			if c, err := k.Deps.Book.Case(ctx, k.Req.Team, n); errors.Is(err, cases.ErrNone) || err == nil && !k.Seen(c) {
				return chat.Reply{}, errWords // it is a word
			} else if err != nil {
				return chat.Reply{}, err
			}
		}
		return chat.Reply{Tone: chat.Caution, Title: k.Text("case.several-which", args), Final: true, Actions: []chat.Action{
			{ID: "all", Label: chat.Clip(strings.Join(names, " "), 29), Command: chat.Case,
				Text: o.Verb + " " + strings.Join(names, " ") + " " + chat.Clip(o.Rest, 1200)},
			{ID: "first", Label: chat.Clip(names[0]+": "+o.Words, 29), Command: chat.Case,
				Text: o.Verb + " " + names[0] + ": " + chat.Clip(o.Words, 1200)},
		}}, nil
	}
	if f := intent.FormOf(o.Verb); f != nil && o.Rest == "" && o.Fieldless() {
		return work.Wrong("case.several-words", args)
	}
	out := chat.Reply{Tone: chat.Good, Final: true}
	var data []any
	s := chat.Section{}
	for _, name := range names {
		r := k.Req
		r.ID, r.Text = k.Req.ID+" "+name, strings.TrimSpace(o.Verb+" "+name+": "+o.Rest)
		x, err := carryOut(ctx, k.Deps, r, func(chat.Reply) {})
		if err != nil {
			return chat.Reply{}, err
		}
		s.Items = append(s.Items, x.Title)
		if x.Tone != chat.Good && x.Tone != chat.Plain {
			out.Tone = chat.Caution
		}
		out.Outbox, out.Scheduled, data = append(out.Outbox, x.Outbox...), append(out.Scheduled, x.Scheduled...),
			append(data, x.Data)
		out.Actions = append(out.Actions,
			chat.Action{ID: "show-" + name, Label: name, Command: chat.Case, Text: "show " + name})
	}
	out.Title, out.Sections, out.Data = k.Text("case.several", args), []chat.Section{s}, data
	if k.Req.Public {
		out.Audience = chat.Channel
	}
	return out, nil
}
