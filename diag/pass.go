package diag

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"signpost/diag/cause"
)

// Found reports a finding with its kind's default severity. Subject is trimmed of its final dot. A kind that the check
// does not list is a defect of the check: it panics, and the check becomes unknown.
func (p *Pass) Found(kind Kind, subject string, args map[string]any, evidence ...Evidence) {
	p.FoundAs(kind.Severity, kind, subject, args, evidence...)
}

// FoundAs is Found with another severity than the kind's default.
func (p *Pass) FoundAs(sev Severity, kind Kind, subject string, args map[string]any, evidence ...Evidence) {
	if !slices.Contains(p.check.Codes, kind) {
		panic("diag: check " + p.check.Name + " does not list the code " + string(kind.Code))
	}
	if args == nil {
		args = map[string]any{}
	}
	f := Finding{
		Code: kind.Code, Severity: sev, Subject: strings.TrimSuffix(subject, "."), Args: args,
		Evidence: slices.Clone(evidence[:min(len(evidence), maxEvidence)]),
	}
	f.seen()
	r := p.run
	r.mu.Lock()
	defer r.mu.Unlock()
	switch k := r.tasks[p.check]; {
	case r.closed:
	case slices.ContainsFunc(k.result.Findings, f.same): // a record may hold the same fault a thousand times
	case len(k.result.Findings) >= maxFindings:
		p.LeftOut(maxFindings, "findings")
	default:
		k.result.Findings = append(k.result.Findings, f)
	}
}

// Findings is what this check has found so far.
func (p *Pass) Findings() []Finding {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	return slices.Clone(p.run.tasks[p.check].result.Findings)
}

// Shared is one value for all checks of the run, made by the first that asks for it.
func (p *Pass) Shared(compute func() any) any {
	p.run.common.once.Do(func() { p.run.common.value = compute() })
	return p.run.common.value
}

// LeftOut says that there are more of something than this check looks at: it cannot tell what the rest holds.
func (p *Pass) LeftOut(most int, what string) {
	if p.limits != nil {
		p.limits.Note(cause.With(cause.Rest, fmt.Sprintf("diag: more than %d %s: the rest was not examined", most, what),
			map[string]any{"most": most, "what": what}))
	}
}

// Await waits for the end of a check that this one Uses or Requires. It is nil when that check is not part of the run
// or the context ends first.
func (p *Pass) Await(ctx context.Context, c *Check) *Result {
	k := p.run.tasks[c]
	if k == nil {
		return nil
	}
	select {
	case <-k.done:
		p.run.mu.Lock()
		defer p.run.mu.Unlock()
		res := k.shown()
		return &res
	case <-ctx.Done():
		return nil
	}
}

// Runs reports whether a check is part of the run.
func (p *Pass) Runs(c *Check) bool { return p.run.tasks[c] != nil }

// Seeks reports whether a check of the run looks for what a kind tells.
func (p *Pass) Seeks(kind Kind) bool {
	for c := range p.run.tasks {
		if slices.ContainsFunc(c.Codes, func(k Kind) bool { return k.Code == kind.Code }) {
			return true
		}
	}
	return false
}

// Examines reports whether a check is part of the run for its own sake, not only where it may hide what others find.
func (p *Pass) Examines(c *Check) bool {
	k := p.run.tasks[c]
	return k != nil && k.guard == nil
}

// SawProvider notes a provider for the report's head; the same one twice is noted once.
func (p *Pass) SawProvider(id, role, by string) {
	seen := ProviderSeen{ID: id, Role: role, By: by}
	r := p.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed && !slices.Contains(r.providers, seen) {
		r.providers = append(r.providers, seen)
	}
}

// SawOperator notes who runs the name servers.
func (p *Pass) SawOperator(id string) {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	if !p.run.closed {
		p.run.operator = OperatorSeen{ID: id}
	}
}
