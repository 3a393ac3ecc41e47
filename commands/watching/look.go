package watching

import (
	"context"
	"errors"
	"slices"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/gate"
	"signpost/watch"
)

// Happens does what is to be done for a watched domain at a time that has come. Nobody is answered; what is told goes
// to the channel that asked for it.
func Happens(ctx context.Context, d answers.Deps, r chat.Request, e event.Event, say func(chat.Reply)) error {
	k := &work{d: d, r: r, say: say, now: d.Now().UTC()}
	switch e.Kind {
	case event.LiveDue:
		return k.liveDue(ctx, e)
	case event.FeedDue:
		return k.feedDue(ctx, e)
	case event.PagesDue:
		return k.pagesDue(ctx)
	}
	out := chat.Reply{Title: chat.Watch, Final: true}
	w, err := d.Book.Watch(ctx, r.Team, e.Channel, e.Domain)
	switch {
	case errors.Is(err, cases.ErrNone): // it was removed since
		say(out)
		return nil
	case err != nil:
		return err
	case e.Due.Before(w.Next) && !e.Due.Equal(w.Done): // another look takes its place
		out.Scheduled = []chat.Event{cases.WatchEvent(r.Team, w)}
		say(out)
		return nil
	}
	first := w.Looked.IsZero()
	if !e.Due.Equal(w.Done) { // otherwise this is a repetition, which tells what was told
		if w, err = k.look(ctx, w, e.Due); err != nil {
			return err
		}
		if w == nil {
			say(out)
			return nil
		}
	}
	out.Scheduled = []chat.Event{cases.WatchEvent(r.Team, w)}
	if first && len(w.Providers) > 0 { // whose pages concern the workspace now
		out.Scheduled = append(out.Scheduled, cases.PagesEvent(r.Team, w.Done))
	}
	neighbours, err := k.askNeighbours(ctx, w)
	if err == nil {
		err = k.settle(ctx, w)
	}
	if err != nil {
		return err
	}
	out.Scheduled = append(out.Scheduled, neighbours...)
	out.Outbox = k.messages(ctx, w)
	say(out)
	return nil
}

// look looks at a domain and keeps what is known then; nil where the watch was removed meanwhile.
func (k *work) look(ctx context.Context, w *watch.Watch, due time.Time) (*watch.Watch, error) {
	t, err := diag.ParseTarget(w.Domain)
	if err != nil {
		return nil, err
	}
	l, err := k.examine(ctx, w, t)
	if err != nil {
		return nil, err
	}
	l.Due, l.At = due, k.d.Now().UTC()
	rules, err := k.rules(ctx)
	if err != nil {
		return nil, err
	}
	for {
		w.See(l, rules)
		if err := k.gather(ctx, w); err != nil {
			return nil, err
		}
		err := k.d.Book.SetWatch(ctx, k.r.Team, w)
		if !errors.Is(err, cases.ErrConflict) {
			return w, err
		}
		// Somebody changed it, or another process was faster.
		if w, err = k.d.Book.Watch(ctx, k.r.Team, w.Channel, w.Domain); errors.Is(err, cases.ErrNone) {
			return nil, nil
		}
		if err != nil || w.Done.Equal(due) {
			return w, err
		}
	}
}

// examine is the diagnosis of a look. Where records are pinned they are read, and of those that differ it is examined
// what brings them back.
func (k *work) examine(ctx context.Context, w *watch.Watch, t diag.Target) (l watch.Look, err error) {
	q := intent.Question{Target: t}
	if len(w.Pins) == 0 {
		l.Report, err = answers.Diagnose(ctx, k.d, k.r, q, nil)
		return l, err
	}
	type change struct{ now, was gate.Set }
	var differ []change
	var back []gate.Restored
	l.Report, err = answers.DiagnoseThen(ctx, k.d, k.r, q, func(ctx context.Context, trial *diag.Trial) {
		l.Sets = gate.Reread(ctx, trial, w.Pins)
		for _, now := range l.Sets {
			for _, was := range w.Pins {
				if was.Same(now) && !was.Equal(now) {
					differ, back = append(differ, change{now, was}), append(back, gate.Restore(ctx, trial, now, was))
				}
			}
		}
	})
	l.Restore = func(now, was gate.Set) gate.Restored {
		for i, c := range differ {
			if c.now.Same(now) && c.now.Equal(now) && c.was.Equal(was) {
				return back[i]
			}
		}
		return gate.Restored{}
	}
	return l, err
}

// gather finds among what a look told the faults that other domains of the provider show as well, or show no longer:
// one post tells of all, and what such a post told is not told again.
func (k *work) gather(ctx context.Context, w *watch.Watch) error {
	shared := func(c watch.Change) bool { return c.Kind == watch.Appeared || c.Kind == watch.Gone }
	if !slices.ContainsFunc(w.Told, shared) {
		return nil
	}
	all, err := k.d.Book.Watches(ctx, k.r.Team)
	if err != nil {
		return err
	}
	rest := w.History[len(w.Told):]
	w.Told = slices.DeleteFunc(w.Told, func(c watch.Change) bool {
		return shared(c) && w.ToldBy(c.Kind, c.Finding.Code, c.At, all)
	})
	ended := map[diag.Code]bool{} // of which a post about several domains tells
	for i, c := range w.Told {
		switch {
		case c.Kind == watch.Appeared:
			w.Told[i].Alike = w.Alike(c.Finding.Code, c.At, all)
		case c.Kind == watch.Gone && !ended[c.Finding.Code]:
			w.Told[i].Alike = w.AlikeEnded(c.Finding.Code, c.First, c.At, all)
			ended[c.Finding.Code] = w.Told[i].Alike != nil
		}
	}
	w.Told = slices.DeleteFunc(w.Told, func(c watch.Change) bool {
		return c.Kind == watch.Gone && c.Alike == nil && ended[c.Finding.Code]
	})
	w.History = append(slices.Clone(w.Told), rest...)
	return nil
}
