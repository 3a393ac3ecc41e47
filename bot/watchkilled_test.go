package bot

import (
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/internal/redistest"
	"signpost/watch"
)

// troubled is a watch of a domain that was sound and showed a fault once: the look that is due tells.
func troubled(domain, channel string, fault diag.Finding, due time.Time) *watch.Watch {
	w := watch.New(domain, channel, "U1", watch.Daily, due.Add(-25*time.Hour))
	for i, status := range []diag.Status{diag.Passed, diag.Found} {
		at := due.Add(time.Duration(i-2) * time.Hour)
		res := diag.Result{Check: fault.Code.Check(), Status: status}
		if status == diag.Found {
			res.Findings = []diag.Finding{fault}
		}
		w.See(watch.Look{Due: at, At: at, Report: &diag.Report{Domain: domain, Answers: 1, Results: []diag.Result{res}}},
			watch.Rules{})
	}
	w.Next = due
	return w
}

// questioned is how many questions came to the lab for a domain itself.
func questioned(l *lab.Lab, domain string) (n int) {
	for question, times := range l.Asked() {
		if strings.Contains(question, " "+domain+". ") {
			n += times
		}
	}
	return n
}

// inChannel is what was said in a channel, a message each.
func inChannel(s *slackfake.Slack, channel string) (out []string) {
	for _, m := range s.Messages() {
		if m.Channel == channel {
			out = append(out, m.Text)
		}
	}
	return out
}

// watched is what the program is killed over: what it stands between, and the store and the queue as it sees them.
type watched struct {
	redis *redistest.Server
	slack *slackfake.Slack
	book  *cases.Book
	queue *Bot
	run   func(more ...string) *program
	lab   *lab.Lab
}

func startWatched(t *testing.T) watched {
	t.Helper()
	f := watched{redis: redistest.Start(t), slack: slackfake.New()}
	t.Cleanup(f.slack.Close)
	f.slack.Grant("channels:history")
	client, err := jobs.Connect(t.Context(), f.redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	f.book = cases.OpenBook(client, time.Now)
	f.queue = &Bot{Config: Config{Queue: jobs.New(client, 1)}}
	f.run, f.lab = programsAndLab(t, f.slack, f.redis.URL(), lab.Latency(100*time.Millisecond), lab.Record())
	return f
}

// TestWatchKilled kills the program with SIGKILL at many moments of a look at a watched domain and of a weekly digest,
// which are due together, and starts it again: each is told once, and what is to come after is due once.
func TestWatchKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("left out: the program is built and killed")
	}
	t.Parallel()
	const digest = "Mail cases:"
	// A domain for each channel, since looks that are made together share what they find.
	domains := map[string]string{"C1": "spf-none.example", "C2": "spf-twice.example", "C3": "dmarc-none.example",
		"C4": "healthy.example"}
	shows := map[string]diag.Finding{
		"C1": {Code: "spf.none", Severity: diag.Error, Subject: "spf-none.example"},
		"C2": {Code: "spf.multiple", Severity: diag.Error, Subject: "spf-twice.example"},
		"C3": {Code: "dmarc.none", Severity: diag.Error, Subject: "_dmarc.dmarc-none.example"},
		"C4": {Code: "spf.multiple", Severity: diag.Error, Subject: "healthy.example"},
	}
	f := startWatched(t)
	server, s, book, queue, l := f.redis, f.slack, f.book, f.queue, f.lab
	if _, err := l.Publish([]lab.Published{{Name: "healthy.example", Type: "TXT", Value: "v=spf1 +all"}}); err != nil {
		t.Fatal(err)
	}
	told := func(channel, text string) int { return count(inChannel(s, channel), text) }
	p := f.run()
	r := &rig{Slack: s, t: t}
	fault := func(channel string) int { return told(channel, domains[channel]+": new:") }
	moments := map[string]func() bool{
		"C1": func() bool { return questioned(l, domains["C1"]) > 0 },
		"C2": func() bool { return questioned(l, domains["C2"]) > 5 },
		"C3": func() bool { return told("C3", digest) > 0 },
		"C4": func() bool { return fault("C4") > 0 },
	}
	for _, channel := range []string{"C1", "C2", "C3", "C4"} {
		s.Join(channel)
		if !s.Wait(30*time.Second, func() bool { return s.Sockets() > 0 }) {
			t.Fatalf("does not connect\n%s", p.log)
		}
		due := time.Now().Add(2 * time.Second).UTC().Truncate(time.Second)
		w := troubled(domains[channel], channel, shows[channel], due)
		weekly := cases.ChannelSettings{Digest: event.Weekly}
		if err := book.SetChannel(t.Context(), slackfake.Team, channel, weekly); err != nil {
			t.Fatal(err)
		}
		if err := book.SetWatch(t.Context(), slackfake.Team, w); err != nil {
			t.Fatal(err)
		}
		comes := chat.Reply{Scheduled: []chat.Event{cases.WatchEvent(slackfake.Team, w), {Kind: event.DigestDue,
			Team: slackfake.Team, Channel: channel, Due: due, Every: event.Weekly, Day: due.Format(time.DateOnly)}}}
		if err := queue.enqueueOutbox(t.Context(), &responder{request: request{Team: slackfake.Team}}, comes); err != nil {
			t.Fatal(err)
		}
		if !poll(90*time.Second, moments[channel]) {
			t.Fatalf("%s: the moment does not come\n%s", channel, p.log)
		}
		if channel == "C2" { // the store goes in place of the program
			server.Kill()
			server.Start()
		} else {
			p.kill()
			p.start()
		}
		if !poll(90*time.Second, func() bool { return told(channel, digest) > 0 && fault(channel) > 0 }) {
			t.Fatalf("%s: after kill -9 the digest is told %d times, the fault %d times\n%s", channel, told(channel, digest),
				fault(channel), p.log)
		}
	}
	r.settle()
	for channel, domain := range domains {
		w, err := book.Watch(t.Context(), slackfake.Team, channel, domain)
		if d, f := told(channel, digest), fault(channel); d != 1 || f != 1 || err != nil || !w.Next.After(time.Now()) {
			t.Errorf("%s: the digest is told %d times, the fault %d times; the next look is at %v, %v", channel, d, f, w.Next, err)
		}
	}
	r.faultless()
}
