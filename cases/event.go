package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/kb"
)

// EventKind is what an event is about. Queues hold it, so that none is ever renamed.
type EventKind string

// The kinds of events.
const (
	ReminderDue   EventKind = "reminder"  // somebody wants to be reminded of a case: Case, Reminder
	AnswerDue     EventKind = "answer"    // a contact should have been answered: Case, Contact
	TakingDue     EventKind = "untaken"   // somebody should have taken a new case: Case
	WordDue       EventKind = "stale"     // something should have happened in a case: Case
	DigestDue     EventKind = "digest"    // a channel wants to know how things are: Channel, Every
	RetentionDue  EventKind = "retention" // what is kept no longer is to be deleted: From
	ScheduleCheck EventKind = "schedule"  // whatever is to come is put into the queue again
)

// EventKinds is every kind.
var EventKinds = []EventKind{ReminderDue, AnswerDue, TakingDue, WordDue, DigestDue, RetentionDue, ScheduleCheck}

// ofCase is the kinds that are about one case.
var ofCase = []EventKind{ReminderDue, AnswerDue, TakingDue, WordDue}

// The ways in which a digest is wanted.
const (
	Daily  = "daily"
	Weekly = "weekly"
)

// Event is a time that comes for a case, or for a whole casebook. The queue holds it until then; what it means is
// decided when it comes, by the case as it stands then.
type Event struct {
	Kind     EventKind `json:"kind"`
	Team     string    `json:"team,omitempty"` // the workspace
	Due      time.Time `json:"due"`
	Case     int64     `json:"case,omitempty"`
	Reminder string    `json:"reminder,omitempty"` // its ID
	Contact  int64     `json:"contact,omitempty"`  // its ID
	Channel  string    `json:"channel,omitempty"`
	Every    string    `json:"every,omitempty"` // Daily or Weekly
	Day      string    `json:"day,omitempty"`   // of a digest, by the channel's clock: 2026-11-23
	From     int64     `json:"from,omitempty"`  // the number of the case from which it goes on
}

// ErrEvent says that something is no event.
var ErrEvent = errors.New("cases: no event")

const maxEvent = 1000 // octets of an event, encoded, and of each text in it a third

// Validate tells what an event lacks, or has that none of its kind has.
func (e Event) Validate() error {
	lacks := func(what string) error { return fmt.Errorf("%w: %.20q: %s", ErrEvent, e.Kind, what) }
	switch {
	case !slices.Contains(EventKinds, e.Kind):
		return lacks("no such kind")
	case e.Due.IsZero():
		return lacks("no time")
	case slices.Contains(ofCase, e.Kind) != (e.Case > 0), e.Case < 0:
		return lacks("case")
	case (e.Kind == ReminderDue) != (e.Reminder != ""):
		return lacks("reminder")
	case (e.Kind == AnswerDue) != (e.Contact > 0), e.Contact < 0:
		return lacks("contact")
	case e.Kind == DigestDue && (e.Channel == "" || e.Every != Daily && e.Every != Weekly || !isDay(e.Day)):
		return lacks("digest")
	case e.Kind != DigestDue && e.Channel+e.Every+e.Day != "":
		return lacks("digest")
	case e.Kind == RetentionDue && e.From < 1, e.Kind != RetentionDue && e.From != 0:
		return lacks("from")
	case max(len(e.Team), len(e.Reminder), len(e.Channel)) > maxEvent/4:
		return lacks("too long")
	}
	return nil
}

// isDay reports whether a text is a day of the calendar.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// Encode is the event as the queue holds it: JSON.
func (e Event) Encode() ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	return raw, nil
}

// DecodeEvent reads what Encode wrote. Fields that it does not know are those of a later version, and are left out.
func DecodeEvent(raw []byte) (e Event, err error) {
	if len(raw) > maxEvent {
		return Event{}, fmt.Errorf("%w: %d octets", ErrEvent, len(raw))
	}
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&e); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	return e, e.Validate()
}

// Key is the event's identity in its workspace: what is put into the queue twice comes once.
func (e Event) Key() string {
	day := e.Due.UTC().Format(time.DateOnly)
	switch e.Kind {
	case ReminderDue:
		return Name(e.Case) + " remind " + e.Reminder
	case AnswerDue:
		return fmt.Sprintf("%s answer %d", Name(e.Case), e.Contact)
	case TakingDue:
		return Name(e.Case) + " untaken"
	case WordDue:
		return fmt.Sprintf("%s stale %d", Name(e.Case), e.Due.Unix())
	case DigestDue:
		return "digest " + e.Channel + " " + e.Every + " " + e.Day
	case RetentionDue:
		return fmt.Sprintf("sweep %s %d", day, e.From)
	case ScheduleCheck:
		return "arm " + day
	}
	return ""
}

// EventIn reads an event in the form that queues held before there were events: a line such as "due MAIL-4 remind r1"
// or "digest daily 2026-11-23", asked in a channel, due at a time. It goes once no queue can hold such a line any
// more: a reminder may be a year away.
func EventIn(team, channel, line string, due time.Time) (e Event, ok bool) {
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	words := strings.Fields(rest)
	e = Event{Team: team, Due: due}
	word := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	switch verb {
	case "due":
		e.Case, _ = ParseName(word(0))
		switch word(1) {
		case "remind":
			e.Kind, e.Reminder = ReminderDue, word(2)
		case "answer":
			e.Kind, e.Contact = AnswerDue, number(word(2))
		case "untaken":
			e.Kind = TakingDue
		case "stale":
			e.Kind = WordDue
		}
	case "digest":
		e.Kind, e.Channel, e.Every, e.Day = DigestDue, channel, word(0), word(1)
	case "sweep":
		e.Kind, e.From = RetentionDue, max(number(word(1)), 1)
	case "arm":
		e.Kind = ScheduleCheck
	}
	return e, e.Validate() == nil
}

const (
	answerWithin = 8 * time.Hour // in which a contact is to be answered, before another channel is proposed
	// the same for a call or a chat, and for all but a ticket where the case is urgent
	spokenWithin = 2 * time.Hour
	urgentWithin = 30 * time.Minute   // the same for a call or a chat where the case is urgent
	untakenFor   = 4 * time.Hour      // for which a new case may stand without anybody who takes it
	urgentFor    = 30 * time.Minute   // the same where it is urgent
	staleAfter   = 3 * 24 * time.Hour // without a change, after which the case asks for one
)

// event is an event of this case.
func (c *Case) event(kind EventKind, due time.Time) Event {
	return Event{Kind: kind, Team: c.Team, Case: c.Number, Due: due.UTC()}
}

// RemindEvent is when somebody is to be reminded.
func (c *Case) RemindEvent(m Reminder) Event {
	e := c.event(ReminderDue, m.At)
	e.Reminder = m.ID
	return e
}

// AnswerEvents is when the latest contacts of the case should have been answered, of those that were not yet.
func (c *Case) AnswerEvents(contacts []Contact, b BusinessHours) (out []Event) {
	for _, x := range contacts[max(0, len(contacts)-3):] {
		if x.Answered.IsZero() {
			e := c.event(AnswerDue, c.working(x.At.Add(c.patience(x)), b))
			e.Contact = x.ID
			out = append(out, e)
		}
	}
	return out
}

// patience is how long a contact may stay unanswered.
func (c *Case) patience(x Contact) time.Duration {
	spoken, urgent := x.Channel == kb.Phone || x.Channel == kb.Chat, c.Priority == Urgent
	switch {
	case spoken && urgent:
		return urgentWithin
	case spoken, urgent && x.Channel != kb.Ticket:
		return spokenWithin
	}
	return answerWithin
}

// LookEvents is when the case is looked at again: when it may have been forgotten, and before that when nobody has
// taken it.
func (c *Case) LookEvents(now time.Time, b BusinessHours) []Event {
	out := []Event{c.WordEvent(now, b)}
	at := c.Opened.Add(untakenFor)
	if c.Priority == Urgent {
		at = c.Opened.Add(urgentFor)
	}
	if c.Untaken() && at.After(now) {
		out = append(out, c.event(TakingDue, c.working(at, b)))
	}
	return out
}

// WordEvent is when the case may have been forgotten, to the whole hour, so that what is asked twice comes once.
func (c *Case) WordEvent(now time.Time, b BusinessHours) Event {
	at := c.Changed.Add(staleAfter)
	if !at.After(now) {
		at = now.Add(staleAfter)
	}
	return c.event(WordDue, c.working(at.Add(time.Hour-1).Truncate(time.Hour), b))
}

// working is a time, or where nobody of the team works then and the case is not urgent, when somebody does next.
func (c *Case) working(at time.Time, b BusinessHours) time.Time {
	if b.Hours == nil || b.Base == nil || c.Priority == Urgent {
		return at
	}
	if o := b.Base.Opening(b.Hours, at); o.Known && !o.Open && !o.Next.IsZero() {
		return o.Next.UTC()
	}
	return at
}

// Untaken reports that the case is new and nobody has taken it.
func (c *Case) Untaken() bool { return c.State == New && c.Assignee == "" }

// Stale reports that the case is open and nothing has happened in it for days.
func (c *Case) Stale(now time.Time) bool { return c.State.Open() && now.Sub(c.Changed) >= staleAfter }
