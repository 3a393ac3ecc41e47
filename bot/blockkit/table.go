package blockkit

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

// The limits of a table. Source: https://docs.slack.dev/reference/block-kit/blocks/table-block. A message has one, and
// a view none.
const (
	maxTableRows  = 100 // the names of the columns are one
	maxTableCells = 20  // in a row
	maxTableText  = 10_000
	maxCell       = 300
)

// tableBlocks is a section whose table is shown as one: its heading, the table, what is left. Nil where it does not
// fit.
func tableBlocks(s chat.Section) []slack.Block {
	t := s.Table
	if t == nil || len(t.Rows) == 0 || len(t.Rows) >= maxTableRows || len(t.Columns) == 0 ||
		len(t.Columns) > maxTableCells {
		return nil
	}
	block := slack.NewTableBlock("")
	var head []slack.TableCell
	size := 0
	for _, c := range t.Columns {
		name := Clip(cmp.Or(strings.Join(strings.Fields(Plain(c.Name)), " "), chat.NoCell), maxCell)
		size += utf8.RuneCountInString(name)
		head = append(head, slack.NewTableRichTextCell(slack.NewRichTextSection(
			slack.NewRichTextSectionTextElement(name, &slack.RichTextSectionTextStyle{Bold: true}))))
		set := slack.ColumnSetting{Align: slack.ColumnAlignmentLeft, IsWrapped: true}
		if c.Number {
			set.Align = slack.ColumnAlignmentRight
		}
		block.ColumnSettings = append(block.ColumnSettings, set)
	}
	block.AddRow(head...)
	for i := range t.Rows {
		var row []slack.TableCell
		for j := range t.Columns {
			cell := Plain(t.Cell(i, j))
			if utf8.RuneCountInString(cell) > maxCell {
				return nil // the lines say all of it
			}
			size += utf8.RuneCountInString(cell)
			row = append(row, slack.NewTableRawTextCell(cell))
		}
		block.AddRow(row...)
	}
	if size > maxTableText {
		return nil
	}
	_, rest := s.Split()
	above, below := rest, rest
	above.Items, above.Entries, above.Code = nil, nil, ""
	below.Heading, below.Text = "", ""
	out := append(sectionBlocks(above), block)
	return append(out, sectionBlocks(below)...)
}

// tableText is a table in lines, for notifications and screen readers: they are read the text of a message, not its
// blocks. What does not fit into so many characters is left out at the end of a line.
func tableText(s chat.Section, room int) string {
	var b strings.Builder
	lines, _ := s.Split()
	all := lines.Items
	for _, f := range lines.Fields {
		all = append(all, strings.TrimSpace(f.Label+": "+f.Plain()))
	}
	for _, line := range append([]string{s.Heading}, all...) {
		if line = Escape(strings.Join(strings.Fields(line), " ")); line == "" {
			continue
		}
		if room -= utf8.RuneCountInString(line) + 1; room < 0 {
			break
		}
		b.WriteString("\n" + line)
	}
	return b.String()
}
