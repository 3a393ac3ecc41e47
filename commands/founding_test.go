package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

// firstLines is the title and the rows of a reply as they are read, the first so many.
func firstLines(r chat.Reply, most int) string {
	out := []string{r.Title}
	for _, s := range r.Sections {
		for _, line := range append([]string{s.Heading, s.Text}, s.Items...) {
			if line != "" {
				out = append(out, line)
			}
		}
		for _, f := range s.Fields {
			out = append(out, f.Label+": "+f.Plain())
		}
	}
	return strings.Join(out[:min(len(out), most)], "\n")
}

// TestFoundingQuestion asks for a telephone, the hours, a chat, a ticket, an address or a person in the ways in which people do: what was asked for
// stands in the first lines with its source and date, whatever the command, and what to have at hand follows.
func TestFoundingQuestion(t *testing.T) {
	d := deps(t)
	d.Now = func() time.Time { return time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		text string
		lang language.Tag
		want []string // in the first six lines
	}{
		{"阿里云企业邮箱客服电话多少", language.Chinese, []string{"4008013260", "全天服务", "中国内地", "2026-11-23", "help.aliyun.com"}},
		{"怎么联系阿里云人工客服", language.Chinese, []string{"4008013260", "中国内地", "2026-11-23"}},
		{"阿里邮箱打哪个电话", language.English, []string{"4008013260", "中国内地"}}, // the language of the words
		{"阿里邮箱客服几点上班？", language.Chinese, []string{"4008013260", "全天服务"}},
		{"万网邮箱热线是多少", language.Chinese, []string{"4008013260"}},
		{"阿里邮箱工单入口在哪", language.Chinese, []string{"create-ticket", "2026-11-23"}},
		{"阿里邮箱在线客服怎么找", language.Chinese, []string{"pre-sale/chat"}},
		{"alimail phone number", language.English, []string{"4008013260", "open now", "mainland China", "2026-11-23"}},
		{"hotline alimail China", language.English, []string{"4008013260", "open now", "mainland China", "official page"}},
		{"who do I call at Alibaba Mail in Shanghai?", language.English, []string{"4008013260"}},
		{"What is the phone number for Alibaba Mail support?", language.English, []string{"4008013260"}},
		{"How do I reach a human agent at alimail, Beijing", language.English, []string{"4008013260"}},
		{"alimail telephone Singapore", language.English, []string{"no official phone number for Singapore", "create-ticket-intl"}},
		{"where do I open a ticket with alimail, Germany?", language.English, []string{"create-ticket-intl"}},
		{"Microsoft 365 support number US", language.English, []string{"1 800 865 9408", "2026-11-23"}},
		{"世纪互联客服电话", language.Chinese, []string{"400-089-0365"}},
	} {
		for _, command := range []string{"mailhelp", "mailask", ""} {
			r, _ := ask(t, d, command, c.text, c.lang)
			got := firstLines(r, 7)
			for _, w := range c.want {
				if !strings.Contains(got, w) {
					t.Errorf("%s %s: %q is not in the first lines of\n%s", command, c.text, w, full(r))
				}
			}
			if n := len(strings.Split(firstLines(r, 100), "\n")); n > 11 {
				t.Errorf("%s %s: %d lines before more:\n%s", command, c.text, n, firstLines(r, 100))
			}
		}
	}
	for _, text := range []string{"which information do I need before I call support", "my ticket has not been answered for two days", "工单提交了没人回", "how do I set up mail on my phone", "打电话前要准备什么"} {
		if s := d.KB.Understand(text, language.English); s.Asks {
			t.Errorf("%q asks for no contact: %v", text, s.Wants)
		}
	}
}

// TestPlainSentences holds what is meant by what people write to the bot: words that hold a domain diagnose it, small talk is let be.
func TestPlainSentences(t *testing.T) {
	for text, want := range map[string]string{
		"is healthy.example ok?": "mailcheck healthy.example", "can you check healthy.example please": "mailcheck healthy.example", "check healthy.example please": "mailcheck healthy.example",
		"healthy.example 正常吗？": "mailcheck healthy.example", "我们的域名 healthy.example 收不到邮件": "mailcheck healthy.example", "我们的域名healthy.example收不到邮件": "mailcheck healthy.example",
		"healthy.example 收不到信": "mailcheck healthy.example", "why does healthy.example not receive mail": "mailcheck healthy.example", "what is wrong with https://healthy.example/ today?": "mailcheck healthy.example",
		"how do I set up SPF for healthy.example?": "mailask how do I set up SPF for healthy.example?", "healthy.example 很急 打什么电话": "mailhelp healthy.example 很急 打什么电话",
		"cannot send to partner.example": "mailhelp cannot send to partner.example", "mail to bob@partner.example is refused": "mailhelp mail to bob@partner.example is refused",
		"ok": chat.Quiet + " ", "+1": chat.Quiet + " ", "lol": chat.Quiet + " ", "no": chat.Quiet + " ", "good morning everyone": chat.Quiet + " ", "Have a nice weekend all!": chat.Quiet + " ", "👍": chat.Quiet + " ", ":tada: congrats": chat.Quiet + " ",
		"好的": chat.Quiet + " ", "收到": chat.Quiet + " ", "大家早上好": chat.Quiet + " ", "好的，收到": chat.Quiet + " ", "哈哈哈": chat.Quiet + " ", "hi": "mailhelp help", "你好": "mailhelp help", "?": "mailhelp help",
	} {
		if c, rest := intent.FromWords(text, false); c+" "+rest != want {
			t.Errorf("%q: %q %q, want %q", text, c, rest, want)
		}
	}
}
