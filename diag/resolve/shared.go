package resolve

import (
	"sync"
	"time"
)

// sharedAnswers is answers that serve several sessions, each until its TTL is over. Its zero value is ready.
type sharedAnswers struct {
	mu    sync.Mutex
	known map[Question]remembered
}

type remembered struct {
	answer *Answer
	until  time.Time
}

const (
	memoryKept = 20000
	memoryLife = 5 * time.Minute
)

func (m *sharedAnswers) get(q Question, now time.Time) *Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, known := m.known[q]
	if !known || now.After(r.until) {
		return nil
	}
	return r.answer
}

func (m *sharedAnswers) put(a *Answer, now time.Time) {
	life := min(time.Duration(a.MinTTL())*time.Second, memoryLife)
	if life <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[Question]remembered{}
	}
	for q := range m.known {
		if len(m.known) < memoryKept {
			break
		}
		delete(m.known, q)
	}
	m.known[a.Question] = remembered{a, now.Add(life)}
}
