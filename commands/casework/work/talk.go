package work

import (
	"context"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/kb"
)

// PriorityOf is how much it hurts, as a text says it.
func PriorityOf(s kb.Situation) cases.Priority {
	if s.Urgent {
		return cases.Urgent
	}
	return cases.Normal
}

// TalkedFor is how old a question may be that names no domain and still belongs to the case.
const TalkedFor = 30 * time.Minute

// SameWords is how many words a question without a domain must have in common with a case without one, so that it
// belongs to it.
const SameWords = 2

// Conversation is what was asked before about the same in the place where the case was opened: a person who takes over
// reads it in the timeline. A question that names no domain is about the one that was named before.
func Conversation(ctx context.Context, k *Work, domain, title string) []cases.Entry {
	if k.Req.Thread == "" && !k.Req.Direct {
		return nil // what somebody asked elsewhere in a channel need not belong to it
	}
	turns, err := k.Deps.Book.Conversation(ctx, answers.Where(k.Req))
	if err != nil {
		return nil
	}
	var out []cases.Entry
	topic, named := "", time.Time{}
	about := cases.Words(title)
	for _, t := range turns {
		command, said, _ := strings.Cut(strings.TrimPrefix(t.Said, "/"), " ")
		if d, ok := intent.DomainIn(said); ok {
			topic, named = d.Domain, t.At
		}
		belongs := domain != "" && topic == domain && t.At.Sub(named) <= TalkedFor
		if domain == "" {
			common := 0
			for _, w := range cases.Words(said) {
				if slices.Contains(about, w) {
					common++
				}
			}
			belongs = topic == "" && common >= SameWords && k.Now.Sub(t.At) <= TalkedFor
		}
		if !belongs || !slices.Contains([]string{chat.Help, chat.Ask, chat.Ticket, chat.Bounce}, command) {
			continue
		}
		answer, _, _ := strings.Cut(t.Answer, "\n")
		out = append(out, cases.Entry{At: t.At, Kind: "asked", By: t.User, Text: chat.Clip(t.Said+" → "+answer, 600)})
	}
	return out[max(0, len(out)-5):]
}
