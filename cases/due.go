package cases

import (
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
