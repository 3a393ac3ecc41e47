package bounce

import (
	"bytes"
	"strings"

	"signpost/diag/pattern"

	"golang.org/x/text/encoding/unicode"
)

// mailFields are names that begin a mail. Diagnostic-Code, Status, Error or Reason begin what people paste of one.
var mailFields = map[string]bool{
	"from": true, "to": true, "cc": true, "subject": true, "date": true, "sent": true, "received": true,
	"return-path": true, "message-id": true,
	"mime-version": true, "content-type": true, "content-transfer-encoding": true, "delivered-to": true, "reply-to": true,
	"sender":              true,
	"x-failed-recipients": true, "auto-submitted": true, "precedence": true, "authentication-results": true,
	"dkim-signature": true,
	"x-original-to":  true, "envelope-to": true, "x-mailer": true, "delivery-date": true, "references": true,
	"in-reply-to":  true,
	"received-spf": true, "arc-seal": true, "importance": true, "thread-index": true, "content-language": true,
	"x-sender": true,
}

// LooksLikeMail reports a text that begins with the header of a mail.
func LooksLikeMail(text string) bool {
	text = strings.TrimLeft(text, "\ufeff\r\n\t ")
	if strings.HasPrefix(text, "From ") || strings.HasPrefix(text, ">From ") { // an mbox
		_, next := lineAt(text, 0)
		text = text[next:]
	}
	line, _ := lineAt(text, 0)
	name, value, ok := cutField(line)
	if !ok || !mailFields[strings.ToLower(name)] && !strings.HasPrefix(strings.ToLower(name), "x-") &&
		!strings.HasPrefix(strings.ToLower(name), "arc-") {
		return false
	}
	if value != "" && value[0] != ' ' && value[0] != '\t' {
		return false
	}
	h, rest := cutHeader(text[:min(len(text), maxHeader)])
	known := 0
	for _, f := range h {
		switch {
		case f.name == "final-recipient", f.name == "diagnostic-code", f.name == "reporting-mta", f.name == "remote-mta":
			return false // the fields of a report, and what somebody wrote above them
		case mailFields[f.name]:
			known++
		}
	}
	return known > 0 && (known > 1 || rest != "")
}

var embedded = pattern.New(`(?im)^(?:content-type:[ \t]*multipart/report|return-path:[ \t]*<>|from:[^\n]{0,80}mailer-daemon@)`)

// embeddedMail is where within a text the header of a report begins: somebody wrote a line above it. 0: nowhere.
func embeddedMail(text string) int {
	at := embedded.FindStringIndex(text[:min(len(text), maxPasted)])
	if at == nil {
		return 0
	}
	begin := at[0]
	for begin > 0 { // back over the fields before it
		start := strings.LastIndexByte(text[:begin-1], '\n') + 1
		line := text[start : begin-1]
		if _, _, ok := cutField(line); !ok && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			break
		}
		begin = start
	}
	if !LooksLikeMail(text[begin:]) {
		return 0
	}
	return begin
}

var (
	daemonFrom    = pattern.New(`(?i)mailer-?daemon|postmaster@|mail delivery (?:sub)?system|maildelivery|mail administrator|delivery status|system attendant|mail delivery service|<>|mail-daemon|` + foreign.either("daemon"))
	daemonSubject = pattern.New(`(?i)^(?:\W*(?:fwd?|fw|re|` + foreign.either("forwarded") +
		`)\s*[:\x{FF1A}]\s*)*(?:undeliver|returned (?:mail|to sender)|mail (?:delivery|failure|could not)|delivery (?:status|failure|has failed|notification)|failure notice|failed (?:mail|delivery)|non.?delivery|message (?:not delivered|undeliverable|delivery failure|status)|warning: (?:could not|message)|undelivered|` + foreign.either("undelivered") + `)`)
	autoSubject = pattern.New(`(?i)out of (?:the )?office|automatic reply|auto.?reply|autoreply|vacation|` + foreign.either("away"))
)

// fromDaemon reports the header of a mail system's report.
func fromDaemon(h header) bool {
	return daemonFrom.MatchString(h.text("from")) || daemonSubject.MatchString(h.text("subject")) ||
		strings.TrimSpace(h.get("return-path")) == "<>" ||
		h.get("x-failed-recipients") != "" || strings.Contains(strings.ToLower(h.get("content-type")), "delivery-status")
}

func autoReply(h header) bool {
	auto := strings.ToLower(h.get("auto-submitted"))
	return strings.HasPrefix(auto, "auto-replied") && !daemonSubject.MatchString(h.text("subject")) &&
		!strings.Contains(strings.ToLower(h.get("from")), "mailer-daemon") ||
		h.get("x-autoreply") != "" || h.get("x-autorespond") != "" || strings.EqualFold(h.get("precedence"), "auto_reply") ||
		autoSubject.MatchString(h.text("subject"))
}

const maxPasted = 512 << 10 // the same of a text that is no mail

// DecodeText is a file as text: UTF-8, UTF-16, ISO-2022-JP, GB18030 or Latin-1. A mail has encodings of its own, and
// stays as it is where its header is plain. False: the file is no text.
func DecodeText(raw []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}), bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		return decode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), raw)
	case bytes.IndexByte(raw[:min(len(raw), 8192)], 0) >= 0:
		if e := wide(raw); e != nil {
			return decode(e, raw)
		}
		return "", false
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if LooksLikeMail(string(raw[:min(len(raw), 4096)])) {
		return string(raw), true
	}
	return Guess(string(raw)), true
}
