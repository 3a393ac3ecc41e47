package watch

import (
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"signpost/diag"
	"signpost/diag/gate"
)

// Every is how often a domain is looked at.
type Every string

// The intervals that can be chosen.
const (
	Hourly Every = "hourly"
	Daily  Every = "daily"
	Weekly Every = "weekly"
)

// Intervals is all of them, the shortest first.
var Intervals = []Every{Hourly, Daily, Weekly}

// Most is how many watches a workspace may have.
const Most = 500

const (
	maxFaults  = 100 // of one watch
	maxHistory = 12  // changes that are remembered for those who ask why
	maxExpects = 10
	// Again is how soon a difference is looked at a second time.
	Again = 10 * time.Minute
)

// ErrExpects says that so many changes are announced that no further one is taken.
var ErrExpects = errors.New("watch: too many announced changes")

// Span is the time between two looks.
func (e Every) Span() time.Duration {
	switch e {
	case Hourly:
		return time.Hour
	case Weekly:
		return 7 * 24 * time.Hour
	}
	return 24 * time.Hour
}

// Next is the first regular look after a time. The looks of a workspace at its domains are spread evenly over the
// interval, and every process that asks is told the same.
func Next(team, domain string, e Every, after time.Time) time.Time {
	return Spread(team+"\x00"+domain, e.Span(), after)
}

// Spread is the first time after one at which what has this name is done, once in a span: each name has its own place
// in it.
func Spread(name string, span time.Duration, after time.Time) time.Time {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	seconds := int64(span / time.Second)
	// The high bits of this hash hardly depend on the last letters: those of a product with a large odd number do.
	own := int64(h.Sum64()*0x9e3779b97f4a7c15>>33) % seconds
	at := after.Unix()/seconds*seconds + own
	for at <= after.Unix() {
		at += seconds
	}
	return time.Unix(at, 0).UTC()
}

// Watch is one domain that is watched for a channel, with what is known of it.
type Watch struct {
	Domain  string    `json:"domain"` // A-labels
	Channel string    `json:"channel"`
	By      string    `json:"by,omitempty"`   // who asked for it
	Lang    string    `json:"lang,omitempty"` // in which language, where the channel has chosen none
	Every   Every     `json:"every"`
	Since   time.Time `json:"since"`
	Rev     int64     `json:"rev"` // counts the times that it was kept

	Next    time.Time    `json:"next"`            // the look that is due
	Done    time.Time    `json:"done,omitzero"`   // the look that was made last, by the time when it was due
	Looked  time.Time    `json:"looked,omitzero"` // when a look last showed anything
	Blind   int          `json:"blind,omitempty"` // looks since then, which showed nothing
	Verdict diag.Verdict `json:"verdict,omitempty"`
	Unknown []string     `json:"unknown,omitempty"` // checks that could not be made at the last look
	Made    []string     `json:"made,omitempty"`    // checks that could be made at one look at least
	// Seen with the last report, for whoever puts findings into words.
	Providers []diag.ProviderSeen `json:"providers,omitempty"`
	Operator  diag.OperatorSeen   `json:"operator,omitzero"`

	Trail Trail `json:"trail,omitzero"` // how it stood on the last days

	Faults []Fault `json:"faults,omitempty"`
	Flaps  []Flap  `json:"flaps,omitempty"`
	Ends   []End   `json:"ends,omitempty"`

	Pinned time.Time  `json:"pinned,omitzero"` // when the records were pinned
	Pins   []gate.Set `json:"pins,omitempty"`
	Drifts []Drift    `json:"drifts,omitempty"`

	Muted   time.Time `json:"muted,omitzero"` // until then nothing is told
	Expects []Expect  `json:"expects,omitempty"`

	Told    []Change  `json:"told,omitempty"`    // what the last look told, so that a repetition of it tells the same
	History []Change  `json:"history,omitempty"` // what was told last, the latest first
	Wake    time.Time `json:"wake,omitzero"`     // when what waits for working hours is told
}

// Fault is a finding that is known, or was just seen.
type Fault struct {
	Finding   diag.Finding `json:"finding"`
	Mark      string       `json:"mark"`
	First     time.Time    `json:"first"`
	Seen      int          `json:"seen"`
	Missed    int          `json:"missed,omitempty"`
	Told      time.Time    `json:"told,omitzero"`       // zero: not told yet
	Known     bool         `json:"known,omitempty"`     // it was there when the watch began
	Accepted  bool         `json:"accepted,omitempty"`  // somebody said that it is expected
	Announced bool         `json:"announced,omitempty"` // it came while a change was announced
}

// Flap is a fault that came and went.
type Flap struct {
	Mark  string    `json:"mark"`
	Times int       `json:"times"`
	Last  time.Time `json:"last"`
}

// Expect is a change that was announced: until then what concerns its checks is not told.
type Expect struct {
	Checks []string  `json:"checks,omitempty"` // none: all
	Until  time.Time `json:"until"`
	By     string    `json:"by,omitempty"`
	Note   string    `json:"note,omitempty"`
}

// Kind is what sort of change is told. Kept records name it, so that none is ever renamed.
type Kind string

// The kinds of changes.
const (
	Appeared Kind = "fault"    // a fault is there: Finding
	Gone     Kind = "gone"     // it is there no longer: Finding
	Ending   Kind = "ending"   // something ends soon: End
	Renewed  Kind = "renewed"  // it was renewed in time: End
	Drifted  Kind = "drifted"  // records differ from those that were pinned: Was, Now, Back
	Returned Kind = "returned" // they are as pinned again: Was
	Followed Kind = "followed" // they differ as was announced, and what is pinned follows: Was, Now
)

// Change is one difference that is told.
type Change struct {
	Kind      Kind           `json:"kind"`
	At        time.Time      `json:"at"`
	First     time.Time      `json:"first,omitzero"` // when it was seen first
	Finding   *diag.Finding  `json:"finding,omitempty"`
	End       *End           `json:"end,omitempty"`
	Was       *gate.Set      `json:"was,omitempty"`
	Now       *gate.Set      `json:"now,omitempty"`
	Back      *gate.Restored `json:"back,omitempty"`
	Announced bool           `json:"announced,omitempty"`
	Alike     *Group         `json:"alike,omitempty"` // other domains that show the fault: one post tells of all
}

// Drift is records that differ from those that were pinned.
type Drift struct {
	Now       gate.Set  `json:"now"`
	First     time.Time `json:"first"`
	Seen      int       `json:"seen"`
	Missed    int       `json:"missed,omitempty"`
	Told      time.Time `json:"told,omitzero"`
	Announced bool      `json:"announced,omitempty"`
}

// New is a watch that begins now: what its first look finds is what is known.
func New(domain, channel, by string, e Every, now time.Time) *Watch {
	return &Watch{Domain: domain, Channel: channel, By: by, Every: e, Since: now.UTC(), Next: now.UTC()}
}

// Quiet reports that nothing is told now because somebody wanted it so.
func (w *Watch) Quiet(now time.Time) bool { return w.Muted.After(now) }

// Open is the faults that are there as far as is known and were told or known from the beginning.
func (w *Watch) Open() (out []Fault) {
	for _, f := range w.Faults {
		if !f.Told.IsZero() {
			out = append(out, f)
		}
	}
	return out
}

// Expected announces a change.
func (w *Watch) Expected(e Expect, now time.Time) error {
	w.Expects = slices.DeleteFunc(w.Expects, func(x Expect) bool { return !x.Until.After(now.Add(-w.Every.Span())) })
	if len(w.Expects) >= maxExpects {
		return ErrExpects
	}
	w.Expects = append(w.Expects, e)
	return nil
}

// Accept takes all that was told as it is: what was found is no fault that anybody wants to hear of again, and what is
// pinned becomes what stands there.
func (w *Watch) Accept(now time.Time) (faults, records int) {
	for i := range w.Faults {
		if f := &w.Faults[i]; !f.Told.IsZero() && !f.Known && !f.Accepted {
			f.Accepted = true
			faults++
		}
	}
	for _, d := range w.Drifts {
		w.pin(d.Now)
		records++
	}
	w.Drifts = nil
	if records > 0 {
		w.Pinned = now.UTC()
	}
	return faults, records
}

// Pin makes records those that are held to. What could not be read stays as it was pinned before.
func (w *Watch) Pin(sets []gate.Set, now time.Time) {
	for _, s := range sets {
		w.pin(s)
	}
	w.Pinned, w.Drifts = now.UTC(), nil
}

func (w *Watch) pin(s gate.Set) {
	if i := slices.IndexFunc(w.Pins, s.Same); i >= 0 {
		w.Pins[i] = s
		return
	}
	w.Pins = append(w.Pins, s)
}

// Unpin lets all pinned records go.
func (w *Watch) Unpin() { w.Pins, w.Drifts, w.Pinned = nil, nil, time.Time{} }

// covered reports whether a change to what a check reads was announced for a time.
func (w *Watch) covered(check string, at time.Time) bool {
	return slices.ContainsFunc(w.Expects, func(e Expect) bool {
		return e.Until.After(at) && (len(e.Checks) == 0 || slices.Contains(e.Checks, check))
	})
}

// Group is watched domains of one provider that show the same fault in the same span, or show it no longer: they fail
// for what they share.
type Group struct {
	Provider  string    `json:"provider"`
	Domains   []string  `json:"domains"`             // which show it, or of which it is told that they do so no longer
	Still     []string  `json:"still,omitempty"`     // where it is told that it ended: those that show it still
	Sound     []string  `json:"sound,omitempty"`     // of the same provider, which do not
	Elsewhere []string  `json:"elsewhere,omitempty"` // of other providers, which show it too
	First     time.Time `json:"first"`               // when the first of them showed it
}

// End is something that ends unless it is renewed: a certificate, a signature, the registration.
type End struct {
	Check string        `json:"check"`
	Name  string        `json:"name"` // host or domain
	At    time.Time     `json:"at"`
	Life  time.Duration `json:"life,omitempty"` // from its beginning to its end; 0: not told
	// Signed anew in short intervals: its life is the longest that it was ever seen to have left.
	Rolls bool      `json:"rolls,omitempty"`
	Stage int       `json:"stage,omitempty"` // the days ahead at which it was told last
	Seen  time.Time `json:"seen,omitzero"`
}

// Trail is how a domain stood on its last days.
type Trail struct {
	Last   string `json:"last"`   // the last day, by UTC: 2026-11-27
	States string `json:"states"` // a Standing a day, the last at the end
}
