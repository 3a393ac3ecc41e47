package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/kb"
)

// EventOf is the time that has come, of which a request from inside tells. It may be a line that was put into the queue before there were events.
func EventOf(r chat.Request) (e event.Event, ok bool) {
	switch {
	case !r.Internal:
		return e, false
	case r.Event != nil:
		e = *r.Event
		e.Team = r.Team
		return e, e.Validate() == nil
	}
	return event.In(r.Team, r.Channel, r.Text, time.Unix(1, 0))
}

// happens does what is to be done at a time that has come. Nobody is answered.
func (k *Work) happens(ctx context.Context, e event.Event) error {
	switch e.Kind {
	case event.DigestDue:
		return k.digest(ctx, e)
	case event.RetentionDue:
		return k.sweep(ctx, e)
	case event.ScheduleCheck:
		return k.schedule(ctx)
	}
	c, err := k.d.Book.Case(ctx, k.r.Team, e.Case)
	if errors.Is(err, cases.ErrNone) { // deleted since
		k.say(chat.Reply{Title: cases.Name(e.Case), Final: true})
		return nil
	}
	if err != nil {
		return err
	}
	return k.due(ctx, c, e)
}

// watchAnswer looks after the contact that was just kept: unanswered for long, another channel is proposed.
func (k *Work) watchAnswer(ctx context.Context, r *chat.Reply) {
	number := r.Data.(map[string]any)["number"].(int64) // made by caseData
	c, err := k.d.Book.Case(ctx, k.r.Team, number)
	if err != nil {
		return
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, number)
	if err != nil || len(contacts) == 0 {
		return
	}
	r.Scheduled = append(r.Scheduled, c.AnswerEvents(contacts, k.business(ctx))...)
}

const maxArmed = 1000 // cases that are looked at for what was promised

// promised is everything that cases have promised for later: reminders, and a look at those that may be forgotten. Each has the name under which it was promised first,
// so that it comes once, whether it was armed before or came with an import. Those that are forgotten already are looked at in some days where overdue is set.
func (k *Work) promised(ctx context.Context, overdue bool) (out []event.Event, err error) {
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
				out = append(out, c.RemindEvent(m))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	err = each(cases.Query{Open: true}, func(c *cases.Case) {
		if overdue || !c.Stale(k.now) {
			out = append(out, c.LookEvents(k.now, k.business(ctx))...)
		}
	})
	return out, err
}

// due is a time that has come: what it says goes to the case's thread, and nobody is answered.
func (k *Work) due(ctx context.Context, c *cases.Case, e event.Event) error {
	k.r.Lang = k.caseLang(c)
	var out chat.Reply
	var err error
	whom := cmp.Or(c.Assignee, c.By)
	if k.left(ctx, whom) {
		whom = c.By
	}
	switch e.Kind {
	case event.ReminderDue:
		i := slices.IndexFunc(c.Reminders, func(m cases.Reminder) bool { return m.ID == e.Reminder })
		if i < 0 {
			break // taken back
		}
		who, what := c.Reminders[i].By, c.Reminders[i].What
		whom = cmp.Or(who, whom)
		// Somebody asked for it: it comes whatever has become of the case.
		out = chat.Reply{Title: k.text("case.remind", map[string]any{"case": c.Name(), "title": k.title(c)}), Sections: []chat.Section{{Text: what}, {Fields: []chat.Field{{Label: k.text("case.label.for", nil), Person: who}}}}}
		live := c.Name()
		if c.Merged > 0 {
			live = cases.Name(c.Merged)
			out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.text("case.merged", map[string]any{"case": c.Name(), "into": live})})
		} else if !c.State.Open() {
			out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.text("case.state."+string(c.State), nil)})
		}
		out.Actions = []chat.Action{{ID: "snooze", Label: k.text("case.button.snooze", nil), Command: chat.Case, Text: strings.TrimSpace("remind " + live + " 2h " + what)}, {ID: "show", Label: live, Command: chat.Case, Text: "show " + live}}
	case event.AnswerDue:
		out, err = k.unanswered(ctx, c, e.Contact)
	case event.TakingDue:
		out = k.untaken(ctx, c)
	case event.WordDue:
		out = k.stale(ctx, c)
	}
	if err != nil {
		return err
	}
	final := chat.Reply{Title: c.Name(), Final: true, Scheduled: out.Scheduled}
	if out.Title != "" {
		out.Audience, out.Final, out.Lang, out.Scheduled = chat.Channel, true, k.r.Lang, nil
		final.Outbox = []chat.Message{k.rootPost(c), {Key: "due:" + k.r.ID, Channel: c.Channel, ThreadOf: rootOf(c), Fallback: whom, Reply: out, Lang: k.r.Lang}}
	}
	k.say(final)
	return nil
}

// unanswered proposes another channel where a contact was not answered in time: the best one that somebody answers now.
func (k *Work) unanswered(ctx context.Context, c *cases.Case, id int64) (chat.Reply, error) {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	i := slices.IndexFunc(contacts, func(x cases.Contact) bool { return x.ID == id })
	if i < 0 || !contacts[i].Answered.IsZero() || !c.State.Open() {
		return chat.Reply{}, nil
	}
	x := contacts[i]
	kind := k.d.KB.ChannelText(k.r.Lang, "kind."+x.Channel, nil)
	out := chat.Reply{Tone: chat.Caution, Title: k.text("case.still-unanswered", map[string]any{"case": c.Name(), "channel": kind, "ticket": x.Ticket, "for": chat.Span(k.r.Lang, k.now.Sub(x.At))})}
	s := k.d.KB.Understand(k.title(c), k.r.Lang)
	s.Provider, s.Urgent, s.Calm = c.Provider, true, false
	for _, rec := range k.d.KB.Rank(s, k.now) {
		if rec.Channel.Kind != x.Channel && (!rec.Opening.Known || rec.Opening.Open) && rec.Channel.Kind != kb.HelpCentre {
			out.Sections = append(out.Sections, answers.ChannelSection(k.d.KB, k.r.Lang, 1, rec, k.now))
			break
		}
	}
	out.Sections = append(out.Sections, k.responsible(ctx, c)...)
	out.Actions = []chat.Action{
		{ID: "answered", Label: k.text("case.button.answered", nil), Command: chat.Case, Text: "answered " + c.Name()},
		{ID: "contact", Label: k.text("case.button.contact", nil), Command: chat.Case, Text: "contact " + c.Name()},
	}
	return out, nil
}

// responsible names who is to act; where that one has left the workspace, who opened the case.
func (k *Work) responsible(ctx context.Context, c *cases.Case) []chat.Section {
	who, s := cmp.Or(c.Assignee, c.By), chat.Section{}
	if k.left(ctx, who) {
		s.Text = k.text("case.assignee-left", nil)
		if who = c.By; k.left(ctx, who) {
			who = ""
		}
	}
	if who != "" {
		s.Fields = []chat.Field{{Label: k.text("case.label.for", nil), Person: who}}
	}
	return []chat.Section{s}
}

// untaken says that nobody has taken a new case.
func (k *Work) untaken(ctx context.Context, c *cases.Case) chat.Reply {
	if !c.Untaken() {
		return chat.Reply{}
	}
	return chat.Reply{
		Tone: chat.Caution, Title: k.text("case.untaken", map[string]any{"case": c.Name(), "title": k.title(c), "for": chat.Span(k.r.Lang, k.now.Sub(c.Opened))}), Sections: k.responsible(ctx, c),
		Actions: []chat.Action{{ID: "take", Label: k.text("case.button.take", nil), Command: chat.Case, Text: fmt.Sprintf("take %s rev=%d", c.Name(), c.Rev)}, {ID: "show", Label: c.Name(), Command: chat.Case, Text: "show " + c.Name()}},
	}
}

// stale asks for a word where nothing happened for days, and looks again.
func (k *Work) stale(ctx context.Context, c *cases.Case) chat.Reply {
	if !c.State.Open() {
		return chat.Reply{}
	}
	next := []event.Event{c.WordEvent(k.now, k.business(ctx))}
	if !c.Stale(k.now) {
		return chat.Reply{Scheduled: next}
	}
	out := chat.Reply{Tone: chat.Caution, Title: k.text("case.stale", map[string]any{"case": c.Name(), "title": k.title(c), "for": chat.Span(k.r.Lang, k.now.Sub(c.Changed))}), Scheduled: next}
	out.Sections = append(out.Sections, k.responsible(ctx, c)...)
	for _, verb := range []string{"take", "recheck", "contact", "solve"} {
		if verb != "recheck" || c.Domain != "" {
			out.Actions = append(out.Actions, chat.Action{ID: verb, Label: k.text("case.button."+verb, nil), Command: chat.Case, Text: verb + " " + c.Name()})
		}
	}
	return out
}
