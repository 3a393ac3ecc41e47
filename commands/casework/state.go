package casework

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

var revision = regexp.MustCompile(`^rev=(\d{1,15})(?:\s+|$)`)

// seenRev takes the revision that a button or form showed off the words; the present one where there is none.
func (k *Work) seenRev(c *cases.Case) int64 {
	m := revision.FindStringSubmatch(k.words)
	if m == nil || !intent.Has(k.verb, intent.KnowsRevision) {
		return c.Rev
	}
	k.words = strings.TrimSpace(k.words[len(m[0]):])
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return c.Rev
	}
	return n
}

// state says who has to act next.
func (k *Work) state(ctx context.Context, c *cases.Case) error {
	s, ok := intent.StateIn(cmp.Or(k.r.Values["state"], k.words))
	if !ok || !s.Open() {
		k.wrong("case.which-state", nil)
		return nil
	}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.WaitFor(k.act(ctx), s)
	}, "case.state-set", map[string]any{"state": k.text("case.state."+string(s), nil)})
	switch cases.Why(err).Reason {
	case cases.Ended:
		return k.ended(ctx, c)
	case cases.Unchanged:
		return k.same(ctx, c, "case.state-set", map[string]any{"state": k.text("case.state."+string(s), nil)})
	}
	return err
}

// ended says that a case is ended, with a button that opens it again.
func (k *Work) ended(ctx context.Context, c *cases.Case) error {
	c, err := k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	out := chat.Reply{
		Tone: chat.Caution, Title: k.text("case.is-ended", map[string]any{"case": c.Name(), "state": k.text("case.state."+string(c.State), nil)}), Final: true, Data: caseData(c),
		Actions: []chat.Action{{ID: "reopen", Label: k.text("case.button.reopen", nil), Command: chat.Case, Text: "reopen " + c.Name()}},
	}
	if c.Resolution != "" {
		out.Sections = []chat.Section{{Heading: k.text("case.label.resolution", nil), Text: c.Resolution}}
	}
	return k.done(ctx, c, out)
}

// same says that nothing had to be changed.
func (k *Work) same(ctx context.Context, c *cases.Case, told string, args map[string]any) error {
	all := map[string]any{"case": c.Name(), "title": k.title(c)}
	for name, v := range args {
		all[name] = v
	}
	return k.done(ctx, c, chat.Reply{Title: k.text(told, all), Sections: []chat.Section{{Muted: true, Text: k.text("case.same", nil)}}, Final: true, Data: caseData(c)})
}

// stays adds that a case is ended and stays so, whatever was put down in it.
func (k *Work) stays(c *cases.Case) func(*chat.Reply) {
	return func(r *chat.Reply) {
		if !c.State.Open() {
			r.Sections = append(r.Sections, chat.Section{Text: k.text("case.stays-ended", map[string]any{"case": c.Name(), "state": k.text("case.state."+string(c.State), nil)})})
			r.Actions = append(r.Actions, chat.Action{ID: "reopen", Label: k.text("case.button.reopen", nil), Command: chat.Case, Text: "reopen " + c.Name()})
		}
	}
}

// act is the asker acting on a case, now, with what they have seen of it. Rules are asked within the change, so that a request made again after a crash is known first.
func (k *Work) act(ctx context.Context) cases.Act {
	return cases.Act{By: k.r.User, At: k.now, Hours: k.business(ctx), Seen: k.rev}
}

// end solves or closes a case, with how.
func (k *Work) end(ctx context.Context, c *cases.Case) error {
	resolution := k.value("resolution")
	if resolution == "" {
		return k.ask(c)
	}
	lesson := k.clean(k.r.Values["lesson"])
	rule, told := (*cases.Case).Solve, "case.solved"
	if k.verb == "close" {
		rule, told = (*cases.Case).Close, "case.closed"
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	was := "" // what was written when it was ended before
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		if was = ""; !c.State.Open() {
			was = c.Resolution
		}
		return rule(c, k.act(ctx), cases.Ending{Resolution: resolution, Lesson: lesson, Contacts: contacts})
	}, told, nil, func(r *chat.Reply) { k.aboutLength(r, resolution, cases.MaxResolution) }, func(r *chat.Reply) {
		if was != "" && was != resolution {
			r.Sections = append(r.Sections, chat.Section{Heading: k.text("case.instead", nil), Text: was})
		}
	})
	switch cases.Why(err).Reason {
	case cases.Unchanged:
		return k.same(ctx, c, told, nil)
	case cases.Overtaken:
		k.slower(c, strings.TrimSpace(resolution+"\n"+lesson))
		return nil
	}
	return err
}

// reopen opens a solved or closed case again.
func (k *Work) reopen(ctx context.Context, c *cases.Case) error {
	if err := k.d.Book.Part(ctx, k.r.Team, c, k.r.ID, k.r.User); err != nil {
		return err
	}
	part := c.Merged
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Reopen(k.act(ctx), k.value("text"))
	}, "case.reopened", nil, func(r *chat.Reply) {
		r.Scheduled = append(r.Scheduled, c.WordEvent(k.now, k.business(ctx)))
		if into, err := k.d.Book.Case(ctx, k.r.Team, part); err == nil && part != 0 { // what it showed of this one goes
			r.Outbox = append(r.Outbox, k.rootPost(into))
		}
	})
	if cases.Why(err).Reason == cases.NotEnded {
		k.wrong("case.is-open", map[string]any{"case": c.Name()})
		return nil
	}
	return err
}

// priority says how much it hurts.
func (k *Work) priority(ctx context.Context, c *cases.Case) error {
	p, ok := intent.PriorityIn(cmp.Or(k.r.Values["priority"], k.words))
	if !ok {
		k.wrong("case.which-priority", nil)
		return nil
	}
	args := map[string]any{"priority": k.text("case.priority."+string(p), nil)}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Prioritise(k.act(ctx), p)
	}, "case.priority-set", args, k.stays(c))
	if cases.Why(err).Reason == cases.Unchanged {
		return k.same(ctx, c, "case.priority-set", args)
	}
	return err
}
