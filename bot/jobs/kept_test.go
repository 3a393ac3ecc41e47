package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/internal/redistest"

	"github.com/redis/go-redis/v9"
)

// sumOf is the octets that a Redis holds of evidence, and what is written down of them.
func sumOf(t *testing.T, client redis.UniversalClient) (held int, noted string) {
	t.Helper()
	ctx := t.Context()
	for _, name := range client.ZRange(ctx, keptOrderKey, 0, -1).Val() {
		held += int(client.StrLen(ctx, keptKey(name)).Val())
	}
	return held, client.HGet(ctx, keptSizesKey, "").Val()
}

func TestEvidenceIsBounded(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q, ctx := New(client, 1), t.Context()
		keep := func(owner, name string, size int, keepFor time.Duration) {
			t.Helper()
			if err := q.KeepEvidence(ctx, owner, name, bytes.Repeat([]byte("x"), size), keepFor); err != nil {
				t.Fatal(err)
			}
		}
		there := func(name string) bool { _, err := q.Kept(ctx, name); return err == nil }
		if err := q.KeepEvidence(ctx, "T/U", "large", make([]byte, MaxKept+1), time.Hour); !errors.Is(err, ErrLarge) ||
			there("large") {
			t.Errorf("more than %d octets: %v", MaxKept, err)
		}
		// One person has fifty; the oldest goes, and nobody else's.
		keep("T/V", "other", 100, 24*time.Hour)
		for i := range keptOfOne + 3 {
			keep("T/U", fmt.Sprint("u", i), 100, 24*time.Hour+time.Duration(i)*time.Millisecond)
		}
		if there("u0") || there("u2") || !there("u3") || !there(fmt.Sprint("u", keptOfOne+2)) || !there("other") {
			t.Error("the oldest of one person do not go first")
		}
		if held, noted := sumOf(t, client); held != 100*(keptOfOne+1) || noted != fmt.Sprint(held) {
			t.Errorf("%d octets are held, %s noted", held, noted)
		}
		// The same again takes the place of what was.
		keep("T/V", "other", 60, 24*time.Hour)
		if held, noted := sumOf(t, client); held != 100*keptOfOne+60 || noted != fmt.Sprint(held) {
			t.Errorf("%d octets are held, %s noted", held, noted)
		}
		// All together have so many; the oldest of anybody goes.
		q.mostKept = 4000
		keep("T/W", "new", 1000, 25*time.Hour)
		held, noted := sumOf(t, client)
		if held > 4000 || held < 3000 || noted != fmt.Sprint(held) || !there("new") || there("u3") {
			t.Errorf("%d octets are held, %s noted", held, noted)
		}
		// What is over its time counts no longer.
		keep("T/W", "brief", 900, time.Hour)
		if err := errors.Join(client.ZAdd(ctx, keptOrderKey, redis.Z{Score: 1, Member: "brief"}).Err(),
			client.Del(ctx, keptKey("brief")).Err()); err != nil {
			t.Fatal(err)
		}
		keep("T/W", "last", 10, 24*time.Hour)
		if err := client.ZScore(ctx, keptOrderKey, "brief").Err(); !errors.Is(err, redis.Nil) || there("brief") {
			t.Errorf("what is over is still noted: %v", err)
		}
		// What a job notes for itself is not among it.
		if err := q.Keep(ctx, "state", []byte("1"), time.Hour); err != nil ||
			client.ZScore(ctx, keptOrderKey, "state").Err() == nil {
			t.Errorf("state counts as evidence: %v", err)
		}
	})
}

// TestCrowded fills a server that has little memory: no evidence is kept any more, and what was noted of jobs still is.
func TestCrowded(t *testing.T) {
	server := redistest.StartWith(t, "--maxmemory", "12mb", "--maxmemory-policy", "noeviction")
	client, err := Connect(t.Context(), "redis://"+server.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	q, ctx := New(client, 1), t.Context()
	q.checkMemory(ctx)
	if q.MemoryShort() {
		t.Fatal("an empty server is crowded")
	}
	if err := q.KeepEvidence(ctx, "T/U", "before", []byte("x"), time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := 0; !q.MemoryShort(); i++ {
		if err := client.Set(ctx, fmt.Sprint("fill", i), strings.Repeat("x", 200_000), 0).Err(); err != nil || i > 100 {
			t.Fatalf("the server is full before it is crowded: %v", err)
		}
		q.checkMemory(ctx)
	}
	if err := q.KeepEvidence(ctx, "T/U", "after", []byte("x"), time.Hour); !errors.Is(err, ErrMemoryShort) {
		t.Errorf("kept when memory is short: %v", err)
	}
	if err := q.Note(ctx, "j", "a", "1"); err != nil {
		t.Errorf("a note: %v", err)
	}
	if fresh, err := q.Put(ctx, Request{ID: "case", Payload: []byte("{}")}); err != nil || !fresh {
		t.Errorf("a request: %v", err)
	}
	// A server that is away tells nothing: what was known stands. Where it has room again, that is seen.
	gone, cancel := context.WithCancel(ctx)
	cancel()
	q.checkMemory(gone)
	if !q.MemoryShort() {
		t.Error("a server that does not answer has room")
	}
	if err := client.FlushDB(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	q.checkMemory(ctx)
	if q.MemoryShort() {
		t.Error("a server that was emptied is still crowded")
	}
}

// TestBoundlessMemory: without a bound there is always room.
func TestBoundlessMemory(t *testing.T) {
	stores(t, func(t *testing.T, client redis.UniversalClient) {
		q := New(client, 1)
		q.checkMemory(t.Context())
		if q.MemoryShort() {
			t.Error("crowded without a bound")
		}
	})
}
