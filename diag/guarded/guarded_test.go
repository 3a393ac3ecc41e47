package guarded_test

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"signpost/diag/guarded"
)

func TestTry(t *testing.T) {
	if err := guarded.Try(func() {}); err != nil {
		t.Errorf("nothing panicked: %v", err)
	}
	err := guarded.Try(func() { panic(io.ErrUnexpectedEOF) })
	var p *guarded.Panic
	if !errors.As(err, &p) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(string(p.Stack), "TestTry") {
		t.Errorf("%v", err)
	}
	var m map[string]int
	if err := guarded.Try(func() { m["x"] = 1 }); err == nil || !strings.Contains(err.Error(), "nil map") {
		t.Errorf("%v", err)
	}
}

func TestGroup(t *testing.T) {
	var ran atomic.Int32
	outer := guarded.Try(func() {
		var g guarded.Group
		for i := range 10 {
			g.Go(func() {
				var inner guarded.Group
				inner.Go(func() {
					ran.Add(1)
					if i == 3 {
						panic("three")
					}
				})
				inner.Wait()
			})
		}
		for range 2 { // a panic is not forgotten by being met once
			if err := guarded.Try(g.Wait); err == nil {
				t.Error("Wait did not panic")
			}
		}
		g.Wait()
		t.Error("Wait came back")
	})
	if ran.Load() != 10 || outer == nil || !strings.Contains(outer.Error(), "three") {
		t.Errorf("%d ran, %v", ran.Load(), outer)
	}
}

func TestGo(t *testing.T) {
	told := make(chan error, 2)
	guarded.Go(func() { panic("boom") }, func(err error) { told <- err })
	if err := <-told; err == nil || !strings.Contains(err.Error(), "boom") {
		t.Errorf("%v", err)
	}
	guarded.Go(func() { told <- nil }, func(error) { t.Error("it did not panic") })
	if err := <-told; err != nil {
		t.Error(err)
	}
	guarded.Go(func() { defer close(told); panic("nobody waits") }, nil)
	<-told
	again := make(chan bool)
	guarded.Go(func() { panic("one") }, func(error) { defer close(again); panic("and another") })
	<-again
}

// TestPool: closures run, a panic ends one closure alone, and goroutines are used again.
func TestPool(t *testing.T) {
	var p guarded.Pool
	done := make(chan int)
	p.Go(func() { panic("one") })
	for i := range 100 {
		p.Go(func() { done <- i })
	}
	seen := map[int]bool{}
	for range 100 {
		seen[<-done] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d closures ran", len(seen))
	}
}

// TestPoolOneAfterTheOther: closures that come one after the other share one goroutine, whose place is free again when
// it was idle for long.
func TestPoolOneAfterTheOther(t *testing.T) {
	before := runtime.NumGoroutine()
	var p guarded.Pool
	most := 0
	for range 200 {
		var wg sync.WaitGroup
		wg.Add(1)
		p.Go(wg.Done)
		wg.Wait()
		most = max(most, runtime.NumGoroutine()-before)
	}
	if most > 50 {
		t.Errorf("%d goroutines for one closure at a time", most)
	}
	var wg sync.WaitGroup
	for range 300 {
		wg.Add(1)
		p.Go(wg.Done)
	}
	wg.Wait()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+5; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines stay", runtime.NumGoroutine()-before)
		}
	}
}
