package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"signpost/cases/index"

	"github.com/redis/go-redis/v9"
)

// Reindex makes the index of a workspace anew where it was made by an older version. Cases may be opened and changed meanwhile. It costs one question where there
// is nothing to do.
func (b *Book) Reindex(ctx context.Context, team string) error {
	version, err := b.redis.Get(ctx, indexKey(team)).Int()
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
	if err := b.redis.Set(ctx, indexKey(team), index.Version, 0).Err(); err != nil {
		return fmt.Errorf("%w: index: %w", ErrBook, err)
	}
	return nil
}

// reindex puts the terms of cases on their blocks in one round trip; those that were changed meanwhile are read again.
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
