package commands

import (
	"context"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/registry"
	"signpost/diag/resolve"
	"signpost/kb"

	"golang.org/x/text/language"
)

// Deps is what commands work with.
type Deps struct {
	KB *kb.Base
	// Latest, if set, gives the knowledge as it is now: it goes before KB.
	Latest func() *kb.Base
	Net    *resolve.Net
	Now    func() time.Time
	// Resolvers, Registry and Blocklists are what a diagnosis asks beside the domain's own servers.
	Resolvers  []diag.Recursive
	Registry   *registry.Directory
	Blocklists []diag.Blocklist
	// Runs, if set, shares diagnoses between those who ask, and bounds how many one person asks for.
	Runs *Runs
	// Book, if set, is the casebook.
	Book *cases.Book
	// Handover is the channel to which conversations are handed; empty: none.
	Handover string
	// Left, if set, tells that a person is not in the workspace any more.
	HasLeft func(ctx context.Context, user string) bool
	// Demo is the list of the lab's domains with what each shows; nil outside the demo.
	Demo []DemoDomain
	// Publish, if set, changes records in the lab, as an administrator would at the DNS console.
	Publish func([]kb.Record) error
	// Checks is the list of checks to run; nil: all.
	Checks []*diag.Check
}

// DemoDomain is one domain of the lab.
type DemoDomain struct {
	Domain, Fault string
	Codes         []string // what its diagnosis finds
}

// Command is one thing that people can ask.
type Command struct {
	Name    string // "mailcheck"
	Summary string // catalogue key of its one-line description
	Pastes  bool   // its text may be long, and keeps its lines
	Local   bool   // only where there is a demo: no part of the app in Slack
	Hidden  bool   // behind a button: not listed, and no slash command
	Shared  bool   // its answer is for the whole channel, in the channel's language
	// NamesPeople says that people may be named in its text, so that a place of chat gives them by their ids.
	NamesPeople bool
	Public      bool         // who asks before everybody is answered so; otherwise the answer is the asker's
	Inputs      []chat.Input // the fields of its form
	// inputsFor, if set, is those of them that the form for a text has.
	inputsFor func(text string) []chat.Input
	// reads, if set, takes name=value off a text in the command's own way.
	reads func(text string) (rest string, values map[string]string)
	// help, if set, is the command's own help; about names what of it.
	help func(lang language.Tag, about string) chat.Reply
	// asksBack, if set, tells that a text is answered by the form.
	asksBack func(text string) bool
	// Run answers.
	Run func(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error
}
