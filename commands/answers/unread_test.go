package answers

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
)

// TestWhyUnread says when an address may be asked again where that is why it was not read, and nowhere else.
func TestWhyUnread(t *testing.T) {
	until := time.Date(2026, 11, 27, 9, 30, 0, 0, time.UTC)
	for _, lang := range []language.Tag{language.English, language.Chinese} {
		for _, code := range []string{"address", "host", "status", "redirect", "large", "format", "soon", "private",
			"unknown"} {
			said := WhyUnread(lang, code, until)
			if said == "" || strings.Contains(said, "2026") != (code == "soon") || strings.ContainsAny(said, "{}<>") {
				t.Errorf("%s %s: %q", lang, code, said)
			}
		}
	}
}
