package commands

import (
	"strings"
	"testing"

	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestOwnMail says once what the workspace's own mail is: then nobody is asked for it again, in either language.
func TestOwnMail(t *testing.T) {
	o := openOffice(t)
	set := o.says("domains=healthy-alimail.example,mx-none.example provider=alimail region=CN account=admin@healthy-alimail.example", "Alibaba Mail", by(chat.Set))
	if got := set.Data.(map[string]string); got["domains"] != "healthy-alimail.example,mx-none.example" ||
		got["provider"] != "alimail" || got["region"] != "CN" || got["account"] != "admin@healthy-alimail.example" {
		t.Errorf("%v", got)
	}
	for _, c := range []struct {
		command, text string
		want, unwant  []string
	}{
		{chat.Help, "no mail since 9:00, 40 people affected",
			[]string{"healthy-alimail.example", "Alibaba Mail", "mainland China"}, []string{"Which mail provider"}},
		{chat.Check, "", []string{"healthy-alimail.example"}, nil},
		{chat.Ask, "phone number of support", []string{"Alibaba Mail"}, []string{"Which mail provider"}},
		{chat.Ticket, "no mail since 9:00", []string{"healthy-alimail.example", "admin@healthy-alimail.example"},
			[]string{"About which domain"}},
		{chat.Help, "9点起收不到邮件，影响40人", []string{"healthy-alimail.example"}, nil},
		{chat.Help, "客服电话多少", []string{"阿里"}, nil},
		{chat.Help, "our mail at mx-none.example fails", []string{"mx-none.example"}, nil},
		{chat.Help, "phone number of Tencent Exmail", []string{"Tencent"}, []string{"healthy-alimail.example"}},
	} {
		got := words(o.ask(c.text, by(c.command)))
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s %s: %q is missing in\n%s", c.command, c.text, w, got)
			}
		}
		for _, w := range c.unwant {
			if strings.Contains(got, w) {
				t.Errorf("%s %s: %q stands in\n%s", c.command, c.text, w, got)
			}
		}
	}
	for _, bad := range []string{"provider=nosuchmail", "region=Atlantis", "domains=not_a..domain",
		"domains=a.example,b.example,c.example,d.example,e.example,f.example,g.example,h.example,i.example,j.example,k.example"} {
		if got := o.ask(bad, by(chat.Set)); got.Tone != chat.Caution {
			t.Errorf("%s: taken:\n%s", bad, words(got))
		}
	}
	if got := o.ask("account=admin/Tiger77x!", by(chat.Set)); got.Tone != chat.Caution ||
		strings.Contains(words(got), "Tiger77x") {
		t.Errorf("a password is kept:\n%s", words(got))
	}
	zh := o.ask("域名=healthy.example 服务商=腾讯企业邮 地区=新加坡 账号=关", by(chat.Set),
		func(r *chat.Request) { r.Lang = language.Chinese })
	if got, _ := zh.Data.(map[string]string); got["domains"] != "healthy.example" || got["provider"] != "tencent-exmail" ||
		got["region"] != "SG" || got["account"] != "off" {
		t.Errorf("%v in\n%s", got, words(zh))
	}
	off := o.ask("domains=off provider=off region=off", by(chat.Set))
	if got := off.Data.(map[string]string); got["domains"] != "off" || got["provider"] != "off" {
		t.Errorf("%v", got)
	}
	if got := words(o.ask("客服电话多少", by(chat.Help))); !strings.Contains(got, "哪家") {
		t.Errorf("not asked for the provider:\n%s", got)
	}
}
