package commands

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
)

// asksMore reports whether a text asks for the rest of the last answer, and for nothing else: more, 更多.
func asksMore(text string) bool {
	text = strings.Trim(chat.Fold(strings.TrimPrefix(strings.TrimSpace(text), "/")), " .!?。！？…")
	return text != "" && len(text) < 60 && slices.Contains(chat.Words("more"), text)
}

// moreOf is the last request of the asker in the same place, asked again for all of its answer; ok is false where there is none.
func moreOf(ctx context.Context, d Deps, r chat.Request) (chat.Request, bool) {
	if d.Book == nil {
		return r, false
	}
	turns, err := d.Book.Conversation(ctx, where(r))
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

// thisMatter is the part of a conversation that belongs to its last question: what names the same domain or provider, or speaks of the same
// thing, without a long pause. What was asked before about something else is nobody's business who takes over.
func thisMatter(d Deps, r chat.Request, turns []cases.Turn) []cases.Turn {
	if len(turns) == 0 {
		return nil
	}
	last := turns[len(turns)-1]
	m := matterOf(d, r, last)
	at, out := last.At, []cases.Turn{last}
	for _, t := range slices.Backward(turns[:len(turns)-1]) {
		if at.Sub(t.At) > talkedFor {
			break
		}
		if x := matterOf(d, r, t); m.same(x) {
			out = append(out, t)
			m.join(x)
			at = t.At
		}
	}
	slices.Reverse(out)
	return out
}

// matter is what a question is about.
type matter struct {
	domain, provider string
	topics, words    []string
}

func matterOf(d Deps, r chat.Request, t cases.Turn) matter {
	_, said, _ := strings.Cut(strings.TrimPrefix(t.Said, "/"), " ")
	if !strings.HasPrefix(t.Said, "/") {
		said = t.Said
	}
	s := d.KB.Understand(said, r.Lang)
	m := matter{provider: s.Provider, topics: s.Topics, words: cases.Words(said)}
	if x, ok := domainIn(said); ok {
		m.domain = x.Domain
	}
	return m
}

// same reports whether another question is about the same. Two that name different domains or providers never are.
func (m matter) same(x matter) bool {
	switch {
	case m.domain != "" && x.domain != "":
		return m.domain == x.domain
	case m.provider != "" && x.provider != "" && m.provider != x.provider:
		return false
	case m.provider != "" && m.provider == x.provider:
		return true
	}
	common := 0
	for _, w := range x.words {
		if slices.Contains(m.words, w) {
			common++
		}
	}
	alike := slices.ContainsFunc(x.topics, func(topic string) bool { return slices.Contains(m.topics, topic) })
	return common >= sameWords || alike && common > 0
}

// join adds of whom and what an earlier question of the same matter speaks.
func (m *matter) join(x matter) {
	if m.domain == "" {
		m.domain = x.domain
	}
	if m.provider == "" {
		m.provider = x.provider
	}
}
