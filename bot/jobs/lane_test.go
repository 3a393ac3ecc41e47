package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// served runs a lane with so many workers until so many jobs are done, and gives their names in order.
func served(t *testing.T, q *Queue, n int, each time.Duration) []string {
	t.Helper()
	var mu sync.Mutex
	var order []string
	all := make(chan struct{})
	stop := serve(t, q, func(_ context.Context, j Job) error {
		mu.Lock()
		order = append(order, string(j.Payload))
		if len(order) == n {
			close(all)
		}
		mu.Unlock()
		<-time.After(each)
		return nil
	})
	select {
	case <-all:
	case <-time.After(60 * time.Second):
		t.Fatalf("%d of %d are done", len(order), n)
	}
	stop()
	return order
}

func put(t *testing.T, q *Queue, n int, r Request) {
	t.Helper()
	for i := range n {
		r.ID, r.Payload = fmt.Sprint(r.Team, "-", r.User, "-", r.Channel, "-", i), []byte(r.Team+" "+r.User)
		if fresh, err := q.Put(t.Context(), r); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
	}
}

// counted is how often each name is among the first so many.
func counted(order []string, first int) map[string]int {
	out := map[string]int{}
	for _, name := range order[:first] {
		out[name]++
	}
	return out
}

// TestFair: whoever asked for much waits for others who asked for little, people share evenly, and so do workspaces,
// however many people each has.
func TestFair(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 2)
		put(t, q, 60, Request{Lane: Quick, Team: "T1", User: "much"})
		for i := range 20 {
			put(t, q, 3, Request{Lane: Quick, Team: "T1", User: fmt.Sprint("u", i)})
		}
		for person, n := range counted(served(t, q, 120, time.Millisecond), 63) {
			if n < 2 || n > 4 {
				t.Errorf("%s was served %d times of 63, where 21 people wait", person, n)
			}
		}
		for i := range 10 {
			put(t, q, 4, Request{Lane: Diagnosis, Team: "T2", User: fmt.Sprint("u", i)})
		}
		put(t, q, 40, Request{Lane: Diagnosis, Team: "T3", User: "alone"})
		if n := counted(served(t, q, 80, time.Millisecond), 40)["T3 alone"]; n < 18 || n > 22 {
			t.Errorf("a workspace with one person was served %d times of 40, beside one with ten", n)
		}
		if left, err := client.Keys(t.Context(), "*fair-*").Result(); err != nil || len(left) > 2 {
			t.Errorf("what is kept of the order when nobody waits: %v, %v", left, err)
		}
	})
}

// TestBesideOthers: a person with much under way holds up nobody, and neither does a channel.
func TestBesideOthers(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 8)
		put(t, q, 30, Request{Lane: Quick, Team: "T1", User: "much"})
		put(t, q, 30, Request{Lane: Background, Team: "T1", Channel: "busy"})
		var mu sync.Mutex
		now, most := map[string]int{}, map[string]int{}
		other := make(chan time.Time, 2)
		serve(t, q, func(_ context.Context, j Job) error {
			name := string(j.Payload)
			mu.Lock()
			now[name]++
			most[name] = max(most[name], now[name])
			mu.Unlock()
			if name == "T1 other" {
				other <- time.Now()
			} else {
				<-time.After(150 * time.Millisecond)
			}
			mu.Lock()
			now[name]--
			mu.Unlock()
			return nil
		})
		<-time.After(100 * time.Millisecond)
		began := time.Now()
		put(t, q, 1, Request{Lane: Quick, Team: "T1", User: "other"})
		put(t, q, 1, Request{Lane: Background, Team: "T1", User: "other", Channel: "calm"})
		for range 2 {
			select {
			case at := <-other:
				if waited := at.Sub(began); waited > time.Second {
					t.Errorf("another waited %v", waited)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("another is not served")
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if most["T1 much"] > ofPerson || most["T1 "] > lanes[Background] {
			t.Errorf("at once: %v", most)
		}
	})
}

// TestLimits refuses what is too much for a person, a channel and a workspace; what is known is not refused, and what
// nobody asked for neither.
func TestLimits(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 1)
		ask := func(id, user, channel string) error {
			_, err := q.Put(t.Context(), Request{ID: id, Lane: Quick, Team: "T1", User: user, Channel: channel, Limited: true})
			return err
		}
		for i := range WaitingOfPerson {
			if err := ask(fmt.Sprint("a", i), "a", ""); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := ask("one more", "a", ""); !errors.Is(err, LimitPerson) {
			t.Errorf("a person: %v", err)
		}
		if err := ask("a1", "a", ""); err != nil {
			t.Errorf("what is known: %v", err)
		}
		if _, err := q.Put(t.Context(), Request{ID: "event", Lane: Quick, Team: "T1", User: "a"}); err != nil {
			t.Errorf("what nobody asked for: %v", err)
		}
		for i := range WaitingOfChannel {
			if err := ask(fmt.Sprint("c", i), fmt.Sprint("c", i), "C1"); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := ask("one more", "b", "C1"); !errors.Is(err, LimitChannel) {
			t.Errorf("a channel: %v", err)
		}
		for i := WaitingOfPerson + WaitingOfChannel + 1; i < WaitingOfTeam; i++ {
			if err := ask(fmt.Sprint("t", i), fmt.Sprint("t", i), ""); err != nil {
				t.Fatal(i, err)
			}
		}
		if err := ask("one more", "b", "C2"); !errors.Is(err, LimitTeam) {
			t.Errorf("a workspace: %v", err)
		}
		if _, err := q.Put(
			t.Context(),
			Request{ID: "elsewhere", Lane: Quick, Team: "T2", User: "a", Limited: true},
		); err != nil {
			t.Errorf("another workspace: %v", err)
		}
	})
}

// TestWoken: an idle lane takes a job up as it comes, by whichever process it was put.
func TestWoken(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		here, there := New(client, 1), New(client, 1)
		got := make(chan time.Time, 1)
		serve(t, here, func(context.Context, Job) error { got <- time.Now(); return nil })
		var took []time.Duration
		for i := range 20 {
			<-time.After(20 * time.Millisecond)
			began, q := time.Now(), here
			if i%2 == 1 {
				q = there
			}
			if _, err := q.Put(t.Context(), Request{ID: fmt.Sprint("w", i), Lane: Quick}); err != nil {
				t.Fatal(err)
			}
			if q == there { // its own process only tells: it serves nothing itself
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				there.announce(ctx)
				cancel()
			}
			took = append(took, (<-got).Sub(began))
		}
		fast := 0
		for _, d := range took {
			if d < lookEvery/3 {
				fast++
			}
		}
		if fast < len(took)*3/4 {
			t.Errorf("%d of %d were taken up at once: %v", fast, len(took), took)
		}
	})
}
