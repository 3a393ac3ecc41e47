package commands

import (
	"context"
	"slices"
	"strings"

	"signpost/commands/answers"
	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

var mailcheck = &Command{
	Name: chat.Check, Summary: "summary.mailcheck", Shared: true, Run: answers.Check,
}

var mailhelp = &Command{
	Name: chat.Help, Summary: "summary.mailhelp", Public: true, Persons: true, Run: answers.Help, // without words Handle lists the commands and asks back
	Inputs:    append(slices.Clone(answers.HelpInputs), chat.Input{Name: "more", Optional: true}),
	inputsFor: func(string) []chat.Input { return answers.HelpInputs },
	asksBack:  func(text string) bool { return text == "" },
}

var mailask = &Command{
	Name: chat.Ask, Summary: "summary.mailask", Public: true, Persons: true, Run: answers.Ask,
	Inputs: []chat.Input{{Name: "guide", Optional: true}},
}

var mailticket = &Command{
	Name: chat.Ticket, Summary: "summary.mailticket", Run: answers.Ticket,
	Inputs:   answers.TicketInputs,
	asksBack: func(text string) bool { return len(strings.Fields(text)) < 2 },
}

var mailbounce = &Command{
	Name: chat.Bounce, Summary: "summary.mailbounce", Run: answers.Bounce,
}

var mailcase = &Command{
	Name: chat.Case, Summary: "summary.mailcase", NamesPeople: true, Run: casework.Run,
	Inputs: intent.CaseInputs, inputsFor: func(text string) []chat.Input { return intent.FormOf(intent.Read(text).Verb) }, reads: intent.CaseValues, help: casework.Help,
	asksBack: func(text string) bool {
		o := intent.Read(text)
		return intent.FormOf(o.Verb) != nil && o.Words == "" && len(o.More) == 0
	},
}

var mailset = &Command{
	Name: chat.Set, Summary: "summary.mailset", Run: answers.Set, Inputs: answers.SetInputs, reads: answers.ReadSettings,
	asksBack: func(string) bool { return false },
}

// handover hands a conversation to people: it is a button, and no command that anybody types.
var handover = &Command{Name: chat.Handover, Summary: "summary.handover", Hidden: true, Run: casework.Handover}

// quiet is what nothing is asked by: in the terminal it gets a nod, and in Slack nothing is said.
var quiet = &Command{Name: chat.Quiet, Summary: "summary.thanks", Hidden: true, Run: func(_ context.Context, _ answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	reply(chat.Reply{Title: chat.Text(r.Lang, "quiet", nil), Final: true})
	return nil
}}

// thanks answers who says thank you: nothing of it is a question.
var thanks = &Command{Name: chat.Thanks, Summary: "summary.thanks", Hidden: true, Run: runThanks}

var demo = &Command{Name: chat.Demo, Summary: "summary.demo", Local: true, Run: answers.Demo}
