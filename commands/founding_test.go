package commands

import (
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"
	"signpost/kb"

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

// TestConsole tells who looks for the console where it is, with the source, and nothing of telephones.
func TestConsole(t *testing.T) {
	d := deps(t)
	for _, c := range []struct {
		text         string
		lang         language.Tag
		want, unwant string
	}{
		{"阿里邮箱控制台在哪", language.Chinese, "https://qiye.aliyun.com", "4008013260"},
		{"阿里邮箱管理后台地址", language.Chinese, "邮件与协作 > 企业邮箱", "4008013260"},
		{"alimail admin console url, Germany", language.English, "https://mail.de.alibabacloud.com", "4008013260"},
		{"where do administrators sign in to google workspace", language.English, "https://admin.google.com", "☐"},
		{"腾讯企业邮箱从哪进后台", language.Chinese, "https://exmail.qq.com/login", "☐"},
		{"21vianet admin center address", language.English, "https://portal.partner.microsoftonline.cn", "400-089"},
		{"登录入口", language.Chinese, "https://qiye.aliyun.com", "4008013260"},
		{"where is the admin panel of fastmail", language.English, "no official sign-in page for administrators", "☐ 4"},
	} {
		for _, command := range []string{"mailhelp", "mailask", ""} {
			r, _ := ask(t, d, command, c.text, c.lang)
			if got := firstLines(r, 10); !strings.Contains(got, c.want) || strings.Contains(got, c.unwant) {
				t.Errorf("%s %s: want %q and not %q in\n%s", command, c.text, c.want, c.unwant, full(r))
			}
		}
	}
	for _, text := range []string{"nobody knows the password of the admin console", "管理后台的密码没人知道了",
		"where in the console do I add an alias", "alimail phone number", "admin console says access denied",
		"网站后台在哪"} {
		if s := d.KB.Understand(text, language.English); slices.Contains(s.Wants, kb.Console) {
			t.Errorf("%q asks for no console: %v", text, s.Wants)
		}
	}
	// Who asks for none is told of none, and is offered the regions of support alone.
	for _, text := range []string{"alimail phone number", "alimail no mail since 9:00, urgent"} {
		r, _ := ask(t, d, chat.Help, text, language.Chinese)
		if got := full(r); strings.Contains(got, "qiye.aliyun.com") || strings.Contains(got, "region=DE") ||
			!strings.Contains(got, "region=intl") {
			t.Errorf("%s:\n%s", text, got)
		}
	}
}

// TestFoundingQuestion asks for a telephone, the hours, a chat, a ticket, an address or a person in the ways in which
// people do: what was asked for stands in the first lines with its source and date, whatever the command, and what to
// have at hand follows.
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
		{"alimail telephone Singapore", language.English,
			[]string{"no official phone number for Singapore", "create-ticket-intl"}},
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
	for _, text := range []string{"which information do I need before I call support",
		"my ticket has not been answered for two days", "工单提交了没人回", "how do I set up mail on my phone", "打电话前要准备什么"} {
		if s := d.KB.Understand(text, language.English); s.Asks {
			t.Errorf("%q asks for no contact: %v", text, s.Wants)
		}
	}
}
