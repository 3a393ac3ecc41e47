package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"signpost/commands"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/language"
)

// Chat is a console session.
type Chat struct {
	In       io.Reader // piped lines; not read on a terminal
	Out      io.Writer
	Terminal bool // a person at a terminal: history, colour, live progress
	// Interrupt tells of each Ctrl-C while a request is carried out, which ends it. May be nil.
	Interrupt <-chan os.Signal
	Zone      string // the person's time zone (IANA), or empty where it is not known
	JSON      bool   // each final Reply as one JSON line
	Lang      language.Tag
	Face      Face
	Deps      answers.Deps
	Banner    string

	last  *chat.Reply
	read  func(prompt, initial string) (string, error)
	echo  func(line string) // shows a line that was read for something else
	lines *bufio.Reader
	held  string // a line that was read and is still to be answered
	tour  tour
}

// maxLine is how many octets of a line are read: more than any command takes, each of which says what it leaves out.
const maxLine = 256 << 10

// requestTimeout is how long one request may take.
const requestTimeout = 25 * time.Second

// Run reads lines until the input ends, and answers each. It fails only when the input or the output does.
func (c *Chat) Run(ctx context.Context) error {
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	c.Out = &oneAtATime{w: c.Out}
	if c.Banner != "" && !c.JSON {
		fmt.Fprintln(c.Out, c.Face.wrap(c.Banner, "", 0))
	}
	read, stop := c.pipe, func() {}
	c.echo = c.show
	if c.Terminal {
		read, stop = c.terminal()
		c.echo = func(string) {}
	} else {
		c.lines = bufio.NewReader(c.In)
	}
	defer stop()
	c.read = read
	for ctx.Err() == nil {
		line, err := c.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case line == "":
			if line = c.tour.onward(); line == "" {
				continue
			}
			c.show(line)
		}
		if quit, err := c.line(ctx, line); quit || err != nil {
			return err
		}
	}
	return nil
}

// line answers one line; quit tells that the person wants to leave.
func (c *Chat) line(ctx context.Context, line string) (quit bool, err error) {
	if slices.Contains(chat.Words("quit"), strings.TrimPrefix(chat.Fold(strings.TrimSpace(line)), "/")) {
		return true, nil
	}
	req := chat.Request{ID: strconv.FormatInt(time.Now().UnixNano(), 36), Team: "console", User: "console",
		Channel: "console", Direct: true, Lang: c.Lang, Zone: c.Zone, Text: line}
	req = commands.Meant(ctx, c.Deps, req)
	if before, path, ok := strings.Cut(req.Text, "@"); ok && intent.TakesFile(req.Command, before) {
		file, rest, err := localFile(path)
		if err != nil {
			return false, c.print(req.Command,
				chat.Reply{Tone: chat.Caution,
					Title: chat.Text(c.Lang, "console.no-file", map[string]any{"path": path, "why": why(err)}), Final: true})
		}
		req.Text, req.Files = strings.TrimSpace(before+" "+rest), []chat.File{file}
	}
	if n, err := strconv.Atoi(line); err == nil && c.last != nil && n >= 1 && n <= len(c.last.Actions) {
		a := c.last.Actions[n-1]
		req.Command, req.Text = a.Command, a.Text
	}
	c.last = nil
	if err := c.handle(ctx, req); err != nil {
		return false, err
	}
	defer c.guide(req, c.last)
	if c.last == nil || c.last.Form == nil {
		return false, nil
	}
	f := c.last.Form
	if values, ok := c.ask(f); ok {
		req.ID, req.Command, req.Text, req.Values, req.Files = req.ID+"-form", f.Command, f.Text, values, nil
		return false, c.handle(ctx, req)
	}
	if req.Command == chat.Help || (f.Changes || c.Terminal) && !c.JSON {
		return false, nil
	}
	return false, c.print(req.Command, *c.last) // what stands for the form
}

// localFile is a file of this machine, and what follows its name: fields as "lang=zh".
func localFile(said string) (f chat.File, rest string, err error) {
	path := strings.TrimSpace(said)
	info, err := os.Stat(strings.Trim(path, `"'`))
	for err != nil { // a name may have spaces in it
		i := strings.LastIndexByte(path, ' ')
		if i < 0 || !strings.Contains(path[i:], "=") {
			break
		}
		rest, path = strings.TrimSpace(path[i:]+" "+rest), strings.TrimSpace(path[:i])
		info, err = os.Stat(strings.Trim(path, `"'`))
	}
	if err != nil {
		return f, "", err
	}
	path = strings.Trim(path, `"'`)
	if info.IsDir() {
		return f, "", &fs.PathError{Op: "read", Path: path, Err: errors.New("it is a directory")}
	}
	return chat.File{Name: filepath.Base(path), Size: info.Size(),
		Open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }}, rest, nil
}

// why is the cause of an error with a file, without its name.
func why(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// handle answers a request, until a Ctrl-C at the latest.
func (c *Chat) handle(ctx context.Context, req chat.Request) (err error) {
	session := ctx // reminders end with it
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	stopped := c.interrupted(ctx, cancel)
	live := &liveLine{out: c.Out, width: c.Face.width() - 1, begun: time.Now()}
	defer live.end()
	handleErr := commands.Handle(ctx, c.Deps, req, func(r chat.Reply) {
		if !r.Final {
			if c.Terminal && !c.JSON {
				live.show(progress(r))
			}
			return
		}
		live.end()
		if stopped() {
			return
		}
		c.last = &r
		for _, e := range r.Scheduled {
			c.later(session, e)
		}
		if r.Form != nil && req.Command != chat.Help {
			return // what it stands for is asked for at once
		}
		err = c.print(req.Command, r)
	})
	if stopped() {
		live.end()
		c.tell("console.stopped", nil)
		return err
	}
	return errors.Join(handleErr, err)
}

// interrupted lets a Ctrl-C end a request, and tells whether one did.
func (c *Chat) interrupted(ctx context.Context, end func()) (was func() bool) {
	select {
	case <-c.Interrupt: // it was meant for something before
	default:
	}
	var stopped atomic.Bool
	go func() {
		select {
		case <-c.Interrupt:
			stopped.Store(true)
			end()
		case <-ctx.Done():
		}
	}()
	return stopped.Load
}

// progress is what a Reply on the way says, in two parts between which the clock stands.
func progress(r chat.Reply) (title, rest string) {
	if len(r.Sections) > 0 {
		rest = chat.Clean(r.Sections[0].Text)
	}
	return chat.Clean(r.Title), rest
}

// longestWait is for what the console still makes itself heard; who leaves it leaves its casebook.
const longestWait = 24 * time.Hour

// later tells of an event when its time has come, and prints what that has said elsewhere.
func (c *Chat) later(ctx context.Context, e chat.Event) {
	wait := time.Until(e.Due)
	if wait > longestWait {
		return
	}
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		req := chat.Request{ID: "later " + e.Key(), Team: "console", Channel: "console", Command: chat.Case, Event: &e,
			Lang: c.Lang, Zone: c.Zone, Internal: true}
		err := commands.Handle(ctx, c.Deps, req, func(r chat.Reply) {
			for _, p := range r.Outbox {
				if p.Shows == nil && !c.JSON {
					fmt.Fprintln(c.Out, "\n"+c.Face.Text(p.Reply))
				} else if p.Shows == nil {
					_ = commands.WriteJSON(c.Out, wireReply(chat.Case, p.Reply))
				}
			}
			for _, next := range r.Scheduled {
				c.later(ctx, next)
			}
		})
		if err != nil {
			slog.Warn("what was to come later does not", "error", err)
		}
	}()
}

// print writes a final Reply.
func (c *Chat) print(command string, r chat.Reply) error {
	if !c.JSON {
		text := c.Face.Text(r)
		if r.File != nil {
			text += "\n" + chat.Clean(string(r.File.Content))
		}
		_, err := fmt.Fprintln(c.Out, text)
		return err
	}
	return commands.WriteJSON(c.Out, wireReply(command, r))
}

// show shows a piped line as a terminal would.
func (c *Chat) show(line string) {
	if !c.JSON {
		fmt.Fprintf(c.Out, "> %s\n", ansi.Truncate(chat.Clean(line), 2000, "…"))
	}
}

// guide follows what was asked and answered, and tells how the tour goes on.
func (c *Chat) guide(asked chat.Request, answer *chat.Reply) {
	if answer != nil {
		if step, ok := answer.Data.(answers.TourStep); ok {
			c.tour = tour{step: step}
			return
		}
	}
	command, text := intent.FromWords(c.tour.step.Line, false)
	if c.tour.step.Line == "" || asked.Command != command || asked.Text != text {
		return
	}
	c.tour.tried = true
	if !c.JSON {
		fmt.Fprintln(c.Out, c.Face.paint(chat.Text(c.Lang, "demo.tour.onward", nil), lipgloss.NewStyle().Faint(true)))
	}
}
