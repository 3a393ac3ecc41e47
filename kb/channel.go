package kb

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// Kinds of channels by which a provider is reached, and two by which it speaks.
const (
	Phone         = "phone"
	Ticket        = "ticket"
	Chat          = "chat"
	HelpCentre    = "help"
	Manager       = "manager" // a person at the provider who looks after the customer
	Email         = "email"
	Status        = "status"
	Announcements = "announcements"
	Console       = "console" // the page where administrators sign in
)

var channelKinds = []string{Phone, Ticket, Chat, HelpCentre, Manager, Email, Status, Announcements, Console}

// Opening is whether a channel answers now; where it does not, when next. The zero value: not known.
type Opening struct {
	Known, Open bool
	Next        time.Time
	// Holiday: it would answer, but for a public holiday.
	Holiday bool
	// Holidays: nobody answers on public holidays, and those to come are not known here.
	Holidays bool
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Opening is the state of a channel with these hours at a time.
func (b *Base) Opening(h *Hours, now time.Time) Opening {
	if h == nil {
		return Opening{}
	}
	o := Opening{Known: true, Open: h.Always}
	if h.Always {
		return o
	}
	holidays := b.calendars[h.Calendar]
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return Opening{}
	}
	local := now.In(zone)
	for ahead := -1; ahead < 20; ahead++ { // from a night that began yesterday to longer than any holiday
		d := local.AddDate(0, 0, ahead)
		answers := h.on(d.Weekday())
		if h.Holidays == "closed" {
			switch holidays.on(d) {
			case unknownDay:
				o.Holidays = true
			case off:
				o.Holiday = o.Holiday || answers && ahead == 0
				continue
			case worked:
				answers = true
			}
		}
		if !answers {
			continue
		}
		from, till := h.span(d)
		switch {
		case !local.Before(from) && local.Before(till):
			o.Open = true
			return o
		case ahead >= 0 && local.Before(from):
			o.Next = from
			return o
		}
	}
	return o
}

// span is from when till when the hours last that begin on a day: those that close before they open end on the next.
func (h *Hours) span(d time.Time) (from, till time.Time) {
	at := func(clock string, day int) time.Time {
		t, err := time.Parse("15:04", clock)
		if err != nil { // 24:00
			day++
		}
		return time.Date(d.Year(), d.Month(), d.Day()+day, t.Hour(), t.Minute(), 0, 0, d.Location())
	}
	from, till = at(h.Open, 0), at(h.Close, 0)
	if !till.After(from) {
		till = at(h.Close, 1)
	}
	return from, till
}

// on reports whether the hours begin on a day of the week: mon-fri, or mon-wed,fri.
func (h *Hours) on(d time.Weekday) bool {
	for part := range strings.SplitSeq(h.Days, ",") {
		from, till, ok := strings.Cut(part, "-")
		if !ok {
			till = from
		}
		first, last := slices.Index(weekdays, from), slices.Index(weekdays, till)
		// Fri-mon, or mon-sun.
		if first <= last && int(d) >= first && int(d) <= last || first > last && (int(d) >= first || int(d) <= last) {
			return true
		}
	}
	return false
}

// validate names everything that is wrong with a channel.
func (c *Channel) validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains(channelKinds, c.Kind) {
		wrong("kind %q is none of %s", c.Kind, strings.Join(channelKinds, ", "))
	}
	if c.Kind == Phone && c.Number == "" && len(c.Path) == 0 {
		wrong("a phone needs a number, such as number: '+1 800 555 0100', or the path by which the provider shows one")
	}
	if c.Kind == Email && !strings.Contains(c.Address, "@") && len(c.Path) == 0 {
		wrong("an email channel needs an address")
	}
	if c.URL != "" && !strings.HasPrefix(c.URL, "https://") {
		wrong("url %q must begin with https://", c.URL)
	}
	if c.URL == "" && c.Number == "" && c.Address == "" && len(c.Path) == 0 {
		wrong("how is it reached? Give a number, url, address or path")
	}
	if c.Confidence != "official-page-seen" && c.Confidence != "secondary" && c.Confidence != "own" {
		wrong("confidence %q must be official-page-seen, secondary or, for your own, own", c.Confidence)
	}
	if c.Confidence != "own" && c.Source == "" {
		wrong("a fact needs its source")
	}
	if _, err := time.Parse(time.DateOnly, c.Seen); err != nil {
		wrong("seen %q must be a date, such as 2026-11-23", c.Seen)
	}
	for _, t := range []Text{c.Path, c.Category, c.Note, c.Menu, c.Plan, c.Billing.Menu, c.Billing.Category} {
		if len(t) > 0 && (t["en"] == "" || t["zh"] == "") {
			wrong("texts are needed in en and zh")
		}
	}
	if h := c.Hours; h != nil {
		for _, err := range h.wrong() {
			wrong("hours: %w", err)
		}
	}
	return errors.Join(errs...)
}

// wrong names everything that is wrong with hours.
func (h *Hours) wrong() (errs []error) {
	if h.Always {
		return nil
	}
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := time.LoadLocation(h.Zone); err != nil || h.Zone == "" {
		wrong("no such time zone: %q. For example: Asia/Shanghai", h.Zone)
	}
	if h.Calendar != "" && h.Holidays != "closed" {
		wrong("a calendar needs holidays: closed")
	}
	for part := range strings.SplitSeq(h.Days, ",") {
		from, till, ok := strings.Cut(part, "-")
		if !slices.Contains(weekdays, from) || ok && !slices.Contains(weekdays, till) {
			wrong("days %q must be like mon-fri or mon,wed", h.Days)
			break
		}
	}
	for _, at := range []string{h.Open, h.Close} {
		if _, err := time.Parse("15:04", at); err != nil && (at != "24:00" || at == h.Open) {
			wrong("%q must be a time such as 09:00", at)
		}
	}
	if h.Close == h.Open {
		wrong("they close when they open (%s)", h.Open)
	}
	return errs
}

// ErrHours says that hours cannot be read.
var ErrHours = errors.New("kb: hours")

// ReadHours reads when a team works: "mon-fri 09:00-18:00 Asia/Shanghai CN" or the same in words is days (every day
// where they are left out; mon,wed for some), times of day (18:00-02:00 lasts into the next), a time zone (zone where
// it is left out) and a country whose public holidays are free. Nil hours are "always". The error wraps ErrHours.
func (b *Base) ReadHours(text, zone string) (*Hours, error) {
	text = strings.TrimSpace(aroundMark.ReplaceAllString(b.words.hours.Replace(width.Fold.String(text)), "$1"))
	if slices.Contains([]string{"", "always", "off", "none", "24x7", "7x24", "24/7", "7/24", "24*7", "7*24"},
		strings.ToLower(text)) {
		return nil, nil
	}
	h := &Hours{Days: "mon-sun", Zone: zone}
	for _, w := range strings.Fields(text) {
		from, till, span := strings.Cut(w, "-")
		_, timed := time.Parse("15:04", zeroed(from))
		low := strings.ToLower(w)
		switch {
		case timed == nil && span:
			h.Open, h.Close = zeroed(from), zeroed(till)
		case aDayOfTheWeek(low):
			h.Days = shortDays(low)
		case b.calendars[strings.ToUpper(w)] != nil:
			h.Holidays, h.Calendar = "closed", strings.ToUpper(w)
		default:
			h.Zone = w
		}
	}
	if errs := h.wrong(); len(errs) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrHours, errors.Join(errs...))
	}
	return h, nil
}

var aroundMark = regexp.MustCompile(`\s*([-,])\s*`)

// aDayOfTheWeek reports whether a word begins with the name of a day.
func aDayOfTheWeek(w string) bool {
	return len(w) >= 3 && slices.Contains(weekdays, w[:3]) && !strings.Contains(w, "/")
}

var longDay = regexp.MustCompile(`\b(sun|mon|tue|wed|thu|fri|sat)[a-z]*`)

// shortDays is days by their first three letters.
func shortDays(days string) string { return longDay.ReplaceAllString(days, "$1") }

// zeroed is a time of day with two digits for the hour.
func zeroed(at string) string {
	if len(at) == 4 {
		return "0" + at
	}
	return at
}

// String is hours as ReadHours reads them.
func (h *Hours) String() string {
	if h == nil || h.Always {
		return "always"
	}
	return strings.TrimSpace(h.Days + " " + h.Open + "-" + h.Close + " " + h.Zone + " " + h.Calendar)
}

// staleAfter is how old a fact may be before the page is to be checked.
const staleAfter = 180 * 24 * time.Hour

// Stale reports a fact that was seen more than 180 days ago.
func (f Fact) Stale(now time.Time) bool {
	seen, err := time.Parse(time.DateOnly, f.Seen)
	return err != nil || now.Sub(seen) > staleAfter
}

// Unconfirmed reports a fact that was not seen on an official page.
func (f Fact) Unconfirmed() bool { return f.Confidence == "secondary" }

// Asked is the providers to choose from where nothing tells which one is meant.
func (b *Base) Asked() []string { return b.ranking.Ask }

// Providers is every provider.
func (b *Base) Providers() []Provider { return b.providers }

// Worked is how much of the time between two times lies within hours, public holidays left out.
func (b *Base) Worked(h *Hours, from, till time.Time) time.Duration {
	if h == nil || h.Always || !till.After(from) {
		return max(till.Sub(from), 0)
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return till.Sub(from)
	}
	var sum time.Duration
	first := from.In(zone)
	for day := -1; day < maxWorkedDays; day++ { // a night that began the day before counts too
		d := time.Date(first.Year(), first.Month(), first.Day()+day, 0, 0, 0, 0, zone)
		if d.After(till) {
			break
		}
		if !b.answers(h, d) {
			continue
		}
		a, z := h.span(d)
		if a.Before(from) {
			a = from
		}
		if z.After(till) {
			z = till
		}
		if z.After(a) {
			sum += z.Sub(a)
		}
	}
	return sum
}

// maxWorkedDays bounds how long a time is counted.
const maxWorkedDays = 3 * 366

// answers reports whether a day is a working day of the hours.
func (b *Base) answers(h *Hours, d time.Time) bool {
	if h.Holidays == "closed" {
		switch b.calendars[h.Calendar].on(d) {
		case off:
			return false
		case worked:
			return true
		}
	}
	return h.on(d.Weekday())
}
