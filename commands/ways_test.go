package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

// TestEveryWayAlike gives the same answer to one question by every way.
func TestEveryWayAlike(t *testing.T) {
	d := deps(t)
	at := time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC)
	d.Now = func() time.Time { return at }
	for _, text := range []string{
		"阿里云企业邮箱客服电话多少", "阿里企业邮人工几点下班", "万网邮箱 新加坡 电话", "腾讯企业邮怎么联系真人", "阿里邮箱发票找谁", "阿里邮箱在哪提工单", "有阿里邮箱的在线客服吗", "求阿里邮箱客服热线!!!",
		"phone for alimail in Shanghai pls", "alimail: who can I call at night",
		"number of microsoft 365 support in Malaysia", "any live chat at google workspace",
		"where do I open a ticket at Zoho", "企业邮箱客服电话", "support hotline?",
		"Hi, what is the phone number of Alibaba Mail support?", "你好，请问阿里邮箱客服电话是多少", "hello, 阿里邮箱 phone?", "谁有阿里邮箱的客服电话",
		"help! phone number of alimail", "thanks, and what's the alimail hotline?",
	} {
		lang := chat.LanguageOf(text, language.English)
		want, _ := ask(t, d, chat.Help, text, lang)
		for _, way := range []struct{ name, command, text string }{{"mailask", chat.Ask, text}, {"direct message", "", text},
			{"mention", "", "<@U0BOT> " + text}} {
			if got, _ := ask(t, d, way.command, way.text, lang); got.Lines() != want.Lines() {
				t.Errorf("%q by %s:\n%s\nby mailhelp:\n%s", text, way.name, got.Lines(), want.Lines())
			}
		}
		if want.Height() > chat.MaxLines || len(want.Sections) == 0 {
			t.Errorf("%q: %d lines", text, want.Height())
		}
	}
}

// TestMeantByWords holds what is meant by more of what people write: words that hold a domain diagnose it, small talk
// is let be, an order stays one.
func TestMeantByWords(t *testing.T) {
	for text, want := range map[string]string{
		"hey, healthy.example looks broken":                "mailcheck healthy.example",
		"can somebody look at healthy.example?":            "mailcheck healthy.example",
		"healthy.example pls":                              "mailcheck healthy.example",
		"mail for healthy.example is not arriving":         "mailcheck healthy.example",
		"看看 healthy.example":                               "mailcheck healthy.example",
		"帮忙查一下healthy.example":                             "mailcheck healthy.example",
		"healthy.example 是不是有问题啊":                          "mailcheck healthy.example",
		"我们 healthy.example 从昨天开始收不到邮件了":                   "mailcheck healthy.example",
		"diagnose healthy.example for me":                  "mailcheck healthy.example",
		"https://healthy.example":                          "mailcheck https://healthy.example",
		"/mailticket healthy.example no mail":              "mailticket healthy.example no mail",
		"sounds good, thanks for the quick reply everyone": "", "see you tomorrow": "", "lunch?": "", "brb": "", "😀😀": "",
		"早": "", "辛苦了": "", "明天见": "", "收到，谢谢大家": "", "嗯嗯": "", "好的👌": "", "happy friday!": "",
		"wow": "", "nice one": "", "take care everyone": "", "thx, glad to hear": "", "真不错": "", "我先去吃饭了": "", "国庆快乐": "",
		"哈哈 太好了": "", "周末愉快": "", "good night": "", "on my way": "",
	} {
		c, rest := intent.FromWords(text, false)
		if want == "" {
			if c != chat.Quiet && c != chat.Thanks {
				t.Errorf("%q asks for nothing: %q %q", text, c, rest)
			}
			continue
		}
		if c+" "+rest != want {
			t.Errorf("%q: %q %q, want %q", text, c, rest, want)
		}
	}
}

// TestNothingAskedAgain asks nobody for what the workspace said once: its domains, provider, region and account.
func TestNothingAskedAgain(t *testing.T) {
	o := openOffice(t)
	o.ask("domains=healthy-alimail.example provider=alimail region=CN account=boss@healthy-alimail.example", by(chat.Set))
	for _, c := range []struct{ command, text string }{
		{chat.Help, "no mail since 9:00"}, {chat.Help, "客服电话多少"}, {chat.Help, "who do I call"},
		{chat.Help, "urgent, nobody can sign in"}, {chat.Help, "我是新手，怎么加邮箱"}, {chat.Help, "invoice"},
		{chat.Help, "邮箱被盗"}, {chat.Help, "how do I add a mailbox"}, {chat.Ask, "收不到邮件怎么办"}, {chat.Ask, "support hotline"},
		{chat.Ask, "why do our messages land in spam"}, {chat.Ticket, "no mail since 9:00"},
		{chat.Ticket, "从早上起收不到信"}, {chat.Check, ""}, {"", "our mail does not arrive"}, {"", "打什么电话"}, {"", "是不是服务商挂了"},
	} {
		r := o.ask(c.text, by(c.command))
		got := full(r)
		for _, asked := range []string{
			chat.Text(language.English, "mailhelp.which-provider", nil),
			chat.Text(language.Chinese, "mailhelp.which-provider", nil), chat.Text(language.English, "ticket.which-domain", nil),
			"No region was named", "没有写明地区", "name the domain", "写出域名即可", "(name only)", "仅填账号名",
		} {
			if strings.Contains(got, asked) || r.Form != nil {
				t.Errorf("%s %s: %q is asked, form %v:\n%s", c.command, c.text, asked, r.Form != nil, r.Lines())
				break
			}
		}
	}
}
