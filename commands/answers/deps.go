package answers

import (
	"context"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/registry"
	"signpost/diag/resolve"
	"signpost/kb"
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
	// Watcher, if set, is told of diagnoses.
	Watcher Watcher
	// Book, if set, is the casebook.
	Book *cases.Book
	// Handover is the channel to which conversations are handed; empty: none.
	Handover string
	// Left, if set, tells that a person is not in the workspace any more.
	HasLeft func(ctx context.Context, user string) bool
	// Admins is who may do what is for administrators, as the environment has it; where it names nobody, a workspace's
	// own settings count.
	Admins Admins
	// Demo is the list of the lab's domains with what each shows; nil outside the demo.
	Demo []DemoDomain
	// Publish, if set, changes records in the lab, as an administrator would at the DNS console.
	Publish func([]kb.Record) error
	// DemoReports, if set, is reports that receivers of the lab wrote.
	DemoReports func() []chat.File
	// Incident, if set, is the status page of the lab's provider.
	Incident *DemoIncident
	// LookAgain is how soon a watched domain is looked at again where something is new; zero: package watch's.
	LookAgain time.Duration
	// Checks is the list of checks to run; nil: all.
	Checks []*diag.Check
}

// Watcher is told how diagnoses go, so that they can be counted and traced. It may be called by many at once.
type Watcher interface {
	// Diagnosing is told that checks begin; the context it gives is theirs. The functions that it gives are called with
	// their progress, by one goroutine at a time, and at the end with their report.
	Diagnosing(context.Context) (context.Context, func(diag.Progress), func(*diag.Report))
	// SlowedDown is told that somebody was refused a check.
	SlowedDown(*SlowDown)
}

// DemoIncident is a status page of the lab, on which an incident may begin and end.
type DemoIncident struct {
	Page   string              // its address
	Domain string              // a domain of the lab that is with its provider
	Turn   func() (begun bool) // has an incident begin, or end where there is one
}

// DemoDomain is one domain of the lab.
type DemoDomain struct {
	Domain, Fault string
	Codes         []string // what its diagnosis finds
}

// Admins is the administrators that the environment names: people by their ids, of every workspace (under "") or of the
// one under whose id they stand.
type Admins map[string][]string
