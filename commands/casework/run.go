package casework

import (
	"context"
	"errors"

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
