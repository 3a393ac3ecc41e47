package answers

import (
	"context"
	"time"

	"signpost/cases"
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
