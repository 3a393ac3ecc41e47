package datetime

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"signpost/commands/intent/template"
)

// patterns are the parts of a time, each at the beginning of what is left. They are matched against the text folded and
// in lower case.
type patterns struct {
	lexicon
	filler, iso, dayFirst, monthDay, monthNamed, span, after, day, week, clock, hour, part, zone, more *regexp.Regexp
	lastDays, monthAlone, year, yearMonth, yearMonthDay, agoBehind                                     *regexp.Regexp

	unitOf, longUnitOf, partOf, zoneOf map[string]string
	dayOf                              map[string]namedDay
	weekdayOf, monthOf                 map[string]int
}

// Patterns that are the same in every language.
var (
	dotted    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\d{1,2})\.(\d{2})\b`) })
	vagueZone = sync.OnceValue(func() *regexp.Regexp { // three letters are several zones
		return regexp.MustCompile(`^(?:[ecmp][sd]t|cest|cet|bst|ist|jst|sgt|hkt|ae[sd]t)\b`)
	})
	twelveHours = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(am|pm|:)`) })
)

// known is the words of all languages.
func known() *patterns {
	if p := replaced.Load(); p != nil {
		return p
	}
	return own()
}

// own is our own words, read when a time is first looked for. Files that cannot be read are told by Validate.
var own = sync.OnceValue(func() *patterns {
	all, err := readLexicon(files)
	if err != nil {
		panic(err)
	}
	return all.compile()
})

// replaced is the words that a test has put in the place of our own.
var replaced atomic.Pointer[patterns]

// ReplaceWords has times read with the words in the folder "words" of other files until restore is called.
func ReplaceWords(dir fs.FS) (restore func(), err error) {
	all, err := readLexicon(dir)
	if err != nil {
		return func() {}, err
	}
	before := replaced.Swap(all.compile())
	return func() { replaced.Store(before) }, nil
}

// Validate tells whether the words of every language can be read with.
func Validate() error {
	_, err := readLexicon(files)
	return err
}

// alt is words as alternatives, the longest first. Where whole is set, one that ends in a Latin letter must end where a
// word ends.
func alt(whole bool, lists ...[]string) string {
	var out []string
	for _, list := range lists {
		out = append(out, list...)
	}
	if len(out) == 0 {
		return `[^\s\S]` // nothing
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	for i, w := range out {
		last := w[len(w)-1]
		out[i] = strings.ReplaceAll(regexp.QuoteMeta(w), " ", `\s+`)
		if whole && (last >= 'a' && last <= 'z') {
			out[i] += `\b`
		}
	}
	return strings.Join(out, "|")
}

// unspaced reports whether a text begins in a script that puts no blanks between words.
func unspaced(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return template.Unspaced(first)
}

func values(of map[string][]string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		out = append(out, of[name]...)
	}
	return out
}

// longer is those words that have more than one character: by themselves the others are part of any word.
func longer(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return utf8.RuneCountInString(w) < 2 })
}

// named turns names with their words into words with their names.
func named(of ...map[string][]string) map[string]string {
	out := map[string]string{}
	for _, m := range of {
		for name, words := range m {
			for _, w := range words {
				out[w] = name
			}
		}
	}
	return out
}

// numbered is the place of each word in its list, from 0, in lists of so many.
func numbered(lists [][]string, most int) map[string]int {
	out := map[string]int{}
	for i, words := range lists {
		for _, w := range words {
			out[w] = i % most
		}
	}
	return out
}

// numberPattern is the pattern of a number in figures or words, and that of a figure of the language's own.
func (l lexicon) numberPattern() (number, digit string) {
	var latin, other []string
	for w := range l.Numbers {
		if !unspaced(w) {
			latin = append(latin, w)
		} else {
			other = append(other, w)
		}
	}
	digit = `[^\s\S]` // nothing
	if digits := strings.Join(slices.Sorted(maps.Keys(l.Digits)), "") + l.Ten; digits != "" {
		digit = "[" + regexp.QuoteMeta(digits) + "]"
	}
	return fmt.Sprintf(`(?:\d{1,4}(?:\.\d{1,2})?|%s{1,3}|%s)\s*|(?:%s)\s+`, digit, alt(false, other), alt(false, latin)),
		digit
}

func (l lexicon) compile() *patterns {
	p := &patterns{lexicon: l}
	re := func(format string, args ...any) *regexp.Regexp {
		return regexp.MustCompile(fmt.Sprintf(format, args...))
	}
	number, digit := l.numberPattern()
	var days []string
	year, month, day, half := alt(false, l.YearSigns), alt(false, l.MonthSigns), alt(false, l.DaySigns), alt(false, l.Half)
	p.dayOf = map[string]namedDay{}
	for _, d := range l.Days {
		for _, w := range d.Words {
			p.dayOf[w], days = d, append(days, w)
		}
	}
	var weekdays, months, alone []string
	for _, list := range l.Weekdays {
		weekdays = append(weekdays, list...)
	}
	for _, list := range l.Months {
		months = append(months, list...)
	}
	for _, m := range months {
		if !slices.Contains(l.NotAlone, m) {
			alone = append(alone, m)
		}
	}
	var ascii, spaced []string // an expression finds the end of a word only behind ASCII
	for _, w := range l.Fillers {
		if last, _ := utf8.DecodeLastRuneInString(w); last >= utf8.RuneSelf && !template.Unspaced(last) {
			spaced = append(spaced, w)
		} else {
			ascii = append(ascii, w)
		}
	}
	p.unitOf, p.longUnitOf, p.partOf, p.zoneOf = named(l.Units), named(l.Units), named(l.Parts, l.LedParts, l.ClockParts),
		named(l.Zones)
	maps.Copy(p.longUnitOf, named(l.LongUnits))
	maps.Copy(p.partOf, l.Halves)
	p.weekdayOf, p.monthOf = numbered(l.Weekdays, 7), numbered(l.Months, 12)
	units := alt(false, values(l.Units))
	halves, led := slices.Sorted(maps.Keys(l.Halves)),
		slices.DeleteFunc(values(l.LedParts), func(w string) bool { return p.partOf[w] == "night" })

	p.filler = re(`^(?:(?:%s)|(?:%s)(?:\s+|$)|[,;]+)\s*`, alt(true, ascii), alt(false, spaced))
	p.iso = re(`^(\d{4})(?:[-/.]|%s)(\d{1,2})(?:[-/.]|%s)(\d{1,2})(?:%s)?`+
		`(?:t(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(z|[+-]\d{2}:?\d{2})?)?`, year, month, day)
	p.dayFirst = re(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b`)
	p.monthDay = re(`^(\d{1,2})(?:/(\d{1,2})|(?:%s)(\d{1,2})(?:%s)?)`, month, day)
	p.monthNamed = re(`^(?:(\d{1,2})(?:st|nd|rd|th)?\s+(%[1]s)[a-z]*|(%[1]s)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?)\b`,
		alt(false, months))
	p.span = re(`^(%s)((?:%s)?)(%s)?\s*(%s)(%s|\s+(?:%s))?`, number, alt(false, l.Counters), half, units, half,
		alt(true, l.HalfBehind))
	p.after = re(`^\s*(?:(%s)|(%s))`, alt(true, l.Later), alt(true, l.Ago))
	p.day = re(`^(%s)`, alt(false, days))
	p.week = re(`^(?:(?:(%s)|(%s))\s*)?(%s)\.?`, alt(false, l.Next), alt(false, l.This), alt(true, weekdays))
	p.clock = re(`^(%s)?\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(%[2]s)?|(\d{1,2})\s*(%[2]s)|`+
		`(\d{1,2}|%[3]s{1,3})(?:%[4]s)(?:(%[5]s)|(%[6]s)|(\d{1,2})(?:%[7]s)?)?(?:%[8]s)?|(%[9]s)|(%[10]s))`,
		alt(false, values(l.Parts), values(l.ClockParts)), alt(false, halves), digit, alt(false, l.HourSigns), half,
		alt(false, slices.Collect(maps.Keys(l.Quarters))), alt(false, l.MinuteSigns),
		alt(false, l.ClockTails), alt(false, l.Noon), alt(false, l.Midnight))
	p.hour = re(`^(?:%s)\s+(\d{1,2})\b`, alt(false, l.At))
	p.part = re(`^(?:((?:(?:%s)\s+)?)(%s)|(%s))`, alt(false, l.PartLeads), alt(true, values(l.LedParts)),
		alt(false, values(l.Parts)))
	p.zone = re(`^(?:(utc|gmt)(?:\s?([+-])(\d{1,2})(?::?(\d{2}))?)?|(%s)|([a-z]+(?:/[a-z_-]+){1,2}))`,
		alt(false, values(l.Zones)))
	p.more = re(`^(?:[./]|\d{1,2}(?:[:.]\d|\s*(?:%s)\b)|%s|(?:%s))`, alt(false, halves, l.HourSigns),
		alt(false, values(l.Parts), longer(values(l.ClockParts))), alt(true, led))

	p.lastDays = re(`^(?:%s)\s?(\d{1,3})\s?(?:%s)?(%s)`, alt(false, l.Last), alt(false, l.Counters),
		alt(true, l.Units["day"], l.Units["week"], l.Units["month"]))
	p.monthAlone = re(`^(?:(\d{1,2})(?:%s)|(%s))$`, alt(false, l.AloneSigns), alt(false, alone))
	p.year = re(`^(20\d{2})(?:%s)?$`, year)
	p.yearMonth = re(`^(20\d{2})(?:[-/.]|%s)(\d{1,2})(?:%s)?$`, year, month)
	p.yearMonthDay = re(`^(20\d{2})(?:[-/.]|%s)(\d{1,2})(?:[-/.]|%s)(\d{1,2})(?:%s)?$`, year, month, day)
	p.agoBehind = re(`(?i)[\s,]+((?:%s)(?:%s)\s*(?:%s))[.!]?$`, number, alt(false, l.Units["minute"], l.Units["hour"]),
		alt(false, l.Ago))
	return p
}

// spelled reads a number in characters up to ninety-nine.
func (p *patterns) spelled(s string) (n int, ok bool) {
	for _, r := range s {
		switch d := p.Digits[string(r)]; {
		case d > 0 && n%10 == 0:
			n += d
		case strings.ContainsRune(p.Ten, r) && n == 0:
			n = 10
		case strings.ContainsRune(p.Ten, r) && n < 10:
			n *= 10
		default:
			return 0, false
		}
	}
	return n, n > 0
}

// count reads how many: "2", "1.5", "half an", a number in characters.
func (p *patterns) count(s string) (float64, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n, true
	}
	if n, ok := p.Numbers[strings.Join(strings.Fields(s), " ")]; ok {
		return n, true
	}
	n, ok := p.spelled(s)
	return float64(n), ok
}
