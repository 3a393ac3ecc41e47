package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/chat"
)

// TestCaseMeasures: how long answers took is told by stats, and beside the channel in /mailhelp; waiting for others is
// not counted as ours.
func TestCaseMeasures(t *testing.T) {
	o := openOffice(t)
	for i, wait := range []time.Duration{2 * time.Hour, 3 * time.Hour, 4 * time.Hour} {
		o.ask(fmt.Sprintf("open alimail problem %d", i),
			with(map[string]string{"title": "cannot log in", "provider": "alimail"}))
		o.now = o.now.Add(time.Hour)
		o.ask(fmt.Sprintf("ticket %d 0003Y5YJC%d", i+1, i))
		o.now = o.now.Add(wait)
		o.ask(fmt.Sprintf("answered %d", i+1))
		o.now = o.now.Add(30 * time.Minute)
		o.ask(fmt.Sprintf("solve %d new password", i+1))
	}
	got := words(o.ask("stats"))
	for _, want := range []string{"Enterprise Mail) · ticket: 3 h (3×)", "3 h", "4 h 30 min"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if help := full(o.ask("cannot log in to Alibaba Mail, ticket please", by(chat.Help))); !strings.Contains(help, "3 h") {
		t.Errorf("the experience is missing in\n%s", help)
	}
	c := o.record(1)
	if ours := c.Ours(o.now, cases.BusinessHours{}); ours != 90*time.Minute {
		t.Errorf("ours %v, want an hour before the ticket and half an hour after the answer", ours)
	}
	// A team that works office hours only: a night does not count.
	o.says(`hours="mon-fri 09:00-18:00 Asia/Shanghai"`, "mon-fri 09:00-18:00 Asia/Shanghai", by(chat.Set))
	o.now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) // five in the afternoon in Shanghai
	o.ask("open slow mail")
	o.now = o.now.Add(17 * time.Hour) // ten the next morning
	o.ask("state 4 waiting-provider")
	if spent := o.record(4).Spent[cases.New]; spent != 2*time.Hour {
		t.Errorf("%v of office time, want 2 h", spent)
	}
	card := words(o.ask("show 4"))
	if !strings.Contains(card, "Waited for us: 2 h") {
		t.Errorf("our own time is missing in\n%s", card)
	}
}

// TestCaseTimes turns the clock: reminders, snoozing, an unanswered ticket with another channel proposed, a case that
// nobody touches.
func TestCaseTimes(t *testing.T) {
	o := openOffice(t)
	opened := o.ask("open cannot log in, urgent, since 9:00", with(map[string]string{"provider": "alimail"}))
	if len(opened.Scheduled) != 3 || opened.Scheduled[2].Kind != event.PagesDue ||
		opened.Scheduled[0].Due.Sub(o.now) != 72*time.Hour ||
		opened.Scheduled[1].Due.Sub(o.now) != 30*time.Minute {
		t.Fatalf("%+v", opened.Scheduled)
	}
	untaken := opened.Scheduled[1]
	if got := o.due(untaken).Outbox; len(got) != 2 || !strings.Contains(words(got[1].Reply), "nobody has taken it") ||
		button(t, got[1].Reply, "take").Text != "take MAIL-1 rev=1" {
		t.Errorf("%+v", got)
	}
	o.now = o.now.Add(-30 * time.Minute)
	defer func() {
		if got := o.due(untaken); len(got.Outbox) != 0 {
			t.Errorf("somebody works on it: %+v", got.Outbox)
		}
	}()
	stale := opened.Scheduled[0]
	reminder := o.says("remind 1 90m call them", "2026-11-23 11:30 +08:00")
	if len(reminder.Scheduled) != 1 {
		t.Fatal(reminder.Scheduled)
	}
	ticket := o.ask("ticket 1 0003Y5YJCP")
	post := o.due(reminder.Scheduled[0]).Outbox
	if len(post) != 2 || *post[1].ThreadOf != *chat.CardOf(1) || post[1].Fallback != "U1" ||
		!strings.Contains(words(post[1].Reply), "call them") || post[1].Reply.Sections[1].Fields[0].Person != "U1" {
		t.Errorf("%+v", post)
	}
	snoozed := o.ask(button(t, post[1].Reply, "snooze").Text)
	if len(snoozed.Scheduled) != 1 || !snoozed.Scheduled[0].Due.Equal(o.now.Add(2*time.Hour)) {
		t.Errorf("%+v", snoozed.Scheduled)
	}
	if len(ticket.Scheduled) != 1 || ticket.Scheduled[0].Due.Sub(o.now.Add(-90*time.Minute)) != 8*time.Hour {
		t.Fatalf("%+v", ticket.Scheduled)
	}
	unanswered := o.due(ticket.Scheduled[0]).Outbox
	if len(unanswered) != 2 {
		t.Fatalf("%+v", unanswered)
	}
	for _, want := range []string{"0003Y5YJCP", "unanswered for 8 h.", "4008013260"} {
		if got := full(unanswered[1].Reply); !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	late := o.ask("ticket 1 0003Y5YJCQ")
	o.ask("answered 1 0003Y5YJCQ")
	if got := o.due(late.Scheduled[len(late.Scheduled)-1]); len(got.Outbox) != 0 {
		t.Errorf("an answered ticket is not answered: %+v", got.Outbox)
	}
	// Touched since: looked at again later. Then nothing happens for three days.
	again := o.due(stale)
	if len(again.Outbox) != 0 || len(again.Scheduled) != 1 {
		t.Fatalf("%+v", again)
	}
	asked := o.due(again.Scheduled[0])
	if len(asked.Outbox) != 2 || len(asked.Scheduled) != 1 || !strings.Contains(words(asked.Outbox[1].Reply), "3 d") {
		t.Errorf("%+v", asked)
	}
	// Whoever worked on it has left.
	o.ask("assign 1 <@U7>")
	o.d.HasLeft = func(_ context.Context, user string) bool { return user == "U7" }
	o.says("assign 1 <@U7>", "has left the workspace")
	o.now = o.now.Add(72 * time.Hour)
	left := o.due(asked.Scheduled[0]).Outbox
	if len(left) == 0 {
		o.now = o.now.Add(72 * time.Hour)
		left = o.line("due MAIL-1 stale").Outbox
	}
	if len(left) != 2 || !strings.Contains(words(left[1].Reply), "has left the workspace") || left[1].Fallback != "U1" {
		t.Errorf("%+v", left)
	}
	o.ask("close 1 done")
	if got := o.due(reminder.Scheduled[0]); len(got.Outbox) != 2 ||
		!strings.Contains(words(got.Outbox[1].Reply), "closed") {
		t.Errorf("a reminder is lost with its case: %+v", got)
	}
	for _, l := range []chat.Event{ticket.Scheduled[0], asked.Scheduled[0]} {
		if got := o.due(l); len(got.Outbox) != 0 || len(got.Scheduled) != 0 {
			t.Errorf("a closed case speaks: %+v", got)
		}
	}
}

// TestTimesAreNoOrders: nobody else may ask what the program asks itself.
func TestTimesAreNoOrders(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	for _, text := range []string{"due 1 stale", "sweep 2026-01-01 1", "posted 1", "root 1", "react eyes"} {
		o.says(text, "I do not know what to do with")
	}
}

// TestCasePromises: what was promised is armed again at a start, also after whoever runs the program has read an export
// in, under its key; what is over is not.
func TestCasePromises(t *testing.T) {
	o := openOffice(t)
	opened := o.ask("open login broken")
	set := o.ask("remind 1 2h call them")
	o.ask("remind 1 3h and again")
	o.ask("remind 1 off")
	later := o.ask("remind 1 tomorrow 9:00 look")
	arm := func(team string) chat.Reply {
		return o.handle(chat.Request{ID: "a", Team: team, Command: chat.Case, Text: "arm", Internal: true})
	}
	same := func(got []chat.Event, want ...chat.Event) {
		t.Helper()
		got = slices.DeleteFunc(slices.Clone(got),
			func(e chat.Event) bool {
				return slices.Contains([]event.Kind{event.ScheduleCheck, event.TakingDue, event.PagesDue}, e.Kind)
			})
		stale := slices.DeleteFunc(slices.Clone(got), func(e chat.Event) bool { return e.Kind == event.ReminderDue })
		got = slices.DeleteFunc(got, func(e chat.Event) bool { return e.Kind != event.ReminderDue })
		if !slices.Equal(got, want) || len(stale) != 1 {
			t.Errorf("armed:\n%+v\nand %+v, want\n%+v", got, stale, want)
		}
	}
	armed := arm("T1").Scheduled
	same(armed, later.Scheduled[0])
	if !slices.Contains(armed, opened.Scheduled[0]) {
		t.Errorf("looked at under another name: %+v, not %+v", armed, opened.Scheduled[0])
	}
	if again := armed[len(armed)-1]; again.Kind != event.ScheduleCheck || !again.Due.After(o.now) ||
		again.Due.Sub(o.now) > 48*time.Hour {
		t.Errorf("%+v", again)
	}
	if slices.Contains(armed, set.Scheduled[0]) {
		t.Error("what was taken back is armed")
	}
	export := o.ask("export json", directly).File.Content
	o.now = o.now.Add(30 * time.Hour)
	same(arm("T1").Scheduled)
	o.now = o.now.Add(-29 * time.Hour)
	in := o.ask("import", directly, func(r *chat.Request) {
		r.Team = "T2"
		r.Files = []chat.File{{Name: "x.json", Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(export))), nil
		}}}
	})
	same(in.Scheduled) // nobody else's promise is made by who reads a file in
	if _, err := o.d.Book.Import(t.Context(), "T3", strings.NewReader(string(export)), nil); err != nil {
		t.Fatal(err)
	}
	moved := later.Scheduled[0]
	moved.Team = "T3"
	same(arm("T3").Scheduled, moved)
	if due := o.handle(chat.Request{ID: "d", Team: "T3", Command: chat.Case, Event: &moved,
		Internal: true}); len(due.Outbox) != 2 || !strings.Contains(words(due.Outbox[1].Reply), "look") {
		t.Errorf("%+v", due)
	}
}

// TestCaseAtWork: what is not urgent is looked at when somebody of the team works.
func TestCaseAtWork(t *testing.T) {
	o := openOffice(t)
	o.ask(`hours="mon-fri 09:00-18:00 Asia/Shanghai CN"`, by(chat.Set))
	o.now = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) // a Friday, four in the afternoon in Shanghai
	monday := time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
	// Three days later, which is while they work.
	if opened := o.ask("open login broken"); !opened.Scheduled[0].Due.Equal(monday.Add(7 * time.Hour)) {
		t.Errorf("forgotten at %v", opened.Scheduled[0].Due)
	}
	if asked := o.ask("contact 1 ticket please look"); !asked.Scheduled[0].Due.Equal(monday) {
		t.Errorf("unanswered at %v", asked.Scheduled[0].Due)
	}
	o.ask("open all mail is down urgent")
	if asked := o.ask("contact 2 ticket please look"); !asked.Scheduled[0].Due.Equal(o.now.Add(8 * time.Hour)) {
		t.Errorf("urgent, unanswered at %v", asked.Scheduled[0].Due)
	}
}
