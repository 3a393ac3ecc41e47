package commands

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases"
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
