package diag

import (
	"context"

	"signpost/diag/resolve"
)

type run struct{}

// Progress is what an observer of a run sees: a check that started or ended. Done and Total count checks.
type Progress struct {
	Check       string
	Result      *Result // nil when the check has just started
	Done, Total int
}

// Run examines one domain (as ParseTarget gives it) and never returns nil: at ctx's deadline the report is what is known by then.
// The observer, if any, is called from one goroutine at a time.
func Run(ctx context.Context, n *resolve.Net, checks []*Check, t Target, o Options, observe func(Progress)) *Report {
	panic("contract")
}

// Found reports a finding with its code's default severity. Subject is trimmed of its final dot.
func (p *Pass) Found(code Code, subject string, args map[string]any, evidence ...Evidence) {
	panic("contract")
}

// FoundAs is Found with another severity than the code's default.
func (p *Pass) FoundAs(sev Severity, code Code, subject string, args map[string]any, evidence ...Evidence) {
	panic("contract")
}

// Await waits for the end of a check that this one Uses or Requires. It is nil when that check is not part of the run or the
// context ends first.
func (p *Pass) Await(ctx context.Context, c *Check) *Result { panic("contract") }

// SawProvider notes a provider for the report's head; the same one twice is noted once.
func (p *Pass) SawProvider(id, role, by string) { panic("contract") }

// SawOperator notes who runs the name servers.
func (p *Pass) SawOperator(id string) { panic("contract") }

// MXProviders recognises the domain's mail providers by its MX hosts. The MX question is the one the mx check asks too, so it
// costs nothing. The error means that the MX could not be looked up.
func (p *Pass) MXProviders(ctx context.Context) ([]Fingerprint, error) { panic("contract") }
