package commands

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"signpost/commands/chat"

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
			[]string{"SPF does not allow the sending server", "whoever runs the DNS of the sender's domain",
				"The sender's domain spf-none.example", "has no SPF record", "[Check spf-none.example] mailcheck spf-none.example",
				"unconfirmed"}, []string{"recipient's domain"}},
		{"550 5.1.1 <kim@healthy.example>: Recipient address rejected", language.Chinese,
			[]string{"收件人不存在", "发信人", "收件人域名 healthy.example", "均正常", "RFC 3463"}, []string{"发件人域名"}},
		{"450 4.4.1 connect to mx: timed out\nTo: kim@txt-silent.example", language.English,
			[]string{"cannot be reached", "tries again by itself"}, nil},
		{"550 5.7.26 unauthenticated\nFrom: bob@txt-servfail.example", language.English,
			[]string{"not authenticated", "Could not be checked: SPF"}, nil},
		{"host gmail-smtp-in.l.google.com said: 552-5.7.0 its content presents a potential security issue *bold* <!channel>",
			language.English, []string{"attachment is not allowed", "<!channel>"}, nil},
		{"Final-Recipient: rfc822; kim@healthy.example\nDiagnostic-Code: smtp; 550 5.1.1 no such\n user here\nsecond line lang=zh", language.English, []string{"收件人不存在", "Diagnostic-Code: smtp; 550 5.1.1 no such user here\n"}, []string{"second line"}},
		{strings.Repeat("junk 邮件 ", 10000), language.English, []string{"no code or wording that is known"}, nil},
		{"Authentication-Results: mx.example; spf=softfail; dkim=pass; dmarc=fail\nReceived: from a by mx.healthy.example; Mon, 23 Nov 2026 10:05:30 +0800\nReceived: from b by out.shop.example; Mon, 23 Nov 2026 10:00:00 +0800\nFrom: bob@spf-none.example\nTo: kim@healthy.example\n\nhello\n", language.English,
			[]string{"DMARC of the sender's domain refuses", "spf=softfail, dkim=pass, dmarc=fail",
				"On the way for 5m30s, through 2 servers", "held up for 5m30s between out.shop.example and mx.healthy.example",
				"The sender's domain spf-none.example"}, nil},
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

// TestBounceFile reads attached mails: in strange charsets, with bombs in them, too large, and none at all.
func TestBounceFile(t *testing.T) {
	d := deps(t)
	gbk := "\xca\xd5\xbc\xfe\xc8\xcb\xb2\xbb\xb4\xe6\xd4\xda 550 5.1.1 user unknown" // 收件人不存在
	utf16 := "\xff\xfe" + strings.Join(strings.Split("550 5.1.1 user unknown", ""), "\x00") + "\x00"
	bomb := "550 5.1.1 user unknown"
	for range 2000 {
		bomb = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + bomb +
			"\r\n--b--\r\n"
	}
	for name, c := range map[string]struct {
		content string
		size    int64
		err     error
		want    string
	}{
		"gbk.txt":   {content: gbk, want: "The recipient does not exist"},
		"utf16.txt": {content: utf16, want: "The recipient does not exist"},
		"bom.eml": {content: "\xef\xbb\xbfSubject: x\r\n\r\n550 5.1.1 user unknown",
			want: "The recipient does not exist"},
		"charset.eml": {content: "Content-Type: text/plain; charset=x-none\r\n\r\n550 5.1.1 user unknown \xff",
			want: "The recipient does not exist"},
		"bomb.eml": {content: bomb, want: "The recipient does not exist"},
		"long.eml": {content: "550 5.1.1 user unknown\n" + strings.Repeat("x", 5<<20),
			want: "Only the first 4.0 MB were read"},
		"huge.eml":    {size: 26 << 20, want: "huge.eml has 26.0 MB: files of up to 25.0 MB are read"},
		"mail.msg":    {content: "x", want: "mail.msg is no text"},
		"picture.eml": {content: "\x89PNG\x00", want: "picture.eml is no text"},
		"empty.txt":   {content: " \n", want: "Which bounce?"},
		"gone.eml":    {err: errors.New("no"), want: "gone.eml could not be read"},
	} {
		var r chat.Reply
		f := chat.File{Name: name, Size: max(c.size, int64(len(c.content))),
			Open: func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader([]byte(c.content))), c.err
			}}
		if err := Handle(t.Context(), d,
			chat.Request{ID: "1", Command: "mailbounce", Files: []chat.File{f}, Lang: language.English},
			func(x chat.Reply) { r = x }); err != nil {
			t.Fatal(err)
		}
		if got := full(r); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is missing in\n%.600s", name, c.want, got)
		}
	}
	if r, _ := ask(t, d, "mailbounce", "550 5.1.1 user unknown\n"+strings.Repeat("x", chat.MaxPaste),
		language.English); !strings.Contains(full(r), "Only the first") {
		t.Errorf("a cut text is not called cut: %.300s", full(r))
	}
}

// TestMailbounceRecipients gives each recipient an answer, says what to tell the other side in its language, and what a
// blocklist lists.
func TestMailbounceRecipients(t *testing.T) {
	d := deps(t)
	for _, c := range []struct {
		text         string
		want, unwant []string
	}{
		{"<ann@healthy.example>: host mx.example.org[192.0.2.1] said: 552 5.2.2 Mailbox full\n<kim@other.example>: host mx.example.net[192.0.2.2] said: 550 5.1.1 User unknown",
			[]string{"The recipient's mailbox is full: ann@healthy.example", "The other recipients",
				"kim@other.example: The recipient does not exist (550 5.1.1)", "The mailbox ann@healthy.example is full"}, nil},
		{"<ann@shop.jp>: host mx.shop.jp[192.0.2.1] said: 552 5.2.2 Mailbox full",
			[]string{"ann@shop.jp 宛て", "The mailbox ann@shop.jp is full", "no check from outside"}, nil},
		{"host mx3.qq.com[192.0.2.1] said: 550 SPF check failed\nTo: kim@qq.com", []string{"拒收了我方发往 kim@qq.com", "QQ Mail"},
			nil},
		{"554 5.7.1 Service unavailable; Helo command [mail.example.net] blocked using dbl.spamhaus.org",
			[]string{"Spamhaus-DBL: the name that the server gives (HELO) is listed"}, []string{"sending address is listed"}},
		{"554 5.7.1 Sender address [bob@example.net] blocked using dbl.spamhaus.org",
			[]string{"the domain of the sender (MAIL FROM) is listed"}, nil},
		{"550 5.7.20", []string{"The code 550 5.7.20 alone says so"}, nil},
		{"From: MAILER-DAEMON@x.example\nSubject: failure\n\n550 5.7.1 <kim@healthy.example>: rejected by DMARC policy\n\nReceived: from a by b; Mon, 23 Nov 2026 10:05:30 +0800\nAuthentication-Results: x; spf=pass smtp.mailfrom=healthy.example; dmarc=fail header.from=spf-none.example\nFrom: bob@healthy.example\n",
			[]string{"The sender's domain spf-none.example"}, []string{"The sender's domain healthy.example"}},
		{"DSN: delivered\n\nFinal-Recipient: rfc822; kim@healthy.example\nAction: delivered\nStatus: 2.0.0",
			[]string{"The mail was delivered"}, nil},
	} {
		r, _ := ask(t, d, "mailbounce", c.text, language.English)
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
