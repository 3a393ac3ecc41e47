package intent

import (
	"strings"

	"signpost/cases"
	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

// ATicketInDigits is a ticket's number that consists of digits.
var ATicketInDigits = pattern.New(`^[0-9]{6,40}$`)

// TicketNumber is how providers number tickets: letters and digits in capitals, or many digits.
var TicketNumber = pattern.New(`\b(?:[0-9]+[A-Z]+[0-9A-Z]*|[A-Z]+[0-9]+[0-9A-Z]*)\b`)

// ReadTicket reads a ticket's number as somebody writes it: "0003Y5YJCP", "#1234567", "ticket no. 0003y5yjcp". Ok is
// false where it is none.
func ReadTicket(said string) (number string, ok bool) {
	number = strings.ToUpper(strings.TrimSpace(width.Fold.String(said)))
	for range 8 {
		short := strings.TrimLeft(Without("ticket-called", number), " :")
		if short == number || short == "" {
			break
		}
		number = short
	}
	number = strings.TrimRight(number, signs)
	return number, cases.ValidTicket(number)
}

// TicketSaid is a ticket's number that words call so: "they opened ticket 0003Y5YJCP"; "" where they name none.
func TicketSaid(text string) string {
	v, ok := matchSaid("ticket-said", text)
	if !ok || !LooksLikeTicket(v["ticket"]) {
		return ""
	}
	number, _ := ReadTicket(v["ticket"])
	return number
}

// LooksLikeTicket reports whether a word by itself is a ticket's number rather than a word.
func LooksLikeTicket(word string) bool {
	word = strings.Trim(word, "#"+signs)
	return ATicketInDigits.MatchString(word) || len(TicketNumber.FindString(word)) == len(word) && len(word) >= 6
}
