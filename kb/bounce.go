package kb

import (
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"signpost/diag"

	"golang.org/x/text/language"
)

// Bounce is what a mail system's reply means. Cause is its name in the catalogue ("bounce.no-user.name").
type Bounce struct {
	Cause     string
	Who       string // sender-user, sender-admin, sender-dns, sender-provider, recipient-user, recipient-admin, wait, read
	Code      string // "550", or "" where the text has none
	Enhanced  string // "5.7.1" (RFC 3463), or ""
	Transient bool   // 4xx: the sending system tries again by itself
	System    string // who wrote it, as far as it can be told: an id of data/bounces.yaml
	Line      string // the line that told
	Help      string // an official page about it
	Fact             // where the meaning is known from; zero for codes of RFC 3463
	Sender    string // addresses in the text
	Recipient string
	// SenderChecks and RecipientChecks are the checks of their domains that tell more.
	SenderChecks, RecipientChecks []string
}

// bounces is data/bounces.yaml.
type bounces struct {
	Causes map[string]struct {
		Who       string   `yaml:"who"`
		Sender    []string `yaml:"sender"`
		Recipient []string `yaml:"recipient"`
	} `yaml:"causes"`
	Codes   map[string]string `yaml:"codes"`
	Systems []system          `yaml:"systems"`
}

type system struct {
	ID    string   `yaml:"id"`
	Hosts []string `yaml:"hosts"`
	Rows  []struct {
		Match string `yaml:"match"`
		Cause string `yaml:"cause"`
		Help  string `yaml:"help"`
		Fact  `yaml:",inline"`

		pattern *regexp.Regexp
	} `yaml:"rows"`
}

const maxBounce = 200_000 // octets that are looked at

func (b *Base) readBounces() error {
	if err := read("data/bounces.yaml", &b.bounces); err != nil {
		return err
	}
	for id := range b.bounces.Causes {
		for _, part := range []string{"name", "meaning", "do"} {
			if !b.texts.Has("bounce." + id + "." + part) {
				return fmt.Errorf("%w: locales: bounce.%s.%s is missing", ErrData, id, part)
			}
		}
		c := b.bounces.Causes[id]
		if !b.texts.Has("bounce.who." + c.Who) {
			return fmt.Errorf("%w: bounces.yaml: %s: who is %q?", ErrData, id, c.Who)
		}
		for _, check := range slices.Concat(c.Sender, c.Recipient) {
			if !slices.ContainsFunc(diag.Checks(), func(k *diag.Check) bool { return k.Name == check }) {
				return fmt.Errorf("%w: bounces.yaml: %s: no such check: %s", ErrData, id, check)
			}
		}
	}
	for i := range b.bounces.Systems {
		s := &b.bounces.Systems[i]
		for j := range s.Rows {
			r := &s.Rows[j]
			var err error
			if r.pattern, err = regexp.Compile("(?i)" + r.Match); err != nil {
				return fmt.Errorf("%w: bounces.yaml: %s: row %d: %w", ErrData, s.ID, j+1, err)
			}
			if _, ok := b.bounces.Causes[r.Cause]; !ok {
				return fmt.Errorf("%w: bounces.yaml: %s: row %d: no such cause: %s", ErrData, s.ID, j+1, r.Cause)
			}
		}
	}
	for code, cause := range b.bounces.Codes {
		if _, ok := b.bounces.Causes[cause]; !ok {
			return fmt.Errorf("%w: bounces.yaml: %s: no such cause: %s", ErrData, code, cause)
		}
	}
	return nil
}

var (
	enhancedCode = regexp.MustCompile(`(?:^|[^0-9.])([245])\.(\d{1,3})\.(\d{1,3})(?:[^0-9.]|$)`)
	replyCode    = regexp.MustCompile(`(?:^|[\s:：>"(])([45]\d\d)(?:[ \-#:]|$)`)
	hostName     = regexp.MustCompile(`(?i)[a-z0-9-]+(?:\.[a-z0-9-]+)+`)
	anAddress    = regexp.MustCompile(`(?i)[a-z0-9!#$%&'*+/=?^_{|}~.-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+`)
	failedIs     = regexp.MustCompile(`(?im)(?:^|[\s,;(])(?:final-recipient|original-recipient|x-failed-recipients)\s*:[^\n]*$`)
	recipientIs  = regexp.MustCompile(`(?im)(?:^|[\s,;(])(?:to|收件人)\s*[:=：][^\n]*$`)
	senderIs     = regexp.MustCompile(`(?im)(?:^|[\s,;(])(?:from|return-path|x-original-from|sender|发件人)\s*[:=：][^\n]*$`)
	whoWrote     = regexp.MustCompile(`(?im)^(?:reporting-mta|remote-mta)\s*:\s*dns;\s*(\S+)|host (\S+?)(?:\[|\s|:)[^\n]{0,200}? said`)
	folding      = regexp.MustCompile(`\r?\n[ \t]+`)
)

// ReadBounce reads a pasted non-delivery report, SMTP reply or log line. False: nothing in it is known.
func (b *Base) ReadBounce(text string) (Bounce, bool) {
	text = strings.ToValidUTF8(text[:min(len(text), maxBounce)], "?")
	text = folding.ReplaceAllString(text, " ")
	out := Bounce{System: b.wrote(text)}
	out.Sender, out.Recipient = addressesOf(text)
	lines := strings.Split(text, "\n")
	for _, l := range lines {
		if m := enhancedCode.FindStringSubmatch(l); m != nil && m[1] != "2" && out.Enhanced == "" {
			out.Enhanced = m[1] + "." + m[2] + "." + m[3]
		}
		if m := replyCode.FindStringSubmatch(l); m != nil && out.Code == "" {
			out.Code = m[1]
		}
	}
	out.Transient = strings.HasPrefix(out.Enhanced, "4") || out.Enhanced == "" && strings.HasPrefix(out.Code, "4")
	if !b.byRow(&out, lines) && !b.byCode(&out, lines) {
		return out, false
	}
	b.explain(&out)
	return out, true
}

func (b *Base) explain(out *Bounce) {
	c := b.bounces.Causes[out.Cause]
	out.Who, out.SenderChecks, out.RecipientChecks = c.Who, c.Sender, c.Recipient
}

// failedResults are results of authentication (RFC 8601 2.7), the worst first, and what they stand for.
var failedResults = []struct{ result, cause string }{
	{"dmarc=fail", "dmarc-failed"}, {"spf=fail", "spf-failed"}, {"spf=permerror", "spf-failed"}, {"spf=softfail", "spf-failed"}, {"dkim=fail", "dkim-failed"},
	{"dkim=permerror", "dkim-failed"},
}

// ReadMail reads a mail as ReadMessage gave it: as a bounce, and where it is none by the results of its authentication.
func (b *Base) ReadMail(m Message) (Bounce, bool) {
	x, ok := b.ReadBounce(m.Text)
	if ok {
		return x, true
	}
	for _, f := range failedResults {
		if slices.Contains(m.Results, f.result) {
			x.Cause, x.Line = f.cause, "Authentication-Results: "+strings.Join(m.Results, "; ")
			b.explain(&x)
			return x, true
		}
	}
	return x, false
}

// byRow finds the row of the system that wrote the text; without one, that of any system.
func (b *Base) byRow(out *Bounce, lines []string) bool {
	for _, own := range []bool{true, false} {
		longest := 0
		for _, s := range b.bounces.Systems {
			if own != (s.ID == out.System) {
				continue
			}
			for i := range s.Rows {
				r := &s.Rows[i]
				// A row that is nothing but a code means what it says with its own system alone.
				if !own && bareCode.MatchString(r.Match) {
					continue
				}
				for _, l := range lines {
					at := r.pattern.FindStringIndex(l)
					if at == nil || at[1]-at[0] <= longest { // of several rows the one that explains most of the line
						continue
					}
					longest = at[1] - at[0]
					out.Cause, out.Line, out.Help, out.Fact = r.Cause, strings.TrimSpace(l), r.Help, r.Fact
				}
			}
		}
		if longest > 0 {
			return true
		}
	}
	return false
}

var bareCode = regexp.MustCompile(`^[\[\]()45\\.d|\-0-9?:b]*$`)

// byCode falls back on the code of RFC 3463.
func (b *Base) byCode(out *Bounce, lines []string) bool {
	if out.Enhanced == "" {
		return false
	}
	cause, ok := b.bounces.Codes["X"+out.Enhanced[1:]]
	if !ok {
		return false
	}
	out.Cause = cause
	for _, l := range lines { // the one that says most: "Diagnostic-Code: smtp; 550 5.7.1 ..." before "Status: 5.7.1"
		if l = strings.TrimSpace(l); strings.Contains(l, out.Enhanced) && len(l) > len(out.Line) {
			out.Line = l
		}
	}
	return true
}

// wrote is the system whose host said it.
func (b *Base) wrote(text string) string {
	var hosts []string
	for _, m := range whoWrote.FindAllStringSubmatch(text, 20) {
		hosts = append(hosts, m[1]+m[2])
	}
	hosts = append(hosts, hostName.FindAllString(text, 200)...)
	for _, h := range hosts {
		h = strings.ToLower(strings.Trim(h, "."))
		best, length := "", 0
		for _, s := range b.bounces.Systems {
			for _, suffix := range s.Hosts {
				if (h == suffix || strings.HasSuffix(h, "."+suffix)) && len(suffix) > length {
					best, length = s.ID, len(suffix)
				}
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}

// addressesOf is the sender and the recipient as a report names them; else the recipient is the first address in the text.
func addressesOf(text string) (sender, recipient string) {
	pick := func(line string) string {
		if a, err := mail.ParseAddress(anAddress.FindString(line)); err == nil {
			return a.Address
		}
		return ""
	}
	for _, l := range append(failedIs.FindAllString(text, 20), recipientIs.FindAllString(text, 20)...) {
		if recipient = pick(l); recipient != "" {
			break
		}
	}
	for _, l := range senderIs.FindAllString(text, 20) {
		a := pick(l)
		if lower := strings.ToLower(a); a != "" && !strings.HasPrefix(lower, "mailer-daemon@") && !strings.HasPrefix(lower, "postmaster@") {
			sender = a
		}
	}
	if recipient == "" {
		for _, a := range anAddress.FindAllString(text, 20) {
			if a != sender && !strings.HasPrefix(strings.ToLower(a), "mailer-daemon@") && !strings.HasPrefix(strings.ToLower(a), "postmaster@") {
				recipient = a
				break
			}
		}
	}
	return sender, recipient
}

// BounceText is a sentence about bounces: "no-user.meaning", "who.sender-dns".
func (b *Base) BounceText(lang language.Tag, id string) string {
	return b.texts.Text(lang, "bounce."+id, nil)
}
