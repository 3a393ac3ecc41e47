package commands

import (
	"context"
	"io"
	"time"

	"signpost/cases"
	"signpost/diag"
	"signpost/diag/registry"
	"signpost/diag/resolve"
	"signpost/kb"

	"golang.org/x/text/language"
)

// Request is one thing that a person asked, from wherever: slash command, mention, direct message, click, form, console line.
type Request struct {
	ID      string // identity for deduplication: the same delivery twice has the same ID
	Team    string
	User    string
	Channel string
	Thread  string
	Command string // "mailcheck", without the slash
	Text    string
	Values  map[string]string // the answers to a Form, by field; a typed line gives them as name=value
	Files   []File            // what was attached
	Lang    language.Tag
	Event   *Event       // the time that has come, in place of Text; from inside
	Inside  bool         // the program asks itself: a time that has come, a message to be brought up to date
	Direct  bool         // in a conversation of two
	Public  bool         // asked before everybody, who may read the answer too
	asker   language.Tag // the asker's own, where Lang is the channel's
	cut     bool         // the text was longer than is read
	Zone    string       // the asker's time zone (IANA), such as "Asia/Shanghai"; "" where it is not known
}

// File is something attached to a request. Open gives its content, of which Size octets are announced.
type File struct {
	Name string
	Size int64
	Open func(context.Context) (io.ReadCloser, error)
}

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
	Left func(ctx context.Context, user string) bool
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
	Public      bool    // who asks before everybody is answered so; otherwise the answer is the asker's
	Inputs      []Input // the fields of its form
	// inputsFor, if set, is those of them that the form for a text has.
	inputsFor func(text string) []Input
	// reads, if set, takes name=value off a text in the command's own way.
	reads func(text string) (rest string, values map[string]string)
	// help, if set, is the command's own help; about names what of it.
	help func(lang language.Tag, about string) Reply
	// asksBack, if set, tells that a text is answered by the form.
	asksBack func(text string) bool
	// Run answers.
	Run func(ctx context.Context, d Deps, r Request, reply func(Reply)) error
}
