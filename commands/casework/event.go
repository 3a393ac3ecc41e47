package casework

import (
	"context"
	"errors"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// EventOf is the time that has come, of which a request from inside tells. It may be a line that was put into the queue
// before there were events.
func EventOf(r chat.Request) (e event.Event, ok bool) {
	switch {
	case !r.Internal:
		return e, false
	case r.Event != nil:
		e = *r.Event
		e.Team = r.Team
		return e, e.Validate() == nil
	}
	return event.In(r.Team, r.Channel, r.Text, time.Unix(1, 0))
}

// happens does what is to be done at a time that has come. Nobody is answered.
func happens(ctx context.Context, k *work.Work, e event.Event) (chat.Reply, error) {
	switch e.Kind {
	case event.DigestDue:
		return digest(ctx, k, e)
	case event.RetentionDue:
		return sweep(ctx, k, e)
	case event.ScheduleCheck:
		return schedule(ctx, k)
	}
	c, err := k.Deps.Book.Case(ctx, k.Req.Team, e.Case)
	if errors.Is(err, cases.ErrNone) { // deleted since
		return chat.Reply{Title: cases.Name(e.Case), Final: true}, nil
	}
	if err != nil {
		return chat.Reply{}, err
	}
	return due(ctx, k.In(k.CaseLang(c)), c, e)
}
