package work

import (
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
)

// BeganAt is since when there is the trouble, as records have it: a time where the words name one, otherwise the words.
func BeganAt(k *Work, said string) string {
	if said == "" {
		return ""
	}
	if at, _, err := datetime.Past(said, k.Now, k.Req.Zone); err == nil {
		return at.Format(time.RFC3339)
	}
	return k.Clean(chat.Clip(said, 60))
}

// Began is since when there is the trouble, for people.
func (k *Work) Began(c *cases.Case) string {
	if at, err := time.Parse(time.RFC3339, c.Began); err == nil {
		return k.Clock(at)
	}
	return c.Began
}
