package commands

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/secrets"
	"signpost/diag/distance"

	"golang.org/x/text/language"
)

const (
	maxUnknown = 5 // names that an answer tells of
	minField   = 4 // letters of a name that is taken for a field; records have shorter tags: v=, rua=, pct=
)

// carried is the names that only buttons write, whatever the command. Nobody is told of them, and they are no slip.
var carried = []string{"more", "lang"}

// unknownField is a name before an equals sign that no field has.
type unknownField struct {
	name, value string
	near        string // the known name that may have been meant; "" where none is near
}

// fieldsOf is the names of the fields that a command takes in a text.
func (c *Command) fieldsOf(text string) (names []string) {
	if c.fields != nil {
		return c.fields(text)
	}
	inputs := c.Inputs
	if c.inputsFor != nil {
		inputs = c.inputsFor(text)
	}
	for _, in := range inputs {
		if !slices.Contains(carried, in.Name) {
			names = append(names, in.Name)
		}
	}
	return names
}

// unknownFields finds the names in a text that were meant as fields and are none. Much that has an equals sign in it
// is no field: records, headers, links. So a name counts where fields stand beside it, where it differs from a field
// by a slip, or where nothing else is said.
func unknownFields(c *Command, text string, beside bool) (out []unknownField) {
	fields := c.fieldsOf(text)
	alone := onlyFields(c, text)
	for _, m := range valueWord.FindAllStringSubmatch(text, 20) {
		u := unknownField{name: m[2], value: m[3] + m[4] + m[5]}
		low := chat.Fold(u.name)
		known := slices.Contains(carried, low) || slices.Contains(c.buttons, low) ||
			slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(namesOf(f), low) })
		if known || slices.ContainsFunc(out, func(x unknownField) bool { return x.name == u.name }) {
			continue
		}
		long := hasHan(u.name) || utf8.RuneCountInString(u.name) >= minField
		if long {
			u.near = nearestField(fields, low)
		}
		if (beside || c.FieldsOnly || alone && long || u.near != "") && len(out) < maxUnknown {
			out = append(out, u)
		}
	}
	return out
}

// onlyFields reports whether a text is nothing but fields, beside what they are about: a verb, a case, a domain.
func onlyFields(c *Command, text string) bool {
	if c.Name == chat.Case {
		o := intent.Read(text)
		first, rest := chat.CutWord(text)
		if text = o.Words; o.Verb == "" && !strings.ContainsAny(first, "=\uFF1D") {
			text = rest
		}
	}
	for _, w := range strings.Fields(valueWord.ReplaceAllString(text, " ")) {
		if !intent.LooksLikeDomain(w) {
			return false
		}
	}
	return true
}

// namesOf is what a field is called: its own name, and its names in every language.
func namesOf(field string) []string {
	out := []string{field}
	for _, list := range []string{"field.", "setting.", "search."} {
		if chat.Has("words." + list + field) {
			out = append(out, chat.Words(list+field)...)
		}
	}
	return out
}

// nearestField is the name of a field that a slip of the pen may have meant; "" where none is near.
func nearestField(fields []string, word string) (near string) {
	least := utf8.RuneCountInString(word)
	for _, f := range fields {
		for _, name := range namesOf(f) {
			d := distance.Of(word, name)
			slip := 2*d < utf8.RuneCountInString(word) && d <= 2
			if hasHan(word) {
				slip = d <= 1 && hasHan(name)
			}
			if slip && d < least {
				near, least = name, d
			}
		}
	}
	return near
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// aboutUnknown tells of names that are no field: what may have been meant, which fields there are, and how one is
// written.
func aboutUnknown(lang language.Tag, c *Command, text string, unknown []unknownField) []chat.Section {
	if len(unknown) == 0 {
		return nil
	}
	var names, near []string
	example := chat.ExampleOf(lang, c.Name)
	if c.Name == chat.Case {
		example = casework.ExampleOf(lang, intent.Read(text).Verb)
	}
	for _, u := range unknown {
		names = append(names, u.name)
		if u.near == "" || slices.Contains(near, u.near) {
			continue
		}
		if near = append(near, u.near); len(near) == 1 {
			example = chat.Quoted(u.near, chat.Clip(secrets.Masked(u.value), 40))
		}
	}
	id := "form.strange"
	if c.FieldsOnly || c.Name == chat.Case && intent.Read(text).Verb == "" { // nothing is taken as words
		id = "form.unknown"
	}
	args := map[string]any{"strange": names, "near": near, "fields": c.fieldsOf(text), "example": example}
	return []chat.Section{{Tone: chat.Caution, Text: chat.Text(lang, id, args)}}
}
