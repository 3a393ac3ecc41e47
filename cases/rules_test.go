package cases

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/kb"
)

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// a case at revision 7, opened an hour before monday.
func a(change func(*Case)) *Case {
	c := &Case{Number: 4, Rev: 7, Title: "no mail", Domain: "a.example", State: WaitingProvider, Priority: Normal,
		By: "U1", Opened: monday.Add(-time.Hour), Since: monday.Add(-time.Hour)}
	if change != nil {
		change(c)
	}
	return c
}

func ended(c *Case) { c.State, c.Resolution, c.StateRev = Solved, "the record was published", 7 }

// What the rules are tried with: two people, one of whom has seen the case as it is, and what a case may hold.
var (
	act   = Act{By: "U2", At: monday, Seen: 7}
	slow  = Act{By: "U2", At: monday, Seen: 6}
	asked = []Contact{{ID: 1, At: monday.Add(-2 * time.Hour), Channel: kb.Ticket, Ticket: "T100"},
		{ID: 2, At: monday.Add(-time.Hour), Channel: kb.Phone}}
	answered = []Contact{{ID: 1, At: monday.Add(-2 * time.Hour), Channel: kb.Ticket, Ticket: "T100", Answered: monday}}
	snap     = &Snapshot{At: monday, Verdict: diag.Broken, Found: []string{"spf.none a.example"}}
	reminder = Reminder{ID: "r1", At: monday.Add(time.Hour), What: "call them"}
	mine     = Reminder{ID: "r0", At: monday.Add(2 * time.Hour), By: "U2", What: "ask again"}
)

func anyOf(Contact) bool { return true }

func with(m ...Reminder) func(*Case) { return func(c *Case) { c.Reminders = m } }

// rule is a rule tried on a case: why it refuses, or the kind of its first entry and what it makes of the case.
type rule struct {
	of   *Case
	do   func(*Case) (Edit, error)
	why  Reason
	kind string
	is   func(*Case) bool
}

var rules = map[string]rule{
	"take": {a(nil), func(c *Case) (Edit, error) { return c.Take(act) }, "", "taken",
		func(c *Case) bool { return c.Assignee == "U2" && c.TakenRev == 8 }},
	"take a new one": {a(func(c *Case) { c.State = New }),
		func(c *Case) (Edit, error) { return c.Take(act) }, "", "taken",
		func(c *Case) bool { return c.State == WaitingUs && c.Spent[New] == time.Hour }},
	"take one's own": {a(func(c *Case) { c.Assignee = "U2" }),
		func(c *Case) (Edit, error) { return c.Take(act) }, Unchanged, "", nil},
	"take over, knowing it": {a(func(c *Case) { c.Assignee, c.TakenRev = "U3", 7 }),
		func(c *Case) (Edit, error) { return c.Take(act) }, "", "taken",
		func(c *Case) bool { return c.Assignee == "U2" }},
	"take too late": {a(func(c *Case) { c.Assignee, c.TakenRev = "U3", 7 }),
		func(c *Case) (Edit, error) { return c.Take(slow) }, Taken, "", nil},
	"assign": {a(nil), func(c *Case) (Edit, error) { return c.Assign(act, "U9") }, "", "assigned",
		func(c *Case) bool { return c.Assignee == "U9" && c.TakenRev == 8 }},
	"assign nobody": {a(nil), func(c *Case) (Edit, error) { return c.Assign(act, "") }, Missing, "", nil},
	"follow": {a(nil), func(c *Case) (Edit, error) { return c.Follow(act) }, "", "",
		func(c *Case) bool { return slices.Equal(c.Followers, []string{"U2"}) }},
	"follow twice": {a(func(c *Case) { c.Followers = []string{"U2"} }),
		func(c *Case) (Edit, error) { return c.Follow(act) }, Unchanged, "", nil},
	"follow a crowd": {a(func(c *Case) { c.Followers = make([]string, MaxFollowers) }),
		func(c *Case) (Edit, error) { return c.Follow(act) }, Full, "", nil},
	"unfollow": {a(func(c *Case) { c.Followers = []string{"U1", "U2"} }),
		func(c *Case) (Edit, error) { return c.Unfollow(act) }, "", "",
		func(c *Case) bool { return slices.Equal(c.Followers, []string{"U1"}) }},
	"unfollow none": {a(nil), func(c *Case) (Edit, error) { return c.Unfollow(act) }, Unchanged, "", nil},
	"wait": {a(nil), func(c *Case) (Edit, error) { return c.WaitFor(act, WaitingDNS) }, "",
		"state", func(c *Case) bool { return c.State == WaitingDNS && c.StateRev == 8 }},
	"wait as it does": {a(nil), func(c *Case) (Edit, error) { return c.WaitFor(slow, WaitingProvider) },
		Unchanged, "", nil},
	"wait solved": {a(nil), func(c *Case) (Edit, error) { return c.WaitFor(act, Solved) }, Invalid, "",
		nil},
	"wait ended": {a(ended), func(c *Case) (Edit, error) { return c.WaitFor(act, WaitingUs) }, Ended,
		"", nil},
	"wait too late": {a(func(c *Case) { c.StateRev = 7 }),
		func(c *Case) (Edit, error) { return c.WaitFor(slow, WaitingUs) }, Overtaken, "", nil},
	"priority": {a(nil), func(c *Case) (Edit, error) { return c.Prioritise(act, Urgent) }, "",
		"priority", func(c *Case) bool { return c.Priority == Urgent }},
	"the same priority": {a(nil), func(c *Case) (Edit, error) { return c.Prioritise(act, Normal) }, Unchanged,
		"", nil},
	"no priority": {a(nil), func(c *Case) (Edit, error) { return c.Prioritise(act, "terrible") },
		Invalid, "", nil},
	"solve": {a(nil), func(c *Case) (Edit, error) {
		return c.Solve(act, Ending{Resolution: "published", Lesson: "look first"})
	}, "", "solved", func(c *Case) bool {
		return c.State == Solved && c.Measured && c.Lesson == "look first" && c.LessonRev == 8 &&
			c.SolvedAt.Equal(monday)
	}},
	"solve with nothing": {a(nil), func(c *Case) (Edit, error) { return c.Solve(act, Ending{}) }, Missing, "", nil},
	"solve again": {a(ended), func(c *Case) (Edit,
		error) {
		return c.Solve(act, Ending{Resolution: "the record was published"})
	}, Unchanged, "", nil},
	"solve otherwise": {a(ended), func(c *Case) (Edit,
		error) {
		return c.Solve(act, Ending{Resolution: "they mended it"})
	}, "", "solved",
		func(c *Case) bool { return c.Resolution == "they mended it" }},
	"solve too late": {a(ended), func(c *Case) (Edit,
		error) {
		return c.Solve(slow, Ending{Resolution: "they mended it"})
	}, Overtaken, "", nil},
	"close": {a(nil), func(c *Case) (Edit,
		error) {
		return c.Close(act, Ending{Resolution: "a mistake"})
	}, "", "closed",
		func(c *Case) bool { return c.State == Closed && !c.Measured }},
	"reopen": {a(ended), func(c *Case) (Edit, error) { return c.Reopen(act, "again") }, "",
		"reopened", func(c *Case) bool {
			return c.State == WaitingUs && c.SolvedAt.IsZero() &&
				c.Resolution != ""
		}},
	"reopen a part": {a(func(c *Case) { c.State, c.Merged, c.Resolution = Closed, 9, "MAIL-9" }),
		func(c *Case) (Edit, error) { return c.Reopen(act, "") }, "", "reopened",
		func(c *Case) bool { return c.Merged == 0 && c.Resolution == "" }},
	"reopen an open one": {a(nil), func(c *Case) (Edit, error) { return c.Reopen(act, "") }, NotEnded, "", nil},
	"merge": {a(nil), func(c *Case) (Edit, error) { return c.Merge(act, 9) }, "", "merged",
		func(c *Case) bool { return c.State == Closed && c.Merged == 9 && c.Resolution == "MAIL-9" }},
	"merge into itself": {a(nil), func(c *Case) (Edit, error) { return c.Merge(act, 4) }, Itself, "", nil},
	"merge a part": {a(func(c *Case) { c.Merged = 5 }),
		func(c *Case) (Edit, error) { return c.Merge(act, 9) }, Part, "", nil},
	"note": {a(nil), func(c *Case) (Edit, error) { return c.Note(act, "they look into it") }, "",
		"note", nil},
	"note nothing": {a(nil), func(c *Case) (Edit, error) { return c.Note(act, " \n") }, Missing, "", nil},
	"reply":        {a(nil), func(c *Case) (Edit, error) { return c.Reply(act, "yes") }, "", "reply", nil},
	"learn": {a(nil), func(c *Case) (Edit, error) { return c.Learn(act, strings.Repeat("长", 5000)) },
		"", "lesson", func(c *Case) bool { return len([]rune(c.Lesson)) == MaxResolution && c.LessonRev == 8 }},
	"learn too late": {a(func(c *Case) { c.LessonRev = 7 }),
		func(c *Case) (Edit, error) { return c.Learn(slow, "x") }, Overtaken, "", nil},
	"recheck": {a(nil), func(c *Case) (Edit, error) { return c.Recheck(act, "a.example", snap) }, "",
		"recheck", func(c *Case) bool { return c.First == snap && c.Latest == snap }},
	"recheck what came": {a(func(c *Case) { c.Domains = []string{"b.example"} }),
		func(c *Case) (Edit, error) { return c.Recheck(act, "b.example", snap) }, "", "recheck",
		func(c *Case) bool { return c.First == nil }},
	"recheck another's": {a(nil), func(c *Case) (Edit, error) { return c.Recheck(act, "c.example", snap) },
		Invalid, "", nil},
	"contact": {a(func(c *Case) { c.State = New }), func(c *Case) (Edit, error) {
		return c.Contact(act, Contact{Channel: kb.Ticket, Ticket: "T100"}, "what they said")
	}, "", "contact", func(c *Case) bool {
		return c.State == WaitingProvider && c.Contacts == 1 && slices.Equal(c.Tickets, []string{"T100"})
	}},
	"contact the registrar": {a(nil), func(c *Case) (Edit, error) {
		return c.Contact(act, Contact{Channel: kb.Phone, Partner: "registrar"}, "x")
	}, "", "contact", func(c *Case) bool { return c.State == WaitingDNS }},
	"contact when solved": {a(ended), func(c *Case) (Edit,
		error) {
		return c.Contact(act, Contact{Channel: kb.Phone}, "x")
	}, "", "contact",
		func(c *Case) bool { return c.State == Solved }},
	"contact, no words": {a(nil), func(c *Case) (Edit,
		error) {
		return c.Contact(act, Contact{Channel: kb.Phone}, "")
	}, Missing, "", nil},
	"contact nobody": {a(nil), func(c *Case) (Edit, error) { return c.Contact(act, Contact{}, "x") },
		Missing, "", nil},
	"contact a stranger": {a(nil), func(c *Case) (Edit,
		error) {
		return c.Contact(act, Contact{Channel: kb.Phone, Partner: "mayor"}, "x")
	}, Invalid, "", nil},
	"too many contacts": {a(func(c *Case) { c.Contacts = MaxContacts }),
		func(c *Case) (Edit, error) { return c.Contact(act, Contact{Channel: kb.Phone}, "x") }, Full, "", nil},
	"ticket": {a(func(c *Case) { c.State = New }),
		func(c *Case) (Edit, error) { return c.Ticket(act, "T200", nil, anyOf) }, "", "ticket", func(c *Case) bool {
			return c.Contacts == 1 && c.State == WaitingProvider && slices.Equal(c.Tickets, []string{"T200"})
		}},
	"ticket there": {a(nil), func(c *Case) (Edit, error) { return c.Ticket(act, "T100", asked, anyOf) },
		Unchanged, "", nil},
	"no ticket": {a(nil), func(c *Case) (Edit, error) { return c.Ticket(act, "soon", nil, anyOf) }, Invalid,
		"", nil},
	"answer": {a(nil), func(c *Case) (Edit,
		error) {
		return c.Answer(act, asked, Answer{Ticket: "T100", Text: "in work"})
	}, "", "answered",
		func(c *Case) bool { return c.State == WaitingUs }},
	"answer before the call": {a(nil), func(c *Case) (Edit, error) {
		return c.Answer(act, asked, Answer{Channel: kb.Phone, At: monday.Add(-3 * time.Hour)})
	}, "", "answered", nil},
	"answer too early": {a(nil), func(c *Case) (Edit, error) {
		return c.Answer(act, asked, Answer{Ticket: "T100", At: monday.Add(-3 * time.Hour)})
	}, BeforeContact, "", nil},
	"answer to no ticket": {a(nil), func(c *Case) (Edit,
		error) {
		return c.Answer(act, asked, Answer{Ticket: "T999"})
	}, NoTicket, "", nil},
	"answer by no channel": {a(nil), func(c *Case) (Edit,
		error) {
		return c.Answer(act, asked, Answer{Channel: kb.Chat})
	}, NoContact, "", nil},
	"answer to nobody": {a(nil), func(c *Case) (Edit, error) { return c.Answer(act, nil, Answer{}) },
		NoContact, "", nil},
	"answer again": {a(nil), func(c *Case) (Edit, error) { return c.Answer(act, answered, Answer{}) },
		AllAnswered, "", nil},
	"remind": {a(nil), func(c *Case) (Edit, error) { return c.Remind(act, reminder) }, "",
		"reminder", func(c *Case) bool { return len(c.Reminders) == 1 && c.Reminders[0].By == "U2" }},
	"remind twice": {a(with(Reminder{ID: "r0", At: reminder.At, By: "U2", What: "call them"})),
		func(c *Case) (Edit, error) { return c.Remind(act, reminder) }, Unchanged, "", nil},
	"too many reminders": {a(func(c *Case) {
		for i := range MaxReminders {
			c.Reminders = append(c.Reminders, Reminder{ID: Name(int64(i)), At: monday.Add(time.Hour)})
		}
	}), func(c *Case) (Edit, error) { return c.Remind(act, reminder) }, Full, "", nil},
	"old reminders go": {a(with(Reminder{ID: "r0", At: monday.Add(-100 * time.Hour)})),
		func(c *Case) (Edit, error) { return c.Remind(act, reminder) }, "", "reminder",
		func(c *Case) bool { return len(c.Reminders) == 1 }},
	"snooze": {a(with(mine)), func(c *Case) (Edit,
		error) {
		return c.Snooze(act, Reminder{ID: "r1", At: monday.Add(9 * time.Hour)})
	}, "", "reminder",
		func(c *Case) bool {
			return len(c.Reminders) == 1 && c.Reminders[0].ID == "r1" && c.Reminders[0].What == "ask again"
		}},
	"snooze nothing": {a(nil), func(c *Case) (Edit, error) { return c.Snooze(act, reminder) }, "",
		"reminder", func(c *Case) bool { return len(c.Reminders) == 1 }},
	"forgo": {a(with(mine)),
		func(c *Case) (Edit, error) { e, _, err := c.Forgo(act, ""); return e, err }, "", "reminder-off",
		func(c *Case) bool { return len(c.Reminders) == 0 }},
	"forgo another's": {a(with(Reminder{ID: "r0", At: reminder.At, By: "U3"})),
		func(c *Case) (Edit, error) { e, _, err := c.Forgo(act, "r0"); return e, err }, NoReminder, "", nil},
	"forgo what is over": {a(with(Reminder{ID: "r0", At: monday, By: "U2"})),
		func(c *Case) (Edit, error) { e, _, err := c.Forgo(act, ""); return e, err }, NoReminder, "", nil},
	"tag": {a(func(c *Case) { c.Tags = []string{"old", "kept"} }),
		func(c *Case) (Edit, error) { e, _, err := c.Tag(act, []string{"new"}, []string{"old"}); return e, err },
		"", "tags", func(c *Case) bool { return slices.Equal(c.Tags, []string{"kept", "new"}) }},
	"tag as it is": {a(func(c *Case) { c.Tags = []string{"kept"} }),
		func(c *Case) (Edit, error) { e, _, err := c.Tag(act, []string{"kept"}, []string{"no"}); return e, err },
		Unchanged, "", nil},
	"where the message stands": {a(nil), func(c *Case) (Edit, error) { return c.Posted("C2", "17.1") }, "", "",
		func(c *Case) bool { return c.Channel == "C2" && c.Thread == "17.1" }},
}

// TestRules tries each rule on cases that it fits and on those that it does not.
func TestRules(t *testing.T) {
	try(t, rules)
}

// same reports whether two cases have the same record.
func same(x, y *Case) bool {
	one, err1 := jsonLine((&Record{Case: x}).exported())
	two, err2 := jsonLine((&Record{Case: y}).exported())
	return err1 == nil && err2 == nil && string(one) == string(two)
}

// TestContactOf: what a contact puts down, beside the state.
func TestContactOf(t *testing.T) {
	c := a(func(c *Case) { c.First = &Snapshot{Found: []string{"spf.none a.example"}} })
	text := strings.Repeat("x", MaxText+10)
	e, err := c.Contact(Act{By: "U2", At: monday},
		Contact{Channel: kb.Phone, Provider: "alimail", Answered: monday.Add(time.Minute), Who: "them",
			Partner: "dns"}, text)
	if err != nil || e.Contact == nil {
		t.Fatal(err)
	}
	if x := e.Contact; x.ID != 1 || x.By != "U2" || !x.At.Equal(monday) || len([]rune(x.Gist)) != MaxText ||
		!x.Counted {
		t.Errorf("%+v", *x)
	}
	if len(e.Entries) != 2 || e.Entries[0].With["channel"] != kb.Phone || e.Entries[0].With["partner"] != "dns" ||
		!e.Entries[1].Public || e.Entries[0].Text+e.Entries[1].Text != text {
		t.Errorf("%d entries, %v", len(e.Entries), e.Entries[0].With)
	}
	if len(e.Measures) != 1 || e.Measures[0] != (Measure{"answer:alimail:phone", 60}) {
		t.Errorf("%v", e.Measures)
	}
	// A ticket's number goes to the contact that waits for it.
	waiting := Contact{ID: 1, Channel: kb.Ticket, Gist: "opened"}
	e, err = c.Ticket(Act{By: "U2", At: monday}, "T300", []Contact{waiting}, func(Contact) bool { return true })
	if err != nil || e.Contact.ID != 1 || e.Contact.Ticket != "T300" || c.Contacts != 1 {
		t.Errorf("%+v, %v", e.Contact, err)
	}
	e, err = c.Ticket(Act{By: "U2", At: monday}, "T400", []Contact{waiting}, func(Contact) bool { return false })
	if err != nil || e.Contact.ID != 2 || c.Contacts != 2 {
		t.Errorf("%+v, %v", e.Contact, err)
	}
	// Solved, all by which support was asked is measured, once.
	done, err := c.Solve(Act{By: "U2", At: monday},
		Ending{Resolution: "x", Contacts: []Contact{{Channel: kb.Phone}, {Channel: kb.Phone}}})
	want := []Measure{{"solve:-", 3600}, {"solve:-:phone", 3600}, {"fault:spf.none", 3600}}
	if err != nil || !slices.Equal(done.Measures, want) {
		t.Errorf("%v, %v", done.Measures, err)
	}
	if again, err := c.Solve(Act{By: "U2", At: monday, Seen: 8}, Ending{Resolution: "y"}); err != nil ||
		len(again.Measures) > 0 {
		t.Errorf("%v, %v", again.Measures, err)
	}
}

// TestMayMerge: which case may be put into which.
func TestMayMerge(t *testing.T) {
	into := func(change func(*Case)) *Case {
		c := a(change)
		c.Number = 9
		return c
	}
	for name, x := range map[string]struct {
		from, into *Case
		why        Reason
	}{
		"two open ones":     {a(nil), into(nil), ""},
		"itself":            {a(nil), a(nil), Itself},
		"an ended one":      {a(nil), into(ended), Ended},
		"a part of another": {a(nil), into(func(c *Case) { c.Merged = 3 }), Part},
		"restricted to all": {a(func(c *Case) { c.Restricted = true }), into(nil), Restricted},
		"restricted elsewhere": {a(func(c *Case) { c.Restricted, c.Channel = true, "C1" }),
			into(func(c *Case) { c.Restricted, c.Channel = true, "C2" }), Restricted},
		"restricted here": {a(func(c *Case) { c.Restricted, c.Channel = true, "C1" }),
			into(func(c *Case) { c.Restricted, c.Channel = true, "C1" }), ""},
		"too many contacts": {a(func(c *Case) { c.Contacts = 2 }),
			into(func(c *Case) { c.Contacts = MaxContacts - 1 }), Full},
	} {
		if why := Why(x.from.MayMerge(x.into)).Reason; why != x.why {
			t.Errorf("%s: %q, want %q", name, why, x.why)
		}
	}
}

// TestBegin: what a case begins with, however it was asked for.
func TestBegin(t *testing.T) {
	first := &Snapshot{Verdict: diag.Broken, Found: []string{"spf.none a.example"}}
	o := Opening{
		Said: "no  mail", Asked: []Entry{{Kind: "asked", Text: "why"}},
		Case: Case{By: "U1", Title: " no\n mail " + strings.Repeat("长", 500),
			Tags: []string{"a", "a", "", strings.Repeat("b", 99)}, First: first},
	}
	c, entries, err := o.Begin(monday)
	if err != nil {
		t.Fatal(err)
	}
	if c.State != New || c.Priority != Normal || c.Latest != first || !c.Opened.Equal(monday) ||
		!c.Since.Equal(monday) || c.Shape != shape {
		t.Errorf("%+v", *c)
	}
	if len([]rune(c.Title)) != MaxTitle || !strings.HasPrefix(c.Title, "no mail") || len(c.Tags) != 2 ||
		len(c.Tags[1]) > MaxTag+2 {
		t.Errorf("%q %q", c.Title, c.Tags)
	}
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Equal(kinds, []string{"opened", "asked", "diagnosis"}) || entries[0].Text != "no  mail" {
		t.Errorf("%v", entries)
	}
	for name, bad := range map[string]Case{"no title": {Title: " "}, "no such state": {Title: "x", State: "lost"},
		"no such priority": {Title: "x", Priority: "?"}} {
		if _, _, err := (Opening{Case: bad}).Begin(monday); Why(err).Reason == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRefusal: the errors of the casebook know the reasons of their kind.
func TestRefusal(t *testing.T) {
	for why, is := range map[Reason]error{Overtaken: ErrConflict, Full: ErrFull, Part: ErrState, Ended: ErrState,
		NotEnded: ErrState} {
		if err := refuse(why); !errors.Is(err, is) || errors.Is(err, ErrNone) {
			t.Errorf("%s is not %v", why, is)
		}
	}
	if errors.Is(refuse(Unchanged), ErrState) || Why(ErrNone).Reason != "" {
		t.Error("nothing to change is no conflict")
	}
}
