package commands

import (
	"context"
	"slices"
	"strings"

	"signpost/commands/answers"
	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/watching"
)

var mailcheck = &Command{
	Name: chat.Check, Summary: "summary.mailcheck", Shared: true, Brief: true, Run: answers.Check,
	FieldsOnly: true, fields: func(string) []string { return intent.CheckOptions },
	buttons: []string{"was", "since", "why", "evidence"},
	// A form is shown where one is asked for, by the app's shortcut alone in general.
	inputsFor: func(string) []chat.Input { return answers.CheckInputs },
	asksBack:  func(string) bool { return false },
}

// more asks for all of an answer at once.
var more = chat.Input{Name: "more", Optional: true}

var mailhelp = &Command{
	// Without words Handle lists the commands and asks back.
	Name: chat.Help, Summary: "summary.mailhelp", Public: true, Persons: true, Brief: true, Run: answers.Help,
	Inputs:    append(slices.Clone(answers.HelpInputs), more),
	inputsFor: func(string) []chat.Input { return answers.HelpInputs },
	asksBack:  func(text string) bool { return text == "" },
}

var mailask = &Command{
	Name: chat.Ask, Summary: "summary.mailask", Public: true, Persons: true, Brief: true, Run: answers.Ask,
	Inputs: []chat.Input{{Name: "guide", Optional: true}, more},
}

var mailticket = &Command{
	Name: chat.Ticket, Summary: "summary.mailticket", Brief: true, Run: answers.Ticket,
	Inputs:    append(slices.Clone(answers.TicketInputs), more),
	inputsFor: func(string) []chat.Input { return answers.TicketInputs },
	asksBack:  func(text string) bool { return len(strings.Fields(text)) < 2 },
}

var mailbounce = &Command{
	Name: chat.Bounce, Summary: "summary.mailbounce", Brief: true, Run: answers.Bounce,
}

var mailcase = &Command{
	Name: chat.Case, Summary: "summary.mailcase", NamesPeople: true, Run: runCase,
	Inputs: intent.CaseInputs, inputsFor: func(text string) []chat.Input { return intent.FormOf(intent.Read(text).Verb) },
	reads: intent.CaseValues, help: casework.Help,
	fields: casework.FieldsOf, buttons: []string{"rev", "below", "second"},
	asksBack: func(text string) bool {
		o := intent.Read(text)
		return intent.FormOf(o.Verb) != nil && o.Words == "" && len(o.More) == 0
	},
}

// runCase carries out what is asked about cases, and what is to be done at a time that has come, whatever it is about.
func runCase(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	if e, ok := casework.EventOf(r); ok && e.Looks() && d.Book != nil {
		return watching.Happens(ctx, d, r, e, reply)
	}
	return casework.Run(ctx, d, r, reply)
}

var mailreport = &Command{
	Name: chat.Report, Summary: "summary.mailreport", Public: true, Lists: true, Run: answers.MailReports,
}

var mailwatch = &Command{
	Name: chat.Watch, Summary: "summary.mailwatch", Lists: true, Run: watching.Run, fields: watching.Fields,
	buttons: []string{"is", "gone"},
}

var mailset = &Command{
	Name: chat.Set, Summary: "summary.mailset", Run: answers.Set, Inputs: answers.SetInputs, reads: answers.ReadSettings,
	asksBack: func(string) bool { return false }, FieldsOnly: true, NamesPeople: true,
}

// handover hands a conversation to people: it is a button, and no command that anybody types.
var handover = &Command{Name: chat.Handover, Summary: "summary.handover", Hidden: true, Run: casework.Handover}

// quiet is what nothing is asked by: in the terminal it gets a nod, and in Slack nothing is said.
var quiet = &Command{Name: chat.Quiet, Summary: "summary.thanks", Hidden: true,
	Run: func(_ context.Context, _ answers.Deps, r chat.Request, reply func(chat.Reply)) error {
		reply(chat.Reply{Title: chat.Text(r.Lang, "quiet", nil), Final: true})
		return nil
	}}

// thanks answers who says thank you: nothing of it is a question.
var thanks = &Command{Name: chat.Thanks, Summary: "summary.thanks", Hidden: true, Run: runThanks}

func runThanks(_ context.Context, _ answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	reply(chat.Reply{Title: chat.Text(r.Lang, "thanks", nil), Final: true,
		Actions: []chat.Action{{ID: "list", Label: chat.Text(r.Lang, "case.button.list", nil), Command: chat.Case,
			Text: "list"}}})
	return nil
}

var demo = &Command{Name: chat.Demo, Summary: "summary.demo", Local: true, Run: runDemo}

// runDemo does what is asked of the lab; what a watch makes of a change is told by watching.
func runDemo(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	verb, domain := chat.CutWord(r.Text)
	if slices.Contains(chat.Words("demo-change"), chat.Fold(verb)) && d.Publish != nil {
		return watching.Change(ctx, d, r, domain, reply)
	}
	if slices.Contains(chat.Words("demo-incident"), chat.Fold(verb)) && d.Incident != nil {
		return watching.Incident(ctx, d, r, reply)
	}
	if slices.Contains(chat.Words("demo-digest"), chat.Fold(verb)) && d.Book != nil {
		due, err := watching.Past(ctx, d, r)
		if err != nil {
			return err
		}
		return casework.DemoDigest(ctx, d, r, due, reply)
	}
	return answers.Demo(ctx, d, r, reply)
}
