package console

import (
	"strings"

	"signpost/commands/chat"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

const (
	between = 2  // columns of the terminal between two columns of a table
	slim    = 12 // a column whose cells are broken keeps so many
)

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
