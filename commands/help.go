package commands

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

// helpReply lists every command with an example.
func helpReply(lang language.Tag, d Deps) Reply {
	out := Reply{Title: texts.Text(lang, "help.title", nil), Final: true}
	for _, c := range Table() {
		if c.Hidden || c.Local && d.Demo == nil {
			continue
		}
		out.Sections = append(out.Sections, Section{Heading: usageOf(lang, c.Name), Text: texts.Text(lang, c.Summary, nil), Items: []string{exampleOf(lang, c.Name)}})
	}
	out.Sections = append(out.Sections, Section{Muted: true, Text: texts.Text(lang, "help.words", nil)})
	out.Actions = append(out.Actions, Action{ID: "form", Label: texts.Text(lang, "help.button.form", nil), Command: Help, Text: formWord})
	for _, id := range []string{"urgent", "config", "logs", "question", "newcomer"} {
		out.Actions = append(out.Actions, Action{ID: "help-" + id, Label: texts.Text(lang, "help.button."+id, nil), Command: Help, Text: texts.Text(lang, "help.asks."+id, nil)})
	}
	return out
}

// UsageIn is what is written behind the command's name, in a language.
func (c *Command) UsageIn(lang language.Tag) string { return texts.Text(lang, "usage."+c.Name, nil) }

// usageOf is how a command is written, and exampleOf an example of it, in a language.
func usageOf(lang language.Tag, command string) string {
	return "/" + command + " " + texts.Text(lang, "usage."+command, nil)
}

func exampleOf(lang language.Tag, command string) string {
	return texts.Text(lang, "example."+command, nil)
}

// commandHelp tells how one command is written.
func commandHelp(lang language.Tag, c *Command) Reply {
	return Reply{
		Title: usageOf(lang, c.Name), Final: true, Sections: []Section{{Text: texts.Text(lang, c.Summary, nil), Items: []string{exampleOf(lang, c.Name)}}},
		Actions: []Action{{ID: "help", Label: texts.Text(lang, "help.all", nil), Command: Help, Text: "help"}},
	}
}

// thanks answers who says thank you: nothing of it is a question.
var thanks = &Command{Name: thanksName, Summary: "summary.thanks", Hidden: true, Run: runThanks}

const thanksName = "you-are-welcome"

func runThanks(_ context.Context, _ Deps, r Request, reply func(Reply)) error {
	reply(Reply{Title: texts.Text(r.Lang, "thanks", nil), Final: true, Actions: []Action{{ID: "list", Label: texts.Text(r.Lang, "case.button.list", nil), Command: mailcaseName, Text: "list"}}})
	return nil
}

var demo = &Command{Name: "demo", Summary: "summary.demo", Local: true, Run: runDemo}

// runDemo lists the lab's domains, or publishes in one what its diagnosis recommends.
func runDemo(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	if verb, domain, _ := strings.Cut(r.Text, " "); verb == "mend" && d.Publish != nil {
		return mendDemo(ctx, d, r, domain, reply)
	}
	out := Reply{Title: texts.Text(r.Lang, "demo.title", map[string]any{"count": len(d.Demo)}), Final: true, Data: d.Demo}
	var fields []Field
	for _, x := range d.Demo {
		fault := x.Fault
		if base, _ := r.Lang.Base(); base.String() != "en" { // the lab describes its faults in English
			fault = texts.Text(r.Lang, "demo.sound", nil)
			var found []string
			for _, code := range x.Codes {
				check, _, _ := strings.Cut(code, ".")
				found = append(found, texts.Text(r.Lang, "demo.code", map[string]any{"check": d.KB.CheckTitle(r.Lang, check), "code": code}))
			}
			if len(found) > 0 {
				fault = strings.Join(found, texts.Text(r.Lang, "list-comma", nil))
			}
		}
		fields = append(fields, Field{Label: x.Domain, Value: fault})
	}
	out.Sections = []Section{{Fields: fields}, {Muted: true, Text: texts.Text(r.Lang, "demo.try", map[string]any{"example": "/mailcheck " + d.Demo[0].Domain})}}
	reply(out)
	return nil
}

// mendDemo publishes every record that is recommended for a domain of the lab.
func mendDemo(ctx context.Context, d Deps, r Request, domain string, reply func(Reply)) error {
	t, ok := domainIn(domain)
	if !ok || !slices.ContainsFunc(d.Demo, func(x DemoDomain) bool { return x.Domain == t.Domain }) {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "demo.which", nil), Sections: []Section{{Text: texts.Text(r.Lang, "try", map[string]any{"example": "/demo mend spf-none.example"})}}, Final: true})
		return nil
	}
	report := diagnose(ctx, d, question{target: t}, nil)
	var records []kb.Record
	s := Section{}
	for _, f := range sortedFindings(d.KB, report) {
		for _, rec := range d.KB.Advise(r.Lang, report, f).Records {
			if f.Severity >= diag.Warning && !slices.Contains(records, rec) {
				records = append(records, rec)
				line := rec.Name + "  " + rec.Type + "  " + rec.Value
				if rec.Remove {
					line = "- " + line
				}
				s.Code += line + "\n"
			}
		}
	}
	out := Reply{Tone: Caution, Title: texts.Text(r.Lang, "demo.nothing", map[string]any{"domain": t.Domain}), Final: true}
	if len(records) > 0 {
		if err := d.Publish(records); err != nil {
			return err
		}
		out = Reply{Tone: Good, Title: texts.Text(r.Lang, "demo.mended", map[string]any{"domain": t.Domain}), Sections: []Section{s}, Final: true}
	}
	reply(out)
	return nil
}
