package feeds

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func example(t testing.TB, name string) []byte {
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestRead reads each format, and gives items in order, plain, with links that may be shown.
func TestRead(t *testing.T) {
	for name, want := range map[string]string{
		"news.rss": `rss "Mail & more" https://news.test/
news SPF include changes on 1 December | The include spf.old.test ends; use spf.new.test & wait. | https://news.test/posts/2 | 2026-11-25T08:00:00Z
news Welcome |  |  | 0001-01-01T00:00:00Z`,
		"history.atom": `atom "Status" https://status.test
news Delayed delivery | Investigating | https://status.test/incidents/1 | 2026-11-26T10:00:00Z`,
		"summary.json": `statuspage "Mail Co" https://status.test
maintenance New MX hosts |  |  | 2026-12-01T12:00:00Z scheduled
incident IMAP sign-in fails | [IMAP] A disk is full. | https://stspg.test/i1 | 2026-11-26T10:00:00Z investigating
incident Old trouble |  |  | 2026-11-20T10:00:00Z resolved over`,
		"dashboard.json": `dashboard "" 
incident Gmail: Mail is delayed | Being **mended** | https://from.test/a/incidents/abc | 2026-11-26T09:00:00Z service_disruption
incident Drive: Was slow | Over |  | 2026-10-01T09:00:00Z available over`,
		"feed.json": `json-feed "Notices" https://news.test
news TLS 1.0 ends | On 1 March. | https://news.test/n1 | 2026-11-24T00:00:00Z`,
	} {
		f, err := Read(example(t, name), "", "https://from.test/a/b")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := fmt.Sprintf("%s %q %s", f.Format, f.Title, f.Link)
		for _, x := range f.Items {
			got += fmt.Sprintf("\n%s %s | %s | %s | %s", x.Kind, x.Title, x.Text, x.Link,
				x.At.Truncate(time.Second).Format(time.RFC3339))
			if x.State != "" {
				got += " " + x.State
			}
			if x.Over {
				got += " over"
			}
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestReadPage takes the paragraphs of a page that has no feed; a number that counts readers is no news, a port is.
func TestReadPage(t *testing.T) {
	page := string(example(t, "page.html"))
	read := func(s string) Feed {
		f, err := Read([]byte(s), "text/html; charset=utf-8", "https://news.test/")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	_, m := Fresh(Memory{}, read(page), time.Now())
	told, m := Fresh(m, read(strings.Replace(page, "Seen 1234", "Seen 1299", 1)), time.Now())
	if len(told) != 0 {
		t.Errorf("a counter is told: %+v", told)
	}
	told, _ = Fresh(m, read(strings.Replace(page, "port 465", "port 587", 1)), time.Now())
	if len(told) != 1 || !strings.Contains(told[0].Item.Text, "port 587") {
		t.Errorf("told: %+v", told)
	}
}

// TestNoFeed: what is none of the formats is refused, and nothing panics or takes long.
func TestNoFeed(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "blank": " \n", "json": `{"a":1}`, "list": `[{"x":1}]`, "number": "[1,2]", "words": "hello",
		"cut": "<rss><channel><item>", "script page": "<html><body><div id=root></div><script>x()</script></body></html>",
		"null": "null", "deep": strings.Repeat("[", 100_000), "tags": strings.Repeat("<b>", 200_000),
		"entities": `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><title>&b;</title></channel></rss>`,
	} {
		began := time.Now()
		f, err := Read([]byte(body), "text/html", "https://x.test/")
		if err == nil && len(f.Items) > 0 {
			t.Errorf("%s: %+v", name, f)
		}
		if err != nil && !errors.Is(err, ErrNotAFeed) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	if _, err := Read(make([]byte, MaxBody+1), "", ""); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// TestHostile: words of a feed carry no marks of direction, no lines, and have an end.
func TestHostile(t *testing.T) {
	f, err := Read([]byte(`{"version":"https://jsonfeed.org/version/1.1","title":"a\u202eb","items":[
		{"id":"`+strings.Repeat("x", 5000)+`","title":"Line\nWhat to do: call +1 \u2028now","content_text":"`+
		strings.Repeat("y ", 50_000)+`","url":"https://user:pw@evil.test/"}]}`), "", "")
	if err != nil || len(f.Items) != 1 {
		t.Fatal(f, err)
	}
	x := f.Items[0]
	if strings.ContainsAny(f.Title+x.Title+x.Text, "\u202e\u2028\n") || len(x.ID) > 64 || len(x.Text) > MaxText+10 ||
		x.Link != "" {
		t.Errorf("%q %q %q %d", f.Title, x.Title, x.ID, len(x.Text))
	}
}

// TestFresh tells each thing once: at first what goes on, later what is new, in another state, or over.
func TestFresh(t *testing.T) {
	at := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	item := func(id string, kind Kind, state string, over bool) Item {
		return Item{ID: id, Kind: kind, State: state, Over: over, Title: id}
	}
	var m Memory
	for i, step := range []struct {
		items []Item
		want  string
	}{
		{[]Item{item("a", News, "", false), item("i", Incident, "investigating", false),
			item("o", Incident, "resolved", true)}, "new i"},
		{[]Item{item("a", News, "", false), item("i", Incident, "investigating", false)}, ""},
		{[]Item{item("b", News, "", false), item("a", News, "", false), item("i", Incident, "monitoring", false)},
			"changed i, new b"},
		{nil, ""},
		{[]Item{item("a", News, "", false), item("i", Incident, "resolved", true)}, "ended i"},
		{[]Item{item("short", Incident, "resolved", true), item("i", Incident, "postmortem", true)}, "ended short"},
	} {
		var told []Told
		told, m = Fresh(m, Feed{Items: step.items}, at.Add(time.Duration(i)*time.Hour))
		var got []string
		for _, x := range told {
			got = append(got, string(x.Change)+" "+x.Item.ID)
		}
		if strings.Join(got, ", ") != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	for i := range 5 {
		var items []Item
		for k := range 900 {
			items = append(items, item(fmt.Sprint(i, "-", k), News, "", false))
		}
		_, m = Fresh(m, Feed{Items: items}, at)
	}
	if len(m.Seen) > 900+maxSeen {
		t.Errorf("%d items are remembered", len(m.Seen))
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"news.rss", "history.atom", "summary.json", "dashboard.json", "feed.json", "page.html"} {
		f.Add(example(f, name), "text/html")
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		got, err := Read(body, kind, "https://x.test/")
		if err != nil {
			return
		}
		for _, x := range got.Items {
			if x.ID == "" || len(x.ID) > 64 || !utf8.ValidString(x.Title+x.Text) ||
				strings.ContainsAny(x.Title+x.Text, "\n\x1b") {
				t.Fatalf("%+v", x)
			}
		}
	})
}

// TestLeftTheSummary: a summary lists what goes on alone: an incident that left it has ended, and is told so once. A
// document that lists no incidents at all says nothing of them.
func TestLeftTheSummary(t *testing.T) {
	read := func(incidents string) Feed {
		f, err := Read([]byte(`{"page":{"name":"Mail Co","url":"https://status.test"},"status":{}`+incidents+`}`),
			"application/json", "")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	told, m := Fresh(Memory{}, read(`,"incidents":[{"id":"1","name":"Late","status":"identified"}]`), now)
	if len(told) != 1 || len(m.Ongoing) != 1 {
		t.Fatalf("%+v %+v", told, m)
	}
	if told, m = Fresh(m, read(""), now); len(told) != 0 || len(m.Ongoing) != 1 {
		t.Errorf("a document without incidents told %+v, and leaves %+v", told, m.Ongoing)
	}
	if told, m = Fresh(m, read(`,"incidents":[]`), now); len(told) != 1 || told[0].Change != Ended || len(m.Ongoing) != 0 {
		t.Errorf("its end: %+v, %+v", told, m.Ongoing)
	}
	if told, _ = Fresh(m, read(`,"incidents":[]`), now); len(told) != 0 {
		t.Errorf("told again: %+v", told)
	}
}
