package jobs

import (
	"context"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// stale is how long a lease may stay as it is before its holder counts as dead: asynq extends the leases of what it
// runs every 5 s.
const stale = 8 * time.Second

// requeueScript gives a running job back to the queue, if nobody has touched its lease.
//
// KEYS: active list, lease set, pending list, the task's hash. ARGV: the task's id, its lease as it was seen. Returns 1
// where the job was given back.
var requeueScript = redis.NewScript(`
if redis.call("ZSCORE", KEYS[2], ARGV[1]) ~= ARGV[2] or redis.call("LREM", KEYS[1], 0, ARGV[1]) == 0 then
	return 0
end
redis.call("ZREM", KEYS[2], ARGV[1])
redis.call("RPUSH", KEYS[3], ARGV[1])
redis.call("HSET", KEYS[4], "state", "pending")
return 1`)

// lease is a running job's lease: until when, and since when it has been seen so.
type lease struct {
	until float64
	since time.Time
}

// watch looks once a second whether Redis answers, puts what was held, and rescues the jobs of processes that died:
// asynq alone would wait for two minutes.
func (q *Queue) watch(ctx context.Context) {
	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	leases := map[Lane]map[string]lease{}
	for name := range lanes {
		leases[name] = map[string]lease{}
	}
	memoryChecked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !q.check(ctx) {
			for _, seen := range leases { // while Redis is away nobody can extend a lease
				clear(seen)
			}
			continue
		}
		if now := time.Now(); now.Sub(memoryChecked) >= memoryEvery {
			memoryChecked = now
			q.checkMemory(ctx)
		}
		q.flush(ctx)
		for name := range lanes {
			q.sweep(ctx, name, leases[name])
		}
	}
}

// check asks Redis for a sign of life.
func (q *Queue) check(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := q.redis.Ping(ctx).Err()
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
		_, err := q.Put(ctx, h)
		cancel()
		if err != nil {
			return
		}
		q.mu.Lock()
		q.backlog = q.backlog[1:]
		delete(q.heldIDs, h.ID)
		q.mu.Unlock()
	}
}

// sweep gives back the jobs whose lease nobody extends.
func (q *Queue) sweep(ctx context.Context, l Lane, leases map[string]lease) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	running, err := q.redis.ZRangeWithScores(ctx, leaseKey(l), 0, 999).Result()
	if err != nil {
		return
	}
	now, seen := time.Now(), map[string]bool{}
	for _, z := range running {
		id, _ := z.Member.(string)
		seen[id] = true
		known, ok := leases[id]
		if !ok || known.until != z.Score {
			leases[id] = lease{z.Score, now}
			continue
		}
		if now.Sub(known.since) < stale {
			continue
		}
		score := strconv.FormatFloat(z.Score, 'f', -1, 64)
		keys := []string{activeKey(l), leaseKey(l), pendingKey(l), taskKey(l, id)}
		n, err := requeueScript.Run(ctx, q.redis, keys, id, score).Int()
		if err == nil && n == 1 {
			slog.Info("a job of a dead process is taken up again", "request_id", id)
			q.wakeAll(l)
		}
	}
	maps.DeleteFunc(leases, func(id string, _ lease) bool { return !seen[id] })
}
