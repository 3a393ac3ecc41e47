package kb

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"signpost/kb/bounce"
)

// layer is how near the words are to who spoke.
type layer int

const (
	own      layer = iota // words of the system that spoke
	software              // words of software that many run: nobody's hosts tell it
	common                // words of many systems
	foreign               // words of a system of which nothing says that it spoke
	code                  // a code alone
)

// candidate is a meaning that a piece of the text has.
type candidate struct {
	row      *bounceRow // nil: by its code
	cause    *cause
	layer    layer
	part     bounce.Part
	unit     bounce.Unit
	from, to int // where in the unit
	system   *system
	seq      int // how early in the text
}

// before is the rank of meanings: the better first.
//
//  1. What it stands on: see class.
//  2. The part that is worth more: the fields of the report, then its words, then its subject, then everything.
//  3. Words of the system that spoke, then words of software and of many, then words of a system of which nothing says
//     that it spoke.
//  4. The more particular cause: the earlier one in causes.yaml.
//  5. Words of software before words of many.
//  6. What stands earlier in the data, and in the text.
func (c candidate) before(d candidate) bool {
	seq := func(x candidate) int {
		if x.row == nil {
			return 0
		}
		return x.row.seq
	}
	return cmp.Or(
		cmp.Compare(c.class(), d.class()),
		cmp.Compare(c.part, d.part),
		cmp.Compare(c.nearness(), d.nearness()),
		cmp.Compare(c.cause.order, d.cause.order),
		cmp.Compare(c.layer, d.layer),
		cmp.Compare(seq(c), seq(d)),
		cmp.Compare(len(c.unit.Text), len(d.unit.Text)), // a line before the paragraph that holds it
		cmp.Compare(c.seq, d.seq),
	) < 0
}

// nearness is how near the words are to who spoke: software and many systems are equally near.
func (c candidate) nearness() int {
	switch c.layer {
	case own:
		return 0
	case software, common:
		return 1
	}
	return 2
}

// within reports whether the words of c are but a part of what d, which says nothing else, has matched.
func (c candidate) within(d candidate) bool {
	return d.row.Whole && !c.row.Whole && d.nearness() <= c.nearness() && d.from <= c.from && c.to <= d.to
}

// class is what a meaning stands on, the best first: words that tell more than the outcome; words of the system that
// spoke, though they tell the outcome only; a code that tells more (systems use codes loosely); other words that tell
// the outcome only ("refused by a rule", "come again later"); a code that does.
func (c candidate) class() int {
	switch {
	case !c.cause.Vague && c.layer != code:
		return 0
	case c.layer == own:
		return 1
	case !c.cause.Vague:
		return 2
	case c.layer != code:
		return 3
	}
	return 4
}

// judge says what one failure means.
func (b *Base) judge(f bounce.Failure, r bounce.Report) Bounce {
	x := Bounce{Recipient: f.Recipient, Sender: r.Sender, Action: f.Action}
	spoke := b.bounces.spoke(f.Speakers)
	if spoke != nil {
		x.System = spoke.ID
	}
	b.codes(&x, f)
	best := b.best(f, spoke)
	switch {
	case r.Kind == bounce.Complaint:
		best = &candidate{cause: b.bounces.causes["complaint"]}
	case x.Action == "delivered" || x.Action == "relayed" || x.Action == "expanded":
		best = &candidate{cause: b.bounces.causes["delivered"]}
	case r.Kind == bounce.AutoReply && (best == nil || best.layer == code):
		best = &candidate{cause: b.bounces.causes["auto-reply"]}
	case best == nil && x.Action == "delayed":
		best = &candidate{cause: b.bounces.causes["temporary"]}
	}
	if best != nil {
		b.settle(&x, *best)
	}
	x.domains(r.Letter)
	return x
}

// best is the meaning of the best rank that the texts have; nil: none. What is read as a last resort counts only where
// nothing else tells.
func (b *Base) best(f bounce.Failure, spoke *system) *candidate {
	var best *candidate
	for i, t := range f.Texts {
		if best != nil && t.Part >= bounce.Subject {
			break
		}
		if t.Part == bounce.Raw && i > 0 && f.Status != "" && f.Texts[0].Part == bounce.Status && hasReply(f.Texts[0]) {
			break // the report was read: what is left is the letter
		}
		b.search(t, spoke, &best)
	}
	return best
}

func hasReply(t bounce.Text) bool {
	for _, u := range t.Units {
		if from, _ := bounce.ReplyAt(u.Text); from >= 0 {
			return true
		}
	}
	return false
}

// settle puts a meaning into the answer.
func (b *Base) settle(x *Bounce, c candidate) {
	x.Cause = c.cause.ID
	x.ByCode = c.layer == code
	if c.unit.Text != "" {
		x.Line = c.unit.Quote(c.from, c.to)
	}
	if c.row != nil {
		x.Help, x.Fact, x.List, x.Listed = c.row.Help, c.row.Fact, c.row.List, c.row.Listed
		if c.row.system != nil && x.System == "" {
			x.System = c.row.system.ID
		}
	}
	if c.system != nil {
		x.System = c.system.ID
	}
	if x.Cause == "blocklisted" || x.Cause == "open-resolver" || x.Cause == "list-ended" {
		listing(x, c.unit.Text)
	}
	b.explain(x, c.row)
	if len(x.Enhanced) > 1 {
		x.CodeSays = cmp.Or(b.bounces.codes[x.Enhanced], b.bounces.codes["X"+x.Enhanced[1:]])
		if says := b.bounces.causes[x.CodeSays]; says != nil {
			x.CodeSays = cmp.Or(says.Is, says.ID)
		}
	}
}

// search looks for meanings in one part.
func (b *Base) search(t bounce.Text, spoke *system, best **candidate) {
	take := func(c candidate) {
		if *best == nil || c.before(**best) {
			*best = &c
		}
	}
	for i, u := range t.Units {
		text := strings.ToLower(u.Text)
		in := b.bounces.words.in(text)
		system := b.bounces.spoke(u.Speakers())
		if system == nil {
			system = b.bounces.marked(text, in)
		}
		if system == nil {
			system = spoke
		}
		var found []candidate
		for _, r := range b.bounces.rows {
			mine := r.system != nil && r.system == system
			if r.Only && !mine || !r.pattern.may(in) {
				continue
			}
			at := r.pattern.FindStringIndex(text)
			if at == nil || r.Cause == "temporary" && !mine && permanent(u) {
				continue
			}
			c := candidate{row: r, cause: b.bounces.ofPhase(b.bounces.causes[r.Cause], u), layer: common, part: t.Part,
				unit: u, from: at[0], to: at[1], system: system, seq: i}
			switch {
			case mine:
				c.layer = own
			case r.system != nil && len(r.system.Hosts) == 0:
				c.layer = software
			case r.system != nil:
				c.layer = foreign
			}
			found = append(found, c)
		}
		for _, c := range found {
			if !slices.ContainsFunc(found, c.within) {
				take(c)
			}
		}
		if c, ok := b.byCode(u, t.Part); ok { // in a paragraph too: a code may be wrapped
			c.seq, c.system = i, system
			take(c)
		}
	}
}

var ofSender = regexp.MustCompile(`(?i)in reply to mail from|(?:after|during|for) mail from\b|smtpsenderrefused|sender was rejected`)

// ofPhase is the cause where the command is known that was refused: of MAIL FROM (RFC 5321 4.1.1.2) an address that is
// not known is the sender's.
func (x *bounces) ofPhase(c *cause, u bounce.Unit) *cause {
	if c.MailFrom == "" || !ofSender.MatchString(u.Text) {
		return c
	}
	return x.causes[c.MailFrom]
}

// permanent reports a unit whose reply has a permanent code: "try again later" and "service unavailable" say less than
// that.
func permanent(u bounce.Unit) bool {
	if strings.Contains(u.Text, "dsn=") {
		return strings.Contains(u.Text, "dsn=5.")
	}
	from, _ := bounce.ReplyAt(u.Text)
	return from >= 0 && u.Text[from] == '5'
}

// byCode is the meaning of the code in a unit (RFC 3463, and the reply codes of RFC 5321 that say enough).
func (b *Base) byCode(u bounce.Unit, part bounce.Part) (candidate, bool) {
	lookup := func(name string, from, to int) (candidate, bool) {
		id, ok := b.bounces.codes[name]
		if !ok {
			return candidate{}, false
		}
		return candidate{
			cause: b.bounces.ofPhase(b.bounces.causes[id], u), layer: code, part: part, unit: u, from: from, to: to,
		}, true
	}
	for _, m := range enhancedCode.FindAllStringSubmatchIndex(u.Text, 4) {
		class := u.Text[m[2]:m[3]]
		if class == "2" || !bounce.Announced(u.Text, m[2]) {
			continue
		}
		rest := "." + u.Text[m[4]:m[5]] + "." + u.Text[m[6]:m[7]]
		if c, ok := lookup(class+rest, m[2], m[7]); ok {
			return c, true
		}
		if c, ok := lookup("X"+rest, m[2], m[7]); ok {
			return c, true
		}
	}
	from, to := bounce.ReplyAt(u.Text)
	if from < 0 {
		return candidate{}, false
	}
	reply := u.Text[from:to]
	if c, ok := lookup(reply, from, to); ok || part > bounce.Notice || len(wordy.FindAllString(u.Text[to:], 2)) < 2 {
		return c, ok
	}
	// Words that nobody knows: more than a code, and less than a cause.
	c := candidate{cause: b.bounces.causes[ownWords], layer: code, part: part, unit: u, from: from, to: len(u.Text)}
	if reply[0] == '4' {
		c.cause = b.bounces.causes["temporary"]
	}
	return c, true
}

// ownWords is the cause of a refusal that is not understood.
const ownWords = "own-words"

var wordy = regexp.MustCompile(`\pL{2,}`)

// codes takes the codes out of the failure: of the best part that has them.
func (b *Base) codes(x *Bounce, f bounce.Failure) {
	if f.Status != "" && !strings.HasSuffix(f.Status, ".0.0") && !strings.HasPrefix(f.Status, "2") {
		x.Enhanced = f.Status
	}
	said := ""
	for _, t := range f.Texts {
		if t.Part > bounce.Notice && x.Code+said != "" {
			break
		}
		for _, u := range t.Units {
			if m := enhancedCode.FindStringSubmatch(u.Text); m != nil && m[1] != "2" && said == "" {
				said = m[1] + "." + m[2] + "." + m[3]
			}
			if from, to := bounce.ReplyAt(u.Text); from >= 0 && x.Code == "" {
				x.Code = u.Text[from:to]
			}
		}
		if said != "" && x.Code != "" {
			break
		}
	}
	if x.Enhanced == "" || said != "" && strings.HasPrefix(x.Enhanced, said[:1]) {
		x.Enhanced = cmp.Or(said, x.Enhanced)
	}
	if x.Enhanced == "" && !strings.HasPrefix(f.Status, "2") {
		x.Enhanced = f.Status
	}
	x.Transient = strings.HasPrefix(x.Enhanced, "4") || x.Enhanced == "" && strings.HasPrefix(x.Code, "4") ||
		x.Action == "delayed"
	if x.Action == "failed" && strings.HasPrefix(f.Status, "5") {
		x.Transient = false
	}
}

var (
	usingList = regexp.MustCompile(`(?i)\b(?:using|listed (?:in|at|on|by)|(?:found|is) (?:in|on)|see|by|rbl:?|dnsbl:?|list server)\s+(?:the )?["'(]?(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})`)
	listKinds = []struct {
		listed string
		re     *regexp.Regexp
	}{
		{"helo", regexp.MustCompile(`(?i)\bhelo (?:command|name|host|string)?|\behlo\b`)},
		{"mailfrom", regexp.MustCompile(`(?i)sender address|sender domain|mail from|sender's domain|from address|envelope.from|\bsender [^ ]*@`)},
		{"url", regexp.MustCompile(`(?i)\bur[li]s?\b|\blinks?\b|surbl|uribl|in (?:the )?(?:body|content|message)`)},
		{"ip", regexp.MustCompile(`(?i)client host|\bip\b|\bhost\b|connection|\[?\d{1,3}(?:\.\d{1,3}){3}\]?`)},
	}
)

// listing finds which blocklist a reply names, and what it lists.
func listing(x *Bounce, text string) {
	if x.List == "" {
		if m := usingList.FindStringSubmatch(text); m != nil {
			x.List = strings.ToLower(m[1])
		}
	}
	for _, k := range listKinds[:2] { // what was asked of the list stands in the reply: "Helo command [x] blocked using"
		if k.re.MatchString(text) {
			x.Listed = k.listed
			return
		}
	}
	if x.Listed != "" {
		return
	}
	for _, k := range listKinds[2:] {
		if k.re.MatchString(text) {
			x.Listed = k.listed
			return
		}
	}
}
