package datetime

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"signpost/commands/intent/template"
)

// otherZone reads a zone: "UTC+8", "Asia/Shanghai", "China time".
func (r *reading) otherZone() bool {
	saved := r.left
	m := r.take(r.p.zone)
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
	name := r.p.zoneOf[m[5]]
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

// length reads a span: "2h", "1h30m later".
func (r *reading) length() bool {
	m := r.p.spanIn(r.left)
	if m == nil {
		return false
	}
	rest := r.left[len(m[0]):]
	next, _ := utf8.DecodeRuneInString(rest)
	n, ok := r.p.count(strings.TrimSpace(m[1]))
	if !ok || !unspaced(m[4]) && unicode.IsLetter(next) && !template.Unspaced(next) {
		return false
	}
	r.left = rest
	if m[3] != "" || m[5] != "" {
		n += 0.5
	}
	r.span += time.Duration(n * float64(units[r.p.unitOf[m[4]]])).Round(time.Second)
	if a := r.p.after.FindStringSubmatch(r.left); a != nil {
		r.left, r.ago = r.left[len(a[0]):], r.ago || a[2] != ""
	}
	return r.span > 0
}

// spanIn is the span with which a text begins: number, counter, a half, the unit, a half. A unit that also stands in
// dates is one only with its counter.
func (p *patterns) spanIn(left string) []string {
	m := p.span.FindStringSubmatch(left)
	if m == nil || slices.Contains(p.DaySigns, m[4]) || m[2] == "" &&
		(slices.Contains(p.MonthSigns, m[4]) || slices.Contains(p.YearSigns, m[4])) {
		return nil
	}
	return m
}

// reading is a text of which a time is being read.
type reading struct {
	moment
	p    *patterns
	left string // folded and in lower case, of as many characters as what is left of the text
	now  time.Time
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
	if !template.Unspaced(last) &&
		(unicode.IsLetter(next) && !template.Unspaced(next) || unicode.IsDigit(last) && unicode.IsDigit(next)) {
		return nil
	}
	r.left = r.left[end:]
	return m
}
