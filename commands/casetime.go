package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/when"
	"signpost/kb"
)

const (
	answerWithin = 8 * time.Hour      // in which a contact is to be answered, before another channel is proposed
	spokenWithin = 2 * time.Hour      // the same for a call or a chat, and for all but a ticket where the case is urgent
	urgentWithin = 30 * time.Minute   // the same for a call or a chat where the case is urgent
	untakenFor   = 4 * time.Hour      // for which a new case may stand without anybody who takes it
	urgentFor    = 30 * time.Minute   // the same where it is urgent
	staleAfter   = 3 * 24 * time.Hour // without a change, after which the case asks for one
)

// whyNot says why a time cannot be taken.
func (k *desk) whyNot(err error) string {
	for id, is := range map[string]error{"past": when.ErrPast, "future": when.ErrFuture, "unclear": when.ErrUnclear, "impossible": when.ErrImpossible, "far": when.ErrFar} {
		if errors.Is(err, is) {
			return k.text("case.when."+id, nil)
		}
	}
	return k.text("case.when", nil)
}

// clock is a time by the asker's clock.
func (k *desk) clock(at time.Time) string {
	local := when.In(at, k.r.Zone)
	if _, offset := local.Zone(); offset == 0 {
		return Stamp(at)
	}
	return local.Format("2006-01-02 15:04 -07:00")
}

// offWords cancel a reminder.
func offWord(text string) bool { return slices.Contains(listed("off"), folded(text)) }

// remind reminds the asker of the case at a time; snooze moves the next reminder there.
func (k *desk) remind(ctx context.Context, c *cases.Case) error {
	said := cmp.Or(strings.TrimSpace(k.r.Values["when"]), k.words)
	if first, rest := cutWord(said); offWord(first) {
		return k.cancel(ctx, c, rest)
	}
	if k.verb == "snooze" && said == "" {
		said = "2h"
	}
	at, what, err := when.Next(said, k.now, k.r.Zone)
	if err != nil {
		if errors.Is(err, when.ErrNone) { // "call them tomorrow 9:00"
			k.wrong("case.when", nil)
			return nil
		}
		k.wrong("case.when-not", map[string]any{"why": k.whyNot(err)})
		return nil
	}
	what = k.clean(clip(what, 300))
	told := "case.reminder-set"
	mine := cases.Reminder{ID: strings.Join(strings.Fields(k.r.ID), "_"), At: at, By: k.r.User, What: what}
	args := map[string]any{"time": k.clock(at), "what": what}
	if k.verb == "snooze" {
		if next, ok := k.nextReminder(c); ok {
			mine.What, told = cmp.Or(what, next.What), "case.reminder-moved"
			args["what"] = mine.What
		}
	}
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if next, ok := k.nextReminder(c); ok && k.verb == "snooze" {
			c.Reminders = slices.DeleteFunc(slices.Clone(c.Reminders), func(m cases.Reminder) bool { return m.ID == next.ID })
		}
		for _, m := range c.Reminders {
			if m.At.Equal(mine.At) && m.By == mine.By && m.What == mine.What {
				return cases.Edit{}, errSame
			}
		}
		if !c.Remind(mine, k.now) {
			return cases.Edit{}, errRefused
		}
		return cases.Edit{Entries: []cases.Entry{{Kind: "reminder", By: k.r.User, Text: strings.TrimSpace(Stamp(at) + " " + mine.What)}}}, nil
	}, told, args, func(r *Reply) {
		r.Laters = append(r.Laters, k.remindLater(c, mine))
		r.Posts = r.Posts[:1] // nobody else need know
		r.Actions = append(r.Actions, Action{ID: "off", Label: k.text("case.button.remind-off", nil), Command: mailcaseName, Text: "remind " + c.Name() + " off " + mine.ID})
	})
	switch {
	case errors.Is(err, errSame):
		return k.same(ctx, c, told, args)
	case errors.Is(err, errRefused):
		k.wrong("case.reminders-full", map[string]any{"count": cases.MaxReminders})
		return nil
	}
	return err
}

// nextReminder is the asker's next reminder of a case.
func (k *desk) nextReminder(c *cases.Case) (next cases.Reminder, ok bool) {
	for _, m := range c.Reminders {
		if m.By == k.r.User && m.At.After(k.now) && (!ok || m.At.Before(next.At)) {
			next, ok = m, true
		}
	}
	return next, ok
}

// cancel takes back one of the asker's reminders, or all that the case has.
func (k *desk) cancel(ctx context.Context, c *cases.Case, id string) error {
	if k.moved != nil { // it was made before the merger
		if _, ok := k.nextReminder(k.moved); ok {
			c = k.moved
			k.moved = nil
		}
	}
	count, args := 0, map[string]any{}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		count = 0
		c.Reminders = slices.DeleteFunc(c.Reminders, func(m cases.Reminder) bool {
			off := m.By == k.r.User && (id == "" || m.ID == id) && m.At.After(k.now)
			if off {
				count++
			}
			return off
		})
		if count == 0 {
			return cases.Edit{}, errSame
		}
		args["count"] = count
		return cases.Edit{Entries: []cases.Entry{{Kind: "reminder-off", By: k.r.User}}}, nil
	}, "case.reminders-off", args, func(r *Reply) { r.Posts = r.Posts[:1] })
	if errors.Is(err, errSame) {
		return k.done(ctx, c, Reply{Title: k.text("case.no-reminder", map[string]any{"case": c.Name()}), Final: true, Data: caseData(c)})
	}
	return err
}

// reminders lists what the asker is to be reminded of.
func (k *desk) reminders(ctx context.Context) error {
	found, _, err := k.d.Book.Find(ctx, k.r.Team, cases.Query{Reminded: k.r.User, Seen: k.seen}, 0, 50)
	if err != nil {
		return err
	}
	out, s := Reply{Title: k.text("case.reminders", nil), Final: true}, Section{}
	type mine struct {
		cases.Reminder
		of *cases.Case
	}
	var list []mine
	for _, c := range found {
		for _, m := range c.Reminders {
			if m.By == k.r.User && m.At.After(k.now) {
				list = append(list, mine{m, c})
			}
		}
	}
	slices.SortFunc(list, func(x, y mine) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.of.Number, y.of.Number)) })
	data := []map[string]any{}
	for i, m := range list {
		data = append(data, map[string]any{"case": m.of.Name(), "at": m.At.Format(time.RFC3339), "what": m.What})
		if i < 20 {
			s.Items = append(s.Items, strings.TrimSpace(k.clock(m.At)+" · "+m.of.Name()+" "+cmp.Or(m.What, k.title(m.of))))
		}
		if i < 10 {
			out.Actions = append(out.Actions, Action{ID: "off-" + strconv.Itoa(i), Label: clip(k.text("case.button.remind-off-of", map[string]any{"case": m.of.Name(), "time": when.In(m.At, k.r.Zone).Format("01-02 15:04")}), 29), Command: mailcaseName, Text: "remind " + m.of.Name() + " off " + m.ID})
		}
	}
	if n := len(list) - 20; n > 0 {
		s.Items = append(s.Items, k.text("case.more-of-them", map[string]any{"count": n}))
	}
	if len(list) == 0 {
		s.Text = k.text("case.reminders.none", nil)
	}
	out.Sections, out.Data = []Section{s}, data
	k.say(out)
	return nil
}

// later is a request about a case for a time.
func (k *desk) later(c *cases.Case, key string, at time.Time, text string) Later {
	return Later{Key: fmt.Sprintf("%s %s", c.Name(), key), At: at, Command: mailcaseName, Text: "due " + c.Name() + " " + text, Channel: c.Channel, Thread: c.Thread}
}

// watchAnswer looks after the contact that was just kept: unanswered for long, another channel is proposed.
func (k *desk) watchAnswer(ctx context.Context, r *Reply) {
	number := r.Data.(map[string]any)["number"].(int64) // made by caseData
	c, err := k.d.Book.Case(ctx, k.r.Team, number)
	if err != nil {
		return
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, number)
	if err != nil || len(contacts) == 0 {
		return
	}
	for _, x := range contacts[max(0, len(contacts)-3):] {
		if x.Answered.IsZero() {
			r.Laters = append(r.Laters, k.later(c, fmt.Sprintf("answer %d", x.ID), k.atWork(ctx, c, x.At.Add(patience(c, x))), fmt.Sprintf("answer %d", x.ID)))
		}
	}
}

// patience is how long a contact may stay unanswered.
func patience(c *cases.Case, x cases.Contact) time.Duration {
	spoken, urgent := x.Channel == kb.Phone || x.Channel == kb.Chat, c.Priority == cases.Urgent
	switch {
	case spoken && urgent:
		return urgentWithin
	case spoken, urgent && x.Channel != kb.Ticket:
		return spokenWithin
	}
	return answerWithin
}

// lookLater is when a case is looked at again: when it may have been forgotten, and before that when nobody has taken it.
func (k *desk) lookLater(ctx context.Context, c *cases.Case) []Later {
	return append(k.staleLater(ctx, c), k.untakenLater(ctx, c)...)
}

// untakenLater looks whether somebody has taken a new case.
func (k *desk) untakenLater(ctx context.Context, c *cases.Case) []Later {
	at := c.Opened.Add(untakenFor)
	if c.Priority == cases.Urgent {
		at = c.Opened.Add(urgentFor)
	}
	if c.State != cases.New || c.Assignee != "" || !at.After(k.now) {
		return nil
	}
	return []Later{k.later(c, "untaken", k.atWork(ctx, c, at), "untaken")}
}

// staleLater looks at the case again when it may have been forgotten, by the whole hour: what is armed twice comes once.
func (k *desk) staleLater(ctx context.Context, c *cases.Case) []Later {
	at := c.Changed.Add(staleAfter)
	if !at.After(k.now) {
		at = k.now.Add(staleAfter)
	}
	at = k.atWork(ctx, c, at.Add(time.Hour-1).Truncate(time.Hour))
	return []Later{k.later(c, fmt.Sprintf("stale %d", at.Unix()), at, "stale")}
}

// atWork is a time, or where nobody of the team works then and the case is not urgent, when somebody does next.
func (k *desk) atWork(ctx context.Context, c *cases.Case, at time.Time) time.Time {
	b := k.business(ctx)
	if b.Hours == nil || b.Base == nil || c.Priority == cases.Urgent {
		return at
	}
	if o := b.Base.Opening(b.Hours, at); o.Known && !o.Open && !o.Next.IsZero() {
		return o.Next.UTC()
	}
	return at
}

// remindLater is a reminder that is to come.
func (k *desk) remindLater(c *cases.Case, m cases.Reminder) Later {
	return k.later(c, "remind "+m.ID, m.At, "remind "+m.ID)
}

const maxArmed = 1000 // cases that are looked at for what was promised

// promised is everything that cases have promised for later: reminders, and a look at those that may be forgotten. Each has the name under which it was promised first,
// so that it comes once, whether it was armed before or came with an import. Those that are forgotten already are looked at in some days where overdue is set.
func (k *desk) promised(ctx context.Context, overdue bool) (out []Later, err error) {
	each := func(q cases.Query, do func(*cases.Case)) error {
		for below, seen := int64(0), 0; seen < maxArmed; {
			found, next, err := k.d.Book.Find(ctx, k.r.Team, q, below, 50)
			if err != nil {
				return err
			}
			for _, c := range found {
				do(c)
			}
			if seen, below = seen+len(found), next; next == 0 {
				break
			}
		}
		return nil
	}
	err = each(cases.Query{Promised: true}, func(c *cases.Case) {
		for _, m := range c.Reminders {
			if m.At.After(k.now) {
				out = append(out, k.remindLater(c, m))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	err = each(cases.Query{Open: true}, func(c *cases.Case) {
		if overdue || c.Changed.Add(staleAfter).After(k.now) {
			out = append(out, k.lookLater(ctx, c)...)
		}
	})
	return out, err
}

// due is a time that has come: what it says goes to the case's thread, and nobody is answered.
func (k *desk) due(ctx context.Context, c *cases.Case) error {
	kind, rest, _ := strings.Cut(k.words, " ")
	k.r.Lang = k.caseLang(c)
	var out Reply
	var err error
	whom := cmp.Or(c.Assignee, c.By)
	if k.left(ctx, whom) {
		whom = c.By
	}
	switch kind {
	case "remind":
		i := slices.IndexFunc(c.Reminders, func(m cases.Reminder) bool { return m.ID == rest })
		if i < 0 {
			break // taken back
		}
		who, what := c.Reminders[i].By, c.Reminders[i].What
		whom = cmp.Or(who, whom)
		// Somebody asked for it: it comes whatever has become of the case.
		out = Reply{Title: k.text("case.remind", map[string]any{"case": c.Name(), "title": k.title(c)}), Sections: []Section{{Text: what}, {Fields: []Field{{Label: k.text("case.label.for", nil), Person: who}}}}}
		live := c.Name()
		if c.Merged > 0 {
			live = cases.Name(c.Merged)
			out.Sections = append(out.Sections, Section{Muted: true, Text: k.text("case.merged", map[string]any{"case": c.Name(), "into": live})})
		} else if !c.State.Open() {
			out.Sections = append(out.Sections, Section{Muted: true, Text: k.text("case.state."+string(c.State), nil)})
		}
		out.Actions = []Action{{ID: "snooze", Label: k.text("case.button.snooze", nil), Command: mailcaseName, Text: strings.TrimSpace("remind " + live + " 2h " + what)}, {ID: "show", Label: live, Command: mailcaseName, Text: "show " + live}}
	case "answer":
		out, err = k.unanswered(ctx, c, rest)
	case "untaken":
		out = k.untaken(ctx, c)
	case "stale":
		out = k.stale(ctx, c)
	}
	if err != nil {
		return err
	}
	final := Reply{Title: c.Name(), Final: true, Laters: out.Laters}
	if out.Title != "" {
		out.Audience, out.Final, out.Lang, out.Laters = Channel, true, k.r.Lang, nil
		final.Posts = []Post{k.rootPost(c), {Key: "due:" + k.r.ID, Channel: c.Channel, Under: rootOf(c), Else: whom, Reply: out, Lang: k.r.Lang}}
	}
	k.say(final)
	return nil
}

// unanswered proposes another channel where a contact was not answered in time: the best one that somebody answers now.
func (k *desk) unanswered(ctx context.Context, c *cases.Case, id string) (Reply, error) {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return Reply{}, err
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	i := slices.IndexFunc(contacts, func(x cases.Contact) bool { return x.ID == n })
	if i < 0 || !contacts[i].Answered.IsZero() || !c.State.Open() {
		return Reply{}, nil
	}
	x := contacts[i]
	kind := k.d.KB.ChannelText(k.r.Lang, "kind."+x.Channel, nil)
	out := Reply{Tone: Caution, Title: k.text("case.still-unanswered", map[string]any{"case": c.Name(), "channel": kind, "ticket": x.Ticket, "for": spanText(k.r.Lang, k.now.Sub(x.At))})}
	s := k.d.KB.Understand(k.title(c), k.r.Lang)
	s.Provider, s.Urgent, s.Calm = c.Provider, true, false
	for _, rec := range k.d.KB.Rank(s, k.now) {
		if rec.Channel.Kind != x.Channel && (!rec.Opening.Known || rec.Opening.Open) && rec.Channel.Kind != kb.HelpCentre {
			out.Sections = append(out.Sections, channelSection(k.d.KB, k.r.Lang, 1, rec, k.now))
			break
		}
	}
	out.Sections = append(out.Sections, k.responsible(ctx, c)...)
	out.Actions = []Action{
		{ID: "answered", Label: k.text("case.button.answered", nil), Command: mailcaseName, Text: "answered " + c.Name()},
		{ID: "contact", Label: k.text("case.button.contact", nil), Command: mailcaseName, Text: "contact " + c.Name()},
	}
	return out, nil
}

// responsible names who is to act; where that one has left the workspace, who opened the case.
func (k *desk) responsible(ctx context.Context, c *cases.Case) []Section {
	who, s := cmp.Or(c.Assignee, c.By), Section{}
	if k.left(ctx, who) {
		s.Text = k.text("case.assignee-left", nil)
		if who = c.By; k.left(ctx, who) {
			who = ""
		}
	}
	if who != "" {
		s.Fields = []Field{{Label: k.text("case.label.for", nil), Person: who}}
	}
	return []Section{s}
}

// untaken says that nobody has taken a new case.
func (k *desk) untaken(ctx context.Context, c *cases.Case) Reply {
	if c.State != cases.New || c.Assignee != "" {
		return Reply{}
	}
	return Reply{
		Tone: Caution, Title: k.text("case.untaken", map[string]any{"case": c.Name(), "title": k.title(c), "for": spanText(k.r.Lang, k.now.Sub(c.Opened))}), Sections: k.responsible(ctx, c),
		Actions: []Action{{ID: "take", Label: k.text("case.button.take", nil), Command: mailcaseName, Text: fmt.Sprintf("take %s rev=%d", c.Name(), c.Rev)}, {ID: "show", Label: c.Name(), Command: mailcaseName, Text: "show " + c.Name()}},
	}
}

// stale asks for a word where nothing happened for days, and looks again.
func (k *desk) stale(ctx context.Context, c *cases.Case) Reply {
	if !c.State.Open() {
		return Reply{}
	}
	if k.now.Sub(c.Changed) < staleAfter {
		return Reply{Laters: k.staleLater(ctx, c)}
	}
	out := Reply{Tone: Caution, Title: k.text("case.stale", map[string]any{"case": c.Name(), "title": k.title(c), "for": spanText(k.r.Lang, k.now.Sub(c.Changed))}), Laters: k.staleLater(ctx, c)}
	out.Sections = append(out.Sections, k.responsible(ctx, c)...)
	for _, verb := range []string{"take", "recheck", "contact", "solve"} {
		if verb != "recheck" || c.Domain != "" {
			out.Actions = append(out.Actions, Action{ID: verb, Label: k.text("case.button."+verb, nil), Command: mailcaseName, Text: verb + " " + c.Name()})
		}
	}
	return out
}
