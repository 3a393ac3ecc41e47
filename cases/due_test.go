package cases

import (
	"testing"
	"time"

	"signpost/cases/event"
	"signpost/kb"
)

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
