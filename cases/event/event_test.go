package event

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// events is one of each kind.
func events() []Event {
	return []Event{
		{Kind: ReminderDue, Team: "T1", Due: monday, Case: 4, Reminder: "r1"},
		{Kind: AnswerDue, Team: "T1", Due: monday, Case: 4, Contact: 2},
		{Kind: TakingDue, Team: "T1", Due: monday, Case: 4},
		{Kind: WordDue, Team: "T1", Due: monday, Case: 4},
		{Kind: DigestDue, Team: "T1", Due: monday, Channel: "C1", Every: Daily, Day: "2026-11-23"},
		{Kind: RetentionDue, Team: "T1", Due: monday, From: 1},
		{Kind: ScheduleCheck, Team: "T1", Due: monday},
		{Kind: WatchDue, Team: "T1", Due: monday, Channel: "C1", Domain: "a.example"},
		{Kind: LiveDue, Team: "T1", Due: monday, Channel: "C1", Domain: "a.example"},
		{Kind: FeedDue, Team: "T1", Due: monday, Feed: "0011223344556677"},
		{Kind: PagesDue, Team: "T1", Due: monday},
	}
}

// TestEventCodec: what is put into the queue comes out of it, under a name of its own.
func TestEventCodec(t *testing.T) {
	keys := map[string]bool{}
	for i, e := range events() {
		if e.Kind != Kinds[i] {
			t.Fatalf("%s is not tried", Kinds[i])
		}
		raw, err := e.Encode()
		if err != nil {
			t.Fatal(e.Kind, err)
		}
		if got, err := Decode(raw); err != nil || got != e {
			t.Errorf("%s becomes %+v, %v", raw, got, err)
		}
		if key := e.Key(); key == "" || keys[key] {
			t.Errorf("the key %q of %s", key, e.Kind)
		}
		keys[e.Key()] = true
	}
	later := events()[3]
	later.Due = later.Due.Add(time.Hour)
	if keys[later.Key()] {
		t.Error("a later look has the key of the earlier one")
	}
	newer := `{"kind":"untaken","due":"2026-11-23T02:00:00Z","case":4,"of_a_later_version":1}`
	if e, err := Decode([]byte(newer)); err != nil || e.Case != 4 {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestEventHostile: what is no event is refused, however it is made.
func TestEventHostile(t *testing.T) {
	for i, e := range events() {
		for name, spoil := range map[string]func(*Event){
			"no time":       func(e *Event) { e.Due = time.Time{} },
			"no such kind":  func(e *Event) { e.Kind = "boil" },
			"case":          func(e *Event) { e.Case = 4 - e.Case },
			"negative case": func(e *Event) { e.Case = -1 },
			"reminder": func(e *Event) {
				if e.Reminder += "x"; e.Kind == ReminderDue {
					e.Reminder = ""
				}
			},
			"contact": func(e *Event) { e.Contact = 2 - e.Contact },
			"channel": func(e *Event) {
				if e.Channel += "C"; e.Kind == DigestDue || e.OfDomain() {
					e.Channel = ""
				}
			},
			"domain": func(e *Event) {
				if e.Domain += "a.example"; e.OfDomain() {
					e.Domain = ""
				}
			},
			"day":           func(e *Event) { e.Day = "2026-02-30" },
			"every":         func(e *Event) { e.Every = "hourly" },
			"from":          func(e *Event) { e.From = 1 - e.From },
			"a long team":   func(e *Event) { e.Team = strings.Repeat("T", 400) },
			"negative from": func(e *Event) { e.From = -3 },
		} {
			e := events()[i]
			spoil(&e)
			if name == "case" && e.Case == 0 && i > 3 {
				continue
			}
			if _, err := e.Encode(); !errors.Is(err, ErrEvent) {
				t.Errorf("%s, %s: %v", e.Kind, name, err)
			}
			if raw, err := json.Marshal(e); err == nil {
				if _, err := Decode(raw); !errors.Is(err, ErrEvent) {
					t.Errorf("%s is read: %v", raw, err)
				}
			}
		}
		_ = e
	}
	for _, raw := range []string{"", "null", "[]", "7", `{"kind":7}`, `{"kind":"untaken","case":"four"}`,
		strings.Repeat(" ", 2000) + `{}`} {
		if _, err := Decode([]byte(raw)); !errors.Is(err, ErrEvent) {
			t.Errorf("%.40q: %v", raw, err)
		}
	}
}

func FuzzDecodeEvent(f *testing.F) {
	for _, e := range events() {
		raw, _ := e.Encode()
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := Decode(raw)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil {
			return // a time outside of what JSON writes
		}
		if back, err := Decode(again); err != nil || back.Key() != e.Key() || back.Kind != e.Kind {
			t.Errorf("%s becomes %s, %v", raw, again, err)
		}
	})
}

// TestEventIn: lines that queues held before there were events are the same events, under the same keys.
func TestEventIn(t *testing.T) {
	for i, line := range []string{
		"due MAIL-4 remind r1", "due MAIL-4 answer 2", "due MAIL-4 untaken", "due MAIL-4 stale",
		"digest daily 2026-11-23", "sweep 2026-11-23 1", "arm",
	} {
		if e, ok := In("T1", "C1", line, monday); !ok || e != events()[i] {
			t.Errorf("%q is %+v", line, e)
		}
	}
	for i, key := range []string{
		"MAIL-4 remind r1", "MAIL-4 answer 2", "MAIL-4 untaken", "MAIL-4 stale 1795399200",
		"digest C1 daily 2026-11-23", "sweep 2026-11-23 1", "arm 2026-11-23",
	} {
		if got := events()[i].Key(); got != key {
			t.Errorf("%q, was %q", got, key)
		}
	}
	for _, line := range []string{"", "due", "due MAIL-4", "due MAIL-4 remind", "due x stale", "due MAIL-4 answer y",
		"digest hourly 2026-11-23", "digest daily", "show MAIL-4", "posted MAIL-4", "armed"} {
		if e, ok := In("T1", "C1", line, monday); ok {
			t.Errorf("%q is %+v", line, e)
		}
	}
}
