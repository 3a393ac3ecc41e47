package kb

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
)

// aMonday is a working day in every zone; 10:00 in Shanghai.
var aMonday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// rankings are what people write, and the channels that fit it.
var rankings = []struct {
	text, provider string
	at             time.Time
	want           string // kinds in order, as far as it matters
}{
	// Alibaba Mail, in Chinese, from mainland China.
	{"企业邮箱收不到信 很急", "alimail", aMonday, "phone ticket"},
	{"全公司邮箱瘫痪，马上需要处理", "alimail", aMonday, "phone ticket"},
	{"紧急：域名邮箱无法发信", "alimail", aMonday, "phone ticket"},
	{"邮箱登不上，老板很急", "alimail", aMonday, "phone"},
	{"需要分析退信日志", "alimail", aMonday, "ticket"},
	{"紧急，需要提交日志给技术分析", "alimail", aMonday, "ticket phone"},
	{"想修改 MX 配置，不急", "alimail", aMonday, "ticket"},
	{"DKIM 怎么配置", "alimail", aMonday, "ticket chat"},
	{"请问在哪里看邮箱容量", "alimail", aMonday, "chat"},
	{"咨询一下怎么新建账号", "alimail", aMonday, "chat"},
	{"需要开发票", "alimail", aMonday, "chat"},
	{"续费价格是多少", "alimail", aMonday, "chat"},
	{"我是新手，第一次管理企业邮箱", "alimail", aMonday, "help ticket"},
	{"刚接手邮箱管理，想看快速入门", "alimail", aMonday, "help"},
	{"每次都遇到同样的问题，有文档吗", "alimail", aMonday, "help"},
	{"有没有 SPF 教程", "alimail", aMonday, "help"},
	{"第三方系统对接 SMTP 接口", "alimail", aMonday, "ticket"},
	{"CRM 系统跨系统集成，需要单点登录", "alimail", aMonday, "ticket"},
	{"邮件被误判为垃圾邮件 (13)ESO_LOCAL_SPAM 误拒", "alimail", aMonday, "email"},
	{"发给客户的邮件被退信", "alimail", aMonday, "ticket"},
	{"外部邮件都收不到", "alimail", aMonday, "ticket"},
	{"迁移到新的邮件系统", "alimail", aMonday, "ticket"},
	{"密码忘了怎么办", "alimail", aMonday, "chat"},
	{"域名解析什么时候生效", "alimail", aMonday, "ticket"},
	// Alibaba Mail, in English, from elsewhere: the Chinese lines come last.
	{"MX changed yesterday, no mail since, urgent, Singapore", "alimail", aMonday, "ticket"},
	{"urgent: nobody can send, we are in Germany", "alimail", aMonday, "ticket"},
	{"new to Alibaba Mail, where do I start", "alimail", aMonday, "help ticket"},
	{"how do i set up DKIM", "alimail", aMonday, "ticket"},
	{"please analyze the logs of a bounced message", "alimail", aMonday, "ticket"},
	{"is there a tutorial for SPF", "alimail", aMonday, "help"},
	{"API integration with our CRM", "alimail", aMonday, "ticket"},
	{"urgent outage in Shanghai, in Chinese please", "alimail", aMonday, "phone ticket"},
	{"our Beijing office cannot receive mail, urgent, mandarin", "alimail", aMonday, "phone"},
	{"not urgent: change a setting", "alimail", aMonday, "ticket"},
	{"invoice for last month", "alimail", aMonday, "ticket"},
	{"spamed by local spam engine, false positive", "alimail", aMonday, "email"},
	// Microsoft 365.
	{"urgent, mail down, US", "microsoft365", aMonday, "phone ticket"},
	{"urgent, mail down, Singapore", "microsoft365", aMonday, "phone ticket"},
	{"critical outage in Australia", "microsoft365", aMonday, "phone"},
	{"configure a connector", "microsoft365", aMonday, "ticket"},
	{"headers need analysis, USA", "microsoft365", aMonday, "ticket"},
	{"no rush, a question on licence in Canada", "microsoft365", aMonday, "ticket phone"},
	{"urgent, mail is down in Germany", "microsoft365", aMonday, "ticket"},
	{"台湾办公室邮箱瘫痪，紧急", "microsoft365", aMonday, "phone"},
	{"台湾办公室邮箱瘫痪，紧急", "microsoft365", mondayAt(20), "phone ticket"}, // 04:00 in Taipei: in English
	{"澳门，收不到邮件，很急", "microsoft365", aMonday, "phone"},
	// 21Vianet, with hours.
	{"收不到邮件，很急", "microsoft365-21vianet", aMonday, "phone ticket"},
	{"收不到邮件，很急", "microsoft365-21vianet", mondayAt(14), "ticket phone"}, // 22:00 in Beijing
	{"修改配置，不急", "microsoft365-21vianet", aMonday, "ticket phone"},
	{"需要分析日志", "microsoft365-21vianet", aMonday, "ticket phone"},
	// Providers of whom little is known.
	{"收不到邮件，很急", "tencent-exmail", aMonday, "help"},
	{"怎么配置 DKIM", "tencent-exmail", aMonday, "help"},
	{"how do i configure SPF", "zoho", aMonday, "help"},
	{"mail is down, urgent", "fastmail", aMonday, "ticket help"},
	{"is there a guide", "fastmail", aMonday, "help ticket"},
	{"logs needed", "fastmail", aMonday, "ticket help"},
	{"mail rejected, please investigate", "proton", aMonday, "ticket"},
	{"邮件进垃圾箱", "coremail", aMonday, "help"},
	{"请问怎么设置", "lark-mail", aMonday, "chat help"},
	{"how do i reset a password", "lark-mail", aMonday, "chat help"},
	{"urgent outage", "lark-mail", aMonday, "chat help"},
	{"always the same problem, any docs?", "lark-mail", aMonday, "help chat"},
	{"urgent, API calls fail, UK", "tencent-ses", aMonday, "phone"},
}

func mondayAt(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }

// TestRank holds the choice of a channel for what people write, in both languages: the best first, and what must not
// come before what.
func TestRank(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range rankings {
		t.Run(c.provider+" "+c.text, func(t *testing.T) {
			lang := language.English
			if strings.ContainsFunc(c.text, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
				lang = language.Chinese
			}
			s := b.Understand(c.text, lang)
			s.Provider = c.provider
			var got []string
			for _, r := range b.Rank(s, c.at) {
				got = append(got, r.Channel.Kind)
				if len(got) == 1 && len(r.Reasons) == 0 && len(s.Topics) > 0 && r.Score > b.ranking.Kinds[r.Channel.Kind]+15 {
					t.Errorf("%s leads without a reason", r.Channel.Kind)
				}
			}
			if !strings.HasPrefix(strings.Join(got, " ")+" ", c.want+" ") {
				t.Errorf("%v, want %s first; understood %+v", got, c.want, s)
			}
		})
	}
}

// TestUnderstand reads what the words say, and nothing that they do not.
func TestUnderstand(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	s := b.Understand("MX changed yesterday, no mail since, URGENT, Hong Kong, aliyun", language.English)
	if !s.Urgent || s.Region != "HK" || s.Provider != "alimail" || s.Language != "en" ||
		!strings.Contains(strings.Join(s.Topics, " "), "receive") {
		t.Errorf("%+v", s)
	}
	if s := b.Understand("not urgent, download the download page", language.English); s.Urgent || !s.Calm {
		t.Errorf("%+v", s)
	}
	for text, want := range map[string]int{"call 400-8959-335 now": 1, "４００　８９５９　３３５": 1, "+1 (408) 966-4311": 1,
		"4008013260": 0, "": 0} {
		if got := b.Understand(text, language.Chinese).Warned; len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestHours tells open from closed, and when it opens next, in the channel's own zone: over weekends, public holidays,
// and the weekend days that are worked for them.
func TestHours(t *testing.T) {
	k, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	plain := Hours{Zone: "Asia/Shanghai", Days: "mon-fri", Open: "09:00", Close: "18:00"}
	closed, elsewhere := plain, plain
	closed.Holidays, closed.Calendar = "closed", "CN"
	elsewhere.Holidays = "closed"
	for _, c := range []struct {
		hours *Hours
		now   string
		want  Opening
		next  string
	}{
		{&plain, "2026-11-23T01:00:00Z", Opening{Open: true}, ""},
		{&plain, "2026-11-23T00:59:59Z", Opening{}, "2026-11-23T01:00:00Z"},
		{&plain, "2026-11-23T10:00:00Z", Opening{}, "2026-11-24T01:00:00Z"},
		{&plain, "2026-11-27T10:00:00Z", Opening{}, "2026-11-30T01:00:00Z"},
		{&plain, "2026-11-28T03:00:00Z", Opening{}, "2026-11-30T01:00:00Z"},
		{&plain, "2026-10-01T03:00:00Z", Opening{Open: true}, ""},
		{&closed, "2026-10-01T03:00:00Z", Opening{Holiday: true}, "2026-10-08T01:00:00Z"},
		{&closed, "2026-10-03T03:00:00Z", Opening{}, "2026-10-08T01:00:00Z"},       // a Saturday within
		{&closed, "2026-10-10T03:00:00Z", Opening{Open: true}, ""},                 // a Saturday that is worked
		{&closed, "2026-02-13T11:00:00Z", Opening{}, "2026-02-14T01:00:00Z"},       // the next day is one too
		{&closed, "2026-02-14T11:00:00Z", Opening{}, "2026-02-24T01:00:00Z"},       // nine days of Spring Festival
		{&closed, "2027-10-01T03:00:00Z", Opening{Open: true, Holidays: true}, ""}, // a year that is not known
		{&elsewhere, "2026-10-01T03:00:00Z", Opening{Open: true, Holidays: true}, ""},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		o := k.Opening(c.hours, now)
		next := ""
		if !o.Next.IsZero() {
			next = o.Next.UTC().Format(time.RFC3339)
		}
		c.want.Known, c.want.Next = true, o.Next
		if o != c.want || next != c.next {
			t.Errorf("%s: %+v, want %+v, next %s", c.now, o, c.want, c.next)
		}
	}
	if o := k.Opening(nil, aMonday); o.Known || o.Open {
		t.Errorf("unknown hours are %+v", o)
	}
}

// BenchmarkRank understands a description and ranks the channels: it stays under 5 ms.
func BenchmarkRank(b *testing.B) {
	k, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s := k.Understand("企业邮箱收不到信 很急 MX changed yesterday, no mail since, urgent, Singapore", language.Chinese)
		s.Provider = "alimail"
		if len(k.Rank(s, aMonday)) == 0 {
			b.Fatal("nothing")
		}
	}
}

// BenchmarkLoad reads all of the built-in knowledge: it stays under 300 ms.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestEveryProviderHasAWay: who asks for a provider gets a channel, whatever its kind, or where it is not known the way
// through its console; and what is told of one who is at the far end of the mail helps nobody.
func TestEveryProviderHasAWay(t *testing.T) {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	with := 0
	for _, p := range b.Providers() {
		if len(b.Rank(Situation{Provider: p.ID, Language: "en"}, aMonday)) > 0 {
			with++
		}
	}
	if with < 30 {
		t.Errorf("%d of %d providers have a channel", with, len(b.Providers()))
	}
	for text, want := range map[string]string{
		"发到gmail全部退信": "/google-workspace", "mail to gmail users bounces, we use alimail": "alimail/google-workspace",
		"cannot send to hotmail.com from alimail": "alimail/microsoft365",
		"被腾讯企业邮拒收，我们用阿里邮箱":                        "alimail/tencent-exmail", "gmail rejects our mail": "/google-workspace",
		"our google workspace is down": "google-workspace/", "write to alimail support": "alimail/",
		"Outlook 一直弹密码": "/", "263 people cannot work": "/", "263企业邮箱客服电话": "263/",
		"DNS at cloudflare, mail at alimail": "alimail/",
	} {
		if s := b.Understand(text, language.English); s.Provider+"/"+s.Other != want {
			t.Errorf("%q: %s/%s, want %s", text, s.Provider, s.Other, want)
		}
	}
	for text, want := range map[string]string{
		"在日本": "JP", "our office in Seoul": "KR", "Jakarta": "ID", "Vietnam": "VN", "bangkok office": "TH", "迪拜": "AE",
		"Portugal": "PT", "in Uruguay": "UY", "立陶宛": "LT", "in Jordan": "JO",
		"spf.sg.aliyun.com is missing": "", "Europe": "EU", "can you tell us": "", "mainland China": "CN",
	} {
		if got := b.Understand(text, language.English).Region; got != want {
			t.Errorf("%q: region %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]bool{"邮箱被盗了": true, "our mailbox was hacked": true,
		"not urgent, a question": false} {
		if got := b.Understand(text, language.English).Urgent; got != want {
			t.Errorf("%q: urgent %v", text, got)
		}
	}
}
