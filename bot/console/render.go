package console

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"signpost/commands/chat"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
	"github.com/rivo/uniseg"
)

// Face is how Replies look: how wide, and with colour or without.
type Face struct {
	Width  int // columns; 0: 100
	Colour bool
	Zone   *time.Location // the reader's own; nil: times are shown in UTC
}

// stamp is a time by the reader's clock.
func (f Face) stamp(t time.Time) string {
	if f.Zone == nil || f.Zone == time.UTC {
		return chat.Stamp(t)
	}
	return t.In(f.Zone).Format("2006-01-02 15:04 -07:00")
}

// value is what a field holds, a time by the reader's clock.
func (f Face) value(x chat.Field) string {
	if x.At.IsZero() {
		return x.Plain()
	}
	return f.stamp(x.At)
}

var toneMarks = map[chat.Tone]string{chat.Plain: "•", chat.Good: "✔", chat.Caution: "▲", chat.Bad: "✖",
	chat.Unsure: "?"}

var toneColours = map[chat.Tone]string{chat.Good: "2", chat.Caution: "3", chat.Bad: "1", chat.Unsure: "5"}

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

func (f Face) tone(t chat.Tone) lipgloss.Style {
	s := lipgloss.NewStyle().Bold(true)
	if c, ok := toneColours[t]; ok {
		s = s.Foreground(lipgloss.Color(c))
	}
	return s
}

// Text is a Reply as text. Tones are shown by a mark and a word, never by colour alone.
func (f Face) Text(r chat.Reply) string {
	var b strings.Builder
	title := chat.Clean(r.Title)
	if r.Tone != chat.Plain {
		title = toneMarks[r.Tone] + " " + title
	}
	b.WriteString(f.paint(f.wrap(title, "", 0), f.tone(r.Tone)) + "\n")
	f.sections(&b, r.Sections)
	f.buttons(&b, r.Actions)
	return b.String()
}

// buttons is the actions by their numbers, none of them parted by the end of a line.
func (f Face) buttons(b *strings.Builder, actions []chat.Action) {
	line := ""
	end := func() {
		if line != "" {
			b.WriteString(f.paint(line, lipgloss.NewStyle().Faint(true)) + "\n")
		}
	}
	for i, a := range actions {
		button := fmt.Sprintf("[%d] %s", i+1, chat.Clean(a.Label))
		switch {
		case i == 0:
			b.WriteString("\n")
			line = button
		case ansi.StringWidth(line)+2+ansi.StringWidth(button) > f.width():
			end()
			line = button
		default:
			line += "  " + button
		}
	}
	end()
}

func (f Face) sections(b *strings.Builder, sections []chat.Section) {
	muted := false
	for _, s := range sections {
		if s.Height() == 0 {
			continue
		}
		if !s.Continues && (!s.Muted || !muted) {
			b.WriteString("\n")
		}
		muted = s.Muted
		f.section(b, s)
	}
}

func (f Face) section(b *strings.Builder, s chat.Section) {
	indent := ""
	if s.Continues {
		indent = "  "
	}
	if s.Heading != "" {
		heading := chat.Clean(s.Heading)
		if s.Tone != chat.Plain {
			heading = toneMarks[s.Tone] + " " + heading
		}
		b.WriteString(f.paint(f.wrap(heading, "", 0), f.tone(s.Tone)) + "\n")
		indent = "  "
	}
	if s.Text != "" {
		text := f.wrap(chat.Clean(s.Text), indent, 0)
		if s.Muted {
			text = f.paint(text, lipgloss.NewStyle().Faint(true))
		}
		b.WriteString(text + "\n")
	}
	if s.Table != nil && len(s.Table.Rows) > 0 {
		if table := f.table(s.Table, indent); table != "" {
			b.WriteString(table)
			_, s = s.Split()
		}
	}
	for i, item := range s.Items {
		mark := s.Mark(i, "- ")
		b.WriteString(f.wrap(mark+chat.Clean(item), indent, ansi.StringWidth(mark)) + "\n")
	}
	widest := 0
	for _, x := range s.Fields {
		widest = max(widest, ansi.StringWidth(chat.Clean(x.Label)))
	}
	for _, x := range s.Fields {
		label := chat.Clean(x.Label)
		label += strings.Repeat(" ", widest-ansi.StringWidth(label))
		b.WriteString(strings.TrimRight(f.wrap(label+"  "+chat.Clean(f.value(x)), indent, min(widest+2, f.width()/3)), " ") +
			"\n")
	}
	for _, e := range s.Entries {
		b.WriteString(f.wrap(strings.TrimRight(f.stamp(e.At)+"  "+
			chat.Clean(strings.TrimRight(strings.ReplaceAll(e.Text, "\n", " ")+" "+e.Whom, " "))+"  "+chat.Clean(e.By), " "),
			indent, 2) + "\n")
	}
	for line := range strings.SplitSeq(strings.TrimRight(s.Code, "\n"), "\n") {
		if s.Code != "" {
			b.WriteString(indent + "    " + chat.Clean(line) + "\n") // never wrapped: it is copied
		}
	}
}

// whole stands for a character of a word after which no line is broken: a character for private use.
const whole = '\ue000'

// wrap breaks text where Unicode's rules for line breaking (UAX 14) let it, counting wide characters as two columns.
// Every line is indented, those that follow the first by so many columns more. Words are copied: they are parted
// neither at hyphens nor at slashes, and one that is too long for a line stays as it is.
func (f Face) wrap(s, indent string, hang int) string {
	room := f.width() - len(indent)
	var lines []string
	for part := range strings.SplitSeq(s, "\n") {
		lines = append(lines, broken(part, room, hang)...)
	}
	for i := range lines {
		lines[i] = indent + lines[i]
	}
	return strings.Join(lines, "\n")
}

// broken breaks one line.
func broken(s string, room, hang int) (lines []string) {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-/?&", r) {
			return whole
		}
		return r
	}, s)
	line, lead := "", ""
	for state := -1; kept != ""; {
		var piece string
		piece, kept, _, state = uniseg.FirstLineSegmentInString(kept, state)
		piece, s = s[:origin(s, piece)], s[origin(s, piece):]
		wide := ansi.StringWidth(lead) + ansi.StringWidth(line) + ansi.StringWidth(strings.TrimRight(piece, " "))
		if wide > room && strings.IndexFunc(line, isWord) >= 0 {
			lines = append(lines, strings.TrimRight(lead+line, " "))
			line, lead = "", strings.Repeat(" ", hang)
		}
		line += piece
	}
	return append(lines, strings.TrimRight(lead+line, " "))
}

// origin is how many octets of s a piece stands for, in which some characters are replaced one by one.
func origin(s, piece string) int {
	n := utf8.RuneCountInString(piece)
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// table is a table as text: the names of its columns, then a row after the other, wide characters as two columns. What
// does not fit is broken within its column. It is empty where even that would not fit.
func (f Face) table(t *chat.Table, indent string) string {
	widths := make([]int, len(t.Columns))
	total := len(indent) + between*(len(t.Columns)-1)
	for j, c := range t.Columns {
		widths[j] = ansi.StringWidth(chat.Clean(c.Name))
		for i := range t.Rows {
			widths[j] = max(widths[j], ansi.StringWidth(t.Cell(i, j)))
		}
		total += widths[j]
	}
	for over := total - f.width(); over > 0; over-- { // the widest column gives way
		widest := 0
		for j := range widths {
			if widths[j] > widths[widest] {
				widest = j
			}
		}
		if widths[widest] <= slim {
			return ""
		}
		widths[widest]--
	}
	var b strings.Builder
	row := func(cell func(int) string, style lipgloss.Style) bool {
		cells, height := make([][]string, len(widths)), 0
		for j, w := range widths {
			cells[j] = broken(cell(j), w, 0)
			height = max(height, len(cells[j]))
		}
		for n := range height {
			line := indent
			for j, w := range widths {
				s := ""
				if n < len(cells[j]) {
					s = cells[j][n]
				}
				pad := w - ansi.StringWidth(s)
				if pad < 0 { // a word that is longer than its column
					return false
				}
				if j > 0 {
					line += strings.Repeat(" ", between)
				}
				if t.Columns[j].Number {
					line += strings.Repeat(" ", pad) + s
				} else {
					line += s + strings.Repeat(" ", pad)
				}
			}
			b.WriteString(f.paint(strings.TrimRight(line, " "), style) + "\n")
		}
		return true
	}
	if !row(func(j int) string { return chat.Clean(t.Columns[j].Name) }, lipgloss.NewStyle().Faint(true)) {
		return ""
	}
	for i := range t.Rows {
		if !row(func(j int) string { return t.Cell(i, j) }, lipgloss.NewStyle()) {
			return ""
		}
	}
	return b.String()
}
