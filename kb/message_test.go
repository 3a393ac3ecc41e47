package kb

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// TestReadMessage reads a whole report with its parts, charsets and encodings, and what stands around the bounce.
func TestReadMessage(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("您的邮件被退回：550 Mailbox not found")
	if err != nil {
		t.Fatal(err)
	}
	report := strings.ReplaceAll(`From: MAILER-DAEMON@qq.com
To: bob@shop.example
Subject: =?gb18030?B?`+base64.StdEncoding.EncodeToString([]byte("\xd7\xd4\xb6\xaf"))+`?=
Authentication-Results: mx.shop.example; spf=fail smtp.mailfrom=x; dkim=none; dmarc=FAIL header.from=y
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

`+base64.StdEncoding.EncodeToString([]byte(gb))+`
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx3.qq.com

Final-Recipient: rfc822; kim@qq.com
Action: failed
Status: 5.1.1
--b
Content-Type: message/rfc822

Received: from relay.shop.example by mx3.qq.com with ESMTP; Mon, 23 Nov 2026 10:05:30 +0800
Received: from client by relay.shop.example; Mon, 23 Nov 2026 10:00:00 +0800
From: Bob <bob@shop.example>
To: kim@qq.com
Subject: hello

secret words of the mail itself stay where they are
--b--
`, "\n", "\r\n")
	m := ReadMessage(report)
	for _, want := range []string{"您的邮件被退回：550 Mailbox not found", "Status: 5.1.1", "From: Bob <bob@shop.example>"} {
		if !strings.Contains(strings.ReplaceAll(m.Text, `"`, ""), want) {
			t.Errorf("%q is missing in\n%s", want, m.Text)
		}
	}
	if strings.Join(m.Results, " ") != "spf=fail dkim=none dmarc=fail" {
		t.Errorf("results %v", m.Results)
	}
	if len(m.Hops) != 2 || m.Hops[1].By != "mx3.qq.com" || m.Hops[1].Delay != 5*time.Minute+30*time.Second {
		t.Errorf("hops %+v", m.Hops)
	}
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if x, ok := b.ReadBounce(m.Text); !ok || x.Cause != "no-user" || x.System != "tencent-qq" || x.Recipient != "kim@qq.com" || x.Sender != "bob@shop.example" {
		t.Errorf("%+v, %v", x, ok)
	}
	if m := ReadMessage("550 5.1.1 plain words"); m.Text != "550 5.1.1 plain words" || m.Hops != nil {
		t.Errorf("%+v", m)
	}
}

// TestReadMessageBombs ends on parts within parts, broken charsets and endless headers.
func TestReadMessageBombs(t *testing.T) {
	nested := "x"
	for range 100 {
		nested = "Content-Type: message/rfc822\r\n\r\n" + nested
	}
	wide := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 20000) + "--b--\r\n"
	for name, text := range map[string]string{
		"nested": nested, "wide": wide, "charset": "Content-Type: text/plain; charset=x-nonsense\r\n\r\n\xff\xfe550 5.1.1",
		"encoding": "Content-Transfer-Encoding: rot13\r\n\r\n550", "long": "Subject: " + strings.Repeat("a", 5<<20), "empty": "From: \r\n",
	} {
		began := time.Now()
		m := ReadMessage(text)
		if len(m.Text) > 5<<20 || time.Since(began) > 5*time.Second {
			t.Errorf("%s: %d octets in %v", name, len(m.Text), time.Since(began))
		}
	}
}

// FuzzMessage reads anything as a mail.
func FuzzMessage(f *testing.F) {
	f.Add("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n")
	f.Add("Received: by x; Mon, 23 Nov 2026 10:05:30 +0800\r\nReceived: by y; Mon, 23 Nov 2026 10:05:31 +0800\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		m := ReadMessage(text)
		if len(m.Hops) > maxHops || len(m.Results) > 20 || len(m.Text) > len(text)*8+maxPart {
			t.Errorf("%d hops, %d results, %d octets", len(m.Hops), len(m.Results), len(m.Text))
		}
	})
}
