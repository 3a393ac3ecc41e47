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

	"signpost/cases"
	"signpost/diag"
	"signpost/kb"
)

// contactKinds is the channels of a contact, in the order in which they are offered.
var contactKinds = []string{kb.Ticket, kb.Phone, kb.Chat, kb.Email, kb.Manager, kb.HelpCentre}

// show shows a case with the latest of its timeline.
func (k *desk) show(ctx context.Context, c *cases.Case) error {
	out, err := k.card(ctx, c, false)
	if err != nil {
		return err
	}
	recent, err := k.d.Book.Recent(ctx, k.r.Team, c.Number, 15)
	if err != nil {
		return err
	}
	out.Sections = append(out.Sections, Section{Heading: k.text("case.timeline", nil), Entries: k.entries(recent)})
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
		c.Assignee, c.TakenRev = k.r.User, c.Rev+1
		if c.State == cases.New {
			c.SetState(cases.WaitingUs, k.now, k.business(ctx))
		}
		return cases.Edit{Entries: []cases.Entry{{Kind: "taken", By: k.r.User}}}, nil
	}, "case.taken", nil)
	if t, ok := err.(errTaken); ok { //nolint:errorlint // given by the function above, unwrapped
		k.say(Reply{
			Tone: Caution, Title: k.text("case.taken-already", map[string]any{"case": c.Name()}), Final: true, Sections: []Section{{Fields: []Field{{Label: k.text("case.label.assignee", nil), Person: t.by}}}},
			Actions: []Action{{ID: "take", Label: k.text("case.button.take-over", nil), Command: mailcaseName, Text: "take " + c.Name()}},
		})
		return nil
	}
	return err
}

var userID = regexp.MustCompile(`<@([A-Z0-9]{2,30})(?:\|[^>]*)?>|^@?([A-Z][A-Z0-9]{5,30})$`)

// assign gives the case to somebody.
func (k *desk) assign(ctx context.Context, c *cases.Case) error {
	m := userID.FindStringSubmatch(k.words)
	if m == nil {
		k.wrong("case.whom", nil)
		return nil
	}
	who := m[1] + m[2]
	if k.left(ctx, who) {
		k.wrong("case.person-left", nil)
		return nil
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		c.Assignee, c.TakenRev = who, c.Rev+1
		return cases.Edit{Entries: []cases.Entry{{Kind: "assigned", By: k.r.User, Text: who}}}, nil
	}, "case.assigned", nil, func(r *Reply) {
		r.Sections = []Section{{Fields: []Field{{Label: k.text("case.label.assignee", nil), Person: who}}}}
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
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.StateRev > k.rev && c.State != s {
			return cases.Edit{}, cases.ErrConflict
		}
		c.SetState(s, k.now, k.business(ctx))
		c.StateRev = c.Rev + 1
		return cases.Edit{Entries: []cases.Entry{{Kind: "state", By: k.r.User, Text: texts.Text(k.caseLang(c), "case.state."+string(s), nil)}}}, nil
	}, "case.state-set", map[string]any{"state": k.text("case.state."+string(s), nil)})
}

// ticketNumber is how providers number tickets: letters and digits in capitals, or digits alone behind a word for it.
var ticketNumber = regexp.MustCompile(`\b(?:[0-9]+[A-Z]+[0-9A-Z]*|[A-Z]+[0-9]+[0-9A-Z]*)\b`)

// ticketsIn is what looks like a ticket's number in a text, and is none of the case's own yet.
func ticketsIn(text string, c *cases.Case) []string {
	var out []string
	for _, m := range ticketNumber.FindAllString(text, 20) {
		if len(m) >= 8 && len(m) <= 20 && !slices.Contains(c.Tickets, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out[:min(len(out), 3)]
}

// note adds words to the timeline. What looks like a ticket's number is offered as one.
func (k *desk) note(ctx context.Context, c *cases.Case) error {
	text := k.value("text")
	if text == "" {
		return k.ask(c)
	}
	return k.change(ctx, c, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: k.pieces("note", text)}, nil
	}, "case.noted", nil, func(r *Reply) {
		k.aboutLength(r, text, cases.MaxText)
		for _, t := range ticketsIn(text, c) {
			r.Actions = append(r.Actions, k.keepTicket(c, t))
		}
		if len(r.Posts) > 1 {
			r.Posts[1].Reply.Sections = append([]Section{{Text: text}}, r.Posts[1].Reply.Sections...)
		}
	})
}

// ticket keeps a ticket's number: with the contact by ticket that has none yet, otherwise as a contact of its own.
func (k *desk) ticket(ctx context.Context, c *cases.Case) error {
	number := strings.ToUpper(clip(strings.TrimSpace(k.words), 40))
	if number == "" || strings.ContainsAny(number, " \n") {
		k.wrong("case.which-ticket", nil)
		return nil
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(contacts, func(x cases.Contact) bool { return x.Channel == kb.Ticket && x.Ticket == "" })
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
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
			c.Contacts++
			x.ID = int64(c.Contacts)
		}
		x.Ticket = number
		return cases.Edit{Entries: []cases.Entry{{Kind: "ticket", By: k.r.User, Text: number}}, Contact: &x}, nil
	}, "case.ticket-kept", map[string]any{"ticket": number}, func(r *Reply) { k.watchAnswer(ctx, r) })
}

// contact keeps one contact with support: the record of who was asked what, and what follows.
func (k *desk) contact(ctx context.Context, c *cases.Case) error {
	v := k.r.Values
	x := cases.Contact{At: k.now, By: k.r.User, Channel: cmp.Or(v["channel"], k.kindIn(k.words)), Ticket: strings.ToUpper(clip(v["ticket"], 40)), Provider: c.Provider}
	whole := k.value("gist")
	x.Gist = clip(whole, cases.MaxText-1)
	if !slices.Contains(contactKinds, x.Channel) {
		k.wrong("case.which-channel", nil)
		return nil
	}
	x.Next, _ = withoutSecrets(clip(v["next"], cases.MaxText-1))
	if p := v["partner"]; p == "registrar" || p == "dns" {
		x.Partner, x.Who = p, clip(v["who"], 100)
	}
	if v["answered"] == "yes" {
		x.Answered = k.now
	}
	text := k.d.KB.ChannelText(k.caseLang(c), "kind."+x.Channel, nil) + ": " + strings.TrimSpace(x.Ticket+" "+whole)
	if x.Partner != "" {
		text = strings.TrimSpace(texts.Text(k.caseLang(c), "case.with-partner", map[string]any{"text": text, "partner": strings.TrimSpace(texts.Text(k.caseLang(c), "case.partner."+x.Partner, nil) + " " + x.Who)}))
	}
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
		case x.Partner != "":
			c.SetState(cases.WaitingDNS, k.now, k.business(ctx))
		case x.Answered.IsZero():
			c.SetState(cases.WaitingProvider, k.now, k.business(ctx))
		}
		e := cases.Edit{Entries: k.pieces("contact", text), Contact: &x}
		for i := range e.Entries {
			e.Entries[i].Public = true
		}
		if !x.Answered.IsZero() {
			e.Measures = append(e.Measures, cases.AnswerMeasure(x.Provider, x.Channel, 0))
		}
		return e, nil
	}, "case.contact-kept", map[string]any{"what": clip(text, 120)}, func(r *Reply) { k.watchAnswer(ctx, r) }, func(r *Reply) { k.aboutLength(r, whole, cases.MaxText) })
}

// kindIn is the channel that words name.
func (k *desk) kindIn(words string) string {
	first, _, _ := strings.Cut(words, " ")
	for _, kind := range contactKinds {
		if strings.EqualFold(first, kind) || strings.EqualFold(first, k.d.KB.ChannelText(k.r.Lang, "kind."+kind, nil)) {
			k.words = strings.TrimSpace(strings.TrimPrefix(words, first))
			return kind
		}
	}
	return ""
}

// answered notes the first response to the latest contact that has none.
func (k *desk) answered(ctx context.Context, c *cases.Case) error {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	i := -1
	for j, x := range contacts {
		if x.Answered.IsZero() && (k.words == "" || !slices.Contains(c.Tickets, strings.ToUpper(k.words)) || x.Ticket == strings.ToUpper(k.words)) {
			i = j
		}
	}
	var x cases.Contact
	switch {
	case i >= 0:
		x = contacts[i]
		x.Answered = k.now
	case len(contacts) > 0: // it may be this very request that has noted it, before a crash
		x = contacts[len(contacts)-1]
	}
	wait, _ := x.Wait()
	text := strings.TrimSpace(x.Ticket + " " + k.words)
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if i < 0 {
			return cases.Edit{}, errRefused
		}
		if c.State == cases.WaitingProvider {
			c.SetState(cases.WaitingUs, k.now, k.business(ctx))
			c.StateRev = c.Rev + 1
		}
		return cases.Edit{
			Entries: []cases.Entry{{Kind: "answered", By: k.r.User, Text: text, Public: true}}, Contact: &x,
			Measures: []cases.Measure{cases.AnswerMeasure(x.Provider, x.Channel, wait)},
		}, nil
	}, "case.answered", map[string]any{"channel": k.d.KB.ChannelText(k.r.Lang, "kind."+x.Channel, nil), "after": spanText(k.r.Lang, wait)})
	if errors.Is(err, errRefused) {
		k.wrong("case.nothing-unanswered", map[string]any{"case": c.Name()})
		return nil
	}
	return err
}

// errRefused says that a change does not fit the case as it stands. It is found out within the change, so that a request made again after a crash is known first.
var errRefused = errors.New("commands: refused")

// recheck diagnoses the domain again, and tells the difference to the diagnosis at opening.
func (k *desk) recheck(ctx context.Context, c *cases.Case) error {
	t, err := diag.ParseTarget(c.Domain)
	if err != nil {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return errSaid
	}
	k.say(Reply{Title: k.text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
	report := diagnose(ctx, k.d, question{target: t}, nil)
	snap := cases.Snap(report)
	d := c.First.Compare(snap)
	sections := k.difference(d, c.First, snap)
	line := snapshotLine(k.d.KB, k.caseLang(c), snap)
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.First == nil {
			c.First = snap
		}
		c.Latest = snap
		return cases.Edit{Entries: []cases.Entry{{Kind: "recheck", By: k.r.User, Text: line}}}, nil
	}, "case.rechecked", map[string]any{"domain": t.Unicode, "verdict": k.text("case.verdict."+string(snap.Verdict), nil)}, func(r *Reply) {
		r.Sections = sections
		if len(d.Fixed) > 0 && len(d.Still)+len(d.New)+len(d.Unsure) == 0 {
			r.Actions = append(r.Actions, Action{ID: "solve", Label: k.text("case.button.solve", nil), Command: mailcaseName, Text: "solve " + c.Name()})
		}
		if len(r.Posts) > 1 {
			r.Posts[1].Reply.Sections = append(sections, r.Posts[1].Reply.Sections...)
		}
	})
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
	for _, part := range []struct {
		id   string
		tone Tone
		list []string
	}{{"fixed", Good, d.Fixed}, {"new", Bad, d.New}, {"still", Caution, d.Still}, {"unsure", Unsure, d.Unsure}} {
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
	if c.Domain == "" {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return nil
	}
	r := k.r
	r.Command, r.Text = mailticketName, c.Title
	r.Values = map[string]string{"domain": c.Domain, "problem": c.Title, "provider": c.Provider, "since": c.Opened.UTC().Format("2006-01-02 15:04") + " UTC"}
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
	lesson, _ := withoutSecrets(k.r.Values["lesson"])
	to, told := cases.Solved, "case.solved"
	if k.verb == "close" {
		to, told = cases.Closed, "case.closed"
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.StateRev > k.rev && !c.State.Open() { // somebody else has ended it
			return cases.Edit{}, cases.ErrConflict
		}
		took := k.now.Sub(c.Opened)
		was := c.State
		c.SetState(to, k.now, k.business(ctx))
		c.Resolution, c.StateRev = clip(resolution, maxResolution), c.Rev+1
		e := cases.Edit{Entries: k.pieces(string(to), resolution)}
		if lesson != "" {
			c.Lesson, c.LessonRev = clip(lesson, maxResolution), c.Rev+1
			e.Entries = append(e.Entries, k.pieces("lesson", lesson)...)
		}
		if was.Open() {
			e.Measures = c.SolveMeasures(took, contacts)
		}
		return e, nil
	}, told, nil, func(r *Reply) { k.aboutLength(r, resolution, maxResolution) })
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
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if c.State.Open() {
			return cases.Edit{}, errRefused
		}
		c.SetState(cases.WaitingUs, k.now, k.business(ctx))
		c.StateRev = c.Rev + 1
		return cases.Edit{Entries: k.pieces("reopened", k.value("text"))}, nil
	}, "case.reopened", nil)
	if errors.Is(err, errRefused) {
		k.wrong("case.is-open", map[string]any{"case": c.Name()})
		return nil
	}
	return err
}

// merge puts a case into another: its contacts and timeline go along, and it is closed.
func (k *desk) merge(ctx context.Context, c *cases.Case) error {
	n, _ := caseNumber(cmp.Or(k.r.Values["into"], k.words))
	if n == 0 || n == c.Number {
		k.wrong("case.into-which", map[string]any{"case": c.Name()})
		return nil
	}
	into, err := k.d.Book.Case(ctx, k.r.Team, n)
	if err != nil {
		return err
	}
	if !k.seen(into) {
		return fmt.Errorf("%w: %s", cases.ErrNone, cases.Name(n))
	}
	if c.Restricted && (!into.Restricted || into.Channel != c.Channel) { // what few may read must not go where many do
		k.wrong("case.merge-restricted", map[string]any{"case": c.Name(), "into": into.Name()})
		return nil
	}
	into, err = k.d.Book.Merge(ctx, k.r.Team, c.Number, into.Number, k.r.ID, k.r.User)
	if err != nil {
		return err
	}
	gone, err := k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	args := map[string]any{"case": c.Name(), "into": into.Name(), "title": into.Title}
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
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		c.Followers = slices.DeleteFunc(c.Followers, func(u string) bool { return u == k.r.User })
		if on && len(c.Followers) < 100 {
			c.Followers = append(c.Followers, k.r.User)
		}
		return cases.Edit{}, nil
	}, told, nil, func(r *Reply) { r.Posts = r.Posts[:1] }) // nobody else need know
}

// priority says how much it hurts.
func (k *desk) priority(ctx context.Context, c *cases.Case) error {
	low := strings.ToLower(k.words)
	i := slices.IndexFunc(cases.Priorities, func(p cases.Priority) bool {
		return low == string(p) || slices.Contains(listed("priority."+string(p)), low)
	})
	if i < 0 {
		k.wrong("case.which-priority", nil)
		return nil
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		c.Priority = cases.Priorities[i]
		return cases.Edit{Entries: []cases.Entry{{Kind: "priority", By: k.r.User, Text: texts.Text(k.caseLang(c), "case.priority."+string(c.Priority), nil)}}}, nil
	}, "case.priority-set", map[string]any{"priority": k.text("case.priority."+string(cases.Priorities[i]), nil)})
}

// tag adds tags; one with a minus before it is taken off.
func (k *desk) tag(ctx context.Context, c *cases.Case) error {
	tags := tagsIn(k.words)
	if len(tags) == 0 {
		k.wrong("case.which-tag", nil)
		return nil
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		for _, t := range tags {
			name, off := strings.CutPrefix(t, "-")
			c.Tags = slices.DeleteFunc(c.Tags, func(x string) bool { return x == name })
			if !off && len(c.Tags) < cases.MaxTags {
				c.Tags = append(c.Tags, name)
			}
		}
		return cases.Edit{}, nil
	}, "case.tagged", map[string]any{"tags": tags})
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
	text, _ := withoutSecrets(k.words)
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
