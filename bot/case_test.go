package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/diag/lab"
)

// rootOf waits for a case's root message, and until what is said in its thread belongs to the case.
func (r *rig) rootOf(channel, title string, number int64) slackfake.Message {
	r.t.Helper()
	var root slackfake.Message
	if !r.Wait(20*time.Second, func() bool {
		for _, m := range r.Messages() {
			if m.Channel == channel && m.User == "" && m.Thread == "" && strings.Contains(slackfake.AllText(m.Blocks), title) {
				root = m
				return true
			}
		}
		return false
	}) {
		r.t.Fatalf("no root message with %q among %d", title, len(r.Messages()))
	}
	if !poll(10*time.Second, func() bool {
		n, err := r.bot.Deps.Book.InThread(r.t.Context(), slackfake.Team, channel, root.TS)
		return err == nil && n == number
	}) {
		r.t.Fatal("the thread is not the case's")
	}
	return root
}

// now is a message as it stands, once it holds a text.
func (r *rig) now(m slackfake.Message, text string) slackfake.Message {
	r.t.Helper()
	var found slackfake.Message
	if !r.Wait(20*time.Second, func() bool {
		for _, x := range r.Messages() {
			if x.TS == m.TS && x.Channel == m.Channel {
				found = x
				return strings.Contains(slackfake.AllText(x.Blocks), text)
			}
		}
		return false
	}) {
		r.t.Fatalf("%q does not come into\n%s", text, slackfake.AllText(found.Blocks))
	}
	return found
}

// TestCaseLife follows a case in its thread: opened, taken, contacts, the ticket's number, the first answer, DNS
// mended, checked again, solved, reviewed.
func TestCaseLife(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	open := r.Command("U1", "C1", "/mailcase", "open spf-no-provider.example no mail to Gmail since 9:00")
	id := r.Send(open)
	r.Resend(id, open)
	root := r.rootOf("C1", "MAIL-1 spf-no-provider.example: no mail to Gmail", 1)
	for _, want := range []string{"State", "new", "Alibaba Mail", "spf.provider-missing", "<@U1>"} {
		if text := slackfake.AllText(root.Blocks); !strings.Contains(text, want) {
			t.Errorf("%q is missing in the root message:\n%s", want, text)
		}
	}
	if told := r.final(1, "MAIL-1 is open")[0]; told.User != "U1" ||
		strings.Contains(slackfake.AllText(told.Blocks), "spf.provider-missing") || len(slackfake.Buttons(told.Blocks)) > 0 {
		t.Errorf("everybody is told, or told twice: %+v", told)
	}
	if m := r.final(1, "v=spf1 ")[0]; m.Thread != root.TS ||
		!strings.Contains(slackfake.AllText(m.Blocks), "include:spf.qiye.aliyun.com") {
		t.Errorf("the diagnosis with its record is not in the thread: %+v", m)
	}
	// A second case for the domain is offered the first.
	r.Send(r.Command("U3", "C1", "/mailcase", "open spf-no-provider.example again"))
	r.final(1, "has an open case already: MAIL-1")

	take := button(t, root.Blocks, "take")
	r.Send(r.Click("U2", root, "", take))
	r.now(root, "<@U2>")
	r.Send(r.Click("U3", root, "", take)) // who saw the case before it was taken
	if m := r.final(1, "Somebody was faster: MAIL-1 is taken")[0]; m.User != "U3" {
		t.Errorf("told %q", m.User)
	}
	r.Send(r.Reply("U2", "C1", root.TS, "note they want 0003Y5YJCP, <!channel> password: hunter22, <@U3> knows"))
	noted := r.final(1, "Noted in MAIL-1")[0]
	if noted.Thread != root.TS {
		t.Errorf("noted in thread %q", noted.Thread)
	}
	r.Send(r.Click("U2", noted, "", button(t, noted.Blocks, "ticket-0003Y5YJCP")))
	r.now(root, "waiting for the provider")
	r.Send(r.Reply("U2", "C1", root.TS, "已回复 他们在查"))
	r.now(root, "waiting for us")

	undo, err := r.lab.Publish([]lab.Published{{Name: "spf-no-provider.example", Type: "TXT",
		Value: "v=spf1 include:spf.qiye.aliyun.com -all"},
		{Name: "spf-no-provider.example", Type: "TXT", Value: "v=spf1 ip4:192.0.2.80 -all", Remove: true}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = undo() }()
	r.Send(r.Click("U2", root, "", button(t, root.Blocks, "recheck")))
	r.final(1, "Fixed since opening (1)")
	r.Send(r.Click("U2", root, "", button(t, root.Blocks, "solve")))
	form := r.filled("How it was solved")
	r.Send(r.Submit("U2", form, map[string]string{"resolution": "published the include",
		"lesson": "check SPF after a move"}))
	done := r.now(root, "published the include")
	button(t, done.Blocks, "reopen")
	r.Send(r.Click("U1", done, "", button(t, done.Blocks, "review")))
	review := r.final(1, "Review of MAIL-1")[0]
	for _, want := range []string{"0003Y5YJCP", "check SPF after a move", "spf.provider-missing", "password: ***",
		"&lt;!channel&gt;", "<@U3> knows"} {
		if text := slackfake.AllText(review.Blocks); !strings.Contains(text, want) {
			t.Errorf("%q is missing in the review:\n%s", want, text)
		}
	}
	r.settle()
	roots := 0
	for _, m := range r.Messages() {
		if m.User == "" && m.Thread == "" {
			roots++
		}
	}
	if roots != 1 {
		t.Errorf("%d messages in the channel beside threads", roots)
	}
}

// TestCaseHome shows a person's cases on their own page, opens one from there by a form, and exports the casebook in a
// direct message.
func TestCaseHome(t *testing.T) {
	t.Parallel()
	r := start(t, settings{handover: "C1"})
	r.Send(r.Event(map[string]any{"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home",
		"event_ts": "1.1"}))
	if !r.Wait(10*time.Second, func() bool { return r.Home("U1") != nil }) {
		t.Fatal("no page")
	}
	blocks := viewBlocks(slackfake.View{Body: r.Home("U1")})
	r.Send(r.HomeClick("U1", button(t, blocks, "open")))
	form := r.filled("What is it about?")
	r.Send(r.Submit("U1", form, map[string]string{"domain": "spf-none.example", "title": "nothing arrives at Outlook",
		"priority": "urgent", "tags": "vip"}))
	root := r.rootOf("C1", "MAIL-1 spf-none.example: nothing arrives", 1)
	r.Send(r.Click("U1", root, "", button(t, root.Blocks, "take")))
	r.now(root, "Who works on it")
	r.Send(r.Event(map[string]any{"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home",
		"event_ts": "1.2"}))
	if !r.Wait(10*time.Second, func() bool {
		raw, _ := json.Marshal(r.Home("U1"))
		return strings.Contains(string(raw), "Yours (1)") && strings.Contains(string(raw), "MAIL-1")
	}) {
		raw, _ := json.Marshal(r.Home("U1"))
		t.Errorf("the case is not on the page: %s", raw)
	}
	r.Send(r.Command("U1", "C1", "/mailcase", "export csv"))
	r.final(1, "ask for it in a direct message")
	r.Send(r.Command("U1", "D1", "/mailcase", "export csv"))
	if !r.Wait(10*time.Second, func() bool { return len(r.SharedFiles()) == 1 }) {
		t.Fatal("no file")
	}
	if f := r.SharedFiles()[0]; f.Channel != "D1" || f.Name != "casebook.csv" ||
		!strings.Contains(string(f.Content), "MAIL-1,spf-none.example,,nothing arrives at Outlook,waiting-us,urgent,U1") {
		t.Errorf("%s in %s:\n%s", f.Name, f.Channel, f.Content)
	}
	r.Send(r.Direct("U1", "D1", "export"))
	if !r.Wait(10*time.Second, func() bool { return len(r.SharedFiles()) == 2 }) {
		t.Fatal("no file")
	}
	r.Send(r.Event(map[string]any{
		"type": "message", "channel_type": "im", "subtype": "file_share", "user": "U1", "channel": "D1", "text": "import",
		"ts": "1.7", "files": []any{r.File("casebook.json", r.SharedFiles()[1].Content)},
	}))
	r.final(1, "Left as they are, since their numbers are taken: 1")
	// Two other people talk to each other: the answer comes, the file does not, and the asker is told where it would.
	r.Others("D9")
	r.Send(r.Command("U1", "D9", "/mailcase", "export csv"))
	r.final(1, "The file cannot be handed over here")
	r.Send(r.Command("U1", "D9", "/mailcase", "show 1"))
	r.final(1, "What happened")
	// From the menu behind the buttons.
	var follow slackfake.Button
	for _, b := range slackfake.Buttons(r.now(root, "MAIL-1").Blocks) {
		if b.Menu && b.Label == "Follow" {
			follow = b
		}
	}
	r.Send(r.Click("U3", root, "", follow))
	r.final(1, "You follow MAIL-1")
	r.Send(r.Click("U1", root, "", button(t, root.Blocks, "remind")))
	remind := r.filled("tomorrow 9:00")
	r.Send(r.Submit("U1", remind, map[string]string{"when": "3 tomorrows"}))
	refused := func() bool {
		raw, _ := json.Marshal(r.Acks())
		return strings.Contains(string(raw), `"errors":{"when":"When? For example: 2h, tomorrow 9:00."}`)
	}
	if !r.Wait(10*time.Second, refused) {
		t.Errorf("not refused on its field: %+v", r.Acks())
	}
	r.Send(r.Submit("U1", remind, map[string]string{"when": "tomorrow 9:00"}))
	r.final(1, "MAIL-1: a reminder at")
}

// TestCaseEventsBefore: what the queue held as a sentence, before there were events, comes all the same, and once with
// the event that has its key.
func TestCaseEventsBefore(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
	root := r.rootOf("C1", "login broken", 1)
	r.Send(r.Command("U1", "C1", "/mailcase", "remind 1 3h look again"))
	r.final(1, "MAIL-1: a reminder at")
	c, err := r.bot.Deps.Book.Case(t.Context(), slackfake.Team, 1)
	if err != nil || len(c.Reminders) != 1 {
		t.Fatal(c, err)
	}
	line := "due MAIL-1 remind " + c.Reminders[0].ID
	raw, err := json.Marshal(map[string]any{
		"team": slackfake.Team, "channel": "C1", "thread": root.TS, "command": "mailcase", "text": line, "silent": true,
		"at": time.Now().UTC(),
	})
	if err != nil {
		t.Fatal(err)
	}
	key := identity("later", slackfake.Team, "MAIL-1 remind "+c.Reminders[0].ID)
	if put, err := r.bot.Queue.Put(t.Context(), jobs.Request{ID: key, Payload: raw}); err != nil || put {
		t.Errorf("the event has another name than the sentence had: %v, %v", put, err)
	}
	if _, err := r.bot.Queue.Put(t.Context(), jobs.Request{ID: "queued-before", Payload: raw}); err != nil {
		t.Fatal(err)
	}
	if !poll(20*time.Second, func() bool {
		for _, m := range r.Messages() {
			if m.Thread == root.TS && strings.Contains(slackfake.AllText(m.Blocks), "look again") {
				return true
			}
		}
		return false
	}) {
		t.Error("the reminder does not come")
	}
}
