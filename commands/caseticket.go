package commands

import (
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

// ticketNumber is how providers number tickets: letters and digits in capitals, or many digits.
var ticketNumber = pattern.New(`\b(?:[0-9]+[A-Z]+[0-9A-Z]*|[A-Z]+[0-9]+[0-9A-Z]*)\b`)

// aMention is a person, channel or link as Slack writes it: no part of it is a ticket's number.
var aMention = pattern.New(`<[^<>\s][^<>]*>`)

// ticketsIn is what looks like a ticket's number in a text, and is none of the case's own yet.
func ticketsIn(text string, c *cases.Case) []string {
	var out []string
	for _, m := range ticketNumber.FindAllString(aMention.ReplaceAllString(text, " "), 20) {
		if len(m) >= 8 && len(m) <= 20 && !slices.Contains(c.Tickets, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out[:min(len(out), 3)]
}

var (
	ticketPrefix = pattern.New(`(?i)^(?:(?:ticket|number|no\.?|id|is|工单编号|工单号|工单|编号|号码|号|是|为)[\s:#]*|#)`)
)

// readTicket reads a ticket's number as somebody writes it: "0003Y5YJCP", "#1234567", "工单号：0003y5yjcp". Ok is false where it is none.
func readTicket(said string) (number string, ok bool) {
	number = strings.ToUpper(strings.TrimSpace(width.Fold.String(said)))
	for {
		short := strings.TrimLeft(ticketPrefix.ReplaceAllString(number, ""), " :")
		if short == number || short == "" {
			break
		}
		number = short
	}
	number = strings.TrimRight(number, ".,;:!。")
	return number, cases.ValidTicket(number)
}

// looksLikeTicket reports whether a word by itself is a ticket's number rather than a word.
func looksLikeTicket(word string) bool {
	word = strings.Trim(word, "#.,;:，。")
	return aTicketInDigits.MatchString(word) || len(ticketNumber.FindString(word)) == len(word) && len(word) >= 6
}

// ticket keeps a ticket's number: with the contact by ticket that has none yet and waits for its answer, otherwise as a contact of its own.
func (k *desk) ticket(ctx context.Context, c *cases.Case) error {
	number, ok := readTicket(k.words)
	if !ok {
		k.wrong("case.which-ticket", map[string]any{"what": chat.Clip(k.words, 60)})
		return nil
	}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	open := func(x cases.Contact) bool { return len(ticketsIn(strings.ToUpper(x.Gist), &cases.Case{})) == 0 }
	err = k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Ticket(k.act(ctx), number, contacts, open)
	}, "case.ticket-kept", map[string]any{"ticket": number}, k.stays(c), func(r *chat.Reply) { k.watchAnswer(ctx, r) })
	if cases.Why(err).Reason == cases.Unchanged {
		return k.same(ctx, c, "case.ticket-kept", map[string]any{"ticket": number})
	}
	return err
}

// ticketSaid finds a ticket's number that words call so: "they opened ticket 0003Y5YJCP".
var ticketSaid = pattern.New(`(?i)(?:\bticket|工单)(?:\s*(?:number|no\.?|编号|号))?(?:\s+is|为|是)?[\s:：#]*([0-9A-Za-z]{6,20})\b`)

// keepTicket is the button that keeps what looks like a ticket's number.
func (k *desk) keepTicket(c *cases.Case, number string) chat.Action {
	return chat.Action{ID: "ticket-" + number, Label: chat.Clip(k.text("case.button.keep-ticket", map[string]any{"ticket": number}), 29), Command: chat.Case, Text: "ticket " + c.Name() + " " + number}
}
