package datetime

import (
	"slices"
	"strings"
	"time"
)

// recentDay reads a month or a day without its year: that of the last twelve months.
func (p *patterns) recentDay(said string, now time.Time) (from, till time.Time, ok bool) {
	month, day := 0, 0
	if m := p.monthAlone.FindStringSubmatch(said); m != nil {
		if month = atoi(m[1]); m[2] != "" {
			month = p.monthOf[m[2]] + 1
		}
	} else if m := p.monthNamed.FindStringSubmatch(said); m != nil && m[0] == said {
		month, day = p.monthOf[m[2]+m[3]]+1, atoi(m[1]+m[4])
	} else if m := p.monthDay.FindStringSubmatch(said); m != nil && m[0] == said && m[3] != "" {
		month, day = atoi(m[1]), atoi(m[3])
	}
	if month < 1 || month > 12 {
		return from, till, false
	}
	from = time.Date(now.Year(), time.Month(month), max(day, 1), 0, 0, 0, 0, now.Location())
	if from.After(now) {
		from = from.AddDate(-1, 0, 0)
	}
	if day > 0 {
		return from, from.AddDate(0, 0, 1), int(from.Month()) == month
	}
	return from, from.AddDate(0, 1, 0), true
}

// daysOf reads a year, a month or a day.
func (p *patterns) daysOf(said string, zone *time.Location) (from, till time.Time, ok bool) {
	if m := p.year.FindStringSubmatch(said); m != nil {
		from = time.Date(atoi(m[1]), 1, 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(1, 0, 0), true
	}
	if m := p.yearMonth.FindStringSubmatch(said); m != nil {
		from = time.Date(atoi(m[1]), time.Month(atoi(m[2])), 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(0, 1, 0), int(from.Month()) == atoi(m[2])
	}
	if m := p.yearMonthDay.FindStringSubmatch(said); m != nil {
		from = time.Date(atoi(m[1]), time.Month(atoi(m[2])), atoi(m[3]), 0, 0, 0, 0, zone)
		return from, from.AddDate(0, 0, 1), int(from.Month()) == atoi(m[2]) && from.Day() == atoi(m[3])
	}
	return from, till, false
}

// ranged is the days of one of Ranges, by the clock of now's zone.
func ranged(name string, now time.Time) (from, till time.Time) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	month := today.AddDate(0, 0, 1-today.Day())
	switch name {
	case "yesterday":
		return today.AddDate(0, 0, -1), today
	case "this-week":
		return monday, monday.AddDate(0, 0, 7)
	case "last-week":
		return monday.AddDate(0, 0, -7), monday
	case "this-month":
		return month, month.AddDate(0, 1, 0)
	case "last-month":
		return month.AddDate(0, -1, 0), month
	}
	return today, today.AddDate(0, 0, 1)
}

// Days reads the days that the first words name, by the clock of now's zone: "today", "last week", "2026-11",
// "2026-11-01..2026-11-24". From is their beginning and till their end, which is no part of them; n is how many words
// were taken, 0 for none.
func Days(words []string, now time.Time) (from, till time.Time, n int) {
	p := known()
	for n := min(len(words), 4); n > 0; n-- {
		said := folded(strings.Join(words[:n], " "))
		if m := p.lastDays.FindStringSubmatch(said); m != nil && m[0] == said && atoi(m[1]) > 0 {
			today, tomorrow := ranged("today", now)
			from := today.AddDate(0, 0, 1-atoi(m[1]))
			switch p.unitOf[m[2]] {
			case "week":
				from = today.AddDate(0, 0, 1-7*atoi(m[1]))
			case "month":
				from = today.AddDate(0, -atoi(m[1]), 1)
			}
			return from, tomorrow, n
		}
		if from, till, ok := p.recentDay(said, now); ok {
			return from, till, n
		}
		for _, name := range Ranges {
			if slices.Contains(p.Ranges[name], said) {
				from, till := ranged(name, now)
				return from, till, n
			}
		}
	}
	if len(words) == 0 {
		return from, till, 0
	}
	first, last, more := strings.Cut(folded(words[0]), "..")
	from, till, ok := p.daysOf(first, now.Location())
	if ok && more {
		_, till, ok = p.daysOf(last, now.Location())
	}
	if !ok || !till.After(from) {
		return from, till, 0
	}
	return from, till, 1
}

// LooksLikeDay reports whether a word is written as a day or month, whether there is one or not: 2026-13-45.
func LooksLikeDay(word string) bool {
	word = folded(word)
	return known().yearMonthDay.MatchString(word) || known().yearMonth.MatchString(word)
}

// CutDays cuts a word behind the days that it begins with, where both are written without blanks, as in Chinese.
func CutDays(word string) (days, rest string) {
	p := known()
	for _, name := range Ranges {
		for _, day := range p.Ranges[name] {
			if rest, ok := strings.CutPrefix(word, day); ok && rest != "" && unspaced(day) && unspaced(rest) {
				return day, rest
			}
		}
	}
	days = p.lastDays.FindString(word)
	return days, word[len(days):]
}
