package bounce

import (
	"strings"

	"signpost/diag/pattern"
)

// block is what a notice says about one recipient.
type block struct{ recipient, text string }

type blocks []block

// about is the words about a recipient, or "".
func (bs blocks) about(recipients ...string) string {
	for _, r := range recipients {
		for _, b := range bs {
			if r != "" && sameBox(b.recipient, r) {
				return b.text
			}
		}
	}
	return ""
}

var (
	// A line that begins with an address is about it: "<kim@example.org>: host ...", "kim@example.org", "550 5.1.1
	// <kim@example.org>... User unknown".
	opener = pattern.New(`(?i)^[ \t]*(?:[-*•·][ \t]+)?(?:(?:recipient(?: address)?|address|failed recipient|e-?mail|` +
		foreign.either("recipient") + `)[ \t]*[:=\x{FF1A}][ \t]*)?(?:<mailto:|["'(<]+)?(` + addressPattern +
		`)(?:\|[^>]*)?[>"')]*[ \t]*(?:[:\x{FF1A},;(<\[>]|\.\.\.|-|$|on |host |remote |smtp )`)
	inReply = pattern.New(`(?i)^[ \t]*[45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3}[ :]+)?<?(` + addressPattern + `)>?[ \t.:]`)
	inLog   = pattern.New(`(?i)\bto=(?:<(` + addressPattern + `)>|(` + addressPattern + `), )`)
	boxed   = pattern.New(`(?i)^[ \t]*(?:[-*•·][ \t]+)?[^<>@:]{1,60} ?(?:<mailto:|<|\()(` + addressPattern +
		`)[)>]+[ \t]*$`) // "Kim Lee <kim@example.org>"
)

// openedBy is the recipient that a line begins to speak of, or "".
func openedBy(line string) string {
	if strings.IndexByte(line, '@') < 0 {
		return ""
	}
	if strings.ContainsAny(line, ">|") {
		line = quoting.ReplaceAllString(line, "")
	}
	for _, p := range []*pattern.Pattern{inLog, opener, inReply, boxed} {
		if m := p.FindStringSubmatch(line); m != nil {
			if a := firstAddress(strings.Join(m[1:], "")); a != "" && !notPerson(a) &&
				!strings.Contains(strings.ToLower(line), "sender address rejected") {
				return a
			}
		}
	}
	return ""
}

// splitNotice parts a notice by recipient. Common is the lines that stand before all of them.
func splitNotice(notice string) (out blocks, common string) {
	text, _ := shorten(notice, headText+tailText)
	var before strings.Builder
	var waiting []int // recipients that were named one below the other, with nothing said yet
	bodies := []*strings.Builder{}
	index := map[string]int{}
	current, said := -1, false
	for at := 0; at < len(text); {
		line, next := lineAt(text, at)
		at = next
		if a := openedBy(line); a != "" && len(out) < 200 {
			i, known := index[strings.ToLower(a)]
			if !known {
				i = len(out)
				index[strings.ToLower(a)] = i
				out = append(out, block{recipient: a})
				bodies = append(bodies, &strings.Builder{})
			}
			if current >= 0 && !said && i != current {
				waiting = append(waiting, current)
			} else if said {
				waiting = nil
			}
			current, said = i, len(strings.TrimSpace(line)) > len(a)+14
			bodies[i].WriteString(line + "\n")
			if said {
				for _, w := range waiting {
					bodies[w].WriteString(line + "\n")
				}
			}
			continue
		}
		if current < 0 {
			before.WriteString(line + "\n")
			continue
		}
		said = said || strings.TrimSpace(line) != ""
		bodies[current].WriteString(line + "\n")
		for _, w := range waiting {
			bodies[w].WriteString(line + "\n")
		}
	}
	for i := range out {
		out[i].text = bodies[i].String()
	}
	return out, before.String()
}

// letterMark is a line below which the letter stands that is given back.
var letterMark = pattern.New(`(?i)^[ \t>]*[-=*_ ]*(?:` +
	`(?:this is|here is|what follows is|included is|the following is|attached is|below (?:this line )?is)[a-z ,']{0,40} ?(?:a copy|the (?:beginning|first part|header)|your message|the (?:original|returned) )` +
	`|(?:original|returned|unsent|undelivered|rejected|bounced) (?:message|mail|e-mail)(?: text| headers?| follows?| body| details?| as follows| begins?| starts?| below| was| here| contents?)*(?: follows?)?` +
	`|the (?:text|header|body|headers|content) of (?:your|the)(?: original)? (?:message|mail) ` +
	`|(?:message|mail) (?:headers?|text|contents?|body)(?: follows?)?` +
	`|your (?:original |undelivered |returned )?(?:message|mail)(?: headers)?(?: follows| is enclosed| reads| was as follows| was)` +
	`|start of (?:returned|original|the original|forwarded) (?:message|mail)` +
	`|original message headers?|received headers?|full message headers?` +
	`|` + foreign.either("letter") +
	`)[^a-z0-9]*(?:[a-z ,.']{0,60})[-=*_:\x{FF1A} .\x{3002}]*$`)

var headerLine = pattern.New(`^(?:Received|Return-Path|Message-I[dD]|MIME-Version|Mime-Version|From|To|Subject|Date|Sender|Reply-To|Content-Type|X-[A-Za-z0-9-]+|DKIM-Signature|DomainKey-Signature|Cc|User-Agent|Authentication-Results|Thread-Topic|Received-SPF):[ \t]`)

// cutLetter parts the words of a system from the letter that it gives back below them.
func cutLetter(text string) (words, letter string) {
	type mark struct{ at, next int }
	var run []string // the fields that stand one below the other
	begin, seen := 0, false
	for at := 0; at < len(text); {
		line, next := lineAt(text, at)
		plainLine := line
		if strings.HasPrefix(plainLine, ">") {
			plainLine = quoting.ReplaceAllString(plainLine, "")
		}
		m := mark{at, next}
		switch {
		case plainLine == "":
			run = nil
		case len(plainLine) < 160 && letterMark.MatchString(plainLine) && seen && isLetter(text[m.next:]):
			said, letter := takeReason(text[m.next:])
			return text[:m.at] + said, letter
		case headerLine.MatchString(plainLine):
			if len(run) == 0 {
				begin = at
			}
			name, value, _ := cutField(plainLine)
			run = append(run, strings.ToLower(name)+":"+value)
			if seen && isLetterHeader(run) {
				return text[:begin], text[begin:]
			}
		case (plainLine[0] == ' ' || plainLine[0] == '\t') && len(run) > 0:
		default:
			run = nil
			seen = true
		}
		at = next
	}
	return text, ""
}

var reasonLine = pattern.New(`(?i)^[ \t>*•·-]*(?:` + foreign.either("reason") + `)[ \t]*(?:[:\x{FF1A}]|$)`)

var labelLine = pattern.New(`^[ \t>*•·-]*[^:\x{FF1A}]{1,24}[:\x{FF1A}]`)

const maxSummary = 20 // lines that tell which mail it was

// takeReason parts what a system still says below a mark from the letter: some tell which mail it was, field by field,
// and below that why it came back. Where a header or a sentence follows, it is the letter.
func takeReason(below string) (said, letter string) {
	at, labelled := 0, false
	for range maxSummary {
		line, next := lineAt(below, at)
		line = strings.TrimRight(line, " \t")
		switch {
		case headerLine.MatchString(line):
			return "", below
		case reasonLine.MatchString(line):
			return below[at:], below[:at]
		case line == "":
		case labelLine.MatchString(line):
			labelled = strings.HasSuffix(line, ":") || strings.HasSuffix(line, "\uFF1A")
		case labelled: // the value of the label above
			labelled = false
		default:
			return "", below
		}
		if at = next; at >= len(below) {
			break
		}
	}
	return "", below
}

// isLetter reports whether what stands below a mark is the letter, and not a report that was forwarded.
func isLetter(below string) bool {
	h, _ := cutHeader(skipToHeader(below))
	return !fromDaemon(h)
}

// skipToHeader skips blank lines and rules.
func skipToHeader(text string) string {
	for range 6 {
		line, next := lineAt(text, 0)
		if _, _, ok := cutField(line); ok && strings.Trim(line, " -=*_") != "" || next >= len(text) {
			return text
		}
		text = text[next:]
	}
	return text
}

// isLetterHeader reports fields, one below the other, that are the beginning of a letter's header: those that only
// mails have, and none that tells of a report.
func isLetterHeader(fields []string) bool {
	own, usual := 0, 0
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		switch name {
		case "received", "message-id", "mime-version", "dkim-signature", "return-path", "domainkey-signature":
			own++
			if name == "return-path" && strings.TrimSpace(value) == "<>" {
				return false
			}
		case "from":
			if daemonFrom.MatchString(value) {
				return false
			}
			usual++
		case "subject":
			if daemonSubject.MatchString(strings.TrimSpace(decodeWords(value))) {
				return false
			}
			usual++
		case "to", "date":
			usual++
		}
	}
	return own >= 2 || own >= 1 && usual >= 1 || usual >= 4
}
