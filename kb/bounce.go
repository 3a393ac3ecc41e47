package kb

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"signpost/kb/bounce"

	"golang.org/x/text/language"
)

// Bounce is what a mail system's reply means for one recipient. Cause is its name in the catalogue
// ("bounce.no-user.name").
type Bounce struct {
	Cause     string
	Kind      string // the wider cause that it is a kind of; else the same
	Who       string // sender-user, sender-admin, sender-dns, sender-provider, recipient-user, recipient-admin, wait, read
	Code      string // "550", or "" where the text has none
	Enhanced  string // "5.7.1" (RFC 3463), or ""
	Transient bool   // 4xx: the sending system tries again by itself
	Action    string // what the report says was done: failed, delayed, delivered ..., or ""
	System    string // who wrote it, as far as it can be told: an id of data/bounces
	Line      string // the line that told
	List      string // the blocklist that is named, or ""
	Listed    string // what it lists: ip, helo, mailfrom, url, domain, or ""
	Help      string // an official page about it
	Fact             // where the meaning is known from; zero for codes of RFC 3463 and for what was seen in the field
	ByCode    bool   // no words were known, only the code
	CodeSays  string // the kind of cause that the enhanced code alone stands for, or ""
	Sender    string // addresses in the text
	Recipient string
	// SenderDomain and RecipientDomain are the domains to look at: that of DMARC is the one in From.
	SenderDomain, RecipientDomain string
	// SenderChecks and RecipientChecks are the checks of their domains that tell more.
	SenderChecks, RecipientChecks []string
}

// Known reports whether a cause was found.
func (x Bounce) Known() bool { return x.Cause != "" }

// Reading is what was read of a pasted text or a mail.
type Reading struct {
	Bounces []Bounce // one for each recipient; at least one
	More    int      // recipients beyond those
	Results []string // of the failed mail's Authentication-Results: "spf=fail"
	Hops    []bounce.Hop
	Cut     bool // the text was too long to be read whole
}

// DecodeText is a file as text. False: the file is none.
func DecodeText(raw []byte) (string, bool) { return bounce.DecodeText(raw) }

// MaxMessage is how many octets of a mail are read.
const MaxMessage = bounce.MaxRead

// ReadBounce is Read for the first recipient. False: nothing in it is known.
func (b *Base) ReadBounce(text string) (Bounce, bool) {
	x := b.Read(text).Bounces[0]
	return x, x.Known()
}

// Read reads a mail, a non-delivery report, an SMTP reply or a log line, and says what it means for each recipient.
func (b *Base) Read(text string) Reading {
	r := bounce.Read(text)
	if err := b.bounces.compile(); err != nil { // the tests of the data see to it that there is none
		return Reading{Bounces: []Bounce{{}}, Cut: r.Cut}
	}
	out := Reading{More: r.More, Results: r.Letter.Results, Hops: r.Letter.Hops, Cut: r.Cut}
	known := false
	for _, f := range r.Failures {
		x := b.judge(f, r)
		known = known || x.Known()
		out.Bounces = append(out.Bounces, x)
	}
	if len(out.Bounces) > 1 && known { // an address that stands in the words is not always one that failed
		out.Bounces = slices.DeleteFunc(out.Bounces,
			func(x Bounce) bool { return !x.Known() && x.Action == "" && x.Enhanced == "" })
	}
	if !known {
		b.byResults(&out, r)
	}
	return out
}

// failedResults are results of authentication (RFC 8601 2.7), the worst first, and what they stand for.
var failedResults = []struct{ result, cause string }{
	{"dmarc=fail", "dmarc-failed"}, {"spf=fail", "spf-failed"}, {"spf=permerror", "spf-failed"},
	{"spf=softfail", "spf-failed"}, {"dkim=fail", "dkim-failed"},
	{"dkim=permerror", "dkim-failed"},
}

// byResults reads a mail that is no bounce by what its receiver found out about its sender.
func (b *Base) byResults(out *Reading, r bounce.Report) {
	for _, f := range failedResults {
		if slices.Contains(r.Letter.Results, f.result) {
			x := &out.Bounces[0]
			x.Cause, x.Line = f.cause, "Authentication-Results: "+strings.Join(r.Letter.Results, "; ")
			b.explain(x, nil)
			x.domains(r.Letter)
			return
		}
	}
}

// explain puts in what the cause tells.
func (b *Base) explain(x *Bounce, row *bounceRow) {
	c := b.bounces.causes[x.Cause]
	x.Kind = cmp.Or(c.Is, c.ID)
	x.Who, x.SenderChecks, x.RecipientChecks = c.Who, c.Sender, c.Recipient
	if row != nil && row.Who != "" {
		x.Who = row.Who
	}
}

var (
	enhancedCode = regexp.MustCompile(`(?:^|[^0-9.])([245])\.(\d{1,3})\.(\d{1,3})(?:[^0-9.]|\.?$|\.[^0-9])`)
	namedDomain  = regexp.MustCompile(`(?i)(?:\bspf\s*\[|\bdomain(?:\s+of)?\s*[:=]?\s*[\[<"'(]?(?:[^@\s]+@)?|\bfrom\s+(?:domain\s+)?|\bpolicy (?:for|of) |header\.from=|smtp\.mailfrom=(?:[^@\s]*@)?)((?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]+)`)
)

// domains is the domains that the answer is about.
var inFrom = regexp.MustCompile(`(?i)\bheader\.from ?= ?"?(?:[^\s;@"]{1,64}@)?([a-z0-9_-]+(?:\.[a-z0-9_-]+)+)`)

func (x *Bounce) domains(l bounce.Letter) {
	domainOf := func(address string) string {
		_, d, _ := strings.Cut(address, "@")
		return strings.ToLower(d)
	}
	x.RecipientDomain = domainOf(x.Recipient)
	said := ""
	if m := namedDomain.FindStringSubmatch(x.Line); m != nil && len(x.SenderChecks) > 0 {
		if said = strings.ToLower(m[1]); said == x.RecipientDomain {
			said = ""
		}
	}
	switch x.Cause {
	case "dmarc-failed", "unauthenticated":
		from := ""
		// DMARC asks for this one, whatever else the line names (RFC 8601).
		if m := inFrom.FindStringSubmatch(x.Line); m != nil {
			from = strings.ToLower(strings.TrimRight(m[1], "."))
		}
		x.SenderDomain = cmp.Or(strings.ToLower(l.HeaderFrom), from, said, domainOf(l.From), domainOf(x.Sender))
	case "spf-failed", "sender-unresolvable", "sender-unverifiable":
		x.SenderDomain = cmp.Or(said, strings.ToLower(l.MailFrom), domainOf(l.ReturnPath), domainOf(x.Sender))
	default:
		x.SenderDomain = cmp.Or(said, domainOf(x.Sender))
	}
}

// BounceText is a sentence about bounces: "no-user.meaning", "who.sender-dns".
func (b *Base) BounceText(lang language.Tag, id string) string {
	return b.texts.Text(lang, "bounce."+id, nil)
}

// MailSystem is the name of a mail system; the id itself when it is not known.
func (b *Base) MailSystem(id string) string {
	for _, s := range b.bounces.systems {
		if s.ID == id {
			return cmp.Or(s.Name, id)
		}
	}
	return id
}
