package bot

import (
	"strings"
	"testing"

	"signpost/bot/internal/slackfake"
)

// TestAskInWords answers questions in a thread, and hands to people what was said of this matter, once.
func TestAskInWords(t *testing.T) {
	t.Parallel()
	r := start(t, settings{handover: "C2"})
	r.Join("C2")
	r.Send(r.Mention("U1", "C1", "which channel for DKIM?"))
	first := r.final(1, "Switch DKIM on in the provider")[0]
	for _, want := range []string{"because-spf-dkim-dmarc", "What suits this"} {
		if text := slackfake.AllText(first.Blocks); !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	r.Send(r.Reply("U1", "C1", first.Thread, "how do I bake bread? <!here> pwd=hunter22"))
	unknown := r.final(1, "I do not know that")[0]
	if unknown.Thread != first.Thread {
		t.Errorf("answered in thread %q, asked in %q", unknown.Thread, first.Thread)
	}
	click := r.Click("U1", unknown, "", button(t, unknown.Blocks, "person"))
	id := r.Send(click)
	m := r.final(1, "Somebody asks for a person")[0]
	text := slackfake.AllText(m.Blocks)
	for _, want := range []string{"<@U1>", "<#C1>", "/mailask how do I bake bread? &lt;!here&gt; pwd=***",
		"I do not know that"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	// DKIM was another matter.
	if m.Channel != "C2" || strings.Contains(text, "hunter22") || strings.Contains(text, "DKIM") {
		t.Errorf("in %s:\n%s", m.Channel, text)
	}
	r.Resend(id, click)
	r.final(1, "Handed over as MAIL-1, with the whole conversation (1 question)")
	root := r.rootOf("C2", "MAIL-1", 1)
	r.settle()
	if told := r.final(1, "Somebody asks for a person"); len(told) != 1 || told[0].Channel != "C2" ||
		told[0].Thread != root.TS {
		t.Errorf("handed over %d times, %+v", len(told), told[0])
	}
}

// TestHandoverFails tells whoever asked that the bot is not in the channel, and asks for the matter where nothing was
// said.
func TestHandoverFails(t *testing.T) {
	t.Parallel()
	r := start(t, settings{handover: "C3"})
	r.Send(r.Direct("U1", "D1", "SPF 怎么配？"))
	m := r.final(1, "Setting up SPF")[0]
	r.Send(r.Click("U1", m, "", button(t, m.Blocks, "person")))
	if told := r.final(1, "the bot is not in that channel")[0]; told.User != "U1" && told.Channel != "D1" {
		t.Errorf("%+v", told)
	}
	r.Send(r.Click("U2", slackfake.Message{Channel: "D2", TS: "1.1"}, "", button(t, m.Blocks, "person")))
	r.final(1, "Open a case") // nothing was said: it is asked for
}

// TestHandoverAnywhere hands over where no channel of people is chosen: what was asked for, with its words, becomes a
// case where it was said.
func TestHandoverAnywhere(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Mention("U1", "C1", "human please, our invoices do not reach Gmail"))
	r.final(1, "Handed over as MAIL-1, with the whole conversation (1 question)")
	root := r.rootOf("C1", "our invoices do not reach Gmail", 1)
	if m := r.final(1, "Somebody asks for a person")[0]; m.Thread != root.TS {
		t.Errorf("in thread %q of %s", m.Thread, m.Channel)
	}
	r.Send(r.Direct("U2", "D2", "转人工：收不到外部邮件"))
	r.final(1, "SIGNPOST_HANDOVER")
	r.rootOf("D2", "收不到外部邮件", 2)
}

// TestChannelLanguage answers everybody in the channel's language, and one person in theirs.
func TestChannelLanguage(t *testing.T) {
	t.Parallel()
	r := start(t, settings{})
	r.Send(r.Command("U1", "C1", "/mailset", "language=zh"))
	r.final(1, "中文")
	r.Send(r.Command("U1", "C1", "/mailcheck", "spf-none.example"))
	if m := r.final(1, "重新检查")[0]; m.User != "" || !strings.Contains(slackfake.AllText(m.Blocks), "存在故障") {
		t.Errorf("%+v", m)
	}
	r.Send(r.Command("U1", "C1", "/mailcheck", "nonsense"))
	r.final(1, "/mailcheck example.com")
	r.Send(r.Command("U1", "C1", "/mailcheck", "healthy.example lang=en"))
	r.final(1, "mail is set up well")
	r.Send(r.Command("U1", "C1", "/mailset", "language=xx"))
	r.final(1, "Not taken: language=xx")
	r.Send(r.Command("U1", "C1", "/mailset", "language=asker"))
	r.final(1, "that of whoever asks")
}
