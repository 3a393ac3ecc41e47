package casework

import (
	"slices"

	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

// Help tells what can be done with cases, or how one of it is written.
func Help(lang language.Tag, about string) chat.Reply {
	text := func(id string) string {
		if !chat.Has(id) {
			return ""
		}
		return chat.Text(lang, id, nil)
	}
	if verb := intent.VerbNamed(about); verb != "" {
		return chat.Reply{Title: text("case.help." + verb), Final: true,
			Sections: []chat.Section{{Items: []string{text("case.example." + verb)}},
				{Muted: true, Text: chat.Text(lang, "case.help.words", map[string]any{"words": wordsFor(verb)})}}}
	}
	out := chat.Reply{Title: text("case.help.title"), Final: true}
	group := ""
	for _, v := range intent.Verbs {
		if v.Group == "" {
			continue
		}
		if v.Group != group {
			group = v.Group
			out.Sections = append(out.Sections, chat.Section{Heading: text("case.help.group." + group)})
		}
		s := &out.Sections[len(out.Sections)-1]
		s.Fields = append(s.Fields, chat.Field{Label: text("case.example." + v.Name), Value: text("case.help." + v.Name)})
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: text("case.help.foot")})
	out.Actions = []chat.Action{
		{ID: "open", Label: text("case.button.open"), Command: chat.Case, Text: "open"},
		{ID: "list", Label: text("case.button.list"), Command: chat.Case, Text: "list"},
		{ID: "mine", Label: text("case.button.mine"), Command: chat.Case, Text: "mine"},
	}
	return out
}

// wordsFor is every word by which a verb is called.
func wordsFor(verb string) []string {
	out := []string{verb}
	for _, w := range chat.Words("case." + verb) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
