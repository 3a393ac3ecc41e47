package commands

import (
	"strings"
	"testing"

	"signpost/commands/chat"
	"signpost/diag"

	"golang.org/x/text/language"
)

// TestTables: what is a table is one in every language: each row has a cell for each column, and stands for one line
// that says the same where no table is shown.
func TestTables(t *testing.T) {
	for _, lang := range []language.Tag{language.English, language.Chinese} {
		t.Run(lang.String(), func(t *testing.T) {
			o := openOffice(t)
			for _, a := range o.lab.Resolvers() {
				o.d.Resolvers = append(o.d.Resolvers, diag.Recursive{ID: a.Addr().String(), Region: "CN", Address: a})
			}
			as := func(r *chat.Request) { r.Lang = lang }
			asked := func(command, text string) chat.Reply {
				r := o.request(text, as)
				r.Command = command
				return o.handle(r)
			}
			o.ask("open healthy.example mail bounces", as)
			o.ask("solve MAIL-1 the record was wrong", as)
			o.ask("open spf-none.example mail bounces", as)
			o.watched("add healthy.example", as)
			o.handle(func() chat.Request {
				r := o.request("", as)
				r.Command, r.Files = chat.Report, attached(o, "!dmarc-watching.example!", 16)
				return r
			}())
			for name, x := range map[string]struct {
				reply chat.Reply
				cell  string
			}{
				"cases":     {asked(chat.Case, "list"), "MAIL-2"},
				"stats":     {asked(chat.Case, "stats"), "1"},
				"watches":   {asked(chat.Watch, "list"), "healthy.example"},
				"senders":   {asked(chat.Report, "dmarc-watching.example 30d"), "910"},
				"look-ups":  {asked(chat.Check, "spf-eleven.example why spf evidence"), "include:"},
				"home page": {asked(chat.Case, "mine all"), ""},
			} {
				found := false
				for _, s := range x.reply.Sections {
					if s.Table == nil {
						continue
					}
					lines, _ := s.Split()
					if n := len(lines.Items) + len(lines.Fields); n != len(s.Table.Rows) {
						t.Errorf("%s: %d lines for %d rows", name, n, len(s.Table.Rows))
					}
					for _, row := range s.Table.Rows {
						if len(row) != len(s.Table.Columns) {
							t.Errorf("%s: %q has no cell for each of %v", name, row, s.Table.Columns)
						}
						found = found || strings.Contains(strings.Join(row, "|"), x.cell)
					}
				}
				if !found && x.cell != "" {
					t.Errorf("%s: no cell with %q in\n%s", name, x.cell, words(x.reply))
				}
			}
		})
	}
}

// TestSpreadingTable: while a change spreads, each resolver stands in a table with what it says, those that lack it
// first, and for how long they go on.
func TestSpreadingTable(t *testing.T) {
	o := openOffice(t)
	for _, a := range o.lab.Resolvers() {
		o.d.Resolvers = append(o.d.Resolvers, diag.Recursive{ID: a.Addr().String(), Region: "CN", Address: a})
	}
	got := o.watched("until mx-moving.example")
	for _, s := range got.Sections {
		if s.Table == nil {
			continue
		}
		first, last := s.Table.Rows[0], s.Table.Rows[len(s.Table.Rows)-1]
		if len(s.Table.Rows) != len(o.d.Resolvers) || first[2] == "has it" || first[3] == "" ||
			first[1] != "mainland China" || !strings.Contains(s.Items[0], first[3]) {
			t.Errorf("%q … %q\n%s", first, last, words(got))
		}
		return
	}
	t.Errorf("no table: %s", words(got))
}
