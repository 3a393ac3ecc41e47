package bounce

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// all is everything that a failure's texts say, down to the part given.
func all(f Failure, last Part) string {
	var out []string
	for _, t := range f.Texts {
		if t.Part <= last {
			for _, u := range t.Units {
				out = append(out, u.Text)
			}
		}
	}
	return strings.Join(out, "\n")
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

const letter = `Received: from relay.shop.example by mx3.qq.com with ESMTP; Mon, 23 Nov 2026 10:05:30 +0800
Received: from client by relay.shop.example; Mon, 23 Nov 2026 10:00:00 +0800
Authentication-Results: mx.other.example; spf=softfail smtp.mailfrom=news.shop.example; dmarc=fail header.from=shop.example
From: Bob <bob@shop.example>
To: kim@qq.com
Subject: the mailbox is full

550 5.7.1 sending quota exceeded: words of the letter itself
`

// TestReadReport reads a whole report: its parts in their order, charsets and encodings, and the header of the letter
// alone.
func TestReadReport(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String("您的邮件被退回：550 Mailbox not found")
	if err != nil {
		t.Fatal(err)
	}
	r := Read(crlf(`From: MAILER-DAEMON@qq.com
To: bounces@shop.example
Subject: =?gb18030?B?` + base64.StdEncoding.EncodeToString([]byte("\xd7\xd4\xb6\xaf")) + `?=
Authentication-Results: mx.shop.example; spf=pass smtp.mailfrom=x; dkim=none; dmarc=fail header.from=y
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=gb18030
Content-Transfer-Encoding: base64

` + base64.StdEncoding.EncodeToString([]byte(gb)) + `
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx3.qq.com

Final-Recipient: rfc822; kim@qq.com
Action: failed
Status: 5.1.1
--b
Content-Type: message/rfc822

` + letter + `--b--
`))
	f := r.Failures[0]
	if len(r.Failures) != 1 || f.Recipient != "kim@qq.com" || f.Status != "5.1.1" || f.Action != "failed" ||
		len(f.Speakers) != 1 || f.Speakers[0] != "mx3.qq.com" {
		t.Errorf("%+v", r.Failures)
	}
	if got := all(f, Notice); !strings.Contains(got, "550 Mailbox not found") || strings.Contains(got, "quota") {
		t.Errorf("read: %s", got)
	}
	if l := r.Letter; r.Sender != "bob@shop.example" || strings.Join(l.Results, " ") != "spf=softfail dmarc=fail" ||
		l.HeaderFrom != "shop.example" || l.MailFrom != "news.shop.example" {
		t.Errorf("sender %s, letter %+v", r.Sender, l)
	}
	if h := r.Letter.Hops; len(h) != 2 || h[1].By != "mx3.qq.com" || h[1].Delay != 5*time.Minute+30*time.Second {
		t.Errorf("hops %+v", h)
	}
}

// TestReadRecipients tells the recipients of a report apart, each with its own words and its own speaker.
func TestReadRecipients(t *testing.T) {
	for name, text := range map[string]string{
		"status": `Content-Type: multipart/report; report-type=delivery-status; boundary=b1
From: MAILER-DAEMON@mail.example.com

--b1

<ann@example.org>: host mx.example.org[192.0.2.1] said: 552 5.2.2 Mailbox full
<kim@example.net>: host mx.example.net[192.0.2.2] said: 550 5.1.1 User unknown
--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; ann@example.org
Status: 5.2.2

Final-Recipient: rfc822; kim@example.net
Status: 5.1.1
--b1--`,
		"postfix": "This is the mail system at host mail.example.com.\n\n<ann@example.org>: host mx.example.org[192.0.2.1] said: 552 5.2.2 Mailbox\n    full (in reply to RCPT TO command)\n\n<kim@example.net>: host\n    mx.example.net[192.0.2.2] said: 550 5.1.1 User unknown\n",
		"exim":    "The following address(es) failed:\n\n  ann@example.org\n    host mx.example.org [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<ann@example.org>:\n    552 5.2.2 Mailbox full\n  kim@example.net\n    host mx.example.net [192.0.2.2]\n    SMTP error from remote mail server: 550 5.1.1 User unknown\n",
		"log":     "postfix/smtp[1]: A: to=<ann@example.org>, relay=mx.example.org[192.0.2.1]:25, status=bounced (host mx.example.org[192.0.2.1] said: 552 5.2.2 Mailbox full)\npostfix/smtp[1]: A: to=<kim@example.net>, relay=mx.example.net[192.0.2.2]:25, status=bounced (550 5.1.1 User unknown)",
	} {
		r := Read(text)
		if len(r.Failures) != 2 || r.Failures[0].Recipient != "ann@example.org" ||
			r.Failures[1].Recipient != "kim@example.net" {
			t.Errorf("%s: %+v", name, r.Failures)
			continue
		}
		ann, kim := all(r.Failures[0], Notice), all(r.Failures[1], Notice)
		if !strings.Contains(ann, "Mailbox full") || strings.Contains(ann, "unknown") ||
			!strings.Contains(kim, "User unknown") || strings.Contains(kim, "full") {
			t.Errorf("%s: ann %q, kim %q", name, ann, kim)
		}
		if s := r.Failures[1].Speakers; len(s) == 0 || s[0] != "mx.example.net" {
			t.Errorf("%s: %v spoke", name, s)
		}
	}
	// One reason for several addresses stands for each of them.
	r := Read("Delivery has failed to these recipients:\n\nann@example.org\nkim@example.net\nRemote Server returned '550 5.7.1 refused'")
	if len(r.Failures) != 2 || !strings.Contains(all(r.Failures[0], Notice), "refused") ||
		!strings.Contains(all(r.Failures[1], Notice), "refused") {
		t.Errorf("%+v", r.Failures)
	}
}

// TestReadOddMails reads what breaks the rules of MIME, and old forms that know none.
func TestReadOddMails(t *testing.T) {
	jp, err := japanese.ISO2022JP.NewEncoder().String("宛先不明 550 User unknown")
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String("550 User unknown")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no end":        "From: MAILER-DAEMON@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n550 User unknown",
		"no parts":      "From: postmaster@x.example\nSubject: Undeliverable\nContent-Type: multipart/report; boundary=\"abc\"\n\n550 User unknown",
		"no boundary":   "From: postmaster@x.example\nContent-Type: multipart/report\n\n550 User unknown",
		"broken header": "From: postmaster@x.example\nthis is no field\n550 User unknown",
		"broken type":   "From: postmaster@x.example\nContent-Type: text/plain; charset=\"utf-8; x=\n\n550 User unknown",
		"iso-2022-jp":   "From: postmaster@x.example\nContent-Type: text/plain; charset=ISO-2022-JP\n\n" + jp,
		"utf-16":        "From: postmaster@x.example\nContent-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(utf16)),
		"broken base64": "From: postmaster@x.example\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" +
			base64.StdEncoding.EncodeToString([]byte("The reply was 550 User unknown")) + "\n-- \nappended by a list",
		"quoted":        "From: postmaster@x.example\nContent-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n550 User=20unk=\nnown =ZZ",
		"html":          "From: postmaster@x.example\nContent-Type: text/html\n\n<style>x{}</style><p>550&nbsp;User <b>unknown</b></p>",
		"html pasted":   "<html><body><div>550 User unknown</div></body></html>",
		"report inside": "From: bob@x.example\nSubject: Fwd: Undeliverable\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nlook\n--o\nContent-Type: message/rfc822\n\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\n550 User unknown\n--o--",
		"line above":    "please help\n\nReturn-Path: <>\nFrom: MAILER-DAEMON@x.example\nContent-Type: multipart/report; boundary=q\n\n--q\n\n550 User unknown\n--q\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; kim@y.example\n--q--",
		"only CR":       "From: MAILER-DAEMON@x.example\rContent-Type: multipart/mixed; boundary=b\r\r--b\r\r550 User unknown\r--b--\r",
		"mbox":          "From MAILER-DAEMON Mon Nov 23 10:00:00 2026\nFrom: MAILER-DAEMON@x.example\nSubject: Returned mail\n\n550 User unknown",
		"full width":    "退信代码：５５０　User　unknown",
		"chat":          "*550* `User unknown`",
		"quoted lines":  "> > 550 User\n> > unknown",
		"folded reply":  "550-5.1.1 User\n550-5.1.1 unknown\n550 5.1.1 bye",
		"joined reply":  "550-5.1.1 User 550-5.1.1 unknown 550 5.1.1 bye",
		"fields":        "Diagnostic-Code: smtp; 550 User\n unknown",
		"fields lower":  "diagnostic-code: smtp;550 User\nunknown",
		"colon first":   "Error: 550 User unknown",
	} {
		r := Read(text)
		got := strings.ReplaceAll(all(r.Failures[0], Notice), "5.1.1 ", "")
		if !strings.Contains(got, "User unknown") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestReadJSON reads what sending services post: each recipient with its own reply.
func TestReadJSON(t *testing.T) {
	for name, text := range map[string]string{
		"ses": `{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"ann@example.org","status":"5.2.2","diagnosticCode":"smtp; 552 5.2.2 Mailbox full"},
			{"emailAddress":"kim@example.net","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 User unknown"}],"reportingMTA":"dsn; out.example.com"},"mail":{"source":"bob@example.com","headers":[{"name":"Subject","value":"quota exceeded"}]}}`,
		"sns":      `Hi, this came: {"Type":"Notification","Message":"{\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":\"ann@example.org\",\"diagnosticCode\":\"smtp; 552 Mailbox full\"},{\"emailAddress\":\"kim@example.net\",\"diagnosticCode\":\"smtp; 550 User unknown\"}]}}"}`,
		"sendgrid": `[{"email":"ann@example.org","event":"bounce","reason":"552 Mailbox full","status":"5.2.2"},{"email":"kim@example.net","event":"bounce","reason":"550 5.1.1 User unknown"}]`,
		"mailgun":  `{"event-data":[{"recipient":"ann@example.org","delivery-status":{"code":552,"message":"5.2.2 Mailbox full"}},{"recipient":"kim@example.net","delivery-status":{"message":"550 User unknown"}}]}`,
	} {
		r := Read(text)
		if len(r.Failures) != 2 || r.Failures[0].Recipient != "ann@example.org" ||
			r.Failures[1].Recipient != "kim@example.net" {
			t.Errorf("%s: %+v", name, r.Failures)
			continue
		}
		if ann, kim := all(r.Failures[0], Status), all(r.Failures[1], Status); !strings.Contains(ann, "Mailbox full") ||
			!strings.Contains(kim, "User unknown") || strings.Contains(ann+kim, "quota") {
			t.Errorf("%s: ann %q, kim %q", name, ann, kim)
		}
	}
	for _, text := range []string{"{", `{"a":1}`, "550 {x}: y", strings.Repeat(`{"a":`, 10000)} {
		if r := Read(text); len(r.Failures) != 1 {
			t.Errorf("%.20q: %+v", text, r.Failures)
		}
	}
}

// TestReadLetterLeftOut leaves the letter out of what is read, however it is given back.
func TestReadLetterLeftOut(t *testing.T) {
	for _, mark := range []string{
		"--- Below this line is a copy of the message.\n\n",
		"------ This is a copy of the message, including all the headers. ------\n\n",
		"   ----- Original message follows -----\n\n",
		"----- Unsent message follows -----\n", "The text of the original message follows:\n\n", "\n",
		"-----Original Message-----\n", "原始邮件：\n", "Original message headers:\n\n", "Message header follows:\n",
	} {
		r := Read("Hi. This is the qmail-send program at mail.example.com.\n\n<kim@qq.com>:\nSorry, no mailbox here by that name.\n\n" + mark + letter)
		if got := all(r.Failures[0], Notice); strings.Contains(got, "quota") || strings.Contains(got, "is full") ||
			!strings.Contains(got, "no mailbox here") {
			t.Errorf("%q: %s", mark, got)
		}
		if r.Sender != "bob@shop.example" {
			t.Errorf("%q: sender %q", mark, r.Sender)
		}
	}
}

// TestReadBounds ends soon on what is huge, deep or endless, and says when it was cut. The limit is wide, for
// machines that are busy with other things: what blows up takes minutes.
func TestReadBounds(t *testing.T) {
	nested := "x"
	for range 2000 {
		nested = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + nested
	}
	for name, text := range map[string]string{
		"nested": nested,
		"wide": "Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
			strings.Repeat("--b\r\nContent-Type: text/plain\r\n\r\nx\r\n", 200000) + "--b--\r\n",
		"line":   "550 " + strings.Repeat("user unknown ", 800_000),
		"lines":  strings.Repeat("550 5.1.1 <kim@example.org>: User unknown\n", 250_000),
		"fields": strings.Repeat("Final-Recipient: rfc822; kim@example.org\nStatus: 5.1.1\n\n", 200_000),
		"header": "From: a@b.example\n" + strings.Repeat("X-A: b\n", 1_500_000),
		"folded": "Subject: x\n" + strings.Repeat(" folded\n", 1_300_000),
		"html":   "<html>" + strings.Repeat("<p>550 x", 1_300_000),
		"marks":  strings.Repeat("> ", 5_000_000),
		"to":     strings.Repeat("to=<a@b.example>", 600_000),
	} {
		began := time.Now()
		r := Read(text)
		if took := time.Since(began); took > 20*time.Second || len(r.Failures) > maxFailures {
			t.Errorf("%s: %d failures in %v", name, len(r.Failures), took)
		}
		if name != "nested" && !r.Cut {
			t.Errorf("%s: not said to be cut", name)
		}
	}
}

// FuzzRead reads anything.
func FuzzRead(f *testing.F) {
	f.Add("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n")
	f.Add("Received: by x; Mon, 23 Nov 2026 10:05:30 +0800\r\nReceived: by y; Mon, 23 Nov 2026 10:05:31 +0800\r\n\r\n")
	f.Add("Final-Recipient: rfc822; x@y.example\r\n Status: 5.7.26\r\nDiagnostic-Code: smtp; 550-5.7.26 a\r\n 550 b")
	f.Add("550-5.7.26 a 550-5.7.26 b\n> > c <mailto:x@y.example|z>")
	f.Fuzz(func(t *testing.T, text string) {
		r := Read(text)
		if len(r.Failures) == 0 || len(r.Failures) > maxFailures || len(r.Letter.Hops) > maxHops ||
			len(r.Letter.Results) > maxResults {
			t.Errorf("%d failures, %+v", len(r.Failures), r.Letter)
		}
		for _, x := range r.Failures {
			for _, part := range x.Texts {
				for _, u := range part.Units {
					if len(u.Text) > 0 && len(u.Quote(0, len(u.Text))) > 8*maxQuote {
						t.Errorf("a quote of %d octets", len(u.Quote(0, len(u.Text))))
					}
				}
			}
		}
	})
}

// TestReasonBelow: some systems tell which mail it was, and below that why it came back; a letter's own words are never
// taken for that.
func TestReasonBelow(t *testing.T) {
	for text, want := range map[string]bool{
		"抱歉，您的邮件被退回来了……\n原邮件信息：\n时间：2024-05-13\n收件人：kim@firm.example\n退信原因：\n邮箱已满":                              true,
		"Entschuldigung\nUrsprüngliche Nachricht:\nBetreff: Angebot\nAn: kim@firm.example\nFehlerursache: 邮箱已满": true,
		"Sorry.\nOriginal message:\nSent: Monday\nRecipient:\nkim@firm.example\nReason for rejection: 邮箱已满":     true,
		"Sorry.\nOriginal message:\nName: Kim\nReason: 邮箱已满":                                                    false,
		"Sorry.\nOriginal message:\nHi Bob,\nReason: 邮箱已满":                                                      false,
		"Sorry.\nOriginal message:\n\nFrom: a@b.example\nSubject: x\nReason: 邮箱已满":                              false,
	} {
		got := false
		for _, x := range Read(text).Failures[0].Texts {
			for _, u := range x.Units {
				got = got || x.Part == Notice && strings.Contains(u.Text, "邮箱已满")
			}
		}
		if got != want {
			t.Errorf("%q: read %v, want %v", text, got, want)
		}
	}
}

// TestOwnSettings: what a mail program tells of its own settings is no word of a reply.
func TestOwnSettings(t *testing.T) {
	for _, setting := range []string{"Secure(SSL): No,", "Secure (SSL): no", "Sicher (SSL): Nein", "Sécurisé (SSL) : Non",
		"Seguro (SSL): No", "安全(SSL): 否", "セキュリティ (SSL): なし", "Secure(SSL):", "SSL: yes", "TLS=no"} {
		text := "Port: 25, " + setting + " Server Error: 550"
		for _, u := range Read(text).Failures[0].Texts[0].Units {
			if strings.Contains(strings.ToLower(u.Text), "ssl") || strings.Contains(u.Text, "TLS") {
				t.Errorf("%q is read as %q", text, u.Text)
			}
		}
	}
	for _, said := range []string{"550 TLS required", "454 TLS not available: no", "550 SSL: certificate error"} {
		if got := Read(said).Failures[0].Texts[0].Units[0].Text; got != said {
			t.Errorf("%q is read as %q", said, got)
		}
	}
}
