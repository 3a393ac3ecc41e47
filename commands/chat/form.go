package chat

import (
	"strings"
	"time"

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

// Input is a field of a Form. A command names its fields once, in the table; a Form adds what depends on the language
// and the request.
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

// Form is a question back: a modal in Slack, prompts in a console. The answers make the Request of its Command and
// Text, with Values.
type Form struct {
	Command, Text string
	Title, Submit string // at most 24 characters each
	Fields        []Input
	// Changes says that handing it in changes something: it is not handed in where nobody has answered anything.
	Changes bool
}

// FormWord at the end of a text asks for the form, filled in from the rest.
const FormWord = "form"

// Writer is who fills in a form, by their language and clock; a Zone that is not known is empty.
type Writer struct {
	Lang language.Tag
	Zone string
	Now  time.Time
}

// NewForm makes a command's form: labels from the catalogue, initial values and choices from the caller.
func NewForm(command string, inputs []Input, lang language.Tag, initial map[string]string,
	choices map[string][]Option) *Form {
	f := &Form{Command: command, Title: Text(lang, "form."+command+".title", nil),
		Submit: Text(lang, "form."+command+".submit", nil)}
	for _, in := range inputs {
		in.Label, in.Choices = Text(lang, "form."+command+"."+in.Name, nil), choices[in.Name]
		if id := "form." + command + "." + in.Name + ".hint"; Has(id) {
			in.Hint = Text(lang, id, nil)
		}
		if in.Kind == Choice && len(in.Choices) == 0 {
			continue
		}
		in.Initial = Clip(strings.TrimSpace(initial[in.Name]), in.Max()-1)
		f.Fields = append(f.Fields, in)
	}
	return f
}

// Quoted is a value as readValues takes it.
func Quoted(name, value string) string {
	if strings.ContainsAny(value, " \t\n\"") {
		return name + `="` + strings.ReplaceAll(strings.Join(strings.Fields(value), " "), `"`, "'") + `"`
	}
	return name + "=" + value
}

func OptionValues(options []Option) (out []string) {
	for _, o := range options {
		out = append(out, o.Value)
	}
	return out
}
