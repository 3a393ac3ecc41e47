package checks

import (
	"context"

	"signpost/diag"
	"signpost/diag/protocol/dnssec"
)

// pass is a check's view of one run, with what the checks of a run share.
type pass struct {
	*diag.Pass
	*shared
}

// shared is what the checks of one run have in common. A change that is tried on the zone is examined with the same.
type shared struct {
	label    string        // of chance: nobody has made a name with it
	trust    *dnssec.Chain // what DNSSEC has proven
	pages    pages         // what web servers gave
	disputes disputes      // what the domain's servers answer differently
}

// with makes a check's function out of one that wants to see more than the engine knows.
func with(check func(context.Context, *pass) (any, error)) func(context.Context, *diag.Pass) (any, error) {
	return func(ctx context.Context, p *diag.Pass) (any, error) {
		common := p.Shared(func() any { return &shared{label: chanceLabel(), trust: dnssec.New(p.DNS, p.Now)} }).(*shared)
		return check(ctx, &pass{p, common})
	}
}
