package console

import (
	"fmt"
	"strings"
	"unicode"

	"signpost/commands"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// Face is how Replies look: how wide, and with colour or without.
type Face struct {
	Width  int // columns; 0: 100
	Colour bool
}

var toneMarks = map[commands.Tone]string{commands.Plain: "•", commands.Good: "✔", commands.Caution: "▲", commands.Bad: "✖", commands.Unsure: "?"}

var toneColours = map[commands.Tone]string{commands.Good: "2", commands.Caution: "3", commands.Bad: "1", commands.Unsure: "5"}

func (f Face) width() int {
	if f.Width < 40 {
		return 100
	}
	return min(f.Width, 120)
}

func (f Face) paint(s string, style lipgloss.Style) string {
	if !f.Colour {
		return s
	}
	return style.Render(s)
}

func (f Face) tone(t commands.Tone) lipgloss.Style {
	s := lipgloss.NewStyle().Bold(true)
	if c, ok := toneColours[t]; ok {
		s = s.Foreground(lipgloss.Color(c))
	}
	return s
}

// Text is a Reply as text. Tones are shown by a mark and a word, never by colour alone.
func (f Face) Text(r commands.Reply) string {
	var b strings.Builder
	title := clean(r.Title)
	if r.Tone != commands.Plain {
		title = toneMarks[r.Tone] + " " + title
	}
	b.WriteString(f.paint(f.wrap(title, ""), f.tone(r.Tone)) + "\n")
	f.sections(&b, r.Sections)
	for i, a := range r.Actions {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString(f.paint(fmt.Sprintf("[%d] %s  ", i+1, clean(a.Label)), lipgloss.NewStyle().Faint(true)))
	}
	if len(r.Actions) > 0 {
		b.WriteString("\n")
	}
	return b.String()
}

// Detail is the long version of a Reply as text.
func (f Face) Detail(d *commands.Detail) string {
	var b strings.Builder
	b.WriteString(f.paint(clean(d.Title), f.tone(commands.Plain)) + "\n")
	f.sections(&b, d.Sections)
	return b.String()
}

func (f Face) sections(b *strings.Builder, sections []commands.Section) {
	muted := false
	for _, s := range sections {
		if !s.Part && (!s.Muted || !muted) {
			b.WriteString("\n")
		}
		muted = s.Muted
		f.section(b, s)
	}
}

func (f Face) section(b *strings.Builder, s commands.Section) {
	indent := ""
	if s.Part {
		indent = "  "
	}
	if s.Heading != "" {
		heading := clean(s.Heading)
		if s.Tone != commands.Plain {
			heading = toneMarks[s.Tone] + " " + heading
		}
		b.WriteString(f.paint(f.wrap(heading, ""), f.tone(s.Tone)) + "\n")
		indent = "  "
	}
	if s.Text != "" {
		text := f.wrap(clean(s.Text), indent)
		if s.Muted {
			text = f.paint(text, lipgloss.NewStyle().Faint(true))
		}
		b.WriteString(text + "\n")
	}
	for _, item := range s.Items {
		b.WriteString(f.wrap("- "+clean(item), indent) + "\n")
	}
	widest := 0
	for _, x := range s.Fields {
		widest = max(widest, ansi.StringWidth(clean(x.Label)))
	}
	for _, x := range s.Fields {
		label := clean(x.Label)
		label += strings.Repeat(" ", widest-ansi.StringWidth(label))
		b.WriteString(strings.TrimRight(f.wrap(label+"  "+clean(x.Value), indent), " ") + "\n")
	}
	for line := range strings.SplitSeq(strings.TrimRight(s.Code, "\n"), "\n") {
		if s.Code != "" {
			b.WriteString(indent + "    " + clean(line) + "\n") // never wrapped: it is copied
		}
	}
}

// wrap breaks text at the face's width, counting wide characters as two columns, and indents every line.
func (f Face) wrap(s, indent string) string {
	lines := strings.Split(ansi.Wrap(s, f.width()-len(indent), " "), "\n")
	for i := range lines {
		lines[i] = indent + strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// clean takes control characters and marks that turn the writing direction out of a text: DNS may hold terminal commands.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfffd:
			return '�'
		}
		return r
	}, strings.ToValidUTF8(s, "�"))
}
