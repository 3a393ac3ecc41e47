package commands

import (
	"os"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// TestWatchUntil: a change is followed from the domain's own servers into the caches in one message; when it is live
// everywhere that is posted once, and the domain's case hears it.
func TestWatchUntil(t *testing.T) {
	o := openOffice(t)
	o.compared()
	o.ask("open healthy.example mail bounces")
	o.ask("set MAIL-1 to waiting for DNS")
	got := o.watched("until healthy.example mx=mx9.healthy.example")
	if !strings.Contains(got.Title, "not yet at the domain's own servers") || len(got.Outbox) != 1 ||
		len(got.Scheduled) != 1 {
		t.Fatalf("%s\n%+v", words(got), got.Outbox)
	}
	message := got.Outbox[0]
	inside := func(kind chat.InsideKind) chat.Reply {
		return o.watched("", asked(chat.Inside{Kind: kind, Card: *message.Shows}),
			func(r *chat.Request) { r.Channel, r.Thread = "C1", "111.222" })
	}
	if at := inside(chat.ShowCard); at.Data == nil || at.Location != nil {
		t.Errorf("before it stands: %+v", at)
	}
	inside(chat.CardPosted)
	if at := inside(chat.ShowCard); at.Location == nil || at.Location.TS != "111.222" {
		t.Errorf("where it stands: %+v", at.Location)
	}
	posts, next := o.tick(got.Scheduled[0])
	if len(posts) != 1 || posts[0].Shows == nil || !next.Due.After(o.now) || next.Due.Sub(o.now) > time.Hour {
		t.Fatalf("%+v, next %v", posts, next.Due)
	}
	o.publish("healthy.example MX 30 mx9.healthy.example.")
	last := got.Scheduled[0]
	for range 20 {
		last = next
		if posts, next = o.tick(next); len(posts) > 1 {
			break
		}
	}
	if len(posts) != 4 || !strings.Contains(posts[1].Reply.Title, "live everywhere") ||
		posts[2].Shows == nil || !underCase(posts[3], 1) || !strings.Contains(words(posts[3].Reply), "waiting for us") {
		t.Fatalf("%+v", posts)
	}
	again, _ := o.tick(last)
	if len(again) != 4 || again[1].Key != posts[1].Key || again[3].Key != posts[3].Key {
		t.Errorf("repeated: %+v", again)
	}
	c, err := o.d.Book.Case(t.Context(), "T1", 1)
	timeline, err2 := o.d.Book.Timeline(t.Context(), "T1", 1, "", 20)
	told := 0
	for _, e := range timeline {
		if e.Kind == "live" {
			told++
		}
	}
	if err != nil || err2 != nil || c.State != cases.WaitingUs || told != 1 {
		t.Errorf("the case is %s, and its timeline tells it %d times: %v, %v", c.State, told, err, err2)
	}
	if review := words(o.ask("review MAIL-1")); !strings.Contains(review, "healthy.example is live everywhere, 3 of 3") {
		t.Errorf("the review:\n%s", review)
	}
	if got := o.watched("until healthy.example"); !strings.Contains(got.Title, "live everywhere") || len(got.Outbox) > 0 {
		t.Errorf("what is live already: %s", words(got))
	}
	o.ask("set MAIL-1 to waiting for DNS")
	if got := o.watched("until healthy.example"); len(got.Outbox) != 2 || !underCase(got.Outbox[1], 1) {
		t.Errorf("what is live already, and a case waits for it: %+v", got.Outbox)
	}
}

// TestTellMeWhenLive: what a diagnosis, a case and its recheck recommend is followed by a button until every change of
// it is live, the removal of what was there too.
func TestTellMeWhenLive(t *testing.T) {
	o := openOffice(t)
	o.compared()
	until := func(where string, actions []chat.Action) string {
		t.Helper()
		for _, a := range actions {
			if a.ID == "until" && a.Command == chat.Watch && strings.HasPrefix(a.Text, "until ") {
				return a.Text
			}
		}
		t.Errorf("%s has no such button: %+v", where, actions)
		return ""
	}
	for _, domain := range []string{"spf-none.example", "spf-quoted.example", "dkim-entered-whole.example"} {
		r := o.request(domain)
		r.Command = chat.Check
		checked := o.handle(r)
		pressed := until("the diagnosis of "+domain, checked.Actions)
		opened := o.ask("open " + domain + " mail bounces")
		same := map[string]string{"the case's diagnosis": "", "the card": until("the card", opened.Actions),
			"the recheck": until("the recheck", o.ask("recheck "+opened.Data.(map[string]any)["case"].(string)).Actions)}
		for _, m := range opened.Outbox {
			if strings.HasPrefix(m.Key, "diagnosis:") {
				same["the case's diagnosis"] = until("the case's diagnosis", m.Reply.Actions)
			}
		}
		for where, text := range same {
			if text != pressed {
				t.Errorf("%s: %q, and the diagnosis %q", where, text, pressed)
			}
		}
		got := o.watched(pressed)
		if !strings.Contains(got.Title, "not yet at the domain's own servers") || !strings.Contains(words(got), "☐") ||
			len(got.Scheduled) != 1 {
			t.Fatalf("%s: %s", domain, words(got))
		}
		var last []chat.Message
		next := got.Scheduled[0]
		for _, f := range checked.Data.(*diag.Report).Findings() {
			for _, rec := range f.Records {
				if f.Severity >= diag.Warning {
					o.publishOnce(rec)
				}
			}
		}
		for range 30 {
			if last, next = o.tick(next); len(last) > 1 {
				break
			}
		}
		if len(last) < 2 || !strings.Contains(last[1].Reply.Title, "live everywhere") ||
			strings.Contains(words(last[1].Reply), "☐") {
			t.Fatalf("%s: %+v", domain, last)
		}
	}
	for _, bad := range []string{"is=nonsense", "is=ns:abc", "gone=", "mxx=a.example"} {
		if got := o.watched("until healthy.example " + bad); got.Tone != chat.Caution || len(got.Scheduled) > 0 {
			t.Errorf("%s: %s", bad, words(got))
		}
	}
	r := o.request("healthy.example")
	r.Command = chat.Check
	for _, a := range o.handle(r).Actions {
		if a.ID == "until" {
			t.Errorf("nothing is recommended, and there is %+v", a)
		}
	}
}

// TestWatchedAsSpokenOf: a sentence that names no domain means the one that is spoken of in its thread.
func TestWatchedAsSpokenOf(t *testing.T) {
	o := openOffice(t)
	o.compared()
	in := func(thread string) func(*chat.Request) { return func(r *chat.Request) { r.Thread = thread } }
	for thread, domain := range map[string]string{"1.1": "spf-none.example", "2.2": "dkim-missing.example"} {
		r := o.request(domain, in(thread))
		r.Command = chat.Check
		o.handle(r)
	}
	for _, said := range []string{"生效了告诉我", "tell me when it is live, please", "keep an eye on it", "帮我盯着它吧"} {
		command, rest := intent.FromWords(said, false)
		if command != chat.Watch {
			t.Errorf("%s: %s", said, command)
			continue
		}
		for thread, domain := range map[string]string{"1.1": "spf-none.example", "2.2": "dkim-missing.example"} {
			if got := words(o.watched(rest, in(thread))); !strings.Contains(got, domain) {
				t.Errorf("%s in the thread of %s:\n%s", said, domain, got)
			}
		}
		if got := o.watched(rest, in("3.3")); got.Tone != chat.Caution || len(got.Scheduled) > 0 {
			t.Errorf("%s where nothing was spoken of: %s", said, words(got))
		}
	}
	if got := o.watched("until healthy.example changed=mx"); !strings.Contains(got.Title, "not yet") ||
		!strings.Contains(words(got), "☐ MX healthy.example: others than there were") {
		t.Errorf("%s", words(got))
	}
}

// compared lets diagnoses ask the lab's resolvers.
func (o *office) compared() {
	for _, a := range o.lab.Resolvers() {
		o.d.Resolvers = append(o.d.Resolvers, diag.Recursive{ID: a.Addr().String(), Region: "lab", Address: a})
	}
}

// publishOnce makes one change of those that were recommended.
func (o *office) publishOnce(rec diag.Record) {
	change := []lab.Published{{Name: rec.Name, Type: rec.Type, Value: rec.Value, Remove: rec.Remove}}
	if undo, err := o.lab.Publish(change); err == nil {
		o.t.Cleanup(func() { _ = undo() })
	}
}

// TestWatchedInSight: a channel's weekly digest and a person's own page tell how the watched domains stand, and those
// of others stand on neither.
func TestWatchedInSight(t *testing.T) {
	o := openOffice(t)
	o.tick(o.watched("add healthy.example").Scheduled[0])
	o.watched("add spf-none.example", func(r *chat.Request) { r.Channel, r.User = "C2", "U2" })
	r := o.request("digest=weekly")
	r.Command = chat.Set
	next := o.handle(r).Scheduled
	if len(next) == 0 {
		t.Fatal("no digest is to come")
	}
	posts, _ := o.tick(next[0])
	if len(posts) != 1 {
		t.Fatalf("%+v", posts)
	}
	for where, got := range map[string]string{"the digest": words(posts[0].Reply),
		"the page": words(o.ask("", asked(chat.Inside{Kind: chat.HomePage})))} {
		if !strings.Contains(got, "healthy.example") || strings.Contains(got, "spf-none.example") {
			t.Errorf("%s:\n%s", where, got)
		}
	}
}

// TestDigestTrend: a weekly digest tells how the watched domains stood on the days before, in words and to be drawn;
// where they are watched since today it says nothing of a trend.
func TestDigestTrend(t *testing.T) {
	o := openOffice(t)
	next := o.watched("add healthy.example daily").Scheduled[0]
	r := o.request("digest=weekly")
	r.Command = chat.Set
	due := o.handle(r).Scheduled[0]
	_, next = o.tick(next)
	early := due
	early.Due = o.now
	if posts, _ := o.tick(early); len(posts) != 1 || len(posts[0].Reply.Pictures) > 0 ||
		strings.Contains(words(posts[0].Reply), "Trend") {
		t.Fatalf("on the first day: %+v", posts)
	}
	spf := o.textOf("healthy.example", "v=spf1")
	for next.Due.Before(due.Due) {
		switch {
		case o.now.Day() == 25 && spf != "":
			o.publish("- healthy.example TXT " + spf)
			spf = ""
		case o.now.Day() == 27 && spf == "":
			spf = "v=spf1 mx -all"
			o.publish("healthy.example TXT " + spf)
		}
		_, next = o.tick(next)
	}
	for lang, want := range map[string]string{"en": "Trend: on 2026-11-30 1 of 1 watched domain without a known problem, " +
		"on 2026-11-23 1 of 1; most with problems: 1 on 2026-11-26", "zh": "问题最多的一天是 2026-11-26：1 个"} {
		r := o.request("digest=weekly language=" + lang)
		r.Command = chat.Set
		o.handle(r)
		posts, _ := o.tick(due)
		if len(posts) != 1 || len(posts[0].Reply.Pictures) != 1 || !strings.Contains(words(posts[0].Reply), want) {
			t.Fatalf("%+v", posts)
		}
		p := posts[0].Reply.Pictures[0]
		if len(p.Labels) != 8 || p.Labels[3] != "2026-11-26" || p.Series[2].Values[3] != 1 || p.Series[0].Values[3] != 0 ||
			p.Series[0].Values[7] != 1 || !strings.Contains(p.Alt, want) {
			t.Errorf("drawn: %+v", p)
		}
	}
}

// TestWatchUntilAbove: a move to other name servers and the end of a DS are followed at the servers of the zone above,
// from there into the caches.
func TestWatchUntilAbove(t *testing.T) {
	o := openOffice(t)
	o.compared()
	text, err := os.ReadFile("../diag/lab/zones/dnssec-moved.example.zone")
	if err != nil {
		t.Fatal(err)
	}
	unsigned := strings.ReplaceAll(string(text), ";! signed: no-keys\n", "")
	for _, x := range []struct {
		asked, title, record string
		change               func() error
	}{
		{"healthy.example ns=ns9.healthy.example", "not yet at the servers of the zone above",
			"NS healthy.example: ns9.healthy.example", func() error {
				_, err := o.lab.Publish([]lab.Published{{Name: "healthy.example", Type: "NS", Value: "ns9.healthy.example."},
					{Name: "ns9.healthy.example", Type: "A", Value: "192.0.2.21"}})
				return err
			}},
		{"dnssec-moved.example ds=none txt=moved", "not yet at the domain's own servers and those of the zone above",
			"DS dnssec-moved.example: none any more", func() error {
				if err := o.lab.Change("dnssec-moved.example", unsigned); err != nil {
					return err
				}
				_, err := o.lab.Publish([]lab.Published{{Name: "dnssec-moved.example", Type: "TXT", Value: "moved"}})
				return err
			}},
	} {
		got := o.watched("until " + x.asked)
		if !strings.Contains(got.Title, x.title) || !strings.Contains(words(got), "☐ "+x.record) || len(got.Scheduled) != 1 {
			t.Fatalf("%s: %s", x.asked, words(got))
		}
		if err := x.change(); err != nil {
			t.Fatal(err)
		}
		next := got.Scheduled[0]
		var posts []chat.Message
		for range 20 {
			if posts, next = o.tick(next); len(posts) > 1 {
				break
			}
		}
		if len(posts) < 2 || !strings.Contains(posts[1].Reply.Title, "live everywhere") ||
			!strings.Contains(words(posts[1].Reply), "☑ "+x.record) {
			t.Errorf("%s: %+v", x.asked, posts)
		}
	}
	if got := o.watched("until healthy.example ds=none"); !strings.Contains(got.Title, "live everywhere") {
		t.Errorf("%s", words(got))
	}
	if got := words(o.watched("until healthy.example changed=ns", func(r *chat.Request) { r.Lang = language.Chinese })); !strings.Contains(got, "上级区域的服务器上还没有") {
		t.Errorf("%s", got)
	}
	for said, want := range map[string]string{"tell me when the name servers of example.com have changed": "changed=ns",
		"example.com 的 NS 记录改好了告诉我": "changed=ns", "let me know when the DS has changed": "changed=ds"} {
		if command, rest := intent.FromWords(said, false); command != chat.Watch || !strings.Contains(rest, want) {
			t.Errorf("%s: %s %s", said, command, rest)
		}
	}
}
