package commands

import (
	"context"

	"golang.org/x/text/language"
)

// helpReply lists every command with an example.
func helpReply(lang language.Tag, d Deps) Reply {
	out := Reply{Title: texts.Text(lang, "help.title", nil), Final: true}
	for _, c := range Table() {
		if c.Hidden || c.Local && d.Demo == nil {
			continue
		}
		usage := "/" + c.Name
		if c.Usage != "" {
			usage += " " + c.Usage
		}
		out.Sections = append(out.Sections, Section{Heading: usage, Text: texts.Text(lang, c.Summary, nil), Items: []string{c.Example}})
	}
	out.Sections = append(out.Sections, Section{Muted: true, Text: texts.Text(lang, "help.words", nil)})
	out.Actions = append(out.Actions, Action{ID: "form", Label: texts.Text(lang, "help.button.form", nil), Command: Help, Text: formWord})
	for _, id := range []string{"urgent", "config", "logs", "question", "newcomer"} {
		out.Actions = append(out.Actions, Action{ID: "help-" + id, Label: texts.Text(lang, "help.button."+id, nil), Command: Help, Text: texts.Text(lang, "help.asks."+id, nil)})
	}
	return out
}

var demo = &Command{Name: "demo", Example: "/demo", Summary: "summary.demo", Local: true, Run: runDemo}

// runDemo lists the lab's domains.
func runDemo(_ context.Context, d Deps, r Request, reply func(Reply)) error {
	out := Reply{Title: texts.Text(r.Lang, "demo.title", map[string]any{"count": len(d.Demo)}), Final: true, Data: d.Demo}
	var fields []Field
	for _, x := range d.Demo {
		fields = append(fields, Field{Label: x.Domain, Value: x.Fault})
	}
	out.Sections = []Section{{Fields: fields}, {Muted: true, Text: texts.Text(r.Lang, "demo.try", map[string]any{"example": "/mailcheck " + d.Demo[0].Domain})}}
	reply(out)
	return nil
}
