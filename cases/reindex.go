package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// Reindex makes the index of a workspace anew where it was made by an older version. Cases may be opened and changed meanwhile. It costs one question where there
// is nothing to do.
func (b *Book) Reindex(ctx context.Context, team string) error {
	version, err := b.redis.Get(ctx, indexKey(team)).Int()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("%w: index: %w", ErrBook, err)
	}
	if last, err := b.Last(ctx, team); version >= indexVersion || last == 0 || err != nil {
		return err
	}
	var batch []*Record
	shelve := func() error {
		defer func() { batch = nil }()
		return b.reshelve(ctx, team, batch)
	}
	err = b.each(ctx, team, func(r *Record) error {
		if batch = append(batch, r); len(batch) < recordsAtOnce {
			return nil
		}
		return shelve()
	})
	if err == nil {
		err = shelve()
	}
	if err != nil {
		return err
	}
	if err := b.redis.Set(ctx, indexKey(team), indexVersion, 0).Err(); err != nil {
		return fmt.Errorf("%w: index: %w", ErrBook, err)
	}
	return nil
}

// reshelve puts cases on their shelves and floors in one round trip; those that were changed meanwhile are read again.
func (b *Book) reshelve(ctx context.Context, team string, records []*Record) error {
	for range maxTries {
		if len(records) == 0 {
			return nil
		}
		var calls []call
		var of []*Record // of each call
		for _, r := range records {
			onShelf, onFloor := b.places(r.Number)
			keys := []string{caseKey(team, r.Number), b.shelfKey(team, r.Number), b.floorKey(team, r.Number)}
			for terms := range slices.Chunk(allTerms(r.Case, r.Timeline, r.Contacts), entriesAtOnce) {
				calls, of = append(calls, call{keys, []any{r.Rev, list(terms), onShelf, onFloor}}), append(of, r)
			}
		}
		var again []int64
		for i, answer := range b.runEach(ctx, reshelveScript, calls) {
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
