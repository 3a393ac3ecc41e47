package console

import (
	"strings"
	"time"

	"signpost/commands/chat"
)

type replyJSON struct {
	Command  string        `json:"command"`
	Title    string        `json:"title"`
	Sections []sectionJSON `json:"sections"`
	Actions  []actionJSON  `json:"actions"`
	Form     *formJSON     `json:"form,omitempty"`
	Data     any           `json:"data"`
}

type formJSON struct {
	Title  string      `json:"title"`
	Fields []inputJSON `json:"fields"`
}

type inputJSON struct {
	Name     string `json:"name"`
	Label    string `json:"label"`
	Initial  string `json:"initial"`
	Optional bool   `json:"optional"`
}

type sectionJSON struct {
	Heading string      `json:"heading,omitempty"`
	Text    string      `json:"text,omitempty"`
	Items   []string    `json:"items,omitempty"`
	Fields  []fieldJSON `json:"fields,omitempty"`
	Table   *tableJSON  `json:"table,omitempty"`
	Entries []entryJSON `json:"entries,omitempty"`
	Code    string      `json:"code,omitempty"`
}

// tableJSON is what Items or Fields say, in columns.
type tableJSON struct {
	Columns []string   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

type entryJSON struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	By   string    `json:"by,omitempty"`
}

type fieldJSON struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type actionJSON struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Command string `json:"command"`
	Text    string `json:"text"`
}

// Shape is a value of the type that a Reply is written as with --json, for whoever describes it.
func Shape() any { return replyJSON{} }

func wireReply(command string, r chat.Reply) replyJSON {
	out := replyJSON{Command: command, Title: r.Title, Sections: []sectionJSON{}, Actions: []actionJSON{}, Data: r.Data}
	for _, s := range r.Sections {
		x := sectionJSON{Heading: s.Heading, Text: s.Text, Items: s.Items, Code: s.Code}
		if t := s.Table; t != nil {
			x.Table = &tableJSON{Columns: []string{}, Rows: t.Rows}
			for _, c := range t.Columns {
				x.Table.Columns = append(x.Table.Columns, c.Name)
			}
		}
		for _, f := range s.Fields {
			x.Fields = append(x.Fields, fieldJSON{f.Label, f.Plain()})
		}
		for _, e := range s.Entries {
			x.Entries = append(x.Entries, entryJSON{e.At.UTC(), strings.TrimSpace(e.Text + " " + e.Whom), e.By})
		}
		out.Sections = append(out.Sections, x)
	}
	for _, a := range r.Actions {
		out.Actions = append(out.Actions, actionJSON{a.ID, a.Label, a.Command, a.Text})
	}
	if r.Form != nil {
		out.Form = &formJSON{Title: r.Form.Title}
		for _, in := range r.Form.Fields {
			out.Form.Fields = append(out.Form.Fields, inputJSON{in.Name, in.Label, in.Initial, in.Optional})
		}
	}
	return out
}
