package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

// Record is a whole case, as an export holds it.
type Record struct {
	Number, Rev int64
	Case        *Case
	Contacts    []Contact
	Timeline    []Entry
}

// Last is the last number given in a workspace.
func (b *Book) Last(ctx context.Context, team string) (int64, error) {
	n, err := b.redis.Get(ctx, lastKey(team)).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("%w: %w", ErrBook, err)
	}
	return n, nil
}

const (
	recordsAtOnce = 100  // cases that are read by one round trip
	timelinePage  = 2000 // entries of a timeline that are read at once
)

// record reads a whole case; ErrNone where there is none of that number.
func (b *Book) record(ctx context.Context, team string, n int64) (*Record, error) {
	list, err := b.records(ctx, team, []int64{n})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: %s", ErrNone, Name(n))
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// records reads whole cases in one round trip, in their order; those that are gone are left out.
func (b *Book) records(ctx context.Context, team string, numbers []int64) (out []*Record, err error) {
	type reply struct {
		data     *redis.SliceCmd
		contacts *redis.MapStringStringCmd
		timeline *redis.XMessageSliceCmd
	}
	replies := make([]reply, len(numbers))
	_, err = b.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, n := range numbers {
			replies[i] = reply{p.HMGet(ctx, caseKey(team, n), "rev", "data"), p.HGetAll(ctx, contactsKey(team, n)), p.XRangeN(ctx, timelineKey(team, n), "-", "+", timelinePage)}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBook, err)
	}
	for i, n := range numbers {
		c, err := readCase(team, n, replies[i].data.Val())
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		r := &Record{Number: n, Rev: c.Rev, Case: c, Contacts: readContacts(replies[i].contacts.Val()), Timeline: entries(replies[i].timeline.Val())}
		for last := len(replies[i].timeline.Val()); last == timelinePage; {
			page, err := b.Timeline(ctx, team, n, r.Timeline[len(r.Timeline)-1].ID, timelinePage)
			if err != nil {
				return nil, err
			}
			r.Timeline, last = append(r.Timeline, page...), len(page)
		}
		out = append(out, r)
	}
	return out, nil
}

// each reads every case of a workspace, oldest first.
func (b *Book) each(ctx context.Context, team string, do func(*Record) error) error {
	last, err := b.Last(ctx, team)
	if err != nil {
		return err
	}
	for n := int64(1); n <= last; n += recordsAtOnce {
		list, err := b.records(ctx, team, span(n, min(last, n+recordsAtOnce-1)))
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := do(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// span is the numbers from one to another.
func span(from, till int64) (out []int64) {
	for n := from; n <= till; n++ {
		out = append(out, n)
	}
	return out
}

// contactPairs and entryPairs are a record's contacts and timeline as the scripts take them.
func (r *Record) contactPairs() string {
	out := [][]string{}
	for _, x := range r.Contacts {
		raw, _ := json.Marshal(x)
		out = append(out, []string{strconv.FormatInt(x.ID, 10), string(raw)})
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

func (r *Record) entryPairs() string {
	out := [][]string{}
	for i, e := range r.Timeline {
		id := e.ID
		if id == "" {
			id = fmt.Sprintf("%d-%d", e.At.UnixMilli(), i)
		}
		e.ID = ""
		raw, _ := json.Marshal(e)
		out = append(out, []string{id, string(raw)})
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}
