package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/commands/answers"
	"signpost/internal/redistest"
)

// TestCaseKilled kills the program with SIGKILL again and again while a case is opened, added to, merged and closed,
// and starts it again: each step happens once, each message is said once, and a reminder set before comes after, once.
func TestCaseKilled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := slackfake.New()
	t.Cleanup(s.Close)
	s.Grant("channels:history") // what Slack has taken, and we do not know of, is found again where we may read
	p := programs(t, s, server.URL())()
	client, err := jobs.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r := &rig{Slack: s, t: t, bot: &Bot{Config: Config{Deps: answers.Deps{Book: cases.OpenBook(client, time.Now)}}}}
	step := func(after time.Duration, want func() bool, d slackfake.Delivery) {
		t.Helper()
		if !s.Wait(30*time.Second, func() bool { return s.Sockets() > 0 }) {
			t.Fatalf("does not connect\n%s", p.log)
		}
		acks := len(s.Acks())
		s.Send(d)
		if !s.Wait(20*time.Second, func() bool { return len(s.Acks()) > acks }) {
			t.Fatalf("no acknowledgement\n%s", p.log)
		}
		poll(after, func() bool { return false })
		p.kill()
		p.start()
		if !poll(60*time.Second, want) {
			t.Fatalf("it does not happen\n%s", p.log)
		}
	}
	holds := func(number int64, text string) func() bool {
		return func() bool {
			raw, err := r.bot.Deps.Book.Export(context.Background(), slackfake.Team, "json",
				func(c *cases.Case) bool { return c.Number == number })
			return err == nil && strings.Contains(string(raw), text)
		}
	}
	step(0, holds(1, "the first matter"), s.Command("U1", "C1", "/mailcase", "open the first matter"))
	first := r.rootOf("C1", "the first matter", 1)
	step(0, holds(1, "call them"), s.Command("U1", "C1", "/mailcase", "remind 1 4s call them"))
	for i, after := range []int{0, 2, 5, 10, 30, 80} {
		step(time.Duration(after)*time.Millisecond, holds(1, fmt.Sprintf("note number %d", i)),
			s.Command("U2", "C1", "/mailcase", fmt.Sprintf("note 1 note number %d", i)))
	}
	step(20*time.Millisecond, holds(2, "the second matter"), s.Command("U1", "C1", "/mailcase", "open the second matter"))
	second := r.rootOf("C1", "the second matter", 2)
	step(5*time.Millisecond, holds(1, `"merged_into":2`), s.Command("U2", "C1", "/mailcase", "merge 1 2"))
	step(2*time.Millisecond, holds(2, "it works again"), s.Command("U2", "C1", "/mailcase", "solve 2 it works again"))
	r.toldOnce(first, second)
}

// toldOnce looks at two merged cases: each step of theirs happened once, and was told once.
func (r *rig) toldOnce(first, second slackfake.Message) {
	t := r.t
	if !poll(60*time.Second, func() bool {
		all := strings.Join(append(r.told(first.TS), r.told(second.TS)...), "\n")
		return strings.Count(all, "Noted in MAIL-1") == 6 && strings.Contains(all, "call them") &&
			strings.Contains(all, "is solved")
	}) {
		t.Errorf("not told:\n%s\n%s", strings.Join(r.told(first.TS), "\n--\n"), strings.Join(r.told(second.TS), "\n--\n"))
	}
	r.settle()
	told := append(r.told(first.TS), r.told(second.TS)...)
	for i := range 6 {
		if n := count(told, fmt.Sprintf("note number %d", i)); n != 1 {
			t.Errorf("note %d is told %d times", i, n)
		}
	}
	if n := count(told, "call them"); n != 1 {
		t.Errorf("reminded %d times\n%s", n, strings.Join(told, "\n--\n"))
	}
	_, _, timeline := r.caseOf(2)
	notes := 0
	for _, e := range timeline {
		if e.Kind == "note" {
			notes++
		}
	}
	if last, err := r.bot.Deps.Book.Last(t.Context(), slackfake.Team); err != nil || last != 2 || notes != 6 {
		t.Errorf("%d cases, %d notes went along, %v", last, notes, err)
	}
	if os.Getenv("SIGNPOST_TEST_LOG") != "" {
		raw, _ := json.Marshal(timeline)
		t.Logf("%s", raw)
	}
}

// TestCaseStoreFails lets the store fail under the bot while a case is worked on: killed and started again, replaced by
// its replica, its slots moved to another server. Every case, note and reminder is there, once, and told once.
func TestCaseStoreFails(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T) (url string, fault func()){
		"killed": func(t *testing.T) (string, func()) {
			s := redistest.Start(t)
			return s.URL(), func() {
				s.Kill()
				poll(500*time.Millisecond, func() bool { return false }) // an outage lasts
				s.Start()
			}
		},
		"fail-over": func(t *testing.T) (string, func()) {
			url, main := redistest.Sentinel(t)
			return url, main.Kill
		},
		"slots move": func(t *testing.T) (string, func()) {
			nodes := redistest.Cluster(t)
			return nodes.URL, func() {
				nodes.Move("signpost:{" + slackfake.Team + "}:last")
				nodes.Move("asynq:{signpost}:pending")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, fault := prepare(t)
			r := start(t, settings{redis: url})
			r.Send(r.Command("U1", "C1", "/mailcase", "open login broken"))
			root := r.rootOf("C1", "login broken", 1)
			r.Send(r.Command("U1", "C1", "/mailcase", "remind 1 5s promised"))
			r.final(1, "MAIL-1: a reminder at")
			for i := range 4 {
				r.Send(r.Command("U2", "C1", "/mailcase", fmt.Sprintf("note 1 before %d.", i)))
			}
			done := make(chan struct{})
			go func() { defer close(done); fault() }()
			for i := range 4 {
				r.Send(r.Command("U2", "C1", "/mailcase", fmt.Sprintf("note 1 during %d.", i)))
			}
			r.Send(r.Command("U3", "C1", "/mailcase", "open another matter"))
			<-done
			r.Send(r.Command("U2", "C1", "/mailcase", "note 1 after 0."))
			r.rootOf("C1", "another matter", 2)
			if !poll(90*time.Second, func() bool {
				told := r.told(root.TS)
				return count(told, "Noted in MAIL-1") == 9 && count(told, "Reminder: MAIL-1") == 1
			}) {
				t.Errorf("told:\n%s", strings.Join(r.told(root.TS), "\n--\n"))
			}
			r.settle()
			told, notes := r.told(root.TS), map[string]int{}
			_, _, timeline := r.caseOf(1)
			for _, e := range timeline {
				if e.Kind == "note" {
					notes[e.Text]++
				}
			}
			if len(told) != 10 || len(notes) != 9 {
				t.Errorf("%d lines told, notes %v", len(told), notes)
			}
			for text, n := range notes {
				if n != 1 || count(told, text) != 1 {
					t.Errorf("%s stands %d times, told %d times", text, n, count(told, text))
				}
			}
			if last, err := r.bot.Deps.Book.Last(t.Context(), slackfake.Team); err != nil || last != 2 {
				t.Errorf("%d cases, %v", last, err)
			}
		})
	}
}
