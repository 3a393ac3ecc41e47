package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// Delete deletes a case and all that belongs to it; the audit keeps who did it and when.
func (b *Book) Delete(ctx context.Context, team string, number int64, by string) error {
	for range maxTries {
		r, err := b.record(ctx, team, number)
		if err != nil {
			return err
		}
		c, thread := r.Case, ""
		if c.Thread != "" {
			thread = threadField(c.Channel, c.Thread)
		}
		told, _ := json.Marshal(Entry{At: b.now().UTC(), By: by, Kind: "audit", Text: "delete " + c.Name()})
		at := b.index.Place(number)
		terms := slices.Collect(slices.Chunk(allTerms(c, r.Timeline, r.Contacts), entriesAtOnce))
		res, err := removeScript.Run(ctx, b.redis, []string{
			caseKey(team, number), contactsKey(team, number), timelineKey(team, number), blockKey(team, at), superblockKey(team, at), domainsKey(team), countsKey(team),
			threadsKey(team), auditKey(team),
		}, r.Rev, number, list(terms[0]), at.At, at.BlockAt, list(c.AllDomains()), string(c.State), thread, told, maxAudit).StringSlice()
		if err != nil {
			return fmt.Errorf("%w: delete: %w", ErrBook, err)
		}
		if res[0] == "conflict" {
			continue
		}
		for _, more := range terms[1:] { // what it said is found no more; that it is gone is told already
			keys := []string{caseKey(team, number), blockKey(team, at), superblockKey(team, at)}
			if err := termsScript.Run(ctx, b.redis, keys, list(more), at.At, at.BlockAt).Err(); err != nil {
				return fmt.Errorf("%w: delete: %w", ErrBook, err)
			}
		}
		return nil
	}
	return fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

const maxAudit = 10_000 // entries of the audit, about

// Audit puts down who did what to the casebook as a whole; what is done to a case stands in its timeline.
func (b *Book) Audit(ctx context.Context, team, by, what string) error {
	raw, _ := json.Marshal(Entry{At: b.now().UTC(), By: by, Kind: "audit", Text: what})
	if err := b.redis.XAdd(ctx, &redis.XAddArgs{Stream: auditKey(team), MaxLen: maxAudit, Approx: true, Values: []any{"e", raw}}).Err(); err != nil {
		return fmt.Errorf("%w: audit: %w", ErrBook, err)
	}
	return nil
}

// Audits is the latest of the audit, oldest first.
func (b *Book) Audits(ctx context.Context, team string, most int) ([]Entry, error) {
	res, err := b.redis.XRevRangeN(ctx, auditKey(team), "+", "-", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: audit: %w", ErrBook, err)
	}
	slices.Reverse(res)
	return entries(res), nil
}

// Expired deletes the cases of a workspace that were ended and not changed since a time, looking at most at so many cases from a number on. It gives how many
// were deleted, and from which number to go on (0: all were looked at).
func (b *Book) Expired(ctx context.Context, team string, before time.Time, from int64, most int) (deleted int, next int64, err error) {
	numbers, next, err := b.existing(ctx, team, from, most)
	if err != nil {
		return 0, from, err
	}
	for chunk := range slices.Chunk(numbers, maxFound) {
		list, err := b.Cases(ctx, team, chunk)
		if err != nil {
			return deleted, chunk[0], err
		}
		for _, c := range list {
			if c.State.Open() || c.Changed.After(before) {
				continue
			}
			if err := b.Delete(ctx, team, c.Number, "retention"); err != nil && !errors.Is(err, ErrNone) {
				return deleted, chunk[0], err
			}
			deleted++
		}
	}
	return deleted, next, nil
}
