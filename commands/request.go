package commands

import (
	"context"

	"signpost/commands/answers"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// Command is one thing that people can ask.
type Command struct {
	Name    string // "mailcheck"
	Summary string // catalogue key of its one-line description
	Local   bool   // only where there is a demo: no part of the app in Slack
	Hidden  bool   // behind a button: not listed, and no slash command
	Shared  bool   // its answer is for the whole channel, in the channel's language
	// NamesPeople says that people may be named in its text, so that a place of chat gives them by their ids.
	NamesPeople bool
	Brief       bool         // its answers have chat.MaxLines lines before "more"
	Lists       bool         // each list of its answers has
	Persons     bool         // who asks it for a person gets one
	Public      bool         // who asks before everybody is answered so; otherwise the answer is the asker's
	Inputs      []chat.Input // the fields of its form
	// inputsFor, if set, is those of them that the form for a text has.
	inputsFor func(text string) []chat.Input
	// FieldsOnly says that whatever is written as name=value is meant as a field, since no free words follow.
	FieldsOnly bool
	// fields, if set, is the names of the fields that a text may have; otherwise they are those of the form.
	fields  func(text string) []string
	buttons []string // names that only its buttons write
	// reads, if set, takes name=value off a text in the command's own way.
	reads func(text string) (rest string, values map[string]string)
	// help, if set, is the command's own help; about names what of it.
	help func(lang language.Tag, about string) chat.Reply
	// asksBack, if set, tells that a text is answered by the form.
	asksBack func(text string) bool
	// Run answers.
	Run func(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error
}
