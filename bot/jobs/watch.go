package jobs

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// aliveFor is how long a process counts as alive after it last said so.
	aliveFor = 8 * time.Second
	// steady is how long Redis must have answered before another process is called dead: after an outage all of them look so.
	steady = aliveFor + 2*time.Second
)

// rescue gives one running job back to the queue, if it still runs.
//
// KEYS: active list, lease set, pending list, the task's hash. ARGV: the task's id. Returns 1 where the job was given back.
var rescue = redis.NewScript(`
if redis.call("LREM", KEYS[1], 0, ARGV[1]) == 0 then
	return 0
end
redis.call("ZREM", KEYS[2], ARGV[1])
redis.call("RPUSH", KEYS[3], ARGV[1])
redis.call("HSET", KEYS[4], "state", "pending")
return 1`)

// watch looks once a second whether Redis answers, says that this process lives, puts what was held, and rescues the jobs of
// processes that died.
func (q *Queue) watch(ctx context.Context) {
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	started := time.Now()
	since := started // since when Redis answers without a break
	orphans := map[string]string{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !q.check(ctx) {
			since = time.Now()
			clear(orphans)
			continue
		}
		q.flush(ctx)
		// A process that has just started knows of no outage: what was alive before it must have had the time to say so.
		if time.Since(since) >= steady || since.Equal(started) {
			orphans = q.sweep(ctx, orphans)
		}
	}
}

// check asks Redis for a sign of life and gives one.
func (q *Queue) check(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := q.redis.Set(ctx, aliveKey(q.instance), "1", aliveFor).Err()
	if ctx.Err() != nil && err == nil {
		err = ctx.Err()
	}
	q.mu.Lock()
	before := q.down
	q.down = err
	q.mu.Unlock()
	switch {
	case err != nil && before == nil:
		slog.Error("redis does not answer: requests are held in memory", "error", err)
	case err == nil && before != nil:
		slog.Info("redis answers again")
	}
	return err == nil
}

// flush puts what was held while Redis was away.
func (q *Queue) flush(ctx context.Context) {
	for {
		q.mu.Lock()
		if len(q.backlog) == 0 {
			q.mu.Unlock()
			return
		}
		h := q.backlog[0]
		q.mu.Unlock()
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		_, err := q.Put(ctx, h.id, h.payload)
		cancel()
		if err != nil {
			return
		}
		q.mu.Lock()
		q.backlog = q.backlog[1:]
		delete(q.heldIDs, h.id)
		q.mu.Unlock()
	}
}

// sweep gives back the jobs whose owner is dead at two looks in a row: between taking a job and signing for it there is a moment
// in which the owner before still stands there. It returns those seen for the first time.
func (q *Queue) sweep(ctx context.Context, before map[string]string) map[string]string {
	seen := map[string]string{}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	ids, err := q.redis.LRange(ctx, activeKey, 0, 999).Result()
	if err != nil {
		return seen
	}
	for _, id := range ids {
		owner, err := q.redis.HGet(ctx, noteKey(id), "owner").Result()
		if err != nil || owner == q.instance {
			continue // without a sign of its owner, the lease decides
		}
		if n, err := q.redis.Exists(ctx, aliveKey(owner)).Result(); err != nil || n > 0 {
			continue
		}
		if before[id] != owner {
			seen[id] = owner
			continue
		}
		n, err := rescue.Run(ctx, q.redis, []string{activeKey, leaseKey, pendingKey, taskKey(id)}, id).Int()
		if err == nil && n == 1 {
			slog.Info("a job of a dead process is taken up again", "request_id", id)
		}
	}
	return seen
}
