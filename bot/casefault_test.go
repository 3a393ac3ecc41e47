package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/cases"
	"signpost/internal/redistest"
)

// thrice sends a delivery as Slack does when it is not sure: three times.
func (r *rig) thrice(d slackfake.Delivery) {
	id := r.Send(d)
	r.Resend(id, d)
	r.Resend(id, d)
}

// told is the messages in a thread that everybody sees.
func (r *rig) told(thread string) (out []string) {
	for _, m := range r.Messages() {
		if m.Thread == thread && m.User == "" {
			out = append(out, slackfake.AllText(m.Blocks))
		}
	}
	return out
}

func (r *rig) caseOf(number int64) (*cases.Case, []cases.Contact, []cases.Entry) {
	r.t.Helper()
	ctx := context.Background()
	c, err := r.bot.Deps.Book.Case(ctx, slackfake.Team, number)
	if err != nil {
		r.t.Fatal(err)
	}
	contacts, err := r.bot.Deps.Book.Contacts(ctx, slackfake.Team, number)
	if err != nil {
		r.t.Fatal(err)
	}
	timeline, err := r.bot.Deps.Book.Timeline(ctx, slackfake.Team, number, "", 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	return c, contacts, timeline
}

func count(list []string, text string) (n int) {
	for _, s := range list {
		if strings.Contains(s, text) {
			n++
		}
	}
	return n
}

// TestCaseDeliveredThrice delivers every step of a case three times: each happens once, and is told once.
func TestCaseDeliveredThrice(t *testing.T) {
	t.Parallel()
	r := start(t, settings{redis: redistest.Start(t).URL()})
	r.thrice(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	r.thrice(r.Click("U2", root, "", button(t, root.Blocks, "take")))
	r.now(root, "<@U2>")
	r.thrice(r.Reply("U2", "C1", root.TS, "note they want 0003Y5YJCP"))
	r.final(1, "Noted in MAIL-1")
	r.thrice(r.Click("U2", root, "", button(t, root.Blocks, "contact")))
	r.thrice(r.Submit("U2", r.filled("Key points"),
		map[string]string{"channel": "ticket", "ticket": "0003Y5YJCP", "gist": "all of it", "answered": "no",
			"partner": "none"}))
	r.now(root, "waiting for the provider")
	r.thrice(r.Command("U2", "C1", "/mailcase", "remind 1 2s look again"))
	if !poll(20*time.Second, func() bool { return count(r.told(root.TS), "Reminder: MAIL-1") == 1 }) {
		t.Fatal("no reminder")
	}
	r.thrice(r.Reply("U2", "C1", root.TS, "close it works again"))
	r.now(root, "it works again")
	r.settle()
	c, contacts, timeline := r.caseOf(1)
	kinds := map[string]int{}
	for _, e := range timeline {
		kinds[e.Kind]++
	}
	if c.State != cases.Closed || len(contacts) != 1 || kinds["opened"] != 1 || kinds["taken"] != 1 ||
		kinds["note"] != 1 || kinds["contact"] != 1 || kinds["reminder"] != 1 || kinds["closed"] != 1 {
		t.Errorf("%+v %d contacts %v", c, len(contacts), kinds)
	}
	if last, err := r.bot.Deps.Book.Last(t.Context(), slackfake.Team); err != nil || last != 1 {
		t.Errorf("%d cases, %v", last, err)
	}
	told := r.told(root.TS)
	for _, once := range []string{"Noted in MAIL-1", "look again", "is closed"} {
		if n := count(told, once); n != 1 {
			t.Errorf("%q is told %d times among\n%s", once, n, strings.Join(told, "\n--\n"))
		}
	}
}

// TestCaseTwoBots lets two bots on one Redis work on one case: nothing is lost, one of two who take it at once is told,
// and there is one root message.
func TestCaseTwoBots(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := slackfake.New()
	t.Cleanup(s.Close)
	r := start(t, settings{redis: server.URL(), slack: s})
	start(t, settings{redis: server.URL(), slack: s})
	r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	take := button(t, root.Blocks, "take")
	r.Send(r.Click("U2", root, "", take))
	r.Send(r.Click("U3", root, "", take))
	r.final(1, "Somebody was faster: MAIL-1 is taken")
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { r.Send(r.Command("U2", "C1", "/mailcase", fmt.Sprintf("note 1 number %02d.", i))) })
	}
	all.Wait()
	if !poll(40*time.Second, func() bool { return count(r.told(root.TS), "Noted in MAIL-1") == 20 }) {
		t.Errorf("%d of 20 notes are told", count(r.told(root.TS), "Noted in MAIL-1"))
	}
	_, _, timeline := r.caseOf(1)
	for i := range 20 {
		n := 0
		for _, e := range timeline {
			if strings.Contains(e.Text, fmt.Sprintf("number %02d.", i)) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("note %d stands %d times", i, n)
		}
	}
	roots := 0
	for _, m := range r.Messages() {
		if m.Thread == "" && m.User == "" {
			roots++
		}
	}
	if roots != 1 {
		t.Errorf("%d root messages", roots)
	}
}

// TestSlackDown lets Slack answer nothing for a while, in the middle of a case's life. Every promised message arrives
// when it is back, once. How long that may be is TestOutlasts in jobs.
func TestSlackDown(t *testing.T) {
	t.Parallel()
	r := start(t, settings{redis: redistest.Start(t).URL(), withFaults: true})
	r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	r.settle()
	r.Down(true)
	r.Send(r.Command("U1", "C1", "/mailcase", "open another matter"))
	r.Send(r.Command("U2", "C1", "/mailcase", "note 1 seen while away"))
	r.Send(r.Command("U2", "C1", "/mailcase", "remind 1 3s promised"))
	r.Send(r.Click("U3", root, "", button(t, root.Blocks, "take")))
	r.Send(r.Mention("U4", "C1", "check spf-none.example"))
	poll(12*time.Second, func() bool { return false }) // an outage lasts
	r.Down(false)
	second := r.rootOf("C1", "another matter", 2)
	r.now(root, "<@U3>")
	for _, want := range []string{"MAIL-2 is open", "spf-none.example: broken"} {
		r.final(1, want)
	}
	if !poll(90*time.Second, func() bool {
		told := r.told(root.TS)
		return count(told, "seen while away") == 1 && count(told, "promised") == 1
	}) {
		t.Errorf("not told:\n%s", strings.Join(r.told(root.TS), "\n--\n"))
	}
	r.settle()
	told := r.told(root.TS)
	if count(told, "seen while away") != 1 || count(told, "promised") != 1 || len(r.told(second.TS)) != 0 {
		t.Errorf("told:\n%s", strings.Join(told, "\n--\n"))
	}
	for _, want := range []string{"login broken", "another matter"} {
		n := 0
		for _, m := range r.Messages() {
			if m.Thread == "" && m.User == "" && strings.Contains(m.Text, want) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d root messages of %s", n, want)
		}
	}
}

// TestCasePlaces: a root message that somebody deletes is posted anew and followed there; a channel that is archived
// sends what it was to hear to a person; who has left is given nothing to do.
func TestCasePlaces(t *testing.T) {
	t.Parallel()
	r := start(t, settings{redis: redistest.Start(t).URL()})
	r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	r.settle()
	r.Delete(root)
	r.Send(r.Command("U2", "C1", "/mailcase", "note 1 is anybody there"))
	anew := r.rootOf("C1", "login broken", 1)
	if anew.TS == root.TS {
		t.Fatal("the old message")
	}
	if !poll(20*time.Second, func() bool { return count(r.told(anew.TS), "is anybody there") == 1 }) {
		t.Errorf("not in the new thread: %v", r.told(anew.TS))
	}
	r.Leave("U7")
	r.Send(r.Command("U2", "C1", "/mailcase", "assign 1 @U7"))
	r.final(1, "has left the workspace")
	r.settle()
	r.Archive("C1")
	r.Send(r.Command("U2", "D2", "/mailcase", "remind 1 1s look again"))
	r.final(1, "MAIL-1: a reminder at")
	if !poll(20*time.Second, func() bool {
		for _, m := range r.Messages() {
			if m.Channel == "U2" && strings.Contains(slackfake.AllText(m.Blocks), "look again") &&
				strings.Contains(slackfake.AllText(m.Blocks), "the channel is archived") {
				return true
			}
		}
		return false
	}) {
		t.Error("the reminder is lost with the channel")
	}
	r.Send(r.Command("U2", "D2", "/mailcase", "note 1 nobody reads this"))
	r.final(2, "It could not be posted")
	if !poll(10*time.Second, func() bool {
		_, _, timeline := r.caseOf(1)
		return timeline[len(timeline)-1].Text == "nobody reads this"
	}) {
		t.Error("the note is lost")
	}
}

// TestCaseUnposted: a case in a channel that the bot is not in has no message there: who opened it is told, its
// reminders come to whoever set them without delay, and once the bot is invited the message comes with the next change.
func TestCaseUnposted(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Command("U1", "C7", "/mailcase", "open login broken"))
	r.final(1, "It could not be posted")
	r.Send(r.Command("U1", "C7", "/mailcase", "remind 1 1s promised"))
	if !poll(20*time.Second, func() bool {
		return slices.ContainsFunc(r.Messages(), func(m slackfake.Message) bool {
			return m.Channel == "U1" && strings.Contains(slackfake.AllText(m.Blocks), "promised")
		})
	}) {
		t.Error("the reminder waits for a thread that does not come")
	}
	r.settle()
	r.Join("C7")
	r.Send(r.Command("U1", "C7", "/mailcase", "note 1 now you are here"))
	root := r.rootOf("C7", "login broken", 1)
	if !poll(30*time.Second, func() bool { return count(r.told(root.TS), "now you are here") == 1 }) {
		t.Errorf("not in the thread: %v", r.told(root.TS))
	}
}

// TestCaseBurst makes many changes in a row: each is told in the thread, and the case's message is edited far less
// often than it changes, and shows the last of them.
func TestCaseBurst(t *testing.T) {
	t.Parallel()
	r := start(t, settings{workers: 16})
	r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	const notes = 12
	for i := range notes {
		r.Send(r.Command("U2", "C1", "/mailcase", fmt.Sprintf("note 1 part %d of it", i)))
	}
	if !poll(60*time.Second, func() bool { return count(r.told(root.TS), "Noted in MAIL-1") == notes }) {
		t.Fatalf("told: %v", r.told(root.TS))
	}
	r.settle()
	_, _, timeline := r.caseOf(1)
	shown := r.now(root, timeline[len(timeline)-1].Text)
	if shown.Edits >= notes {
		t.Errorf("%d edits for %d changes", shown.Edits, notes)
	}
}

// TestCaseHeard records what is said in a case's thread where the channel wants it, offers ticket numbers, and takes
// reactions.
func TestCaseHeard(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	say := func(ts, text string) {
		r.Send(r.Event(map[string]any{"type": "message", "channel": "C1", "channel_type": "channel", "user": "U2",
			"thread_ts": root.TS, "ts": ts, "text": text, "event_ts": ts}))
	}
	say("5.1", "before anybody wanted it")
	r.settle()
	r.Send(r.Command("U1", "C1", "/mailset", "record=on emoji=on"))
	r.final(1, "recorded in the case")
	say("5.2", "they gave us 0003Y5YJCP &amp; password: hunter22")
	offer := r.final(1, "0003Y5YJCP looks like a ticket number")[0]
	r.Send(r.Click("U2", offer, "", button(t, offer.Blocks, "ticket-0003Y5YJCP")))
	r.now(root, "waiting for the provider")
	r.Send(r.Event(map[string]any{"type": "reaction_added", "user": "U5", "reaction": "eyes",
		"item": map[string]any{"type": "message", "channel": "C1", "ts": root.TS}, "event_ts": "6.1"}))
	r.now(root, "<@U5>")
	// What is said to the bot in the thread and asks for nothing is a note, for the team alone.
	r.Send(r.Reply("U2", "C1", root.TS, "they called back and said wait"))
	r.final(1, "Noted in MAIL-1")
	r.Send(r.Reply("U2", "C1", root.TS, "how do I set up SPF?"))
	r.final(1, "Setting up SPF")
	r.Send(r.Reply("U2", "C1", root.TS, "colse"))
	r.final(1, "close")
	_, contacts, timeline := r.caseOf(1)
	var said []string
	noted := slices.ContainsFunc(timeline, func(e cases.Entry) bool {
		return e.Kind == "note" && e.Text == "they called back and said wait" && !e.Public
	})
	if !noted {
		t.Errorf("not noted: %+v", timeline)
	}
	for _, e := range timeline {
		if e.Kind == "reply" {
			said = append(said, e.Text)
			if e.Public {
				t.Error("a reply is taken for public")
			}
		}
	}
	if len(said) != 1 || said[0] != "they gave us 0003Y5YJCP & password: ***" || len(contacts) != 1 ||
		contacts[0].Ticket != "0003Y5YJCP" {
		t.Errorf("%q, %+v", said, contacts)
	}
}
