package commands

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/secrets"
	"signpost/commands/watching"
)

// asksMore reports whether a text asks for the rest of the last answer, and for nothing else.
func asksMore(text string) bool {
	text = strings.Trim(chat.Fold(strings.TrimPrefix(strings.TrimSpace(text), "/")), " .!?\u3002\u2026\uff01\uff1f")
	return text != "" && len(text) < 60 && slices.Contains(chat.Words("more"), text)
}

// moreOf is the last request of the asker in the same place, asked again for all of its answer; ok is false where there
// is none.
func moreOf(ctx context.Context, d answers.Deps, r chat.Request) (chat.Request, bool) {
	if d.Book == nil {
		return r, false
	}
	turns, err := d.Book.Conversation(ctx, answers.Where(r))
	if err != nil {
		slog.Warn("the conversation is not known", "request_id", r.ID, "error", err)
	}
	for _, t := range slices.Backward(turns) {
		name, said, _ := strings.Cut(strings.TrimPrefix(t.Said, "/"), " ")
		if t.User != r.User || asksMore(said) {
			continue
		}
		switch {
		case name == chat.Check && !strings.Contains(said, "evidence"):
			said += " evidence"
		case name == chat.Set, name == chat.Demo && said == "": // their word for it: no value is set by that
			r.Command, r.Text, r.Values = name, "all", nil
			return r, true
		case name == chat.Watch && watching.OnlyTells(said), name == chat.Report && said != "":
			r.Command, r.Text, r.Values = name, said+" "+wholeAsked, nil
			return r, true
		case name == chat.Help, name == chat.Ask && d.KB.Understand(said, r.Lang).Asks: // an answer by mailhelp
			name = chat.Help
		case name != chat.Ask && name != chat.Check && name != chat.Ticket:
			return r, false // what was pasted is not kept whole
		}
		r.Command, r.Values = name, nil
		rest, values := readValues(named(name), said)
		values = withValue(values, "more", "yes")
		r.Text, r.Values = rest, values
		return r, true
	}
	return r, false
}

// inShort is an answer of a length that is read at a glance. What is over it stands behind the button "more".
// No button carries a secret that was typed.
func inShort(x chat.Reply, r chat.Request, c *Command) chat.Reply {
	x.Actions = slices.Clone(x.Actions)
	for i := range x.Actions {
		x.Actions[i].Text = secrets.Masked(x.Actions[i].Text)
	}
	if r.Values["more"] != "" {
		if x.Detail != nil && c.Name != chat.Check { // the evidence of a check is asked for by its own word
			x.Sections, x.Detail = append(slices.Clone(x.Sections), x.Detail.Sections...), nil
		}
		x.Whole = true
		return x
	}
	lang := r.Lang
	if c.Name != chat.Check && c.Name != chat.Bounce {
		lang = chat.LanguageOf(r.Text, lang) // as the answer is
	}
	x, cut := x.Short()
	if !cut && x.Detail == nil || slices.ContainsFunc(x.Actions, func(a chat.Action) bool { return a.Detail }) {
		return x
	}
	text := r.Text
	for _, in := range c.Inputs {
		if v := r.Values[in.Name]; v != "" {
			text += " " + chat.Quoted(in.Name, v)
		}
	}
	text = strings.TrimSpace(chat.Clip(secrets.Masked(text), 1500) + " more=yes")
	if c.Name == chat.Bounce { // what was pasted is too long for a button, and is asked for again
		text = ""
	}
	x.Actions = append(x.Actions,
		chat.Action{ID: "more", Label: chat.Text(lang, "action.more", nil), Command: c.Name, Text: text, Detail: true})
	return x
}

// wholeAsked stands behind a request whose answer is wanted whole, however long its lists.
const wholeAsked = "more=yes"

// inShortLists is an answer without a long list. What is over stands behind the button "more".
func inShortLists(x chat.Reply, r chat.Request, c *Command) chat.Reply {
	if strings.HasSuffix(r.Text, wholeAsked) {
		x.Whole = true
		return x
	}
	x, cut := x.ShortLists()
	if cut {
		x.Actions = append(slices.Clone(x.Actions), chat.Action{ID: "more", Label: chat.Text(r.Lang, "action.more", nil),
			Command: c.Name, Text: strings.TrimSpace(chat.Clip(secrets.Masked(r.Text), 1500) + " " + wholeAsked), Detail: true})
	}
	return x
}

func withValue(values map[string]string, name, value string) map[string]string {
	out := maps.Clone(values)
	if out == nil {
		out = map[string]string{}
	}
	out[name] = value
	return out
}

// moreOfWhat answers "more" where nothing came before it.
func moreOfWhat(r chat.Request) chat.Reply {
	return chat.Reply{
		Tone: chat.Unsure, Title: chat.Text(r.Lang, "more.of-what", nil), Final: true,
		Sections: []chat.Section{{Text: chat.Text(r.Lang, "try",
			map[string]any{"example": chat.ExampleOf(r.Lang, chat.Help)})}},
	}
}
