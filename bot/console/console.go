package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"signpost/commands"

	"github.com/charmbracelet/x/ansi"
	"github.com/peterh/liner"
	"golang.org/x/text/language"
)

// Chat is a console session.
type Chat struct {
	In       io.Reader // piped lines; not read on a terminal
	Out      io.Writer
	Terminal bool // a person at a terminal: history, colour, live progress
	JSON     bool // each final Reply as one JSON line
	Lang     language.Tag
	Face     Face
	Deps     commands.Deps
	Banner   string

	last *commands.Reply
}

// maxLine is how long a line may be, in octets.
const maxLine = 64 << 10

// requestTimeout is how long one request may take.
const requestTimeout = 25 * time.Second

// Run reads lines until the input ends, and answers each. It fails only when the input or the output does.
func (c *Chat) Run(ctx context.Context) error {
	if c.Banner != "" && !c.JSON {
		fmt.Fprintln(c.Out, c.Banner)
	}
	if c.Terminal {
		return c.interactive(ctx)
	}
	in := bufio.NewScanner(c.In)
	in.Buffer(make([]byte, 4096), maxLine)
	for ctx.Err() == nil && in.Scan() {
		if line := strings.TrimSpace(in.Text()); line != "" {
			if !c.JSON {
				fmt.Fprintf(c.Out, "> %s\n", commands.Clean(line))
			}
			if quit, err := c.line(ctx, line); quit || err != nil {
				return err
			}
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line is longer than %d octets", maxLine)
	}
	return in.Err()
}

func (c *Chat) interactive(ctx context.Context) error {
	l := liner.NewLiner()
	defer l.Close()
	l.SetCtrlCAborts(true)
	l.SetCompleter(func(line string) (out []string) {
		for _, cmd := range commands.Table() {
			if strings.HasPrefix("/"+cmd.Name, line) {
				out = append(out, "/"+cmd.Name+" ")
			}
		}
		return out
	})
	for ctx.Err() == nil {
		line, err := l.Prompt("signpost> ")
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, liner.ErrPromptAborted):
			_, err = fmt.Fprintln(c.Out)
			return err
		case err != nil:
			return err
		}
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		l.AppendHistory(line)
		if quit, err := c.line(ctx, line); quit || err != nil {
			return err
		}
	}
	return nil
}

// line answers one line; quit tells that the person wants to leave.
func (c *Chat) line(ctx context.Context, line string) (quit bool, err error) {
	switch strings.ToLower(line) {
	case "/quit", "quit", "exit", "/exit", "退出":
		return true, nil
	}
	req := commands.Request{ID: strconv.FormatInt(time.Now().UnixNano(), 36), Team: "console", User: "console", Channel: "console", Lang: c.Lang}
	req.Command, req.Text = commands.FromWords(line)
	if n, err := strconv.Atoi(line); err == nil && c.last != nil && n >= 1 && n <= len(c.last.Actions) {
		a := c.last.Actions[n-1]
		req.Command, req.Text = a.Command, a.Text
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	live := &liveLine{out: c.Out}
	handleErr := commands.Handle(ctx, c.Deps, req, func(r commands.Reply) {
		if !r.Final {
			if c.Terminal && !c.JSON {
				line := r.Title
				if len(r.Sections) > 0 {
					line += "  " + r.Sections[0].Text
				}
				live.show(ansi.Truncate(commands.Clean(line), c.Face.width()-1, "…"))
			}
			return
		}
		live.end()
		c.last = &r
		err = c.print(req.Command, r)
	})
	return false, errors.Join(handleErr, err)
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

func (l *liveLine) show(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = text
	if l.timer != nil || l.closed {
		return // the next drawing has it
	}
	l.draw()
	l.timer = time.AfterFunc(redrawEvery, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.timer = nil
		if !l.closed {
			l.draw()
		}
	})
}

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

// print writes a final Reply.
func (c *Chat) print(command string, r commands.Reply) error {
	if !c.JSON {
		_, err := fmt.Fprintln(c.Out, c.Face.Text(r))
		return err
	}
	return json.NewEncoder(c.Out).Encode(wireReply(command, r))
}

type replyJSON struct {
	Command  string        `json:"command"`
	Title    string        `json:"title"`
	Sections []sectionJSON `json:"sections"`
	Actions  []actionJSON  `json:"actions"`
	Data     any           `json:"data"`
}

type sectionJSON struct {
	Heading string      `json:"heading,omitempty"`
	Text    string      `json:"text,omitempty"`
	Items   []string    `json:"items,omitempty"`
	Fields  []fieldJSON `json:"fields,omitempty"`
	Code    string      `json:"code,omitempty"`
}

type fieldJSON struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type actionJSON struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Command string `json:"command"`
	Text    string `json:"text"`
}

func wireReply(command string, r commands.Reply) replyJSON {
	out := replyJSON{Command: command, Title: r.Title, Sections: []sectionJSON{}, Actions: []actionJSON{}, Data: r.Data}
	for _, s := range r.Sections {
		x := sectionJSON{Heading: s.Heading, Text: s.Text, Items: s.Items, Code: s.Code}
		for _, f := range s.Fields {
			x.Fields = append(x.Fields, fieldJSON(f))
		}
		out.Sections = append(out.Sections, x)
	}
	for _, a := range r.Actions {
		out.Actions = append(out.Actions, actionJSON{a.ID, a.Label, a.Command, a.Text})
	}
	return out
}
