package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrGone says that what was kept is kept no longer.
var ErrGone = errors.New("jobs: not kept any more")

// Notes is what is noted about a job: what an attempt after a crash must know of the one before.
func (q *Queue) Notes(ctx context.Context, id string) (map[string]string, error) {
	m, err := q.redis.HGetAll(ctx, noteKey(id)).Result()
	if err != nil {
		return nil, fmt.Errorf("jobs: notes: %w", err)
	}
	return m, nil
}

// Note notes pairs of names and values about a job, for a day.
func (q *Queue) Note(ctx context.Context, id string, pairs ...string) error {
	_, err := q.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		values := make([]any, len(pairs))
		for i, v := range pairs {
			values[i] = v
		}
		p.HSet(ctx, noteKey(id), values...)
		p.Expire(ctx, noteKey(id), remembered)
		return nil
	})
	if err != nil {
		return fmt.Errorf("jobs: note: %w", err)
	}
	return nil
}

// Keep stores something under a name for a time.
func (q *Queue) Keep(ctx context.Context, name string, data []byte, keepFor time.Duration) error {
	if err := q.redis.Set(ctx, keptKey(name), data, keepFor).Err(); err != nil {
		return fmt.Errorf("jobs: keep: %w", err)
	}
	return nil
}

// Kept gives what Keep stored; ErrGone where its time is over.
func (q *Queue) Kept(ctx context.Context, name string) ([]byte, error) {
	b, err := q.redis.Get(ctx, keptKey(name)).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, ErrGone
	case err != nil:
		return nil, fmt.Errorf("jobs: kept: %w", err)
	}
	return b, nil
}
