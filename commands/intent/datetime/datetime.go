package datetime

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// Farthest is how far away a time to come may be.
const Farthest = 366 * 24 * time.Hour

// Next takes a time to come off the beginning of a text: "2h", "in 1.5 hours", "tomorrow 9:00", "9am on monday",
// "2026-11-24T09:00", by the clock of a zone, unless it names another: "9:00 UTC+8". A day alone is nine o'clock. The
// rest is what follows. The error is ErrNone where the text begins with none, ErrUnclear where it may mean several,
// ErrPast, ErrImpossible or ErrFar.
func Next(text string, now time.Time, zone string) (at time.Time, rest string, err error) {
	m, rest, err := readMoment(text, now, zone)
	if err != nil {
		return at, text, err
	}
	if at, err = m.toCome(now); err != nil {
		return at, text, err
	}
	if !at.After(now) {
		return at, text, ErrPast
	}
	if at.Sub(now) > Farthest {
		return at, text, ErrFar
	}
	return at.UTC(), rest, nil
}

// Past takes a time that is over off the beginning of a text: "at 10:00", "yesterday 17:30", "20 min ago". The error is
// ErrNone where the text begins with none, ErrUnclear where it names a day that is over and no hour, ErrFuture or
// ErrImpossible.
func Past(text string, now time.Time, zone string) (at time.Time, rest string, err error) {
	m, rest, err := readMoment(text, now, zone)
	if err != nil {
		return at, text, err
	}
	if m.dated && (!m.clocked || m.rough) { // "yesterday they said": it counts at what time
		day := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, m.zone)
		if today := now.In(m.zone).Format(time.DateOnly) == day.Format(time.DateOnly); !day.After(now) &&
			(!today || m.rough) {
			return at, text, ErrUnclear
		}
	}
	switch {
	case m.span > 0 && !m.ago || (!m.clocked || m.rough) && m.span == 0:
		return at, text, ErrNone // "2 h" and "tomorrow" say nothing of what is over
	case m.ago:
		at = now.Add(-m.span)
	default:
		if at, err = m.on(m.today(now)); err != nil {
			return at, text, err
		}
		if at.After(now) && !m.dated {
			at = at.AddDate(0, 0, -1)
			// Nobody says at five in the morning what happened at six in the evening without the day.
			if now.Sub(at) > 12*time.Hour {
				return at, text, ErrFuture
			}
		}
	}
	if at.After(now) {
		return at, text, ErrFuture
	}
	return at.UTC(), rest, nil
}

// PastIn is Past for a text that may also end with how long ago it was: "they reset it 5 min ago".
func PastIn(text string, now time.Time, zone string) (at time.Time, rest string, err error) {
	at, rest, err = Past(text, now, zone)
	if m := known().agoBehind.FindStringSubmatchIndex(text); m != nil && errors.Is(err, ErrNone) {
		if at, _, err = Past(text[m[2]:m[3]], now, zone); err == nil {
			rest = text[:m[0]]
		}
	}
	return at, rest, err
}

// Begins reports whether a text begins with a time, be it over or to come; whole says that nothing follows.
func Begins(text string, now time.Time, zone string) (begins, whole bool) {
	_, rest, err := readMoment(text, now, zone)
	return err == nil, err == nil && rest == ""
}

// Length reads how long something lasts, in days: "365d", "12 months". A number alone is days.
func Length(text string) (days int, ok bool) {
	p := known()
	text = folded(strings.TrimSpace(text))
	if n, err := strconv.Atoi(text); err == nil {
		return n, n >= 0
	}
	m := p.span.FindStringSubmatch(text)
	if m == nil || m[0] != text {
		return 0, false
	}
	n, ok := p.count(strings.TrimSpace(m[1]))
	if m[3] != "" || m[5] != "" {
		n += 0.5
	}
	return int(n * float64(units[p.longUnitOf[m[4]]]) / float64(24*time.Hour)), ok
}

// folded is a text as it is compared: full-width letters and digits as the usual ones, in lower case.
func folded(s string) string { return strings.ToLower(width.Fold.String(s)) }
