package redistest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Backup is what docs/operations.md says of one: BGSAVE, and a copy of dump.rdb when it has ended.
func (s *Server) Backup() []byte {
	s.t.Helper()
	s.on(func(ctx context.Context, c *redis.Client) {
		if err := c.BgSave(ctx).Err(); err != nil {
			s.t.Fatal(err)
		}
		s.until(ctx, c, "rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok")
	})
	dump, err := os.ReadFile(filepath.Join(s.dir, "dump.rdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	return dump
}

// Restore is what docs/operations.md says of one: a server without an append-only file reads the dump, writes such a
// file from what it has read, and is started with it.
func Restore(t testing.TB, dump []byte) *Server {
	t.Helper()
	need(t)
	s := &Server{Addr: freeAddr(t), t: t, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(s.dir, "dump.rdb"), dump, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.End)
	s.args = []string{"--appendonly", "no"}
	s.Start()
	s.on(func(ctx context.Context, c *redis.Client) {
		if err := c.ConfigSet(ctx, "appendonly", "yes").Err(); err != nil {
			t.Fatal(err)
		}
		s.until(ctx, c, "aof_rewrite_in_progress:0", "aof_rewrite_scheduled:0", "aof_last_bgrewrite_status:ok")
	})
	s.Kill()
	s.args = nil
	s.Start()
	return s
}

// on gives a client to do something with.
func (s *Server) on(do func(context.Context, *redis.Client)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: s.Addr, DialerRetries: 1})
	defer client.Close()
	do(ctx, client)
}

// until waits until INFO says all of some words.
func (s *Server) until(ctx context.Context, c *redis.Client, words ...string) {
	s.t.Helper()
	for {
		info, err := c.Info(ctx, "persistence").Result()
		if err != nil {
			s.t.Fatal(err)
		}
		missing := false
		for _, w := range words {
			missing = missing || !strings.Contains(info, w)
		}
		if !missing {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("INFO does not come to say %v:\n%s", words, info)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
