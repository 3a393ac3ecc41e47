package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/internal/redistest"

	"github.com/redis/go-redis/v9"
)

// stores is each kind of Redis there is.
func stores(t *testing.T, test func(*testing.T, redis.UniversalClient)) {
	t.Run("embedded", func(t *testing.T) {
		client, stop, err := Embedded()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		test(t, client)
	})
	t.Run("real", func(t *testing.T) {
		client, err := Connect(t.Context(), redistest.Start(t).URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		test(t, client)
	})
}

// serve runs the queue until the test ends or stop is called.
func serve(t *testing.T, q *Queue, work func(context.Context, Job) error) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Serve(ctx, 200*time.Millisecond, work) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func TestQueue(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 3)
		var mu sync.Mutex
		did := map[string]int{}
		var now, most atomic.Int32
		all := make(chan string, 100)
		stop := serve(t, q, func(_ context.Context, j Job) error {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer now.Add(-1)
			mu.Lock()
			did[j.ID]++
			n := did[j.ID]
			mu.Unlock()
			<-time.After(20 * time.Millisecond)
			switch {
			case j.ID == "twice" && n == 1:
				if j.Attempt != 0 || j.Last {
					t.Errorf("first attempt: %+v", j)
				}
				return errors.New("try again")
			case j.ID == "hopeless":
				all <- j.ID
				return fmt.Errorf("no: %w", ErrGiveUp)
			}
			all <- j.ID
			return nil
		})
		ids := []string{"twice", "hopeless"}
		for i := range 20 {
			ids = append(ids, fmt.Sprint("job", i))
		}
		for _, id := range ids {
			for n := range 3 {
				if fresh, err := q.Put(t.Context(), Request{ID: id, Payload: []byte(id)}); err != nil || fresh != (n == 0) {
					t.Fatalf("put %s for the %d. time: %v, %v", id, n+1, fresh, err)
				}
			}
		}
		for range ids {
			select {
			case <-all:
			case <-time.After(10 * time.Second):
				t.Fatalf("did %v", did)
			}
		}
		<-time.After(200 * time.Millisecond)
		if fresh, err := q.Put(t.Context(), Request{ID: "job1", Payload: nil}); err != nil || fresh {
			t.Errorf("an answered request is taken for new: %v, %v", fresh, err)
		}
		stop()
		if left, err := client.Keys(t.Context(), "*asked*").Result(); err != nil || len(left) > 0 {
			t.Errorf("what was asked is still kept: %v, %v", left, err)
		}
		for _, id := range ids {
			want := 1
			if id == "twice" {
				want = 2
			}
			if did[id] != want {
				t.Errorf("%s was done %d times", id, did[id])
			}
		}
		if most.Load() > 3 {
			t.Errorf("%d at once", most.Load())
		}
	})
}

// TestPutTwiceAtOnce loses nothing where the same delivery comes twice at the same moment.
func TestPutTwiceAtOnce(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 4)
		got := make(chan string, 200)
		serve(t, q, func(_ context.Context, j Job) error { got <- string(j.Payload); return nil })
		for i := range 50 {
			var both sync.WaitGroup
			for range 3 {
				both.Go(func() {
					if _, err := q.Put(t.Context(), Request{ID: fmt.Sprint("twice", i), Payload: []byte(fmt.Sprint(i))}); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
		}
		seen := map[string]bool{}
		for range 50 {
			select {
			case p := <-got:
				seen[p] = true
			case <-time.After(10 * time.Second):
				t.Fatalf("%d of 50 are answered", len(seen))
			}
		}
		if len(seen) != 50 || len(got) > 0 {
			t.Errorf("%d answered, %d too many", len(seen), len(got))
		}
	})
}

// TestLater makes a request at its time and not before, once.
func TestLater(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 2)
		got := make(chan time.Time, 5)
		serve(t, q, func(context.Context, Job) error { got <- time.Now(); return nil })
		at := time.Now().Add(2 * time.Second)
		for n := range 3 {
			if fresh, err := q.Put(
				t.Context(),
				Request{ID: "later", Payload: []byte("x"), At: at},
			); err != nil ||
				fresh != (n == 0) {
				t.Fatal(fresh, err)
			}
		}
		select {
		case when := <-got:
			if when.Before(at.Truncate(time.Second)) {
				t.Errorf("%v early", at.Sub(when))
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it is not made")
		}
		select {
		case <-got:
			t.Error("made twice")
		case <-time.After(1500 * time.Millisecond):
		}
	})
}

// TestLock gives a lock to one job at a time, and to the same one again whose process died; what is said meanwhile is
// found by whoever holds it.
func TestLock(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 1)
		ctx := t.Context()
		unlock, err := q.Lock(ctx, "x", "one")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Lock(ctx, "x", "two"); !errors.Is(err, ErrBusy) {
			t.Errorf("locked twice: %v", err)
		}
		if more, err := q.Marked(ctx, "x"); more || err != nil {
			t.Error(more, err)
		}
		if err := q.Mark(ctx, "x"); err != nil {
			t.Error(err)
		}
		if more, err := q.Marked(ctx, "x"); !more || err != nil {
			t.Error(more, err)
		}
		if more, _ := q.Marked(ctx, "x"); more {
			t.Error("the mark stays")
		}
		again, err := q.Lock(ctx, "x", "one") // its process died, and it is tried again
		if err != nil {
			t.Fatal(err)
		}
		again()
		other, err := q.Lock(ctx, "x", "two")
		if err != nil {
			t.Fatal(err)
		}
		unlock() // it is not its own any more
		if _, err := q.Lock(ctx, "x", "three"); !errors.Is(err, ErrBusy) {
			t.Errorf("another's lock was let go: %v", err)
		}
		other()
	})
}

// TestRescue takes up what another process was doing when it died.
func TestRescue(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: takes ten seconds")
	}
	t.Parallel()
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 1)
		if _, err := q.Put(t.Context(), Request{ID: "orphan", Payload: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		// What a process leaves behind that dies at work.
		ctx := t.Context()
		client.LRem(ctx, pendingKey(Background), 0, "orphan")
		client.LPush(ctx, activeKey(Background), "orphan")
		client.HSet(ctx, taskKey(Background, "orphan"), "state", "active")
		client.ZAdd(
			ctx,
			leaseKey(Background),
			redis.Z{Score: float64(time.Now().Add(30 * time.Second).Unix()), Member: "orphan"},
		)
		got := make(chan string, 2)
		serve(t, q, func(_ context.Context, j Job) error { got <- j.ID; return nil })
		select {
		case <-got:
		case <-time.After(20 * time.Second):
			t.Fatal("nobody takes it up")
		}
	})
}

// TestSlowJobIsNotRescued leaves alone what a living process works on for long.
func TestSlowJobIsNotRescued(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: takes twelve seconds")
	}
	t.Parallel()
	client, stop, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	a, b := New(client, 1), New(client, 1)
	var runs atomic.Int32
	done := make(chan struct{})
	work := func(context.Context, Job) error {
		runs.Add(1)
		<-time.After(12 * time.Second)
		close(done)
		return nil
	}
	stopA, stopB := serve(t, a, work), serve(t, b, work)
	if _, err := a.Put(t.Context(), Request{ID: "slow", Payload: nil}); err != nil {
		t.Fatal(err)
	}
	<-done
	stopA()
	stopB()
	if runs.Load() != 1 {
		t.Errorf("%d runs", runs.Load())
	}
}

func TestNotes(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q, ctx := New(client, 1), t.Context()
		if err := q.Note(ctx, "j", "a", "1", "b", "<2>"); err != nil {
			t.Fatal(err)
		}
		if m, err := q.Notes(ctx, "j"); err != nil || m["a"] != "1" || m["b"] != "<2>" || len(m) != 2 {
			t.Errorf("%v, %v", m, err)
		}
		if ttl := client.TTL(ctx, noteKey("j")).Val(); ttl < 23*time.Hour || ttl > 24*time.Hour {
			t.Errorf("kept for %v", ttl)
		}
		if err := q.Keep(ctx, "k", []byte{0, 1}, time.Minute); err != nil {
			t.Fatal(err)
		}
		if b, err := q.Kept(ctx, "k"); err != nil || string(b) != "\x00\x01" {
			t.Errorf("%v, %v", b, err)
		}
		if _, err := q.Kept(ctx, "nothing"); !errors.Is(err, ErrGone) {
			t.Errorf("nothing is kept: %v", err)
		}
	})
}

func TestHold(t *testing.T) {
	server := redistest.Start(t)
	client, err := Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	q := New(client, 1)
	var mu sync.Mutex
	did := map[string]int{}
	serve(t, q, func(_ context.Context, j Job) error {
		mu.Lock()
		defer mu.Unlock()
		did[j.ID]++
		return nil
	})
	server.Kill()
	if _, err := q.Put(t.Context(), Request{ID: "a", Payload: nil}); err == nil {
		t.Fatal("put without Redis")
	}
	for i := range backlogSize + 1 {
		if q.Hold(Request{ID: fmt.Sprint(i % backlogSize)}) != true {
			t.Fatalf("no room for %d", i)
		}
	}
	if q.Hold(Request{ID: "one more"}) {
		t.Error("the memory has no bound")
	}
	server.Start()
	deadline := time.After(30 * time.Second)
	for {
		mu.Lock()
		n := len(did)
		mu.Unlock()
		if n == backlogSize {
			break
		}
		select {
		case <-deadline:
			t.Fatalf("%d of %d are done", n, backlogSize)
		case <-time.After(50 * time.Millisecond):
		}
	}
	for id, n := range did {
		if n != 1 {
			t.Errorf("%s was done %d times", id, n)
		}
	}
}

// TestOutlasts: the attempts at one request go on for longer than an outage of ten minutes, which Slack's own users
// would know of by then.
func TestOutlasts(t *testing.T) {
	var sum time.Duration
	for n := range maxRetry {
		d := retryDelay(n, errors.New("503"), nil)
		if d < time.Second || d > time.Minute {
			t.Errorf("attempt %d after %v", n, d)
		}
		sum += d
	}
	if sum < 20*time.Minute {
		t.Errorf("given up after %v", sum)
	}
}
