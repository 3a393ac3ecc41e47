package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases/event"
	"signpost/feeds"
	"signpost/watch"

	"github.com/redis/go-redis/v9"
)

// ErrManyWatches says that a workspace watches as many domains as it may.
var ErrManyWatches = errors.New("cases: too many watches")

// Watch is the watch of a domain for a channel; ErrNone where there is none.
func (b *Book) Watch(ctx context.Context, team, channel, domain string) (*watch.Watch, error) {
	w := &watch.Watch{}
	rev, err := b.listed(ctx, watchesKey(team), watchField(channel, domain), w)
	w.Rev = rev
	return w, err
}

// Watches is every watch of a workspace, by domain. A record that cannot be read is left out.
func (b *Book) Watches(ctx context.Context, team string) (out []*watch.Watch, err error) {
	err = b.eachListed(ctx, watchesKey(team), func(raw string) {
		w := &watch.Watch{}
		if rev, err := readListed(raw, w); err == nil {
			w.Rev = rev
			out = append(out, w)
		}
	})
	slices.SortFunc(out, func(x, y *watch.Watch) int {
		return cmp.Or(strings.Compare(x.Domain, y.Domain), strings.Compare(x.Channel, y.Channel))
	})
	return out, err
}

// SetWatch keeps a watch. The error is ErrConflict where somebody else has changed it since it was read, or
// ErrManyWatches.
func (b *Book) SetWatch(ctx context.Context, team string, w *watch.Watch) error {
	if err := b.list(ctx, watchesKey(team), watchField(w.Channel, w.Domain), w.Rev, w); err != nil {
		return err
	}
	w.Rev++
	return nil
}

// DropWatch ends a watch.
func (b *Book) DropWatch(ctx context.Context, team string, w *watch.Watch) error {
	return b.list(ctx, watchesKey(team), watchField(w.Channel, w.Domain), w.Rev, nil)
}

// listed reads a record of a list.
func (b *Book) listed(ctx context.Context, key, field string, into any) (rev int64, err error) {
	raw, err := redisOf(b).HGet(ctx, key, field).Result()
	switch {
	case errors.Is(err, redis.Nil):
		return 0, ErrNone
	case err != nil:
		return 0, fmt.Errorf("%w: watch: %w", ErrBook, err)
	}
	return readListed(raw, into)
}

// readListed reads a record: its revision, and what it is.
func readListed(raw string, into any) (rev int64, err error) {
	number, text, _ := strings.Cut(raw, " ")
	if rev, err = strconv.ParseInt(number, 10, 64); err == nil {
		err = json.Unmarshal([]byte(text), into)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: watch: %w", ErrBook, err)
	}
	return rev, nil
}

// listChunk is how many records are read at once.
const listChunk = 100

// eachListed reads every record of a list, some at a time: together they may be large.
func (b *Book) eachListed(ctx context.Context, key string, do func(raw string)) error {
	seen := map[string]bool{}
	for cursor := uint64(0); ; {
		pairs, next, err := redisOf(b).HScan(ctx, key, cursor, "", listChunk).Result()
		if err != nil {
			return fmt.Errorf("%w: watches: %w", ErrBook, err)
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			if !seen[pairs[i]] {
				seen[pairs[i]] = true
				do(pairs[i+1])
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// list keeps a record of a list, or takes it out where there is none.
func (b *Book) list(ctx context.Context, key, field string, rev int64, record any) error {
	return b.listMost(ctx, key, field, rev, record, watch.Most)
}

// listMost is list, of a list that holds so many records at most.
func (b *Book) listMost(ctx context.Context, key, field string, rev int64, record any, most int) error {
	raw := []byte{}
	if record != nil {
		var err error
		if raw, err = json.Marshal(record); err != nil {
			return fmt.Errorf("%w: watch: %w", ErrBook, err)
		}
	}
	switch got, err := watchScript.Run(ctx, redisOf(b), []string{key}, field, rev, raw, most).Text(); {
	case err != nil:
		return fmt.Errorf("%w: watch: %w", ErrBook, err)
	case got == "full":
		return ErrManyWatches
	case got == "conflict":
		return ErrConflict
	}
	return nil
}

// overdue is how long a look may be overdue before it counts as lost with the queue that held it.
const overdue = time.Hour

// WatchEvent is the next look at a watched domain.
func WatchEvent(team string, w *watch.Watch) event.Event {
	return event.Event{Kind: event.WatchDue, Team: team, Due: w.Next.UTC(), Channel: w.Channel, Domain: w.Domain}
}

// WatchEvents is the next look at every watched domain of a workspace, and at the changes that are followed. One that
// is long overdue was lost: the next regular one takes its place.
func (b *Book) WatchEvents(ctx context.Context, team string) (out []event.Event, err error) {
	all, err := b.Watches(ctx, team)
	now := b.now()
	for _, w := range all {
		e := WatchEvent(team, w)
		if now.Sub(e.Due) > overdue {
			e.Due = watch.Next(team, w.Domain, w.Every, now)
		}
		out = append(out, e)
	}
	if err != nil {
		return out, err
	}
	lives, err := b.liveEvents(ctx, team)
	out = append(out, lives...)
	if err != nil {
		return out, err
	}
	sources, err := b.sourceEvents(ctx, team)
	return append(out, sources...), err
}

// liveKept is how long it is kept how a change spread.
const liveKept = 7 * 24 * time.Hour

// Live is the change of a domain that is followed for a channel; ErrNone where there is none.
func (b *Book) Live(ctx context.Context, team, channel, domain string) (*watch.Live, error) {
	l := &watch.Live{}
	rev, err := b.listed(ctx, livesKey(team), watchField(channel, domain), l)
	l.Rev = rev
	return l, err
}

// SetLive keeps a change that is followed. The error is ErrConflict where somebody else has changed it since it was
// read, or ErrManyWatches.
func (b *Book) SetLive(ctx context.Context, team string, l *watch.Live) error {
	if err := b.list(ctx, livesKey(team), watchField(l.Channel, l.Domain), l.Rev, l); err != nil {
		return err
	}
	l.Rev++
	return nil
}

// LiveEvent is the next look at a change that is followed.
func LiveEvent(team string, l *watch.Live) event.Event {
	return event.Event{Kind: event.LiveDue, Team: team, Due: l.Next.UTC(), Channel: l.Channel, Domain: l.Domain}
}

// liveEvents is the next look at each change that is followed. What ended long ago goes.
func (b *Book) liveEvents(ctx context.Context, team string) (out []event.Event, err error) {
	var old []*watch.Live
	now := b.now()
	err = b.eachListed(ctx, livesKey(team), func(raw string) {
		l := &watch.Live{}
		rev, err := readListed(raw, l)
		l.Rev = rev
		switch {
		case err != nil:
		case l.Over() && now.Sub(l.Ended) > liveKept:
			old = append(old, l)
		case !l.Over():
			e := LiveEvent(team, l)
			if now.Sub(e.Due) > overdue { // it was lost
				e.Due = now.UTC().Truncate(time.Second)
			}
			out = append(out, e)
		}
	})
	for _, l := range old {
		if err := b.list(ctx, livesKey(team), watchField(l.Channel, l.Domain), l.Rev, nil); err != nil {
			return out, err
		}
	}
	return out, err
}

// Source is an address that is followed, by its ID; ErrNone where it is not.
func (b *Book) Source(ctx context.Context, team, id string) (*feeds.Source, error) {
	s := &feeds.Source{}
	rev, err := b.listed(ctx, feedsKey(team), plainID(id), s)
	s.Rev = rev
	return s, err
}

// Sources is every address that a workspace follows. A record that cannot be read is left out.
func (b *Book) Sources(ctx context.Context, team string) (out []*feeds.Source, err error) {
	err = b.eachListed(ctx, feedsKey(team), func(raw string) {
		s := &feeds.Source{}
		if rev, err := readListed(raw, s); err == nil {
			s.Rev = rev
			out = append(out, s)
		}
	})
	slices.SortFunc(out, func(x, y *feeds.Source) int { return strings.Compare(x.Address, y.Address) })
	return out, err
}

// SetSource keeps an address that is followed, and what goes on there. The error is ErrConflict where somebody else has
// changed it since it was read, or ErrManyWatches.
func (b *Book) SetSource(ctx context.Context, team string, s *feeds.Source) error {
	var going *feeds.Ongoing
	if on := s.Ongoing(); len(on.Items) > 0 {
		going = &on
	}
	if err := b.setOngoing(ctx, team, s.ID, going); err != nil {
		return err
	}
	err := b.listMost(ctx, feedsKey(team), plainID(s.ID), s.Rev, s, feeds.MostSources)
	if errors.Is(err, ErrManyWatches) {
		return errors.Join(err, b.setOngoing(ctx, team, s.ID, nil))
	}
	if err == nil {
		s.Rev++
	}
	return err
}

// DropSource follows an address no longer.
func (b *Book) DropSource(ctx context.Context, team string, s *feeds.Source) error {
	if err := b.setOngoing(ctx, team, s.ID, nil); err != nil {
		return err
	}
	return b.list(ctx, feedsKey(team), plainID(s.ID), s.Rev, nil)
}

// setOngoing keeps what goes on at a source apart, for it is read with every diagnosis: before the source itself, so
// that a look that is interrupted in between and made again makes up for it.
func (b *Book) setOngoing(ctx context.Context, team, id string, on *feeds.Ongoing) error {
	var err error
	if on == nil {
		err = redisOf(b).HDel(ctx, ongoingKey(team), plainID(id)).Err()
	} else if raw, failed := json.Marshal(on); failed == nil {
		err = redisOf(b).HSet(ctx, ongoingKey(team), plainID(id), raw).Err()
	}
	if err != nil {
		return fmt.Errorf("%w: ongoing: %w", ErrBook, err)
	}
	return nil
}

// Ongoing is what goes on at the providers that a workspace follows, as of the last look at each.
func (b *Book) Ongoing(ctx context.Context, team string) (out []feeds.Ongoing, err error) {
	all, err := redisOf(b).HVals(ctx, ongoingKey(team)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: ongoing: %w", ErrBook, err)
	}
	for _, raw := range all {
		var on feeds.Ongoing
		if json.Unmarshal([]byte(raw), &on) == nil {
			out = append(out, on)
		}
	}
	slices.SortFunc(out, func(x, y feeds.Ongoing) int { return strings.Compare(x.Source, y.Source) })
	return out, nil
}

// SourceEvent is the next look at what an address announces.
func SourceEvent(team string, s *feeds.Source) event.Event {
	return event.Event{Kind: event.FeedDue, Team: team, Due: s.Next.UTC(), Feed: s.ID}
}

// PagesEvent is the next look at whose official pages concern a workspace.
func PagesEvent(team string, due time.Time) event.Event {
	return event.Event{Kind: event.PagesDue, Team: team, Due: due.UTC().Truncate(time.Second)}
}

// sourceEvents is the next look at each address that is followed.
func (b *Book) sourceEvents(ctx context.Context, team string) (out []event.Event, err error) {
	all, err := b.Sources(ctx, team)
	now := b.now()
	for _, s := range all {
		e := SourceEvent(team, s)
		if now.Sub(e.Due) > overdue {
			e.Due = watch.Spread(s.ID, s.Every(), now)
		}
		out = append(out, e)
	}
	return out, err
}
