package commands

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// watched asks /mailwatch.
func (o *office) watched(text string, with ...func(*chat.Request)) chat.Reply {
	o.t.Helper()
	r := o.request(text, with...)
	r.Command = chat.Watch
	return o.handle(r)
}

// tick lets the time come that a reply asked for, as the queue does, and gives what is then posted and asked for.
func (o *office) tick(e chat.Event) (posted []chat.Message, next chat.Event) {
	o.t.Helper()
	if o.now.Before(e.Due) {
		o.now = e.Due
	}
	o.asks++
	r := chat.Request{ID: fmt.Sprint("t", o.asks), Team: "T1", Channel: e.Channel, Command: chat.Case, Event: &e,
		Internal: true, Lang: language.English}
	got := o.handle(r)
	for _, x := range got.Scheduled {
		next = x
	}
	return got.Outbox, next
}

// publish changes the lab's zones: "- " before a record takes it out.
func (o *office) publish(records ...string) {
	o.t.Helper()
	var changes []lab.Published
	for _, r := range records {
		rest, remove := strings.CutPrefix(r, "- ")
		f := strings.SplitN(rest, " ", 3)
		changes = append(changes, lab.Published{Name: f[0], Type: f[1], Value: f[2], Remove: remove})
	}
	undo, err := o.lab.Publish(changes)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = undo() })
}

// TestWatch: what breaks is told once, when two looks have shown it, in the channel that asked, and so is that it went
// away; a look that is repeated tells the same under the same name.
func TestWatch(t *testing.T) {
	o := openOffice(t)
	added := o.watched("add healthy.example daily")
	if len(added.Scheduled) != 1 || !strings.Contains(added.Title, "Watching healthy.example every day") {
		t.Fatalf("%s, %v", added.Title, added.Scheduled)
	}
	posts, next := o.tick(added.Scheduled[0])
	if len(posts) != 0 || !next.Due.After(o.now) {
		t.Fatalf("the first look told %v, the next is at %v", posts, next.Due)
	}
	spf := o.textOf("healthy.example", "v=spf1")
	o.publish("- healthy.example TXT " + spf)
	posts, again := o.tick(next)
	if len(posts) != 0 || again.Due.Sub(o.now) > 15*time.Minute {
		t.Fatalf("seen once it told %v, and is looked at again at %v", posts, again.Due)
	}
	posts, after := o.tick(again)
	if len(posts) != 1 || posts[0].Channel != "C1" || !strings.Contains(words(posts[0].Reply), "SPF") {
		t.Fatalf("%v", posts)
	}
	repeated, _ := o.tick(again)
	if len(repeated) != 1 || repeated[0].Key != posts[0].Key || words(repeated[0].Reply) != words(posts[0].Reply) {
		t.Errorf("repeated: %v", repeated)
	}
	if old, _ := o.tick(next); len(old) != 0 {
		t.Errorf("a look that is over told %v", old)
	}
	if got := words(o.watched("list")); !strings.Contains(got, "1 known problem") {
		t.Errorf("the list:\n%s", got)
	}
	if got := words(o.watched("why healthy.example")); !strings.Contains(got, "Seen first") {
		t.Errorf("why:\n%s", got)
	}
	o.publish("healthy.example TXT " + spf)
	posts, next = o.tick(after)
	if len(posts) != 0 {
		t.Errorf("seen mended once: %v", posts)
	}
	posts, next = o.tick(next)
	if len(posts) != 1 || posts[0].Reply.Tone != chat.Good || !strings.Contains(words(posts[0].Reply), "no longer found") {
		t.Errorf("mended: %v", posts)
	}
	if posts, _ = o.tick(next); len(posts) != 0 {
		t.Errorf("told again: %v", posts)
	}
	o.watched("remove healthy.example")
	if posts, next = o.tick(next); len(posts) != 0 || !next.Due.IsZero() {
		t.Errorf("removed it tells %v, next %v", posts, next)
	}
}

// textOf is the text of a record of the lab that begins with a text.
func (o *office) textOf(domain, begins string) string {
	o.t.Helper()
	texts, err := o.d.Net.NewSession(domain).Lookup(context.Background(), domain+".", 16)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, text := range texts.TXT() {
		if strings.HasPrefix(text, begins) {
			return text
		}
	}
	o.t.Fatalf("%s has no text that begins with %s", domain, begins)
	return ""
}

// TestWatchBaseline: a record that differs from what was pinned is named with the record that brings it back, as the
// gate lets it pass.
func TestWatchBaseline(t *testing.T) {
	o := openOffice(t)
	next := o.watched("add healthy.example").Scheduled[0]
	if got := o.watched("baseline healthy.example"); !strings.Contains(got.Title, "pinned") {
		t.Fatal(words(got))
	}
	_, next = o.tick(next)
	spf := o.textOf("healthy.example", "v=spf1")
	o.publish("- healthy.example TXT "+spf, "healthy.example TXT v=spf1 mx ip4:192.0.2.77 -all")
	_, next = o.tick(next)
	posts, next := o.tick(next)
	if len(posts) != 1 {
		t.Fatalf("%v", posts)
	}
	got := words(posts[0].Reply)
	for _, want := range []string{"differs from what is pinned", "healthy.example  TXT  " + spf, "ip4:192.0.2.77"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if got := o.watched("accept healthy.example"); !strings.Contains(got.Title, "follow: 1") {
		t.Errorf("accepted: %s", got.Title)
	}
	for range 3 {
		if posts, next = o.tick(next); len(posts) != 0 {
			t.Errorf("told of what was accepted: %v", words(posts[0].Reply))
		}
	}
}

// TestWatchWords: people write what they want as they like, and are told what is wrong with it.
func TestWatchWords(t *testing.T) {
	o := openOffice(t)
	chinese := func(r *chat.Request) { r.Lang = language.Chinese }
	free := func(r *chat.Request) { r.Command = "" }
	for _, x := range []struct {
		text, want string
		with       func(*chat.Request)
	}{
		{"", "0 domains watched", nil},
		{"add", "Which domain?", nil},
		{"add healthy.example, spf-none.example\nhealthy.example hourly nonsense", "Watching healthy.example, spf-none.example every hour", nil},
		{"add healthy.example weekly", "healthy.example every week", nil},
		{"add healthy.example weekly", "watched already", nil},
		{"监控healthy.example 每天", "今后每天查看 healthy.example", chinese},
		{"mute healthy.example", "nothing is told until 2026-11-30 10:00", nil},
		{"mute healthy.example 2h", "until 2026-11-23 12:00", nil},
		{"mute healthy.example for ever", "is no time", nil},
		{"mute healthy.example off", "told again", nil},
		{"mute elsewhere.example 7d", "is not watched for this channel", nil},
		{"expect healthy.example mx, DNS move until 20:00", "expected until 2026-11-23 20:00", nil},
		{"expect healthy.example until yesterday", "is no time", nil},
		{"预告 healthy.example spf 到 20:00", "2026-11-23 20:00", chinese},
		{"why healthy.example", "nothing has been told yet", nil},
		{"accept healthy.example", "Problems accepted: 0", nil},
		{"baseline", "Which domain?", nil},
		{"dance healthy.example", "not what to do with it", nil},
		{"remove healthy.example", "watched no longer", nil},
		{"until", "Which domain?", nil},
		{"until healthy.example", "No resolver to compare with", nil},
		{"healthy.example", "No resolver to compare with", nil},
		{"<http://healthy.example|healthy.example> daily", "Watching healthy.example", nil},
	} {
		with := func(*chat.Request) {}
		if x.with != nil {
			with = x.with
		}
		if got := words(o.watched(x.text, with)); !strings.Contains(got, x.want) {
			t.Errorf("%q: %q is missing in\n%s", x.text, x.want, got)
		}
	}
	r := o.request("please", free)
	r.Text = "watch ptr-none.example daily"
	if got := words(o.handle(r)); !strings.Contains(got, "Watching ptr-none.example") {
		t.Errorf("in words:\n%s", got)
	}
	other := func(r *chat.Request) { r.Channel = "C2" }
	if got := words(o.watched("list", other)); strings.Contains(got, "healthy.example") ||
		!strings.Contains(got, "for others") {
		t.Errorf("another channel:\n%s", got)
	}
}

// TestWatchFull: a workspace is told when it watches as many domains as it may, and which are left out.
func TestWatchFull(t *testing.T) {
	o := openOffice(t)
	for part := range 3 {
		var list []string
		for i := range 190 {
			list = append(list, fmt.Sprintf("host%d.example", part*190+i))
		}
		got := o.watched("add " + strings.Join(list, " "))
		full := strings.Contains(words(got), "may watch 500 domains")
		if full != (part == 2) {
			t.Errorf("part %d: %s", part, words(got))
		}
	}
	if all, err := o.d.Book.Watches(context.Background(), "T1"); err != nil || len(all) != 500 {
		t.Errorf("%d are watched, %v", len(all), err)
	}
	armed, err := o.d.Book.WatchEvents(context.Background(), "T1")
	if err != nil || len(armed) != 500 {
		t.Errorf("%d looks are armed, %v", len(armed), err)
	}
}

// TestWatchList: domains to be watched come as a list in a file as well; a file that names none watches nothing, not
// even the workspace's own.
func TestWatchList(t *testing.T) {
	o := openOffice(t)
	o.ask("domains=healthy.example", by(chat.Set))
	with := func(content string) func(*chat.Request) {
		return func(r *chat.Request) { r.Files = []chat.File{file("domains.csv", []byte(content))} }
	}
	got := words(o.watched("add weekly", with("domain,owner\r\n# ours\r\nspf-none.example,Ann\n\"dmarc-none.example\";Bob\nspf-none.example\n")))
	if !strings.Contains(got, "Watching spf-none.example, dmarc-none.example every week") {
		t.Errorf("%s", got)
	}
	if none := o.watched("add", with("nothing here")); none.Tone != chat.Caution || len(none.Scheduled) > 0 ||
		!strings.Contains(none.Title, "names no domain") {
		t.Errorf("%s", words(none))
	}
}
