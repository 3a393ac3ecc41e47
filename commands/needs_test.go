package commands

import (
	"strings"
	"testing"
	"time"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// need is what somebody writes, and what they need to read before any "more".
type need struct {
	command, text string
	lang          language.Tag
	want, unwant  []string // in the first ten lines
}

// meets asks what people need help with, and holds the first ten lines of the answer.
func meets(t *testing.T, needs []need) {
	t.Helper()
	d := deps(t)
	d.Now = func() time.Time { return time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC) }
	for _, n := range needs {
		r, _ := ask(t, d, n.command, n.text, n.lang)
		got := firstLines(r, 10)
		for _, w := range n.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s %s: %q is missing in\n%s", n.command, n.text, w, got)
			}
		}
		for _, w := range n.unwant {
			if strings.Contains(got, w) {
				t.Errorf("%s %s: %q stands in\n%s", n.command, n.text, w, got)
			}
		}
	}
}

// TestAskedForAndNotThere says of what was asked for, and is not known for the asker's region, that it is not known,
// and gives what is.
func TestAskedForAndNotThere(t *testing.T) {
	meets(t, []need{
		{chat.Help, "online chat alimail overseas in English", language.English,
			[]string{"no official online chat", "outside of mainland China", "create-ticket-intl"}, nil},
		{chat.Help, "阿里邮箱 新加坡 有没有在线客服", language.Chinese, []string{"新加坡没有已知的官方在线咨询", "create-ticket-intl"}, nil},
		{chat.Help, "alimail in Germany, is there a real person I can talk to", language.English,
			[]string{"no official phone number or online chat for Germany", "create-ticket-intl"}, nil},
		{chat.Help, "phone number provider=google-workspace", language.English,
			[]string{"Google Workspace phone: Admin console", "No public number exists"}, []string{"no official phone"}},
		{chat.Help, "谷歌企业邮箱客服电话", language.Chinese, []string{"管理控制台", "获取帮助"}, []string{"没有已知的官方电话"}},
		{chat.Help, "urgent Singapore provider=alimail nobody can send", language.English,
			[]string{"No official phone number for your region is known", "create-ticket-intl"}, []string{"pre-sale"}},
		{chat.Help, "新加坡 很急 发不出邮件 provider=alimail", language.Chinese, []string{"没有适用于您所在地区的官方电话", "create-ticket-intl"},
			nil},
		// No region was named: the number is not kept from who is in need.
		{chat.Help, "urgent no mail at all, alimail", language.English, []string{"4008013260", "mainland China"}, nil},
	})
}

// TestRegionShown shows a region's hours and languages together, and offers no other that is the same.
func TestRegionShown(t *testing.T) {
	meets(t, []need{
		{chat.Help, "在日本 阿里邮箱", language.Chinese, []string{"中国内地以外（", "日语"}, nil},
		{chat.Help, "alimail phone number in China", language.English, []string{"mainland China (in Chinese)"}, nil},
		{chat.Help, "missing-dot.example urgent no mail", language.English, []string{"4008013260", "mainland China"},
			[]string{"taken as outside of mainland China"}}, // its MX is of the mainland's site
	})
	d := deps(t)
	r, _ := ask(t, d, chat.Help, "在日本 阿里邮箱", language.Chinese)
	for _, a := range r.Actions {
		if a.ID == "region-intl" {
			t.Errorf("Japan is offered what it has:\n%s", full(r))
		}
	}
}

// TestMatterShown shows the way for the matter: bills have their own.
func TestMatterShown(t *testing.T) {
	meets(t, []need{
		{chat.Help, "billing invoice seats alimail Singapore", language.English, []string{"finance or orders"},
			[]string{"technical support,"}},
		{chat.Help, "阿里邮箱 开发票 打电话按几", language.Chinese, []string{"4008013260", "销售 / 账单支持"}, []string{"域名邮箱 > 技术支持"}},
		{chat.Help, "alimail China phone menu, nobody receives mail", language.English,
			[]string{"domain mail > technical support"}, []string{"sales / billing"}},
		{chat.Help, "阿里邮箱 帮助与支持 在哪里", language.Chinese, []string{"控制台“帮助与支持”", "企业邮箱"}, nil},
		{chat.Help, "where is Help & Support of Alibaba Mail", language.English,
			[]string{"Help & Support", "Enterprise Mail"}, nil},
	})
}

// TestManyAreUrgent takes for urgent what stops a whole company, without the word.
func TestManyAreUrgent(t *testing.T) {
	meets(t, []need{
		{chat.Help, "no mail since 9:00, 40 people affected, alimail China", language.English,
			[]string{"phone", "4008013260"}, nil},
		{chat.Help, "9点开始全公司收不到邮件 阿里邮箱", language.Chinese, []string{"首选电话", "4008013260"}, nil},
		{chat.Help, "阿里邮箱 所有人都登不上", language.Chinese, []string{"首选电话"}, nil},
		{chat.Help, "阿里邮箱 怎么给全公司群发邮件", language.Chinese, nil, []string{"紧急"}},
		{chat.Help, "how to send one message to everyone in the company, alimail China", language.English, nil,
			[]string{"urgent"}},
	})
	d := deps(t)
	if s := d.KB.Understand("我是新手，怎么开始使用", language.Chinese); s.Since {
		t.Error("how to begin is no time")
	}
}

// TestNewcomersWay leads who is new from the help centre to ticket and telephone together.
func TestNewcomersWay(t *testing.T) {
	meets(t, []need{
		{chat.Help, "I am new, how do I add a mailbox, alimail China", language.English,
			[]string{"help centre first", "If that does not solve it", "create-ticket", "4008013260"}, nil},
		{chat.Help, "我是新手，怎么开始使用 阿里邮箱", language.Chinese, []string{"首选帮助中心", "仍未解决", "create-ticket", "4008013260"}, nil},
		{chat.Help, "刚来的，没管过邮箱，阿里邮箱", language.Chinese, []string{"首选帮助中心"}, nil},
		{chat.Help, "just joined, never managed mail before, alimail", language.English, []string{"help centre first"}, nil},
	})
}

// TestAskedOfNobody answers who names no provider with what is known of the foremost, rather than with a question
// alone.
func TestAskedOfNobody(t *testing.T) {
	meets(t, []need{
		{chat.Help, "企业邮箱客服电话多少", language.Chinese,
			[]string{"阿里邮箱：4008013260", "2026-11-23", "世纪互联运营的 Office 365：400-089-0365"}, nil},
		{chat.Ask, "what is the support hotline", language.English, []string{"Alibaba Mail: 4008013260", "seen 2026-11-23"},
			nil},
		{chat.Ask, "帮助与支持在哪里", language.Chinese, []string{"阿里邮箱：控制台“帮助与支持”"}, nil},
		{chat.Ask, "where do I open a ticket", language.English,
			[]string{"Alibaba Mail: https://smartservice.console.aliyun.com/service/create-ticket"}, nil},
	})
}

// TestManyWordings asks for a contact in ways that people invent: slips, scripts mixed, names apart.
func TestManyWordings(t *testing.T) {
	meets(t, []need{
		{chat.Ask, "alimial phone number", language.English, []string{"Alibaba Mail phone: 4008013260"}, nil},
		{chat.Help, "ali mail 客服 tel", language.Chinese, []string{"阿里邮箱电话：4008013260"}, nil},
		{chat.Ask, "alybaba 邮箱 电话", language.Chinese, []string{"阿里邮箱电话：4008013260"}, nil},
		{chat.Ask, "how do I talk to someone at Google Workspace", language.English, []string{"Google Workspace"},
			[]string{"Which mail provider"}},
		// The far end.
		{chat.Help, "cannot send to people at Google Workspace", language.English, []string{"Which mail provider"}, nil},
		{chat.Ask, "tel. no. of Tencent enterprise mail", language.English,
			[]string{"Tencent Exmail: no official phone number"}, nil},
		{chat.Ask, "where do tickets go at alimail, Berlin", language.English, []string{"create-ticket-intl"}, nil},
		{chat.Help, "阿里邮箱客服邮箱地址是什么", language.Chinese, []string{"没有已知的官方客服邮箱"}, nil},
		{chat.Help, "alimail China sales phone", language.English, []string{"4008013260", "sales / billing"}, nil},
		{chat.Ask, "alimail phone number", language.English, []string{"taken as mainland China"},
			[]string{"create-ticket-intl"}}, // one region in all of the answer
	})
	d := deps(t)
	for _, text := range []string{"our emails are slow", "the backup of mailboxes", "content of the message",
		"a recent change", "clouds over the office", "webmail is down"} {
		if s := d.KB.Understand(text, language.English); s.Provider != "" {
			t.Errorf("%q names %s", text, s.Provider)
		}
	}
}

// TestQuestionOfADomain examines the domain that a question names, and says what it shows before the guide.
func TestQuestionOfADomain(t *testing.T) {
	meets(t, []need{
		{chat.Ask, "why is mail of spf-none.example taken for spam", language.English,
			[]string{"spf-none.example: broken", "Publish", "Mail lands in spam"}, nil},
		{chat.Ask, "spf-none.example 的邮件总进垃圾箱", language.Chinese, []string{"spf-none.example", "SPF", "垃圾"}, nil},
		{chat.Ask, "how do I set up DKIM for healthy.example", language.English,
			[]string{"healthy.example: mail is set up well", "DKIM"}, nil},
		{chat.Ask, "is txt-servfail.example why our invoices are taken for spam", language.English,
			[]string{"could not be checked"}, []string{"set up well"}},
		// The far end is no domain of the asker's.
		{chat.Ask, "why does bob@gmail.com find our mail in spam", language.English, nil, []string{"gmail.com:"}},
	})
}

// TestProviderInTrouble gives the status page first to who asks whether the provider has a fault.
func TestProviderInTrouble(t *testing.T) {
	meets(t, []need{
		{chat.Help, "是阿里云挂了吗", language.Chinese, []string{"https://status.aliyun.com/"}, nil},
		{chat.Ask, "is alimail down", language.English, []string{"https://status.alibabacloud.com/"}, nil},
		{chat.Ask, "阿里邮箱是不是崩了", language.Chinese, []string{"https://status.aliyun.com/"}, nil},
		{"", "is Fastmail having issues today?", language.English, []string{"status"}, nil},
		// A chat for buyers is no second way.
		{chat.Help, "what closes at night, 阿里邮箱 还有人接电话吗", language.Chinese, nil, []string{"其次：在线咨询"}},
	})
}

// TestWordsOfAnotherMatter keeps from taking for urgent what is not, and for a wish for a contact what asks how to deal
// with one.
func TestWordsOfAnotherMatter(t *testing.T) {
	meets(t, []need{
		{chat.Help, "阿里邮箱 想改一下MX，不着急", language.Chinese, []string{"首选工单"}, nil},
		{chat.Help, "change our MX at alimail in China, not in a hurry", language.English, []string{"ticket first"}, nil},
		{chat.Help, "阿里邮箱 老板邮箱登不上 在线等 挺急的", language.Chinese, []string{"首选电话", "4008013260"}, nil},
		{chat.Ask, "在线客服是机器人怎么转人工", language.Chinese, []string{"使用在线客服"}, nil},
		{chat.Ask, "how do I keep a record of calls with support", language.English, []string{"Keeping a record"}, nil},
		{chat.Ask, "怎么记录和客服的沟通", language.Chinese, []string{"记录每一次联系"}, nil},
		{chat.Ask, "截图要怎么截客服才看得懂", language.Chinese, []string{"如何写好工单"}, nil},
		{chat.Ask, "域名商需要配合吗", language.Chinese, []string{"注册商"}, nil},
		{chat.Ask, "阿里邮箱客服电话多少，我有报错截图，MX 记录也查过了", language.Chinese, []string{"4008013260"}, nil},
	})
}

// TestWhatWasTried helps on who had no answer: not with the same once more.
func TestWhatWasTried(t *testing.T) {
	meets(t, []need{
		{chat.Help, "阿里邮箱工单没人回 三天了", language.Chinese, []string{"首选电话", "报上工单编号", "不要另开工单"}, []string{"先提交工单"}},
		{chat.Help, "alimail Shanghai, our ticket has not been answered for two days", language.English, []string{"phone first", "Do not open a second one"}, nil},
		{chat.Help, "our ticket has not been answered, alimail Germany", language.English,
			[]string{"ticket first", "who works on it"}, nil},
		{chat.Help, "阿里邮箱电话打不通怎么办", language.Chinese, []string{"工单", "create-ticket"}, []string{"4008013260"}},
		{chat.Help, "alimail China hotline, nobody picks up", language.English, []string{"create-ticket"}, nil},
		{chat.Help, "everyone is locked out, Microsoft 365, Dubai, help now", language.English, []string{"urgent", "No official phone number for your region"}, nil},
		// The domain's letters are no English.
		{chat.Ticket, "missing-dot.example 工单没人回", language.English, []string{"工单内容"}, nil},
	})
	d := deps(t)
	r, _ := ask(t, d, chat.Help, "Microsoft 365, Dubai", language.English)
	for _, a := range r.Actions {
		if strings.HasPrefix(a.ID, "region-") {
			t.Errorf("%s is offered to who named Dubai", a.Label)
		}
	}
}
