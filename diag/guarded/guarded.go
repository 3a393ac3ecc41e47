// Package guarded runs closures side by side so that none of them can end the process. Go ends a program whose goroutine panics, whoever
// started it; here a panic becomes the error of whoever waits. The checks and what they stand on start no goroutine in another way, and a
// test holds them to it: what they read is written by strangers, and one case that nobody thought of must cost one check, not the bot.
package guarded

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"
)

// Panic is a panic that was caught.
type Panic struct {
	Value any
	Stack []byte // of the goroutine that panicked
}

func (p *Panic) Error() string { return fmt.Sprintf("guarded: panic: %v", p.Value) }

// Unwrap gives the error that was panicked with, if it was one.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Try calls f. A panic of it becomes the error, a *Panic.
func Try(f func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			if p, ok := v.(*Panic); ok { // caught below already: the stack that counts is the first
				err = p
				return
			}
			err = &Panic{v, debug.Stack()}
		}
	}()
	f()
	return nil
}

// Go calls f in a goroutine of its own. If it panics, failed is called in its place, with a *Panic; nil: nobody waits for f.
func Go(f func(), failed func(error)) {
	go func() {
		if err := Try(f); err != nil && failed != nil {
			_ = Try(func() { failed(err) })
		}
	}()
}

// Pool runs closures in goroutines that go on to the next one: a goroutine whose stack has grown is worth keeping where thousands of short
// closures need a deep one. Its zero value is ready.
type Pool struct {
	once sync.Once
	next chan func()
}

// poolIdle is how long a goroutine waits for its next closure.
const poolIdle = time.Second

// Go calls f beside the caller, as Go does. A panic of f ends f alone.
func (p *Pool) Go(f func()) {
	p.once.Do(func() { p.next = make(chan func()) })
	select {
	case p.next <- f:
	default:
		go p.work(f)
	}
}

func (p *Pool) work(f func()) {
	idle := time.NewTimer(poolIdle)
	defer idle.Stop()
	for {
		_ = Try(f)
		f = nil
		idle.Reset(poolIdle)
		select {
		case f = <-p.next:
		case <-idle.C:
			return
		}
	}
}

// After calls f in a goroutine of its own once ctx ends, as context.AfterFunc does; stop takes that back.
func After(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = Try(f) })
}

// Dial is dial for an http.Transport, which calls it in a goroutine of its own.
func Dial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (conn net.Conn, err error) {
		if failed := Try(func() { conn, err = dial(ctx, network, addr) }); failed != nil {
			return nil, failed
		}
		return conn, err
	}
}

// Group is goroutines that are waited for. Its zero value is ready; it must not be copied.
type Group struct {
	wg sync.WaitGroup

	mu    sync.Mutex
	first error
}

// Go calls f in a goroutine of its own.
func (g *Group) Go(f func()) {
	g.wg.Go(func() {
		if err := Try(f); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.first == nil {
				g.first = err
			}
		}
	})
}

// Wait waits for all of them. If one panicked, Wait panics with its *Panic, each time it is called: the panic goes on where the caller
// stands, which for a check is under the scheduler's recover.
func (g *Group) Wait() {
	g.wg.Wait()
	g.mu.Lock()
	err := g.first
	g.mu.Unlock()
	if err != nil {
		panic(err)
	}
}
