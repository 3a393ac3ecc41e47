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
			posts, later = o.follow(26*time.Hour, later)
			var over []string
			for _, m := range posts {
				over = append(over, words(m.Reply))
			}
			mended := map[string]string{"of one provider": "2 watched domains with Alibaba",
				"everywhere": "2 watched domains with Alibaba",
				"one":        "healthy-alimail.example: no longer found"}[name]
			if all := strings.Join(over, "\n\n"); len(over) != len(told) || !strings.Contains(all, mended) {
				t.Errorf("that they are mended is told in %d posts, and %q:\n%s", len(over), mended, all)
			}
			if posts, _ = o.follow(26*time.Hour, later); len(posts) > 0 {
				t.Errorf("told again: %v", posts)
			}
		})
	}
}

// TestMendedOneByOne: of domains that failed together those that are mended together are told in one post, which says
// who is not; whoever is mended later is told for itself, and who fails again is news again.
func TestMendedOneByOne(t *testing.T) {
	const second = "v=spf1 +all"
	o := openOffice(t)
	domains := []string{"healthy-alimail.example", "mx-incomplete.example", "dkim-missing.example"}
	later := o.watchAll(domains...)
	for _, d := range domains {
		o.publish(d + " TXT " + second)
	}
	spf := func(posts []chat.Message) (out []string) {
		for _, m := range posts {
			if text := words(m.Reply); strings.Contains(text, "SPF") {
				out = append(out, text)
			}
		}
		return out
	}
	posts, later := o.follow(26*time.Hour, later)
	if told := spf(posts); len(told) != 1 || !strings.Contains(told[0], "3 of 3 watched domains") {
		t.Fatalf("%d posts:\n%s", len(told), strings.Join(told, "\n\n"))
	}
	for _, step := range []struct{ change, of, want, not string }{
		{"- ", "healthy-alimail.example mx-incomplete.example", "Not seen mended yet: dkim-missing.example", ""},
		{"- ", "dkim-missing.example", "dkim-missing.example: no longer found", "watched domains"},
		{"", "mx-incomplete.example", "mx-incomplete.example: new:", "watched domains"},
	} {
		for _, d := range strings.Fields(step.of) {
			o.publish(step.change + d + " TXT " + second)
		}
		posts, later = o.follow(4*24*time.Hour, later)
		told := spf(posts)
		if all := strings.Join(told, "\n\n"); len(told) != 1 || !strings.Contains(all, step.want) ||
			step.not != "" && strings.Contains(all, step.not) {
			t.Errorf("%s%s: %d posts, want %q:\n%s", step.change, step.of, len(told), step.want, all)
		}
	}
}
