package commands

import (
	"fmt"
	"strings"
	"testing"

	"signpost/commands/chat"
	"signpost/feeds"
	"signpost/watch"

	"golang.org/x/text/language"
)

// TestLongLists: no list of what is watched, followed, reported or waited for has more than ten lines before "more",
// and nothing is lost behind it; who types "more" is told all of it.
func TestLongLists(t *testing.T) {
	o := openOffice(t)
	const many = 23
	for i := range many {
		w := watch.New(fmt.Sprintf("d%02d.example", i), "C1", "U1", watch.Daily, o.now)
		s := feeds.NewSource(fmt.Sprintf("https://d%02d.example/feed", i), o.now)
		s.Subscribe(feeds.Subscriber{Channel: "C1", By: "U1"})
		if err := o.d.Book.SetWatch(t.Context(), "T1", w); err != nil {
			t.Fatal(err)
		}
		if err := o.d.Book.SetSource(t.Context(), "T1", s); err != nil {
			t.Fatal(err)
		}
	}
	var details []string
	for i := range many {
		details = append(details, fmt.Sprintf(`{"result-type":"validation-failure","receiving-mx-hostname":"d%02d.example",`+
			`"failed-session-count":%d}`, i, 100-i))
	}
	tls := fmt.Appendf(nil, `{"organization-name":"r.example","date-range":{"start-datetime":"2026-11-20T00:00:00Z",`+
		`"end-datetime":"2026-11-20T23:59:59Z"},"report-id":"1","policies":[{"policy":{"policy-type":"sts","policy-domain":`+
		`"a.example"},"summary":{"total-successful-session-count":1,"total-failure-session-count":2000},"failure-details":[%s]}]}`,
		strings.Join(details, ","))
	longest := func(sections []chat.Section) (n int) {
		for _, s := range sections {
			n = max(n, len(s.Items), len(s.Fields), len(s.Entries))
			if s.Table != nil {
				n = max(n, len(s.Table.Rows))
			}
		}
		return n
	}
	for _, x := range []struct {
		command, text string
		files         []chat.File
	}{
		{chat.Watch, "list", nil}, {chat.Watch, "feeds", nil}, {chat.Report, "", []chat.File{file("tls.json", tls)}},
		{chat.Report, "a.example 30d", nil},
	} {
		for _, lang := range []language.Tag{language.English, language.Chinese} {
			r := o.request(x.text, func(r *chat.Request) { r.Lang = lang })
			r.Command, r.Files = x.command, x.files
			got := o.handle(r)
			if longest(got.Sections) != chat.MaxLines || got.Detail == nil {
				t.Fatalf("/%s %s: %d lines\n%s", x.command, x.text, longest(got.Sections), words(got))
			}
			all := words(got) + words(chat.Reply{Sections: got.Detail.Sections})
			for i := range many {
				if n := strings.Count(all, fmt.Sprintf("d%02d.example", i)); n != 1 {
					t.Errorf("/%s %s: domain %d stands there %d times", x.command, x.text, i, n)
				}
			}
			var button chat.Action
			for _, a := range got.Actions {
				if a.Detail {
					button = a
				}
			}
			again := []chat.Request{o.request(button.Text), o.request("more", func(r *chat.Request) { r.Lang = lang })}
			again[0].Command, again[1].Command = button.Command, ""
			if x.files != nil {
				again = nil // what was sent is not sent again
			}
			for _, r := range again {
				whole := words(o.handle(r))
				if strings.Count(whole, "d22.example") != 1 || strings.Count(whole, "d00.example") != 1 {
					t.Errorf("/%s %s, then %q: %s", x.command, x.text, r.Text, whole)
				}
			}
		}
	}
}
