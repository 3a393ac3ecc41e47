package redistest

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// Embedded is a store inside the test.
func Embedded(t testing.TB) redis.UniversalClient {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr()})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// Client is a client of the server.
func (s *Server) Client() redis.UniversalClient {
	client := redis.NewClient(&redis.Options{Addr: s.Addr})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

// ErrDead is what a dead process gets of Redis: it stands for never going on.
var ErrDead = errors.New("redistest: the process is dead")

// Dying is a client of the server in a process that dies at its command of that number, from 1: before it is sent or,
// unseen, before its answer is seen. Alive tells whether it ended first.
func (s *Server) Dying(step int64, unseen bool) (client redis.UniversalClient, alive func() bool) {
	d := &dying{unseen: unseen}
	d.left.Store(step)
	c := redis.NewClient(&redis.Options{Addr: s.Addr, MaxRetries: -1})
	s.t.Cleanup(func() { _ = c.Close() })
	c.AddHook(d)
	return c, func() bool { return d.left.Load() > 0 }
}

type dying struct {
	left   atomic.Int64
	unseen bool
}

func (d *dying) DialHook(next redis.DialHook) redis.DialHook {
	return func(ctx context.Context, network, addr string) (net.Conn, error) { return next(ctx, network, addr) }
}

func (d *dying) step(send func() error) error {
	switch n := d.left.Add(-1); {
	case n > 0:
		return send()
	case n == 0 && d.unseen:
		_ = send()
	}
	return ErrDead
}

func (d *dying) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := d.step(func() error { return next(ctx, cmd) })
		if errors.Is(err, ErrDead) {
			cmd.SetErr(err)
		}
		return err
	}
}

func (d *dying) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := d.step(func() error { return next(ctx, cmds) })
		if errors.Is(err, ErrDead) {
			for _, c := range cmds {
				c.SetErr(err)
			}
		}
		return err
	}
}
