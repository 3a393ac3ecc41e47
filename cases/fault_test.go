package cases

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/diag"
	"signpost/internal/redistest"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// quiet are options for a server that is about to fail: what it does not answer is tried again by the caller, as the
// queue of requests does.
func quiet(addrs ...string) *redis.UniversalOptions {
	return &redis.UniversalOptions{
		Addrs: addrs, DialTimeout: time.Second, ReadTimeout: time.Second, WriteTimeout: time.Second, MaxRetries: -1,
		DialerRetries:            1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// again makes a request until it is confirmed. Some requests are made again although they were: the same delivery
// comes twice.
func again(t *testing.T, twice bool, f func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		err := f(ctx)
		if err == nil && !twice {
			return
		}
		if err == nil {
			twice = false
			continue
		}
		select {
		case <-ctx.Done():
			t.Errorf("never confirmed: %v", err)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

const writers, rounds = 8, 25 // of outlast

// outlast opens and changes cases from many sides while a fault happens, and looks whether each happened once.
func outlast(t *testing.T, b *Book, fault func()) {
	t.Helper()
	team := "T1"
	var done atomic.Int64
	var all sync.WaitGroup
	half := make(chan struct{})
	for w := range writers {
		all.Go(func() {
			for i := range rounds {
				request := fmt.Sprintf("w%d i%d", w, i)
				domain := fmt.Sprintf("d%d-%d.example", w, i)
				var number int64
				again(t, i%3 == 0, func(ctx context.Context) error {
					o, err := b.Open(ctx, team, Opening{
						Request: request, Case: Case{Domain: domain, Title: request, Provider: "alimail",
							First: &Snapshot{Verdict: diag.Broken, Found: []string{"spf.none x"}}}, Said: request,
					})
					if err == nil {
						number = o.Case.Number
					}
					return err
				})
				again(t, i%3 == 1, func(ctx context.Context) error {
					_, _, err := b.Change(ctx, team, number, request+" contact", func(c *Case) (Edit, error) {
						c.Contacts++
						c.Tickets = append(c.Tickets, fmt.Sprintf("T%d-%d", w, i))
						return Edit{Entries: []Entry{{Kind: "note", Text: "once"}},
							Contact:  &Contact{ID: int64(c.Contacts), At: time.Now(), Gist: "g"},
							Measures: []Measure{{"answer:alimail:ticket", 1}}}, nil
					})
					return err
				})
				// All of them also change one case together.
				again(t, false, func(ctx context.Context) error {
					_, _, err := b.Change(ctx, team, 1, request+" tag", func(c *Case) (Edit, error) {
						c.Tags = append(c.Tags, request)
						return Edit{}, nil
					})
					return err
				})
				if i%2 == 0 {
					again(t, i%4 == 0, func(ctx context.Context) error {
						_, _, err := b.Change(ctx, team, number, request+" close", func(c *Case) (Edit, error) {
							c.SetState(Closed, time.Now(), BusinessHours{})
							return Edit{}, nil
						})
						return err
					})
				}
				if done.Add(1) == writers*rounds/3 {
					close(half)
				}
			}
		})
	}
	<-half
	fault()
	all.Wait()
	eachOnce(t, b, team)
}

// eachOnce looks whether what outlast did happened once, each.
func eachOnce(t *testing.T, b *Book, team string) {
	t.Helper()
	ctx := t.Context()
	last, err := b.Last(ctx, team)
	if err != nil || last != writers*rounds {
		t.Errorf("%d cases, want %d: %v", last, writers*rounds, err)
	}
	titles := map[string]bool{}
	for n := int64(1); n <= last; n++ {
		r, err := b.record(ctx, team, n)
		if err != nil {
			t.Fatal(err)
		}
		if titles[r.Case.Title] {
			t.Errorf("%s twice", r.Case.Title)
		}
		titles[r.Case.Title] = true
		if len(r.Contacts) != 1 || len(r.Case.Tickets) != 1 || len(r.Timeline) != 3 {
			t.Errorf("%s: %d contacts, %d tickets, %d entries", r.Case.Title, len(r.Contacts), len(r.Case.Tickets),
				len(r.Timeline))
		}
	}
	first, err := b.Case(ctx, team, 1)
	if err != nil {
		t.Fatal(err)
	}
	if tags := slices.Compact(slices.Sorted(slices.Values(first.Tags))); len(tags) != writers*rounds ||
		len(first.Tags) != len(tags) {
		t.Errorf("%d tags, %d different, want %d", len(first.Tags), len(tags), writers*rounds)
	}
	counts, err := b.Counts(ctx, team)
	if want := int64(writers * (rounds + 1) / 2); err != nil || counts[Closed] != want ||
		counts[New] != writers*rounds-want {
		t.Errorf("%v, %v", counts, err)
	}
	found, next := 0, int64(0)
	for below := int64(0); ; below = next {
		var page []*Case
		if page, next, err = b.Find(ctx, team, Query{Open: true}, below, 50); err != nil {
			t.Fatal(err)
		}
		found += len(page)
		if next == 0 {
			break
		}
	}
	if found != int(counts[New]) {
		t.Errorf("%d open cases are found of %d", found, counts[New])
	}
	stats, err := b.Stats(ctx, team, "answer:")
	if err != nil || len(stats) != 1 || stats[0].Count != writers*rounds {
		t.Errorf("%+v, %v", stats, err)
	}
}

// TestRedisKilled kills the server as a power cut does, and starts it on its append-only file.
func TestRedisKilled(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	client := redis.NewUniversalClient(quiet(s.Addr))
	defer client.Close()
	outlast(t, OpenBook(client, time.Now), func() {
		s.Kill()
		<-time.After(300 * time.Millisecond) // an outage lasts
		s.Start()
	})
}

// TestSentinelFailOver kills the server, and its replica takes over.
func TestSentinelFailOver(t *testing.T) {
	t.Parallel()
	url, main := redistest.Sentinel(t)
	o := quiet(strings.TrimSuffix(strings.TrimPrefix(url, "redis-sentinel://"), "/main"))
	o.MasterName = "main"
	client := redis.NewUniversalClient(o)
	WaitForReplicas(client)
	defer client.Close()
	outlast(t, OpenBook(client, time.Now), main.Kill)
}

// late passes a server's connections on, and what it says later than it was said.
func late(t *testing.T, to string, by time.Duration) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			t.Cleanup(func() { _, _ = near.Close(), far.Close() })
			go func() { _, _ = io.Copy(far, near) }()
			go func() {
				chunk := make([]byte, 1<<20)
				for {
					n, err := far.Read(chunk)
					<-time.After(by)
					if _, w := near.Write(chunk[:n]); err != nil || w != nil {
						_ = near.Close()
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// TestConfirmed looks at a replica after each write, which hears of it late: what was answered is there.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	main := redistest.Start(t)
	follows := redistest.StartWith(t, "--replicaof",
		strings.Replace(late(t, main.Addr, 20*time.Millisecond), ":", " ", 1)).Client()
	client := main.Client()
	WaitForReplicas(client)
	b := OpenBook(client, time.Now)
	for end := time.Now().Add(20 * time.Second); !strings.Contains(client.Info(t.Context(), "replication").Val(),
		"state=online"); {
		if time.Now().After(end) {
			t.Fatal("the replica does not follow")
		}
		<-time.After(20 * time.Millisecond)
	}
	for i := range 30 {
		o, err := b.Open(t.Context(), "T1", Opening{Request: fmt.Sprint("r", i), Case: Case{Title: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := follows.Exists(t.Context(), caseKey("T1", o.Case.Number)).Result(); n != 1 || err != nil {
			t.Fatalf("%s is answered and not on the replica: %v", o.Case.Name(), err)
		}
	}
}

// TestConfirmedInCluster: a Cluster's writes wait for the replica of the server that has them.
func TestConfirmedInCluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t)
	nodes.Replica(lastKey("T1"))
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: strings.Split(strings.TrimPrefix(nodes.URL,
		"redis-cluster://"), ",")})
	defer client.Close()
	WaitForReplicas(client)
	b := OpenBook(client, time.Now)
	for i, team := range []string{"T1", "T2", "T3", "T4"} { // some of them lie where there is no replica
		if _, err := b.Open(t.Context(), team, Opening{Request: fmt.Sprint("r", i),
			Case: Case{Title: "x"}}); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := client.Exists(t.Context(), "signpost:{T1}:written").Result(); n != 1 || err != nil {
		t.Errorf("nothing waited for the replica: %v", err)
	}
}

// TestConfirmedNot: who may not wait for replicas writes all the same.
func TestConfirmedNot(t *testing.T) {
	t.Parallel()
	main := redistest.Start(t)
	redistest.StartWith(t, "--replicaof", strings.Replace(main.Addr, ":", " ", 1))
	admin := main.Client()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(admin.Info(t.Context(), "replication").Val(),
		"state=online"); {
		if time.Now().After(end) {
			t.Fatal("the replica does not follow")
		}
		<-time.After(20 * time.Millisecond)
	}
	if err := admin.Do(t.Context(), "ACL", "SETUSER", "bot", "on", ">secret", "~*", "&*", "+@all",
		"-wait").Err(); err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: main.Addr, Username: "bot", Password: "secret"})
	defer client.Close()
	WaitForReplicas(client)
	if _, err := OpenBook(client, time.Now).Open(t.Context(), "T1",
		Opening{Request: "r", Case: Case{Title: "x"}}); err != nil {
		t.Error(err)
	}
}

// TestClusterSlotMoves moves the workspace's slot to another server while cases are opened and changed.
func TestClusterSlotMoves(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t)
	o := quiet(strings.Split(strings.TrimPrefix(nodes.URL, "redis-cluster://"), ",")...)
	o.IsClusterMode, o.MaxRedirects = true, 3
	client := redis.NewUniversalClient(o)
	defer client.Close()
	outlast(t, OpenBook(client, time.Now), func() {
		if n := nodes.Move(lastKey("T1")); n < 50 {
			t.Errorf("%d keys moved", n)
		}
		if n := nodes.Move(lastKey("T1")); n < 50 {
			t.Errorf("%d keys moved again", n)
		}
	})
}
