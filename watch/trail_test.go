package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestTrail: of each day the worst is kept that was known, days without a look are as the one before left them as long
// as none was due, and a look that showed nothing is no news.
func TestTrail(t *testing.T) {
	for name, x := range map[string]struct {
		every Every
		looks []string // hours after monday, then what was found
		want  string
	}{
		"sound":             {Daily, []string{"0 spf", "24 spf", "48 spf"}, "sss"},
		"known at first":    {Daily, []string{"0 spf!", "24 spf!"}, "bb"},
		"a warning":         {Daily, []string{"0 spf=", "24 spf="}, "pp"},
		"seen once":         {Daily, []string{"0 spf", "24 spf!", "48 spf"}, "sss"},
		"seen twice":        {Daily, []string{"0 spf", "24 spf!", "25 spf!", "48 spf!"}, "sbb"},
		"mended":            {Daily, []string{"0 spf!", "24 spf", "25 spf", "48 spf"}, "bbs"},
		"nothing told":      {Daily, []string{"0 spf", "24 -", "48 spf"}, "s?s"},
		"told later":        {Daily, []string{"0 spf", "24 -", "26 spf"}, "ss"},
		"lost after":        {Daily, []string{"0 spf", "2 -"}, "s"},
		"a look is missing": {Daily, []string{"0 spf", "96 spf"}, "ss??s"},
		"weekly":            {Weekly, []string{"0 spf=", "168 spf"}, "pppppppp"},
		"out of sight":      {Daily, []string{"0 spf!", "2400 spf!"}, "b"},
		"the clock went":    {Daily, []string{"0 spf", "48 spf", "24 spf", "24 spf!", "25 spf!", "72 spf!"}, "sbsb"},
	} {
		w := New("a.example", "C1", "U1", x.every, monday)
		for _, l := range x.looks {
			hours, found, _ := strings.Cut(l, " ")
			n := 0
			_, _ = fmt.Sscan(hours, &n)
			at := monday.Add(time.Duration(n) * time.Hour)
			r := report("mx " + found)
			if found == "-" {
				r.Answers = 0
			}
			w.See(Look{Due: at, At: at, Report: r}, Rules{})
		}
		if got := w.Trail.States; got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	w := New("a.example", "C1", "U1", Daily, monday)
	for i := range 3 * TrailDays {
		at := monday.AddDate(0, 0, i)
		w.See(Look{Due: at, At: at, Report: report("mx")}, Rules{})
	}
	if len(w.Trail.States) != TrailDays {
		t.Errorf("%d days are kept", len(w.Trail.States))
	}
}

// TestTrend: a day counts the domains that were watched then; before there were any there is none.
func TestTrend(t *testing.T) {
	a := &Watch{Every: Daily, Trail: Trail{Last: "2026-11-23", States: "ssb"}}
	b := &Watch{Every: Weekly, Trail: Trail{Last: "2026-11-20", States: "p"}}
	unread := &Watch{Every: Daily, Trail: Trail{Last: "never", States: "b"}}
	got := ""
	for _, c := range Trend([]*Watch{a, b, unread, {}}, 28, monday.AddDate(0, 0, 2)) {
		got += fmt.Sprintf("%s %d%d%d%d, ", c.Day[8:], c.Sound, c.Troubled, c.Broken, c.Untold)
	}
	if want := "20 0100, 21 1100, 22 1100, 23 0110, 24 0110, 25 0101, "; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := Trend([]*Watch{{Every: Daily}}, 28, monday); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}
