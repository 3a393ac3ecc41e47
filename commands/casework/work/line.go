package work

import (
	"cmp"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// Alike is solved cases with how they were solved, in a language.
func Alike(k *Work, lang language.Tag, similar []*cases.Case) (s chat.Section, actions []chat.Action) {
	s.Heading = chat.Text(lang, "case.similar", nil)
	for _, x := range similar {
		s.Items = append(s.Items, chat.Text(lang, "case.similar.item",
			map[string]any{"case": x.Name(), "title": k.titleIn(lang, x), "resolution": howSolved(lang, x)}))
		actions = append(actions, chat.Action{ID: "show-" + x.Name(), Label: x.Name(), Command: chat.Case,
			Text: "show " + x.Name()})
	}
	return s, actions
}

// howSolved is how a case was solved, and what was learned.
func howSolved(lang language.Tag, c *cases.Case) string {
	switch {
	case c.Lesson == "" || c.Lesson == c.Resolution:
		return cmp.Or(c.Resolution, "—")
	case c.Resolution == "":
		return c.Lesson
	}
	return chat.Text(lang, "case.similar.how",
		map[string]any{"resolution": chat.Clip(c.Resolution, 200), "lesson": chat.Clip(c.Lesson, 300)})
}

// Line is a case in a list.
func (k *Work) Line(c *cases.Case) string {
	waiting := k.Now.Sub(c.Since)
	return k.Text("case.line", map[string]any{
		"case": c.Name(), "title": chat.Clip(k.Title(c), 100), "domain": Shown(c.Domain),
		"state": k.Text("case.state."+string(c.State), nil), "for": chat.Span(k.Req.Lang, waiting),
		"priority": prioritySign(c.Priority), "tickets": c.Tickets[max(0, len(c.Tickets)-3):],
	})
}

// List is cases in a list: a line each, and a row of a table.
func (k *Work) List(list []*cases.Case) (s chat.Section) {
	if len(list) == 0 {
		return s
	}
	s.Table = chat.NewTable(k.Text("table.cases", nil))
	for _, c := range list {
		s.Items = append(s.Items, k.Line(c))
		s.Table.Add(prioritySign(c.Priority)+c.Name(), Shown(c.Domain), chat.Clip(k.Title(c), 100),
			k.Text("case.state."+string(c.State), nil), chat.Span(k.Req.Lang, k.Now.Sub(c.Since)),
			strings.Join(c.Tickets[max(0, len(c.Tickets)-3):], " "))
	}
	return s
}

func prioritySign(p cases.Priority) string {
	if p == cases.Urgent {
		return "❗"
	}
	return ""
}
