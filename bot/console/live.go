package console

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// oneAtATime lets an answer and a reminder that comes due not run into each other.
type oneAtATime struct {
	mu sync.Mutex
	w  io.Writer
}

func (o *oneAtATime) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

// liveLine is the line in which progress shows: drawn at most every 100 ms, and always as it is at last.
type liveLine struct {
	out io.Writer

	mu     sync.Mutex
	text   string
	drawn  bool
	timer  *time.Timer
	closed bool
}

const redrawEvery = 100 * time.Millisecond

func (l *liveLine) draw() {
	l.drawn = true
	fmt.Fprintf(l.out, "\r\x1b[2K%s", l.text)
}

// end takes the line away.
func (l *liveLine) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.drawn {
		fmt.Fprint(l.out, "\r\x1b[2K")
	}
}
