package datetime

import (
	"cmp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// readMoment takes everything that says a time off the beginning of a text.
func readMoment(text string, now time.Time, zone string) (moment, string, error) {
	text = strings.TrimSpace(text)
	low := strings.ToLower(width.Fold.String(text))
	if utf8.RuneCountInString(low) != utf8.RuneCountInString(text) {
		low = text // a character that grows in lower case: no time has one
	}
	r := &reading{p: known(), left: low, now: In(now, zone)}
	r.zone = r.now.Location()
	whole := utf8.RuneCountInString(low)
	used := 0
	for range 12 {
		r.left = strings.TrimLeftFunc(r.left, unicode.IsSpace)
		before := r.left
		filler := r.p.filler.FindString(r.left)
		if filler != "" && r.p.hour.FindString(r.left) == "" && r.p.part.FindString(r.left) == "" {
			r.left = r.left[len(filler):]
		}
		ok, err := r.next()
		if err != nil {
			return r.moment, text, err
		}
		if !ok && filler != "" && r.left != before { // "on them": no part of the time, unless another follows
			if second := r.p.filler.FindString(r.left); second != "" {
				r.left = r.left[len(second):]
				if ok, err = r.next(); err != nil {
					return r.moment, text, err
				}
			}
		}
		if !ok {
			break
		}
		used = whole - utf8.RuneCountInString(r.left)
	}
	if used == 0 {
		return r.moment, text, ErrNone
	}
	left := strings.TrimSpace(string([]rune(low)[used:]))
	rest := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(behind(text, used)), ",:;\u3001\u3002\uff0c\uff1a\uff1b"))
	if r.dated && !r.clocked && len(left) <= 2 && left != "" && strings.Trim(left, "0123456789") == "" { // "tomorrow 15"
		if _, err := r.set(atoi(left), 0, ""); err != nil {
			return r.moment, text, err
		}
		return r.moment, "", nil
	}
	first, _ := utf8.DecodeRuneInString(left)
	if r.p.more.MatchString(left) || r.clocked && vagueZone().MatchString(left) || r.dated && !r.clocked &&
		unicode.IsDigit(first) {
		return r.moment, text, ErrUnclear
	}
	if !r.clocked && r.half != "" {
		r.clocked, r.rough = true, true
		r.hour = partHours[r.half]
	}
	return r.moment, rest, nil
}

// next reads one part of a time. The error is ErrImpossible.
func (r *reading) next() (ok bool, err error) {
	if !r.dated {
		if ok, err = r.date(); ok || err != nil {
			return ok, err
		}
	}
	if !r.clocked {
		if ok, err = r.time(); ok || err != nil {
			return ok, err
		}
	}
	switch {
	case r.half == "" && r.dayPart():
		return true, nil
	case r.offset == nil && r.otherZone():
		return true, nil
	}
	return r.length(), nil
}

// dayPart reads a part of the day: "in the evening". By itself "morning" is any word.
func (r *reading) dayPart() bool {
	saved := r.left
	m := r.take(r.p.part)
	if m == nil || m[2] != "" && m[1] == "" && !r.dated && !r.clocked {
		r.left = saved
		return false
	}
	r.half = r.p.partOf[m[2]+m[3]]
	if r.clocked {
		r.intoHalf(r.half)
	}
	return true
}

func (r *reading) setDay(y, mo, d int) { r.dated, r.year, r.month, r.day = true, y, mo, d }

// date reads a day.
func (r *reading) date() (bool, error) {
	y, mo, d := r.now.Year(), int(r.now.Month()), r.now.Day()
	if m := r.take(r.p.dayFirst); m != nil {
		first, second := atoi(m[1]), atoi(m[2])
		switch {
		case first > 12 || first == second:
			r.setDay(atoi(m[3]), second, first)
		case second > 12:
			r.setDay(atoi(m[3]), first, second)
		default:
			return false, ErrUnclear // 01/12 is in January here and in December there
		}
		_, err := r.on(r.year, r.month, r.day)
		return true, err
	}
	if m := r.take(r.p.iso); m != nil {
		r.setDay(atoi(m[1]), atoi(m[2]), atoi(m[3]))
		if m[4] != "" {
			r.clocked, r.hour, r.minute, r.second = true, atoi(m[4]), atoi(m[5]), atoi(m[6])
			if zone := strings.ReplaceAll(m[7], ":", ""); zone == "z" {
				r.offset = time.UTC
			} else if zone != "" {
				seconds := (atoi(zone[1:3])*60 + atoi(zone[3:])) * 60
				if zone[0] == '-' {
					seconds = -seconds
				}
				r.offset = time.FixedZone("", seconds)
			}
		}
		_, err := r.on(r.year, r.month, r.day)
		return true, err
	}
	if m := r.take(r.p.monthDay); m != nil {
		day := atoi(m[2] + m[3])
		r.setDay(y, atoi(m[1]), day)
		r.yearless = true
		switch {
		case m[2] != "" && r.month != day && r.month <= 12 && day <= 12:
			return false, ErrUnclear // 1/12 is in January here and in December there
		case m[2] != "" && r.month > 12 && day <= 12: // 24/12
			r.month, r.day = day, r.month
		}
		if r.month < 1 || r.month > 12 || r.day < 1 || r.day > 31 {
			return false, ErrImpossible
		}
		return true, nil
	}
	if m := r.take(r.p.monthNamed); m != nil {
		r.setDay(y, r.p.monthOf[m[2]+m[3]]+1, atoi(m[1]+m[4]))
		r.yearless = true
		return true, nil
	}
	if m := r.take(r.p.week); m != nil {
		day := r.p.weekdayOf[m[3]]
		ahead := (day - int(r.now.Weekday()) + 7) % 7
		switch {
		case m[1] != "":
			ahead = r.weekStart() + 7 + (day+6)%7
		case ahead == 0 && !r.stillToday():
			ahead = 7
		}
		r.setDay(nextDay(y, mo, d, ahead))
		return true, nil
	}
	if m := r.take(r.p.day); m != nil {
		r.named(r.p.dayOf[m[1]], y, mo, d)
		return true, nil
	}
	return false, nil
}

// weekStart is how many days from now the week's Monday is: none or before.
func (r *reading) weekStart() int { return -(int(r.now.Weekday()) + 6) % 7 }

// stillToday reports whether the time of day that is named, or nine o'clock, is to come today.
func (r *reading) stillToday() bool {
	ahead := *r
	if !ahead.clocked {
		ahead.dated, ahead.left = true, strings.TrimLeftFunc(ahead.left, unicode.IsSpace)
		if ok, _ := ahead.time(); !ok && ahead.dayPart() {
			ahead.clocked, ahead.hour = true, partHours[ahead.half] // "friday evening" on a Friday
		}
	}
	at, err := ahead.on(r.now.Year(), int(r.now.Month()), r.now.Day())
	return err == nil && at.After(r.now)
}

// named sets a day by its name, and the part of it that the name says.
func (r *reading) named(day namedDay, y, mo, d int) {
	days := day.Days
	r.half = cmp.Or(day.Part, r.half)
	switch day.To {
	case "weekend":
		days = int(time.Saturday-r.now.Weekday()+7) % 7
	case "next-weekend":
		days = r.weekStart() + 12
	case "next-week":
		days = r.weekStart() + 7
	case "next-month":
		first := time.Date(y, time.Month(mo)+1, 1, 0, 0, 0, 0, time.UTC)
		r.setDay(first.Year(), int(first.Month()), 1)
		return
	}
	r.setDay(nextDay(y, mo, d, days))
}

// time reads a time of day.
func (r *reading) time() (bool, error) {
	if dotted().MatchString(r.left) && (r.dated || r.p.spanIn(r.left) == nil) { // "1.25 hours" is none
		if m := r.take(dotted()); m != nil {
			return r.set(atoi(m[1]), atoi(m[2]), "")
		}
	}
	if m := r.take(r.p.hour); m != nil {
		if half := twelveHours().FindString(r.left); half == "" {
			return r.set(atoi(m[1]), 0, "")
		}
		r.left = m[1] + r.left
	}
	m := r.take(r.p.clock)
	switch {
	case m == nil:
		return false, nil
	case m[2] != "":
		r.second = atoi(m[4])
		if r.tooLate(atoi(m[2]), m[5]) {
			return false, ErrImpossible
		}
		return r.set(atoi(m[2]), atoi(m[3]), r.p.partOf[m[1]+m[5]])
	case m[6] != "":
		if r.tooLate(atoi(m[6]), m[7]) {
			return false, ErrImpossible
		}
		return r.set(atoi(m[6]), 0, r.p.partOf[m[7]])
	case m[8] != "":
		hour, err := strconv.Atoi(m[8])
		if err != nil {
			hour, _ = r.p.spelled(m[8])
		}
		minute := atoi(m[11])
		switch {
		case m[9] != "":
			minute = 30
		case m[10] != "":
			minute = r.p.Quarters[m[10]]
		}
		return r.set(hour, minute, r.p.partOf[m[1]])
	case m[13] != "":
		r.late = 1
		return r.set(0, 0, "")
	}
	return r.set(12, 0, "")
}

// tooLate reports whether there is no such hour in the first half of a day: "13 am".
func (r *reading) tooLate(hour int, half string) bool {
	return r.p.Halves[half] == "morning" && hour > 12
}

// set sets a time of day, by the half of the day that is named with it. The error is ErrImpossible.
func (r *reading) set(hour, minute int, half string) (bool, error) {
	if hour == 24 && minute == 0 {
		hour, r.late = 0, 1
	}
	if hour > 23 || minute > 59 || r.second > 59 {
		return false, ErrImpossible
	}
	r.clocked, r.hour, r.minute = true, hour, minute
	if half == "" {
		r.intoHalf(r.half)
	} else {
		r.intoHalf(half)
	}
	r.half = cmp.Or(r.half, half)
	return true, nil
}

// intoHalf moves a time of day into the part of the day that is named.
func (r *reading) intoHalf(half string) {
	switch half {
	case "afternoon", "dusk", "evening", "night":
		switch {
		case r.hour%12 == 0 && (half == "evening" || half == "night"):
			r.hour, r.late = 0, 1
		case r.hour < 12:
			r.hour += 12
		}
	case "noon":
		if r.hour < 11 {
			r.hour += 12
		}
	case "morning", "small hours":
		if r.hour == 12 {
			r.hour = 0
		}
	}
}

// behind is a text without its first so many characters.
func behind(text string, characters int) string {
	for i := range text {
		if characters == 0 {
			return text[i:]
		}
		characters--
	}
	return ""
}
