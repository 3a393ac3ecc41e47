package cases

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"signpost/cases/event"
	"signpost/kb"
)

const (
	answerWithin = 8 * time.Hour // in which a contact is to be answered, before another channel is proposed
	// the same for a call or a chat, and for all but a ticket where the case is urgent
	spokenWithin = 2 * time.Hour
	urgentWithin = 30 * time.Minute   // the same for a call or a chat where the case is urgent
	untakenFor   = 4 * time.Hour      // for which a new case may stand without anybody who takes it
	urgentFor    = 30 * time.Minute   // the same where it is urgent
	staleAfter   = 3 * 24 * time.Hour // without a change, after which the case asks for one
)

// event is an event of this case.
func (c *Case) event(kind event.Kind, due time.Time) event.Event {
	return event.Event{Kind: kind, Team: c.Team, Case: c.Number, Due: due.UTC()}
}

// RemindEvent is when somebody is to be reminded.
func (c *Case) RemindEvent(m Reminder) event.Event {
	e := c.event(event.ReminderDue, m.At)
	e.Reminder = m.ID
	return e
}

// AnswerEvents is when the latest contacts of the case should have been answered, of those that were not yet.
func (c *Case) AnswerEvents(contacts []Contact, b BusinessHours) (out []event.Event) {
	for _, x := range contacts[max(0, len(contacts)-3):] {
		if x.Answered.IsZero() {
			e := c.event(event.AnswerDue, c.working(x.At.Add(c.patience(x)), b))
			e.Contact = x.ID
			out = append(out, e)
		}
	}
	return out
}

// patience is how long a contact may stay unanswered.
func (c *Case) patience(x Contact) time.Duration {
	spoken, urgent := x.Channel == kb.Phone || x.Channel == kb.Chat, c.Priority == Urgent
	switch {
	case spoken && urgent:
		return urgentWithin
	case spoken, urgent && x.Channel != kb.Ticket:
		return spokenWithin
	}
	return answerWithin
}

// LookEvents is when the case is looked at again: when it may have been forgotten, and before that when nobody has
// taken it.
func (c *Case) LookEvents(now time.Time, b BusinessHours) []event.Event {
	out := []event.Event{c.WordEvent(now, b)}
	at := c.Opened.Add(untakenFor)
	if c.Priority == Urgent {
		at = c.Opened.Add(urgentFor)
	}
	if c.Untaken() && at.After(now) {
		out = append(out, c.event(event.TakingDue, c.working(at, b)))
	}
	return out
}

// WordEvent is when the case may have been forgotten, to the whole hour, so that what is asked twice comes once.
func (c *Case) WordEvent(now time.Time, b BusinessHours) event.Event {
	at := c.Changed.Add(staleAfter)
	if !at.After(now) {
		at = now.Add(staleAfter)
	}
	return c.event(event.WordDue, c.working(at.Add(time.Hour-1).Truncate(time.Hour), b))
}

// working is a time, or where nobody of the team works then and the case is not urgent, when somebody does next.
func (c *Case) working(at time.Time, b BusinessHours) time.Time {
	if b.Hours == nil || b.Base == nil || c.Priority == Urgent {
		return at
	}
	if o := b.Base.Opening(b.Hours, at); o.Known && !o.Open && !o.Next.IsZero() {
		return o.Next.UTC()
	}
	return at
}

// Untaken reports that the case is new and nobody has taken it.
func (c *Case) Untaken() bool { return c.State == New && c.Assignee == "" }

// Stale reports that the case is open and nothing has happened in it for days.
func (c *Case) Stale(now time.Time) bool { return c.State.Open() && now.Sub(c.Changed) >= staleAfter }

const (
	digestHour = 9 // by the channel's clock
	sweepHour  = 3 // UTC
)

// Scheduled is what is to be done by the clock for some channels and their workspace: the next digests and the next
// sweep. Each has its time in its key, so that however often it is asked for it is done once.
func Scheduled(team string, now time.Time, channels map[string]ChannelSettings, of TeamSettings) []event.Event {
	var out []event.Event
	for channel, s := range channels {
		if s.Digest != "" {
			out = append(out, s.DigestEvent(team, channel, of, now))
		}
	}
	if of.Retention > 0 {
		at := time.Date(now.Year(), now.Month(), now.Day(), sweepHour, 0, 0, 0, time.UTC)
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		out = append(out, event.Event{Kind: event.RetentionDue, Team: team, Due: at, From: 1})
	}
	slices.SortFunc(out, func(x, y event.Event) int { return strings.Compare(x.Key(), y.Key()) })
	return out
}

// DigestEvent is the next digest of a channel: at nine on each day, or each Monday, by its own clock.
func (s ChannelSettings) DigestEvent(team, channel string, of TeamSettings, now time.Time) event.Event {
	zone := s.Zone
	if of.Hours != nil {
		zone = of.Hours.Zone
	}
	local := now
	if l, err := time.LoadLocation(zone); err == nil && zone != "" {
		local = now.In(l)
	}
	at := time.Date(local.Year(), local.Month(), local.Day(), digestHour, 0, 0, 0, local.Location())
	for !at.After(local) || s.Digest == event.Weekly && at.Weekday() != time.Monday {
		at = at.AddDate(0, 0, 1)
	}
	return event.Event{Kind: event.DigestDue, Team: team, Due: at.UTC(), Channel: channel, Every: s.Digest,
		Day: at.Format(time.DateOnly)}
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
