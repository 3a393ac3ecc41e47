package cases

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Reminder is what somebody wants to be reminded of.
type Reminder struct {
	ID   string    `json:"id"`
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What string    `json:"what,omitempty"`
}

// NextReminder is somebody's next reminder of the case after a time.
func (c *Case) NextReminder(by string, after time.Time) (next Reminder, ok bool) {
	for _, m := range c.Reminders {
		if m.By == by && m.At.After(after) && (!ok || m.At.Before(next.At)) {
			next, ok = m, true
		}
	}
	return next, ok
}

// Remind keeps a reminder for the one who acts. Those that are over for two days go; one of the same ID is there
// already.
func (c *Case) Remind(a Act, m Reminder) (Edit, error) {
	m.By, m.What = a.By, cut(m.What, MaxWhat)
	list := slices.DeleteFunc(slices.Clone(c.Reminders), func(old Reminder) bool { return a.At.Sub(old.At) > markLife })
	for _, old := range list {
		switch {
		case old.At.Equal(m.At) && old.By == m.By && old.What == m.What:
			return Edit{}, refuse(Unchanged)
		case old.ID == m.ID:
			return Edit{}, refuse(Unchanged)
		}
	}
	if len(list) >= MaxReminders {
		return Edit{}, refuse(Full)
	}
	c.Reminders = append(list, m)
	return Edit{Entries: []Entry{{Kind: "reminder", By: a.By, Text: strings.TrimSpace(stamp(m.At) + " " + m.What)}}},
		nil
}

// Snooze moves the next reminder of the one who acts to another time; without one it makes one. What it reminds of
// stays, unless it says so anew.
func (c *Case) Snooze(a Act, m Reminder) (Edit, error) {
	next, ok := c.NextReminder(a.By, a.At)
	if !ok {
		return c.Remind(a, m)
	}
	m.What = cmp.Or(m.What, next.What)
	was := c.Reminders
	c.Reminders = slices.DeleteFunc(slices.Clone(was), func(old Reminder) bool { return old.ID == next.ID })
	e, err := c.Remind(a, m)
	if err != nil {
		c.Reminders = was
	}
	return e, err
}

// Forgo takes back a reminder of the one who acts that is to come, or, where id is empty, all of them. Count is how
// many.
func (c *Case) Forgo(a Act, id string) (e Edit, count int, err error) {
	list := slices.DeleteFunc(slices.Clone(c.Reminders), func(m Reminder) bool {
		return m.By == a.By && (id == "" || m.ID == id) && m.At.After(a.At)
	})
	if count = len(c.Reminders) - len(list); count == 0 {
		return Edit{}, 0, refuse(NoReminder)
	}
	c.Reminders = list
	return Edit{Entries: []Entry{{Kind: "reminder-off", By: a.By}}}, count, nil
}
