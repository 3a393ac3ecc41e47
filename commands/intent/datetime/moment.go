package datetime

import (
	"errors"
	"strconv"
	"time"
)

// Errors of reading a time. Each is for the person who wrote it.
var (
	ErrNone       = errors.New("datetime: no time")
	ErrPast       = errors.New("datetime: in the past")
	ErrFuture     = errors.New("datetime: in the future")
	ErrImpossible = errors.New("datetime: no such day or time")
	ErrFar        = errors.New("datetime: too far away")
	ErrUnclear    = errors.New("datetime: not clear when")
)

// moment is what a text says of a time.
type moment struct {
	zone         *time.Location
	span         time.Duration
	ago          bool
	dated        bool // a day is named
	year, month  int
	day          int
	yearless     bool // the next such day is meant
	clocked      bool // a time of day is named
	hour, minute int
	second       int
	late         int    // days to add, for "24:00"
	half         string // the part of the day that is named: morning, noon, afternoon, evening
	rough        bool   // nothing but the part of the day is named
	offset       *time.Location
}

func (m *moment) today(now time.Time) (y, mo, d int) {
	if m.dated {
		return m.year, m.month, m.day
	}
	local := now.In(m.zone)
	if m.offset != nil {
		local = now.In(m.offset)
	}
	return local.Year(), int(local.Month()), local.Day()
}

// on is the time of day on a day, nine o'clock where none is named.
func (m *moment) on(y, mo, d int) (time.Time, error) {
	zone, hour, minute := m.zone, 9, 0
	if m.clocked {
		hour, minute = m.hour, m.minute
	}
	if m.offset != nil {
		zone = m.offset
	}
	day := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, zone)
	if day.Day() != d || int(day.Month()) != mo || hour > 23 || minute > 59 || m.second > 59 {
		return day, ErrImpossible
	}
	return time.Date(y, time.Month(mo), d+m.late, hour, minute, m.second, 0, zone), nil
}

// toCome is the next time that fits.
func (m *moment) toCome(now time.Time) (time.Time, error) {
	if m.ago {
		return now, ErrPast
	}
	if m.span > 0 && !m.dated && !m.clocked {
		return now.Add(m.span), nil
	}
	if m.span > 0 && !m.dated && m.span%(24*time.Hour) == 0 { // "in 3 days at 9:00"
		zone := m.zone
		if m.offset != nil {
			zone = m.offset
		}
		day := now.Add(m.span).In(zone)
		return m.on(day.Year(), int(day.Month()), day.Day())
	}
	if m.span > 0 {
		return now, ErrNone // "2 h tomorrow" may mean anything
	}
	y, mo, d := m.today(now)
	at, err := m.on(y, mo, d)
	switch {
	case err != nil:
	case at.After(now):
	case !m.dated:
		at, err = m.on(nextDay(y, mo, d, 1))
	case m.yearless:
		at, err = m.on(y+1, mo, d)
	}
	return at, err
}

func nextDay(y, mo, d, days int) (int, int, int) {
	t := time.Date(y, time.Month(mo), d+days, 12, 0, 0, 0, time.UTC)
	return t.Year(), int(t.Month()), t.Day()
}

// In is a time by the clock of a zone of the tz database; as it is where that is not known.
func In(t time.Time, zone string) time.Time {
	if zone == "" {
		return t
	}
	if l, err := time.LoadLocation(zone); err == nil {
		return t.In(l)
	}
	return t
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
