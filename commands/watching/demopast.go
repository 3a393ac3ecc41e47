package watching

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/watch"
)

const (
	pastDays    = 27 // before today, that the lab makes up
	pastDomains = 3
)

// Past has this channel watch some domains of the lab, where it watches none, and makes up how those stood that nobody
// has looked at before today, so that there is something to look back at.
func Past(ctx context.Context, d answers.Deps, r chat.Request) ([]chat.Event, error) {
	k := &work{d: d, r: r, now: d.Now().UTC()}
	all, err := d.Book.Watches(ctx, r.Team)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(w *watch.Watch) bool { return w.Channel != r.Channel })
	if len(all) == 0 {
		for _, faulty := range []bool{false, true} {
			for _, x := range d.Demo {
				if len(x.Codes) > 0 == faulty && (!faulty || len(all) < pastDomains) {
					w := watch.New(x.Domain, r.Channel, r.User, watch.Daily, k.now)
					w.Lang = r.Lang.String()
					all = append(all, w)
				}
				if !faulty && len(all) > 0 {
					break
				}
			}
		}
	}
	var due []chat.Event
	for i, w := range all {
		if w.Looked.IsZero() {
			if w, err = k.look(ctx, w, k.now.Truncate(time.Second)); err != nil || w == nil {
				return nil, err
			}
		}
		if len(w.Trail.States) == 1 {
			w.Trail.States = made(i) + w.Trail.States
			if err := d.Book.SetWatch(ctx, r.Team, w); err != nil && !errors.Is(err, cases.ErrConflict) {
				return nil, err
			}
		}
		due = append(due, cases.WatchEvent(r.Team, w))
	}
	return due, nil
}

// made is how the domain of that number stood in days of the lab's making: sound but for some days in their midst.
func made(i int) string {
	bad := pastDays/2 - 3*i
	if bad < 0 {
		return strings.Repeat(string(watch.Sound), pastDays)
	}
	return strings.Repeat(string(watch.Sound), bad) + string(watch.Broken) + string(watch.Troubled) +
		strings.Repeat(string(watch.Sound), pastDays-bad-2)
}
