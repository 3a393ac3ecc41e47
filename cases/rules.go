package cases

import (
	"slices"
	"strconv"
	"strings"

	"signpost/watch"
)

// What can be done to a case. Each of these methods changes the case in place and gives what goes into its timeline,
// or a *Refusal, after which the case is as it was. None of them asks the store: Book.Change writes what they made.

// enter changes the state for somebody who must know of it.
func (c *Case) enter(a Act, s State) {
	c.SetState(s, a.At, a.Hours)
	c.StateRev = c.Rev + 1
}

// Take makes the one who acts work on the case.
func (c *Case) Take(a Act) (Edit, error) {
	switch {
	case c.Assignee != "" && c.Assignee != a.By && c.TakenRev > a.Seen:
		return Edit{}, &Refusal{Reason: Taken, By: c.Assignee}
	case c.Assignee == a.By && c.State != New:
		return Edit{}, refuse(Unchanged)
	}
	c.Assignee, c.TakenRev = a.By, c.Rev+1
	if c.State == New {
		c.SetState(WaitingUs, a.At, a.Hours)
	}
	return Edit{Entries: []Entry{{Kind: "taken", By: a.By}}}, nil
}

// Assign gives the case to somebody.
func (c *Case) Assign(a Act, who string) (Edit, error) {
	if who == "" {
		return Edit{}, refuse(Missing)
	}
	c.Assignee, c.TakenRev = who, c.Rev+1
	return Edit{Entries: []Entry{{Kind: "assigned", By: a.By, Text: who}}}, nil
}

// Follow makes the one who acts hear of the case.
func (c *Case) Follow(a Act) (Edit, error) {
	switch {
	case slices.Contains(c.Followers, a.By):
		return Edit{}, refuse(Unchanged)
	case len(c.Followers) >= MaxFollowers:
		return Edit{}, refuse(Full)
	}
	c.Followers = append(slices.Clone(c.Followers), a.By)
	return Edit{}, nil
}

// Unfollow ends that.
func (c *Case) Unfollow(a Act) (Edit, error) {
	if !slices.Contains(c.Followers, a.By) {
		return Edit{}, refuse(Unchanged)
	}
	c.Followers = slices.DeleteFunc(slices.Clone(c.Followers), func(u string) bool { return u == a.By })
	return Edit{}, nil
}

// WaitFor says who has to act next, in a case that is open: a state in which it stays open.
func (c *Case) WaitFor(a Act, s State) (Edit, error) {
	switch {
	case !slices.Contains(States, s) || !s.Open():
		return Edit{}, refuse(Invalid)
	case c.StateRev > a.Seen && c.State != s:
		return Edit{}, refuse(Overtaken)
	case !c.State.Open():
		return Edit{}, &Refusal{Reason: Ended, Number: c.Number}
	case c.State == s:
		return Edit{}, refuse(Unchanged)
	}
	c.enter(a, s)
	return Edit{Entries: []Entry{{Kind: "state", By: a.By, Text: string(s)}}}, nil
}

// Prioritise says how much it hurts.
func (c *Case) Prioritise(a Act, p Priority) (Edit, error) {
	switch {
	case !slices.Contains(Priorities, p):
		return Edit{}, refuse(Invalid)
	case c.Priority == p:
		return Edit{}, refuse(Unchanged)
	}
	c.Priority = p
	return Edit{Entries: []Entry{{Kind: "priority", By: a.By, Text: string(p)}}}, nil
}

// Ending is how a case ended: what solved it, what was learned, and whom it took to be asked, for the statistics.
type Ending struct {
	Resolution, Lesson string
	Contacts           []Contact
}

// Solve ends a case that is solved. The time that it took becomes part of the statistics, once.
func (c *Case) Solve(a Act, e Ending) (Edit, error) { return c.end(a, Solved, e) }

// Close ends a case that needs no work any more.
func (c *Case) Close(a Act, e Ending) (Edit, error) { return c.end(a, Closed, e) }

func (c *Case) end(a Act, to State, e Ending) (Edit, error) {
	resolution, lesson := cut(e.Resolution, MaxResolution), cut(e.Lesson, MaxResolution)
	switch {
	case resolution == "":
		return Edit{}, refuse(Missing)
	case c.StateRev > a.Seen && !c.State.Open():
		return Edit{}, refuse(Overtaken)
	case c.State == to && c.Resolution == resolution && (lesson == "" || c.Lesson == lesson):
		return Edit{}, refuse(Unchanged)
	}
	c.enter(a, to)
	c.Resolution = resolution
	edit := Edit{Entries: Entries(string(to), a.By, e.Resolution)}
	if lesson != "" {
		c.Lesson, c.LessonRev = lesson, c.Rev+1
		edit.Entries = append(edit.Entries, Entries("lesson", a.By, e.Lesson)...)
	}
	if to == Solved && !c.Measured {
		c.Measured = true
		edit.Measures = c.SolveMeasures(a.At.Sub(c.Opened), e.Contacts)
	}
	return edit, nil
}

// Reopen opens an ended case again. One that was part of another is no part of it any more: see Book.Part.
func (c *Case) Reopen(a Act, text string) (Edit, error) {
	if c.State.Open() {
		return Edit{}, refuse(NotEnded)
	}
	c.enter(a, WaitingUs)
	if c.Merged != 0 {
		c.Merged, c.Resolution = 0, ""
	}
	return Edit{Entries: Entries("reopened", a.By, text)}, nil
}

// MayMerge is why a case cannot be put into another, or nil.
func (c *Case) MayMerge(into *Case) error {
	switch {
	case into.Number == c.Number:
		return &Refusal{Reason: Itself, Number: into.Number}
	case into.Merged != 0:
		return &Refusal{Reason: Part, Number: into.Number}
	case !into.State.Open():
		return &Refusal{Reason: Ended, Number: into.Number}
	case c.Restricted && (!into.Restricted || into.Channel != c.Channel):
		return &Refusal{Reason: Restricted, Number: into.Number}
	case into.Contacts+c.Contacts > MaxContacts:
		return &Refusal{Reason: Full, Number: into.Number}
	}
	return nil
}

// Merge closes a case that was put into another. Book.Merge does all that belongs to it.
func (c *Case) Merge(a Act, into int64) (Edit, error) {
	switch {
	case into == c.Number:
		return Edit{}, &Refusal{Reason: Itself, Number: into}
	case c.Merged != 0 && c.Merged != into:
		return Edit{}, &Refusal{Reason: Part, Number: c.Merged}
	}
	c.SetState(Closed, a.At, a.Hours)
	c.Merged, c.Resolution = into, Name(into)
	return Edit{Entries: []Entry{{Kind: "merged", By: a.By, Text: Name(into)}}}, nil
}

// Note adds words to the timeline.
func (c *Case) Note(a Act, text string) (Edit, error) { return said("note", a, text) }

// Reply adds what was said in the case's thread.
func (c *Case) Reply(a Act, text string) (Edit, error) { return said("reply", a, text) }

func said(kind string, a Act, text string) (Edit, error) {
	if strings.TrimSpace(text) == "" {
		return Edit{}, refuse(Missing)
	}
	return Edit{Entries: Entries(kind, a.By, text)}, nil
}

// Learn keeps what was learned.
func (c *Case) Learn(a Act, lesson string) (Edit, error) {
	switch {
	case lesson == "":
		return Edit{}, refuse(Missing)
	case c.LessonRev > a.Seen:
		return Edit{}, refuse(Overtaken)
	}
	c.Lesson, c.LessonRev = cut(lesson, MaxResolution), c.Rev+1
	return Edit{Entries: Entries("lesson", a.By, lesson)}, nil
}

// Tag takes tags off and puts others on. Left is those for which there was no room.
func (c *Case) Tag(a Act, on, off []string) (e Edit, left []string, err error) {
	tags := slices.DeleteFunc(slices.Clone(c.Tags), func(t string) bool { return slices.Contains(off, t) })
	for _, t := range on {
		switch {
		case t == "" || slices.Contains(tags, t):
		case len(tags) >= MaxTags:
			left = append(left, t)
		default:
			tags = append(tags, cut(t, MaxTag))
		}
	}
	if slices.Equal(tags, c.Tags) && len(left) == 0 {
		return Edit{}, nil, refuse(Unchanged)
	}
	c.Tags = tags
	return Edit{Entries: []Entry{{Kind: "tags", By: a.By, Text: strings.Join(tags, " ")}}}, left, nil
}

// Recheck keeps a new diagnosis of one of the case's domains. That of a domain which came along with a merger stands
// in the timeline alone.
func (c *Case) Recheck(a Act, domain string, s *Snapshot) (Edit, error) {
	e := Diagnosed("recheck", a.By, s)
	switch {
	case !slices.Contains(c.AllDomains(), domain):
		return Edit{}, refuse(Invalid)
	case domain != c.Domain:
		e.With["domain"] = domain
		return Edit{Entries: []Entry{e}}, nil
	case c.First == nil:
		c.First = s
	}
	c.Latest = s
	return Edit{Entries: []Entry{e}}, nil
}

// Live notes how a change to the records of one of the case's domains ended: it is live everywhere, or did not come
// about in time. A case that waits for whoever runs the zone waits for us then, to check it or to ask again.
func (c *Case) Live(a Act, l *watch.Live) (Edit, error) {
	switch {
	case !l.Over() || !slices.Contains(c.AllDomains(), l.Domain):
		return Edit{}, refuse(Invalid)
	case !c.State.Open():
		return Edit{}, &Refusal{Reason: Ended, Number: c.Number}
	}
	e := Edit{Entries: []Entry{{Kind: "live", By: a.By, With: map[string]string{"domain": l.Domain,
		"state": string(l.State), "current": strconv.Itoa(l.Current), "total": strconv.Itoa(l.Total)}}}}
	if c.State == WaitingDNS {
		c.enter(a, WaitingUs)
		e.Entries = append(e.Entries, Entry{Kind: "state", By: a.By, Text: string(WaitingUs)})
	}
	return e, nil
}

// Posted notes the message under which the case is followed.
func (c *Case) Posted(channel, thread string) (Edit, error) {
	c.Channel, c.Thread = channel, thread
	return Edit{}, nil
}
