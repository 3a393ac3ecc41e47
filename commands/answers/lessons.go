package answers

import (
	"slices"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/kb"

	"golang.org/x/text/language"
)

// Sees reports whether the asker may see a case: one that is restricted, in its channel alone, and by those who work on it.
func Sees(r chat.Request, c *cases.Case) bool {
	return !c.Restricted || r.Channel == c.Channel || r.Internal && r.User == "" || slices.Contains([]string{c.By, c.Assignee}, r.User)
}

// CaseTitle is what a case is called in a language: a finding that it was named after is told as the catalogue has it.
func CaseTitle(b *kb.Base, lang language.Tag, c *cases.Case) string {
	if f, ok := c.First.Finding(c.TitleOf); ok && c.TitleOf != "" {
		return chat.Clip(b.Title(lang, f), cases.MaxTitle-1)
	}
	return c.Title
}
