package feeds

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"signpost/diag/visible"
)

// Bounds of what is followed.
const (
	MostSources = 40  // addresses of a workspace: its own, and the pages of its providers
	MostFollow  = 20  // of them those that people asked for
	maxSubs     = 30  // channels of an address
	maxHeld     = 30  // announcements that wait for working hours
	maxRecent   = 20  // announcements that digests look back at
	maxCases    = 50  // cases that one incident is told to
	briefText   = 300 // characters of what goes on, where it is read with every diagnosis
)

// Intervals between two looks.
const (
	whileOngoing = 10 * time.Minute // something goes on
	ofStatus     = 15 * time.Minute // a status page
	ofNews       = time.Hour
)

// Source is an address that a workspace follows, with what is known of it.
type Source struct {
	ID        string       `json:"id"` // SourceID of the address
	Address   string       `json:"address"`
	Providers []string     `json:"providers,omitempty"` // whose page it is, as far as is known
	Official  bool         `json:"official,omitempty"`  // followed because domains of the workspace use the provider
	Subs      []Subscriber `json:"subs,omitempty"`      // who asked for it
	Off       []string     `json:"off,omitempty"`       // channels that do not want to hear of it
	Since     time.Time    `json:"since"`
	Rev       int64        `json:"rev"` // counts the times that it was kept

	Next    time.Time `json:"next"`          // the look that is due
	Done    time.Time `json:"done,omitzero"` // the look that was made last, by the time when it was due
	Title   string    `json:"title,omitempty"`
	Link    string    `json:"link,omitempty"`
	Format  Format    `json:"format,omitempty"`
	Trouble string    `json:"trouble,omitempty"` // why the last look got no answer: a code; empty where it got one
	Memory  Memory    `json:"memory"`

	Told   []Told     `json:"told,omitempty"`   // what the last look told, so that a repetition of it tells the same
	Cases  []CaseTold `json:"cases,omitempty"`  // which cases were told of what goes on
	Held   []Told     `json:"held,omitempty"`   // what waits for working hours
	Wake   time.Time  `json:"wake,omitzero"`    // when it is told
	Recent []Recent   `json:"recent,omitempty"` // what was announced last, the latest first
}

// Subscriber is a channel that is told of everything new.
type Subscriber struct {
	Channel string    `json:"channel"`
	By      string    `json:"by,omitempty"`
	Lang    string    `json:"lang,omitempty"` // where the channel has chosen none
	Since   time.Time `json:"since"`
}

// Recent is an announcement and when it was seen.
type Recent struct {
	Told Told      `json:"told"`
	At   time.Time `json:"at"`
}

// CaseTold says that a case was told of an incident, at the look that was due then.
type CaseTold struct {
	Item  string    `json:"item"`
	Case  int64     `json:"case"`
	Look  time.Time `json:"look"`
	Ended time.Time `json:"ended,omitzero"` // the look that told the case of its end
}

// SourceID names an address in keys.
func SourceID(address string) string {
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:8])
}

// NewSource is an address that is followed from now on.
func NewSource(address string, now time.Time) *Source {
	now = now.UTC().Truncate(time.Second)
	return &Source{ID: SourceID(address), Address: address, Since: now, Next: now}
}

// Subscribe has a channel told; full where so many are already. It changes nothing where the channel is told.
func (s *Source) Subscribe(x Subscriber) (added, full bool) {
	switch {
	case s.Subscribed(x.Channel):
		return false, false
	case len(s.Subs) >= maxSubs:
		return false, true
	}
	s.Subs = append(s.Subs, x)
	s.Off = slices.DeleteFunc(s.Off, func(c string) bool { return c == x.Channel })
	return true, false
}

// Unsubscribe has a channel told no longer; of an official page not even what goes on there.
func (s *Source) Unsubscribe(channel string) (removed bool) {
	n := len(s.Subs)
	s.Subs = slices.DeleteFunc(s.Subs, func(x Subscriber) bool { return x.Channel == channel })
	if s.Official && !slices.Contains(s.Off, channel) && len(s.Off) < maxSubs {
		s.Off = append(s.Off, channel)
		return true
	}
	return len(s.Subs) < n
}

// Subscribed reports that a channel asked for it.
func (s *Source) Subscribed(channel string) bool {
	return slices.ContainsFunc(s.Subs, func(x Subscriber) bool { return x.Channel == channel })
}

// Heard reports that a channel is told of it, unless it watches no domain of the provider.
func (s *Source) Heard(channel string) bool {
	return s.Subscribed(channel) || s.Official && !slices.Contains(s.Off, channel)
}

// AskedBy reports that a person asked for it.
func (s *Source) AskedBy(user string) bool {
	return slices.ContainsFunc(s.Subs, func(x Subscriber) bool { return x.By == user })
}

// Needless reports that nobody wants it any more.
func (s *Source) Needless() bool { return !s.Official && len(s.Subs) == 0 }

// Seen is what one look at a source showed.
type Seen struct {
	Due, At time.Time
	Told    []Told
	Feed    Feed // its zero value: nothing changed, or there was no answer
	After   Memory
	Trouble string // why there was no answer: a code
}

// Rules is what a look is judged by, beside the source itself.
type Rules struct {
	// Opens, if set, is when somebody of the workspace is at work next, which may be now.
	Opens func(time.Time) time.Time
	// Spread is the next time after one at which something with this name is done, once in a span.
	Spread func(name string, span time.Duration, after time.Time) time.Time
}

// See takes in what a look showed: what is told now is in s.Told, and when the next is due in s.Next. Incidents that
// begin are told at once, all else when somebody is at work; a look without an answer tells nothing.
func (s *Source) See(l Seen, r Rules) {
	s.Done, s.Told, s.Memory, s.Trouble, s.Wake = l.Due.UTC(), nil, l.After, l.Trouble, time.Time{}
	if l.Feed.Format != "" {
		s.Title, s.Link, s.Format = l.Feed.Title, l.Feed.Link, l.Feed.Format
	}
	s.Cases = slices.DeleteFunc(s.Cases, func(c CaseTold) bool { return !c.Ended.IsZero() })
	for _, t := range l.Told {
		s.Recent = append([]Recent{{t, l.At.UTC()}}, s.Recent...)
		if t.Change == Ended {
			s.endCases(t.Item.ID)
		}
	}
	s.Recent = s.Recent[:min(len(s.Recent), maxRecent)]
	opens := l.At
	if r.Opens != nil {
		opens = r.Opens(l.At)
	}
	waiting := s.Held
	s.Held = nil
	for _, t := range append(waiting, l.Told...) {
		if urgent := t.Item.Kind == Incident && t.Change == New; urgent || !opens.After(l.At) {
			s.Told = append(s.Told, t)
		} else {
			s.hold(t)
		}
	}
	if len(s.Held) > 0 {
		s.Wake = opens.UTC()
	}
	s.Next = s.next(l.At, r)
}

// hold keeps an announcement until somebody is at work; of one thing the latest.
func (s *Source) hold(t Told) {
	if i := slices.IndexFunc(s.Held, func(x Told) bool { return x.Item.ID == t.Item.ID }); i >= 0 {
		if s.Held[i].Change == New && t.Change == Changed {
			t.Change = New
		}
		s.Held[i] = t
		return
	}
	s.Held = append(s.Held, t)
	s.Held = s.Held[max(0, len(s.Held)-maxHeld):]
}

// Every is how long after a look the next is made.
func (s *Source) Every() time.Duration {
	switch {
	case len(s.Memory.Ongoing) > 0:
		return whileOngoing
	case s.Format == StatusPage || s.Format == Dashboard:
		return ofStatus
	}
	return ofNews
}

// next is when the source is looked at again: not before its server may be asked.
func (s *Source) next(at time.Time, r Rules) time.Time {
	if s.Done.After(at) { // looked at before its time: that look is over
		at = s.Done
	}
	next := r.Spread(s.ID, s.Every(), at)
	if s.Memory.NotUntil.After(next) {
		next = s.Memory.NotUntil
	}
	if wake := s.Wake.Add(time.Second); s.Wake.After(at) && wake.Before(next) && !s.Memory.NotUntil.After(wake) {
		next = wake
	}
	return next.UTC().Truncate(time.Second)
}

// fresh is for how long after a look it is said that something goes on. It is longer than a source is left alone for a
// failure or two.
const fresh = 2 * time.Hour

// Ongoing is what goes on at a provider, as its own page says.
type Ongoing struct {
	Source    string    `json:"source"` // SourceID
	Address   string    `json:"address"`
	Providers []string  `json:"providers,omitempty"`
	Title     string    `json:"title,omitempty"` // of the page
	Link      string    `json:"link,omitempty"`
	Looked    time.Time `json:"looked"` // when the page said so last
	Items     []Item    `json:"items"`
}

// Ongoing is what goes on there by the last look: incidents, and maintenances that have begun.
func (s *Source) Ongoing() Ongoing {
	out := Ongoing{Source: s.ID, Address: s.Address, Providers: s.Providers, Title: s.Title,
		Link: cmp.Or(s.Link, s.Address), Looked: s.Memory.Looked}
	for _, x := range s.Memory.Ongoing {
		if x.Kind == Incident || x.Kind == Maintenance && !x.At.IsZero() && !x.At.After(s.Memory.Looked) {
			x.Text = visible.Clip(x.Text, briefText)
			out.Items = append(out.Items, x)
		}
	}
	return out
}

// Item is an announcement by its ID, of those that go on and those that were seen last.
func (s *Source) Item(id string) (Item, bool) {
	for _, r := range s.Recent {
		if r.Told.Item.ID == id {
			return r.Told.Item, true
		}
	}
	if i := slices.IndexFunc(s.Memory.Ongoing, func(x Item) bool { return x.ID == id }); i >= 0 {
		return s.Memory.Ongoing[i], true
	}
	return Item{}, false
}

// Stale reports that the last look is too old for it to be said that something still goes on.
func (o Ongoing) Stale(now time.Time) bool { return now.Sub(o.Looked) > fresh }

// ToldCase reports whether a case was told that an item goes on; at a look that is repeated it is not yet.
func (s *Source) ToldCase(item string, number int64) bool {
	return slices.ContainsFunc(s.Cases, func(c CaseTold) bool { return c.Item == item && c.Case == number })
}

// TellCase notes that the look which was made last tells a case that an item goes on; false where it was told before,
// or too many were.
func (s *Source) TellCase(item string, number int64) bool {
	count := 0
	for _, c := range s.Cases {
		if c.Item == item {
			count++
		}
	}
	if s.ToldCase(item, number) || count >= maxCases || len(s.Cases) >= maxCases*maxOngoing/10 {
		return false
	}
	s.Cases = append(s.Cases, CaseTold{Item: item, Case: number, Look: s.Done})
	return true
}

// endCases notes that the look which was made last tells the cases which heard of an item that it has ended.
func (s *Source) endCases(item string) {
	for i := range s.Cases {
		if s.Cases[i].Item == item && s.Cases[i].Ended.IsZero() {
			s.Cases[i].Ended = s.Done
		}
	}
}
