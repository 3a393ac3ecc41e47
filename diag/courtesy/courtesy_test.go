package courtesy

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	l := Limiter{PerSecond: 1, Burst: 5}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for i := range 5 {
		if err := l.Wait(ctx, "a"); err != nil {
			t.Fatalf("question %d: %v", i+1, err)
		}
	}
	start := time.Now()
	if err := l.Wait(ctx, "a"); !errors.Is(err, ErrTooOften) {
		t.Errorf("the sixth: %v", err)
	}
	if time.Since(start) > 200*time.Millisecond {
		t.Error("it waited for a turn that comes too late")
	}
	if err := l.Wait(ctx, "b"); err != nil {
		t.Errorf("another service: %v", err)
	}
	for i := range 3 * maxServices {
		_ = l.Wait(ctx, fmt.Sprint(i))
	}
	if len(l.services) > maxServices {
		t.Errorf("%d services kept in mind", len(l.services))
	}
	var free Limiter
	for range 1000 {
		if err := free.Wait(ctx, "a"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWaitsForItsTurn(t *testing.T) {
	l := Limiter{PerSecond: 50, Burst: 1}
	for range 3 {
		if err := l.Wait(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
}
