package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"signpost/diag"
	"signpost/diag/gate"
)

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// report is a diagnosis: "spf! dmarc? mx" is an error of SPF, DMARC that could not be checked, and a sound MX. Of a
// check with = a warning is found.
func report(text string) *diag.Report {
	r := &diag.Report{Domain: "a.example", Unicode: "a.example", Answers: 1}
	for _, w := range strings.Fields(text) {
		name := strings.TrimRight(w, "!=?")
		res := diag.Result{Check: name, Status: diag.Passed}
		switch f := (diag.Finding{Code: diag.Code(name + ".wrong"), Subject: "a.example"}); w[len(name):] {
		case "!":
			f.Severity = diag.Error
			res.Status, res.Findings = diag.Found, []diag.Finding{f}
		case "=":
			f.Severity = diag.Warning
			res.Status, res.Findings = diag.Found, []diag.Finding{f}
		case "?":
			res.Status = diag.Unknown
		}
		r.Results = append(r.Results, res)
	}
	return r
}

// told is what looks tell, a word each: "+spf" for a fault, "-spf" for one that is gone.
func told(changes []Change) string {
	var out []string
	for _, c := range changes {
		what := ""
		switch {
		case c.Finding != nil:
			what = c.Finding.Code.Check()
		case c.Was != nil:
			what = c.Was.Check
		case c.End != nil:
			what = fmt.Sprintf("%s%d", c.End.Check, c.End.Stage)
		}
		sign := map[Kind]string{Appeared: "+", Gone: "-", Drifted: "~", Returned: "=", Followed: ">", Ending: "!",
			Renewed: "*"}[c.Kind]
		if c.Announced {
			sign += "a"
		}
		out = append(out, sign+what)
	}
	return strings.Join(out, " ")
}

// TestSee: a difference is told when it was seen twice and once; what could not be checked is no change, whatever it
// was before.
func TestSee(t *testing.T) {
	for name, looks := range map[string][][2]string{
		"known from the beginning": {{"mx spf! dmarc", ""}, {"mx spf! dmarc", ""}, {"mx spf! dmarc", ""}},
		"a fault":                  {{"mx spf", ""}, {"mx spf!", ""}, {"mx spf!", "+spf"}, {"mx spf!", ""}},
		"passing trouble":          {{"mx spf", ""}, {"mx spf!", ""}, {"mx spf", ""}, {"mx spf!", ""}, {"mx spf", ""}},
		"gone":                     {{"mx spf!", ""}, {"mx spf", ""}, {"mx spf", "-spf"}, {"mx spf", ""}},
		"gone for a moment":        {{"mx spf!", ""}, {"mx spf", ""}, {"mx spf!", ""}, {"mx spf", ""}, {"mx spf!", ""}},
		"unknown is no change":     {{"mx spf!", ""}, {"mx spf?", ""}, {"mx spf?", ""}, {"mx spf!", ""}},
		"unknown does not mend": {{"mx spf!", ""}, {"mx spf", ""}, {"mx spf?", ""}, {"mx spf?", ""},
			{"mx spf", "-spf"}},
		"unknown does not confirm": {{"mx spf", ""}, {"mx spf!", ""}, {"mx spf?", ""}, {"mx spf?", ""},
			{"mx spf!", "+spf"}},
		"unknown at first is not new": {{"mx spf?", ""}, {"mx spf!", ""}, {"mx spf!", ""}, {"mx spf", ""},
			{"mx spf", "-spf"}},
		"nothing could be checked": {{"mx spf", ""}, {"", ""}, {"mx spf!", ""}, {"", ""}, {"mx spf!", "+spf"}},
		"several":                  {{"mx= spf", ""}, {"mx spf!", ""}, {"mx spf!", "-mx +spf"}},
	} {
		w := New("a.example", "C1", "U1", Daily, monday)
		at := monday
		for i, l := range looks {
			r := report(l[0])
			if l[0] == "" {
				r.Answers = 0
			}
			at = at.Add(time.Hour)
			if got := told(w.See(Look{Due: at, At: at, Report: r}, Rules{Team: "T1"})); got != l[1] {
				t.Errorf("%s: look %d (%s) tells %q, want %q", name, i+1, l[0], got, l[1])
			}
		}
	}
}

// TestSeeFlaps: the oftener a fault came and went, the longer it must stay.
func TestSeeFlaps(t *testing.T) {
	w := New("a.example", "C1", "U1", Hourly, monday)
	at, count := monday, 0
	w.See(Look{Due: at, At: at, Report: report("mx spf")}, Rules{})
	for i := range 80 {
		text := "mx spf!"
		if i%4 >= 2 {
			text = "mx spf"
		}
		at = at.Add(10 * time.Minute)
		count += len(w.See(Look{Due: at, At: at, Report: report(text)}, Rules{}))
	}
	if count != 2 {
		t.Errorf("a fault that comes and goes was told %d times", count)
	}
	for range maxTimes {
		at = at.Add(10 * time.Minute)
		count += len(w.See(Look{Due: at, At: at, Report: report("mx spf!")}, Rules{}))
	}
	if count != 3 {
		t.Errorf("when it stayed at last it was told %d times", count-2)
	}
}

// TestSeeQuiet: outside of working hours what is not urgent waits until somebody is there, and is told only if it is
// still so; while muted nothing is told, and what differs afterwards is.
func TestSeeQuiet(t *testing.T) {
	opens := monday.Add(6 * time.Hour)
	rules := Rules{Team: "T1", Opens: func(at time.Time) time.Time {
		if at.Before(opens) {
			return opens
		}
		return at
	}}
	w := New("a.example", "C1", "U1", Hourly, monday)
	see := func(at time.Time, text string) string {
		return told(w.See(Look{Due: at, At: at, Report: report(text)}, rules))
	}
	hour := func(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }
	see(hour(0), "mx spf dmarc ptr")
	see(hour(1), "mx! spf= dmarc= ptr")
	if got := see(hour(2), "mx! spf= dmarc= ptr"); got != "+mx" {
		t.Errorf("at night: %q", got)
	}
	if w.Next.After(opens.Add(time.Minute)) {
		t.Errorf("the next look is at %v", w.Next)
	}
	see(hour(3), "mx! spf= dmarc ptr")
	if got := see(hour(6), "mx! spf= dmarc ptr"); got != "+spf" {
		t.Errorf("in the morning: %q", got)
	}
	w.Muted = hour(48)
	see(hour(7), "mx! spf= dmarc ptr!")
	if got := see(hour(8), "mx! spf= dmarc ptr!"); got != "" {
		t.Errorf("muted: %q", got)
	}
	if got := see(hour(49), "mx! spf= dmarc ptr!"); got != "+ptr" {
		t.Errorf("afterwards: %q", got)
	}
}

// TestSeeExpected: what an announced change brings is not told before its time is over; then it is, as such.
func TestSeeExpected(t *testing.T) {
	w := New("a.example", "C1", "U1", Daily, monday)
	see := func(hours int, text string, sets ...gate.Set) string {
		at := monday.Add(time.Duration(hours) * time.Hour)
		return told(w.See(Look{Due: at, At: at, Report: report(text), Sets: sets}, Rules{Team: "T1"}))
	}
	mx := func(host string) gate.Set {
		return gate.Set{Check: "mx", Name: "a.example", Type: "MX", Values: []string{"10 " + host}}
	}
	spf := func(text string) gate.Set {
		return gate.Set{Check: "spf", Name: "a.example", Type: "TXT", Kind: "spf", Values: []string{text}}
	}
	see(0, "mx spf dmarc")
	w.Pin([]gate.Set{mx("old."), spf("v=spf1 -all")}, monday)
	if err := w.Expected(Expect{Checks: []string{"mx"}, Until: monday.Add(5 * time.Hour)}, monday); err != nil {
		t.Fatal(err)
	}
	see(1, "mx! spf! dmarc", mx("new."), spf("v=spf1 ~all"))
	if got := see(2, "mx! spf! dmarc", mx("new."), spf("v=spf1 ~all")); got != "+spf ~spf" {
		t.Errorf("of what was not announced: %q", got)
	}
	if !w.Next.Equal(monday.Add(5*time.Hour + time.Minute)) {
		t.Errorf("the next look is at %v", w.Next)
	}
	if got := see(6, "mx! spf! dmarc", mx("new."), spf("v=spf1 ~all")); got != "+amx >amx" {
		t.Errorf("afterwards: %q", got)
	}
	see(7, "mx! spf! dmarc", mx("new."), spf("v=spf1 -all"))
	if got := see(8, "mx! spf! dmarc", mx("new."), spf("v=spf1 -all")); got != "=spf" {
		t.Errorf("brought back: %q", got)
	}
	for range maxExpects + 1 {
		if err := w.Expected(Expect{Until: monday.Add(50 * time.Hour)}, monday); err != nil {
			return
		}
	}
	t.Error("any number of changes may be announced")
}

// TestPinned: a difference to what was pinned is told once; what could not be read is none, and names of hosts have no
// case.
func TestPinned(t *testing.T) {
	set := func(values ...string) []gate.Set {
		return []gate.Set{{Check: "mx", Name: "a.example", Type: "MX", Values: values}}
	}
	for name, looks := range map[string][]struct {
		sets []gate.Set
		want string
	}{
		"changed": {{set("10 b."), ""}, {set("10 b."), "~mx"}, {set("10 b."), ""}, {set("10 c."), ""},
			{set("10 c."), "~mx"}},
		"taken out":    {{set(), ""}, {set(), "~mx"}},
		"not readable": {{nil, ""}, {nil, ""}, {set("10 a."), ""}},
		"unread twice": {{set("10 b."), ""}, {nil, ""}, {set("10 b."), "~mx"}, {nil, ""}, {set("10 b."), ""}},
		"other case":   {{set("10 A."), ""}, {set("10 A."), ""}},
		"for a moment": {{set("10 b."), ""}, {set("10 a."), ""}, {set("10 b."), ""}},
	} {
		w := New("a.example", "C1", "U1", Daily, monday)
		at := monday
		w.Pin(set("10 a."), at)
		for i, l := range looks {
			at = at.Add(time.Hour)
			got := told(w.See(Look{Due: at, At: at, Report: report("mx"), Sets: l.sets}, Rules{}))
			if got != l.want {
				t.Errorf("%s: look %d tells %q, want %q", name, i+1, got, l.want)
			}
		}
		if _, n := w.Accept(at); (n > 0) != (len(w.Pins) == 1 && !w.Pins[0].Equal(set("10 a.")[0])) {
			t.Errorf("%s: accepted %d: %v", name, n, w.Pins)
		}
	}
}

// TestNext: looks are spread evenly over the interval, every process says the same, and each is after the one before.
func TestNext(t *testing.T) {
	for _, e := range Intervals {
		var parts [10]int
		for i := range 2000 {
			domain := fmt.Sprintf("host%d.example", i)
			at := Next("T1", domain, e, monday)
			if !at.After(monday) || at.Sub(monday) > e.Span() || !at.Equal(Next("T1", domain, e, at.Add(-time.Second))) ||
				!Next("T1", domain, e, at).Equal(at.Add(e.Span())) {
				t.Fatalf("%s %s: %v", e, domain, at)
			}
			parts[int(at.Sub(monday)*10/(e.Span()+1))]++
		}
		for i, n := range parts {
			if n < 140 || n > 260 {
				t.Errorf("%s: %d of 2000 looks are in part %d of 10", e, n, i)
			}
		}
	}
}

// TestStage: what ends is told 30, 14, 7 and 1 days ahead, what lives for a short time only in its last quarter.
func TestStage(t *testing.T) {
	for _, x := range []struct {
		life, left float64
		rolls      bool
		want       int
	}{
		{365, 31, false, 0}, {365, 30, false, 30}, {365, 15, false, 30}, {365, 14, false, 14}, {365, 7, false, 7},
		{365, 1.5, false, 7}, {365, 1, false, 1}, {365, 0, false, 0}, {0, 29, false, 30},
		{90, 29, false, 0}, {90, 14, false, 14}, {45, 14, false, 0}, {45, 7, false, 7}, {6, 2, false, 0}, {6, 1, false, 1},
		{2, 1, true, 0}, {30, 7, true, 7}, {0, 5, true, 0},
	} {
		e := End{Check: "smtp", At: monday.Add(time.Duration(x.left * float64(day))),
			Life: time.Duration(x.life * float64(day)), Rolls: x.rolls}
		if got := e.stage(monday); got != x.want {
			t.Errorf("%+v: %d", x, got)
		}
	}
}
