package kb

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// What mail servers write before the words of a system.
const (
	aliSaid, qqSaid, neteaseSaid = "host mx1.qiye.aliyun.com[203.0.113.9] said: ", "host mx3.qq.com[203.0.113.10] said: ",
		"host 163mx01.mxmail.netease.com[203.0.113.11] said: "
	gmailSaid, msSaid = "host gmail-smtp-in.l.google.com[203.0.113.12] said: ",
		"Remote-MTA: dns; example-com.mail.protection.outlook.com\nDiagnostic-Code: smtp; "
	yahooSaid, appleSaid = "host mta5.am0.yahoodns.net[203.0.113.13] said: ",
		"host mx01.mail.icloud.com[203.0.113.14] said: "
	godaddySaid, mimecastSaid = "host smtp.secureserver.net[203.0.113.15] said: ",
		"host eu-smtp-inbound-1.mimecast.com[203.0.113.16] said: "
)

// bounceTexts are bounces, what they mean, and the code in them where it matters.
var bounceTexts = []struct{ text, cause, code string }{
	{aliSaid + "554 Reject by behaviour spam at DATA State(Connection IP address:192.0.2.1)ANTISPAM_BAT[01201311R1]",
		"spam-behaviour", "554"},
	{aliSaid + "554 Reject by behaviour spam at Rcpt State(Connection IP address:192.0.2.1)ANTISPAM_BAT[01]: spf check failed", "spf-failed", "554"},
	{aliSaid + "Reject by behaviour spamANTISPAM_BAT[01]: too frequently sending", "rate-limited", ""},
	{aliSaid + "454 Transient reject by behaviour spam at DATA State, currently unexpected sending", "rate-limited",
		"454"},
	{aliSaid + "554 RCPT (kim@shop.example) dosn't exist", "no-user", "554"},
	{aliSaid + "spamed by local spam engine", "spam-content", ""},
	{"reason: (13)ESO_LOCAL_SPAM", "spam-content", ""},
	{aliSaid + "502 Mailfrom account is a local account", "wrong-server", ""},
	{aliSaid + "503 Rcptto account isn't a local account", "wrong-server", ""},
	{aliSaid + "504 the number of RCPT attempts is achieved the maximum threshold", "quota-used", ""},
	{aliSaid + "505 the total of RCPTs is achieved the maximum threshold", "rate-limited", ""},
	{aliSaid + "510 The length of DATA content is achieved the maximum threshold", "too-large", ""},
	{aliSaid + "510 The number of attachments is achieved the maximum threshold", "too-large", ""},
	{aliSaid + "550 No such user", "no-user", "550"},
	{"Host not found: type=MX", "domain-unresolvable", ""},
	{aliSaid + "552 Quota exceed the hard limit for user", "mailbox-full", "552"},
	{aliSaid + "550-5.7.1 Permission for sending emails to external domains is disabled", "account-restricted", "550"},
	{"You are not allowed to send emails to the account", "recipient-blocks", ""},
	{"The auditor does not approve to send this email", "audit-refused", ""},
	{"smtpdm.aliyun.com 535 Authentication failure", "login-failed", "535"},
	{`host smtpdm.dm.aliyun.com said: 436 "MAIL FROM" doesn't conform with authentication (Auth Account:a@b.example) [@sm060104]`, "sender-mismatch", "436"},
	{"552 Daily sending quota exceeded", "quota-used", "552"},
	{"554 Reject by content spam", "spam-content", "554"},
	{"559 Invalid rcptto [@sm070102]", "suppression-list", "559"},
	{"561 Honeypot rcptto [@out060104]", "spam-behaviour", "561"},
	{"524 Host not found by dns resolve", "domain-unresolvable", "524"},
	{qqSaid + "550 Mailbox unavailable or access denied", "rate-limited", "550"},
	{qqSaid + "501 Bad address syntax", "bad-address", ""},
	{qqSaid + "550 Mail content denied. http://service.mail.qq.com/cgi-bin/help?subtype=1", "spam-content", "550"},
	{qqSaid + "550 Ip frequency limited", "rate-limited", "550"},
	{qqSaid + "550 Domain frequency limited", "rate-limited", "550"},
	{qqSaid + "550 Connection denied", "ip-reputation", "550"},
	{qqSaid + "550 SPF check failed", "spf-failed", "550"},
	{qqSaid + "550 DMARC check failed", "dmarc-failed", "550"},
	{qqSaid + "550 suspected spam ip", "ip-reputation", "550"},
	{qqSaid + "550 Mailbox not found", "no-user", "550"},
	{qqSaid + "550 mail is rejected by recipients", "recipient-blocks", "550"},
	{neteaseSaid + "421 HL:REP 163 smtp9,DsCowA", "ip-reputation", "421"},
	{neteaseSaid + "421 HL:IFC 163 smtp9", "rate-limited", "421"},
	{neteaseSaid + "450 DT:RBL 163 smtp9, http://mail.163.com/help/help_spam_16.htm", "blocklisted", "450"},
	{neteaseSaid + "451 DT:SPM 163 smtp9, please try again", "spam-content", "451"},
	{neteaseSaid + "451 MI:SFQ 163 smtp9", "rate-limited", "451"},
	{neteaseSaid + "550 MI:NHD 163 smtp9", "helo-bad", "550"},
	{neteaseSaid + "451 Requested action aborted: local error in processing", "recipient-system", "451"},
	{gmailSaid + "550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.", "unauthenticated", "550"},
	{gmailSaid + "550-5.7.26 Unauthenticated email from shop.example is not accepted due to domain's DMARC policy.",
		"dmarc-failed", "550"},
	{gmailSaid + "421-4.7.27 Your email has been rate limited because SPF did not pass", "spf-failed", "421"},
	{gmailSaid + "550-5.7.25 The IP address sending this message does not have a PTR record", "ptr-missing", "550"},
	{gmailSaid + "421-4.7.28 Gmail has detected an unusual rate of mail originating from your IP", "rate-limited", "421"},
	{gmailSaid + "452-4.2.2 The recipient's inbox is out of storage space.", "mailbox-full", "452"},
	{gmailSaid + "552-5.7.0 This message was blocked because its content presents a potential security issue.",
		"attachment", "552"},
	{gmailSaid + "550-5.7.1 Our system has detected that this message is not RFC 5322 compliant", "malformed", "550"},
	{gmailSaid + "550-5.1.1 The email account that you tried to reach does not exist.", "no-user", "550"},
	{msSaid + "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "no-user", "550"},
	{msSaid + "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "no-user", "550"},
	{msSaid + "550 5.1.8 Access denied, bad outbound sender", "compromised-account", "550"},
	{msSaid + "550 5.7.23 The message was rejected because of Sender Policy Framework violation", "spf-failed", "550"},
	{msSaid + "550 5.7.509: Access denied, sending domain shop.example does not pass DMARC verification", "dmarc-failed",
		"550"},
	{msSaid + "550 5.7.515 Access denied, sending domain shop.example does not meet the required authentication level.",
		"unauthenticated", "550"},
	{msSaid + "550 5.7.606 Access denied, banned sending IP [192.0.2.1]", "ip-reputation", "550"},
	{msSaid + "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains.",
		"unregistered-sender", "550"},
	{msSaid + "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup", "restricted", "550"},
	{msSaid + "550 5.7.57 Client not authenticated to send mail.", "login-failed", "550"},
	{msSaid + "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
		"ip-reputation", "451"},
	{msSaid + "550 5.4.14 Hop count exceeded - possible mail loop", "loop", "550"},
	{msSaid + "450 4.4.316 Connection refused [Message=Socket error code 10061]", "unreachable", "450"},
	{msSaid + "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. part of their network is on our block list (S3150).", "ip-reputation", "550"},
	{yahooSaid + "550 5.7.9 This mail has been blocked because the sender is unauthenticated. Yahoo requires all senders to authenticate with either SPF or DKIM.", "unauthenticated", "550"},
	{yahooSaid + "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints", "rate-limited", "421"},
	{yahooSaid + "553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1", "blocklisted", "553"},
	{yahooSaid + "554 delivery error: dd This user doesn't have a yahoo.com account (kim@yahoo.com)", "no-user", "554"},
	{appleSaid + "554 5.7.1 [HME1] This message was blocked for failing both SPF and DKIM authentication checks.",
		"unauthenticated", "554"},
	{appleSaid + "552 5.2.2 user is over quota", "mailbox-full", "552"},
	{appleSaid + "554 5.7.1 Your message was rejected due to shop.example's DMARC policy.", "dmarc-failed", "554"},
	{godaddySaid + "554 IB105 Spamhaus XBL", "blocklisted", "554"},
	{godaddySaid + "421 Temporarily rejected. Reverse DNS for 192.0.2.1 failed. IB108", "ptr-missing", "421"},
	{mimecastSaid + "550 SPF Sender Invalid - envelope rejected", "spf-failed", "550"},
	{mimecastSaid + "550 DKIM Sender Invalid - envelope rejected", "dkim-failed", "550"},
	{mimecastSaid + "451 Internal resources are temporarily unavailable", "greylisted", "451"},
	// Systems that nobody knows: the codes of RFC 3463.
	{"550 5.1.1 <kim@shop.example>: Recipient address rejected", "no-user", "550"},
	{"status=bounced (host mail.shop.example[192.0.2.80] said: 552 5.3.4 Message size exceeds fixed limit)", "too-large",
		"552"},
	{"status=deferred (delivery temporarily suspended: 4.4.1 connect to mail.shop.example[192.0.2.80]:25: Connection timed out)", "unreachable", ""},
	{"dsn=5.4.4, status=bounced (Host or domain name not found. Name service error for name=shop.example)",
		"domain-unresolvable", ""},
	{"556 5.1.10 Recipient address has null MX", "null-mx", "556"},
	{"554 5.4.6 Too many hops", "loop", "554"},
	{"535 5.7.8 Error: authentication failed", "login-failed", "535"},
	{"Status: 5.4.7\nDelivery time expired", "expired", ""},
}

// TestReadBounce reads replies as mail systems write them, in logs and in reports.
func TestReadBounce(t *testing.T) {
	b := load(t)
	for _, c := range bounceTexts {
		x, ok := b.ReadBounce(c.text)
		if !ok || x.Cause != c.cause || x.Code != c.code && c.code != "" {
			t.Errorf("%q: %q %q (row %q of %s), want %s %s", c.text, x.Cause, x.Code, x.Line, x.System, c.cause, c.code)
		}
		if ok && (x.Who == "" || x.Line == "" || !strings.Contains(c.text, x.Line)) {
			t.Errorf("%q: who %q, line %q", c.text, x.Who, x.Line)
		}
	}
	for _, text := range []string{"", "hello", "250 2.0.0 OK", "call me at 5.1.1.1", "version 5.7",
		strings.Repeat("x ", 20000)} {
		if x, ok := b.ReadBounce(text); ok {
			t.Errorf("%.40q is taken for %+v", text, x)
		}
	}
}

// TestBounceAddresses finds who wrote to whom.
func TestBounceAddresses(t *testing.T) {
	b := load(t)
	for _, c := range []struct{ text, sender, recipient string }{
		{"From: MAILER-DAEMON@mail.shop.example\nFinal-Recipient: rfc822; kim@other.example\nStatus: 5.1.1\n\nFrom: Bob <bob@shop.example>\nTo: kim@other.example\n", "bob@shop.example", "kim@other.example"},
		{"postfix/smtp[1]: A1: to=<kim@other.example>, relay=mx.other.example[192.0.2.9]:25, dsn=5.1.1, status=bounced", "",
			"kim@other.example"},
		{"550 5.1.1 <kim@other.example>: user unknown", "", "kim@other.example"},
		{"发件人：bob@shop.example\n收件人：kim@other.example\n550 5.1.1", "bob@shop.example", "kim@other.example"},
		{"550 5.1.1 no address at all", "", ""},
	} {
		x, ok := b.ReadBounce(c.text)
		if !ok || x.Sender != c.sender || x.Recipient != c.recipient {
			t.Errorf("%q: %q to %q (%v), want %q to %q", c.text, x.Sender, x.Recipient, ok, c.sender, c.recipient)
		}
	}
}

// FuzzBounce reads anything that somebody pastes.
func FuzzBounce(f *testing.F) {
	b := load(f)
	f.Add("host mx3.qq.com said: 550 Ip frequency limited\nTo: a@b.example")
	f.Add("Final-Recipient: rfc822; x@y.example\r\n Status: 5.7.26\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		x, ok := b.ReadBounce(text)
		if ok && (x.Cause == "" || x.Who == "") || !utf8.ValidString(x.Line) {
			t.Errorf("%+v", x)
		}
	})
}

// TestBounceOfSender: what was refused tells whose address is meant, the sender's or the recipient's.
func TestBounceOfSender(t *testing.T) {
	b := load(t)
	for text, want := range map[string]string{
		"host mx.example.org[192.0.2.1] said: 550 <bob@example.net> does not exist (in reply to MAIL FROM command)": "sender-unverifiable",
		"host mx.example.org[192.0.2.1] said: 550 <kim@example.org> does not exist (in reply to RCPT TO command)":   "no-user",
		"SMTP error from remote mail server after MAIL FROM:<bob@example.net>:\n 550 no such domain":                "sender-unresolvable",
		"smtplib.SMTPSenderRefused: (550, b'5.1.1 User unknown', 'bob@example.net')":                                "sender-unverifiable",
		"550 5.1.1 What we do not understand":                  "no-user",
		"version 5.1.1 of the program, to be installed by all": "",
	} {
		if x := b.Read(text).Bounces[0]; x.Cause != want {
			t.Errorf("%q: %q, want %q", text, x.Cause, want)
		}
	}
}
