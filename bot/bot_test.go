package bot

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/bot/jobs"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// TestOverSocket drives /mailcheck through Socket Mode: progress in one message, the answer in its place, the evidence in a modal,
// and a second check by a click.
func TestOverSocket(t *testing.T) {
	t.Parallel()
	r := start(t, settings{lab: []lab.Option{lab.Latency(80 * time.Millisecond)}})
	d := r.Command("U1", "C1", "/mailcheck", "spf-no-provider.example")
	id := r.Send(d)
	m := r.final(1, "v=spf1 ip4:192.0.2.80 include:spf.qiye.aliyun.com -all")[0]
	if m.Edits < 1 || m.User != "" || m.Channel != "C1" || !strings.Contains(m.Text, "broken") {
		t.Errorf("%d edits, user %q: %s", m.Edits, m.User, m.Text)
	}
	for _, a := range r.Acks() {
		if a.Envelope != id || a.After > time.Second || a.Payload != nil {
			t.Errorf("acknowledged %+v", a)
		}
	}
	r.Resend(id, d) // Slack lost the acknowledgement

	r.Send(r.Click("U2", m, "", button(t, m.Blocks, "evidence")))
	if !r.Wait(10*time.Second, func() bool { v := r.Views(); return len(v) == 1 && v[0].Updates > 0 }) {
		t.Fatal("no modal")
	}
	if text := viewText(r.Views()[0]); !strings.Contains(text, "spf.no-provider") && !strings.Contains(text, "spf.provider-missing") || !strings.Contains(text, "TXT") {
		t.Errorf("evidence: %s", text)
	}
	r.Send(r.Click("U2", m, "", button(t, m.Blocks, "recheck")))
	r.final(2, "include:spf.qiye.aliyun.com")
	r.settle()
	if n := len(r.Messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func viewText(v slackfake.View) string { return slackfake.AllText(viewBlocks(v)) }

func viewBlocks(v slackfake.View) (blocks []map[string]any) {
	list, _ := v.Body["blocks"].([]any)
	for _, b := range list {
		m, _ := b.(map[string]any)
		blocks = append(blocks, m)
	}
	return blocks
}

// TestOverHTTP drives the same through signed HTTP, in Chinese by the user's locale.
func TestOverHTTP(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true})
	r.SetLocale("U2", "zh-CN")
	post := func(d slackfake.Delivery) {
		t.Helper()
		status, body, took, err := r.PostSigned(t.Context(), r.url(), d)
		if err != nil || status != http.StatusOK || len(body) > 0 || took > time.Second {
			t.Fatalf("status %d, %q after %v, %v", status, body, took, err)
		}
	}
	d := r.Command("U2", "C1", "/mailcheck", "missing-dot.example")
	for range 3 {
		post(d)
	}
	m := r.final(1, "末尾缺少一个点")[0]
	post(r.Click("U2", m, "", button(t, m.Blocks, "evidence")))
	if !r.Wait(10*time.Second, func() bool { v := r.Views(); return len(v) == 1 && v[0].Updates > 0 }) {
		t.Fatal("no modal")
	}
	mention := r.Mention("U1", "C1", "check healthy.example")
	for range 3 {
		post(mention)
	}
	healthy := r.final(1, "mail is set up well")[0]
	if healthy.Thread == "" {
		t.Error("a mention is not answered in its thread")
	}
	post(r.Direct("U1", "D1", "检查 parked.example lang=zh"))
	r.final(1, "parked.example")
	post(r.Event(map[string]any{"type": "message", "channel_type": "im", "bot_id": "B1", "user": slackfake.BotUser, "channel": "D1", "text": "check healthy.example", "ts": "1.1"}))
	post(r.Event(map[string]any{"type": "team_join", "user": map[string]any{"id": "U9"}}))
	post(r.Event(map[string]any{"type": "brand_new_kind"}))
	post(r.Command("U1", "C1", "/mailcheck", "")) // an example, to the asker alone
	if m := r.final(1, "Which domain?")[0]; m.User != "U1" {
		t.Errorf("an error is shown to %q", m.User)
	}
	post(r.Command("U1", "C1", "/mailchekc", "healthy.example"))
	if m := r.final(1, "Did you mean /mailcheck?")[0]; m.User != "U1" {
		t.Errorf("an error is shown to %q", m.User)
	}
	r.settle()
	if n := len(r.Messages()); n != 5 {
		t.Errorf("%d messages", n)
	}
}

// TestRefused is what must not come in.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := start(t, settings{noSocket: true})
	body := "command=%2Fmailcheck&text=healthy.example&user_id=U1&channel_id=C1&team_id=T1"
	for _, c := range []struct {
		name, path, body string
		change           func(*http.Request)
		want             int
	}{
		{"right", "/slack/commands", body, func(*http.Request) {}, 200},
		{"wrong secret", "/slack/commands", body, func(q *http.Request) { slackfake.Sign(q, []byte(body), "other", time.Now()) }, 401},
		{"another body", "/slack/commands", body, func(q *http.Request) { slackfake.Sign(q, []byte("x"), slackfake.SigningSecret, time.Now()) }, 401},
		{"old", "/slack/commands", body, func(q *http.Request) {
			slackfake.Sign(q, []byte(body), slackfake.SigningSecret, time.Now().Add(-6*time.Minute))
		}, 401},
		{"from the future", "/slack/events", body, func(q *http.Request) {
			slackfake.Sign(q, []byte(body), slackfake.SigningSecret, time.Now().Add(6*time.Minute))
		}, 401},
		{"none", "/slack/interactions", body, func(q *http.Request) { q.Header.Del("X-Slack-Signature") }, 401},
		{"not hex", "/slack/interactions", body, func(q *http.Request) { q.Header.Set("X-Slack-Signature", "v0=zz") }, 401},
		{"oversized", "/slack/commands", strings.Repeat("x", maxBody+1), func(*http.Request) {}, 413},
		{"GET", "/slack/commands", body, func(q *http.Request) { q.Method = http.MethodGet }, 405},
		{"no command", "/slack/commands", "a=b", func(*http.Request) {}, 400},
		{"no payload", "/slack/interactions", "a=b", func(*http.Request) {}, 400},
		{"payload of junk", "/slack/interactions", "payload=%7B%7B", func(*http.Request) {}, 400},
		{"event of junk", "/slack/events", "junk", func(*http.Request) {}, 400},
		{"event that is a list", "/slack/events", "[1]", func(*http.Request) {}, 200},
		{"challenge", "/slack/events", `{"type":"url_verification","challenge":"c0ffee","token":"x"}`, func(*http.Request) {}, 200},
		{"nowhere", "/slack/other", body, func(*http.Request) {}, 404},
		{"alive", "/healthz", "", func(q *http.Request) { q.Method = http.MethodGet }, 200},
		{"ready", "/readyz", "", func(q *http.Request) { q.Method = http.MethodGet }, 200},
	} {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url()+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		slackfake.Sign(q, []byte(c.body), slackfake.SigningSecret, time.Now())
		c.change(q)
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", c.name, resp.StatusCode, c.want)
		}
	}
	r.final(1, "mail is set up well")
	if n := len(r.Messages()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// TestNotInTheChannel answers over the response_url, in its five uses.
func TestNotInTheChannel(t *testing.T) {
	t.Parallel()
	r := start(t, settings{lab: []lab.Option{lab.Latency(300 * time.Millisecond)}})
	r.Fail("respond", slackfake.Failure{Status: 429, RetryAfter: 1}, slackfake.Failure{Status: 503})
	r.Send(r.Command("U1", "C9", "/mailcheck", "spf-none.example"))
	m := r.final(1, "Publish")
	if !m[0].ByURL || m[0].User != "" || m[0].Edits == 0 {
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

// TestHostileText looks at what a zone can say: the fake faults whatever is not escaped.
func TestHostileText(t *testing.T) {
	t.Parallel()
	evil := `v=spf1 include:<!channel> <@U123> *bold* \` + "`" + "`" + "`" + ` -all`
	r := start(t, settings{lab: []lab.Option{lab.Zones(map[string]string{
		"evil.example": "@ MX 10 mail\nmail A 192.0.2.80\n@ TXT \"" + evil + "\"\n_dmarc TXT \"v=DMARC1; p=<!here>; rua=mailto:<!channel>@x\"\n",
	})}})
	r.Send(r.Command("U1", "C1", "/mailcheck", "evil.example"))
	m := r.final(1, "Check again")[0]
	r.Send(r.Click("U1", m, "", button(t, m.Blocks, "evidence")))
	if !r.Wait(10*time.Second, func() bool { v := r.Views(); return len(v) == 1 && v[0].Updates > 0 }) {
		t.Fatal("no modal")
	}
	if text := viewText(r.Views()[0]); !strings.Contains(text, "&lt;!channel&gt;") {
		t.Errorf("the record is not shown: %s", text)
	}
	r.Send(r.Command("U1", "C1", "/mailcheck", "<!channel> <@U123> *x*"))
	r.final(1, "/mailcheck example.com")
	r.Send(r.Command("U1", "C1", "/<!everyone>", "x"))
	r.final(1, "There is no command")
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
			r := start(t, settings{})
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

// TestSockets closes the socket in both ways: what is asked meanwhile is answered, once.
func TestSockets(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Disconnect()
	r.Send(r.Command("U1", "C1", "/mailcheck", "spf-none.example"))
	r.final(1, "spf-none.example: broken")
	r.Cut()
	if !r.Wait(5*time.Second, func() bool { return r.Sockets() == 0 }) {
		t.Fatal("still connected")
	}
	r.Send(r.Command("U1", "C1", "/mailcheck", "spf-open.example"))
	r.final(1, "spf-open.example: broken")
	unknown := r.SendRaw("brand_new", map[string]any{"a": 1})
	if !r.Wait(5*time.Second, func() bool {
		for _, a := range r.Acks() {
			if a.Envelope == unknown {
				return true
			}
		}
		return false
	}) {
		t.Error("an unknown envelope is not acknowledged")
	}
	r.settle()
	if n := len(r.Messages()); n != 2 {
		t.Errorf("%d messages", n)
	}
}

// TestRevoked ends the bot with words that help.
func TestRevoked(t *testing.T) {
	t.Parallel()
	s := slackfake.New()
	defer s.Close()
	s.Revoke()
	client, stop, err := jobs.Embedded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	b, err := New(Config{BotToken: slackfake.BotToken, AppToken: slackfake.AppToken, APIURL: s.APIURL(), Queue: jobs.New(client, 1)})
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

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, "SLACK_BOT_TOKEN is missing"},
		{Config{BotToken: "xapp-1"}, "belongs into SLACK_APP_TOKEN"},
		{Config{BotToken: "xoxb-1"}, "SLACK_SIGNING_SECRET"},
		{Config{BotToken: "xoxb-1", AppToken: "xoxb-1"}, "begin with xapp-"},
		{Config{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "https://slack.com"}, "ends in /api/"},
	} {
		if _, err := New(c.config); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
}

// TestRedisGoesAway kills the real Redis under the bot: acknowledgements still come, the person is told, and the request is
// answered once when Redis is back.
func TestRedisGoesAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := start(t, settings{redis: server.URL(), http: true, lab: []lab.Option{lab.Latency(50 * time.Millisecond)}})
	r.Send(r.Command("U1", "C1", "/mailcheck", "spf-none.example"))
	r.final(1, "Checking spf-none.example") // it runs
	server.Kill()
	r.final(1, "spf-none.example: broken") // and goes on without Redis
	id := r.Send(r.Command("U1", "C1", "/mailcheck", "spf-open.example"))
	if !r.Wait(3*time.Second, func() bool { return len(r.Acks()) == 2 }) {
		t.Fatal("no acknowledgement while Redis is away")
	}
	if a := r.Acks()[1]; a.Envelope != id || a.After > 2500*time.Millisecond || !strings.Contains(str(a.Payload["text"]), "kept in memory") {
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

func str(v any) string { s, _ := v.(string); return s }

// TestStopAndStart ends the bot while it works, in order: another one takes the job up, and the reader sees one answer.
func TestStopAndStart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := slackfake.New()
	defer s.Close()
	r := start(t, settings{redis: server.URL(), slack: s, lab: []lab.Option{lab.Latency(500 * time.Millisecond)}})
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

// TestConcurrent asks from many people at once: each is answered once, and no limit of Slack is broken.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	r := start(t, settings{workers: 16})
	for i := range 12 {
		channel := "D" + string(rune('a'+i))
		r.Send(r.Direct("U1", channel, "check spf-none.example"))
	}
	r.final(12, "spf-none.example: broken")
	r.settle()
	if n := len(r.Messages()); n != 12 {
		t.Errorf("%d messages", n)
	}
}

// TestTwoBots runs two bots beside each other on one Redis: whichever hears of a request, and however often both do, it is answered once.
func TestTwoBots(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := slackfake.New()
	defer s.Close()
	one := start(t, settings{redis: server.URL(), slack: s, http: true})
	two := start(t, settings{redis: server.URL(), slack: s, http: true})
	for i := range 4 {
		d := s.Command("U1", "D"+string(rune('a'+i)), "/mailcheck", "spf-none.example")
		for _, r := range []*rig{one, two, one} {
			if status, _, _, err := s.PostSigned(t.Context(), r.url(), d); err != nil || status != http.StatusOK {
				t.Fatal(status, err)
			}
		}
	}
	one.final(4, "spf-none.example: broken")
	one.settle()
	if n := len(s.Messages()); n != 4 {
		t.Errorf("%d messages", n)
	}
	// What was kept by one is shown by the other.
	m := one.final(4, "spf-none.example: broken")[0]
	if _, _, _, err := s.PostSigned(t.Context(), two.url(), s.Click("U1", m, "", button(t, m.Blocks, "evidence"))); err != nil {
		t.Fatal(err)
	}
	if !s.Wait(10*time.Second, func() bool { v := s.Views(); return len(v) == 1 && v[0].Updates > 0 }) {
		t.Error("no modal")
	}
}

// TestMentionsAndThreads answers everyone in a thread, and what is for the asker alone where the asker sees it: Slack shows no such
// message in a thread that has not begun.
func TestMentionsAndThreads(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Mention("U1", "C1", "help"))
	if m := r.final(1, "What you can ask")[0]; m.User != "U1" || m.Thread != "" {
		t.Errorf("help: %+v", m)
	}
	r.Send(r.Reply("U2", "C1", "111.222", "help"))
	if m := r.final(2, "What you can ask")[1]; m.User != "U2" || m.Thread != "111.222" {
		t.Errorf("help in a thread: %+v", m)
	}
	r.Send(r.Reply("U2", "C1", "111.222", "check <http://healthy.example|healthy.example>"))
	if m := r.final(1, "mail is set up well")[0]; m.User != "" || m.Thread != "111.222" {
		t.Errorf("an answer in a thread: %+v", m)
	}
}

// TestLargeReport shows a report that no message holds: a summary, and all of it in a modal whose pages are turned.
func TestLargeReport(t *testing.T) {
	t.Parallel()
	zone := ""
	for i := range 32 {
		zone += fmt.Sprintf("@ MX %d m%02d\nm%02d CNAME host\n", i+1, i, i)
	}
	r := start(t, settings{lab: []lab.Option{lab.Zones(map[string]string{"big.example": zone + "host A 192.0.2.80\n;! smtp 192.0.2.80: no-starttls\n"})}})
	r.Send(r.Command("U1", "C1", "/mailcheck", "big.example"))
	m := r.final(1, "more parts do not fit")[0]
	r.Send(r.Click("U1", m, "", button(t, m.Blocks, "show-all")))
	seen, updates := "", 0
	for {
		updates++
		if !r.Wait(10*time.Second, func() bool { v := r.Views(); return len(v) == 1 && v[0].Updates == updates }) {
			t.Fatalf("page %d does not come", updates)
		}
		v := r.Views()[0]
		seen += viewText(v)
		var next *slackfake.Button
		for _, b := range slackfake.Buttons(viewBlocks(v)) {
			if b.ActionID == "turn:on" {
				next = &b
			}
		}
		if next == nil {
			break
		}
		r.Send(r.Click("U1", slackfake.Message{}, v.ID, *next))
	}
	if updates < 2 {
		t.Errorf("%d pages", updates)
	}
	for i := range 32 {
		if host := fmt.Sprintf("m%02d.big.example", i); !strings.Contains(seen, host) {
			t.Errorf("%s is on no page", host)
		}
	}
}

// TestAdvice asks for a channel, explains a bounce and drafts a ticket in Slack: each answer is for the asker, within the limits, and its buttons
// ask on.
func TestAdvice(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Command("U1", "C1", "/mailhelp", "邮箱收不到信 很急 lang=zh"))
	m := r.final(1, "是哪家邮件服务商")[0]
	if m.User != "U1" {
		t.Errorf("shown to all: %+v", m)
	}
	r.Send(r.Click("U1", m, "", button(t, m.Blocks, "provider-alimail")))
	r.final(1, "4008013260")
	r.Send(r.Mention("U1", "C1", "host mx3.qq.com said: 550 <!channel> Ip frequency limited"))
	r.final(1, "Too much mail in a short time")
	r.Send(r.Command("U1", "C1", "/mailticket", "spf-no-provider.example no mail since 9:00 password: hunter22"))
	ticket := slackfake.AllText(r.final(1, "Ticket text for spf-no-provider.example")[0].Blocks)
	if !strings.Contains(ticket, "spf.provider-missing") || strings.Contains(ticket, "hunter22") {
		t.Errorf("ticket: %s", ticket)
	}
}
