package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what an event is about. Queues hold it, so that none is ever renamed.
type Kind string

// The kinds of events.
const (
	ReminderDue   Kind = "reminder"  // somebody wants to be reminded of a case: Case, Reminder
	AnswerDue     Kind = "answer"    // a contact should have been answered: Case, Contact
	TakingDue     Kind = "untaken"   // somebody should have taken a new case: Case
	WordDue       Kind = "stale"     // something should have happened in a case: Case
	DigestDue     Kind = "digest"    // a channel wants to know how things are: Channel, Every
	RetentionDue  Kind = "retention" // what is kept no longer is to be deleted: From
	ScheduleCheck Kind = "schedule"  // whatever is to come is put into the queue again
	WatchDue      Kind = "watch"     // a watched domain is to be looked at: Channel, Domain
	LiveDue       Kind = "live"      // it is to be looked how far a change has spread: Channel, Domain
	FeedDue       Kind = "feed"      // it is to be looked what an address announces: Feed
	PagesDue      Kind = "pages"     // it is to be looked whose official pages concern the workspace
)

// Kinds is every kind.
var Kinds = []Kind{ReminderDue, AnswerDue, TakingDue, WordDue, DigestDue, RetentionDue, ScheduleCheck,
	WatchDue, LiveDue, FeedDue, PagesDue}

// ofCase is the kinds that are about one case.
var ofCase = []Kind{ReminderDue, AnswerDue, TakingDue, WordDue}

// ofDomain is the kinds that are about one domain, for a channel.
var ofDomain = []Kind{WatchDue, LiveDue}

// The ways in which a digest is wanted.
const (
	Daily  = "daily"
	Weekly = "weekly"
)

// Event is a time that comes for a case, or for a whole casebook. The queue holds it until then; what it means is
// decided when it comes, by the case as it stands then.
type Event struct {
	Kind     Kind      `json:"kind"`
	Team     string    `json:"team,omitempty"` // the workspace
	Due      time.Time `json:"due"`
	Case     int64     `json:"case,omitempty"`
	Reminder string    `json:"reminder,omitempty"` // its ID
	Contact  int64     `json:"contact,omitempty"`  // its ID
	Channel  string    `json:"channel,omitempty"`
	Domain   string    `json:"domain,omitempty"`
	Feed     string    `json:"feed,omitempty"`  // the ID of what is followed
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
	case !slices.Contains(Kinds, e.Kind):
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
	case e.Kind != DigestDue && e.Every+e.Day != "", e.Kind != DigestDue && !e.OfDomain() && e.Channel != "":
		return lacks("digest")
	case e.OfDomain() && (e.Channel == "" || e.Domain == ""), !e.OfDomain() && e.Domain != "":
		return lacks("domain")
	case (e.Kind == FeedDue) != (e.Feed != ""):
		return lacks("feed")
	case e.Kind == RetentionDue && e.From < 1, e.Kind != RetentionDue && e.From != 0:
		return lacks("from")
	case max(len(e.Team), len(e.Reminder), len(e.Channel), len(e.Domain), len(e.Feed)) > maxEvent/4:
		return lacks("too long")
	}
	return nil
}

// OfDomain reports that the event is about a domain that is looked at.
func (e Event) OfDomain() bool { return slices.Contains(ofDomain, e.Kind) }

// Looks reports that the event asks somebody outside: a domain is looked at, or an address.
func (e Event) Looks() bool { return e.OfDomain() || e.Kind == FeedDue || e.Kind == PagesDue }

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

// Decode reads what Encode wrote. Fields that it does not know are those of a later version, and are left out.
func Decode(raw []byte) (e Event, err error) {
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
		return numbered(e.Case) + " remind " + e.Reminder
	case AnswerDue:
		return fmt.Sprintf("%s answer %d", numbered(e.Case), e.Contact)
	case TakingDue:
		return numbered(e.Case) + " untaken"
	case WordDue:
		return fmt.Sprintf("%s stale %d", numbered(e.Case), e.Due.Unix())
	case DigestDue:
		return "digest " + e.Channel + " " + e.Every + " " + e.Day
	case RetentionDue:
		return fmt.Sprintf("sweep %s %d", day, e.From)
	case ScheduleCheck:
		return "arm " + day
	case WatchDue, LiveDue:
		return fmt.Sprintf("%s %s %s %d", e.Kind, e.Channel, e.Domain, e.Due.Unix())
	case FeedDue, PagesDue:
		return strings.TrimSpace(fmt.Sprintf("%s %s %d", e.Kind, e.Feed, e.Due.Unix()))
	}
	return ""
}

// casePrefix is what the name of a case begins with.
const casePrefix = "MAIL-"

func numbered(number int64) string { return casePrefix + strconv.FormatInt(number, 10) }

// In reads an event in the form that queues held before there were events: a line such as "due MAIL-4 remind r1"
// or "digest daily 2026-11-23", asked in a channel, due at a time. It goes once no queue can hold such a line any
// more: a reminder may be a year away.
func In(team, channel, line string, due time.Time) (e Event, ok bool) {
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
		e.Case = number(strings.TrimPrefix(word(0), casePrefix))
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
