package casework

import (
	"cmp"
	"slices"

	"signpost/commands/casework/book"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

// FieldsOf is the names of the fields that a line about cases may have; where it names no verb, those of all verbs.
func FieldsOf(text string) (names []string) {
	v := intent.VerbOf(intent.Read(text).Verb)
	switch {
	case v.Name == "list" || v.Name == "search" || v.Name == "mine":
		return book.SearchFields
	case v.Name != "":
		return slices.DeleteFunc(slices.Clone(v.Ends), func(name string) bool { return name == "second" })
	}
	for _, in := range intent.CaseInputs {
		names = append(names, in.Name)
	}
	return names
}

// ExampleOf is how a line with the verb is written; without one, how a case is opened.
func ExampleOf(lang language.Tag, verb string) string {
	return chat.Text(lang, "case.example."+cmp.Or(verb, "open"), nil)
}
