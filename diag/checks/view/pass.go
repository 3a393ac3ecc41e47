package view

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"signpost/diag"
	"signpost/diag/protocol/dnssec"
)

// Pass is a check's view of one run, with what the checks of a run share.
type Pass struct {
	*diag.Pass
	*shared
}

// shared is what the checks of one run have in common. A change that is tried on the zone is examined with the same.
type shared struct {
	label    string        // of chance: nobody has made a name with it
	Trust    *dnssec.Chain // what DNSSEC has proven
	pages    pages         // what web servers gave
	Disputes disputes      // what the domain's servers answer differently
}

// With makes a check's function out of one that wants to see more than the engine knows.
func With(check func(context.Context, *Pass) (any, error)) func(context.Context, *diag.Pass) (any, error) {
	return func(ctx context.Context, p *diag.Pass) (any, error) {
		common := p.Shared(func() any { return &shared{label: chanceLabel(), Trust: dnssec.New(p.DNS, p.Now)} }).(*shared)
		return check(ctx, &Pass{p, common})
	}
}

// Planned reports that the zone is examined through servers that were named, as it will be when the delegation leads to
// them.
func (p *Pass) Planned() bool { return len(p.Through) > 0 }

// Name is the domain without its final dot.
func (p *Pass) Name() string { return strings.TrimSuffix(p.Domain, ".") }

// chanceLabel is a label that nobody has made: what stands at it comes from a wildcard or a DNAME.
func chanceLabel() string { return "signpost-" + strconv.FormatUint(rand.Uint64()|1<<63, 36) }

// pages is what web servers gave within a run, by host and path.
type pages struct {
	mu    sync.Mutex
	known map[string]*fetched
}

type fetched struct {
	done chan struct{}
	page *Page
	err  error
}

// Page is what a web server answered.
type Page struct {
	status int
	Kind   string // Content-Type
	Body   []byte
	Said   diag.Evidence

	Certificate *x509.Certificate // that the server showed
}
