package cases

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"signpost/diag"
	"signpost/diag/pattern"
	"signpost/watch"
)

const (
	maxTimeline = 100_000     // entries of one case in an import
	maxNumber   = 100_000_000 // the numbers that follow must stay short
	maxGap      = 1_000_000   // by which a number may lie above the last one
)

// What a record of an export may hold: what commands could have put into a case, since records are read by the same
// code however they came. A text may be a few characters longer than its limit: it may have been cut with a sign that
// it was, or stand behind the name of the case that it came from.
const longer = 100

var (
	idShape   = pattern.New(`^[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}$`) // of people, channels, messages
	nameShape = pattern.New(`^[a-z0-9][a-z0-9_-]{0,63}$`)         // of providers, kinds, channels of support
	codeShape = pattern.New(`^[a-z0-9-]{1,40}\.[a-z0-9-]{1,60}$`) // of findings
	langShape = pattern.New(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$`)
	nameOf    = pattern.New(`^MAIL-[0-9]{1,15} [0-9]{1,6}$`) // the origin of a contact
)

// check says what makes a record no case that may be read in after one of that number. An export may have gone
// through many hands.
func (r *Record) check(last int64) *BadExport {
	c := r.Case
	bad := func(kind, what string) *BadExport {
		return &BadExport{Kind: kind, What: strings.TrimSpace(Name(r.Number) + " " + what)}
	}
	switch {
	case c == nil || r.Number < 1:
		return &BadExport{Kind: "nothing"}
	}
	c.Number = r.Number
	switch {
	case r.Number > maxNumber, r.Number > last+maxGap:
		return bad("far", "")
	case c.upgrade() != nil:
		return bad("later", fmt.Sprint(c.Shape))
	case !slices.Contains(States, c.State):
		return bad("state", fmt.Sprintf("%.20q", c.State))
	case len(r.Contacts) > MaxContacts, len(r.Timeline) > maxTimeline, c.Contacts > MaxContacts,
		len(c.Tickets) > MaxContacts, len(c.Tags) > MaxTags,
		len(c.Reminders) > MaxReminders, len(c.Followers) > MaxFollowers, len(c.Domains) > MaxTags,
		len(c.From)+len(c.MergedFrom)+len(c.Moved) > 3*MaxContacts,
		len(c.Spent) > len(States):
		return bad("full", "")
	}
	if what := c.unfit(); what != "" {
		return bad("value", what)
	}
	if what := r.parts(); what != "" {
		return bad("value", what)
	}
	return nil
}

// test is whether a field holds what it may.
type test struct {
	field string
	ok    bool
}

// failed is the first field that does not.
func failed(tests ...test) string {
	for _, t := range tests {
		if !t.ok {
			return t.field
		}
	}
	return ""
}

// unfit is the name of a field of the case that holds what no command puts there.
func (c *Case) unfit() string {
	what := failed(
		test{"title", within(c.Title, MaxTitle)}, test{"trouble_since", within(c.Began, MaxBegan)},
		test{"title_of", within(c.TitleOf, 300)},
		test{"resolution", within(c.Resolution, MaxResolution)}, test{"lesson", within(c.Lesson, MaxResolution)},
		test{"domain", c.Domain == "" || isDomain(c.Domain)}, test{"merged_domains", all(c.Domains, isDomain)},
		test{"provider", c.Provider == "" || nameShape.MatchString(c.Provider)},
		test{"priority", c.Priority == "" || slices.Contains(Priorities, c.Priority)},
		test{"assignee", isID(c.Assignee)}, test{"opened_by", isID(c.By)}, test{"channel", isID(c.Channel)},
		test{"thread", isID(c.Thread)},
		test{"followers", all(c.Followers, idShape.MatchString)},
		test{"language", c.Lang == "" || langShape.MatchString(c.Lang)},
		test{"tags", all(c.Tags, isTag)}, test{"tickets", all(c.Tickets, ValidTicket)},
		test{"contacts", c.Contacts >= 0},
		test{"opened", isTime(c.Opened)}, test{"changed", isTime(c.Changed)}, test{"in_state_since", isTime(c.Since)},
		test{"ended", c.SolvedAt.IsZero() || isTime(c.SolvedAt)},
		test{"merged_into", c.Merged >= 0 && c.Merged <= maxNumber && c.Merged != c.Number},
		test{"revision", max(c.StateRev, c.TakenRev, c.LessonRev) <= maxNumber &&
			min(c.StateRev, c.TakenRev, c.LessonRev) >= 0},
		test{"diagnosis_at_opening", c.First.fits()}, test{"diagnosis_latest", c.Latest.fits()},
	)
	if what != "" {
		return what
	}
	for state, spent := range c.Spent {
		if !slices.Contains(States, state) || spent < 0 || spent > 100*365*24*time.Hour {
			return "nanoseconds_in_state"
		}
	}
	for _, m := range c.Reminders {
		if !within(m.ID, 200) || m.ID == "" || strings.ContainsFunc(m.ID, unicode.IsSpace) || !isID(m.By) ||
			!within(m.What, MaxWhat) || !isTime(m.At) {
			return "reminders"
		}
	}
	return c.unfitMerger()
}

// unfitMerger is the same for what mergers left.
func (c *Case) unfitMerger() string {
	number := func(n int64) bool { return n > 0 && n <= maxNumber && n != c.Number }
	for _, n := range c.From {
		if !number(n) {
			return "merged_from"
		}
	}
	for n, t := range c.MergedFrom {
		if !number(n) || len(t.Tickets) > MaxContacts || len(t.Tags) > MaxTags || len(t.Followers) > MaxFollowers ||
			len(t.Domains) > MaxTags ||
			!all(t.Tickets, ValidTicket) || !all(t.Tags, isTag) || !all(t.Followers, idShape.MatchString) ||
			!all(t.Domains, isDomain) {
			return "taken_over_by_merger"
		}
	}
	for n, id := range c.Moved {
		if _, ok := readStreamID(id); !number(n) || !ok && id != "" {
			return "timeline_moved_to"
		}
	}
	return ""
}

// parts is what is wrong with the contacts and the timeline; "" where nothing is.
func (r *Record) parts() string {
	ids := map[int64]bool{}
	for _, x := range r.Contacts {
		what := failed(
			test{"id", x.ID > 0 && x.ID <= MaxContacts && !ids[x.ID]}, test{"at", isTime(x.At)},
			test{"by", isID(x.By)}, test{"channel", nameShape.MatchString(x.Channel)},
			test{"ticket", x.Ticket == "" || ValidTicket(x.Ticket)}, test{"key_points", within(x.Gist, MaxText)},
			test{"follow_up", within(x.Next, MaxText)},
			test{"first_response", x.Answered.IsZero() || isTime(x.Answered)},
			test{"must_cooperate", slices.Contains(partners, x.Partner)},
			test{"must_cooperate_name", within(x.Who, MaxWho)},
			test{"provider", x.Provider == "" || nameShape.MatchString(x.Provider)},
			test{"origin", x.Origin == "" || nameOf.MatchString(x.Origin)},
		)
		if what != "" {
			return "contacts." + what
		}
		ids[x.ID] = true
	}
	for _, e := range r.Timeline {
		_, ok := readStreamID(e.ID)
		what := failed(
			test{"id", ok || e.ID == ""}, test{"at", isTime(e.At)}, test{"by", isID(e.By)},
			test{"kind", nameShape.MatchString(e.Kind)}, test{"text", within(e.Text, MaxText)},
			test{"with", len(e.With) <= 10},
		)
		if what != "" {
			return "timeline." + what
		}
		for name, value := range e.With {
			if !nameShape.MatchString(name) || !within(value, 500) {
				return "timeline.with"
			}
		}
	}
	return ""
}

// fits reports whether a diagnosis is one that a case could have.
func (s *Snapshot) fits() bool {
	if s == nil {
		return true
	}
	if len(s.Found) > maxCodes || len(s.Args) > maxCodes || len(s.Unknown) > 200 || len(s.Awaits) > maxCodes ||
		!within(string(s.Verdict), 40) ||
		!s.At.IsZero() && !isTime(s.At) {
		return false
	}
	for _, f := range s.Found {
		code, subject, _ := strings.Cut(f, " ")
		if !codeShape.MatchString(code) || !within(subject, 300) {
			return false
		}
	}
	for _, args := range s.Args {
		if len(args) > 30 || !fitArgs(args) {
			return false
		}
	}
	awaited := func(text string) bool { _, ok := watch.ParseWanted(text); return ok }
	return all(s.Unknown, nameShape.MatchString) && all(s.Awaits, awaited)
}

// fitArgs reports whether arguments are those that diag.BriefArgs gives.
func fitArgs(args map[string]any) bool {
	for name, v := range args {
		switch v := v.(type) {
		case string:
			if len(v) > diag.BriefArg+longer {
				return false
			}
		case []any:
			if len(v) > 5 || slices.ContainsFunc(v,
				func(x any) bool { s, ok := x.(string); return !ok || len(s) > diag.BriefArg+longer }) {
				return false
			}
		case map[string]any:
			return false
		}
		if len(name) > 60 {
			return false
		}
	}
	return true
}

// within reports whether a text is one of at most so many characters.
func within(s string, most int) bool {
	return len(s) <= 4*(most+longer) && utf8.RuneCountInString(s) <= most+longer && utf8.ValidString(s)
}

func isID(s string) bool { return s == "" || idShape.MatchString(s) }

func isTag(s string) bool {
	return s != "" && within(s, MaxTag) && !strings.ContainsFunc(s, unicode.IsControl) && !strings.ContainsAny(s, "<>")
}

// isDomain reports whether a text is a domain as cases have it.
func isDomain(s string) bool {
	t, err := diag.ParseTarget(s)
	return err == nil && t.Domain == s
}

// isTime reports whether a time is one of this century.
func isTime(t time.Time) bool { return t.Year() >= 2000 && t.Year() < 2100 }

func all(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}
