package cases

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"signpost/diag/visible"
)

// TestExportOfHostileWords: what people wrote into a case does nothing in the programs that an export is opened with.
func TestExportOfHostileWords(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		words := []string{"＝HYPERLINK(1)", "[log in](https://evil.example/)", "![p](https://evil.example/p.png)", "a\u202eb\u00a0c", "x;=1+1"}
		for i, w := range words {
			c := open(t, b, fmt.Sprint(i), "d.example", w)
			if _, _, err := b.Change(ctx, "T1", c.Number, "x", func(c *Case) (Edit, error) {
				c.Contacts, c.Lesson = 1, w
				return Edit{Entries: []Entry{{Kind: "note", By: "U2", Text: w}}, Contact: &Contact{ID: 1, At: c.Opened, By: "U2", Channel: "ticket", Gist: w, Next: w}}, nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		table, err := b.Export(ctx, "T1", "csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(table))).ReadAll()
		if err != nil || len(rows) != 1+len(words) {
			t.Fatal(len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.HasPrefix(cell, "＝") || strings.HasPrefix(cell, "=") {
					t.Errorf("a formula: %q", cell)
				}
			}
		}
		page, err := b.Export(ctx, "T1", "md", nil)
		if err != nil || strings.Contains(string(page), "](") || strings.Contains(string(page), "://") || !visible.Is(strings.ReplaceAll(string(page), "\n", "")) {
			t.Errorf("%v\n%s", err, page)
		}
		lines, err := b.Export(ctx, "T1", "json", nil)
		if err != nil || !visible.Is(strings.ReplaceAll(string(lines), "\n", "")) || !strings.Contains(string(lines), `a\u202eb\u00a0c`) {
			t.Errorf("%v\n%s", err, lines)
		}
		if got, err := b.Import(ctx, "T2", strings.NewReader(string(lines)), nil); got.Taken != len(words) || err != nil {
			t.Fatal(got, err)
		}
		if c, err := b.Case(ctx, "T2", 4); err != nil || c.Lesson != words[3] {
			t.Errorf("%v, %q", err, c.Lesson)
		}
	})
}
