package commands

import (
	"regexp"
	"strings"

	"signpost/commands/chat"
	"signpost/commands/intent"

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
	_, form := intent.WantsForm(text)
	return form || !intent.WantsHelp(text) && len(values) == 0 && c.asksBack(text)
}

// CheckAnswers says, by field, what is wrong with the answers to the form of a command and text. It asks nobody, so
// that it may be called while somebody waits.
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
		if why := intent.CheckInput(in, by, values[in.Name]); why != "" {
			wrong[in.Name] = why
		}
	}
	return wrong
}

// CheckAnswer is CheckAnswers for one field.
func CheckAnswer(in chat.Input, by chat.Writer, value string) string {
	by.Lang = chat.Match(by.Lang)
	return intent.CheckInput(in, by, value)
}

var valueWord = regexp.MustCompile(`(^|\s)([\p{L}-]{1,20})[=\x{FF1D}](?:"([^"]*)"|“([^”]*)”|(\S*))`)

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
		name := intent.FieldNamed(c.Inputs, m[2])
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
