package jobs

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

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
