package cases

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag/visible"
)

// TestExportOfHostileWords: what people wrote into a case does nothing in the programs that an export is opened with.
func TestExportOfHostileWords(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		words := []string{"＝HYPERLINK(1)", "[log in](https://evil.example/)", "![p](https://evil.example/p.png)",
			"a\u202eb\u00a0c", "x;=1+1"}
		for i, w := range words {
			c := open(t, b, fmt.Sprint(i), "d.example", w)
			if _, _, err := b.Change(ctx, "T1", c.Number, "x", func(c *Case) (Edit, error) {
				c.Contacts, c.Lesson = 1, w
				return Edit{Entries: []Entry{{Kind: "note", By: "U2", Text: w}},
					Contact: &Contact{ID: 1, At: c.Opened, By: "U2", Channel: "ticket", Gist: w, Next: w}}, nil
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
		if err != nil || strings.Contains(string(page), "](") || strings.Contains(string(page), "://") ||
			!visible.Is(strings.ReplaceAll(string(page), "\n", "")) {
			t.Errorf("%v\n%s", err, page)
		}
		lines, err := b.Export(ctx, "T1", "json", nil)
		if err != nil || !visible.Is(strings.ReplaceAll(string(lines), "\n", "")) ||
			!strings.Contains(string(lines), `a\u202eb\u00a0c`) {
			t.Errorf("%v\n%s", err, lines)
		}
		if got, err := b.Import(ctx, "T2", strings.NewReader(string(lines)), nil); got.Taken != len(words) ||
			err != nil {
			t.Fatal(got, err)
		}
		if c, err := b.Case(ctx, "T2", 4); err != nil || c.Lesson != words[3] {
			t.Errorf("%v, %q", err, c.Lesson)
		}
	})
}

// manyCases opens 32 cases with a contact and a note, of which ten are solved and the last but one is deleted.
func manyCases(t *testing.T, b *Book) {
	t.Helper()
	ctx := t.Context()
	for i := range 30 {
		c := open(t, b, fmt.Sprint(i), fmt.Sprintf("d%d.example", i%10), fmt.Sprintf("=problem %d 收不到信 <b>", i),
			"spf.none d.example")
		if _, _, err := b.Change(ctx, "T1", c.Number, "x", func(c *Case) (Edit, error) {
			c.Contacts, c.Tickets, c.Thread, c.Assignee = 1, []string{fmt.Sprint("0003Y", i)},
				fmt.Sprint("1.", i), "U2"
			e := Edit{
				Entries: []Entry{{Kind: "note", By: "U2", Text: "line one\nline two"}},
				Contact: &Contact{ID: 1, At: c.Opened, By: "U2", Channel: "ticket", Ticket: c.Tickets[0],
					Gist: "g|g", Answered: c.Opened.Add(time.Duration(i) * time.Minute), Provider: c.Provider},
			}
			e.Measures = []Measure{AnswerMeasure(c.Provider, "ticket", time.Duration(i)*time.Minute)}
			if i%3 == 0 {
				c.SetState(Solved, c.Opened.Add(time.Hour), BusinessHours{})
				c.Resolution, c.Lesson, c.Measured = "published", "look at SPF first", true
				e.Measures = append(e.Measures, c.SolveMeasures(time.Hour, []Contact{*e.Contact})...)
			}
			return e, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	open(t, b, "gone", "gone.example", "never mind")
	open(t, b, "last", "last.example", "the last")
	if err := b.Delete(ctx, "T1", 31, "U1"); err != nil {
		t.Fatal(err)
	}
}

// TestExportImport reads an export into another workspace and into another store: the export of that is the same, and
// so are searches and statistics.
func TestExportImport(t *testing.T) {
	books(t, func(t *testing.T, b *Book) {
		ctx := t.Context()
		manyCases(t, b)
		first, err := b.Export(ctx, "T1", "json", nil)
		if err != nil || strings.Count(string(first), "\n") != 31 {
			t.Fatalf("%d lines, %v", strings.Count(string(first), "\n"), err)
		}
		if got, err := b.Import(ctx, "T2", strings.NewReader(string(first)), nil); got.Taken != 31 ||
			got.Left+got.Refused != 0 || err != nil {
			t.Fatal(got, err)
		}
		second, err := b.Export(ctx, "T2", "json", nil)
		if err != nil || string(second) != string(first) {
			t.Errorf("the export of the import differs: %v\n%s\n%s", err, first[:600], second[:600])
		}
		if got, err := b.Import(ctx, "T2", strings.NewReader(string(first)), nil); got.Taken != 0 || got.Left != 31 ||
			err != nil {
			t.Error("again:", got, err)
		}
		for _, q := range []Query{{}, {Text: "收不到"}, {Open: true}, {Ticket: "0003y5"},
			{Code: "spf.none", State: Solved}, {Lesson: true}, {Text: "line two"}} {
			x, _, err1 := b.Find(ctx, "T1", q, 0, 50)
			y, _, err2 := b.Find(ctx, "T2", q, 0, 50)
			if err1 != nil || err2 != nil || !slices.Equal(numbers(x), numbers(y)) || len(x) == 0 {
				t.Errorf("%+v: %v and %v, %v %v", q, numbers(x), numbers(y), err1, err2)
			}
		}
		x, _ := b.Stats(ctx, "T1", "")
		y, _ := b.Stats(ctx, "T2", "")
		if !slices.Equal(x, y) || len(x) < 4 {
			t.Errorf("statistics:\n%+v\n%+v", x, y)
		}
		cx, _ := b.Counts(ctx, "T1")
		cy, _ := b.Counts(ctx, "T2")
		if cx[Solved] != cy[Solved] || cx[New] != cy[New] || cy[Solved] != 10 {
			t.Errorf("%v %v", cx, cy)
		}
		if n, err := b.InThread(ctx, "T2", "C1", "1.4"); n != 5 || err != nil {
			t.Error(n, err)
		}
		if c := open(t, b, "next", "new.example", "x"); c.Number != 33 {
			t.Error(c.Number)
		}
		table, err := b.Export(ctx, "T1", "csv", nil)
		if err != nil || !strings.Contains(string(table), ",'=problem 1 ") || strings.Contains(string(table), ",=") {
			t.Errorf("%v %.300s", err, table)
		}
		if page, err := b.Export(ctx, "T1", "md", nil); err != nil || strings.Contains(string(page), "<b>") ||
			!strings.Contains(string(page), "g\\|g") {
			t.Errorf("%v %.300s", err, page)
		}
		for name, text := range map[string]string{
			"no JSON": "hello", "no case": `{"number":1}`, "no number": `{"case":{"t":"x","s":"new"}}`,
			"a strange state":    `{"number":9,"case":{"v":1,"t":"x","s":"flying"}}`,
			"a huge number":      `{"number":9000000000000000000,"case":{"v":1,"t":"x","s":"new"}}`,
			"of a later program": `{"number":9,"case":{"v":99,"t":"x","s":"new"}}`,
		} {
			if got, err := b.Import(ctx, "T3", strings.NewReader(text), nil); err == nil && got.Refused != 1 ||
				got.Taken != 0 {
				t.Errorf("%s is taken", name)
			}
		}
		if _, err := b.Export(ctx, "T1", "exe", nil); !errors.Is(err, ErrFormat) {
			t.Error(err)
		}
	})
}
