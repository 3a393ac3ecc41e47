package console

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// A terminal that is asked to brackets what is pasted, so that it can be told from what is typed.
const (
	bracketOn, bracketOff   = "\x1b[?2004h", "\x1b[?2004l"
	pasteBegins, pasteEnds  = "\x1b[200~", "\x1b[201~"
	maxPastes, maxPasteSize = 20, maxLine // kept of a session; octets of one
)

// pastes takes what is pasted at a terminal out of what is typed. One line is typed for the person as it is. Several
// lines are one input: a label stands for them in the line, to be edited around like any words, and expand puts them in
// its place.
type pastes struct {
	label func(number, lines int) string

	mu     sync.Mutex
	kept   map[string]string // text by label
	labels []string          // the oldest first
	number int

	inside bool
	held   []byte // the beginning of a marker, perhaps
	body   []byte
}

// filter copies a terminal's input until it ends.
func (p *pastes) filter(typed io.WriteCloser, terminal io.Reader) {
	defer typed.Close()
	chunk := make([]byte, 4096)
	for {
		n, err := terminal.Read(chunk)
		if out := p.feed(chunk[:n]); len(out) > 0 {
			if _, err := typed.Write(out); err != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return
			}
			_, _ = typed.Write(p.held)
			return
		}
	}
}

// feed takes what a terminal sent, and returns what is typed by it.
func (p *pastes) feed(chunk []byte) (typed []byte) {
	in := append(p.held, chunk...)
	p.held = nil
	for len(in) > 0 {
		marker := []byte(pasteBegins)
		if p.inside {
			marker = []byte(pasteEnds)
		}
		before, after, found := bytes.Cut(in, marker)
		if !found {
			keep := beginning(in, marker)
			before, p.held = in[:len(in)-keep], bytes.Clone(in[len(in)-keep:])
		}
		if p.inside {
			p.body = append(p.body, before[:min(len(before), maxPasteSize-len(p.body))]...)
		} else {
			typed = append(typed, before...)
		}
		if !found {
			return typed
		}
		if p.inside {
			typed = append(typed, p.take()...)
		}
		p.inside, in = !p.inside, after
	}
	return typed
}

// beginning is how many octets at the end of text are the beginning of a marker.
func beginning(text, marker []byte) int {
	for n := min(len(text), len(marker)-1); n > 0; n-- {
		if bytes.HasSuffix(text, marker[:n]) {
			return n
		}
	}
	return 0
}

// take ends a paste: what is to be typed for it.
func (p *pastes) take() string {
	text := strings.ToValidUTF8(string(p.body), "")
	p.body = nil
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' {
			return ' '
		}
		return r
	}, text)
	text = strings.Trim(text, "\n")
	lines := strings.Count(text, "\n") + 1
	if lines == 1 {
		return text
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.number++
	label := p.label(p.number, lines)
	if p.kept == nil {
		p.kept = map[string]string{}
	}
	p.kept[label] = text
	if p.labels = append(p.labels, label); len(p.labels) > maxPastes {
		delete(p.kept, p.labels[0])
		p.labels = p.labels[1:]
	}
	return label
}

// expand is a line with the pasted text in place of its labels.
func (p *pastes) expand(line string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var pairs []string
	for _, label := range slices.Sorted(maps.Keys(p.kept)) {
		pairs = append(pairs, label, p.kept[label])
	}
	return strings.NewReplacer(pairs...).Replace(line)
}
