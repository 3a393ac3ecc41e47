package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestMore gives the rest of the last answer to whoever types more, by every way and in either language.
func TestMore(t *testing.T) {
	o := openOffice(t)
	if got := words(o.ask("more", by(chat.Help))); !strings.Contains(got, "More of what") {
		t.Errorf("more of nothing:\n%s", got)
	}
	short := words(o.ask("phone number of alimail in China", by(chat.Help)))
	for _, c := range []struct{ command, text string }{{chat.Help, "more"}, {"", "more"}, {chat.Ask, "More!"},
		{"", "更多"}} {
		long := words(o.ask(c.text, by(c.command)))
		if len(long) <= len(short) || !strings.Contains(long, "Alibaba Mail") && !strings.Contains(long, "阿里") {
			t.Errorf("%q %q:\n%s\nafter\n%s", c.command, c.text, long, short)
		}
	}
	o.ask("spf-no-provider.example", by(chat.Check))
	if got := o.ask("more", by("")); !strings.Contains(words(got), "spf-no-provider.example") {
		t.Errorf("more of a diagnosis:\n%s", words(got))
	}
	if got := words(o.ask("more", by(chat.Help), as("U7"))); !strings.Contains(got, "More of what") {
		t.Errorf("another person's answer:\n%s", got)
	}
	if got := words(o.ask("更多", by(chat.Help), as("U7"),
		func(r *chat.Request) { r.Lang = language.Chinese })); !strings.Contains(got, "更多内容") {
		t.Errorf("%s", got)
	}
}

// TestHandoverOfThisMatter hands over what was asked about the same thing, and nothing of what was asked before.
func TestHandoverOfThisMatter(t *testing.T) {
	o := openOffice(t)
	for _, text := range []string{"SPF for mx-none.example?", "what is DMARC", "how do I write a ticket",
		"port 25 is blocked"} {
		o.ask(text, by(chat.Ask))
		o.now = o.now.Add(time.Minute)
	}
	o.ask("invoices to customers bounce since 9:00", by(chat.Help))
	o.now = o.now.Add(time.Minute)
	got := o.ask("human please, our invoices bounce since 9:00", by(chat.Help))
	var handed strings.Builder
	for _, p := range got.Outbox {
		handed.WriteString(words(p.Reply))
	}
	if !strings.Contains(handed.String(), "invoices to customers bounce") ||
		!strings.Contains(handed.String(), "our invoices bounce") {
		t.Errorf("the matter is not handed over:\n%s", handed.String())
	}
	for _, other := range []string{"mx-none.example", "what is DMARC", "how do I write a ticket", "port 25"} {
		if strings.Contains(handed.String(), other) {
			t.Errorf("%q is handed over:\n%s", other, handed.String())
		}
	}
	o.now = o.now.Add(2 * time.Hour)
	o.ask("no mail at healthy.example", by(chat.Help))
	o.now = o.now.Add(time.Minute)
	got = o.ask("转人工：healthy.example 收不到信", by(chat.Help))
	handed.Reset()
	for _, p := range got.Outbox {
		handed.WriteString(words(p.Reply))
	}
	if !strings.Contains(handed.String(), "no mail at healthy.example") || strings.Contains(handed.String(), "invoices") {
		t.Errorf("%s", handed.String())
	}
}
