package bounce

import (
	"strings"
	"testing"
)

// TestReadLogs reads lines of logs: the last that tells of a recipient says what became of their mail, what else stands
// in the line is no reason, and a recipient whose mail went on is no failure beside one whose mail did not.
func TestReadLogs(t *testing.T) {
	for name, tt := range map[string]struct{ text, recipient, action, not string }{
		"postfix bounced": {"Nov  1 10:00:00 mx postfix/smtp[1]: AB12: to=<kim@example.org>, relay=mx.example.org[192.0.2.1]:25, delay=8, " +
			"delays=0.9/0/0/7, dsn=5.7.1, status=bounced (host mx.example.org[192.0.2.1] said: 554 5.7.1 No)", "kim@example.org", "failed", "delay"},
		"later line": {"postfix/smtp[1]: AB12: to=<kim@example.org>, delay=1, status=deferred (try later)\n" +
			"postfix/smtp[1]: AB12: to=<kim@example.org>, delay=9, status=sent (250 ok)", "kim@example.org", "relayed", "delay"},
		"somebody else's": {"sendmail[1]: x1: to=<kim@example.org>, delay=00:00:01, dsn=5.1.1, stat=User unknown\n" +
			"sendmail[1]: x2: to=<root@mx.example.net>, delay=00:00:00, dsn=2.0.0, stat=Sent", "kim@example.org", "failed", "delay"},
		"no brackets": {"sendmail[1]: x1: to=kim@example.org, ctladdr=bob (1/1), delay=00:00:01, pri=30, dsn=4.0.0, stat=Deferred",
			"kim@example.org", "delayed", "pri"},
		"exim":  {"2026-11-01 10:00:00 1abcde-0000Wm-1V ** kim@example.org R=dnslookup T=remote_smtp: 550 No", "kim@example.org", "failed", ""},
		"qmail": {"delivery 7: deferral: 192.0.2.1_does_not_like_recipient./Remote_host_said:_421_Come_back/Giving_up_on_192.0.2.1./", "", "delayed", "_said"},
		"mixed": {"postfix/smtp[1]: AB12: to=<ann@example.org>, delay=1, status=sent (250 ok)\n" +
			"postfix/smtp[1]: AB12: to=<kim@example.org>, delay=1, status=bounced (550 5.1.1 No)", "kim@example.org", "failed", "250 ok"},
		"words": {"The status=unclear of the matter is 550 No", "", "failed", ""},
		"none":  {"550 No", "", "", ""},
	} {
		f := Read(tt.text).Failures[0]
		if got := all(f, Notice); f.Recipient != tt.recipient || f.Action != tt.action ||
			tt.not != "" && strings.Contains(got, tt.not) {
			t.Errorf("%s: %q %q: %q", name, f.Recipient, f.Action, got)
		}
	}
}

// TestReplyAt finds the codes of replies, and leaves other numbers be.
func TestReplyAt(t *testing.T) {
	for text, want := range map[string]string{
		"550 No": "550", "(450 later)": "450", "smtp;554 x": "554", "Error 535 at login": "535",
		"報錯 550": "550", "报错 550": "550",
		"rejected with a 550": "550", "Antwortcode 450 | x": "450", "mx.example.org 421 x": "421",
		"the server answered, 550 5.1.1 x": "550",
		"Invoice 450 attached":             "", "total 554.00 EUR": "", "about 500 people": "",
		"room 421, please": "", "250 ok": "",
	} {
		got := ""
		if from, to := ReplyAt(text); from >= 0 {
			got = text[from:to]
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestReadBroken reads what other programs broke on the way.
func TestReadBroken(t *testing.T) {
	piece := func(s string, n int) string { return s + strings.Repeat("x", n-len(s)) }
	chopped := "kim@example.org:\n SMTP error from remote server, host: mx reason: " + piece("550 Your access is rej", 72) + "re\n" +
		piece("fused by the list", 70) + "\ntail\n\nBye"
	for name, tt := range map[string]struct{ text, want string }{
		"chopped":          {chopped, "xrefused by the list"},
		"outlook":          {"The following recipient(s) cannot be reached:\n 'kim@example.org' on 1/2/2026\n  Server error: '550 No such box'", "'550 No such box'"},
		"daemon's name":    {"De: \"Mail Delivery System\" <mailer-daemon@kunden.example>\nPara: bob@example.net\n\n550 No such box", "550 No such box"},
		"person's name":    {"Von: Kim <kim@example.org>\n550 No such box", "Von: Kim"},
		"dmarc":            {`<?xml version="1.0"?><feedback><report_metadata><org_name>x</org_name></report_metadata><spf>fail</spf></feedback>`, ""},
		"tls":              {`{"organization-name":"x","report-id":"1","policies":[{"policy":{"policy-type":"sts"}}]}`, ""},
		"words, no report": {"<feedback> about 550 No such box", "550 No such box"},
	} {
		got := all(Read(tt.text).Failures[0], Notice)
		if !strings.Contains(got, tt.want) || tt.want == "" && got != "" || strings.Contains(got, "Mail Delivery System") ||
			strings.Contains(got, "cannot be reached") || strings.Contains(got, "Server error") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestReadEvents reads events that have no reply: the kind of a bounce, a complaint, a mail that arrived.
func TestReadEvents(t *testing.T) {
	for name, tt := range map[string]struct {
		text, action, says string
		kind               Kind
	}{
		"kind": {`{"bounce":{"bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"kim@example.org"}]}}`, "", "NoEmail", Unclear},
		"own words first": {`{"bounce":{"bounceSubType":"NoEmail","bouncedRecipients":[{"emailAddress":"kim@example.org",` +
			`"diagnosticCode":"smtp; 552 full"}]}}`, "", "552 full", Unclear},
		"complaint":        {`{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"kim@example.org"}]}}`, "", "", Complaint},
		"complaint, other": {`[{"email":"kim@example.org","event":"spamreport"}]`, "", "", Complaint},
		"arrived":          {`{"event":"delivered","recipient":"kim@example.org"}`, "delivered", "", Unclear},
	} {
		r := Read(tt.text)
		f := r.Failures[0]
		got := all(f, Status)
		if f.Recipient != "kim@example.org" || f.Action != tt.action || r.Kind != tt.kind ||
			!strings.Contains(got, tt.says) ||
			name == "own words first" && strings.Contains(got, "NoEmail") {
			t.Errorf("%s: %v %+v %q", name, r.Kind, f, got)
		}
	}
}
