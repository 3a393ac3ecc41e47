package resolve

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signpost/diag/guarded"
)

const maxTried = 24 // addresses of one zone that are tried for one question

// candidates are the servers that a question may be put to: those whose addresses are known, and stages of look-ups
// that find more. A stage sends addresses as it finds them, and closes its channel when it knows them all.
type candidates struct {
	known  []netip.AddrPort
	stages []stage
	slow   netip.AddrPort // of those known: was asked already, and has said nothing for as long as one is waited for
	err    error          // why there may be more than is known, and they cannot be looked up
}

type stage func(context.Context) <-chan sighting

// sighting is an address that a look-up found, or why it failed: not because there is none.
type sighting struct {
	at  netip.AddrPort
	err error
}

// verdict is what became of the question at one server.
type verdict struct {
	server netip.AddrPort
	answer *Answer
	err    error
}

// race puts one question to servers until one gives a usable answer: the next at once where one fails, the next beside
// it where one is slower than it should be, and those that must be looked up first when the others do not suffice. No
// server is given up before all were tried. An answer that comes with ErrLame serves where no better one comes (many
// resolvers take it).
type race struct {
	s       *Session
	q       Question
	ask     func(netip.AddrPort) (*Answer, error)
	queue   []netip.AddrPort
	tried   []netip.AddrPort
	waiting []netip.AddrPort // asked, and silent so far
	results chan verdict
	found   <-chan sighting // what the stage under way finds; nil: none is under way
	stages  []stage
	overdue bool  // a server is slow and there is nobody to ask beside it yet
	worst   error // of servers that were asked
	unsure  error // why servers could not be looked up
	spare   *Answer
}

// run gives the answer and the server that gave it. The error is the most telling failure of those asked. Where no
// server has an address it is ErrNoWayIn, and ErrNoServers where one may have.
func (r *race) run(ctx context.Context, c candidates) (*Answer, netip.AddrPort, error) {
	if len(c.known) == 1 && len(c.stages) == 0 { // nobody to race with
		a, err := r.ask(c.known[0])
		if err != nil && a == nil {
			return nil, netip.AddrPort{}, err
		}
		return a, c.known[0], nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.results = make(chan verdict, maxTried)
	r.queue, r.stages, r.unsure = r.s.inOrder(c.known), c.stages, c.err
	timer := time.NewTimer(hedgeMost)
	defer timer.Stop()
	if i := slices.Index(r.queue, c.slow); i >= 0 {
		r.queue = slices.Insert(slices.Delete(r.queue, i, i+1), 0, c.slow)
		r.advance(ctx, timer)
		r.overdue = true
	}
	r.advance(ctx, timer)
	for len(r.waiting) > 0 || r.found != nil {
		select {
		case v := <-r.results:
			r.waiting = slices.DeleteFunc(r.waiting, func(a netip.AddrPort) bool { return a == v.server })
			if v.err == nil {
				for _, slow := range r.waiting {
					r.s.net.pace.overtaken(slow, r.s.net.now())
				}
				return v.answer, v.server, nil
			}
			r.fail(v)
			r.advance(ctx, timer)
		case seen, more := <-r.found:
			switch {
			case !more:
				r.found = nil
			case seen.err != nil:
				r.unsure = moreTelling(r.unsure, seen.err)
			case !slices.Contains(r.tried, seen.at) && !slices.Contains(r.queue, seen.at):
				r.queue = append(r.queue, seen.at)
			}
			if len(r.waiting) == 0 || r.overdue {
				r.advance(ctx, timer)
			}
		case <-timer.C:
			r.overdue = true
			r.advance(ctx, timer)
		case <-ctx.Done():
			f := &Failure{Question: r.q, Err: ErrTimeout}
			if len(r.tried) > 0 {
				f.Server = r.tried[0]
			}
			return nil, netip.AddrPort{}, f
		}
	}
	switch {
	case r.spare != nil:
		return r.spare, r.spare.Server, nil
	case r.worst != nil:
		return nil, netip.AddrPort{}, r.worst
	case r.unsure != nil:
		return nil, netip.AddrPort{}, &Failure{Question: r.q, Err: fmt.Errorf("%w: %w", ErrNoServers, r.unsure)}
	}
	return nil, netip.AddrPort{}, &Failure{Question: r.q, Err: ErrNoWayIn}
}

// advance asks the next server, or starts to look for more of them.
func (r *race) advance(ctx context.Context, timer *time.Timer) {
	for {
		if len(r.queue) > 0 && len(r.tried) < maxTried {
			server := r.queue[0]
			r.queue = r.queue[1:]
			r.tried, r.waiting = append(r.tried, server), append(r.waiting, server)
			r.overdue = false
			timer.Reset(r.s.hedge(server))
			r.s.net.workers.Go(func() {
				v := verdict{server: server}
				if err := guarded.Try(func() { v.answer, v.err = r.ask(server) }); err != nil {
					v = verdict{server: server, err: err}
				}
				r.results <- v
			})
			return
		}
		if r.found != nil || len(r.stages) == 0 {
			return
		}
		r.found, r.stages = r.stages[0](ctx), r.stages[1:]
		if r.found != nil {
			return
		}
	}
}

func (r *race) fail(v verdict) {
	r.worst = moreTelling(r.worst, v.err)
	if v.answer != nil && (r.spare == nil || v.answer.Server.Compare(r.spare.Server) < 0) {
		r.spare = v.answer
	}
}

// hedge is pace's, and shorter for a root server that never answered: where one does not, none may be in reach.
func (s *Session) hedge(server netip.AddrPort) time.Duration {
	h := s.net.pace.hedge(server)
	if h > hedgeRoot && s.net.isRoot(server) {
		return hedgeRoot
	}
	return h
}

// inOrder is the servers, those that were late last.
func (s *Session) inOrder(servers []netip.AddrPort) []netip.AddrPort {
	now := s.net.now()
	out := slices.Clone(servers)
	late := func(a netip.AddrPort) int {
		if s.isDead(a) || s.net.pace.isLate(a, now) {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b netip.AddrPort) int { return late(a) - late(b) })
	return out
}

// moreTelling is the failure that explains more: a server's own word before silence. Of two alike it is that of the
// lower address, so that it does not depend on which came first.
func moreTelling(a, b error) error {
	rank := func(err error) int {
		if isBound(err) {
			return -1
		}
		for i, e := range []error{ErrServFail, ErrRefused, ErrTruncated, ErrLame, ErrBadAnswer, ErrTimeout, ErrUnreachable} {
			if errors.Is(err, e) {
				return i
			}
		}
		return 9
	}
	server := func(err error) string {
		var f *Failure
		if errors.As(err, &f) {
			return f.Server.String()
		}
		return ""
	}
	switch {
	case a == nil || rank(b) < rank(a):
		return b
	case rank(b) == rank(a) && strings.Compare(server(b), server(a)) < 0:
		return b
	}
	return a
}
