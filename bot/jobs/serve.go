package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// New makes a queue with this many workers in each lane, at least one.
func New(client redis.UniversalClient, workers int) *Queue {
	q := &Queue{
		redis: client, client: asynq.NewClientFromRedisClient(putClient{client}), workers: max(workers, 1),
		mostKept: keptOctets,
		heldIDs:  map[string]bool{}, running: map[string]bool{}, ended: newRing(4096), lanes: map[Lane]*lane{},
		waitingOfPerson: WaitingOfPerson,
	}
	for name := range lanes {
		q.lanes[name] = &lane{queue: q, name: name, woken: make(chan struct{}, 1), tell: make(chan struct{}, 1)}
	}
	return q
}

// Serve runs work on each job until ctx ends; then it waits up to grace for running jobs, and gives the rest back to
// the queue. A nil error ends the job for good; any other tries it again later, unless it wraps ErrGiveUp.
func (q *Queue) Serve(ctx context.Context, grace time.Duration, work func(context.Context, Job) error) error {
	watch, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWatching()
	q.check(watch)
	q.checkMemory(watch)
	stop := make(chan struct{})
	var servers []*asynq.Server
	shutdown := func() {
		close(stop)
		var all sync.WaitGroup
		for _, s := range servers {
			all.Go(s.Shutdown)
		}
		all.Wait()
	}
	for name, l := range q.lanes {
		server := asynq.NewServerFromRedisClient(laneClient{q.redis, l, stop}, asynq.Config{
			Concurrency: q.workers, Queues: map[string]int{string(name): 1}, TaskCheckInterval: askEvery,
			DelayedTaskCheckInterval: time.Second,
			ShutdownTimeout:          grace, Logger: logger{}, LogLevel: asynq.WarnLevel, RetryDelayFunc: retryDelay,
			BaseContext: func() context.Context { return context.WithoutCancel(ctx) },
			IsFailure: func(err error) bool {
				return err != nil && !errors.Is(err, errRunning) && !errors.Is(err, ErrBusy)
			},
		})
		handle := func(ctx context.Context, _ *asynq.Task) error { return q.run(ctx, name, work) }
		if err := server.Start(asynq.HandlerFunc(handle)); err != nil {
			shutdown()
			return fmt.Errorf("jobs: %w", err)
		}
		servers = append(servers, server)
	}
	var watching sync.WaitGroup
	watching.Go(func() { q.watch(watch) })
	watching.Go(func() { q.announce(watch) })
	<-ctx.Done()
	shutdown()
	stopWatching()
	watching.Wait()
	if n := q.held(); n > 0 {
		slog.Error("requests are lost: redis did not come back before the end", "count", n)
	}
	return nil
}
