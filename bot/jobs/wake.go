package jobs

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// lookEvery is how often an idle lane looks for jobs without being woken: what other processes tell may get lost.
	lookEvery = 250 * time.Millisecond
	// lookFor is how long asynq's question for a job is held open. It is well below how long asynq takes the lease for,
	// which counts from the question.
	lookFor = 5 * time.Second
	// leaseFor is asynq's own.
	leaseFor = 30 * time.Second
)

func (l *lane) wake() {
	select {
	case l.woken <- struct{}{}:
	default:
	}
}

// wakeAll wakes the workers of a lane, in every process.
func (q *Queue) wakeAll(name Lane) {
	l := q.lanes[name]
	l.wake()
	select {
	case l.tell <- struct{}{}:
	default:
	}
}

// announce tells other processes what there is to do, and hears what they tell, until ctx ends.
func (q *Queue) announce(ctx context.Context) {
	heard := q.redis.Subscribe(ctx, wakeChannel)
	defer func() { _ = heard.Close() }()
	for {
		var name Lane
		select {
		case <-ctx.Done():
			return
		case m, ok := <-heard.Channel():
			if !ok {
				return
			}
			if l := q.lanes[Lane(m.Payload)]; l != nil {
				l.wake()
			}
			continue
		case <-q.lanes[Background].tell:
			name = Background
		case <-q.lanes[Quick].tell:
			name = Quick
		case <-q.lanes[Diagnosis].tell:
			name = Diagnosis
		}
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		if err := q.redis.Publish(ctx, wakeChannel, string(name)).Err(); err != nil {
			slog.Debug("other processes are not woken", "lane", string(name), "error", err)
		}
		cancel()
	}
}

// laneClient is the Redis that asynq is given for a lane: its question for the next task is answered fairly, and held
// open until there is one.
type laneClient struct {
	redis.UniversalClient
	lane *lane
	stop <-chan struct{}
}

// EvalSha answers asynq's scripts. Whatever else asynq does may end a job or bring one.
func (c laneClient) EvalSha(ctx context.Context, sha string, keys []string, args ...any) *redis.Cmd {
	name := c.lane.name
	if len(keys) != 4 || keys[0] != pendingKey(name) || keys[1] != pausedKey(name) {
		defer c.lane.wake()
		return c.UniversalClient.EvalSha(ctx, sha, keys, args...)
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for began := time.Now(); ; {
		cmd := nextScript.Run(ctx, c.UniversalClient, fairKeys(name, keys...),
			fairPeopleKey(name, ""), taskKey(name, ""), fairJobsKey(name, ""),
			time.Now().Add(leaseFor).Unix(), ofPerson, lanes[name])
		if err := cmd.Err(); err == nil || time.Since(began) > lookFor {
			return cmd
		} else if !errors.Is(err, redis.Nil) {
			began = began.Add(-lookFor) // asynq notes it, after a pause
		}
		select {
		case <-c.stop:
			return cmd
		case <-c.lane.woken:
		case <-tick.C:
		}
	}
}
