package bot

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// TestNotInTheChannel answers over the response_url, in its five uses.
func TestNotInTheChannel(t *testing.T) {
	t.Parallel()
	r := start(t, settings{lab: []lab.Option{lab.Latency(300 * time.Millisecond)}})
	r.Fail("respond", slackfake.Failure{Status: 429, RetryAfter: 1}, slackfake.Failure{Status: 503})
	r.Send(r.Command("U1", "C9", "/mailcheck", "spf-none.example"))
	m := r.final(1, "Publish")
	if !m[0].ByURL || m[0].User != "" {
		t.Errorf("%+v", m[0])
	}
	r.settle()
	if n := len(r.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
	if n := r.Calls("respond"); n > 5 {
		t.Errorf("%d uses of the response_url", n)
	}
}

// TestSlackInTrouble has every call fail in each way once: the answer comes all the same, once.
func TestSlackInTrouble(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method string
		f            slackfake.Failure
	}{
		{"rate limit on the post", "chat.postMessage", slackfake.Failure{Status: 429, RetryAfter: 1}},
		{"rate limit on the edit", "chat.update", slackfake.Failure{Status: 429, RetryAfter: 1}},
		{"503 on the post", "chat.postMessage", slackfake.Failure{Status: 503}},
		{"500 on the edit", "chat.update", slackfake.Failure{Status: 500}},
		{"internal_error on the edit", "chat.update", slackfake.Failure{Error: "internal_error"}},
		{"the edit's answer is lost", "chat.update", slackfake.Failure{Drop: true}},
		{"no locale", "users.info", slackfake.Failure{Error: "user_not_found"}},
		{"the message was deleted", "chat.update", slackfake.Failure{Error: "message_not_found"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, settings{history: true, lab: []lab.Option{lab.Latency(200 * time.Millisecond)}})
			r.Fail(c.method, c.f)
			r.Send(r.Command("U1", "C1", "/mailcheck", "spf-none.example"))
			r.final(1, "Publish")
			r.settle()
			if m := r.final(1, "Publish"); len(m) != 1 {
				t.Errorf("%d answers", len(m))
			}
		})
	}
}

// TestRevoked ends the bot with words that help.
func TestRevoked(t *testing.T) {
	t.Parallel()
	s := slackfake.New()
	defer s.Close()
	s.Revoke()
	client, stop, err := jobs.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b, err := New(Config{BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, APIURL: s.APIURL(),
		Queue: jobs.New(client, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "SLACK_BOT_TOKEN") {
		t.Errorf("a token revoked before the start: %v", err)
	}

	r := start(t, settings{})
	r.Send(r.Command("U1", "C1", "/mailcheck", "healthy.example"))
	r.final(1, "mail is set up well")
	r.Revoke()
	r.Cut()
	ended := make(chan error, 1)
	go func() { ended <- waitForEnd(r) }()
	select {
	case err := <-ended:
		if !errors.Is(err, ErrToken) || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
			t.Errorf("a token revoked while running: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("a revoked token does not end the bot")
	}
}

func waitForEnd(r *rig) error {
	err := <-r.ended
	r.stop = func() error { return nil }
	return err
}

// TestRedisGoesAway kills the real Redis under the bot: acknowledgements still come, the person is told, and the
// request is answered once when Redis is back.
func TestRedisGoesAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := start(
		t,
		settings{redis: server.URL(), http: true, history: true, lab: []lab.Option{lab.Latency(300 * time.Millisecond)}},
	)
	r.Send(r.Command("U1", "C1", "/mailcheck", "spf-none.example"))
	r.final(1, "Checking spf-none.example") // it runs
	server.Kill()
	r.final(1, "spf-none.example: broken") // and goes on without Redis
	id := r.Send(r.Command("U1", "C1", "/mailcheck", "spf-open.example"))
	if !r.Wait(3*time.Second, func() bool { return len(r.Acks()) == 2 }) {
		t.Fatal("no acknowledgement while Redis is away")
	}
	if a := r.Acks()[1]; a.Envelope != id || a.After > 2500*time.Millisecond ||
		!strings.Contains(str(a.Payload["text"]), "kept in memory") {
		t.Errorf("acknowledged %+v", a)
	}
	if !poll(5*time.Second, func() bool { return r.bot.Queue.Down() != nil }) {
		t.Fatal("nobody noticed")
	}
	resp, err := http.Get(r.url() + "/readyz")
	if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready without Redis: %v, %v", resp, err)
	}
	r.Send(r.Mention("U2", "C1", "check spf-twice.example"))
	if !r.Wait(3*time.Second, func() bool {
		for _, m := range r.Messages() {
			if m.User == "U2" && strings.Contains(m.Text, "kept in memory") {
				return true
			}
		}
		return false
	}) {
		t.Error("who mentions the bot is not told")
	}
	server.Start()
	r.final(1, "spf-open.example: broken")
	r.final(1, "spf-twice.example: broken")
	r.settle()
	for _, domain := range []string{"spf-none", "spf-open", "spf-twice"} {
		if n := len(r.final(1, domain+".example: broken")); n != 1 {
			t.Errorf("%s is answered %d times", domain, n)
		}
	}
}

// TestStopAndStart ends the bot while it works, in order: another one takes the job up, and the reader sees one answer.
func TestStopAndStart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := slackfake.New()
	defer s.Close()
	r := start(
		t,
		settings{redis: server.URL(), slack: s, history: true, lab: []lab.Option{lab.Latency(500 * time.Millisecond)}},
	)
	r.Send(r.Command("U1", "C1", "/mailcheck", "spf-none.example"))
	r.final(1, "Checking spf-none.example")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, settings{redis: server.URL(), slack: s})
	r.final(1, "spf-none.example: broken")
	r.settle()
	if n := len(r.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}
