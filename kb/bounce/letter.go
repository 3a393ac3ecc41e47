package bounce

import (
	"net/mail"
	"slices"
	"strings"
	"time"

	"signpost/diag/pattern"
)

// Hop is one server on the way, with the time since the one before: by its own clock, so it may be negative.
type Hop struct {
	By    string
	At    time.Time
	Delay time.Duration
}

const (
	maxHops    = 50
	maxResults = 20
)

// Letter is what the header of the mail that failed tells.
type Letter struct {
	From, To   string   // addresses, or ""
	ReturnPath string   // the sender of the envelope
	Results    []string // of Authentication-Results (RFC 8601 2.7): "spf=fail"
	HeaderFrom string   // the domain that DMARC was asked of
	MailFrom   string   // the domain that SPF was asked of
	Hops       []Hop    // the first server first
}

// readLetter reads the header of a mail.
func readLetter(h header) Letter {
	l := Letter{From: firstAddress(h.text("from")), To: firstAddress(h.text("to")),
		ReturnPath: firstAddress(h.get("return-path"))}
	if notPerson(l.From) {
		l.From = ""
	}
	if l.From == "" {
		l.From = firstAddress(h.text("x-original-from"))
	}
	for _, f := range h {
		switch f.name {
		case "authentication-results":
			l.readResults(f.value)
		case "received":
			if hop, ok := readHop(f.value); ok && len(l.Hops) < maxHops {
				l.Hops = append(l.Hops, hop)
			}
		}
	}
	slices.Reverse(l.Hops) // the last server writes first
	for i := 1; i < len(l.Hops); i++ {
		l.Hops[i].Delay = l.Hops[i].At.Sub(l.Hops[i-1].At)
	}
	if len(l.Hops) < 2 {
		l.Hops = nil
	}
	return l
}

var (
	authResult = pattern.New(`(?i)\b(?:spf|dkim|dmarc)=[a-z]+`)
	headerFrom = pattern.New(`(?i)\bheader\.from=(?:[^\s;@]*@)?([a-z0-9._-]+)`)
	mailFrom   = pattern.New(`(?i)\bsmtp\.mailfrom=(?:[^\s;@]*@)?([a-z0-9._-]+)`)
	receivedBy = pattern.New(`(?i)\bby\s+([^\s;()]+)`)
)

func (l *Letter) readResults(v string) {
	for _, r := range authResult.FindAllString(v, maxResults) {
		if r = strings.ToLower(r); len(l.Results) < maxResults && !slices.Contains(l.Results, r) {
			l.Results = append(l.Results, r)
		}
	}
	if m := headerFrom.FindStringSubmatch(v); m != nil && l.HeaderFrom == "" {
		l.HeaderFrom = m[1]
	}
	if m := mailFrom.FindStringSubmatch(v); m != nil && l.MailFrom == "" {
		l.MailFrom = m[1]
	}
}

// readHop reads one Received field (RFC 5321 4.4).
func readHop(v string) (Hop, bool) {
	i := strings.LastIndexByte(v, ';')
	if i < 0 {
		return Hop{}, false
	}
	at, err := mail.ParseDate(strings.TrimSpace(v[i+1:]))
	if err != nil {
		return Hop{}, false
	}
	h := Hop{At: at}
	if by := receivedBy.FindStringSubmatch(v); by != nil {
		h.By = strings.ToValidUTF8(by[1], "?")
		if r := []rune(h.By); len(r) > 100 {
			h.By = string(r[:100])
		}
	}
	return h, true
}

var (
	anAddress   = pattern.New(`(?i)[a-z0-9!#$%&'*+/=?^_{|}~.-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+`)
	wideAddress = pattern.New(`(?i)[\p{L}\p{N}!#$%&'*+/=?^_{|}~.-]{1,64}@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`) // RFC 6531
	systemName  = pattern.New(`(?i)^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|abuse|no-?reply|do-?not-?reply|bounces?|mail|root|daemon)[+@-]|^(?:mailer-daemon|postmaster)@?`)
)

// firstAddress is the first mail address in a text, or "".
func firstAddress(text string) string {
	found := anAddress.FindAllString(text, 5)
	if found == nil && strings.IndexByte(text, '@') >= 0 {
		found = wideAddress.FindAllString(text, 2)
	}
	for _, a := range found {
		a = strings.TrimLeft(strings.Trim(a, "'."), "=<>")
		if x, err := mail.ParseAddress(a); err == nil {
			return x.Address
		}
	}
	return ""
}

// notPerson reports the address of a mail system, which neither wrote nor lost a mail.
func notPerson(a string) bool { return systemName.MatchString(a) }
