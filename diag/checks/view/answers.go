package view

import (
	"context"
	"sync"

	"signpost/diag/guarded"
	"signpost/diag/resolve"
)

// disputes is the questions of a run that were looked at, each once.
type disputes struct {
	mu    sync.Mutex
	known map[resolve.Question]*settling
}

type settling struct {
	done chan struct{}
	all  []AttributedAnswer
}

// Once asks a question that was not asked yet, and waits for what is on its way.
func (m *disputes) Once(ctx context.Context, q resolve.Question, ask func() []AttributedAnswer) []AttributedAnswer {
	m.mu.Lock()
	if m.known == nil {
		m.known = map[resolve.Question]*settling{}
	}
	s, known := m.known[q]
	if !known {
		s = &settling{done: make(chan struct{})}
		m.known[q] = s
	}
	m.mu.Unlock()
	if !known {
		guarded.Go(func() {
			defer close(s.done)
			s.all = ask()
		}, nil)
	}
	select {
	case <-s.done:
		return s.all
	case <-ctx.Done():
		return nil
	}
}

// AttributedAnswer is an answer with the name of the server that gave it.
type AttributedAnswer struct {
	By     string
	Answer *resolve.Answer
}
