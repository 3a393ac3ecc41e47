package bot

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/diag/lab"
	"signpost/internal/redistest"
)

// TestOverSocket drives /mailcheck through Socket Mode: progress in one message, the answer in its place, the evidence
// in a modal, and a second check by a click.
func TestOverSocket(t *testing.T) {
	t.Parallel()
	r := start(t, settings{history: true, lab: []lab.Option{lab.Latency(150 * time.Millisecond)}})
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
	if text := viewText(r.Views()[0]); !strings.Contains(text, "spf.no-provider") &&
		!strings.Contains(text, "spf.provider-missing") || !strings.Contains(text, "TXT") {
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
	post(r.Event(map[string]any{"type": "message", "channel_type": "im", "bot_id": "B1", "user": slackfake.BotUser,
		"channel": "D1", "text": "check healthy.example", "ts": "1.1"}))
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
		{"wrong secret", "/slack/commands", body,
			func(q *http.Request) { slackfake.Sign(q, []byte(body), "other", time.Now()) }, 401},
		{"another body", "/slack/commands", body,
			func(q *http.Request) { slackfake.Sign(q, []byte("x"), slackfake.SigningSecret, time.Now()) }, 401},
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
		{"challenge", "/slack/events", `{"type":"url_verification","challenge":"c0ffee","token":"x"}`, func(*http.Request) {},
			200},
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

// TestHostileText looks at what a zone can say: the fake faults whatever is not escaped.
func TestHostileText(t *testing.T) {
	t.Parallel()
	evil := `v=spf1 include:<!channel> <@U123> *bold* \` + "`" + "`" + "`" + ` -all`
	r := start(t, settings{lab: []lab.Option{lab.Zones(map[string]string{
		"evil.example": "@ MX 10 mail\nmail A 192.0.2.80\n@ TXT \"" + evil +
			"\"\n_dmarc TXT \"v=DMARC1; p=<!here>; rua=mailto:<!channel>@x\"\n",
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

func str(v any) string { s, _ := v.(string); return s }

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

// TestTwoBots runs two bots beside each other on one Redis: whichever hears of a request, and however often both do, it
// is answered once.
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
	if _, _, _, err := s.PostSigned(t.Context(), two.url(),
		s.Click("U1", m, "", button(t, m.Blocks, "evidence"))); err != nil {
		t.Fatal(err)
	}
	if !s.Wait(10*time.Second, func() bool { v := s.Views(); return len(v) == 1 && v[0].Updates > 0 }) {
		t.Error("no modal")
	}
}

// TestMentionsAndThreads answers everyone in a thread, and what is for the asker alone where the asker sees it: Slack
// shows no such message in a thread that has not begun.
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

// TestLargeReport shows a report that no message holds: what matters most, and all of it in a modal whose pages are
// turned.
func TestLargeReport(t *testing.T) {
	t.Parallel()
	zone := ""
	for i := range 32 {
		zone += fmt.Sprintf("@ MX %d m%02d\nm%02d CNAME host\n", i+1, i, i)
	}
	r := start(t, settings{lab: []lab.Option{lab.Zones(map[string]string{"big.example": zone +
		"host A 192.0.2.80\n;! smtp 192.0.2.80: no-starttls\n"})}})
	r.Send(r.Command("U1", "C1", "/mailcheck", "big.example"))
	m := r.final(1, "big.example: broken")[0]
	r.Send(r.Click("U1", m, "", button(t, m.Blocks, "evidence")))
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

// TestAdvice asks for a channel, explains a bounce and drafts a ticket in Slack: each answer is for the asker, within
// the limits, and its buttons ask on.
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

// TestUnknownKinds leaves a line in the log for each event that this version does not know, over either way.
func TestUnknownKinds(t *testing.T) {
	t.Parallel()
	r := start(t, settings{http: true})
	r.Send(r.Event(map[string]any{"type": "socket_inner_kind"}))
	r.SendRaw("socket_outer_kind", map[string]any{"a": 1})
	for _, d := range []slackfake.Delivery{
		r.Event(map[string]any{"type": "http_inner_kind"}),
		r.Envelope(map[string]any{"type": "http_outer_kind", "token": "x"}),
	} {
		if status, _, _, err := r.PostSigned(t.Context(), r.url(), d); err != nil || status != http.StatusOK {
			t.Errorf("%d, %v", status, err)
		}
	}
	for _, kind := range []string{"socket_inner_kind", "socket_outer_kind", "http_inner_kind", "http_outer_kind"} {
		if !poll(5*time.Second, func() bool { return strings.Contains(unknownKinds.String(), kind) }) {
			t.Errorf("%s leaves no line", kind)
		}
	}
}
