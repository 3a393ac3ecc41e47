package kb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// day is what a calendar says of a day.
type day int

const (
	unknownDay day = iota // the year is not known
	ordinary
	off
	worked
)

// on is what the calendar says of the day of a time, in that time's zone.
func (c calendar) on(t time.Time) day {
	year, ok := c[t.Year()]
	if !ok {
		return unknownDay
	}
	date := t.Format(time.DateOnly)
	for _, span := range year.Off {
		first, last, ok := strings.Cut(span, "..")
		if !ok {
			last = first
		}
		if date >= first && date <= last {
			return off
		}
	}
	for _, w := range year.Work {
		if date == w {
			return worked
		}
	}
	return ordinary
}

// readCalendars reads the built-in calendars, and an organisation's own (calendars.yaml in its folder), whose years
// replace them.
func (b *Base) readCalendars(own string) error {
	if err := read("data/calendars.yaml", &b.calendars); err != nil {
		return err
	}
	if err := checkCalendars("calendars.yaml", b.calendars); err != nil || own == "" {
		return err
	}
	name := filepath.Join(own, "calendars.yaml")
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil || info.Size() > maxOwnSize:
		return fmt.Errorf("%w: %s cannot be read, or is over 1 MiB: %w", ErrData, name, err)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrData, err)
	}
	var mine map[string]calendar
	if err := decode(name, raw, &mine); err != nil {
		return err
	}
	for country, years := range mine {
		if b.calendars[country] == nil {
			b.calendars[country] = calendar{}
		}
		for year, days := range years {
			b.calendars[country][year] = days
		}
	}
	return checkCalendars(name, mine)
}

func checkCalendars(name string, all map[string]calendar) error {
	var errs []error
	for country, years := range all {
		for year, days := range years {
			for _, d := range append(append([]string(nil), days.Off...), days.Work...) {
				first, last, ok := strings.Cut(d, "..")
				if !ok {
					last = first
				}
				for _, one := range []string{first, last} {
					if t, err := time.Parse(time.DateOnly, one); err != nil || t.Year() != year || last < first {
						errs = append(errs, fmt.Errorf("%w: %s: %s %d: %q must be a date of that year or two, such as 2026-10-01..2026-10-07", ErrData, name, country, year, d))
						break
					}
				}
			}
		}
	}
	return errors.Join(errs...)
}
