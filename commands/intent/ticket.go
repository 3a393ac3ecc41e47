package intent

import (
	"strings"

	"signpost/cases"
	"signpost/diag/pattern"

	"golang.org/x/text/width"
)

var (
	CaseAbout       = pattern.New(`(?i)(?:\b(?:about|on|of|for)\s+|关于\s*)?(\bMAIL-[0-9]{1,15})\b`)
	ATicketInDigits = pattern.New(`^[0-9]{6,40}$`)
)

// TicketNumber is how providers number tickets: letters and digits in capitals, or many digits.
var TicketNumber = pattern.New(`\b(?:[0-9]+[A-Z]+[0-9A-Z]*|[A-Z]+[0-9]+[0-9A-Z]*)\b`)

var (
	ticketPrefix = pattern.New(`(?i)^(?:(?:ticket|number|no\.?|id|is|工单编号|工单号|工单|编号|号码|号|是|为)[\s:#]*|#)`)
)

// ReadTicket reads a ticket's number as somebody writes it: "0003Y5YJCP", "#1234567", "工单号：0003y5yjcp". Ok is false where it is none.
func ReadTicket(said string) (number string, ok bool) {
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

// LooksLikeTicket reports whether a word by itself is a ticket's number rather than a word.
func LooksLikeTicket(word string) bool {
	word = strings.Trim(word, "#.,;:，。")
	return ATicketInDigits.MatchString(word) || len(TicketNumber.FindString(word)) == len(word) && len(word) >= 6
}
