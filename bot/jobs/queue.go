package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const (
	// remembered is how long a request's identity is kept: a delivery repeated within it is known.
	remembered = 24 * time.Hour
	// jobTimeout bounds one attempt, waiting for Slack's rate limits included.
	jobTimeout = 5 * time.Minute
	// maxRetry attempts take more than half an hour: an outage of Slack is outlasted.
	maxRetry = 40
	// backlogSize is how many requests are held in memory while Redis is away.
	backlogSize = 1000
	// askEvery is asynq's pause between two questions for a job, which are held open (lookFor).
	askEvery    = 10 * time.Millisecond
	healthEvery = time.Second
)

// ErrGiveUp in what a worker returns says that trying again cannot help.
var ErrGiveUp = asynq.SkipRetry

// errRunning says that an attempt at the job still runs in this process: its lease ran out while Redis was away.
var errRunning = errors.New("jobs: still running")

// Job is one request, handed to a worker.
type Job struct {
	ID      string
	Payload []byte
	Attempt int  // 0 for the first
	Last    bool // no other attempt follows
}

// Queue is the requests that wait, run, or have been answered within the last day.
type Queue struct {
	redis   redis.UniversalClient
	client  *asynq.Client
	workers int

	lanes           map[Lane]*lane
	waitingOfPerson int

	memoryShort atomic.Bool // memory is short
	mostKept    int         // octets of all that is kept

	mu      sync.Mutex
	down    error           // why Redis cannot be used; nil: it can
	backlog []Request       // accepted while Redis was away
	heldIDs map[string]bool // identities in backlog
	running map[string]bool
	ended   *ring // jobs that this process has ended, whether Redis knows it or not
}

// Hold keeps a request in memory until Redis is back, when it is put like any other, whoever waits by then. It reports
// whether there was room.
func (q *Queue) Hold(r Request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.heldIDs[r.ID]:
		return true
	case len(q.backlog) >= backlogSize:
		return false
	}
	r.Limited = false
	q.heldIDs[r.ID] = true
	q.backlog = append(q.backlog, r)
	return true
}

// Down is why Redis cannot be used at the moment; nil when it can.
func (q *Queue) Down() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.down
}

// run is one attempt.
func (q *Queue) run(ctx context.Context, l Lane, work func(context.Context, Job) error) error {
	id, _ := asynq.GetTaskID(ctx)
	q.mu.Lock()
	switch {
	case q.ended.has(id): // Redis did not hear of the end
		q.mu.Unlock()
		q.deletePayload(ctx, l, id)
		return nil
	case q.running[id]:
		q.mu.Unlock()
		return errRunning
	}
	q.running[id] = true
	q.mu.Unlock()
	retried, _ := asynq.GetRetryCount(ctx)
	limit, _ := asynq.GetMaxRetry(ctx)
	payload, err := q.redis.Get(ctx, payloadKey(l, id)).Bytes()
	switch {
	case errors.Is(err, redis.Nil): // a process answered it, and died before it could say so
		slog.Warn("nothing to answer any more", "request_id", id)
		err = nil
	case err == nil:
		err = work(ctx, Job{ID: id, Payload: payload, Attempt: retried, Last: retried >= limit})
	}
	q.mu.Lock()
	delete(q.running, id)
	if err == nil {
		q.ended.add(id)
	}
	q.mu.Unlock()
	if err == nil || errors.Is(err, ErrGiveUp) {
		q.deletePayload(ctx, l, id)
	}
	return err
}

// ErrBusy says that another job holds what this one needs; it is tried again soon.
var ErrBusy = errors.New("jobs: busy")

// BusyFor is ErrBusy for a job that is to be tried again after so long.
func BusyFor(wait time.Duration) error { return busy{wait} }

type busy struct{ wait time.Duration }

func (b busy) Error() string { return fmt.Sprintf("%v for %v", ErrBusy, b.wait) }
func (busy) Unwrap() error   { return ErrBusy }

// lockFor is how long a lock outlives the process that held it.
const lockFor = 30 * time.Second

// holdScript lets a lock go, or holds it for longer, if it is still the job's.
//
// KEYS: the lock. ARGV: the job, milliseconds that it is held from now on (0: it is let go). Returns 1 where it was the
// job's.
var holdScript = redis.NewScript(`
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == "0" then redis.call("DEL", KEYS[1]) else redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 1`)

// Lock makes a job the only one, among all processes, until unlock is called; ErrBusy where another is. Where its
// process dies it is held for half a minute, but not from the same job.
func (q *Queue) Lock(ctx context.Context, name, job string) (unlock func(), err error) {
	key := lockKey(name)
	ok, err := q.redis.SetNX(ctx, key, job, lockFor).Result()
	if err == nil && !ok {
		var own int
		own, err = holdScript.Run(ctx, q.redis, []string{key}, job, lockFor.Milliseconds()).Int()
		ok = own == 1
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("jobs: lock: %w", err)
	case !ok:
		return nil, ErrBusy
	}
	held, let := context.WithCancel(context.WithoutCancel(ctx))
	var keeping sync.WaitGroup
	keeping.Go(func() {
		tick := time.NewTicker(lockFor / 3)
		defer tick.Stop()
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
			}
			if err := holdScript.Run(held, q.redis, []string{key}, job, lockFor.Milliseconds()).Err(); err != nil &&
				held.Err() == nil {
				slog.Warn("lock is not held for longer", "name", name, "error", err)
			}
		}
	})
	return func() {
		let()
		keeping.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := holdScript.Run(ctx, q.redis, []string{key}, job, 0).Err(); err != nil {
			slog.Warn("lock is held for half a minute", "name", name, "error", err)
		}
	}, nil
}

// marked is how long a mark is kept.
const marked = time.Hour

// Mark leaves word for whoever holds the lock of that name that there is more to do.
func (q *Queue) Mark(ctx context.Context, name string) error {
	if err := q.redis.Set(ctx, markKey(name), "1", marked).Err(); err != nil {
		return fmt.Errorf("jobs: mark: %w", err)
	}
	return nil
}

// Marked takes off what Mark left, and tells whether there was a mark.
func (q *Queue) Marked(ctx context.Context, name string) (bool, error) {
	n, err := q.redis.Del(ctx, markKey(name)).Result()
	if err != nil {
		return false, fmt.Errorf("jobs: mark: %w", err)
	}
	return n > 0, nil
}

// Turn takes the next turn at something that all processes together may do once in a while; wait says when to ask again
// where it is not yet time.
func (q *Queue) Turn(ctx context.Context, name string, every time.Duration) (wait time.Duration, err error) {
	ok, err := q.redis.SetNX(ctx, turnKey(name), "1", every).Result()
	if err != nil {
		return 0, fmt.Errorf("jobs: turn: %w", err)
	}
	if ok {
		return 0, nil
	}
	left, err := q.redis.PTTL(ctx, turnKey(name)).Result()
	if err != nil {
		return 0, fmt.Errorf("jobs: turn: %w", err)
	}
	return max(left, time.Millisecond), nil
}

// EndTurn says that what the turn was taken for is done: the next one comes after a while from now.
func (q *Queue) EndTurn(ctx context.Context, name string, every time.Duration) error {
	if err := q.redis.Set(ctx, turnKey(name), "1", every).Err(); err != nil {
		return fmt.Errorf("jobs: turn: %w", err)
	}
	return nil
}

// deletePayload forgets what was asked. Where Redis is away, it goes by itself within a day.
func (q *Queue) deletePayload(ctx context.Context, l Lane, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := q.redis.Del(ctx, payloadKey(l, id)).Err(); err != nil {
		slog.Warn("what was asked is kept for a day", "request_id", id, "error", err)
	}
}

// retryDelay grows from one second to a minute.
func retryDelay(n int, err error, _ *asynq.Task) time.Duration {
	if b := (busy{}); errors.As(err, &b) {
		return b.wait
	}
	if errors.Is(err, errRunning) || errors.Is(err, ErrBusy) || errors.Is(err, asynq.ErrLeaseExpired) {
		return time.Second
	}
	return min(time.Second<<min(n, 6), time.Minute)
}

func (q *Queue) held() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.backlog)
}

// logger passes asynq's words on.
type logger struct{}

func (logger) Debug(args ...any) { slog.Debug("queue", "said", fmt.Sprint(args...)) }
func (logger) Info(args ...any)  { slog.Debug("queue", "said", fmt.Sprint(args...)) }
func (logger) Warn(args ...any)  { slog.Warn("queue", "said", fmt.Sprint(args...)) }
func (logger) Error(args ...any) { slog.Error("queue", "said", fmt.Sprint(args...)) }
func (logger) Fatal(args ...any) { slog.Error("queue", "said", fmt.Sprint(args...)) }

// ring remembers the latest so many names.
type ring struct {
	names []string
	at    int
	in    map[string]bool
}

func newRing(n int) *ring { return &ring{names: make([]string, n), in: make(map[string]bool, n)} }

func (r *ring) has(name string) bool { return r.in[name] }

func (r *ring) add(name string) {
	if r.in[name] {
		return
	}
	delete(r.in, r.names[r.at])
	r.names[r.at], r.in[name] = name, true
	r.at = (r.at + 1) % len(r.names)
}

// lane is one lane in this process.
type lane struct {
	queue *Queue
	name  Lane
	woken chan struct{} // there may be something to do
	tell  chan struct{} // other processes are to be told so
}
