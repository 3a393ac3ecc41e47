package commands

import (
	"context"
	"fmt"
	"testing"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/feeds"
	"signpost/internal/redistest"
	"signpost/watch"
)

// announcing is a workspace that follows the lab's status page, on which an incident has just begun: for one channel
// that asked, one that watches a domain of the provider, and an open case.
func (o *office) announcing(team string) chat.Event {
	o.t.Helper()
	ctx := o.t.Context()
	w := watch.New(ofProvider, "C1", "U1", watch.Daily, o.now)
	w.Looked, w.Providers = o.now, []diag.ProviderSeen{{ID: "alimail", Role: "mailbox", By: "mx"}}
	s := feeds.NewSource(statusPage, o.now)
	s.Official, s.Providers = true, []string{"alimail"}
	s.Memory = feeds.Memory{Seen: map[string]feeds.Mark{}, Looked: o.now}
	s.Subscribe(feeds.Subscriber{Channel: "C2", By: "U2"})
	if err := o.d.Book.SetWatch(ctx, team, w); err != nil {
		o.t.Fatal(err)
	}
	if err := o.d.Book.SetSource(ctx, team, s); err != nil {
		o.t.Fatal(err)
	}
	o.ask("open mail is late", with(map[string]string{"provider": "alimail"}), func(r *chat.Request) { r.Team = team })
	return cases.SourceEvent(team, s)
}

const ofProvider = "healthy-alimail.example"

// TestFeedKilledAtEveryStep ends the process at every step of a look at what is announced, before and after Redis has
// heard of it. The look is made again, as the queue does: it tells the same to the same, under the same names, and what
// is known is as if nothing had happened.
func TestFeedKilledAtEveryStep(t *testing.T) {
	server := redistest.StartWith(t, "--appendfsync", "no")
	o := openOffice(t)
	o.lab.Incident(true)
	steady := cases.OpenBook(server.Client(), o.d.Now)
	var want string
	for _, unseen := range []bool{false, true} {
		for step := int64(0); step < 100; step++ {
			team := fmt.Sprintf("F%v-%d", unseen, step)
			o.d.Book = steady
			e := o.announcing(team)
			ask := chat.Request{ID: "look", Team: team, Command: chat.Case, Event: &e, Internal: true}
			ended := true
			if step > 0 {
				client, alive := server.Dying(step, unseen)
				d := o.d
				d.Book = cases.OpenBook(client, o.d.Now)
				err := Handle(context.Background(), d, ask, func(chat.Reply) {})
				ended = err == nil && alive()
				_ = client.Close()
			}
			got := o.handle(ask)
			s, err := steady.Source(t.Context(), team, e.Feed)
			if err != nil {
				t.Fatal(err)
			}
			on, err := steady.Ongoing(t.Context(), team)
			if err != nil {
				t.Fatal(err)
			}
			said := fmt.Sprintf("%s\n%d told, cases %d, ongoing %d", postKeys(chat.Reply{Outbox: got.Outbox}), len(s.Told),
				len(s.Cases), len(on))
			switch {
			case step == 0 && want == "":
				if want = said; len(got.Outbox) != 3 || len(on) != 1 {
					t.Fatal(said)
				}
			case said != want:
				t.Errorf("killed at step %d (its answer unseen: %v):\n%s\nwant\n%s", step, unseen, said, want)
			}
			if step > 0 && ended {
				if step < 3 {
					t.Errorf("only %d steps", step)
				}
				break
			}
		}
	}
}

// TestFeedByTwo: two processes that look at the same time, because one was thought dead, tell the same under the same
// names.
func TestFeedByTwo(t *testing.T) {
	o := openOffice(t)
	o.lab.Incident(true)
	e := o.announcing("T1")
	said := make(chan string, 2)
	for i := range 2 {
		go func() {
			var last chat.Reply
			r := chat.Request{ID: fmt.Sprint("look", i), Team: "T1", Command: chat.Case, Event: &e, Internal: true}
			err := Handle(context.Background(), o.d, r, func(x chat.Reply) { last = x })
			said <- fmt.Sprint(postKeys(last), err)
		}()
	}
	if a, b := <-said, <-said; a != b || len(a) < 60 {
		t.Errorf("one says\n%s\nthe other\n%s", a, b)
	}
	s, err := o.d.Book.Source(t.Context(), "T1", e.Feed)
	if err != nil || len(s.Recent) != 1 || s.Rev != 2 {
		t.Errorf("%+v %v", s, err)
	}
}
