package commands

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"signpost/commands/answers"
	"signpost/commands/chat"
)

// asksMore reports whether a text asks for the rest of the last answer, and for nothing else: more, 更多.
func asksMore(text string) bool {
	text = strings.Trim(chat.Fold(strings.TrimPrefix(strings.TrimSpace(text), "/")), " .!?。！？…")
	return text != "" && len(text) < 60 && slices.Contains(chat.Words("more"), text)
}

// moreOf is the last request of the asker in the same place, asked again for all of its answer; ok is false where there is none.
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
		case name == chat.Help, name == chat.Ask && d.KB.Understand(said, r.Lang).Asks: // an answer by mailhelp
			name = chat.Help
		case name != chat.Ask && name != chat.Check && name != chat.Ticket:
			return r, false // what was pasted is not kept whole
		}
		r.Command, r.Values = name, nil
		rest, values := readValues(named(name), said)
		if name == chat.Help {
			values = withValue(values, "more", "yes")
		}
		r.Text, r.Values = rest, values
		return r, true
	}
	return r, false
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
		Sections: []chat.Section{{Text: chat.Text(r.Lang, "try", map[string]any{"example": chat.ExampleOf(r.Lang, chat.Help)})}},
	}
}
