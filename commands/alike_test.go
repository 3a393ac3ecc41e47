package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"
)

// watchAll watches domains, and lets the first looks pass.
func (o *office) watchAll(domains ...string) (later []chat.Event) {
	o.t.Helper()
	posts, later := o.follow(5*time.Minute, o.watched("add "+strings.Join(domains, " ")+" daily").Scheduled)
	if len(posts) != 0 {
		o.t.Fatalf("the first looks told %v", posts)
	}
	return later
}

// TestThemOrUs: what several domains of one provider show in the same span is told in one post, which says what that
// points at; what one shows alone is told as its own.
func TestThemOrUs(t *testing.T) {
	const second = "v=spf1 +all"
	for name, x := range map[string]struct {
		broken []string
		want   string
	}{
		"of one provider": {[]string{"healthy-alimail.example", "mx-incomplete.example"},
			"2 of 2 watched domains with Alibaba"},
		"everywhere": {[]string{"healthy-alimail.example", "mx-incomplete.example", "healthy.example"},
			"Domains with other providers show it too (healthy.example)"},
		"one": {[]string{"healthy-alimail.example"}, "healthy-alimail.example: new:"},
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t)
			later := o.watchAll("healthy-alimail.example", "mx-incomplete.example", "healthy.example")
			for _, d := range x.broken {
				o.publish(d + " TXT " + second)
			}
			posts, later := o.follow(26*time.Hour, later)
			var told []string
			for _, m := range posts {
				if text := words(m.Reply); strings.Contains(text, "SPF") {
					told = append(told, text)
				}
			}
			most := 1
			if name == "everywhere" { // that of the other provider is told for itself
				most = 2
			}
			if len(told) > most || !strings.Contains(strings.Join(told, "\n"), x.want) {
				t.Errorf("%d posts, and %q:\n%s", len(told), x.want, strings.Join(told, "\n\n"))
			}
			for _, d := range x.broken {
				o.publish("- " + d + " TXT " + second)
			}
			posts, _ = o.follow(26*time.Hour, later)
			if len(posts) == 0 {
				t.Error("that they are mended is not told")
			}
		})
	}
}
