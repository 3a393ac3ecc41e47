package diag

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Visits is what mail hosts showed, for runs over many domains: a host is visited once, however many of them it serves
// and however many run at once. What failed is forgotten soon, and what a run did not have the time to learn is not
// kept. Its zero value is ready; it must not be copied.
type Visits struct {
	mu     sync.Mutex
	known  map[VisitKey]*sharedVisit
	ended  []endedVisit // the oldest first
	octets int
}

// VisitKey names a host as it is visited: a certificate is for a name, and a name may have several addresses.
type VisitKey struct {
	Kind   string // such as a visit, or a look over IPv6
	Host   string
	Addr   netip.Addr
	Probes bool // what else its TLS agrees to is asked
}

// sharedVisit is a visit under way or made. done is closed when the rest stands.
type sharedVisit struct {
	done chan struct{}
	Learned
	at  time.Time
	cut bool // it was not made to its end
}

type endedVisit struct {
	key   VisitKey
	visit *sharedVisit
}

// Learned is what a visit brought, for how long that holds, and about how much memory it takes.
type Learned struct {
	Value  any
	Lasts  time.Duration
	Octets int
}

const (
	visitsKept   = 5000
	visitsOctets = 32 << 20
)

// Once is what a visit brought: its own, or that of another run, and then when it was made. A nil Visits shares
// nothing.
func (v *Visits) Once(ctx context.Context, now time.Time, key VisitKey, visit func() Learned) (value any,
	at time.Time) {
	if v == nil {
		return visit().Value, at
	}
	for ctx.Err() == nil {
		v.mu.Lock()
		s := v.known[key]
		if s != nil && s.over(now) {
			s = nil
		}
		if s == nil {
			if v.known == nil {
				v.known = map[VisitKey]*sharedVisit{}
			}
			s = &sharedVisit{done: make(chan struct{}), cut: true}
			v.known[key] = s
			v.mu.Unlock()
			return v.begin(ctx, now, key, s, visit), at
		}
		v.mu.Unlock()
		select {
		case <-s.done:
			if !s.cut {
				return s.Value, s.at
			}
		case <-ctx.Done():
		}
	}
	return visit().Value, at // which ends at once
}

// over reports that a visit that was made is to be made again.
func (s *sharedVisit) over(now time.Time) bool {
	select {
	case <-s.done:
		return s.cut || now.Sub(s.at) > s.Lasts
	default:
		return false
	}
}

// begin makes a visit that others may wait for.
func (v *Visits) begin(ctx context.Context, now time.Time, key VisitKey, s *sharedVisit, visit func() Learned) any {
	defer close(s.done) // after a panic too
	l := visit()
	v.mu.Lock()
	defer v.mu.Unlock()
	if ctx.Err() != nil {
		delete(v.known, key)
		return l.Value
	}
	s.Learned, s.at, s.cut = l, now, false
	v.ended, v.octets = append(v.ended, endedVisit{key, s}), v.octets+l.Octets
	for len(v.ended) > visitsKept || v.octets > visitsOctets {
		first := v.ended[0]
		v.ended, v.octets = v.ended[1:], v.octets-first.visit.Octets
		if v.known[first.key] == first.visit {
			delete(v.known, first.key)
		}
	}
	return l.Value
}
