package guarded_test

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"

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
