package commands

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
)

var revision = regexp.MustCompile(`^rev=(\d{1,15})(?:\s+|$)`)

// seenRev takes the revision that a button or form showed off the words; the present one where there is none.
func (k *desk) seenRev(c *cases.Case) int64 {
	m := revision.FindStringSubmatch(k.words)
	if m == nil || !has(k.verb, knowsRevision) {
		return c.Rev
	}
	k.words = strings.TrimSpace(k.words[len(m[0]):])
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return c.Rev
	}
	return n
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

// errSame says that the case is already as it was to become.
var errSame = errors.New("commands: nothing to change")

// errRefused says that a change does not fit the case as it stands. It is found out within the change, so that a request made again after a crash is known first.
var errRefused = errors.New("commands: refused")

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
