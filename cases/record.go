package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases/index"

	"github.com/redis/go-redis/v9"
)

const (
	entriesAtOnce = 2_000   // entries, contacts or terms that one call of a script takes
	octetsAtOnce  = 1 << 20 // about, of what one call of a script takes
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
	n, err := redisOf(b).Get(ctx, lastKey(team)).Int64()
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
	_, err = redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, n := range numbers {
			replies[i] = reply{p.HMGet(ctx, caseKey(team, n), "rev", "data"), p.HGetAll(ctx, contactsKey(team, n)),
				p.XRangeN(ctx, timelineKey(team, n), "-", "+", timelinePage)}
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
		r := &Record{Number: n, Rev: c.Rev, Case: c, Contacts: readContacts(replies[i].contacts.Val()),
			Timeline: entries(replies[i].timeline.Val())}
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

// existing lists the numbers of the cases that exist, ascending, from a number on. Next is the number to go on
// from; 0 means that there are no more.
func (b *Book) existing(ctx context.Context, team string, from int64, most int) (numbers []int64, next int64,
	err error) {
	numbers, next, err = b.index.List(reading(ctx), indexKeys(team), "all:", from, most)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: list: %w", ErrBook, err)
	}
	return numbers, next, nil
}

// each reads every case of a workspace, oldest first.
func (b *Book) each(ctx context.Context, team string, do func(*Record) error) error {
	for from := int64(1); from > 0; {
		numbers, next, err := b.existing(ctx, team, from, recordsAtOnce)
		if err != nil {
			return err
		}
		list, err := b.records(ctx, team, numbers)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := do(r); err != nil {
				return err
			}
		}
		from = next
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

// contactPairs and entryPairs are a record's contacts and timeline as the scripts take them: pairs of id and content.
func (r *Record) contactPairs() (out [][]string) {
	for _, x := range r.Contacts {
		raw, _ := json.Marshal(x)
		out = append(out, []string{strconv.FormatInt(x.ID, 10), string(raw)})
	}
	return out
}

// The ids of a stream must ascend. An entry without a usable id gets the one after its predecessor.
func (r *Record) entryPairs() (out [][]string) {
	var before streamID
	for _, e := range r.Timeline {
		id, ok := readStreamID(e.ID)
		if !ok {
			id = streamID{max(e.At.UnixMilli(), 0), 0}
		}
		if !before.less(id) {
			id = streamID{before.ms, before.seq + 1}
		}
		before, e.ID = id, ""
		raw, _ := json.Marshal(e)
		out = append(out, []string{fmt.Sprintf("%d-%d", id.ms, id.seq), string(raw)})
	}
	return out
}

// pairs is such pairs as JSON.
func pairs(list [][]string) string {
	if len(list) == 0 {
		return "[]"
	}
	raw, _ := json.Marshal(list)
	return string(raw)
}

// streamID is the id of an entry in a stream.
type streamID struct{ ms, seq int64 }

func (id streamID) less(other streamID) bool {
	return id.ms < other.ms || id.ms == other.ms && id.seq < other.seq
}

// lastStamp is the latest time that an id may have: streams go on from their last id.
var lastStamp = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

func readStreamID(s string) (id streamID, ok bool) {
	ms, seq, _ := strings.Cut(s, "-")
	var err1, err2 error
	id.ms, err1 = strconv.ParseInt(ms, 10, 64)
	id.seq, err2 = strconv.ParseInt(seq, 10, 32)
	return id, err1 == nil && err2 == nil && id.ms >= 0 && id.ms < lastStamp && id.seq >= 0
}

// Reindex builds the index of a workspace anew if an older version of the program made it. Cases may be opened and
// changed meanwhile. It costs one question if there is nothing to do.
func (b *Book) Reindex(ctx context.Context, team string) error {
	version, err := redisOf(b).Get(ctx, indexKey(team)).Int()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("%w: index: %w", ErrBook, err)
	}
	if last, err := b.Last(ctx, team); version >= index.Version || last == 0 || err != nil {
		return err
	}
	var batch []*Record
	write := func() error {
		defer func() { batch = nil }()
		return b.reindex(ctx, team, batch)
	}
	err = b.each(ctx, team, func(r *Record) error {
		if batch = append(batch, r); len(batch) < recordsAtOnce {
			return nil
		}
		return write()
	})
	if err == nil {
		err = write()
	}
	if err != nil {
		return err
	}
	if err := redisOf(b).Set(ctx, indexKey(team), index.Version, 0).Err(); err != nil {
		return fmt.Errorf("%w: index: %w", ErrBook, err)
	}
	return nil
}

// reindex adds the terms of cases to their blocks in one round trip, and reads those again that were changed
// meanwhile.
func (b *Book) reindex(ctx context.Context, team string, records []*Record) error {
	for range maxTries {
		if len(records) == 0 {
			return nil
		}
		var calls []call
		var of []*Record // of each call
		for _, r := range records {
			at := b.index.Place(r.Number)
			keys := []string{caseKey(team, r.Number), blockKey(team, at), superblockKey(team, at)}
			for terms := range slices.Chunk(allTerms(r.Case, r.Timeline, r.Contacts), entriesAtOnce) {
				calls, of = append(calls, call{keys, []any{r.Rev, list(terms), at.At, at.BlockAt}}), append(of, r)
			}
		}
		var again []int64
		for i, answer := range b.runEach(ctx, reindexScript, calls) {
			r := of[i]
			word, err := answer.StringSlice()
			if err != nil {
				return fmt.Errorf("%w: index: %s: %w", ErrBook, Name(r.Number), err)
			}
			if slices.Equal(word, []string{"conflict"}) && !slices.Contains(again, r.Number) {
				again = append(again, r.Number)
			}
		}
		var err error
		if records, err = b.records(ctx, team, again); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: index", ErrConflict)
}
