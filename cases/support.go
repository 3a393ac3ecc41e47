package cases

import (
	"slices"
	"time"

	"signpost/diag/pattern"
	"signpost/kb"
)

// The parties that must cooperate, beside the provider, in what a contact asked for.
var partners = []string{"", "registrar", "dns"}

var (
	ticketShape = pattern.New(`^[0-9A-Z][0-9A-Z._/-]{1,38}[0-9A-Z]$`)
	aDigit      = pattern.New(`[0-9]`)
)

// ValidTicket reports whether a text can be the number of a ticket, as records have it: in capitals, with a digit.
func ValidTicket(number string) bool {
	return ticketShape.MatchString(number) && aDigit.MatchString(number)
}

// Entries is what the timeline tells of a contact of which somebody said so much.
func (c *Contact) Entries(text string) []Entry {
	out := Entries("contact", c.By, text)
	for i := range out {
		out[i].Public, out[i].At = true, c.At
	}
	out[0].With = map[string]string{"channel": c.Channel}
	for name, value := range map[string]string{"ticket": c.Ticket, "partner": c.Partner, "who": c.Who} {
		if value != "" {
			out[0].With[name] = value
		}
	}
	return out
}

// Contact keeps a contact with support, of which somebody said so much. The case then waits for whom it asked.
func (c *Case) Contact(a Act, x Contact, text string) (Edit, error) {
	switch {
	case x.Channel == "" || text == "" && x.Ticket == "":
		return Edit{}, refuse(Missing)
	case !slices.Contains(partners, x.Partner), x.Ticket != "" && !ValidTicket(x.Ticket):
		return Edit{}, refuse(Invalid)
	case c.Contacts >= MaxContacts:
		return Edit{}, refuse(Full)
	}
	if x.By = a.By; x.At.IsZero() {
		x.At = a.At
	}
	x.Gist, x.Next, x.Who = cut(text, MaxText), cut(x.Next, MaxText), cut(x.Who, MaxWho)
	c.Contacts++
	x.ID = int64(c.Contacts)
	if x.Ticket != "" && !slices.Contains(c.Tickets, x.Ticket) {
		c.Tickets = append(slices.Clone(c.Tickets), x.Ticket)
	}
	switch {
	case !c.State.Open():
	case x.Partner != "":
		c.enter(a, WaitingDNS)
	case x.Answered.IsZero():
		c.enter(a, WaitingProvider)
	}
	e := Edit{Entries: x.Entries(text), Contact: &x}
	if !x.Answered.IsZero() {
		x.Counted = true
		e.Measures = []Measure{AnswerMeasure(x.Provider, x.Channel, x.Answered.Sub(x.At))}
	}
	return e, nil
}

// Ticket keeps a ticket's number: with the latest contact by ticket that waits for an answer, has no number yet, and
// of which open says that it may have this one; otherwise as a contact of its own.
func (c *Case) Ticket(a Act, number string, contacts []Contact, open func(Contact) bool) (Edit, error) {
	contacts = slices.Clone(contacts)
	slices.Reverse(contacts)
	there := slices.Contains(c.Tickets, number)
	switch {
	case !ValidTicket(number):
		return Edit{}, refuse(Invalid)
	case slices.ContainsFunc(contacts, func(x Contact) bool { return x.Ticket == number }):
		return Edit{}, refuse(Unchanged)
	case !there && len(c.Tickets) >= MaxContacts:
		return Edit{}, refuse(Full)
	}
	x := Contact{At: a.At, By: a.By, Channel: kb.Ticket, Provider: c.Provider}
	i := slices.IndexFunc(contacts, func(x Contact) bool {
		return x.Channel == kb.Ticket && x.Ticket == "" && x.Answered.IsZero() && open(x)
	})
	switch {
	case i >= 0:
		x = contacts[i]
	case c.Contacts >= MaxContacts:
		return Edit{}, refuse(Full)
	default:
		c.Contacts++
		x.ID = int64(c.Contacts)
	}
	if x.Ticket = number; !there {
		c.Tickets = append(slices.Clone(c.Tickets), number)
	}
	if c.State == New || c.State == WaitingUs {
		c.enter(a, WaitingProvider)
	}
	return Edit{Entries: []Entry{{Kind: "ticket", By: a.By, Text: number}}, Contact: &x}, nil
}

// Answer is a first response: to the contact with its ticket or by its channel, or to any (both empty), at a time,
// with what was said.
type Answer struct {
	Ticket, Channel string
	At              time.Time
	Text            string
}

// to is the latest contact without an answer that is meant.
func (s Answer) to(contacts []Contact) (x Contact, err error) {
	known, found := false, false
	for _, c := range contacts {
		if s.Ticket != "" && c.Ticket != s.Ticket || s.Channel != "" && c.Channel != s.Channel {
			continue
		}
		if known = true; c.Answered.IsZero() {
			x, found = c, true
		}
	}
	switch {
	case found:
		return x, nil
	case s.Ticket != "" && !known && s.Channel == "":
		return x, refuse(NoTicket)
	case s.Channel != "" && !known, len(contacts) == 0:
		return x, refuse(NoContact)
	}
	return x, refuse(AllAnswered)
}

// Answer notes a first response to one of the case's contacts. The case then waits for us.
func (c *Case) Answer(a Act, contacts []Contact, s Answer) (Edit, error) {
	x, err := s.to(contacts)
	if err != nil {
		return Edit{}, err
	}
	if s.At.IsZero() {
		s.At = a.At
	}
	x.Answered, x.Counted = s.At, true
	if s.At.Before(x.At) {
		if x.Channel != kb.Phone && x.Channel != kb.Chat {
			return Edit{}, &Refusal{Reason: BeforeContact, At: x.At}
		}
		x.At = s.At // put down after it was over: who speaks to somebody has an answer
	}
	entries := Entries("answered", a.By, s.Text)
	for i := range entries {
		entries[i].Public = true
	}
	entries[0].With = map[string]string{"channel": x.Channel}
	if x.Ticket != "" {
		entries[0].With["ticket"] = x.Ticket
	}
	if c.State == WaitingProvider {
		c.enter(a, WaitingUs)
	}
	wait, _ := x.Wait()
	return Edit{Entries: entries, Contact: &x, Measures: []Measure{AnswerMeasure(x.Provider, x.Channel, wait)}}, nil
}
