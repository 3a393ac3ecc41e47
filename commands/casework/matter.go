package casework

import (
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// thisMatter is the part of a conversation that belongs to its last question: what names the same domain or provider,
// or speaks of the same thing, without a long pause. What was asked before about something else is nobody's business
// who takes over.
func thisMatter(d answers.Deps, r chat.Request, turns []cases.Turn) []cases.Turn {
	if len(turns) == 0 {
		return nil
	}
	last := turns[len(turns)-1]
	m := matterOf(d, r, last)
	at, out := last.At, []cases.Turn{last}
	for _, t := range slices.Backward(turns[:len(turns)-1]) {
		if at.Sub(t.At) > work.TalkedFor {
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

func matterOf(d answers.Deps, r chat.Request, t cases.Turn) matter {
	_, said, _ := strings.Cut(strings.TrimPrefix(t.Said, "/"), " ")
	if !strings.HasPrefix(t.Said, "/") {
		said = t.Said
	}
	s := d.KB.Understand(said, r.Lang)
	m := matter{provider: s.Provider, topics: s.Topics, words: cases.Words(said)}
	if x, ok := intent.DomainIn(said); ok {
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
	return common >= work.SameWords || alike && common > 0
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
