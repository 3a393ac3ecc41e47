package chat

import (
	"fmt"
	"testing"
)

// TestTableIsCut: a reply that is cut shows so many rows as lines, and the rest of both stands behind "more".
func TestTableIsCut(t *testing.T) {
	for _, fields := range []bool{false, true} {
		s := Section{Heading: "Domains", Table: NewTable("Domain | #Count")}
		for i := range 14 {
			name := fmt.Sprintf("d%d.example", i)
			if s.Table.Add(name, fmt.Sprint(i)); fields {
				s.Fields = append(s.Fields, Field{Label: name})
			} else {
				s.Items = append(s.Items, name)
			}
		}
		if fields {
			s.Items = []string{"9 more"}
		}
		short, cut := Reply{Title: "x", Sections: []Section{s}}.Short()
		if !cut || len(short.Sections) != 1 || len(short.Detail.Sections) != 1 || short.Height() > MaxLines {
			t.Fatalf("fields %v: %+v", fields, short)
		}
		head, rest := short.Sections[0], short.Detail.Sections[0]
		if a, b := len(head.Table.Rows), len(rest.Table.Rows); a+b != 14 || a != len(head.Fields)+len(head.Items) {
			t.Errorf("fields %v: rows %d and %d, lines %d", fields, a, b, len(head.Fields)+len(head.Items))
		}
		if rest.Table.Rows[0][0] != fmt.Sprintf("d%d.example", len(head.Table.Rows)) {
			t.Errorf("fields %v: goes on with %v", fields, rest.Table.Rows[0])
		}
		if lines, left := head.Split(); len(lines.Items)+len(lines.Fields) != len(head.Table.Rows) ||
			len(left.Items)+len(left.Fields) != 0 {
			t.Errorf("fields %v: %+v, left %+v", fields, lines, left)
		}
	}
}
