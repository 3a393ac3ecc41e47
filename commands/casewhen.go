package commands

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// Errors of reading a time. Each is for the person who wrote it.
var (
	errNoTime     = errors.New("commands: no time")
	errPast       = errors.New("commands: in the past")
	errFuture     = errors.New("commands: in the future")
	errImpossible = errors.New("commands: no such day or time")
	errFar        = errors.New("commands: too far away")
	errUnclear    = errors.New("commands: not clear when")
)

const maxRemind = 366 * 24 * time.Hour

// readWhen takes a time to come off the beginning of a text: "2h", "in 1.5 hours", "tomorrow 9:00", "9am on monday", "2026-11-24T09:00", "11月25日 9:00", "明天下午3点半", by the clock
// of a zone, unless it names another: "9:00 UTC+8". A day alone is nine o'clock. The rest is what follows. The error is errNoTime where the text begins with none, errUnclear
// where it may mean several, errPast, errImpossible or errFar.
func readWhen(text string, now time.Time, zone string) (at time.Time, rest string, err error) {
	m, rest, err := readMoment(text, now, zone)
	if err != nil {
		return at, text, err
	}
	if at, err = m.toCome(now); err != nil {
		return at, text, err
	}
	if !at.After(now) {
		return at, text, errPast
	}
	if at.Sub(now) > maxRemind {
		return at, text, errFar
	}
	return at.UTC(), rest, nil
}

// readPast takes a time that is over off the beginning of a text: "at 10:00", "yesterday 17:30", "20 min ago", "20分钟前". The error is errNoTime where the text begins with
// none, errUnclear where it names a day that is over and no hour, errFuture or errImpossible.
func readPast(text string, now time.Time, zone string) (at time.Time, rest string, err error) {
	m, rest, err := readMoment(text, now, zone)
	if err != nil {
		return at, text, err
	}
	if m.dated && (!m.clocked || m.rough) { // "yesterday they said": it counts at what time
		day := time.Date(m.year, time.Month(m.month), m.day, 0, 0, 0, 0, m.zone)
		if today := now.In(m.zone).Format(time.DateOnly) == day.Format(time.DateOnly); !day.After(now) && (!today || m.rough) {
			return at, text, errUnclear
		}
	}
	switch {
	case m.span > 0 && !m.ago || (!m.clocked || m.rough) && m.span == 0:
		return at, text, errNoTime // "2 h" and "tomorrow" say nothing of what is over
	case m.ago:
		at = now.Add(-m.span)
	default:
		if at, err = m.on(m.today(now)); err != nil {
			return at, text, err
		}
		if at.After(now) && !m.dated {
			at = at.AddDate(0, 0, -1)
			if now.Sub(at) > 12*time.Hour { // nobody says at five in the morning what happened at six in the evening without the day
				return at, text, errFuture
			}
		}
	}
	if at.After(now) {
		return at, text, errFuture
	}
	return at.UTC(), rest, nil
}

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
		return day, errImpossible
	}
	return time.Date(y, time.Month(mo), d+m.late, hour, minute, m.second, 0, zone), nil
}

// toCome is the next time that fits.
func (m *moment) toCome(now time.Time) (time.Time, error) {
	if m.ago {
		return now, errPast
	}
	if m.span > 0 && !m.dated && !m.clocked {
		return now.Add(m.span), nil
	}
	if m.span > 0 {
		return now, errNoTime // "2 h tomorrow" may mean anything
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

const number = `(?:\d{1,4}(?:\.\d{1,2})?|[一两二三四五六七八九十半]{1,3})\s*|(?:half an?|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s+`

// The parts of a time, each at the beginning of what is left. They are matched against the text folded and in lower case.
var (
	whenFiller = regexp.MustCompile(`^(?:(?:in|at|on|by|me|the|until|till|o'clock)\b|我|在|到|于|[,;的]+)\s*`)
	whenISO    = regexp.MustCompile(`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?:日|号)?(?:t(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(z|[+-]\d{2}:?\d{2})?)?`)
	whenYear   = regexp.MustCompile(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b`)
	whenMonth  = regexp.MustCompile(`^(\d{1,2})(?:/(\d{1,2})|月(\d{1,2})(?:日|号)?)`)
	whenNamed  = regexp.MustCompile(`^(?:(\d{1,2})(?:st|nd|rd|th)?\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?)\b`)
	whenSpan   = regexp.MustCompile(`^(` + number + `)(?:个)?(半)?\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|hr|h|days?|d|weeks?|w|months?|秒钟|秒|分钟|分|小时|钟头|天|日|周|星期|礼拜|月)(半|\s+and\s+a\s+half\b)?`)
	whenAfter  = regexp.MustCompile(`^\s*(?:(后|之后|以后|过后|later\b|from now\b)|(前|之前|以前|ago\b))`)
	whenDay    = regexp.MustCompile(`^(today|tonight|tomorrow|yesterday|(?:the )?day after tomorrow|(?:this |the |next )?weekend|next week|next month|今天|今日|今早|今晚|明天|明日|明早|明晚|大后天|后天|昨天|昨晚|(?:本|这个?|下个?)?周末|下周(?:[一二三四五六日天])?|下星期(?:[一二三四五六日天])?|下个?月)`)
	whenWeek   = regexp.MustCompile(`^(?:(next|this|coming|本|这)\s*)?(?:(monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?|(?:周|星期|礼拜)([一二三四五六日天]))`)
	whenClock  = regexp.MustCompile(`^(早上|上午|中午|下午|傍晚|晚上|晚|凌晨|早)?\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?|(\d{1,2})\s*(am|pm|a\.m\.|p\.m\.)|(\d{1,2}|[一两二三四五六七八九十]{1,3})[点时](?:(半)|(一刻|三刻)|(\d{1,2})分?)?钟?|(noon|midnight|正午|午夜))`)
	whenDotted = regexp.MustCompile(`^(\d{1,2})\.(\d{2})\b`)
	whenHour   = regexp.MustCompile(`^(?:at\s+)(\d{1,2})\b`)
	whenPart   = regexp.MustCompile(`^(?:(?:this |in the |at )?(morning|afternoon|evening|night)\b|(早上|上午|中午|下午|傍晚|晚上))`)
	whenZone   = regexp.MustCompile(`^(?:(utc|gmt)(?:\s?([+-])(\d{1,2})(?::?(\d{2}))?)?|(北京时间|beijing time|china time)|([a-z]+(?:/[a-z_-]+){1,2}))`)
	vagueZone  = regexp.MustCompile(`^(?:[ecmp][sd]t|cest|cet|bst|ist|jst|sgt|hkt|ae[sd]t)\b`) // three letters are several zones
	whenMore   = regexp.MustCompile(`^(?:[./]|\d{1,2}(?:[:.]\d|\s*(?:am|pm|a\.m\.|p\.m\.|点|时)\b)|凌晨|早上|上午|中午|下午|傍晚|晚上|(?:morning|afternoon|evening)\b)`)
)

var (
	months   = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	hanDigit = map[rune]int{'一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9}
	counted  = map[string]float64{"a": 1, "an": 1, "half a": 0.5, "half an": 0.5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "半": 0.5}
)

// hanNumber reads 一 to 九十九.
func hanNumber(s string) (n int, ok bool) {
	for _, r := range s {
		switch d, digit := hanDigit[r]; {
		case digit && n%10 == 0:
			n += d
		case r == '十' && n == 0:
			n = 10
		case r == '十' && n < 10:
			n *= 10
		default:
			return 0, false
		}
	}
	return n, n > 0
}

// count reads how many: "2", "1.5", "half an", "两".
func count(s string) (float64, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n, true
	}
	if n, ok := counted[s]; ok {
		return n, true
	}
	n, ok := hanNumber(s)
	return float64(n), ok
}

var unitOf = []struct {
	length time.Duration
	names  []string
}{
	{time.Second, []string{"s", "sec", "secs", "second", "seconds", "秒", "秒钟"}}, {time.Minute, []string{"m", "min", "mins", "minute", "minutes", "分", "分钟"}},
	{time.Hour, []string{"h", "hr", "hrs", "hour", "hours", "小时", "钟头"}}, {24 * time.Hour, []string{"d", "day", "days", "天", "日"}},
	{7 * 24 * time.Hour, []string{"w", "week", "weeks", "周", "星期", "礼拜"}}, {30 * 24 * time.Hour, []string{"month", "months", "月"}},
}

// reading is a text of which a time is being read.
type reading struct {
	moment
	left string // folded and in lower case, of as many characters as what is left of the text
	now  time.Time
}

// readMoment takes everything that says a time off the beginning of a text.
func readMoment(text string, now time.Time, zone string) (moment, string, error) {
	text = strings.TrimSpace(text)
	low := strings.ToLower(width.Fold.String(text))
	if utf8.RuneCountInString(low) != utf8.RuneCountInString(text) {
		low = text // a character that grows in lower case: no time has one
	}
	r := &reading{left: low, now: inZone(now, zone)}
	r.zone = r.now.Location()
	whole := utf8.RuneCountInString(low)
	used := 0
	for range 12 {
		r.left = strings.TrimLeftFunc(r.left, unicode.IsSpace)
		before := r.left
		filler := whenFiller.FindString(r.left)
		if filler != "" && whenHour.FindString(r.left) == "" && whenPart.FindString(r.left) == "" {
			r.left = r.left[len(filler):]
		}
		ok, err := r.part()
		if err != nil {
			return r.moment, text, err
		}
		if !ok && filler != "" && r.left != before { // "on them": no part of the time, unless another follows
			if before2 := whenFiller.FindString(r.left); before2 != "" {
				r.left = r.left[len(before2):]
				if ok, err = r.part(); err != nil {
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
		return r.moment, text, errNoTime
	}
	left := strings.TrimSpace(string([]rune(low)[used:]))
	rest := strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(text[len(cutRunes(text, used)):]), ",，:：;；、。"))
	if r.dated && !r.clocked && len(left) <= 2 && left != "" && strings.Trim(left, "0123456789") == "" { // "tomorrow 15"
		if _, err := r.set(atoi(left), 0, ""); err != nil {
			return r.moment, text, err
		}
		return r.moment, "", nil
	}
	first, _ := utf8.DecodeRuneInString(left)
	if whenMore.MatchString(left) || r.clocked && vagueZone.MatchString(left) || r.dated && !r.clocked && unicode.IsDigit(first) {
		return r.moment, text, errUnclear
	}
	if !r.clocked && r.half != "" {
		r.clocked, r.rough = true, true
		r.hour = partHours[r.half]
	}
	return r.moment, rest, nil
}

// take takes a match off; it must end where a word ends.
func (r *reading) take(re *regexp.Regexp) []string {
	m := re.FindStringSubmatch(r.left)
	if m == nil || m[0] == "" {
		return nil
	}
	end := len(strings.TrimRightFunc(m[0], unicode.IsSpace))
	last, _ := utf8.DecodeLastRuneInString(m[0][:end])
	next, _ := utf8.DecodeRuneInString(r.left[end:])
	if last < 0x80 && (next < 0x80 && unicode.IsLetter(next) || unicode.IsDigit(last) && unicode.IsDigit(next)) {
		return nil
	}
	r.left = r.left[end:]
	return m
}

// part reads one part of a time. The error is errImpossible.
func (r *reading) part() (ok bool, err error) {
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

// dayPart reads a part of the day: "in the evening", 下午. By itself "morning" is any word.
func (r *reading) dayPart() bool {
	saved := r.left
	m := r.take(whenPart)
	if m == nil || m[1] == m[0] && !r.dated && !r.clocked {
		r.left = saved
		return false
	}
	r.half = halves[m[1]+m[2]]
	if r.clocked {
		r.intoHalf(r.half)
	}
	return true
}

// halves is the parts of the day by the words for them.
var halves = map[string]string{
	"morning": "morning", "afternoon": "afternoon", "evening": "evening", "night": "evening", "早上": "morning", "早": "morning", "上午": "morning", "凌晨": "small hours", "中午": "noon",
	"下午": "afternoon", "傍晚": "dusk", "晚上": "evening", "晚": "evening", "am": "morning", "a.m.": "morning", "pm": "afternoon", "p.m.": "afternoon",
}

// partHours is the hour that stands for a part of the day alone.
var partHours = map[string]int{"morning": 9, "noon": 12, "afternoon": 14, "dusk": 18, "evening": 20}

// otherZone reads a zone: "UTC+8", "Asia/Shanghai", 北京时间.
func (r *reading) otherZone() bool {
	saved := r.left
	m := r.take(whenZone)
	switch {
	case m == nil:
		return false
	case m[1] != "":
		minutes := atoi(m[3])*60 + atoi(m[4])
		if m[2] == "-" {
			minutes = -minutes
		}
		r.offset = time.FixedZone("", minutes*60)
		return true
	}
	name := "Asia/Shanghai"
	if m[6] != "" {
		name = zoneName(m[6])
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // "call/mail them"
		r.left = saved
		return false
	}
	r.offset = zone
	return true
}

// zoneName is a zone's name as the tz database spells it: America/New_York.
func zoneName(s string) string {
	upper := true
	return strings.Map(func(c rune) rune {
		if upper {
			c = unicode.ToUpper(c)
		}
		upper = !unicode.IsLetter(c)
		return c
	}, s)
}

// length reads a span: "2h", "1h30m", "一个半小时后".
func (r *reading) length() bool {
	saved := r.left
	m := spanMatch(r.left)
	if m == nil {
		return false
	}
	n, ok := count(strings.TrimSpace(m[1]))
	unit := time.Duration(0)
	for _, u := range unitOf {
		if slices.Contains(u.names, m[3]) {
			unit = u.length
		}
	}
	r.left = r.left[len(m[0]):]
	next, _ := utf8.DecodeRuneInString(r.left)
	if !ok || unit == 0 || m[3][0] < 0x80 && next < 0x80 && unicode.IsLetter(next) {
		r.left = saved
		return false
	}
	if m[2] != "" || m[4] != "" {
		n += 0.5
	}
	r.span += time.Duration(n * float64(unit)).Round(time.Second)
	if a := whenAfter.FindStringSubmatch(r.left); a != nil {
		r.left, r.ago = r.left[len(a[0]):], r.ago || a[2] != ""
	}
	return r.span > 0
}

// spanMatch is whenSpan's match, where the number is no part of a word.
func spanMatch(left string) []string {
	m := whenSpan.FindStringSubmatch(left)
	if m == nil || m[3] == "日" || m[3] == "月" && !strings.Contains(m[0], "个") {
		return nil // those are dates
	}
	return m
}

func (r *reading) setDay(y, mo, d int) { r.dated, r.year, r.month, r.day = true, y, mo, d }

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// date reads a day.
func (r *reading) date() (bool, error) {
	y, mo, d := r.now.Year(), int(r.now.Month()), r.now.Day()
	if m := r.take(whenYear); m != nil {
		first, second := atoi(m[1]), atoi(m[2])
		switch {
		case first > 12 || first == second:
			r.setDay(atoi(m[3]), second, first)
		case second > 12:
			r.setDay(atoi(m[3]), first, second)
		default:
			return false, errUnclear // 01/12 is in January here and in December there
		}
		_, err := r.on(r.year, r.month, r.day)
		return true, err
	}
	if m := r.take(whenISO); m != nil {
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
	if m := r.take(whenMonth); m != nil {
		day := atoi(m[2] + m[3])
		r.setDay(y, atoi(m[1]), day)
		r.yearless = true
		if r.month < 1 || r.month > 12 || day < 1 || day > 31 {
			return false, errImpossible
		}
		return true, nil
	}
	if m := r.take(whenNamed); m != nil {
		r.setDay(y, slices.Index(months, m[2]+m[3])+1, atoi(m[1]+m[4]))
		r.yearless = true
		return true, nil
	}
	if m := r.take(whenDay); m != nil {
		r.named(m[1], y, mo, d)
		return true, nil
	}
	if m := r.take(whenWeek); m != nil {
		day := strings.Index("日一二三四五六", m[3]) / len("日")
		if m[3] == "天" {
			day = 0
		}
		if m[2] != "" {
			day = slices.Index(weekdays, m[2][:3])
		}
		ahead := (day - int(r.now.Weekday()) + 7) % 7
		if m[1] == "next" {
			ahead = r.weekStart() + 7 + (day+6)%7
		}
		if ahead == 0 && !r.stillToday() {
			ahead = 7
		}
		r.setDay(nextDay(y, mo, d, ahead))
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
func (r *reading) named(name string, y, mo, d int) {
	days := 0
	switch {
	case name == "tonight", name == "今晚":
		r.half = "evening"
	case name == "今早":
		r.half = "morning"
	case name == "yesterday", name == "昨天":
		days = -1
	case name == "昨晚":
		days, r.half = -1, "evening"
	case name == "明早":
		days, r.half = 1, "morning"
	case name == "明晚":
		days, r.half = 1, "evening"
	case name == "tomorrow", name == "明天", name == "明日":
		days = 1
	case name == "后天", strings.HasSuffix(name, "day after tomorrow"):
		days = 2
	case name == "大后天":
		days = 3
	case strings.HasSuffix(name, "weekend"), strings.HasSuffix(name, "周末"):
		days = int(time.Saturday-r.now.Weekday()+7) % 7
		if strings.HasPrefix(name, "next") || strings.HasPrefix(name, "下") {
			days = r.weekStart() + 12
		}
	case name == "next month", strings.HasSuffix(name, "月"):
		first := time.Date(y, time.Month(mo)+1, 1, 0, 0, 0, 0, time.UTC)
		r.setDay(first.Year(), int(first.Month()), 1)
		return
	case name == "next week", strings.HasPrefix(name, "下"):
		days = r.weekStart() + 7
		last, _ := utf8.DecodeLastRuneInString(name)
		if i := strings.IndexRune("一二三四五六日天", last); i >= 0 {
			days += min(i/len("一"), 6)
		}
	}
	r.setDay(nextDay(y, mo, d, days))
}

// time reads a time of day.
func (r *reading) time() (bool, error) {
	if whenDotted.MatchString(r.left) && (r.dated || spanMatch(r.left) == nil) { // "1.25 hours" is none
		if m := r.take(whenDotted); m != nil {
			return r.set(atoi(m[1]), atoi(m[2]), "")
		}
	}
	if m := r.take(whenHour); m != nil {
		if half := regexp.MustCompile(`^\s*(am|pm|:)`).FindString(r.left); half == "" {
			return r.set(atoi(m[1]), 0, "")
		}
		r.left = m[1] + r.left
	}
	m := r.take(whenClock)
	switch {
	case m == nil:
		return false, nil
	case m[2] != "":
		r.second = atoi(m[4])
		return r.set(atoi(m[2]), atoi(m[3]), m[1]+m[5])
	case m[6] != "":
		return r.set(atoi(m[6]), 0, m[7])
	case m[8] != "":
		hour, err := strconv.Atoi(m[8])
		if err != nil {
			hour, _ = hanNumber(m[8])
		}
		minute := atoi(m[11])
		switch {
		case m[9] != "":
			minute = 30
		case m[10] == "一刻":
			minute = 15
		case m[10] != "":
			minute = 45
		}
		return r.set(hour, minute, m[1])
	case m[12] == "midnight", m[12] == "午夜":
		r.late = 1
		return r.set(0, 0, "")
	}
	return r.set(12, 0, "")
}

// set sets a time of day, by the half of the day that is named with it. The error is errImpossible.
func (r *reading) set(hour, minute int, half string) (bool, error) {
	if hour == 24 && minute == 0 {
		hour, r.late = 0, 1
	}
	if hour > 23 || minute > 59 || r.second > 59 || hour > 12 && (half == "am" || half == "a.m.") {
		return false, errImpossible
	}
	r.clocked, r.hour, r.minute = true, hour, minute
	if half == "" {
		r.intoHalf(r.half)
	} else {
		r.intoHalf(halves[half])
	}
	if r.half == "" && half != "" {
		r.half = halves[half]
	}
	return true, nil
}

// intoHalf moves a time of day into the part of the day that is named.
func (r *reading) intoHalf(half string) {
	switch half {
	case "afternoon", "dusk", "evening":
		switch {
		case r.hour%12 == 0 && half == "evening":
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
