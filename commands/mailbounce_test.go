package commands

import (
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// TestMailbounce explains bounces, and looks at the domains in them.
func TestMailbounce(t *testing.T) {
	d := deps(t)
	for _, c := range []struct {
		text         string
		lang         language.Tag
		want, unwant []string
	}{
		{"host mx1.qiye.aliyun.com said: 554 Reject by behaviour spam at Rcpt State: spf check failed\nFrom: bob@spf-none.example\nTo: kim@healthy.example", language.English,
			[]string{"SPF does not allow the sending server", "whoever runs the DNS of the sender's domain", "The sender's domain spf-none.example", "has no SPF record", "[Check spf-none.example] mailcheck spf-none.example", "unconfirmed"}, []string{"recipient's domain"}},
		{"550 5.1.1 <kim@healthy.example>: Recipient address rejected", language.Chinese, []string{"收件人不存在", "发信人", "收件人域名 healthy.example", "均正常", "RFC 3463"}, []string{"发件人域名"}},
		{"450 4.4.1 connect to mx: timed out\nTo: kim@txt-silent.example", language.English, []string{"cannot be reached", "tries again by itself"}, nil},
		{"550 5.7.26 unauthenticated\nFrom: bob@txt-servfail.example", language.English, []string{"not authenticated", "Could not be checked: SPF"}, nil},
		{"host gmail-smtp-in.l.google.com said: 552-5.7.0 its content presents a potential security issue *bold* <!channel>", language.English, []string{"attachment is not allowed", "<!channel>"}, nil},
		{"Final-Recipient: rfc822; kim@healthy.example\nDiagnostic-Code: smtp; 550 5.1.1 no such\n user here\nsecond line lang=zh", language.English, []string{"收件人不存在", "Diagnostic-Code: smtp; 550 5.1.1 no such user here\n"}, []string{"second line"}},
		{strings.Repeat("junk 邮件 ", 10000), language.English, []string{"no code or wording that is known"}, nil},
		{"Authentication-Results: mx.example; spf=softfail; dkim=pass; dmarc=fail\nReceived: from a by mx.healthy.example; Mon, 23 Nov 2026 10:05:30 +0800\nReceived: from b by out.shop.example; Mon, 23 Nov 2026 10:00:00 +0800\nFrom: bob@spf-none.example\nTo: kim@healthy.example\n\nhello\n", language.English,
			[]string{"DMARC of the sender's domain refuses", "spf=softfail, dkim=pass, dmarc=fail", "On the way for 5m30s, through 2 servers", "held up for 5m30s between out.shop.example and mx.healthy.example", "The sender's domain spf-none.example"}, nil},
		{"no bounce at all", language.English, []string{"no code or wording that is known"}, nil},
		{"", language.English, []string{"Which bounce?"}, nil},
	} {
		r, _ := ask(t, d, "mailbounce", c.text, c.lang)
		got := full(r)
		for _, w := range c.want {
			if !strings.Contains(got, w) {
				t.Errorf("%.60q: %q is missing in\n%s", c.text, w, got)
			}
		}
		for _, w := range c.unwant {
			if strings.Contains(got, w) {
				t.Errorf("%.60q: %q stands in\n%s", c.text, w, got)
			}
		}
	}
}
