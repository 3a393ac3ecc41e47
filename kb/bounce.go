package kb

import (
	"cmp"
	"slices"
	"strings"

	"signpost/kb/bounce"

	"golang.org/x/text/language"
)

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
