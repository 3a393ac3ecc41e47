package console

import (
	"fmt"
	"regexp"
	"strings"

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
	title := commands.Clean(r.Title)
	if r.Tone != commands.Plain {
		title = toneMarks[r.Tone] + " " + title
	}
	b.WriteString(f.paint(f.wrap(title, ""), f.tone(r.Tone)) + "\n")
	f.sections(&b, r.Sections)
	for i, a := range r.Actions {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString(f.paint(fmt.Sprintf("[%d] %s  ", i+1, commands.Clean(a.Label)), lipgloss.NewStyle().Faint(true)))
	}
	if len(r.Actions) > 0 {
		b.WriteString("\n")
	}
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
		heading := commands.Clean(s.Heading)
		if s.Tone != commands.Plain {
			heading = toneMarks[s.Tone] + " " + heading
		}
		b.WriteString(f.paint(f.wrap(heading, ""), f.tone(s.Tone)) + "\n")
		indent = "  "
	}
	if s.Text != "" {
		text := f.wrap(commands.Clean(s.Text), indent)
		if s.Muted {
			text = f.paint(text, lipgloss.NewStyle().Faint(true))
		}
		b.WriteString(text + "\n")
	}
	for i, item := range s.Items {
		b.WriteString(f.wrap(s.Mark(i, "- ")+commands.Clean(item), indent) + "\n")
	}
	widest := 0
	for _, x := range s.Fields {
		widest = max(widest, ansi.StringWidth(commands.Clean(x.Label)))
	}
	for _, x := range s.Fields {
		label := commands.Clean(x.Label)
		label += strings.Repeat(" ", widest-ansi.StringWidth(label))
		b.WriteString(strings.TrimRight(f.wrap(label+"  "+commands.Clean(x.Plain()), indent), " ") + "\n")
	}
	for _, e := range s.Entries {
		b.WriteString(f.wrap(strings.TrimRight(commands.Stamp(e.At)+"  "+commands.Clean(strings.TrimRight(strings.ReplaceAll(e.Text, "\n", " ")+" "+e.Whom, " "))+"  "+commands.Clean(e.By), " "), indent) + "\n")
	}
	for line := range strings.SplitSeq(strings.TrimRight(s.Code, "\n"), "\n") {
		if s.Code != "" {
			b.WriteString(indent + "    " + commands.Clean(line) + "\n") // never wrapped: it is copied
		}
	}
}

// unbroken stands for a hyphen while lines are broken: a character for private use.
const unbroken = "\ue000"

var webAddress = regexp.MustCompile(`https?://\S+`)

// wrap breaks text at the face's width, counting wide characters as two columns, and indents every line.
func (f Face) wrap(s, indent string) string {
	// A URL is copied: it is not parted at its hyphens.
	s = webAddress.ReplaceAllStringFunc(s, func(u string) string { return strings.ReplaceAll(u, "-", unbroken) })
	lines := strings.Split(ansi.Wrap(s, f.width()-len(indent), " "), "\n")
	for i := range lines {
		lines[i] = indent + strings.TrimRight(strings.ReplaceAll(lines[i], unbroken, "-"), " ")
	}
	return strings.Join(lines, "\n")
}
