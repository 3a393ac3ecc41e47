package cases

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"signpost/diag/pattern"
	"signpost/kb"
)

// State is who has to act next.
type State string

// The states of a case.
const (
	New             State = "new"
	WaitingUs       State = "waiting-us"
	WaitingProvider State = "waiting-provider"
	WaitingDNS      State = "waiting-dns"
	Solved          State = "solved"
	Closed          State = "closed"
)

// States is every state, in the order of a case's life.
var States = []State{New, WaitingUs, WaitingProvider, WaitingDNS, Solved, Closed}

// Open reports whether somebody still has to act.
func (s State) Open() bool { return s != Solved && s != Closed }

// Priority is how much it hurts.
type Priority string

// The priorities.
const (
	Urgent Priority = "urgent"
	Normal Priority = "normal"
	Low    Priority = "low"
)

// Priorities is every priority, the worst first.
var Priorities = []Priority{Urgent, Normal, Low}

// shape is the version of a record's form. Readers bring older ones up to it: see upgrade.
const shape = 1

// Limits of what a case holds. Longer texts are cut by whoever calls, with a word about it; more contacts are refused
// with ErrFull.
const (
	MaxText     = 3000 // characters of a note or gist
	MaxTitle    = 200
	MaxTags     = 20
	MaxContacts = 2000
	// MaxReminders is how many reminders a case holds at a time.
	MaxReminders = 50
	// MaxResolution is how many characters of a resolution or lesson stand in the record; the whole of it stands in
	// the timeline.
	MaxResolution = 1000
	MaxFollowers  = 100
	MaxBegan      = 61  // characters of since when there is the trouble
	MaxTag        = 41  // characters of a tag
	MaxWho        = 101 // characters of the name of who must cooperate
	MaxWhat       = 301 // characters of what a reminder says
)

// Case is one mail problem and how it stands now; what happened to it before is its timeline.
type Case struct {
	Shape    int    `json:"v"`
	Team     string `json:"-"`
	Number   int64  `json:"-"`
	Rev      int64  `json:"-"` // grows with every change
	Domain   string `json:"d,omitempty"`
	Provider string `json:"p,omitempty"`
	// Domains are further domains, which came with cases that were merged into this one.
	Domains []string `json:"ds,omitempty"`
	Title   string   `json:"t"`
	// Began is since when the problem exists, if the opener said so: a time in RFC 3339, or words.
	Began string `json:"bg,omitempty"`
	// TitleOf, if set, is the finding of the First diagnosis from which the title was made, so that each reader gets
	// the title in their own language.
	TitleOf    string                  `json:"to,omitempty"`
	State      State                   `json:"s"`
	Resolution string                  `json:"res,omitempty"`
	Lesson     string                  `json:"les,omitempty"`
	Priority   Priority                `json:"pr,omitempty"`
	Assignee   string                  `json:"a,omitempty"`
	Followers  []string                `json:"f,omitempty"`
	Tags       []string                `json:"tg,omitempty"`
	Lang       string                  `json:"l,omitempty"`
	Channel    string                  `json:"ch,omitempty"`
	Thread     string                  `json:"th,omitempty"`
	Restricted bool                    `json:"only,omitempty"` // visible in its channel only
	By         string                  `json:"by,omitempty"`
	Opened     time.Time               `json:"o"`
	Changed    time.Time               `json:"c"`
	Since      time.Time               `json:"st"` // since when in this state
	SolvedAt   time.Time               `json:"so,omitzero"`
	Spent      map[State]time.Duration `json:"sp,omitempty"` // time in each state that is over, business hours only
	First      *Snapshot               `json:"dx,omitempty"` // the diagnosis at opening
	Latest     *Snapshot               `json:"dy,omitempty"`
	Contacts   int                     `json:"n,omitempty"`
	Tickets    []string                `json:"tk,omitempty"`
	Merged     int64                   `json:"m,omitempty"`  // into which case
	From       []int64                 `json:"mf,omitempty"` // cases that were merged into this one
	// MergedFrom is what each case in From brought along; it is taken off again if that case is reopened.
	MergedFrom map[int64]Inherited `json:"mt,omitempty"`
	// Moved is the last timeline entry that was copied into another case, by that case's number.
	Moved     map[int64]string `json:"mv,omitempty"`
	Reminders []Reminder       `json:"rm,omitempty"`
	// Measured says that the time to solve it has been counted in the statistics.
	Measured bool `json:"ms,omitempty"`
	// StateRev, TakenRev and LessonRev are the revisions in which state, assignee and lesson were last set. Somebody
	// who acts on an older revision is told that the case has changed.
	StateRev  int64 `json:"sr,omitempty"`
	TakenRev  int64 `json:"ar,omitempty"`
	LessonRev int64 `json:"lr,omitempty"`
}

// Name is the case's name in chat.
func (c *Case) Name() string { return Name(c.Number) }

// Name is how a case is called: MAIL-42.
func Name(number int64) string { return "MAIL-" + strconv.FormatInt(number, 10) }

var caseName = pattern.New(`(?i)^(?:mail-|#)?([0-9]{1,15})$`)

// ParseName reads "MAIL-42", "#42" or "42".
func ParseName(s string) (int64, bool) {
	m := caseName.FindStringSubmatch(strings.TrimSpace(s))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n, err == nil && n > 0
}

// Inherited is what a case took over from one that was put into it, and had not itself.
type Inherited struct {
	Tickets   []string `json:"tk,omitempty"`
	Tags      []string `json:"tg,omitempty"`
	Followers []string `json:"f,omitempty"`
	Domains   []string `json:"ds,omitempty"`
}

// Contact is one contact with somebody's support: the record of requirement S54, the same in every language.
type Contact struct {
	ID       int64     `json:"id"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Channel  string    `json:"ch"`            // kb.Phone, kb.Ticket ...
	Ticket   string    `json:"tk,omitempty"`  // its number
	Gist     string    `json:"g,omitempty"`   // key points of the description
	Answered time.Time `json:"an,omitzero"`   // the first response
	Next     string    `json:"nx,omitempty"`  // follow-up steps
	Partner  string    `json:"pt,omitempty"`  // who must cooperate: registrar, dns or empty
	Who      string    `json:"who,omitempty"` // that one's name
	Provider string    `json:"p,omitempty"`
	// Origin is the case and id that the contact had before its case was put into another: "MAIL-7 2".
	Origin string `json:"of,omitempty"`
	// Away says that its case was opened again and has it: it is no contact of this one.
	Away bool `json:"aw,omitempty"`
	// Counted says that its first response is part of the statistics; that of a copy made by a merger is counted
	// where it comes from, unless it came after the merger.
	Counted bool `json:"ct,omitempty"`
}

// Wait is how long the first response took; not known before it came.
func (c *Contact) Wait() (time.Duration, bool) {
	if c.Answered.IsZero() || c.Answered.Before(c.At) {
		return 0, false
	}
	return c.Answered.Sub(c.At), true
}

// Entry is one line of a case's timeline, which only grows.
type Entry struct {
	ID string    `json:"id,omitempty"` // of the stream
	At time.Time `json:"at"`
	By string    `json:"by,omitempty"`
	// Kind is opened, note, state, taken, contact, answered, ticket, recheck, merged, solved, closed, reopened,
	// lesson, reminder and so on.
	Kind string `json:"k"`
	Text string `json:"x,omitempty"`
	// With is what a kind of entry has beside its text, in the words of records, so that everybody reads it in their
	// own language: channel, ticket, partner, who, verdict, codes.
	With map[string]string `json:"w,omitempty"`
	// Public says that it was said to the provider or the customer; otherwise it is internal.
	Public bool `json:"pub,omitempty"`
}

// Errors of the casebook. Each is for the person who asked.
var (
	ErrNone     = errors.New("cases: no such case")
	ErrConflict = errors.New("cases: somebody else has changed it")
	ErrFull     = errors.New("cases: the case is full")
	ErrState    = errors.New("cases: not in this state")
)

// BusinessHours is when a team works: only that time counts.
type BusinessHours struct {
	Base  *kb.Base
	Hours *kb.Hours // nil: always
}

// Between is how much business time lies between two times.
func (b BusinessHours) Between(from, till time.Time) time.Duration {
	if b.Hours == nil || b.Base == nil || !till.After(from) {
		return max(till.Sub(from), 0)
	}
	return b.Base.Worked(b.Hours, from, till)
}

// SetState changes the state, and counts the time in the one before.
func (c *Case) SetState(s State, now time.Time, b BusinessHours) {
	if s == c.State {
		return
	}
	if c.Spent == nil {
		c.Spent = map[State]time.Duration{}
	}
	c.Spent[c.State] += b.Between(c.Since, now).Round(time.Second)
	if s == Solved || s == Closed && c.SolvedAt.IsZero() {
		c.SolvedAt = now
	}
	if s.Open() {
		c.SolvedAt = time.Time{}
	}
	c.State, c.Since = s, now
}

// Ours is the time that the case waited for us: the clocks of provider and DNS are not ours.
func (c *Case) Ours(now time.Time, b BusinessHours) time.Duration {
	total := c.Spent[New] + c.Spent[WaitingUs]
	if c.State == New || c.State == WaitingUs {
		total += b.Between(c.Since, now)
	}
	return total
}

// upgrade brings a record of an older shape up to date.
func (c *Case) upgrade() error {
	if c.Shape > shape {
		return fmt.Errorf("%w: %s has shape %d, this program knows %d: update it", ErrBook, c.Name(), c.Shape, shape)
	}
	if c.Shape == 0 { // before shapes were written down a case had no priority
		if c.Priority == "" {
			c.Priority = Normal
		}
		if c.Since.IsZero() {
			c.Since = c.Opened
		}
	}
	c.Shape = shape
	return nil
}

// AllDomains is the domains that the case is about.
func (c *Case) AllDomains() []string {
	if c.Domain == "" {
		return c.Domains
	}
	return append([]string{c.Domain}, c.Domains...)
}

// Reminder is what somebody wants to be reminded of.
type Reminder struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What string    `json:"what,omitempty"`
}
