package chat

import "strings"

// Table is what has columns. It stands for the Fields of its Section, and where that has none, for as many of its first
// Items as there are rows: they say the same in lines, for surfaces that show no table, or where it does not fit. A row
// has a cell for each column.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// Column is the name of a column; numbers stand on its right.
type Column struct {
	Name   string
	Number bool `json:",omitzero"`
}

// NoCell is what an empty cell is shown as: a reader sees, and hears, that nothing was left out.
const NoCell = "–"

// Cell is what stands in a row's column, on one line.
func (t *Table) Cell(row, column int) string {
	if column < len(t.Rows[row]) {
		if s := strings.Join(strings.Fields(Clean(t.Rows[row][column])), " "); s != "" {
			return s
		}
	}
	return NoCell
}

// cut parts a table behind so many of its rows; nil stays nil, and a part without rows is nil.
func (t *Table) cut(rows int) (head, rest *Table) {
	if t == nil || rows >= len(t.Rows) {
		return t, nil
	}
	head, rest = &Table{Columns: t.Columns, Rows: t.Rows[:rows]}, &Table{Columns: t.Columns, Rows: t.Rows[rows:]}
	if rows == 0 {
		head = nil
	}
	return head, rest
}

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// NewTable is a table without rows, its columns named by a catalogue's text: a name each, parted by |, and a # before
// those of numbers.
func NewTable(names string) *Table {
	t := &Table{}
	for name := range strings.SplitSeq(names, "|") {
		name, number := strings.CutPrefix(strings.TrimSpace(name), "#")
		t.Columns = append(t.Columns, Column{Name: name, Number: number})
	}
	return t
}
