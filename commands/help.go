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
