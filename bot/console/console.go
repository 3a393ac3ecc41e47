package console

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"signpost/commands"

	"charm.land/lipgloss/v2"
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

	last  *commands.Reply
	read  func(prompt, initial string) (string, error)
	echo  func(line string) // shows a line that was read for something else
	lines *bufio.Reader
	held  string // a line that was read and is still to be answered
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
			continue
		}
		if quit, err := c.line(ctx, line); quit || err != nil {
			return err
		}
	}
	return nil
}

// next is the next line for a command.
func (c *Chat) next() (string, error) {
	if line := c.held; line != "" {
		c.held = ""
		c.echo(line)
		return line, nil
	}
	line, err := c.read(prompt, "")
	if errors.Is(err, errLeft) {
		err = io.EOF
	}
	return strings.TrimSpace(line), err
}

const prompt = "signpost> "

// errLeft says that a person at a terminal wants to leave, by Ctrl-C or Ctrl-D.
var errLeft = errors.New("console: left")

// pipe reads a line of the input, and shows it with the prompt that it answers.
func (c *Chat) pipe(asked, initial string) (string, error) {
	line, err := readLine(c.lines)
	if err != nil {
		return "", err
	}
	switch text := strings.TrimSpace(line); {
	case c.JSON, text == "" && asked == prompt, asked != prompt && strings.HasPrefix(text, "/"):
	case asked == prompt:
		c.show(text)
	default:
		fmt.Fprintf(c.Out, "%s%s\n", asked, commands.Clean(cmp.Or(text, initial)))
	}
	return line, nil
}

// show shows a piped line as a terminal would.
func (c *Chat) show(line string) {
	if !c.JSON {
		fmt.Fprintf(c.Out, "> %s\n", ansi.Truncate(commands.Clean(line), 2000, "…"))
	}
}

// readLine is the next line without its end; of one that is longer than maxLine its beginning. The error is io.EOF at the end of the input.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part[:min(len(part), maxLine-len(line))]...)
		switch {
		case err == nil, errors.Is(err, io.EOF) && len(line) > 0:
			return strings.ToValidUTF8(strings.TrimRight(string(line), "\r\n"), ""), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
	}
}

// terminal reads lines from a person at a terminal.
func (c *Chat) terminal() (read func(prompt, initial string) (string, error), stop func()) {
	l := liner.NewLiner()
	l.SetCtrlCAborts(true)
	l.SetCompleter(func(line string) (out []string) {
		for _, cmd := range commands.Table() {
			if strings.HasPrefix("/"+cmd.Name, line) {
				out = append(out, "/"+cmd.Name+" ")
			}
		}
		return out
	})
	return func(asked, initial string) (string, error) {
		if initial != "" {
			asked = strings.TrimSuffix(asked, ": ") + " [" + ansi.Truncate(commands.Clean(initial), 60, "…") + "]: "
		}
		line, err := l.Prompt(asked)
		if errors.Is(err, io.EOF) || errors.Is(err, liner.ErrPromptAborted) {
			_, err = fmt.Fprintln(c.Out)
			return "", errors.Join(err, errLeft)
		}
		if line != "" && asked == prompt {
			l.AppendHistory(line)
		}
		return line, err
	}, func() { _ = l.Close() }
}

// emptied is what a person writes into a field that is to be empty.
const emptied = "-"

// ask asks for the fields of a form, one by one: an empty answer takes what stands there already, a dash empties the field. In a pipe a command, or the input's end,
// takes the rest as it stands; a person at a terminal leaves the form by them. Ok is false where the form is not handed in: it was left, something is missing, or
// it changes something and nothing was answered.
func (c *Chat) ask(f *commands.Form) (values map[string]string, ok bool) {
	values = map[string]string{}
	if !c.JSON {
		fmt.Fprintln(c.Out, c.Face.paint(commands.Clean(f.Title), c.Face.tone(commands.Plain)))
	}
	if c.Terminal && !c.JSON {
		fmt.Fprintln(c.Out, c.Face.paint(c.Face.wrap("("+commands.Text(c.Lang, "form.keys", nil)+")", "  ", 1), lipgloss.NewStyle().Faint(true)))
	}
	ended, answered := false, false
	var missing []string
	for _, in := range f.Fields {
		values[in.Name] = in.Initial
		c.explain(in, ended)
		for !ended {
			line, err := c.read("  "+commands.Clean(in.Label)+": ", strings.ReplaceAll(in.Initial, "\n", " "))
			line = strings.TrimSpace(line)
			if err != nil || strings.HasPrefix(line, "/") {
				ended, c.held = true, line
				if c.Terminal {
					c.tell("form.left-terminal", nil)
					return values, false
				}
				break
			}
			switch line {
			case "":
				line = in.Initial
			case emptied:
				line = ""
			}
			why := commands.CheckAnswer(in, c.Lang, line)
			if why == "" {
				values[in.Name], answered = line, true
				break
			}
			if !c.JSON {
				fmt.Fprintln(c.Out, c.Face.wrap(commands.Clean(why), "  ", 0))
			}
		}
		if commands.CheckAnswer(in, c.Lang, values[in.Name]) != "" {
			missing = append(missing, in.Label)
		}
	}
	if f.Changes && !answered {
		c.tell("form.left", nil)
		return values, false
	}
	if len(missing) > 0 {
		c.tell("form.not-sent", map[string]any{"fields": missing})
	}
	return values, len(missing) == 0
}

// tell says a sentence of the catalogue about a form.
func (c *Chat) tell(id string, args map[string]any) {
	if !c.JSON {
		fmt.Fprintln(c.Out, c.Face.wrap(commands.Clean(commands.Text(c.Lang, id, args)), "  ", 0))
	}
}

// explain says what belongs into a field.
func (c *Chat) explain(in commands.Input, ended bool) {
	if c.JSON || ended {
		return
	}
	if in.Hint != "" {
		fmt.Fprintln(c.Out, c.Face.paint(c.Face.wrap("("+commands.Clean(in.Hint)+")", "  ", 1), lipgloss.NewStyle().Faint(true)))
	}
	var choices []string
	for _, o := range in.Choices[:min(len(in.Choices), 8)] {
		if choices = append(choices, o.Value); !strings.EqualFold(o.Value, o.Label) {
			choices[len(choices)-1] += " = " + o.Label
		}
	}
	if len(choices) > 0 {
		fmt.Fprintln(c.Out, c.Face.paint(c.Face.wrap("("+commands.Clean(strings.Join(choices, ", "))+")", "  ", 1), lipgloss.NewStyle().Faint(true)))
	}
}

// line answers one line; quit tells that the person wants to leave.
func (c *Chat) line(ctx context.Context, line string) (quit bool, err error) {
	switch strings.ToLower(line) {
	case "/quit", "quit", "exit", "/exit", "退出":
		return true, nil
	}
	req := commands.Request{ID: strconv.FormatInt(time.Now().UnixNano(), 36), Team: "console", User: "console", Channel: "console", Direct: true, Lang: c.Lang}
	req.Command, req.Text = commands.FromWords(line, false)
	if before, path, ok := strings.Cut(req.Text, "@"); ok && commands.TakesFile(req.Command, before) {
		file, rest, err := localFile(path)
		if err != nil {
			return false, c.print(req.Command, commands.Reply{Tone: commands.Caution, Title: commands.Text(c.Lang, "console.no-file", map[string]any{"path": path, "why": why(err)}), Final: true})
		}
		req.Text, req.Files = strings.TrimSpace(before+" "+rest), []commands.File{file}
	}
	if n, err := strconv.Atoi(line); err == nil && c.last != nil && n >= 1 && n <= len(c.last.Actions) {
		a := c.last.Actions[n-1]
		req.Command, req.Text = a.Command, a.Text
	}
	c.last = nil
	if err := c.handle(ctx, req); err != nil {
		return false, err
	}
	if c.last == nil || c.last.Form == nil {
		return false, nil
	}
	f := c.last.Form
	if values, ok := c.ask(f); ok {
		req.ID, req.Command, req.Text, req.Values, req.Files = req.ID+"-form", f.Command, f.Text, values, nil
		return false, c.handle(ctx, req)
	}
	if req.Command == commands.Help || (f.Changes || c.Terminal) && !c.JSON {
		return false, nil
	}
	return false, c.print(req.Command, *c.last) // what stands for the form
}

// localFile is a file of this machine, and what follows its name: fields as "lang=zh".
func localFile(said string) (f commands.File, rest string, err error) {
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
	return commands.File{Name: filepath.Base(path), Size: info.Size(), Open: func(context.Context) (io.ReadCloser, error) { return os.Open(path) }}, rest, nil
}

// why is the cause of an error with a file, without its name.
func why(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// handle answers a request.
func (c *Chat) handle(ctx context.Context, req commands.Request) (err error) {
	session := ctx // reminders end with it
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
		for _, l := range r.Laters {
			c.later(session, l)
		}
		if r.Form != nil && req.Command != commands.Help {
			return // what it stands for is asked for at once
		}
		err = c.print(req.Command, r)
	})
	return errors.Join(handleErr, err)
}

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

// longestWait is for what the console still makes itself heard; who leaves it leaves its casebook.
const longestWait = 24 * time.Hour

// later makes a request when its time has come, and prints what it has said elsewhere.
func (c *Chat) later(ctx context.Context, l commands.Later) {
	wait := time.Until(l.At)
	if wait > longestWait {
		return
	}
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		req := commands.Request{ID: "later " + l.Key, Team: "console", Channel: "console", Command: l.Command, Text: l.Text, Lang: c.Lang, Inside: true}
		err := commands.Handle(ctx, c.Deps, req, func(r commands.Reply) {
			for _, p := range r.Posts {
				if p.Ask == "" && !c.JSON {
					fmt.Fprintln(c.Out, "\n"+c.Face.Text(p.Reply))
				} else if p.Ask == "" {
					_ = json.NewEncoder(c.Out).Encode(wireReply(l.Command, p.Reply))
				}
			}
			for _, next := range r.Laters {
				c.later(ctx, next)
			}
		})
		if err != nil {
			slog.Warn("what was to come later does not", "error", err)
		}
	}()
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
		text := c.Face.Text(r)
		if r.File != nil {
			text += "\n" + commands.Clean(string(r.File.Content))
		}
		_, err := fmt.Fprintln(c.Out, text)
		return err
	}
	return json.NewEncoder(c.Out).Encode(wireReply(command, r))
}

type replyJSON struct {
	Command  string        `json:"command"`
	Title    string        `json:"title"`
	Sections []sectionJSON `json:"sections"`
	Actions  []actionJSON  `json:"actions"`
	Form     *formJSON     `json:"form,omitempty"`
	Data     any           `json:"data"`
}

type formJSON struct {
	Title  string      `json:"title"`
	Fields []inputJSON `json:"fields"`
}

type inputJSON struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Initial  string `json:"initial"`
	Optional bool   `json:"optional"`
}

type sectionJSON struct {
	Heading string      `json:"heading,omitempty"`
	Text    string      `json:"text,omitempty"`
	Items   []string    `json:"items,omitempty"`
	Fields  []fieldJSON `json:"fields,omitempty"`
	Entries []entryJSON `json:"entries,omitempty"`
	Code    string      `json:"code,omitempty"`
}

type entryJSON struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	By   string    `json:"by,omitempty"`
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
			x.Fields = append(x.Fields, fieldJSON{f.Label, f.Plain()})
		}
		for _, e := range s.Entries {
			x.Entries = append(x.Entries, entryJSON{e.At.UTC(), strings.TrimSpace(e.Text + " " + e.Whom), e.By})
		}
		out.Sections = append(out.Sections, x)
	}
	for _, a := range r.Actions {
		out.Actions = append(out.Actions, actionJSON{a.ID, a.Label, a.Command, a.Text})
	}
	if r.Form != nil {
		out.Form = &formJSON{Title: r.Form.Title}
		for _, in := range r.Form.Fields {
			out.Form.Fields = append(out.Form.Fields, inputJSON{in.Name, in.Label, in.Initial, in.Optional})
		}
	}
	return out
}
