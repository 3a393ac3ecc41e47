package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases"
	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
	"golang.org/x/text/width"
)

// contactKinds is the channels of a contact, in the order in which they are offered.
var contactKinds = []string{kb.Ticket, kb.Phone, kb.Chat, kb.Email, kb.Manager, kb.HelpCentre}

const maxShown = 15 // lines of a timeline that show shows, the latest

// show shows a case with the latest of its timeline.
func (k *desk) show(ctx context.Context, c *cases.Case) error {
	out, err := k.card(ctx, c, false)
	if err != nil {
		return err
	}
	recent, err := k.d.Book.Recent(ctx, k.r.Team, c.Number, 10*maxShown)
	if err != nil {
		return err
	}
	line := Section{Heading: k.text("case.timeline", nil), Entries: k.entries(recent)}
	if n := len(line.Entries) - maxShown; n > 0 || len(recent) == 10*maxShown {
		line.Entries = line.Entries[max(n, 0):]
		line.Text = k.text("case.earlier", map[string]any{"example": "/" + mailcaseName + " review " + c.Name()})
	}
	out.Sections = append(out.Sections, line)
	return k.done(ctx, c, out)
}

var revision = regexp.MustCompile(`^rev=(\d{1,15})(?:\s+|$)`)

// seenRev takes the revision that a button or form showed off the words; the present one where there is none.
func (k *desk) seenRev(c *cases.Case) int64 {
	m := revision.FindStringSubmatch(k.words)
	if m == nil || !slices.Contains(revisedVerbs, k.verb) {
		return c.Rev
	}
	k.words = strings.TrimSpace(k.words[len(m[0]):])
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return c.Rev
	}
	return n
}

// revisedVerbs are those whose buttons and forms carry the revision of the case that they show, so that who is slower than somebody else is told.
var revisedVerbs = []string{"take", "state", "solve", "close", "lesson"}

// errTaken says that somebody else was faster; the answer has the name.
type errTaken struct{ by string }

func (errTaken) Error() string { return "commands: somebody else was faster" }

// take makes the asker the one who works on the case. Where somebody else has taken it since the button was shown, the asker is told.
func (k *desk) take(ctx context.Context, c *cases.Case) error {
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.Assignee != "" && c.Assignee != k.r.User && c.TakenRev > k.rev {
			return cases.Edit{}, errTaken{c.Assignee}
		}
		if c.Assignee == k.r.User && c.State != cases.New {
			return cases.Edit{}, errSame
		}
		c.Assignee, c.TakenRev = k.r.User, c.Rev+1
		if c.State == cases.New {
			c.SetState(cases.WaitingUs, k.now, k.business(ctx))
		}
		return cases.Edit{Entries: []cases.Entry{{Kind: "taken", By: k.r.User}}}, nil
	}, "case.taken", nil, k.stays(c))
	if errors.Is(err, errSame) {
		return k.same(ctx, c, "case.taken", nil)
	}
	if t, ok := err.(errTaken); ok { //nolint:errorlint // given by the function above, unwrapped
		k.say(Reply{
			Tone: Caution, Title: k.text("case.taken-already", map[string]any{"case": c.Name()}), Final: true, Sections: []Section{{Fields: []Field{{Label: k.text("case.label.assignee", nil), Person: t.by}}}},
			Actions: []Action{{ID: "take", Label: k.text("case.button.take-over", nil), Command: mailcaseName, Text: "take " + c.Name()}},
		})
		return nil
	}
	return err
}

// userID is a person as Slack writes one: <@U0123ABCD>, or the bare id, which has digits in it.
var (
	userID   = regexp.MustCompile(`<@([A-Z0-9]{2,30})(?:\|[^>]*)?>|^@?([UW][A-Z]*[0-9][A-Z0-9]{4,30})$`)
	assignTo = regexp.MustCompile(`(?i)^(?:to\b|给)\s*`)
)

// assign gives the case to somebody.
func (k *desk) assign(ctx context.Context, c *cases.Case) error {
	m := userID.FindStringSubmatch(strings.TrimSpace(assignTo.ReplaceAllString(k.words, "")))
	who := ""
	switch {
	case m != nil:
		who = m[1] + m[2]
	case slices.Contains(listed("me"), folded(assignTo.ReplaceAllString(k.words, ""))):
		who = k.r.User
	default:
		k.wrong("case.whom", nil)
		return nil
	}
	if k.left(ctx, who) {
		k.wrong("case.person-left", nil)
		return nil
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		c.Assignee, c.TakenRev = who, c.Rev+1
		return cases.Edit{Entries: []cases.Entry{{Kind: "assigned", By: k.r.User, Text: who}}}, nil
	}, "case.assigned", nil, k.stays(c), func(r *Reply) {
		whom := func(lang language.Tag) []Section {
			return []Section{{Fields: []Field{{Label: texts.Text(lang, "case.label.assignee", nil), Person: who}}}}
		}
		r.Sections = append(whom(k.r.Lang), r.Sections...)
		if len(r.Posts) > 1 { // so that Slack tells that one
			r.Posts[1].Reply.Sections = append(whom(r.Posts[1].Lang), r.Posts[1].Reply.Sections...)
		}
	})
}

// left reports whether a person is known to be gone from the workspace.
func (k *desk) left(ctx context.Context, user string) bool {
	return user != "" && k.d.Left != nil && k.d.Left(ctx, user)
}

// stateIn is the state that words name, in either language.
func stateIn(words string) (cases.State, bool) {
	plain := func(s string) string { return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(s)) }
	said := plain(words)
	for _, s := range cases.States {
		if said == plain(string(s)) || slices.ContainsFunc(listed("state."+string(s)), func(w string) bool { return plain(w) == said }) {
			return s, true
		}
	}
	return "", false
}

// state says who has to act next.
func (k *desk) state(ctx context.Context, c *cases.Case) error {
	s, ok := stateIn(cmp.Or(k.r.Values["state"], k.words))
	if !ok || !s.Open() {
		k.wrong("case.which-state", nil)
		return nil
	}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		switch {
		case c.StateRev > k.rev && c.State != s:
			return cases.Edit{}, cases.ErrConflict
		case !c.State.Open():
			return cases.Edit{}, errRefused
		case c.State == s:
			return cases.Edit{}, errSame
		}
		c.SetState(s, k.now, k.business(ctx))
		c.StateRev = c.Rev + 1
		return cases.Edit{Entries: []cases.Entry{{Kind: "state", By: k.r.User, Text: string(s)}}}, nil
	}, "case.state-set", map[string]any{"state": k.text("case.state."+string(s), nil)})
	switch {
	case errors.Is(err, errRefused):
		return k.ended(ctx, c)
	case errors.Is(err, errSame):
		return k.same(ctx, c, "case.state-set", map[string]any{"state": k.text("case.state."+string(s), nil)})
	}
	return err
}

// ended says that a case is ended, with a button that opens it again.
func (k *desk) ended(ctx context.Context, c *cases.Case) error {
	c, err := k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	out := Reply{
		Tone: Caution, Title: k.text("case.is-ended", map[string]any{"case": c.Name(), "state": k.text("case.state."+string(c.State), nil)}), Final: true, Data: caseData(c),
		Actions: []Action{{ID: "reopen", Label: k.text("case.button.reopen", nil), Command: mailcaseName, Text: "reopen " + c.Name()}},
	}
	if c.Resolution != "" {
		out.Sections = []Section{{Heading: k.text("case.label.resolution", nil), Text: c.Resolution}}
	}
	return k.done(ctx, c, out)
}

// same says that nothing had to be changed.
func (k *desk) same(ctx context.Context, c *cases.Case, told string, args map[string]any) error {
	all := map[string]any{"case": c.Name(), "title": k.title(c)}
	for name, v := range args {
		all[name] = v
	}
	return k.done(ctx, c, Reply{Title: k.text(told, all), Sections: []Section{{Muted: true, Text: k.text("case.same", nil)}}, Final: true, Data: caseData(c)})
}

// stays adds that a case is ended and stays so, whatever was put down in it.
func (k *desk) stays(c *cases.Case) func(*Reply) {
	return func(r *Reply) {
		if !c.State.Open() {
			r.Sections = append(r.Sections, Section{Text: k.text("case.stays-ended", map[string]any{"case": c.Name(), "state": k.text("case.state."+string(c.State), nil)})})
			r.Actions = append(r.Actions, Action{ID: "reopen", Label: k.text("case.button.reopen", nil), Command: mailcaseName, Text: "reopen " + c.Name()})
		}
	}
}

// ticketNumber is how providers number tickets: letters and digits in capitals, or many digits.
var ticketNumber = regexp.MustCompile(`\b(?:[0-9]+[A-Z]+[0-9A-Z]*|[A-Z]+[0-9]+[0-9A-Z]*)\b`)

// aMention is a person, channel or link as Slack writes it: no part of it is a ticket's number.
var aMention = regexp.MustCompile(`<[^<>\s][^<>]*>`)

// ticketsIn is what looks like a ticket's number in a text, and is none of the case's own yet.
func ticketsIn(text string, c *cases.Case) []string {
	var out []string
	for _, m := range ticketNumber.FindAllString(aMention.ReplaceAllString(text, " "), 20) {
		if len(m) >= 8 && len(m) <= 20 && !slices.Contains(c.Tickets, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out[:min(len(out), 3)]
}

var (
	ticketPrefix = regexp.MustCompile(`(?i)^(?:(?:ticket|number|no\.?|id|is|工单编号|工单号|工单|编号|号码|号|是|为)[\s:#]*|#)`)
	ticketShape  = regexp.MustCompile(`^[0-9A-Z][0-9A-Z._/-]{1,38}[0-9A-Z]$`)
	aDigit       = regexp.MustCompile(`[0-9]`)
)

// readTicket reads a ticket's number as somebody writes it: "0003Y5YJCP", "#1234567", "工单号：0003y5yjcp". Ok is false where it is none.
func readTicket(said string) (number string, ok bool) {
	number = strings.ToUpper(strings.TrimSpace(width.Fold.String(said)))
	for {
		short := strings.TrimLeft(ticketPrefix.ReplaceAllString(number, ""), " :")
		if short == number || short == "" {
			break
		}
		number = short
	}
	number = strings.TrimRight(number, ".,;:!。")
	return number, ticketShape.MatchString(number) && aDigit.MatchString(number)
}

// looksLikeTicket reports whether a word by itself is a ticket's number rather than a word.
func looksLikeTicket(word string) bool {
	word = strings.Trim(word, "#.,;:，。")
	return aTicketInDigits.MatchString(word) || len(ticketNumber.FindString(word)) == len(word) && len(word) >= 6
}

// note adds words to the timeline. What looks like a ticket's number is offered as one.
func (k *desk) note(ctx context.Context, c *cases.Case) error {
	text := k.value("text")
	if text == "" {
		return k.ask(c)
	}
	return k.change(ctx, c, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: k.pieces("note", text)}, nil
	}, "case.noted", nil, k.stays(c), func(r *Reply) {
		k.aboutLength(r, text, cases.MaxText)
		for _, t := range ticketsIn(text, c) {
			r.Actions = append(r.Actions, k.keepTicket(c, t))
		}
		if len(r.Posts) > 1 {
			r.Posts[1].Reply.Sections = append([]Section{{Text: text}}, r.Posts[1].Reply.Sections...)
		}
	})
}

// ticket keeps a ticket's number: with the contact by ticket that has none yet and waits for its answer, otherwise as a contact of its own.
func (k *desk) ticket(ctx context.Context, c *cases.Case) error {
	number, ok := readTicket(k.words)
	if !ok {
		k.wrong("case.which-ticket", map[string]any{"what": clip(k.words, 60)})
		return nil
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	slices.Reverse(contacts) // the latest first
	there := slices.ContainsFunc(contacts, func(x cases.Contact) bool { return x.Ticket == number })
	i := slices.IndexFunc(contacts, func(x cases.Contact) bool {
		return x.Channel == kb.Ticket && x.Ticket == "" && x.Answered.IsZero() && len(ticketsIn(strings.ToUpper(x.Gist), &cases.Case{})) == 0
	})
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if there {
			return cases.Edit{}, errSame
		}
		if !slices.Contains(c.Tickets, number) {
			if len(c.Tickets) >= cases.MaxContacts {
				return cases.Edit{}, cases.ErrFull
			}
			c.Tickets = append(c.Tickets, number)
		}
		if c.State == cases.New || c.State == cases.WaitingUs {
			c.SetState(cases.WaitingProvider, k.now, k.business(ctx))
			c.StateRev = c.Rev + 1
		}
		x := cases.Contact{At: k.now, By: k.r.User, Channel: kb.Ticket, Provider: c.Provider}
		if i >= 0 {
			x = contacts[i]
		} else {
			if c.Contacts >= cases.MaxContacts {
				return cases.Edit{}, cases.ErrFull
			}
			c.Contacts++
			x.ID = int64(c.Contacts)
		}
		x.Ticket = number
		return cases.Edit{Entries: []cases.Entry{{Kind: "ticket", By: k.r.User, Text: number}}, Contact: &x}, nil
	}, "case.ticket-kept", map[string]any{"ticket": number}, k.stays(c), func(r *Reply) { k.watchAnswer(ctx, r) })
	if errors.Is(err, errSame) {
		return k.same(ctx, c, "case.ticket-kept", map[string]any{"ticket": number})
	}
	return err
}

// contact keeps one contact with support: the record of who was asked what, and what follows.
func (k *desk) contact(ctx context.Context, c *cases.Case) error {
	v := k.r.Values
	x := cases.Contact{At: k.now, By: k.r.User, Provider: c.Provider}
	if x.Channel = v["channel"]; x.Channel == "" {
		x.Channel, k.words = k.kindIn(k.words)
	}
	if x.Channel == "" {
		k.wrong("case.which-channel", map[string]any{"channels": k.kindNames()})
		return nil
	}
	if !k.contactTime(&x) {
		return nil
	}
	if said := strings.TrimSpace(v["ticket"]); said != "" {
		number, ok := readTicket(said)
		if !ok {
			k.wrong("case.which-ticket", map[string]any{"what": clip(said, 60)})
			return nil
		}
		x.Ticket = number
	} else if first, rest := cutWord(k.words); looksLikeTicket(first) {
		if number, ok := readTicket(first); ok {
			x.Ticket, k.words = number, rest
		}
	}
	if !k.contactTime(&x) { // it may stand behind the ticket as well
		return nil
	}
	whole := k.clean(strings.TrimSpace(cmp.Or(strings.TrimSpace(v["gist"]), k.words)))
	if m := ticketSaid.FindStringSubmatch(whole); m != nil && x.Ticket == "" && looksLikeTicket(m[1]) {
		x.Ticket, _ = readTicket(m[1])
	}
	if whole == "" && x.Ticket == "" {
		return k.ask(c)
	}
	x.Gist = clip(whole, cases.MaxText-1)
	x.Next = k.clean(clip(v["next"], cases.MaxText-1))
	if p := v["partner"]; p == "registrar" || p == "dns" {
		who := k.clean(v["who"])
		x.Partner, x.Who = p, clip(who, 100)
	}
	if v["answered"] == "yes" {
		x.Answered = x.At
	}
	args := map[string]string{"channel": x.Channel}
	for name, value := range map[string]string{"ticket": x.Ticket, "partner": x.Partner, "who": x.Who} {
		if value != "" {
			args[name] = value
		}
	}
	entries := k.pieces("contact", whole)
	for i := range entries {
		entries[i].Public, entries[i].At = true, x.At
	}
	entries[0].With = args
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.Contacts >= cases.MaxContacts {
			return cases.Edit{}, cases.ErrFull
		}
		c.Contacts++
		x.ID = int64(c.Contacts)
		if x.Ticket != "" && !slices.Contains(c.Tickets, x.Ticket) {
			c.Tickets = append(c.Tickets, x.Ticket)
		}
		switch {
		case !c.State.Open():
		case x.Partner != "":
			c.SetState(cases.WaitingDNS, k.now, k.business(ctx))
			c.StateRev = c.Rev + 1
		case x.Answered.IsZero():
			c.SetState(cases.WaitingProvider, k.now, k.business(ctx))
			c.StateRev = c.Rev + 1
		}
		e := cases.Edit{Entries: entries, Contact: &x}
		if !x.Answered.IsZero() {
			e.Measures = append(e.Measures, cases.AnswerMeasure(x.Provider, x.Channel, 0))
		}
		return e, nil
	}, "case.contact-kept", map[string]any{"what": clip(k.entryText(k.caseLang(c), entries[0]), 120)}, k.stays(c), func(r *Reply) { k.watchAnswer(ctx, r) }, func(r *Reply) {
		k.aboutLength(r, whole, cases.MaxText)
		for _, t := range ticketsIn(whole, c) {
			if t != x.Ticket {
				r.Actions = append(r.Actions, k.keepTicket(c, t))
			}
		}
	})
}

// ticketSaid finds a ticket's number that words call so: "they opened ticket 0003Y5YJCP".
var ticketSaid = regexp.MustCompile(`(?i)(?:\bticket|工单)(?:\s*(?:number|no\.?|编号|号))?(?:\s+is|为|是)?[\s:：#]*([0-9A-Za-z]{6,20})\b`)

// timeAgo finds a time at the end of words: "they reset it 5 min ago".
var timeAgo = regexp.MustCompile(`(?i)[\s,]+((?:\d{1,3}|an?|half an)\s*(?:min(?:ute)?s?|h(?:ours?|rs?)?)\s+ago)[.!]?$`)

// contactTime takes the time of a contact off its words, or from the field for it; false where it is none, which has been said.
func (k *desk) contactTime(x *cases.Contact) bool {
	said, typed := strings.TrimSpace(k.r.Values["at"]), false
	if said == "" {
		said, typed = k.words, true
	}
	at, rest, err := readPast(said, k.now, k.r.Zone)
	if m := timeAgo.FindStringSubmatchIndex(said); m != nil && errors.Is(err, errNoTime) && typed {
		if at, _, err = readPast(said[m[2]:m[3]], k.now, k.r.Zone); err == nil {
			rest = said[:m[0]]
		}
	}
	switch {
	case err == nil && (typed || rest == ""):
		x.At = at
		if typed {
			k.words = rest
		}
	case typed && !errors.Is(err, errUnclear): // "phone tomorrow they send a part": no time of the contact
	case err == nil, errors.Is(err, errNoTime):
		k.wrong("case.contact-when", map[string]any{"why": k.text("case.contact-when.none", map[string]any{"what": clip(said, 40)})})
		return false
	default:
		k.wrong("case.contact-when", map[string]any{"why": k.whyNot(err)})
		return false
	}
	return true
}

// kindIn takes the channel off the beginning of words; "" where they begin with none. "by" before it is no part of it.
func (k *desk) kindIn(words string) (kind, rest string) {
	first, rest := cutWord(words)
	if slices.Contains(listed("by"), folded(first)) {
		first, rest = cutWord(rest)
	}
	if second, after := cutWord(rest); second != "" {
		if kind := k.kindNamed(first + " " + second); kind != "" {
			return kind, after
		}
	}
	if kind := k.kindNamed(first); kind != "" {
		return kind, rest
	}
	return "", words
}

// kindNamed is the channel of that name in any language; "" where there is none.
func (k *desk) kindNamed(said string) string {
	said = strings.Trim(folded(said), ":,.;、。 ")
	for _, kind := range contactKinds {
		if said == kind || slices.Contains(listed("kind."+kind), said) {
			return kind
		}
		for _, lang := range texts.Languages() {
			if said == folded(k.d.KB.ChannelText(lang, "kind."+kind, nil)) {
				return kind
			}
		}
	}
	return ""
}

func (k *desk) kindNames() (out []string) {
	for _, kind := range contactKinds {
		name := k.d.KB.ChannelText(k.r.Lang, "kind."+kind, nil)
		if !strings.EqualFold(name, kind) {
			name = kind + " (" + name + ")"
		}
		out = append(out, name)
	}
	return out
}

// answer is which contact was answered, as somebody says it: by its ticket or channel, at a time, with words of what was said.
type answer struct {
	kind, ticket string
	at           time.Time
	text         string
}

// readAnswer reads "0003Y5YJCP at 10:00 they look into it".
func (k *desk) readAnswer(c *cases.Case) (a answer, ok bool) {
	a.at = k.now
	a.kind, a.text = k.kindIn(k.words)
	if first, rest := cutWord(a.text); first != "" {
		number, isTicket := readTicket(first)
		if isTicket && (slices.Contains(c.Tickets, number) || looksLikeTicket(first)) {
			a.ticket, a.text = number, rest
		}
	}
	at, rest, err := readPast(a.text, k.now, k.r.Zone)
	if m := timeAgo.FindStringSubmatchIndex(a.text); m != nil && errors.Is(err, errNoTime) {
		if at, _, err = readPast(a.text[m[2]:m[3]], k.now, k.r.Zone); err == nil {
			rest = a.text[:m[0]]
		}
	}
	switch {
	case err == nil:
		a.at, a.text = at, rest
	case !errors.Is(err, errNoTime):
		k.wrong("case.answered-when", map[string]any{"why": k.whyNot(err)})
		return a, false
	}
	return a, true
}

// answered notes the first response: to the contact that is named by its ticket or channel, otherwise to the latest that has none.
func (k *desk) answered(ctx context.Context, c *cases.Case) error {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	a, ok := k.readAnswer(c)
	if !ok {
		return nil
	}
	i, known := -1, false
	for j, x := range contacts {
		if (a.ticket == "" || x.Ticket == a.ticket) && (a.kind == "" || x.Channel == a.kind) {
			known = true
			if x.Answered.IsZero() {
				i = j
			}
		}
	}
	var x cases.Contact
	switch {
	case i >= 0:
		x = contacts[i]
		x.Answered = a.at
		if a.at.Before(x.At) && (x.Channel == kb.Phone || x.Channel == kb.Chat) {
			x.At = a.at // put down after it was over: who speaks to somebody has an answer
		} else if a.at.Before(x.At) {
			k.wrong("case.answered-when", map[string]any{"why": k.text("case.answered-before", map[string]any{"time": k.clock(x.At)})})
			return nil
		}
	case len(contacts) > 0: // it may be this very request that has noted it, before a crash
		x = contacts[len(contacts)-1]
	}
	wait, _ := x.Wait()
	said := k.clean(a.text)
	entries := k.pieces("answered", said)
	for j := range entries {
		entries[j].Public = true
	}
	entries[0].With = map[string]string{"channel": x.Channel}
	if x.Ticket != "" {
		entries[0].With["ticket"] = x.Ticket
	}
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if i < 0 {
			return cases.Edit{}, errRefused
		}
		if c.State == cases.WaitingProvider {
			c.SetState(cases.WaitingUs, k.now, k.business(ctx))
			c.StateRev = c.Rev + 1
		}
		return cases.Edit{Entries: entries, Contact: &x, Measures: []cases.Measure{cases.AnswerMeasure(x.Provider, x.Channel, wait)}}, nil
	}, "case.answered", map[string]any{"channel": k.channelName(k.r.Lang, x.Channel, x.Ticket), "after": spanText(k.r.Lang, wait)}, k.stays(c))
	if errors.Is(err, errRefused) {
		args := map[string]any{"case": c.Name(), "ticket": a.ticket, "tickets": c.Tickets}
		switch {
		case a.ticket != "" && !known && a.kind == "":
			k.wrong("case.no-such-ticket", args)
		case a.kind != "" && !known:
			args["channel"] = k.channelName(k.r.Lang, a.kind, a.ticket)
			k.wrong("case.no-such-contact", args)
		case len(contacts) == 0:
			k.wrong("case.no-contacts", args)
		default:
			k.wrong("case.nothing-unanswered", args)
		}
		return nil
	}
	return err
}

// errSame says that the case is already as it was to become.
var errSame = errors.New("commands: nothing to change")

// errRefused says that a change does not fit the case as it stands. It is found out within the change, so that a request made again after a crash is known first.
var errRefused = errors.New("commands: refused")

// recheck diagnoses the domain again, and tells the difference to the diagnosis at opening.
func (k *desk) recheck(ctx context.Context, c *cases.Case) error {
	all := c.AllDomains()
	if len(all) == 0 {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return errSaid
	}
	domain := all[0]
	if said := strings.TrimSpace(k.words); strings.ContainsAny(said, ".。") && looksLikeDomain(said) {
		named, ok := domainIn(said)
		if !ok || !slices.Contains(all, named.Domain) {
			k.wrong("case.not-its-domain", map[string]any{"case": c.Name(), "what": clip(said, 60), "domains": unicodes(all)})
			return errSaid
		}
		domain = named.Domain
	}
	t, err := diag.ParseTarget(domain)
	if err != nil {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return errSaid
	}
	own := domain == c.Domain // one that came with a merger was diagnosed where it came from
	first := c.First
	if !own {
		if first, err = k.firstOf(ctx, c, domain); err != nil {
			return err
		}
	}
	k.say(Reply{Title: k.text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
	report := diagnose(ctx, k.d, question{target: t}, nil)
	snap := cases.Snap(report)
	d := first.Compare(snap)
	sections := k.difference(d, first, snap)
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		e := diagnosed("recheck", k.r.User, snap)
		if !own {
			e.With["domain"] = domain
			return cases.Edit{Entries: []cases.Entry{e}}, nil
		}
		if c.First == nil {
			c.First = snap
		}
		c.Latest = snap
		return cases.Edit{Entries: []cases.Entry{e}}, nil
	}, "case.rechecked", map[string]any{"domain": t.Unicode, "verdict": k.text("case.verdict."+string(snap.Verdict), nil)}, func(r *Reply) {
		r.Sections = sections
		if own && len(d.Fixed) > 0 && len(d.Still)+len(d.New)+len(d.Unsure) == 0 {
			r.Actions = append(r.Actions, Action{ID: "solve", Label: k.text("case.button.solve", nil), Command: mailcaseName, Text: "solve " + c.Name()})
		}
		if len(r.Posts) > 1 {
			r.Posts[1].Reply.Sections = append(sections, r.Posts[1].Reply.Sections...)
		}
	})
}

// firstOf is the diagnosis at opening of a domain that came along with a merger; nil where it has none.
func (k *desk) firstOf(ctx context.Context, c *cases.Case, domain string) (*cases.Snapshot, error) {
	for from := slices.Clone(c.From); len(from) > 0; from = from[1:] {
		x, err := k.d.Book.Case(ctx, k.r.Team, from[0])
		switch {
		case errors.Is(err, cases.ErrNone):
		case err != nil:
			return nil, err
		case x.Domain == domain:
			return x.First, nil
		case len(from) < cases.MaxTags:
			from = append(from, x.From...)
		}
	}
	return nil, nil
}

// unicodes is domains as people read them.
func unicodes(domains []string) (out []string) {
	for _, d := range domains {
		out = append(out, shown(d))
	}
	return out
}

// shown is a domain as people read it.
func shown(domain string) string {
	if t, err := diag.ParseTarget(domain); err == nil {
		return t.Unicode
	}
	return domain
}

// found is findings in words, each with its code, from the snapshots that know them.
func (k *desk) found(list []string, from ...*cases.Snapshot) []string {
	var out []string
	for _, x := range list[:min(len(list), 10)] {
		line := x
		for _, s := range from {
			if f, ok := s.Finding(x); ok {
				line = k.text("case.finding", map[string]any{"title": clip(k.d.KB.Title(k.r.Lang, f), 200), "code": string(f.Code)})
				break
			}
		}
		out = append(out, line)
	}
	return out
}

func (k *desk) difference(d cases.Difference, from ...*cases.Snapshot) []Section {
	var out []Section
	worse := Caution
	if last := from[len(from)-1]; last != nil && last.Verdict == diag.Broken {
		worse = Bad
	}
	for _, part := range []struct {
		id   string
		tone Tone
		list []string
	}{{"fixed", Good, d.Fixed}, {"new", worse, d.New}, {"still", Caution, d.Still}, {"unsure", Unsure, d.Unsure}} {
		if len(part.list) > 0 {
			out = append(out, Section{Tone: part.tone, Heading: k.text("case.diff."+part.id, map[string]any{"count": len(part.list)}), Items: k.found(part.list, from...)})
		}
	}
	if len(out) == 0 {
		out = append(out, Section{Text: k.text("case.diff.none", nil)})
	}
	return out
}

// draft drafts the ticket of the case: /mailticket with what the case knows.
func (k *desk) draft(ctx context.Context, c *cases.Case) error {
	domains := c.AllDomains()
	if len(domains) == 0 {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return nil
	}
	r := k.r
	given := r.Values
	r.Command, r.Text = mailticketName, k.title(c)
	r.Values = map[string]string{"domain": domains[0], "problem": k.title(c), "provider": c.Provider, "since": k.text("case.since-at-latest", map[string]any{"time": k.clock(c.Opened)})}
	if c.Began != "" {
		r.Values["since"] = k.began(c)
	}
	if text := given["text"]; text != "" {
		r.Values["text"] = text
	}
	if c.Priority == cases.Urgent {
		r.Values["impact"] = k.text("ticket.draft.urgent", nil)
	}
	if len(c.Tickets) > 0 {
		r.Values["tried"] = k.text("case.earlier-tickets", map[string]any{"tickets": c.Tickets})
	}
	return runMailticket(ctx, k.d, r, k.say)
}

// end solves or closes a case, with how.
func (k *desk) end(ctx context.Context, c *cases.Case) error {
	resolution := k.value("resolution")
	if resolution == "" {
		return k.ask(c)
	}
	lesson := k.clean(k.r.Values["lesson"])
	to, told := cases.Solved, "case.solved"
	if k.verb == "close" {
		to, told = cases.Closed, "case.closed"
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	was := "" // what was written when it was ended before
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.StateRev > k.rev && !c.State.Open() { // somebody else has ended it
			return cases.Edit{}, cases.ErrConflict
		}
		if c.State == to && c.Resolution == clip(resolution, maxResolution) && (lesson == "" || c.Lesson == clip(lesson, maxResolution)) {
			return cases.Edit{}, errSame
		}
		if was = ""; !c.State.Open() {
			was = c.Resolution
		}
		took := k.now.Sub(c.Opened)
		c.SetState(to, k.now, k.business(ctx))
		c.Resolution, c.StateRev = clip(resolution, maxResolution), c.Rev+1
		e := cases.Edit{Entries: k.pieces(string(to), resolution)}
		if lesson != "" {
			c.Lesson, c.LessonRev = clip(lesson, maxResolution), c.Rev+1
			e.Entries = append(e.Entries, k.pieces("lesson", lesson)...)
		}
		if to == cases.Solved && !c.Measured {
			c.Measured = true
			e.Measures = c.SolveMeasures(took, contacts)
		}
		return e, nil
	}, told, nil, func(r *Reply) { k.aboutLength(r, resolution, maxResolution) }, func(r *Reply) {
		if was != "" && was != resolution {
			r.Sections = append(r.Sections, Section{Heading: k.text("case.instead", nil), Text: was})
		}
	})
	if errors.Is(err, errSame) {
		return k.same(ctx, c, told, nil)
	}
	if errors.Is(err, cases.ErrConflict) {
		k.slower(c, strings.TrimSpace(resolution+"\n"+lesson))
		return nil
	}
	return err
}

// maxResolution is how many characters of a resolution or lesson stand in a case's record; the whole of it stands in its timeline.
const maxResolution = 1000

// reopen opens a solved or closed case again.
func (k *desk) reopen(ctx context.Context, c *cases.Case) error {
	if err := k.d.Book.Part(ctx, k.r.Team, c, k.r.ID, k.r.User); err != nil {
		return err
	}
	part := c.Merged
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.State.Open() {
			return cases.Edit{}, errRefused
		}
		c.SetState(cases.WaitingUs, k.now, k.business(ctx))
		c.StateRev = c.Rev + 1
		if c.Merged != 0 {
			c.Merged, c.Resolution = 0, ""
		}
		return cases.Edit{Entries: k.pieces("reopened", k.value("text"))}, nil
	}, "case.reopened", nil, func(r *Reply) {
		r.Laters = append(r.Laters, k.staleLater(ctx, c)...)
		if into, err := k.d.Book.Case(ctx, k.r.Team, part); err == nil && part != 0 { // what it showed of this one goes
			r.Posts = append(r.Posts, k.rootPost(into))
		}
	})
	if errors.Is(err, errRefused) {
		k.wrong("case.is-open", map[string]any{"case": c.Name()})
		return nil
	}
	return err
}

var mergeInto = regexp.MustCompile(`(?i)^(?:(?:into|with|to|in)\b|到|入|进|和|与)\s*`)

// merge puts a case into another: its contacts and timeline go along, and it is closed.
func (k *desk) merge(ctx context.Context, c *cases.Case) error {
	n, _, _, ok := caseIn(mergeInto.ReplaceAllString(cmp.Or(k.r.Values["into"], k.words), ""), true)
	if !ok || n == c.Number {
		k.wrong("case.into-which", map[string]any{"case": c.Name()})
		return nil
	}
	into, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err == nil && !k.seen(into) {
		err = fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if err == nil {
		into, err = k.d.Book.Survivor(ctx, k.r.Team, into, "")
	}
	if err != nil {
		return err
	}
	if !k.seen(into) {
		return fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if into.Number == c.Number {
		k.wrong("case.into-itself", map[string]any{"case": c.Name(), "part": cases.Name(n)})
		return nil
	}
	if !into.State.Open() {
		return k.ended(ctx, into)
	}
	if c.Restricted && (!into.Restricted || into.Channel != c.Channel) { // what few may read must not go where many do
		k.wrong("case.merge-restricted", map[string]any{"case": c.Name(), "into": into.Name()})
		return nil
	}
	into, err = k.d.Book.Merge(ctx, k.r.Team, c.Number, into.Number, k.r.ID, k.r.User, k.business(ctx))
	if err != nil {
		return err
	}
	gone, err := k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	args := map[string]any{"case": c.Name(), "into": into.Name(), "title": k.title(into)}
	out := Reply{Tone: Good, Title: k.text("case.merged", args), Final: true, Data: caseData(into), Posts: []Post{k.rootPost(into), k.rootPost(gone)}}
	if line := k.threadPost(into, "case.merged", args); line != nil {
		out.Posts = append(out.Posts, *line)
	}
	k.watchAnswer(ctx, &out) // of the contacts that came along
	return k.done(ctx, into, out)
}

// follow makes the asker hear of the case, or not any more.
func (k *desk) follow(ctx context.Context, c *cases.Case) error {
	on := k.verb == "follow"
	told := "case.unfollowed"
	if on {
		told = "case.followed"
	}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if slices.Contains(c.Followers, k.r.User) == on {
			return cases.Edit{}, errSame
		}
		c.Followers = slices.DeleteFunc(slices.Clone(c.Followers), func(u string) bool { return u == k.r.User })
		if on && len(c.Followers) < 100 {
			c.Followers = append(c.Followers, k.r.User)
		}
		return cases.Edit{}, nil
	}, told, nil, func(r *Reply) { r.Posts = r.Posts[:1] }) // nobody else need know
	if errors.Is(err, errSame) {
		return k.same(ctx, c, told, nil)
	}
	return err
}

// priority says how much it hurts.
func (k *desk) priority(ctx context.Context, c *cases.Case) error {
	p, ok := priorityIn(cmp.Or(k.r.Values["priority"], k.words))
	if !ok {
		k.wrong("case.which-priority", nil)
		return nil
	}
	args := map[string]any{"priority": k.text("case.priority."+string(p), nil)}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.Priority == p {
			return cases.Edit{}, errSame
		}
		c.Priority = p
		return cases.Edit{Entries: []cases.Entry{{Kind: "priority", By: k.r.User, Text: string(p)}}}, nil
	}, "case.priority-set", args, k.stays(c))
	if errors.Is(err, errSame) {
		return k.same(ctx, c, "case.priority-set", args)
	}
	return err
}

// tag adds tags, and untag takes them off, as does a minus before one.
func (k *desk) tag(ctx context.Context, c *cases.Case) error {
	tags := tagsIn(k.words)
	if len(tags) == 0 {
		k.wrong("case.which-tag", nil)
		return nil
	}
	var now, left []string
	_, _, err := k.d.Book.Change(ctx, k.r.Team, c.Number, k.r.ID, func(c *cases.Case) (cases.Edit, error) {
		left = nil
		was := slices.Clone(c.Tags)
		for _, t := range tags {
			name, off := strings.CutPrefix(t, "-")
			off = off || k.verb == "untag"
			there := slices.Contains(c.Tags, name)
			switch {
			case off:
				c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(x string) bool { return x == name })
			case !there && len(c.Tags) >= cases.MaxTags:
				left = append(left, name)
			case !there:
				c.Tags = append(c.Tags, name)
			}
		}
		if slices.Equal(was, c.Tags) && len(left) == 0 {
			return cases.Edit{}, errSame
		}
		return cases.Edit{Entries: []cases.Entry{{Kind: "tags", By: k.r.User, Text: strings.Join(c.Tags, " ")}}}, nil
	})
	switch {
	case errors.Is(err, errSame):
		return k.same(ctx, c, "case.tagged", map[string]any{"tags": c.Tags})
	case err != nil:
		return err
	}
	c, err = k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	now = c.Tags
	out := Reply{Tone: Good, Title: k.text("case.tagged", map[string]any{"case": c.Name(), "tags": now}), Final: true, Data: caseData(c), Posts: []Post{k.rootPost(c)}}
	if len(left) > 0 {
		out.Tone = Caution
		out.Sections = []Section{{Text: k.text("case.tags-full", map[string]any{"count": cases.MaxTags, "tags": left})}}
	}
	k.movedNote(c, &out)
	return k.done(ctx, c, out)
}

// lesson keeps what was learned: it is found with the case, and shown beside similar ones.
func (k *desk) lesson(ctx context.Context, c *cases.Case) error {
	text := k.value("resolution")
	if text == "" {
		return k.ask(c)
	}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.LessonRev > k.rev {
			return cases.Edit{}, cases.ErrConflict
		}
		c.Lesson, c.LessonRev = clip(text, maxResolution), c.Rev+1
		return cases.Edit{Entries: k.pieces("lesson", text)}, nil
	}, "case.lesson-kept", nil, func(r *Reply) { k.aboutLength(r, text, maxResolution) })
	if errors.Is(err, cases.ErrConflict) {
		k.slower(c, text)
		return nil
	}
	return err
}

// heard records a reply in a case's thread, where the channel has switched that on.
func (k *desk) heard(ctx context.Context) error {
	var posts []Post
	defer func() { k.say(Reply{Title: mailcaseName, Final: true, Posts: posts}) }() // nobody waits
	s, err := k.d.Book.Channel(ctx, k.r.Team, k.r.Channel)
	if err != nil || !s.Record {
		return err
	}
	n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
	if errors.Is(err, cases.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	text := k.clean(k.words)
	c, _, err := k.d.Book.Change(ctx, k.r.Team, n, k.r.ID, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: k.pieces("reply", text)}, nil
	})
	if err != nil {
		return err
	}
	k.r.Lang = k.caseLang(c)
	for _, t := range ticketsIn(text, c) {
		offer := Reply{Audience: Channel, Title: k.text("case.ticket-seen", map[string]any{"ticket": t}), Final: true, Lang: k.r.Lang, Actions: []Action{k.keepTicket(c, t)}}
		posts = append(posts, Post{Key: "ticket " + c.Name() + " " + t, Channel: c.Channel, Under: rootOf(c), Reply: offer, Lang: k.r.Lang})
	}
	return nil
}

// keepTicket is the button that keeps what looks like a ticket's number.
func (k *desk) keepTicket(c *cases.Case, number string) Action {
	return Action{ID: "ticket-" + number, Label: clip(k.text("case.button.keep-ticket", map[string]any{"ticket": number}), 29), Command: mailcaseName, Text: "ticket " + c.Name() + " " + number}
}

// reactions are what a reaction to a case's root message says, as Slack names emoji.
var reactions = map[string]string{
	"eyes": "take", "raising_hand": "take", "hourglass": "state waiting-provider", "hourglass_flowing_sand": "state waiting-provider", "globe_with_meridians": "state waiting-dns",
	"arrows_counterclockwise": "recheck", "repeat": "recheck", "white_check_mark": "solve", "heavy_check_mark": "solve", "leftwards_arrow_with_hook": "reopen",
}

// react does what a reaction to a case's root message says, where the channel has switched that on.
func (k *desk) react(ctx context.Context) error {
	verb, words, _ := strings.Cut(reactions[k.words], " ")
	s, err := k.d.Book.Channel(ctx, k.r.Team, k.r.Channel)
	if err != nil {
		return err
	}
	n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
	switch {
	case errors.Is(err, cases.ErrNone) || err == nil && (verb == "" || !s.Emoji):
		k.say(Reply{Title: mailcaseName, Final: true})
		return nil
	case err != nil:
		return err
	}
	if verb == "solve" && words == "" {
		words = k.text("case.by-emoji", nil)
	}
	r := k.r
	r.Inside, r.Text, r.Lang = false, strings.TrimSpace(verb+" "+cases.Name(n)+" "+words), k.r.Lang
	return runMailcase(ctx, k.d, r, k.say)
}
