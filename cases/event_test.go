package cases

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"signpost/cases/event"
	"signpost/kb"
)

// events is one of each kind.
func events() []event.Event {
	return []event.Event{
		{Kind: event.ReminderDue, Team: "T1", Due: monday, Case: 4, Reminder: "r1"},
		{Kind: event.AnswerDue, Team: "T1", Due: monday, Case: 4, Contact: 2},
		{Kind: event.TakingDue, Team: "T1", Due: monday, Case: 4},
		{Kind: event.WordDue, Team: "T1", Due: monday, Case: 4},
		{Kind: event.DigestDue, Team: "T1", Due: monday, Channel: "C1", Every: event.Daily, Day: "2026-11-23"},
		{Kind: event.RetentionDue, Team: "T1", Due: monday, From: 1},
		{Kind: event.ScheduleCheck, Team: "T1", Due: monday},
	}
}

// TestEventCodec: what is put into the queue comes out of it, under a name of its own.
func TestEventCodec(t *testing.T) {
	keys := map[string]bool{}
	for i, e := range events() {
		if e.Kind != event.Kinds[i] {
			t.Fatalf("%s is not tried", event.Kinds[i])
		}
		raw, err := e.Encode()
		if err != nil {
			t.Fatal(e.Kind, err)
		}
		if got, err := event.Decode(raw); err != nil || got != e {
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
	if e, err := event.Decode([]byte(newer)); err != nil || e.Case != 4 {
		t.Errorf("%+v, %v", e, err)
	}
}

// TestEventHostile: what is no event is refused, however it is made.
func TestEventHostile(t *testing.T) {
	for i, e := range events() {
		for name, spoil := range map[string]func(*event.Event){
			"no time":       func(e *event.Event) { e.Due = time.Time{} },
			"no such kind":  func(e *event.Event) { e.Kind = "boil" },
			"case":          func(e *event.Event) { e.Case = 4 - e.Case },
			"negative case": func(e *event.Event) { e.Case = -1 },
			"reminder": func(e *event.Event) {
				if e.Reminder += "x"; e.Kind == event.ReminderDue {
					e.Reminder = ""
				}
			},
			"contact": func(e *event.Event) { e.Contact = 2 - e.Contact },
			"channel": func(e *event.Event) {
				if e.Channel += "C"; e.Kind == event.DigestDue {
					e.Channel = ""
				}
			},
			"day":           func(e *event.Event) { e.Day = "2026-02-30" },
			"every":         func(e *event.Event) { e.Every = "hourly" },
			"from":          func(e *event.Event) { e.From = 1 - e.From },
			"a long team":   func(e *event.Event) { e.Team = strings.Repeat("T", 400) },
			"negative from": func(e *event.Event) { e.From = -3 },
		} {
			e := events()[i]
			spoil(&e)
			if name == "case" && e.Case == 0 && i > 3 {
				continue
			}
			if _, err := e.Encode(); !errors.Is(err, event.ErrEvent) {
				t.Errorf("%s, %s: %v", e.Kind, name, err)
			}
			if raw, err := json.Marshal(e); err == nil {
				if _, err := event.Decode(raw); !errors.Is(err, event.ErrEvent) {
					t.Errorf("%s is read: %v", raw, err)
				}
			}
		}
		_ = e
	}
	for _, raw := range []string{"", "null", "[]", "7", `{"kind":7}`, `{"kind":"untaken","case":"four"}`,
		strings.Repeat(" ", 2000) + `{}`} {
		if _, err := event.Decode([]byte(raw)); !errors.Is(err, event.ErrEvent) {
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
		e, err := event.Decode(raw)
		if err != nil {
			return
		}
		again, err := e.Encode()
		if err != nil {
			return // a time outside of what JSON writes
		}
		if back, err := event.Decode(again); err != nil || back.Key() != e.Key() || back.Kind != e.Kind {
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
		if e, ok := event.In("T1", "C1", line, monday); !ok || e != events()[i] {
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
		if e, ok := event.In("T1", "C1", line, monday); ok {
			t.Errorf("%q is %+v", line, e)
		}
	}
}

// TestWhenLooked: when a case is looked at again, by how much it hurts, how support was asked, and when the team
// works.
func TestWhenLooked(t *testing.T) {
	fresh := a(func(c *Case) { c.State, c.Team, c.Opened, c.Changed = New, "T1", monday, monday })
	urgent := a(func(c *Case) { c.State, c.Priority, c.Opened, c.Changed = New, Urgent, monday, monday })
	due := func(list []event.Event) (out []time.Duration) {
		for _, e := range list {
			if e.Validate() != nil || e.Case != 4 {
				t.Errorf("%+v: %v", e, e.Validate())
			}
			out = append(out, e.Due.Sub(monday))
		}
		return out
	}
	hour := time.Hour
	for name, x := range map[string]struct {
		got, want []time.Duration
	}{
		"new":              {due(fresh.LookEvents(monday, BusinessHours{})), []time.Duration{72 * hour, 4 * hour}},
		"urgent":           {due(urgent.LookEvents(monday, BusinessHours{})), []time.Duration{72 * hour, hour / 2}},
		"too late to take": {due(urgent.LookEvents(monday.Add(hour), BusinessHours{})), []time.Duration{72 * hour}},
		"long forgotten": {due([]event.Event{fresh.WordEvent(monday.Add(100*hour), BusinessHours{})}),
			[]time.Duration{172 * hour}},
		"by ticket": {due(fresh.AnswerEvents([]Contact{{ID: 1, At: monday, Channel: kb.Ticket}},
			BusinessHours{})), []time.Duration{8 * hour}},
		"by phone": {due(fresh.AnswerEvents([]Contact{{ID: 1, At: monday, Channel: kb.Phone}},
			BusinessHours{})), []time.Duration{2 * hour}},
		"urgent, phone": {due(urgent.AnswerEvents([]Contact{{ID: 1, At: monday, Channel: kb.Phone}},
			BusinessHours{})), []time.Duration{hour / 2}},
		"urgent, email": {due(urgent.AnswerEvents([]Contact{{ID: 1, At: monday, Channel: kb.Email}},
			BusinessHours{})), []time.Duration{2 * hour}},
		"answered": {due(fresh.AnswerEvents([]Contact{{ID: 1, At: monday, Channel: kb.Email,
			Answered: monday}}, BusinessHours{})), nil},
		"no contact": {due(fresh.AnswerEvents(nil, BusinessHours{})), nil},
	} {
		if len(x.got) != len(x.want) {
			t.Errorf("%s: %v, want %v", name, x.got, x.want)
			continue
		}
		for i := range x.got {
			if x.got[i] != x.want[i] {
				t.Errorf("%s: %v, want %v", name, x.got, x.want)
			}
		}
	}
	if fresh.Stale(monday.Add(71*hour)) || !fresh.Stale(monday.Add(72*hour)) || a(ended).Stale(monday.Add(1000*hour)) {
		t.Error("when a case is forgotten")
	}
}
