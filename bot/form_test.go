package bot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
)

// filled waits for the one modal that holds a text.
func (r *rig) filled(text string) slackfake.View {
	r.t.Helper()
	var found slackfake.View
	if !r.Wait(15*time.Second, func() bool {
		for _, v := range r.Views() {
			raw, _ := json.Marshal(v.Body)
			if strings.Contains(string(raw), text) {
				found = v
				return true
			}
		}
		return false
	}) {
		r.t.Fatalf("no modal with %q among %d", text, len(r.Views()))
	}
	return found
}

// TestForms asks back in modals: at once a waiting one, then the form, filled in from the diagnosis; what is wrong
// stands on its field.
func TestForms(t *testing.T) {
	t.Parallel()
	for _, over := range []string{"socket", "http"} {
		t.Run(over, func(t *testing.T) {
			t.Parallel()
			r := start(t, settings{noSocket: over == "http"})
			deliver := func(d slackfake.Delivery) (answer map[string]any) {
				t.Helper()
				if over == "http" {
					status, body, _, err := r.PostSigned(t.Context(), r.url(), d)
					if err != nil || status != http.StatusOK {
						t.Fatalf("status %d, %v", status, err)
					}
					_ = json.Unmarshal(body, &answer)
					return answer
				}
				id := r.Send(d)
				if !r.Wait(5*time.Second, func() bool {
					for _, a := range r.Acks() {
						if a.Envelope == id {
							answer = a.Payload
							return true
						}
					}
					return false
				}) {
					t.Fatal("not acknowledged")
				}
				return answer
			}
			deliver(r.Command("U1", "C1", "/mailticket", "spf-no-provider.example"))
			v := r.filled("Found: SPF does not name your mailbox provider")
			if raw, _ := json.Marshal(v.Body); v.Updates != 1 ||
				!strings.Contains(string(raw), `"initial_value":"spf-no-provider.example"`) ||
				!strings.Contains(string(raw), `"value":"alimail"`) {
				t.Errorf("%d updates: %s", v.Updates, raw)
			}
			wrong := deliver(r.Submit("U1", v, map[string]string{"domain": "not a domain", "problem": "x"}))
			errors, _ := wrong["errors"].(map[string]any)
			if wrong["response_action"] != "errors" || len(errors) != 1 ||
				!strings.Contains(fmt.Sprint(errors["domain"]), "example.com") {
				t.Errorf("a wrong domain gives %v", wrong)
			}
			right := r.Submit("U1", v, map[string]string{"account": "admin@corp",
				"problem": "No mail <!channel> since Monday, password: hunter22", "since": "2026-11-23 09:00 +08:00",
				"text": "both"})
			for range 3 { // Slack may deliver again
				if answer := deliver(right); answer["response_action"] != nil {
					t.Errorf("refused: %v", answer)
				}
			}
			m := r.final(1, "Ticket text for spf-no-provider.example")[0]
			text := slackfake.AllText(m.Blocks)
			for _, want := range []string{"admin@corp", "Since: 2026-11-23 09:00", "管理员账号：admin@corp", "&lt;!channel&gt;",
				"Taken out of your text: a password", "create-ticket-intl"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in\n%s", want, text)
				}
			}
			if strings.Contains(text, "hunter22") || m.User != "U1" || !m.ByURL {
				t.Errorf("to %q, by URL %v:\n%s", m.User, m.ByURL, text)
			}
			deliver(r.Click("U1", m, "", button(t, m.Blocks, "edit"))) // the form again, as it was filled in
			if again := r.filled("since Monday"); again.ID == v.ID {
				t.Error("no new modal")
			}
			r.settle()
			if n := len(r.Messages()); n != 1 {
				t.Errorf("%d messages", n)
			}
		})
	}
}

// TestHelpForm asks by modal after a bare /mailhelp, and lists the commands where there can be no modal.
func TestHelpForm(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.SetLocale("U1", "zh-CN")
	r.Send(r.Direct("U1", "D1", "帮助"))
	r.final(1, "/mailticket")
	r.Send(r.Command("U1", "C1", "/mailhelp", ""))
	v := r.filled("该用哪个支持渠道？")
	r.Send(r.Submit("U1", v, map[string]string{"problem": "收不到信", "provider": "alimail", "urgent": "yes"}))
	m := r.final(1, "首选电话")[0]
	if text := slackfake.AllText(m.Blocks); !strings.Contains(text, "4008013260") || !strings.Contains(text, "紧急") ||
		m.User != "U1" {
		t.Errorf("to %q: %s", m.User, text)
	}
	r.Send(r.Mention("U1", "C1", ""))
	help := r.final(2, "/mailticket")[1]
	r.Send(r.Click("U1", help, "", button(t, help.Blocks, "form")))
	if !r.Wait(10*time.Second, func() bool { return len(r.Views()) == 2 }) {
		t.Error("the button opens no form")
	}
}

// TestBounceFiles explains bounces from a message shortcut and from attached files.
func TestBounceFiles(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Shortcut("U1", "C1", "explain_bounce",
		"550 5.1.1 &lt;<mailto:nobody@healthy.example|nobody@healthy.example>&gt;: user unknown"))
	m := r.final(1, "5.1.1")[0]
	if text := slackfake.AllText(m.Blocks); m.User != "U1" || !strings.Contains(text, "healthy.example") ||
		strings.Contains(text, "mailto") {
		t.Errorf("to %q: %s", m.User, text)
	}
	eml := "From: MAILER-DAEMON@x.example\r\nTo: a@y.example\r\nSubject: =?GB18030?B?zcvQxQ==?=\r\nContent-Type: " +
		"text/plain; charset=GB18030\r\n\r\n552 5.2.2 mailbox full\r\n"
	large := r.File("huge.eml", []byte(eml+strings.Repeat("x", 26<<20)))
	long := r.File("long.eml", []byte(eml+strings.Repeat(strings.Repeat("x", 70)+"\r\n", 90_000)))
	strange := map[string]any{"id": "F1", "name": "a.eml", "size": 10,
		"url_private_download": "https://files.evil.example/a.eml"}
	file := func(f any, text string) slackfake.Delivery {
		return r.Event(map[string]any{"type": "message", "channel_type": "im", "subtype": "file_share", "user": "U1",
			"channel": "D1", "text": text, "ts": "1.2", "files": []any{f}})
	}
	r.Send(file(r.File("bounce.eml", []byte(eml)), ""))
	r.final(1, "5.2.2")
	r.Send(file(large, "what is this"))
	r.final(1, "files of up to 25.0 MB are read")
	r.Send(file(long, ""))
	r.final(1, "Only the first 4.0 MB were read")
	r.Send(file(r.File("picture.png", []byte("\x89PNG\x00\x00")), ""))
	r.final(1, "picture.png is no text")
	r.Send(r.Shortcut("U1", "C1", "explain_bounce", "", strange))
	r.final(1, "/mailbounce 550 5.7.26")
	if n := r.Calls("download"); n != 3 {
		t.Errorf("%d downloads", n)
	}
}
