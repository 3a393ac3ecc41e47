package bounce

import "strings"

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
	maxFailures = 20
)

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
	if isAggregate(text) {
		return Report{Failures: []Failure{{}}}
	}
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
	if fields, complaint, ok := fromJSON(body); ok {
		body = fields
		if complaint {
			s.kind = Complaint
		}
	}
	words, letter := cutLetter(unchop(body))
	words = withoutDaemon(words)
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
