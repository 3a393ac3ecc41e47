// Package redistest starts a real redis-server for a test, with an append-only file, to be killed and started again
// under it.
//
// What may enter: a way in which a Redis dies, comes back or is kept. It knows no room.
package redistest

import (
	"context"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a redis-server that belongs to one test.
type Server struct {
	Addr string
	t    testing.TB
	dir  string
	args []string
	cmd  *exec.Cmd
}

// Start starts a server. Where the machine has none the test is left out and says so, unless SIGNPOST_TEST_REQUIRE
// names redis: then it fails.
func Start(t testing.TB) *Server { return StartWith(t) }

// StartWith is Start with more of redis-server's own arguments, which go before ours.
func StartWith(t testing.TB, args ...string) *Server {
	t.Helper()
	need(t)
	s := &Server{Addr: freeAddr(t), t: t, dir: t.TempDir(), args: args}
	s.Start()
	t.Cleanup(s.End)
	return s
}

// need leaves the test out where the machine has no redis-server.
func need(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if slices.Contains(strings.Split(os.Getenv("SIGNPOST_TEST_REQUIRE"), ","), "redis") {
			t.Fatal("redis-server is required and not there")
		}
		t.Skip("left out: needs redis-server, which this machine has not")
	}
}

// freeAddr is an address where nobody listens, nor on the port 10,000 above, which a cluster's bus takes. Both lie
// below the ports that outgoing connections are given, so that nobody takes them while a server is down.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := 11_000 + rand.IntN(10_000)
		free := true
		for _, p := range []int{port, port + 10_000} {
			ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
			if err != nil {
				free = false
				break
			}
			_ = ln.Close()
		}
		if free {
			return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		}
	}
	t.Fatal("no free port")
	return ""
}

// URL is the REDIS_URL of the server.
func (s *Server) URL() string { return "redis://" + s.Addr + "/0" }

// Start starts the server, again after Kill, and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(s.Addr)
	s.run(append([]string{
		"--bind", host, "--port", port, "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always", "--save",
		"", "--loglevel", "warning",
	}, s.args...)...)
}

// run starts the program and waits until it answers.
func (s *Server) run(args ...string) {
	s.t.Helper()
	s.cmd = exec.Command("redis-server", args...)
	if log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
		defer log.Close()
		s.cmd.Stdout, s.cmd.Stderr = log, log
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	redis.SetLogger(silent{})
	client := redis.NewClient(&redis.Options{Addr: s.Addr, DialerRetries: 1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for client.Ping(ctx).Err() != nil {
		select {
		case <-ctx.Done():
			s.t.Fatal("redis-server does not answer")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// End kills the server for good, and removes what it wrote. A child that was writing a copy when it was killed may
// take a moment to notice.
func (s *Server) End() {
	s.Kill()
	for range 50 {
		if os.RemoveAll(s.dir) == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Kill ends the server as a power cut does.
func (s *Server) Kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.cmd = nil
	}
}

// silent keeps the client from telling what the test itself caused.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
