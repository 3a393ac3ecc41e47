package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/internal/redistest"
)

// TestCaseKilledAtEveryStep ends the process at every step of opening, adding to, merging and closing a case, before
// and after Redis has heard of it. The request is made again, as the queue does: the casebook is as if nothing had
// happened, and what is said elsewhere is the same.
func TestCaseKilledAtEveryStep(t *testing.T) {
	server := redistest.StartWith(t, "--appendfsync", "no")
	o := openOffice(t)
	steady := cases.OpenBook(server.Client(), o.d.Now)
	requests := []struct {
		name, text string
		values     map[string]string
	}{
		{"open", "open spf-none.example nothing arrives, urgent", nil},
		{"note", "note 1 they look into it 0003Y5YJCP", nil},
		{"contact", "contact 1", map[string]string{"channel": "ticket", "ticket": "0003Y5YJCP", "gist": "all of it",
			"answered": "no"}},
		{"answered", "answered 1", nil},
		{"remind", "remind 1 2h call", nil},
		{"merge", "merge 1 2", nil},
		{"close", "close 2 published", nil},
		{"reopen", "reopen 2 it came back", nil},
	}
	for at := range requests {
		t.Run(requests[at].name, func(t *testing.T) {
			var want, wantPosts string
			for _, unseen := range []bool{false, true} {
				for step := int64(0); step < 200; step++ {
					team := fmt.Sprintf("T%d-%v-%d", at, unseen, step)
					ended := true
					var posts string
					for i, r := range requests[:at+1] {
						if i == 5 { // there is another to merge into
							o.d.Book = steady
							o.handle(chat.Request{ID: "other", Team: team, User: "U2", Channel: "C1", Command: chat.Case,
								Text: "open a second matter"})
						}
						ask := chat.Request{ID: r.name, Team: team, User: "U1", Channel: "C1", Command: chat.Case, Text: r.text,
							Values: r.values}
						if i == at && step > 0 {
							client, alive := server.Dying(step, unseen)
							d := o.d
							d.Book = cases.OpenBook(client, o.d.Now)
							err := Handle(context.Background(), d, ask, func(x chat.Reply) {})
							ended = err == nil && alive()
							_ = client.Close()
						}
						o.d.Book = steady
						posts = postKeys(o.handle(ask))
					}
					got := casebook(t, steady, team)
					if step == 0 {
						want, wantPosts = got, posts
						if !strings.Contains(want, "MAIL-1") {
							t.Fatal(want)
						}
						continue
					}
					if got != want {
						t.Errorf("killed at step %d (its answer unseen: %v):\n%s\nwant\n%s", step, unseen, got, want)
					}
					if posts != wantPosts {
						t.Errorf("killed at step %d: says\n%s\nwant\n%s", step, posts, wantPosts)
					}
					if ended { // it needs no more steps than that
						if step < 3 {
							t.Errorf("only %d steps", step)
						}
						break
					}
				}
			}
		})
	}
}

// postKeys is what a Reply has said elsewhere and later.
func postKeys(r chat.Reply) string {
	var out []string
	for _, p := range r.Outbox {
		card := func(c *chat.Card) any {
			if c == nil {
				return ""
			}
			return *c
		}
		out = append(out, fmt.Sprint(p.Key, " ", p.Channel, " ", card(p.Shows), " ", card(p.ThreadOf)))
	}
	for _, e := range r.Scheduled {
		out = append(out, e.Key())
	}
	return strings.Join(out, "\n")
}

// casebook is everything that a workspace's casebook holds, but for what differs from one run to the next.
func casebook(t *testing.T, b *cases.Book, team string) string {
	t.Helper()
	ctx := t.Context()
	last, err := b.Last(ctx, team)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for n := int64(1); n <= last; n++ {
		c, err := b.Case(ctx, team, n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "%s %s %q %s %s tickets %v contacts %d merged %d from %v resolution %q spent %v\n", c.Name(),
			c.Domain, c.Title, c.State, c.Priority, c.Tickets, c.Contacts, c.Merged, c.From, c.Resolution, c.Spent)
		contacts, err := b.Contacts(ctx, team, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range contacts {
			fmt.Fprintf(&out, "  contact %d %s %s %q answered %v\n", x.ID, x.Channel, x.Ticket, x.Gist, !x.Answered.IsZero())
		}
		list, err := b.Timeline(ctx, team, n, "", 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			fmt.Fprintf(&out, "  %s %s %q\n", e.Kind, e.By, e.Text)
		}
	}
	counts, err := b.Counts(ctx, team)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range cases.States {
		fmt.Fprintf(&out, "%s %d\n", s, counts[s])
	}
	for _, q := range []cases.Query{{Open: true}, {Domain: "spf-none.example"}, {Ticket: "0003Y5YJCP"},
		{Text: "look into"}, {State: cases.Closed}} {
		found, _, err := b.Find(ctx, team, q, 0, 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			fmt.Fprintf(&out, "%s ", c.Name())
		}
		out.WriteString("\n")
	}
	n, err := b.OpenOf(ctx, team, "spf-none.example")
	fmt.Fprintln(&out, n, err)
	stats, err := b.Stats(ctx, team, "")
	if err != nil {
		t.Fatal(err)
	}
	stats = slices.DeleteFunc(stats, func(s cases.Stat) bool { return s.Count == 0 })
	fmt.Fprintln(&out, stats)
	return out.String()
}
