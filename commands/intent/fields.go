package intent

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
	"signpost/diag"

	"golang.org/x/text/language"
)

// WhyNot says why a time cannot be taken.
func WhyNot(lang language.Tag, err error) string {
	for id, is := range map[string]error{"past": datetime.ErrPast, "future": datetime.ErrFuture,
		"unclear": datetime.ErrUnclear, "impossible": datetime.ErrImpossible, "far": datetime.ErrFar} {
		if errors.Is(err, is) {
			return chat.Text(lang, "case.when."+id, nil)
		}
	}
	return chat.Text(lang, "case.when", nil)
}

// OffWord reports whether a word cancels a reminder.
func OffWord(text string) bool { return slices.Contains(chat.Words("off"), chat.Fold(text)) }

// WantsForm takes the word that asks for the form off a text.
func WantsForm(text string) (rest string, form bool) {
	words := strings.Fields(text)
	if n := len(words); n > 0 && slices.Contains(chat.Words("form"), strings.ToLower(words[n-1])) {
		return strings.TrimSpace(text[:strings.LastIndex(text, words[n-1])]), true
	}
	return text, false
}

func CheckInput(i chat.Input, by chat.Writer, value string) string {
	lang := by.Lang
	value = strings.TrimSpace(value)
	switch {
	case value == "" && i.Optional:
		return ""
	case value == "":
		return chat.Text(lang, "form.missing", nil)
	case utf8.RuneCountInString(value) > i.Max():
		return chat.Text(lang, "form.too-long", map[string]any{"max": i.Max(), "count": utf8.RuneCountInString(value)})
	}
	switch i.Kind {
	case chat.Domain:
		_, err := diag.ParseTarget(value)
		var bad *diag.InputError
		if errors.As(err, &bad) {
			return chat.Text(lang, inputID(bad.Reason), map[string]any{"input": bad.Input}) + " " + chat.Text(lang, "try",
				map[string]any{"example": "example.com"})
		}
	case chat.Choice:
		if len(i.Choices) > 0 && !slices.ContainsFunc(i.Choices, func(o chat.Option) bool { return o.Value == value }) {
			return chat.Text(lang, "form.choose", map[string]any{"choices": chat.OptionValues(i.Choices)})
		}
	case chat.Moment:
		first, _ := chat.CutWord(value)
		if _, _, err := datetime.Next(value, by.Now, by.Zone); err != nil && !unsure(by, err) && !OffWord(first) {
			return WhyNot(lang, err) + " " + chat.Text(lang, "form.moment", nil)
		}
	case chat.Earlier:
		if _, rest, err := datetime.Past(value, by.Now, by.Zone); err != nil && !unsure(by, err) {
			return WhyNot(lang, err) + " " + chat.Text(lang, "form.earlier", nil)
		} else if err == nil && rest != "" {
			return chat.Text(lang, "form.earlier", nil)
		}
	case chat.CaseNumber:
		if _, _, rest, ok := CaseIn(value, true); !ok || rest != "" {
			return chat.Text(lang, "form.case-number", nil)
		}
	case chat.TicketNumber:
		if _, ok := ReadTicket(value); !ok {
			return chat.Text(lang, "case.which-ticket", map[string]any{"what": chat.Clip(value, 60)})
		}
	}
	return ""
}

// unsure reports whether an error of a time may come of a clock that is not known.
func unsure(w chat.Writer, err error) bool {
	return w.Zone == "" && (errors.Is(err, datetime.ErrPast) || errors.Is(err, datetime.ErrFuture))
}

// inputID is the sentence about a domain that cannot be read.
func inputID(reason string) string {
	if id := "input." + reason; chat.Has(id) {
		return id
	}
	return "input.bad-label"
}
