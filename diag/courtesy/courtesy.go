// Package courtesy keeps us from asking services that strangers run for everybody, as registries and public resolvers
// are, more often than is decent, however many people ask us.
//
// What may enter: a bound on what a service of strangers is asked.
package courtesy

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/time/rate"

	"signpost/diag/cause"
)

// ErrTooOften says that a service would have to be asked more often than is decent.
var ErrTooOften = cause.New(cause.AskedTooOften, "courtesy: asked too often from here")

// maxServices is how many services are kept in mind at once.
const maxServices = 1000

// Limiter lets each service be asked Burst times at once and PerSecond times a second after that. PerSecond 0 means
// without limit. Its fields are set before the first use and not changed after; it must not be copied.
type Limiter struct {
	PerSecond float64
	Burst     int

	mu       sync.Mutex
	services map[string]*rate.Limiter
}

// Wait waits for the service's turn. The error is an ErrTooOften where that comes after the context's deadline, or the
// context's.
func (l *Limiter) Wait(ctx context.Context, service string) error {
	if l.PerSecond == 0 {
		return nil
	}
	l.mu.Lock()
	one := l.services[service]
	if one == nil {
		if len(l.services) >= maxServices {
			clear(l.services)
		}
		if l.services == nil {
			l.services = map[string]*rate.Limiter{}
		}
		one = rate.NewLimiter(rate.Limit(l.PerSecond), l.Burst)
		l.services[service] = one
	}
	l.mu.Unlock()
	if err := one.Wait(ctx); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrTooOften, service, err)
	}
	return nil
}
