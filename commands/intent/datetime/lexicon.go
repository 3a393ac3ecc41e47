package datetime

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

//go:embed words
var files embed.FS

// lexicon is what times are called, in one language or in all of them together.
type lexicon struct {
	Fillers     []string           `yaml:"fillers"`
	Digits      map[string]int     `yaml:"digits"`
	Ten         string             `yaml:"ten"`
	Numbers     map[string]float64 `yaml:"number-words"`
	Counters    []string           `yaml:"counters"`
	Units       map[string][]string
	LongUnits   map[string][]string `yaml:"long-units"` // where a length of days is asked for, they go before Units
	Half        []string            `yaml:"half"`
	HalfBehind  []string            `yaml:"half-behind"`
	Later       []string            `yaml:"later"`
	Ago         []string            `yaml:"ago"`
	At          []string            `yaml:"at"`
	Days        []namedDay          `yaml:"days"`
	This        []string            `yaml:"this"`
	Next        []string            `yaml:"next"`
	Weekdays    [][]string          `yaml:"weekdays"`
	Months      [][]string          `yaml:"months"`
	NotAlone    []string            `yaml:"months-not-alone"`
	YearSigns   []string            `yaml:"year-signs"`
	MonthSigns  []string            `yaml:"month-signs"`
	AloneSigns  []string            `yaml:"month-alone-signs"`
	DaySigns    []string            `yaml:"day-signs"`
	HourSigns   []string            `yaml:"hour-signs"`
	MinuteSigns []string            `yaml:"minute-signs"`
	ClockTails  []string            `yaml:"clock-tails"`
	Quarters    map[string]int      `yaml:"quarters"`
	// Parts are the parts of the day; those of a language with PartLeads need one of them, a day or an hour beside them. ClockParts stand before an hour
	// alone, and Halves behind one.
	Parts      map[string][]string `yaml:"parts"`
	ClockParts map[string][]string `yaml:"clock-parts"`
	PartLeads  []string            `yaml:"part-leads"`
	Halves     map[string]string   `yaml:"halves"`
	Noon       []string            `yaml:"noon"`
	Midnight   []string            `yaml:"midnight"`
	Zones      map[string][]string `yaml:"zones"`
	Last       []string            `yaml:"last"`
	Ranges     map[string][]string `yaml:"ranges"`

	LedParts map[string][]string `yaml:"-"` // the parts that need something beside them
}

// namedDay is days with a name: so many from today, or To a week, weekend or month.
type namedDay struct {
	Words []string
	Days  int
	Part  string
	To    string
}

// units is how long each unit is, where it is a length.
var units = map[string]time.Duration{
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour, "year": 365 * 24 * time.Hour,
}

// partHours is the hour that stands for a part of the day alone.
var partHours = map[string]int{"morning": 9, "noon": 12, "afternoon": 14, "dusk": 18, "evening": 20, "night": 20}

// allParts is every part of the day: those without an hour of their own stand before an hour.
var allParts = append(slices.Sorted(maps.Keys(partHours)), "small hours")

// readLexicon reads the words of every language and puts them together. The error says what is wrong with which file.
func readLexicon(dir fs.FS) (all lexicon, err error) {
	names, err := fs.Glob(dir, "words/*.yaml")
	if err != nil || len(names) == 0 {
		return all, fmt.Errorf("datetime: no words: %w", err)
	}
	for _, name := range names {
		raw, err := fs.ReadFile(dir, name)
		if err != nil {
			return all, fmt.Errorf("datetime: %w", err)
		}
		var one lexicon
		d := yaml.NewDecoder(strings.NewReader(string(raw)))
		d.KnownFields(true)
		if err := d.Decode(&one); err != nil {
			return all, fmt.Errorf("datetime: %s: %w", name, err)
		}
		if err := one.validate(); err != nil {
			return all, fmt.Errorf("datetime: %s: %w", name, err)
		}
		all.add(one)
	}
	return all, nil
}

// validate tells what no time can be read with.
func (l *lexicon) validate() error {
	known := func(what string, names []string, from []string) error {
		for _, n := range names {
			if !slices.Contains(from, n) {
				return fmt.Errorf("%s: %q is none of %s", what, n, strings.Join(from, ", "))
			}
		}
		return nil
	}
	to := []string{"", "weekend", "next-weekend", "next-week", "next-month"}
	errs := []error{
		known("units", slices.Concat(slices.Collect(maps.Keys(l.Units)), slices.Collect(maps.Keys(l.LongUnits))), slices.Sorted(maps.Keys(units))), known("parts", slices.Collect(maps.Keys(l.Parts)), allParts),
		known("clock-parts", slices.Collect(maps.Keys(l.ClockParts)), allParts), known("halves", slices.Collect(maps.Values(l.Halves)), allParts),
		known("ranges", slices.Collect(maps.Keys(l.Ranges)), Ranges),
	}
	for _, d := range l.Days {
		errs = append(errs, known("days", []string{d.To}, to), known("days", []string{cmp.Or(d.Part, "noon")}, allParts))
	}
	for zone := range l.Zones {
		if _, err := time.LoadLocation(zone); err != nil {
			errs = append(errs, fmt.Errorf("zones: %w", err))
		}
	}
	if n := len(l.Weekdays); n != 0 && n != 7 {
		errs = append(errs, fmt.Errorf("weekdays: %d of 7", n))
	}
	if n := len(l.Months); n != 0 && n != 12 {
		errs = append(errs, fmt.Errorf("months: %d of 12", n))
	}
	if len(l.Digits) > 0 && utf8.RuneCountInString(l.Ten) != 1 {
		errs = append(errs, fmt.Errorf("ten: %q is no digit", l.Ten))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds the words of one language.
func (l *lexicon) add(one lexicon) {
	for _, list := range []struct{ to, from *[]string }{
		{&l.Fillers, &one.Fillers}, {&l.Counters, &one.Counters}, {&l.Half, &one.Half}, {&l.HalfBehind, &one.HalfBehind}, {&l.Later, &one.Later}, {&l.Ago, &one.Ago}, {&l.At, &one.At},
		{&l.This, &one.This}, {&l.Next, &one.Next}, {&l.NotAlone, &one.NotAlone}, {&l.YearSigns, &one.YearSigns}, {&l.MonthSigns, &one.MonthSigns}, {&l.AloneSigns, &one.AloneSigns},
		{&l.DaySigns, &one.DaySigns}, {&l.HourSigns, &one.HourSigns}, {&l.MinuteSigns, &one.MinuteSigns}, {&l.ClockTails, &one.ClockTails}, {&l.PartLeads, &one.PartLeads},
		{&l.Noon, &one.Noon}, {&l.Midnight, &one.Midnight}, {&l.Last, &one.Last},
	} {
		*list.to = append(*list.to, *list.from...)
	}
	parts := &l.Parts
	if len(one.PartLeads) > 0 {
		parts = &l.LedParts
	}
	merge(&l.Units, one.Units)
	merge(&l.LongUnits, one.LongUnits)
	merge(parts, one.Parts)
	merge(&l.ClockParts, one.ClockParts)
	merge(&l.Zones, one.Zones)
	merge(&l.Ranges, one.Ranges)
	merged(&l.Digits, one.Digits)
	merged(&l.Numbers, one.Numbers)
	merged(&l.Quarters, one.Quarters)
	merged(&l.Halves, one.Halves)
	l.Ten += one.Ten
	l.Days = append(l.Days, one.Days...)
	l.Weekdays, l.Months = append(l.Weekdays, one.Weekdays...), append(l.Months, one.Months...)
}

func merge(to *map[string][]string, from map[string][]string) {
	for name, words := range from {
		if *to == nil {
			*to = map[string][]string{}
		}
		(*to)[name] = append((*to)[name], words...)
	}
}

func merged[V any](to *map[string]V, from map[string]V) {
	if *to == nil {
		*to = map[string]V{}
	}
	maps.Copy(*to, from)
}

// patterns are the parts of a time, each at the beginning of what is left. They are matched against the text folded and in lower case.
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

// known is the words of all languages, read when a time is first looked for. Files that cannot be read are found by the tests.
var known = sync.OnceValue(func() *patterns {
	all, err := readLexicon(files)
	if err != nil {
		panic(err)
	}
	return all.compile()
})

// Validate tells whether the words of every language can be read with.
func Validate() error {
	_, err := readLexicon(files)
	return err
}

// alt is words as alternatives, the longest first. Where whole is set, one that ends in a Latin letter must end where a word ends.
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

func (l lexicon) compile() *patterns {
	p := &patterns{lexicon: l}
	re := func(format string, args ...any) *regexp.Regexp {
		return regexp.MustCompile(fmt.Sprintf(format, args...))
	}
	var latin, other, days []string
	for w := range l.Numbers {
		if w[0] < utf8.RuneSelf {
			latin = append(latin, w)
		} else {
			other = append(other, w)
		}
	}
	digit := "[" + regexp.QuoteMeta(strings.Join(slices.Sorted(maps.Keys(l.Digits)), "")+l.Ten) + "]"
	number := fmt.Sprintf(`(?:\d{1,4}(?:\.\d{1,2})?|%s{1,3}|%s)\s*|(?:%s)\s+`, digit, alt(false, other), alt(false, latin))
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
	p.unitOf, p.longUnitOf, p.partOf, p.zoneOf = named(l.Units), named(l.Units), named(l.Parts, l.LedParts, l.ClockParts), named(l.Zones)
	maps.Copy(p.longUnitOf, named(l.LongUnits))
	maps.Copy(p.partOf, l.Halves)
	p.weekdayOf, p.monthOf = numbered(l.Weekdays, 7), numbered(l.Months, 12)
	units := alt(false, values(l.Units))
	halves, led := slices.Sorted(maps.Keys(l.Halves)), slices.DeleteFunc(values(l.LedParts), func(w string) bool { return p.partOf[w] == "night" })

	p.filler = re(`^(?:(?:%s)|[,;]+)\s*`, alt(true, l.Fillers))
	p.iso = re(`^(\d{4})(?:[-/.]|%s)(\d{1,2})(?:[-/.]|%s)(\d{1,2})(?:%s)?(?:t(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(z|[+-]\d{2}:?\d{2})?)?`, year, month, day)
	p.dayFirst = re(`^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b`)
	p.monthDay = re(`^(\d{1,2})(?:/(\d{1,2})|(?:%s)(\d{1,2})(?:%s)?)`, month, day)
	p.monthNamed = re(`^(?:(\d{1,2})(?:st|nd|rd|th)?\s+(%[1]s)[a-z]*|(%[1]s)[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?)\b`, alt(false, months))
	p.span = re(`^(%s)((?:%s)?)(%s)?\s*(%s)(%s|\s+(?:%s))?`, number, alt(false, l.Counters), half, units, half, alt(true, l.HalfBehind))
	p.after = re(`^\s*(?:(%s)|(%s))`, alt(true, l.Later), alt(true, l.Ago))
	p.day = re(`^(%s)`, alt(false, days))
	p.week = re(`^(?:(?:(%s)|(%s))\s*)?(%s)\.?`, alt(false, l.Next), alt(false, l.This), alt(true, weekdays))
	p.clock = re(`^(%s)?\s*(?:(\d{1,2}):(\d{2})(?::(\d{2}))?\s*(%[2]s)?|(\d{1,2})\s*(%[2]s)|(\d{1,2}|%[3]s{1,3})(?:%[4]s)(?:(%[5]s)|(%[6]s)|(\d{1,2})(?:%[7]s)?)?(?:%[8]s)?|(%[9]s)|(%[10]s))`,
		alt(false, values(l.Parts), values(l.ClockParts)), alt(false, halves), digit, alt(false, l.HourSigns), half, alt(false, slices.Collect(maps.Keys(l.Quarters))), alt(false, l.MinuteSigns),
		alt(false, l.ClockTails), alt(false, l.Noon), alt(false, l.Midnight))
	p.hour = re(`^(?:%s)\s+(\d{1,2})\b`, alt(false, l.At))
	p.part = re(`^(?:((?:(?:%s)\s+)?)(%s)|(%s))`, alt(false, l.PartLeads), alt(true, values(l.LedParts)), alt(false, values(l.Parts)))
	p.zone = re(`^(?:(utc|gmt)(?:\s?([+-])(\d{1,2})(?::?(\d{2}))?)?|(%s)|([a-z]+(?:/[a-z_-]+){1,2}))`, alt(false, values(l.Zones)))
	p.more = re(`^(?:[./]|\d{1,2}(?:[:.]\d|\s*(?:%s)\b)|%s|(?:%s))`, alt(false, halves, l.HourSigns), alt(false, values(l.Parts), longer(values(l.ClockParts))), alt(true, led))

	p.lastDays = re(`^(?:%s)\s?(\d{1,3})\s?(?:%s)?(%s)`, alt(false, l.Last), alt(false, l.Counters), alt(true, l.Units["day"], l.Units["week"], l.Units["month"]))
	p.monthAlone = re(`^(?:(\d{1,2})(?:%s)|(%s))$`, alt(false, l.AloneSigns), alt(false, alone))
	p.year = re(`^(20\d{2})(?:%s)?$`, year)
	p.yearMonth = re(`^(20\d{2})(?:[-/.]|%s)(\d{1,2})(?:%s)?$`, year, month)
	p.yearMonthDay = re(`^(20\d{2})(?:[-/.]|%s)(\d{1,2})(?:[-/.]|%s)(\d{1,2})(?:%s)?$`, year, month, day)
	p.agoBehind = re(`(?i)[\s,]+((?:%s)(?:%s)\s*(?:%s))[.!]?$`, number, alt(false, l.Units["minute"], l.Units["hour"]), alt(false, l.Ago))
	return p
}

// spelled reads a number in characters up to ninety-nine: 一 to 九十九.
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

// count reads how many: "2", "1.5", "half an", 两.
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
