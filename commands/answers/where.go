package answers

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/kb"

	"golang.org/x/text/language"
)

// Where is the place of a conversation: what was asked there is remembered together.
func Where(r chat.Request) cases.Where {
	return cases.Where{Team: r.Team, Channel: r.Channel, Thread: r.Thread, User: r.User}
}

// experienced is how long the team's own contacts with a provider waited for their first answer, by kind of channel.
func experienced(ctx context.Context, d Deps, r chat.Request, provider string) map[string]string {
	if d.Book == nil {
		return nil
	}
	stats, err := d.Book.Stats(ctx, r.Team, "answer:"+provider+":")
	if err != nil {
		slog.Warn("experience is not known", "request_id", r.ID, "error", err)
		return nil
	}
	out := map[string]string{}
	for _, x := range stats {
		kind := strings.TrimPrefix(x.What, "answer:"+provider+":")
		out[kind] = chat.Text(r.Lang, "case.experience",
			map[string]any{"median": chat.Span(r.Lang, x.Median), "count": x.Count})
	}
	return out
}

func personAction(lang language.Tag) chat.Action {
	return chat.Action{ID: "person", Label: chat.Text(lang, "ask.person", nil), Command: chat.Handover,
		Confirm: chat.Text(lang, "handover.confirm", nil)}
}

// SharedLanguage is the language of what everybody in the channel reads: as the channel has chosen, otherwise the
// asker's.
func SharedLanguage(ctx context.Context, d Deps, r chat.Request) language.Tag {
	if d.Book == nil {
		return r.Lang
	}
	s, err := d.Book.Channel(ctx, r.Team, r.Channel)
	if err != nil {
		slog.Warn("the channel's language is not known", "request_id", r.ID, "error", err)
	}
	if s.Language == "" {
		return r.Lang
	}
	return chat.Match(language.Make(s.Language))
}

// Sees reports whether the asker may see a case: one that is restricted, in its channel alone, and by those who work on
// it.
func Sees(r chat.Request, c *cases.Case) bool {
	return !c.Restricted || r.Channel == c.Channel || r.Internal && r.User == "" ||
		slices.Contains([]string{c.By, c.Assignee}, r.User)
}

// CaseTitle is what a case is called in a language: a finding that it was named after is told as the catalogue has it.
func CaseTitle(b *kb.Base, lang language.Tag, c *cases.Case) string {
	if f, ok := c.First.Finding(c.TitleOf); ok && c.TitleOf != "" {
		return chat.Clip(b.Title(lang, f), cases.MaxTitle-1)
	}
	return c.Title
}
