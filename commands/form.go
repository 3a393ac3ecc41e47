package commands

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/commands/when"
	"signpost/diag"

	"golang.org/x/text/language"
)

// InputKind is what may be written into a field.
type InputKind int

const (
	Line         InputKind = iota // one line
	Lines                         // several
	Domain                        // a mail domain
	Choice                        // one of the Choices
	Moment                        // a time to come, with words behind it or without
	Earlier                       // a time that is over
	CaseNumber                    // of a case
	TicketNumber                  // of a ticket
)

// Input is a field of a Form. A command names its fields once, in the table; a Form adds what depends on the language and the request.
type Input struct {
	Name     string // letters, unique in the command; also what a typed line names: since=yesterday
	Kind     InputKind
	Optional bool
	// These are of a Form only.
	Label, Hint, Initial string
	Choices              []Option
}

// Option is one choice.
type Option struct{ Value, Label string }

// Max is how many characters a field takes.
func (i Input) Max() int {
	if i.Kind == Lines {
		return 3000
	}
	return 300
}

// Form is a question back: a modal in Slack, prompts in a console. The answers make the Request of its Command and Text, with Values.
type Form struct {
	Command, Text string
	Title, Submit string // at most 24 characters each
	Fields        []Input
	// Changes says that handing it in changes something: it is not handed in where nobody has answered anything.
	Changes bool
}

// formWord at the end of a text asks for the form, filled in from the rest.
const formWord = "form"

// AsksBack reports whether a request is answered by a Form in general, so that a place for it can be made ready.
func AsksBack(command, text string, lang language.Tag) bool {
	c := named(command)
	if c == nil || c.asksBack == nil {
		return false
	}
	text, _ = chooseLanguage(text, lang)
	text, values := readValues(c, text)
	_, form := wantsForm(text)
	return form || !wantsHelp(text) && len(values) == 0 && c.asksBack(text)
}

// wantsForm takes the word that asks for the form off a text.
func wantsForm(text string) (rest string, form bool) {
	words := strings.Fields(text)
	if n := len(words); n > 0 && slices.Contains(listed("form"), strings.ToLower(words[n-1])) {
		return strings.TrimSpace(text[:strings.LastIndex(text, words[n-1])]), true
	}
	return text, false
}

// Writer is who fills in a form, by their language and clock; a Zone that is not known is empty.
type Writer struct {
	Lang language.Tag
	Zone string
	Now  time.Time
}

// CheckAnswers says, by field, what is wrong with the answers to the form of a command and text. It asks nobody, so that it may be called while somebody waits.
func CheckAnswers(command, text string, by Writer, values map[string]string) map[string]string {
	c := named(command)
	if c == nil {
		return nil
	}
	by.Lang = texts.Match(by.Lang)
	wrong := map[string]string{}
	inputs := c.Inputs
	if c.inputsFor != nil {
		inputs = c.inputsFor(text)
	}
	for _, in := range inputs {
		if why := in.check(by, values[in.Name]); why != "" {
			wrong[in.Name] = why
		}
	}
	return wrong
}

// CheckAnswer is CheckAnswers for one field.
func CheckAnswer(in Input, by Writer, value string) string {
	by.Lang = texts.Match(by.Lang)
	return in.check(by, value)
}

func (i Input) check(by Writer, value string) string {
	lang := by.Lang
	value = strings.TrimSpace(value)
	switch {
	case value == "" && i.Optional:
		return ""
	case value == "":
		return texts.Text(lang, "form.missing", nil)
	case utf8.RuneCountInString(value) > i.Max():
		return texts.Text(lang, "form.too-long", map[string]any{"max": i.Max(), "count": utf8.RuneCountInString(value)})
	}
	switch i.Kind {
	case Domain:
		_, err := diag.ParseTarget(value)
		var bad *diag.InputError
		if errors.As(err, &bad) {
			return texts.Text(lang, inputID(bad.Reason), map[string]any{"input": bad.Input}) + " " + texts.Text(lang, "try", map[string]any{"example": "example.com"})
		}
	case Choice:
		if len(i.Choices) > 0 && !slices.ContainsFunc(i.Choices, func(o Option) bool { return o.Value == value }) {
			return texts.Text(lang, "form.choose", map[string]any{"choices": values(i.Choices)})
		}
	case Moment:
		first, _ := cutWord(value)
		if _, _, err := when.Next(value, by.Now, by.Zone); err != nil && !by.unsure(err) && !offWord(first) {
			return whyNot(lang, err) + " " + texts.Text(lang, "form.moment", nil)
		}
	case Earlier:
		if _, rest, err := when.Past(value, by.Now, by.Zone); err != nil && !by.unsure(err) {
			return whyNot(lang, err) + " " + texts.Text(lang, "form.earlier", nil)
		} else if err == nil && rest != "" {
			return texts.Text(lang, "form.earlier", nil)
		}
	case CaseNumber:
		if _, _, rest, ok := caseIn(value, true); !ok || rest != "" {
			return texts.Text(lang, "form.case-number", nil)
		}
	case TicketNumber:
		if _, ok := readTicket(value); !ok {
			return texts.Text(lang, "case.which-ticket", map[string]any{"what": clip(value, 60)})
		}
	}
	return ""
}

// unsure reports whether an error of a time may come of a clock that is not known.
func (w Writer) unsure(err error) bool {
	return w.Zone == "" && (errors.Is(err, when.ErrPast) || errors.Is(err, when.ErrFuture))
}

func values(options []Option) (out []string) {
	for _, o := range options {
		out = append(out, o.Value)
	}
	return out
}

// inputID is the sentence about a domain that cannot be read.
func inputID(reason string) string {
	if id := "input." + reason; texts.Has(id) {
		return id
	}
	return "input.bad-label"
}

// newForm makes a command's form: labels from the catalogue, initial values and choices from the caller.
func newForm(command string, inputs []Input, lang language.Tag, initial map[string]string, choices map[string][]Option) *Form {
	f := &Form{Command: command, Title: texts.Text(lang, "form."+command+".title", nil), Submit: texts.Text(lang, "form."+command+".submit", nil)}
	for _, in := range inputs {
		in.Label, in.Choices = texts.Text(lang, "form."+command+"."+in.Name, nil), choices[in.Name]
		if id := "form." + command + "." + in.Name + ".hint"; texts.Has(id) {
			in.Hint = texts.Text(lang, id, nil)
		}
		if in.Kind == Choice && len(in.Choices) == 0 {
			continue
		}
		in.Initial = clip(strings.TrimSpace(initial[in.Name]), in.Max()-1)
		f.Fields = append(f.Fields, in)
	}
	return f
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
func fieldNamed(inputs []Input, word string) string {
	word = folded(word)
	for _, in := range inputs {
		if word == in.Name {
			return in.Name
		}
	}
	for _, in := range inputs {
		if id := "words.field." + in.Name; texts.Has(id) && slices.Contains(listed("field."+in.Name), word) {
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
func aboutStrangeFields(lang language.Tag, c *Command, strange []string) []Section {
	if len(strange) == 0 {
		return nil
	}
	var fields []string
	for _, in := range c.Inputs {
		fields = append(fields, in.Name)
	}
	return []Section{{Tone: Caution, Text: texts.Text(lang, "form.strange", map[string]any{"strange": strange, "fields": fields})}}
}

// quoted is a value as readValues takes it.
func quoted(name, value string) string {
	if strings.ContainsAny(value, " \t\n\"") {
		return name + `="` + strings.ReplaceAll(strings.Join(strings.Fields(value), " "), `"`, "'") + `"`
	}
	return name + "=" + value
}
