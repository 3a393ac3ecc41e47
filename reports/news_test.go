package reports

import (
	"fmt"
	"reflect"
	"testing"
)

// days is rows of one source on so many days: messages that are aligned, and those that are not, with a fact.
func days(from, n int, ip string, pass, fail int64, fact string) (out []Row) {
	for i := range n {
		day := fmt.Sprintf("2026-10-%02d", from+i)
		out = append(out, Row{Domain: "example.com", Day: day, Source: ip,
			Facts: map[string]int64{FactPass: pass, FactFail: fail, FactDKIM: pass, fact: pass + fail}})
	}
	return out
}

// TestWhatIsNew tells who sends for the first time and proves to be somebody, and a spike, where enough is known.
func TestWhatIsNew(t *testing.T) {
	usual := days(1, 10, "192.0.2.1", 90, 10, FactSigner+"example.com")
	with := func(fail int64, more ...Row) []Row { return append(days(11, 1, "192.0.2.1", 90, fail, "x"), more...) }
	other := func(fail int64, fact string) []Row { return days(11, 1, "192.0.2.9", 0, fail, fact) }
	for name, x := range map[string]struct {
		before, now []Row
		senders     int
		spike       bool
	}{
		"as ever":           {usual, days(11, 1, "192.0.2.1", 90, 10, FactSigner+"example.com"), 0, false},
		"somebody new":      {usual, with(10, other(8, FactOtherSigned)...), 1, false},
		"too little":        {usual, with(10, other(4, FactOtherSigned)...), 0, false},
		"sent on":           {usual, with(10, other(8, FactForwarded)...), 0, false},
		"forged":            {usual, with(0, other(15, "x")...), 0, false},
		"forged far more":   {usual, with(10, other(60, "x")...), 0, true},
		"our own breaks":    {usual, days(11, 1, "192.0.2.1", 50, 50, "x"), 0, true},
		"of few":            {usual, days(11, 1, "192.0.2.1", 2, 8, "x"), 0, false},
		"nothing before":    {nil, other(100, FactOtherSigned), 0, false},
		"a few days before": {usual[:6], other(100, FactOtherSigned), 0, false},
	} {
		if got := WhatIsNew(x.before, x.now, nil); len(got.Senders) != x.senders || got.Spike != x.spike {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestWithout: what was added to sums and taken out again leaves them as they were.
func TestWithout(t *testing.T) {
	row := func(day, source string, facts ...any) Row {
		r := Row{Domain: "a.example", Day: day, Source: source, Facts: map[string]int64{}}
		for i := 0; i < len(facts); i += 2 {
			r.Facts[facts[i].(string)] = int64(facts[i+1].(int))
		}
		return r
	}
	sums := []Row{row("1", "x", "pass", 12, "fail", 3), row("1", "y", "pass", 2), row("2", "x", "pass", 5)}
	rows := []Row{row("1", "x", "pass", 2, "fail", 2), row("1", "x", "fail", 1), row("1", "y", "pass", 2),
		row("3", "z", "pass", 1)}
	want := []Row{row("1", "x", "pass", 10), row("2", "x", "pass", 5)}
	if got := Without(sums, rows); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if sums[0].Facts["fail"] != 3 {
		t.Error("the sums themselves are changed")
	}
}
