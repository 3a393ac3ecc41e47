package datetime

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
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
	// Parts are the parts of the day; those of a language with PartLeads need one of them, a day or an hour beside them.
	// ClockParts stand before an hour alone, and Halves behind one.
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
	"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
	"month": 30 * 24 * time.Hour, "year": 365 * 24 * time.Hour,
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
		known("units", slices.Concat(slices.Collect(maps.Keys(l.Units)), slices.Collect(maps.Keys(l.LongUnits))),
			slices.Sorted(maps.Keys(units))), known("parts", slices.Collect(maps.Keys(l.Parts)), allParts),
		known("clock-parts", slices.Collect(maps.Keys(l.ClockParts)), allParts),
		known("halves", slices.Collect(maps.Values(l.Halves)), allParts),
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
		{&l.Fillers, &one.Fillers}, {&l.Counters, &one.Counters}, {&l.Half, &one.Half}, {&l.HalfBehind, &one.HalfBehind},
		{&l.Later, &one.Later}, {&l.Ago, &one.Ago}, {&l.At, &one.At},
		{&l.This, &one.This}, {&l.Next, &one.Next}, {&l.NotAlone, &one.NotAlone}, {&l.YearSigns, &one.YearSigns},
		{&l.MonthSigns, &one.MonthSigns}, {&l.AloneSigns, &one.AloneSigns},
		{&l.DaySigns, &one.DaySigns}, {&l.HourSigns, &one.HourSigns}, {&l.MinuteSigns, &one.MinuteSigns},
		{&l.ClockTails, &one.ClockTails}, {&l.PartLeads, &one.PartLeads},
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

// Ranges is the names of the days that are called by a name of their own.
var Ranges = []string{"today", "yesterday", "this-week", "last-week", "this-month", "last-month"}
