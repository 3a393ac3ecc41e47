package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"signpost/bot/internal/slackfake"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

// TestAssistantView: who opens the view for assistants is told what may be asked, in their language; while an answer is
// sought that is shown, and the answer comes in the thread.
func TestAssistantView(t *testing.T) {
	t.Parallel()
	fake := slackfake.New()
	t.Cleanup(fake.Close)
	fake.Grant("assistant:write")
	r := start(t, settings{slack: fake})
	r.SetLocale("U1", "zh-CN")
	opened, thread := r.OpenAssistant("U1", "D1")
	r.Send(opened)
	r.Send(opened) // Slack may deliver again
	if !r.Wait(10*time.Second, func() bool { return len(r.Assistant(thread).Prompts) > 0 }) {
		t.Fatal("nothing is suggested")
	}
	shown := r.Assistant(thread)
	if want := prompts(language.Chinese); len(shown.Prompts) != len(want) || shown.Prompts[0].Title != want[0].Title ||
		shown.Title != chat.Text(language.Chinese, "assistant.title", nil) {
		t.Errorf("suggested: %+v", shown)
	}
	r.Send(r.SayToAssistant("U1", "D1", thread, shown.Prompts[2].Message))
	m := r.final(1, "DKIM")[0]
	if m.Thread != thread || m.User != "" {
		t.Errorf("answered in the thread %q, to %q", m.Thread, m.User)
	}
	if got := r.Assistant(thread).Statuses; len(got) != 1 ||
		got[0] != chat.Text(language.Chinese, "assistant.thinking", nil) {
		t.Errorf("statuses: %q", got)
	}
	r.settle()
	if n := r.Calls("assistant.threads.setSuggestedPrompts"); n != 1 {
		t.Errorf("suggested %d times", n)
	}
}

// TestNoAssistantView: an app without the view sets no status in the threads of direct messages.
func TestNoAssistantView(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.SayToAssistant("U1", "D1", "1.1", "How do I set up DKIM?"))
	r.final(1, "DKIM")
	if n := r.Calls("assistant.threads.setStatus"); n != 0 {
		t.Errorf("%d statuses", n)
	}
}

// TestPromptsAreUnderstood: what is suggested asks for something, in every language.
func TestPromptsAreUnderstood(t *testing.T) {
	for _, lang := range chat.Languages() {
		all := prompts(lang)
		if len(all) != maxPrompts {
			t.Errorf("%v: %d prompts", lang, len(all))
		}
		for n, want := range []string{chat.Check, chat.Help, chat.Ask, chat.Help} {
			command, text := intent.FromWords(all[n].Message, false)
			if command != want {
				t.Errorf("%v: %q is taken for %s %s", lang, all[n].Message, command, text)
			}
		}
		raw, err := Manifest(lang, "", Assistant)
		if err != nil {
			t.Fatal(err)
		}
		var m slack.Manifest
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`"assistant_view"`, `"assistant:write"`, `"assistant_thread_started"`, all[0].Title} {
			if !strings.Contains(string(raw), want) {
				t.Errorf("%v: %s is missing in the manifest", lang, want)
			}
		}
	}
	if raw, err := Manifest(language.English, ""); err != nil || strings.Contains(string(raw), "assistant") {
		t.Error("the view is asked for by default")
	}
}

// TestGlobalShortcut asks for the domain in a form, wherever the reader is, and answers in a direct message.
func TestGlobalShortcut(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.GlobalShortcut("U1", checkDomain))
	v := r.filled("Check a mail domain")
	r.Send(r.Submit("U1", v, map[string]string{"domain": "not a domain"}))
	if !r.Wait(5*time.Second, func() bool {
		for _, a := range r.Acks() {
			if a.Payload["response_action"] == "errors" {
				return true
			}
		}
		return false
	}) {
		t.Error("a wrong domain is taken")
	}
	r.Send(r.Submit("U1", v, map[string]string{"domain": "spf-none.example"}))
	m := r.final(1, "spf-none.example: broken")[0]
	if m.Channel != "U1" {
		t.Errorf("answered in %q", m.Channel)
	}
}
