package console

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
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

// liveLine is the line in which progress shows, with a clock that moves.
type liveLine struct {
	out   io.Writer
	width int
	begun time.Time

	mu          sync.Mutex
	title, rest string
	timer       *time.Timer // nil until there is something to show
	closed      bool
}

const redrawEvery = 100 * time.Millisecond

// show gives the line other words.
func (l *liveLine) show(title, rest string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.title, l.rest = title, rest
	if l.timer != nil || l.closed {
		return // the next drawing has it
	}
	l.draw()
	l.timer = time.AfterFunc(redrawEvery, l.tick)
}

// tick draws the line again, and again after a while.
func (l *liveLine) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.draw()
		l.timer.Reset(redrawEvery)
	}
}

func (l *liveLine) draw() {
	line := fmt.Sprintf("%s  %.1f s  %s", l.title, time.Since(l.begun).Seconds(), l.rest)
	fmt.Fprintf(l.out, "\r\x1b[2K%s", ansi.Truncate(strings.TrimRight(line, " "), l.width, "…"))
}

// end takes the line away.
func (l *liveLine) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed && l.timer != nil {
		l.timer.Stop()
		fmt.Fprint(l.out, "\r\x1b[2K")
	}
	l.closed = true
}
