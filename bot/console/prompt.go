package console

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"signpost/commands"
	"signpost/commands/chat"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/peterh/liner"
)

// next is the next line for a command.
func (c *Chat) next() (string, error) {
	if line := c.held; line != "" {
		c.held = ""
		c.echo(line)
		return line, nil
	}
	for cleared := 0; ; cleared++ {
		line, err := c.read(prompt, "")
		switch {
		case errors.Is(err, errCleared):
			if cleared > 0 {
				c.tell("console.leave", nil)
			}
			continue
		case errors.Is(err, errLeft):
			err = io.EOF
		}
		return strings.TrimSpace(line), err
	}
}

const prompt = "signpost> "

var (
	// errLeft says that a person at a terminal wants to leave, by Ctrl-D.
	errLeft = errors.New("console: left")
	// errCleared says that a person at a terminal threw away what they had typed, by Ctrl-C.
	errCleared = errors.New("console: line cleared")
)

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
		fmt.Fprintf(c.Out, "%s%s\n", asked, chat.Clean(cmp.Or(text, initial)))
	}
	return line, nil
}

// readLine is the next line without its end; of one that is longer than maxLine its beginning. The error is io.EOF at
// the end of the input.
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
	pasted := &pastes{label: func(number, lines int) string {
		return chat.Text(c.Lang, "console.pasted", map[string]any{"number": number, "lines": lines})
	}}
	l, bracketed := newLiner(c.In, pasted)
	if bracketed {
		fmt.Fprint(c.Out, bracketOn)
	}
	l.SetCtrlCAborts(true)
	l.SetCompleter(func(line string) (out []string) {
		for _, cmd := range commands.Table() {
			if strings.HasPrefix("/"+cmd.Name, line) {
				out = append(out, "/"+cmd.Name+" ")
			}
		}
		return out
	})
	read = func(asked, initial string) (string, error) {
		if initial != "" {
			asked = strings.TrimSuffix(asked, ": ") + " [" + ansi.Truncate(chat.Clean(initial), 60, "…") + "]: "
		}
		line, err := l.Prompt(asked)
		switch {
		case errors.Is(err, io.EOF):
			_, err = fmt.Fprintln(c.Out)
			return "", errors.Join(err, errLeft)
		case errors.Is(err, liner.ErrPromptAborted):
			_, err = fmt.Fprintln(c.Out)
			return "", errors.Join(err, errCleared)
		}
		if line != "" && asked == prompt {
			l.AppendHistory(line)
		}
		return pasted.expand(line), err
	}
	return read, func() {
		if bracketed {
			fmt.Fprint(c.Out, bracketOff)
		}
		_ = l.Close()
	}
}

// newLiner is the line editor, with what is pasted taken out of its input where the terminal can tell it.
func newLiner(in io.Reader, pasted *pastes) (l *liner.State, bracketed bool) {
	// On Windows the editor reads keys from the console itself.
	if in != os.Stdin || runtime.GOOS == "windows" || !liner.TerminalSupported() {
		return liner.NewLiner(), false
	}
	keys, typed, err := os.Pipe()
	if err != nil {
		return liner.NewLiner(), false
	}
	terminal := os.Stdin
	go pasted.filter(typed, terminal)
	os.Stdin = keys // the editor takes its input from there, and no other way
	defer func() { os.Stdin = terminal }()
	return liner.NewLiner(), true
}

// emptied is what a person writes into a field that is to be empty.
const emptied = "-"

// ask asks for the fields of a form, one by one: an empty answer takes what stands there already, a dash empties the
// field. In a pipe a command, or the input's end, takes the rest as it stands; a person at a terminal leaves the form
// by them. Ok is false where the form is not handed in: it was left, something is missing, or it changes something and
// nothing was answered.
func (c *Chat) ask(f *chat.Form) (values map[string]string, ok bool) {
	values = map[string]string{}
	if !c.JSON {
		fmt.Fprintln(c.Out, c.Face.paint(chat.Clean(f.Title), c.Face.tone(chat.Plain)))
	}
	if c.Terminal && !c.JSON {
		fmt.Fprintln(c.Out, c.Face.paint(c.Face.wrap("("+chat.Text(c.Lang, "form.keys", nil)+")", "  ", 1),
			lipgloss.NewStyle().Faint(true)))
	}
	ended, answered := false, false
	var missing []string
	for _, in := range f.Fields {
		values[in.Name] = in.Initial
		c.explain(in, ended)
		for !ended {
			line, err := c.read("  "+chat.Clean(in.Label)+": ", strings.ReplaceAll(in.Initial, "\n", " "))
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
			why := commands.CheckAnswer(in, c.writer(), line)
			if why == "" {
				values[in.Name], answered = line, true
				break
			}
			if !c.JSON {
				fmt.Fprintln(c.Out, c.Face.wrap(chat.Clean(why), "  ", 0))
			}
		}
		if commands.CheckAnswer(in, c.writer(), values[in.Name]) != "" {
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
		fmt.Fprintln(c.Out, c.Face.wrap(chat.Clean(chat.Text(c.Lang, id, args)), "  ", 0))
	}
}

// explain says what belongs into a field.
func (c *Chat) explain(in chat.Input, ended bool) {
	if c.JSON || ended {
		return
	}
	if in.Hint != "" {
		fmt.Fprintln(c.Out, c.Face.paint(c.Face.wrap("("+chat.Clean(in.Hint)+")", "  ", 1), lipgloss.NewStyle().Faint(true)))
	}
	var choices []string
	for _, o := range in.Choices[:min(len(in.Choices), 8)] {
		if choices = append(choices, o.Value); !strings.EqualFold(o.Value, o.Label) {
			choices[len(choices)-1] += " = " + o.Label
		}
	}
	if len(choices) > 0 {
		fmt.Fprintln(c.Out, c.Face.paint(c.Face.wrap("("+chat.Clean(strings.Join(choices, ", "))+")", "  ", 1),
			lipgloss.NewStyle().Faint(true)))
	}
}

// writer is who sits at the console, with the clock of this machine.
func (c *Chat) writer() chat.Writer {
	return chat.Writer{Lang: c.Lang, Zone: c.Zone, Now: c.Deps.Now()}
}
