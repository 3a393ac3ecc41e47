package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/kb"
)

// due is a time that has come: what it says goes to the case's thread, and nobody is answered.
func due(ctx context.Context, k *work.Work, c *cases.Case, e event.Event) (chat.Reply, error) {
	var out chat.Reply
	var err error
	whom := cmp.Or(c.Assignee, c.By)
	if k.Left(ctx, whom) {
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
		out = chat.Reply{Title: k.Text("case.remind", map[string]any{"case": c.Name(), "title": k.Title(c)}),
			Sections: []chat.Section{{Text: what}, {Fields: []chat.Field{{Label: k.Text("case.label.for", nil), Person: who}}}}}
		live := c.Name()
		if c.Merged > 0 {
			live = cases.Name(c.Merged)
			out.Sections = append(out.Sections,
				chat.Section{Muted: true, Text: k.Text("case.merged", map[string]any{"case": c.Name(), "into": live})})
		} else if !c.State.Open() {
			out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.Text("case.state."+string(c.State), nil)})
		}
		out.Actions = []chat.Action{{ID: "snooze", Label: k.Text("case.button.snooze", nil), Command: chat.Case,
			Text: strings.TrimSpace("remind " + live + " 2h " + what)},
			{ID: "show", Label: live, Command: chat.Case, Text: "show " + live}}
	case event.AnswerDue:
		out, err = unanswered(ctx, k, c, e.Contact)
	case event.TakingDue:
		out = untaken(ctx, k, c)
	case event.WordDue:
		out = stale(ctx, k, c)
	}
	if err != nil {
		return chat.Reply{}, err
	}
	final := chat.Reply{Title: c.Name(), Final: true, Scheduled: out.Scheduled}
	if out.Title != "" {
		out.Audience, out.Final, out.Lang, out.Scheduled = chat.Channel, true, k.Req.Lang, nil
		final.Outbox = []chat.Message{k.RootPost(c),
			{Key: "due:" + k.Req.ID, Channel: c.Channel, ThreadOf: chat.CardOf(c.Number), Fallback: whom,
				Reply: out, Lang: k.Req.Lang}}
	}
	return final, nil
}

// unanswered proposes another channel where a contact was not answered in time: the best one that somebody answers now.
func unanswered(ctx context.Context, k *work.Work, c *cases.Case, id int64) (chat.Reply, error) {
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	i := slices.IndexFunc(contacts, func(x cases.Contact) bool { return x.ID == id })
	if i < 0 || !contacts[i].Answered.IsZero() || !c.State.Open() {
		return chat.Reply{}, nil
	}
	x := contacts[i]
	kind := k.Deps.KB.ChannelText(k.Req.Lang, "kind."+x.Channel, nil)
	out := chat.Reply{Tone: chat.Caution,
		Title: k.Text("case.still-unanswered",
			map[string]any{"case": c.Name(), "channel": kind, "ticket": x.Ticket,
				"for": chat.Span(k.Req.Lang, k.Now.Sub(x.At))})}
	s := k.Deps.KB.Understand(k.Title(c), k.Req.Lang)
	s.Provider, s.Urgent, s.Calm = c.Provider, true, false
	for _, rec := range k.Deps.KB.Rank(s, k.Now) {
		if rec.Channel.Kind != x.Channel && (!rec.Opening.Known || rec.Opening.Open) && rec.Channel.Kind != kb.HelpCentre {
			out.Sections = append(out.Sections, answers.ChannelSection(k.Deps.KB, k.Req.Lang, 1, rec, k.Now))
			break
		}
	}
	out.Sections = append(out.Sections, responsible(ctx, k, c)...)
	out.Actions = []chat.Action{
		{ID: "answered", Label: k.Text("case.button.answered", nil), Command: chat.Case, Text: "answered " + c.Name()},
		{ID: "contact", Label: k.Text("case.button.contact", nil), Command: chat.Case, Text: "contact " + c.Name()},
	}
	return out, nil
}

// responsible names who is to act; where that one has left the workspace, who opened the case.
func responsible(ctx context.Context, k *work.Work, c *cases.Case) []chat.Section {
	who, s := cmp.Or(c.Assignee, c.By), chat.Section{}
	if k.Left(ctx, who) {
		s.Text = k.Text("case.assignee-left", nil)
		if who = c.By; k.Left(ctx, who) {
			who = ""
		}
	}
	if who != "" {
		s.Fields = []chat.Field{{Label: k.Text("case.label.for", nil), Person: who}}
	}
	return []chat.Section{s}
}

// untaken says that nobody has taken a new case.
func untaken(ctx context.Context, k *work.Work, c *cases.Case) chat.Reply {
	if !c.Untaken() {
		return chat.Reply{}
	}
	return chat.Reply{
		Tone: chat.Caution, Title: k.Text("case.untaken",
			map[string]any{"case": c.Name(), "title": k.Title(c), "for": chat.Span(k.Req.Lang, k.Now.Sub(c.Opened))}),
		Sections: responsible(ctx, k, c),
		Actions: []chat.Action{{ID: "take", Label: k.Text("case.button.take", nil), Command: chat.Case,
			Text: fmt.Sprintf("take %s rev=%d", c.Name(), c.Rev)},
			{ID: "show", Label: c.Name(), Command: chat.Case, Text: "show " + c.Name()}},
	}
}

// stale asks for a word where nothing happened for days, and looks again.
func stale(ctx context.Context, k *work.Work, c *cases.Case) chat.Reply {
	if !c.State.Open() {
		return chat.Reply{}
	}
	next := []event.Event{c.WordEvent(k.Now, k.Business(ctx))}
	if !c.Stale(k.Now) {
		return chat.Reply{Scheduled: next}
	}
	out := chat.Reply{Tone: chat.Caution,
		Title: k.Text("case.stale", map[string]any{"case": c.Name(), "title": k.Title(c),
			"for": chat.Span(k.Req.Lang, k.Now.Sub(c.Changed))}), Scheduled: next}
	out.Sections = append(out.Sections, responsible(ctx, k, c)...)
	for _, verb := range []string{"take", "recheck", "contact", "solve"} {
		if verb != "recheck" || c.Domain != "" {
			out.Actions = append(out.Actions,
				chat.Action{ID: verb, Label: k.Text("case.button."+verb, nil), Command: chat.Case, Text: verb + " " + c.Name()})
		}
	}
	return out
}
