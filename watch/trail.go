package watch

import (
	"strings"
	"time"

	"signpost/diag"
)

// TrailDays is of how many days it is kept how a watched domain stood.
const TrailDays = 35

// Standing is how a domain stood on a day, by what was known of it. Kept records hold it, so that none is ever renamed.
type Standing byte

// The standings of a day, the worst first.
const (
	Broken   Standing = 'b' // an error is known
	Troubled Standing = 'p' // other problems are known, or records that differ from those pinned
	Sound    Standing = 's'
	Untold   Standing = '?' // nothing could be told
)

// standings is all of them, the worst first: of a day the worst counts.
const standings = "bps?"

// standing is how the domain stands by what is known of it.
func (w *Watch) standing() Standing {
	if w.Blind > 0 {
		return Untold
	}
	out := Sound
	for _, f := range w.Open() {
		if f.Finding.Severity >= diag.Error {
			return Broken
		}
		out = Troubled
	}
	for _, d := range w.Drifts {
		if !d.Told.IsZero() {
			out = Troubled
		}
	}
	return out
}

// note keeps how the domain stood on a day. Days between two looks are as the look before left them.
func (t *Trail) note(at time.Time, now Standing, span time.Duration) {
	was, today := *t, dayOf(at)
	last, err := time.Parse(time.DateOnly, was.Last)
	switch i := len(was.States) - 1 - int(last.Sub(today)/day); {
	case err != nil || today.Sub(last) >= TrailDays*day:
		t.Last, t.States = today.Format(time.DateOnly), string(now)
	case today.After(last):
		for d := last.Add(day); d.Before(today); d = d.Add(day) {
			t.States += string(was.On(d, span))
		}
		t.States += string(now)
		t.States, t.Last = t.States[max(0, len(t.States)-TrailDays):], today.Format(time.DateOnly)
	case i >= 0 && worse(now, Standing(was.States[i])): // the clock may have been put back
		t.States = was.States[:i] + string(now) + was.States[i+1:]
	}
}

// On is how the domain stood on a day: after its last look as that left it, for as long as no other was due. Zero: it
// was not watched then.
func (t Trail) On(at time.Time, span time.Duration) Standing {
	last, err := time.Parse(time.DateOnly, t.Last)
	if err != nil || t.States == "" {
		return 0
	}
	since := dayOf(at).Sub(last)
	i := len(t.States) - 1 + int(since/day)
	switch {
	case i < 0:
		return 0
	case i < len(t.States):
		return Standing(t.States[i])
	case since > max(span, day): // a look is missing
		return Untold
	}
	return Standing(t.States[len(t.States)-1])
}

func dayOf(at time.Time) time.Time { return at.UTC().Truncate(day) }

func worse(a, b Standing) bool {
	return strings.IndexByte(standings, byte(a)) < strings.IndexByte(standings, byte(b))
}

// DayCount is how many watched domains stood how on a day.
type DayCount struct {
	Day                             string
	Sound, Troubled, Broken, Untold int
}

// Total is how many domains were watched on the day.
func (c DayCount) Total() int { return c.Sound + c.Troubled + c.Broken + c.Untold }

// Trend is how watched domains stood on each of so many days up to a time, from the first on which one was watched.
func Trend(all []*Watch, days int, now time.Time) (out []DayCount) {
	for ago := days - 1; ago >= 0; ago-- {
		at := now.AddDate(0, 0, -ago)
		c := DayCount{Day: dayOf(at).Format(time.DateOnly)}
		for _, w := range all {
			switch w.Trail.On(at, w.Every.Span()) {
			case Sound:
				c.Sound++
			case Troubled:
				c.Troubled++
			case Broken:
				c.Broken++
			case Untold:
				c.Untold++
			}
		}
		if c.Total() > 0 || len(out) > 0 {
			out = append(out, c)
		}
	}
	return out
}
