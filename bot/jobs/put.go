package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Put makes a request durable. Fresh is false where the same identity was put within a day: there is nothing to do
// then. The error is a Limit where too many wait; any other means that Redis did not confirm, and the request may be
// held with Hold.
func (q *Queue) Put(ctx context.Context, r Request) (fresh bool, err error) {
	if err := q.Down(); err != nil {
		return false, err
	}
	// The payload is stored beside the task, which is remembered for a day: it goes as soon as it is answered.
	p, when := &putting{Request: r, life: remembered, most: q.waitingOfPerson}, asynq.ProcessIn(0)
	if wait := time.Until(r.At); !r.At.IsZero() && wait > 0 {
		p.life, when = remembered+wait, asynq.ProcessAt(r.At)
	}
	_, err = q.client.EnqueueContext(context.WithValue(ctx, puttingKey{}, p), asynq.NewTask(taskTypeName, r.ticket()),
		asynq.TaskID(r.ID), asynq.Queue(string(r.lane())), asynq.MaxRetry(maxRetry), asynq.Timeout(jobTimeout),
		asynq.Retention(remembered), when)
	switch {
	case p.refused != "":
		return false, p.refused
	case errors.Is(err, asynq.ErrTaskIDConflict):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("jobs: put: %w", err)
	}
	q.wakeAll(r.lane())
	return true, nil
}

// putting is a request on its way through asynq to Redis.
type putting struct {
	Request
	life    time.Duration // of its payload
	most    int           // that may wait of a person
	refused Limit
}

// puttingKey is under which it goes.
type puttingKey struct{}

// putClient is the Redis that asynq is given to bring tasks: what it does with one, and what we have to do with its
// request before, is one script, so that Redis syncs once.
type putClient struct{ redis.UniversalClient }

// EvalSha answers asynq's scripts that enqueue and schedule a task.
func (c putClient) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	p, ok := ctx.Value(puttingKey{}).(*putting)
	if !ok || len(keys) != 2 || len(args) != 3 || keys[0] != taskKey(p.lane(), p.ID) {
		return c.UniversalClient.EvalSha(ctx, sha, keys, args...)
	}
	l := p.lane()
	// Where asynq enqueues a task its id comes before the time, where it schedules one behind.
	message, state, at := args[0], "pending", args[2]
	if keys[1] == scheduledKey(l) {
		state, at = "scheduled", args[1]
	}
	ofPerson, ofChannel, ofTeam, again := 0, 0, 0, 0
	if p.Limited {
		ofPerson, ofChannel, ofTeam, again = p.most, WaitingOfChannel, WaitingOfTeam, retrying
	}
	team, user, channel := p.owner()
	cmd := putScript.Run(ctx, c.UniversalClient,
		append(fairKeys(l, pendingKey(l), payloadKey(l, p.ID), taskKey(l, p.ID), retryKey(l)), scheduledKey(l)),
		fairPeopleKey(l, ""), taskKey(l, ""), fairJobsKey(l, ""), p.ID, p.Payload, p.life.Milliseconds(), message, state,
		at, team, user, channel, ofPerson, ofChannel, ofTeam, again)
	if n, err := cmd.Int(); err == nil && n < 0 {
		p.refused = [...]Limit{LimitPerson, LimitChannel, LimitTeam}[min(-n, 3)-1]
	}
	return cmd
}

// putScript stores a request's payload and its task, unless it is known or too many wait.
//
// KEYS: pending list, payload, task, retry set; 8 is the scheduled set. ARGV: as fairLua; 4 to 9 are the task's id, the
// payload, its life in ms, the task's message, its state, since when it is pending in ns or until when scheduled in s;
// then team, user, channel; the most that may wait of a person, a channel, a team, and for another attempt, 0 where
// there is no bound. Returns 1 where it is stored, 0 where it is known, -1, -2, -3 where too many of the person,
// channel, team wait.
var putScript = redis.NewScript(fairLua + `
if redis.call("EXISTS", KEYS[3]) == 1 then return 0 end
if ARGV[13] ~= "0" then
	order(KEYS[1])
	local function waiting(name) return tonumber(redis.call("HGET", counts, name) or "0") end
	if redis.call("LLEN", jobsOf .. ARGV[10] .. "/" .. ARGV[11]) >= tonumber(ARGV[13]) then return -1 end
	if ARGV[12] ~= "" and waiting("c" .. ARGV[12]) >= tonumber(ARGV[14]) then return -2 end
	if waiting("t" .. ARGV[10]) >= tonumber(ARGV[15]) then return -3 end
	if redis.call("ZCARD", KEYS[4]) >= tonumber(ARGV[16]) then return -3 end
end
redis.call("SET", KEYS[2], ARGV[5], "PX", ARGV[6])
redis.call("HSET", KEYS[3], "msg", ARGV[7], "state", ARGV[8])
if ARGV[8] == "scheduled" then
	redis.call("ZADD", KEYS[8], ARGV[9], ARGV[4])
else
	redis.call("HSET", KEYS[3], "pending_since", ARGV[9])
	redis.call("LPUSH", KEYS[1], ARGV[4])
end
return 1`)
