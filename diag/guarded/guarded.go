// Package guarded runs closures side by side so that none of them can end the process. Go ends a program whose
// goroutine panics, whoever started it; here a panic becomes the error of whoever waits. The checks and what they stand
// on start no goroutine in another way, and a test holds them to it: what they read is written by strangers, and one
// case that nobody thought of must cost one check, not the bot.
//
// What may enter: a way to start a goroutine whose panic becomes an error.
package guarded

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"slices"
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

// Go calls f in a goroutine of its own. If it panics, failed is called in its place, with a *Panic; nil: nobody waits
// for f.
func Go(f func(), failed func(error)) {
	pool.Go(func() {
		if err := Try(f); err != nil && failed != nil {
			_ = Try(func() { failed(err) })
		}
	})
}

// pool runs what Go and groups start.
var pool Pool

// Pool runs closures in goroutines that go on to the next one: a goroutine whose stack has grown is worth keeping where
// thousands of short closures need a deep one. Its zero value is ready.
type Pool struct {
	mu       sync.Mutex
	idle     []*worker // the one that was busy last is the first to be taken
	sweeping bool
}

// worker is a goroutine of a pool.
type worker struct {
	next  chan func() // nil: end
	since time.Time   // idle since
}

const (
	poolIdle = time.Second // how long a goroutine waits for its next closure
	poolKept = 4096        // idle goroutines that are kept
)

// Go calls f beside the caller, as Go does. A panic of f ends f alone.
func (p *Pool) Go(f func()) {
	p.mu.Lock()
	last := len(p.idle) - 1
	if last < 0 {
		p.mu.Unlock()
		go p.work(f)
		return
	}
	w := p.idle[last]
	p.idle[last], p.idle = nil, p.idle[:last]
	p.mu.Unlock()
	w.next <- f
}

func (p *Pool) work(f func()) {
	w := &worker{next: make(chan func(), 1)}
	for f != nil {
		_ = Try(f)
		if !p.park(w) {
			return
		}
		f = <-w.next
	}
}

// park adds a goroutine to those that are idle.
func (p *Pool) park(w *worker) bool {
	w.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) >= poolKept {
		return false
	}
	p.idle = append(p.idle, w)
	if !p.sweeping {
		p.sweeping = true
		time.AfterFunc(poolIdle, p.sweep)
	}
	return true
}

// sweep ends the goroutines that have been idle for long, and comes again while there are others.
func (p *Pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, n := time.Now(), 0
	for n < len(p.idle) && now.Sub(p.idle[n].since) >= poolIdle {
		p.idle[n].next <- nil
		n++
	}
	p.idle = slices.Delete(p.idle, 0, n)
	if p.sweeping = len(p.idle) > 0; p.sweeping {
		time.AfterFunc(poolIdle, p.sweep)
	}
}

// Later calls f in a goroutine of its own after a time.
func Later(after time.Duration, f func()) {
	time.AfterFunc(after, func() { _ = Try(f) })
}

// After calls f in a goroutine of its own once ctx ends, as context.AfterFunc does; stop takes that back.
func After(ctx context.Context, f func()) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = Try(f) })
}

// Dial is dial for an http.Transport, which calls it in a goroutine of its own.
func Dial(dial func(ctx context.Context, network, addr string) (net.Conn, error)) func(ctx context.Context, network,
	addr string) (net.Conn, error) {
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
	g.wg.Add(1)
	pool.Go(func() {
		defer g.wg.Done()
		if err := Try(f); err != nil {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.first == nil {
				g.first = err
			}
		}
	})
}

// Wait waits for all of them. If one panicked, Wait panics with its *Panic, each time it is called: the panic goes on
// where the caller stands, which for a check is under the scheduler's recover.
func (g *Group) Wait() {
	g.wg.Wait()
	g.mu.Lock()
	err := g.first
	g.mu.Unlock()
	if err != nil {
		panic(err)
	}
}
