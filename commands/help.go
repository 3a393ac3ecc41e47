package commands

import (
	"signpost/commands/answers"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// helpReply lists every command with an example.
func helpReply(lang language.Tag, d answers.Deps) chat.Reply {
	out := chat.Reply{Title: chat.Text(lang, "help.title", nil), Final: true}
	for _, c := range Table() {
		if c.Hidden || c.Local && d.Demo == nil {
			continue
		}
		out.Sections = append(out.Sections,
			chat.Section{Heading: chat.UsageOf(lang, c.Name), Text: chat.Text(lang, c.Summary, nil),
				Items: []string{chat.ExampleOf(lang, c.Name)}})
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(lang, "help.words", nil)})
	out.Actions = append(out.Actions,
		chat.Action{ID: "form", Label: chat.Text(lang, "help.button.form", nil), Command: chat.Help, Text: chat.FormWord})
	for _, id := range []string{"urgent", "config", "logs", "question", "newcomer"} {
		out.Actions = append(out.Actions,
			chat.Action{ID: "help-" + id, Label: chat.Text(lang, "help.button."+id, nil), Command: chat.Help,
				Text: chat.Text(lang, "help.asks."+id, nil)})
	}
	return out
}

// UsageIn is what is written behind the command's name, in a language.
func (c *Command) UsageIn(lang language.Tag) string { return chat.Text(lang, "usage."+c.Name, nil) }

// commandHelp tells how one command is written.
func commandHelp(lang language.Tag, c *Command) chat.Reply {
	return chat.Reply{
		Title: chat.UsageOf(lang, c.Name), Final: true,
		Sections: []chat.Section{{Text: chat.Text(lang, c.Summary, nil), Items: []string{chat.ExampleOf(lang, c.Name)}}},
		Actions:  []chat.Action{{ID: "help", Label: chat.Text(lang, "help.all", nil), Command: chat.Help, Text: "help"}},
	}
}
