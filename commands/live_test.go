package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
)

// TestWatchUntil: a change is followed from the domain's own servers into the caches in one message; when it is live
// everywhere that is posted once, and the domain's case hears it.
func TestWatchUntil(t *testing.T) {
	o := openOffice(t)
	for _, a := range o.lab.Resolvers() {
		o.d.Resolvers = append(o.d.Resolvers, diag.Recursive{ID: a.Addr().String(), Region: "lab", Address: a})
	}
	o.ask("open healthy.example mail bounces")
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
	if len(posts) != 3 || !strings.Contains(posts[1].Reply.Title, "live everywhere") ||
		!underCase(posts[2], 1) {
		t.Fatalf("%+v", posts)
	}
	again, _ := o.tick(last)
	if len(again) != 3 || again[1].Key != posts[1].Key {
		t.Errorf("repeated: %+v", again)
	}
	if got := o.watched("until healthy.example"); !strings.Contains(got.Title, "live everywhere") || len(got.Outbox) > 0 {
		t.Errorf("what is live already: %s", words(got))
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
