package commands

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
	"signpost/diag"

	"golang.org/x/text/language"
)

// AsksBack reports whether a request is answered by a Form in general, so that a place for it can be made ready.
func AsksBack(command, text string, lang language.Tag) bool {
	c := named(command)
	if c == nil || c.asksBack == nil {
		return false
	}
	text, _ = chat.ChooseLanguage(text, lang)
	text, values := readValues(c, text)
	_, form := wantsForm(text)
	return form || !wantsHelp(text) && len(values) == 0 && c.asksBack(text)
}

// wantsForm takes the word that asks for the form off a text.
func wantsForm(text string) (rest string, form bool) {
	words := strings.Fields(text)
	if n := len(words); n > 0 && slices.Contains(chat.Words("form"), strings.ToLower(words[n-1])) {
		return strings.TrimSpace(text[:strings.LastIndex(text, words[n-1])]), true
	}
	return text, false
}

// CheckAnswers says, by field, what is wrong with the answers to the form of a command and text. It asks nobody, so that it may be called while somebody waits.
func CheckAnswers(command, text string, by chat.Writer, values map[string]string) map[string]string {
	c := named(command)
	if c == nil {
		return nil
	}
	by.Lang = chat.Match(by.Lang)
	wrong := map[string]string{}
	inputs := c.Inputs
	if c.inputsFor != nil {
		inputs = c.inputsFor(text)
	}
	for _, in := range inputs {
		if why := checkInput(in, by, values[in.Name]); why != "" {
			wrong[in.Name] = why
		}
	}
	return wrong
}

// CheckAnswer is CheckAnswers for one field.
func CheckAnswer(in chat.Input, by chat.Writer, value string) string {
	by.Lang = chat.Match(by.Lang)
	return checkInput(in, by, value)
}

func checkInput(i chat.Input, by chat.Writer, value string) string {
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
			return chat.Text(lang, inputID(bad.Reason), map[string]any{"input": bad.Input}) + " " + chat.Text(lang, "try", map[string]any{"example": "example.com"})
		}
	case chat.Choice:
		if len(i.Choices) > 0 && !slices.ContainsFunc(i.Choices, func(o chat.Option) bool { return o.Value == value }) {
			return chat.Text(lang, "form.choose", map[string]any{"choices": values(i.Choices)})
		}
	case chat.Moment:
		first, _ := chat.CutWord(value)
		if _, _, err := datetime.Next(value, by.Now, by.Zone); err != nil && !unsure(by, err) && !offWord(first) {
			return whyNot(lang, err) + " " + chat.Text(lang, "form.moment", nil)
		}
	case chat.Earlier:
		if _, rest, err := datetime.Past(value, by.Now, by.Zone); err != nil && !unsure(by, err) {
			return whyNot(lang, err) + " " + chat.Text(lang, "form.earlier", nil)
		} else if err == nil && rest != "" {
			return chat.Text(lang, "form.earlier", nil)
		}
	case chat.CaseNumber:
		if _, _, rest, ok := caseIn(value, true); !ok || rest != "" {
			return chat.Text(lang, "form.case-number", nil)
		}
	case chat.TicketNumber:
		if _, ok := readTicket(value); !ok {
			return chat.Text(lang, "case.which-ticket", map[string]any{"what": chat.Clip(value, 60)})
		}
	}
	return ""
}

// unsure reports whether an error of a time may come of a clock that is not known.
func unsure(w chat.Writer, err error) bool {
	return w.Zone == "" && (errors.Is(err, datetime.ErrPast) || errors.Is(err, datetime.ErrFuture))
}

func values(options []chat.Option) (out []string) {
	for _, o := range options {
		out = append(out, o.Value)
	}
	return out
}

// inputID is the sentence about a domain that cannot be read.
func inputID(reason string) string {
	if id := "input." + reason; chat.Has(id) {
		return id
	}
	return "input.bad-label"
}

var valueWord = regexp.MustCompile(`(^|\s)([\p{L}-]{1,20})[=＝](?:"([^"]*)"|“([^”]*)”|(\S*))`)

// readValues takes name=value and name="more words" out of a text, for the names of a command's fields.
func readValues(c *Command, text string) (rest string, values map[string]string) {
	switch {
	case c.reads != nil:
		return c.reads(text)
	case len(c.Inputs) == 0:
		return text, nil
	}
	rest = valueWord.ReplaceAllStringFunc(text, func(found string) string {
		m := valueWord.FindStringSubmatch(found)
		name := fieldNamed(c.Inputs, m[2])
		if name == "" {
			return found
		}
		if values == nil {
			values = map[string]string{}
		}
		values[name] = m[3] + m[4] + m[5]
		return " "
	})
	if values != nil {
		rest = strings.TrimSpace(rest)
	}
	return rest, values
}

// fieldNamed is the field among some that a word names: by its own name, or by what it is called in any language; "" where none is.
func fieldNamed(inputs []chat.Input, word string) string {
	word = chat.Fold(word)
	for _, in := range inputs {
		if word == in.Name {
			return in.Name
		}
	}
	for _, in := range inputs {
		if id := "words.field." + in.Name; chat.Has(id) && slices.Contains(chat.Words("field."+in.Name), word) {
			return in.Name
		}
	}
	return ""
}

// strangeFields are the names before an equals sign that were left in a line of which other fields were read.
func strangeFields(c *Command, rest string) (out []string) {
	for _, m := range valueWord.FindAllStringSubmatch(rest, 20) {
		if len(out) < 5 && !slices.Contains(out, m[2]) && fieldNamed(c.Inputs, m[2]) == "" {
			out = append(out, m[2])
		}
	}
	return out
}

// aboutStrangeFields tells of them, and which fields there are.
func aboutStrangeFields(lang language.Tag, c *Command, strange []string) []chat.Section {
	if len(strange) == 0 {
		return nil
	}
	var fields []string
	for _, in := range c.Inputs {
		fields = append(fields, in.Name)
	}
	return []chat.Section{{Tone: chat.Caution, Text: chat.Text(lang, "form.strange", map[string]any{"strange": strange, "fields": fields})}}
}
