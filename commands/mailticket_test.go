package commands

import (
	"strings"
	"testing"

	"signpost/commands/answers"

	"golang.org/x/text/language"
)

// TestMailticket drafts tickets from the evidence, without secrets.
func TestMailticket(t *testing.T) {
	d := deps(t)
	for _, c := range []struct {
		text         string
		lang         language.Tag
		want, unwant []string
	}{
		{"spf-no-provider.example no mail since 9:00, 40 people", language.English,
			[]string{"Ticket text for spf-no-provider.example", "Problem: no mail since 9:00, 40 people",
				"[spf.provider-missing]", "spf-no-provider.example. TXT -> ", "create-ticket-intl", "Mend this first", "Enterprise",
				"never: passwords"}, nil},
		{"healthy-alimail.example 收不到外部邮件，密码是Passw0rd!，授权码 ABCD1234", language.Chinese,
			[]string{"healthy-alimail.example 的工单内容", "均未发现问题", "已从您的文字中移除", "密码", "验证码或授权码", "create-ticket", "邮件与协作 > 企业邮箱"},
			[]string{"Passw0rd", "ABCD1234"}},
		{"healthy.example token=xoxb-1234567890-abcdef AKIAIOSFODNN7EXAMPLE", language.English,
			[]string{"a token or access key", "provider=alimail"}, []string{"xoxb-1234567890", "AKIAIOSF"}},
		{"nothing here", language.English, []string{"about which domain"}, nil},
	} {
		r, _ := ask(t, d, "mailticket", c.text, c.lang)
		got := full(r)
		for _, a := range r.Actions {
			got += a.URL + "\n"
		}
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: %q is missing in\n%s", c.text, w, got)
			}
		}
		for _, w := range c.unwant {
			if strings.Contains(got, w) {
				t.Errorf("%s: %q stands in\n%s", c.text, w, got)
			}
		}
		for _, s := range r.Sections {
			if n := len([]rune(s.Code)); n > answers.TicketLimit {
				t.Errorf("%s: %d characters", c.text, n)
			}
		}
	}
}
