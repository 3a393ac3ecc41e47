package bounce

import (
	"slices"
	"strings"

	"signpost/diag/pattern"
)

// Part is where a text stands. The lower one is worth more.
type Part int

const (
	Status  Part = iota // the fields of the report (RFC 3464)
	Notice              // the words of the system that reports, or what was pasted
	Subject             // the report's own subject
	Raw                 // everything as it came, when nothing else tells
)

// Text is a part's text about one recipient.
type Text struct {
	Part  Part
	Units []Unit
}

// Failure is what is said about one recipient.
type Failure struct {
	Recipient string
	Action    string   // failed, delayed, delivered, relayed, expanded (RFC 3464 2.3.3), or ""
	Status    string   // "5.1.1" of the field of that name, or ""
	Speakers  []string // hosts whose words these are, the one that refused first
	Texts     []Text   // the best first
}

// Kind is what a mail is, where that tells more than its words.
type Kind int

const (
	Unclear   Kind = iota
	Bounced        // a report, or a notice of a mail system
	Complaint      // a report of the spam button (RFC 5965)
	AutoReply      // out of office (RFC 3834)
)

// Report is a bounce as it was read.
type Report struct {
	Kind     Kind
	Failures []Failure // at least one
	More     int       // recipients beyond those
	Sender   string
	Letter   Letter // the header of the letter that failed; where the text is no bounce, its own
	Cut      bool   // the text was too long to be read whole
}

const (
	// MaxRead is how many octets of a text are read: of a longer one its beginning and its end.
	MaxRead     = 4 << 20
	maxPasted   = 512 << 10 // the same of a text that is no mail
	maxFailures = 20
)

// shorten keeps a long text's beginning and end.
func shorten(text string, most int) (string, bool) {
	if len(text) <= most {
		return text, false
	}
	tail := most / 8
	return text[:most-tail] + "\n\n" + text[len(text)-tail:], true
}

// Read reads a mail, a part of one, or a pasted text.
func Read(text string) Report {
	text, cut := shorten(text, MaxRead)
	if strings.IndexByte(text, '\r') >= 0 { // ends of lines of any kind
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	text = strings.TrimLeft(text, "\ufeff\r\n\t ")
	if LooksLikeMail(text) {
		r := fromMail(text, 0)
		r.Cut = r.Cut || cut
		return r
	}
	if at := embeddedMail(text); at > 0 {
		if r := fromMail(text[at:], 0); len(r.Failures) > 0 && (r.Failures[0].Status != "" || r.Failures[0].Recipient != "") {
			r.Cut = r.Cut || cut
			return r
		}
	}
	text, more := shorten(text, maxPasted)
	r := fromPasted(text)
	r.Cut = r.Cut || cut || more
	return r
}

// mailFields are names that begin a mail. Diagnostic-Code, Status, Error or Reason begin what people paste of one.
var mailFields = map[string]bool{
	"from": true, "to": true, "cc": true, "subject": true, "date": true, "sent": true, "received": true, "return-path": true, "message-id": true,
	"mime-version": true, "content-type": true, "content-transfer-encoding": true, "delivered-to": true, "reply-to": true, "sender": true,
	"x-failed-recipients": true, "auto-submitted": true, "precedence": true, "authentication-results": true, "dkim-signature": true,
	"x-original-to": true, "envelope-to": true, "x-mailer": true, "delivery-date": true, "references": true, "in-reply-to": true,
	"received-spf": true, "arc-seal": true, "importance": true, "thread-index": true, "content-language": true, "x-sender": true,
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
	if !ok || !mailFields[strings.ToLower(name)] && !strings.HasPrefix(strings.ToLower(name), "x-") && !strings.HasPrefix(strings.ToLower(name), "arc-") {
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

// source is what was taken out of a mail: the parts of a report.
type source struct {
	status  []group
	notices []string
	page    string // HTML, where it is all there is
	letter  *Letter
	inner   []string // mails within
	kind    Kind
}

func fromMail(text string, depth int) Report {
	m := readMail(text)
	var s source
	for _, p := range m.parts {
		s.add(p)
	}
	daemon := fromDaemon(m.header)
	switch {
	case s.kind == Unclear && autoReply(m.header) && len(s.status) == 0:
		s.kind = AutoReply
	case s.kind == Unclear && (daemon || len(s.status) > 0):
		s.kind = Bounced
	}
	if len(s.notices) == 0 && s.page != "" {
		s.notices = []string{s.page}
	}
	if len(s.status) == 0 && depth < maxDepth { // somebody forwarded the report
		for _, in := range s.inner {
			if h, _ := cutHeader(in); !fromDaemon(h) && !strings.Contains(strings.ToLower(h.get("content-type")), "report") {
				continue
			}
			if r := fromMail(in, depth+1); len(r.Failures) > 0 {
				return r
			}
		}
	}
	for _, in := range s.inner {
		if s.letter == nil {
			h, _ := cutHeader(strings.TrimLeft(in, "\r\n"))
			l := readLetter(h)
			s.letter = &l
		}
	}
	r := s.report(text, m.header)
	if own := readLetter(m.header); s.kind != Bounced && s.letter == nil {
		r.Letter = own
		if r.Sender == "" {
			r.Sender = own.From
		}
		if len(r.Failures) == 1 && r.Failures[0].Recipient == "" {
			r.Failures[0].Recipient = own.To
		}
	} else if to := firstAddress(m.header.text("to")); r.Sender == "" && s.kind == Bounced && !notPerson(to) {
		r.Sender = to // a report goes to whoever sent the letter
	}
	if r.Letter.Hops == nil && s.kind != Bounced {
		r.Letter.Hops = readLetter(m.header).Hops
	}
	return r
}

// fromPasted reads a text that is no mail.
func fromPasted(text string) Report {
	var s source
	words := text
	if looksHTML(text) {
		words = fromHTML(text)
	}
	s.addNotice(words)
	r := s.report(text, nil)
	sender, recipient := named(words)
	if r.Sender == "" {
		r.Sender = sender
	}
	if len(r.Failures) == 1 && r.Failures[0].Recipient == "" && recipient != r.Sender {
		r.Failures[0].Recipient = recipient
	}
	return r
}

func (s *source) add(p part) {
	switch {
	case isStatus(p.kind):
		s.status = append(s.status, readGroups(p.body)...)
	case p.kind == "message/feedback-report":
		s.kind = Complaint
	case isMail(p.kind):
		s.inner = append(s.inner, strings.TrimLeft(p.body, "\r\n"))
	case p.kind == "text/html":
		if s.page == "" {
			s.page = fromHTML(p.body)
		}
	case strings.HasPrefix(p.kind, "text/"):
		body := p.body
		if looksHTML(body) {
			body = fromHTML(body)
		}
		s.addNotice(body)
	}
}

// addNotice takes words, without the letter below them and without the fields of a report among them.
func (s *source) addNotice(body string) {
	if fields, ok := fromJSON(body); ok {
		body = fields
	}
	words, letter := cutLetter(body)
	groups, words := takeGroups(words)
	s.status = append(s.status, groups...)
	if strings.TrimSpace(words) != "" {
		s.notices = append(s.notices, words)
	}
	if letter == "" {
		return
	}
	h, _ := cutHeader(skipToHeader(letter))
	if l := readLetter(h); s.letter == nil && (l.From != "" || l.ReturnPath != "" || l.To != "") {
		s.letter = &l
	}
}

// report puts the parts together, a failure for each recipient.
func (s *source) report(raw string, h header) Report {
	r := Report{Kind: s.kind}
	if s.letter != nil {
		r.Letter = *s.letter
		r.Sender = s.letter.From
		if r.Sender == "" && !notPerson(s.letter.ReturnPath) {
			r.Sender = s.letter.ReturnPath
		}
	}
	notice := strings.Join(s.notices, "\n\n")
	blocks, common := splitNotice(notice)
	said := speakers(notice)
	reporting := ""
	for _, g := range s.status {
		if g.reporting != "" {
			reporting = g.reporting
		}
	}
	switch {
	case len(s.status) > 0:
		failed := failedGroups(s.status)
		for _, g := range failed {
			f := Failure{Recipient: g.recipient, Action: g.action, Status: g.status, Texts: []Text{{Status, g.units()}}}
			words := blocks.about(g.recipient, g.original)
			switch {
			case words == "" && (len(failed) == 1 || len(blocks) == 0):
				words = notice
			case words != "" && len(failed) == 1:
				words += "\n\n" + common
			}
			f.Speakers = g.speakers(words, reporting)
			f.Texts = append(f.Texts, Text{Notice, unitsOf(words)})
			r.Failures = append(r.Failures, f)
		}
	case len(blocks) > 1:
		for _, b := range blocks {
			f := Failure{Recipient: b.recipient, Texts: []Text{{Notice, unitsOf(b.text)}}}
			f.Speakers = speakers(b.text)
			if len(f.Speakers) == 0 {
				f.Speakers = said
			}
			if strings.TrimSpace(common) != "" {
				f.Texts = append(f.Texts, Text{Notice, unitsOf(common)})
			}
			r.Failures = append(r.Failures, f)
		}
	default:
		f := Failure{Speakers: said, Texts: []Text{{Notice, unitsOf(notice)}}}
		if len(blocks) == 1 {
			f.Recipient = blocks[0].recipient
		}
		r.Failures = []Failure{f}
	}
	if len(r.Failures) > maxFailures {
		r.More = len(r.Failures) - maxFailures
		r.Failures = r.Failures[:maxFailures]
	}
	failed := firstAddress(h.get("x-failed-recipients"))
	subject := h.text("subject")
	for i := range r.Failures {
		f := &r.Failures[i]
		if f.Recipient == "" && len(r.Failures) == 1 {
			f.Recipient = failed
			if f.Recipient == "" {
				f.Recipient = recipientIn(notice)
			}
			if f.Recipient == "" && s.kind == Bounced {
				f.Recipient = r.Letter.To
			}
		}
		if subject != "" {
			f.Texts = append(f.Texts, Text{Subject, unitsOf(subject)})
		}
		if len(r.Failures) == 1 && raw != notice {
			whole, _ := shorten(raw, maxPasted)
			f.Texts = append(f.Texts, Text{Raw, unitsOf(withoutBlobs(whole))})
		}
	}
	return r
}

var (
	daemonFrom    = pattern.New(`(?i)mailer-?daemon|postmaster@|mail delivery (?:sub)?system|maildelivery|mail administrator|mdaemon@|delivery status|system attendant|microsoft exchange|microsoft outlook <|mail delivery service|<>|qmail-send|mail-daemon|` + foreign.either("daemon"))
	daemonSubject = pattern.New(`(?i)^(?:\W*(?:fwd?|fw|re|tr|wg|` + foreign.either("forwarded") + `)\s*[:：]\s*)*(?:undeliver|returned (?:mail|to sender)|mail (?:delivery|failure|could not)|delivery (?:status|failure|has failed|notification)|failure notice|failed (?:mail|delivery)|non.?delivery|message (?:not delivered|undeliverable|delivery failure|status)|warning: (?:could not|message)|unzustellbar|nicht zustellbar|echec|non remis|non distribu|no se puede entregar|mancato recapito|nie dostarczon|undelivered|` + foreign.either("undelivered") + `)`)
	autoSubject   = pattern.New(`(?i)out of (?:the )?office|automatic reply|auto.?reply|autoreply|vacation|abwesend|abwesenheit|absence du bureau|fuera de la oficina|` + foreign.either("away"))
)

// fromDaemon reports the header of a mail system's report.
func fromDaemon(h header) bool {
	return daemonFrom.MatchString(h.text("from")) || daemonSubject.MatchString(h.text("subject")) || strings.TrimSpace(h.get("return-path")) == "<>" ||
		h.get("x-failed-recipients") != "" || strings.Contains(strings.ToLower(h.get("content-type")), "delivery-status")
}

func autoReply(h header) bool {
	auto := strings.ToLower(h.get("auto-submitted"))
	return strings.HasPrefix(auto, "auto-replied") && !daemonSubject.MatchString(h.text("subject")) && !strings.Contains(strings.ToLower(h.get("from")), "mailer-daemon") ||
		h.get("x-autoreply") != "" || h.get("x-autorespond") != "" || strings.EqualFold(h.get("precedence"), "auto_reply") || autoSubject.MatchString(h.text("subject"))
}

var blob = pattern.New(`^[A-Za-z0-9+/=]{60,}$`)

// withoutBlobs leaves out lines of base64, in which no words stand.
func withoutBlobs(text string) string {
	if !strings.Contains(strings.ToLower(text), "base64") {
		return text
	}
	var out strings.Builder
	for at := 0; at < len(text); {
		line, next := lineAt(text, at)
		if !blob.MatchString(line) {
			out.WriteString(line + "\n")
		}
		at = next
	}
	return out.String()
}

var (
	recipientLine = pattern.New(`(?im)(?:^|[\s,;(])(?:final-recipient|original-recipient|x-failed-recipients|to|recipient|an|` + foreign.either("recipient") + `)[ \t]*[:=：][^\n]*$`)
	senderLine    = pattern.New(`(?im)(?:^|[\s,;(])(?:from|return-path|x-original-from|sender|von|de|` + foreign.either("sender") + `)[ \t]*[:=：][^\n]*$`)
)

// named is the sender and the recipient as a pasted text names them; else the recipient is the first address in it.
func named(text string) (sender, recipient string) {
	text, _ = shorten(text, headText)
	for _, l := range senderLine.FindAllString(text, 20) {
		if a := firstAddress(l); a != "" && !notPerson(a) {
			sender = a
		}
	}
	for _, l := range recipientLine.FindAllString(text, 20) {
		if _, after, ok := strings.Cut(l, ":"); ok {
			l = after
		}
		if recipient = firstAddress(l); recipient != "" {
			return sender, recipient
		}
	}
	return sender, recipientIn(text)
}

var senderWords = pattern.New(`(?i)(?:sender|from|mail from|verif\w+ failed for|helo|not owned by user)[^@\n]{0,30}$`)

// recipientIn is the first address in the words that is not said to be the sender's, or a system's.
func recipientIn(text string) string {
	text, _ = shorten(text, headText)
	for _, at := range anAddress.FindAllStringIndex(text, 20) {
		a := firstAddress(text[at[0]:at[1]])
		if a == "" || notPerson(a) || senderWords.MatchString(text[max(0, at[0]-60):at[0]]) ||
			strings.HasPrefix(strings.ToLower(text[at[1]:min(len(text), at[1]+40)]), ">: sender address rejected") {
			continue
		}
		return a
	}
	return ""
}

// appendNew appends what is not there yet.
func appendNew(list []string, more ...string) []string {
	for _, m := range more {
		if m != "" && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}
