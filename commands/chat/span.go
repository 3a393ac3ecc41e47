package chat

import (
	"time"

	"golang.org/x/text/language"
)

// Span is a length of time for people: its two largest parts.
func Span(lang language.Tag, d time.Duration) string {
	d = max(d, 0).Round(time.Second)
	args := map[string]any{"days": int(d / (24 * time.Hour)), "hours": int(d/time.Hour) % 24,
		"minutes": int(d/time.Minute) % 60, "seconds": int(d/time.Second) % 60}
	switch {
	case d >= 24*time.Hour:
		return Text(lang, "span.days", args)
	case d >= time.Hour:
		return Text(lang, "span.hours", args)
	case d >= time.Minute:
		return Text(lang, "span.minutes", args)
	}
	return Text(lang, "span.seconds", args)
}
