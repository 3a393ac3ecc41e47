package when

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/diag/pattern"
)

var (
	lastDays    = pattern.New(`^(?:the )?(?:last|past) (\d{1,3}) (day|week|month)s?$`)
	lastDaysHan = pattern.New(`^(?:最近|过去|近)\s?(\d{1,3})\s?(天|日|周|个月)`)
	monthAlone  = pattern.New(`^(?:(\d{1,2})月(?:份)?|(january|february|april|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec))$`) // "may" and "march" are other words too
	aYear       = pattern.New(`^(20\d{2})年?$`)
	aMonth      = pattern.New(`^(20\d{2})[-/.年](\d{1,2})月?$`)
	aDay        = pattern.New(`^(20\d{2})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?$`)
)

// recentDay reads a month or a day without its year: that of the last twelve months.
func recentDay(said string, now time.Time) (from, till time.Time, ok bool) {
	month, day := 0, 0
	if m := monthAlone.FindStringSubmatch(said); m != nil {
		if month = atoi(m[1]); m[2] != "" {
			month = slices.Index(months, m[2][:3]) + 1
		}
	} else if m := whenNamed.FindStringSubmatch(said); m != nil && m[0] == said {
		month, day = slices.Index(months, m[2]+m[3])+1, atoi(m[1]+m[4])
	} else if m := whenMonth.FindStringSubmatch(said); m != nil && m[0] == said && strings.Contains(said, "月") {
		month, day = atoi(m[1]), atoi(m[2]+m[3])
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
func daysOf(said string, zone *time.Location) (from, till time.Time, ok bool) {
	number := func(s string) int {
		n, _ := strconv.Atoi(s)
		return n
	}
	if m := aYear.FindStringSubmatch(said); m != nil {
		from = time.Date(number(m[1]), 1, 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(1, 0, 0), true
	}
	if m := aMonth.FindStringSubmatch(said); m != nil {
		from = time.Date(number(m[1]), time.Month(number(m[2])), 1, 0, 0, 0, 0, zone)
		return from, from.AddDate(0, 1, 0), int(from.Month()) == number(m[2])
	}
	if m := aDay.FindStringSubmatch(said); m != nil {
		from = time.Date(number(m[1]), time.Month(number(m[2])), number(m[3]), 0, 0, 0, 0, zone)
		return from, from.AddDate(0, 0, 1), int(from.Month()) == number(m[2]) && from.Day() == number(m[3])
	}
	return from, till, false
}

// Named is the days that have a name of their own; Days is told what they are called.
var Named = []string{"today", "yesterday", "this-week", "last-week", "this-month", "last-month"}

// Days reads the days that the first words name, by the clock of now's zone: "today", "last week", "2026-11", "2026-11-01..2026-11-24", "5月". Called gives the names of one of
// Named, in lower case. From is their beginning and till their end, which is no part of them; n is how many words were taken, 0 for none.
func Days(words []string, now time.Time, called func(name string) []string) (from, till time.Time, n int) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	month := today.AddDate(0, 0, 1-today.Day())
	for n := min(len(words), 4); n > 0; n-- {
		said := folded(strings.Join(words[:n], " "))
		m := lastDays.FindStringSubmatch(said)
		if han := lastDaysHan.FindStringSubmatch(said); m == nil && han != nil && han[0] == said {
			m = han
		}
		if m != nil && atoi(m[1]) > 0 {
			from := today.AddDate(0, 0, 1-atoi(m[1]))
			switch m[2] {
			case "week", "周":
				from = today.AddDate(0, 0, 1-7*atoi(m[1]))
			case "month", "个月":
				from = today.AddDate(0, -atoi(m[1]), 1)
			}
			return from, today.AddDate(0, 0, 1), n
		}
		if from, till, ok := recentDay(said, now); ok {
			return from, till, n
		}
		for _, x := range []struct {
			id         string
			from, till time.Time
		}{
			{"today", today, today.AddDate(0, 0, 1)}, {"yesterday", today.AddDate(0, 0, -1), today}, {"this-week", monday, monday.AddDate(0, 0, 7)}, {"last-week", monday.AddDate(0, 0, -7), monday},
			{"this-month", month, month.AddDate(0, 1, 0)}, {"last-month", month.AddDate(0, -1, 0), month},
		} {
			if slices.Contains(called(x.id), said) {
				return x.from, x.till, n
			}
		}
	}
	if len(words) == 0 {
		return from, till, 0
	}
	first, last, ranged := strings.Cut(folded(words[0]), "..")
	from, till, ok := daysOf(first, now.Location())
	if ok && ranged {
		_, till, ok = daysOf(last, now.Location())
	}
	if !ok || !till.After(from) {
		return from, till, 0
	}
	return from, till, 1
}

// LooksLikeDay reports whether a word is written as a day or month, whether there is one or not: 2026-13-45.
func LooksLikeDay(word string) bool {
	word = folded(word)
	return aDay.MatchString(word) || aMonth.MatchString(word)
}

// CutLastDays cuts a word behind the days that it begins with: 最近7天解决的.
func CutLastDays(word string) (days, rest string) {
	days = lastDaysHan.FindString(word)
	return days, word[len(days):]
}
