package diag

import (
	"context"
	"slices"

	"github.com/miekg/dns"
)

// choose plans a run: all checks, or those named with what they require, what they use, and what may hide them. The
// order stays.
func choose(checks []*Check, o Options) plan {
	p := plan{checks: checks, asked: map[*Check]bool{}, guards: map[*Check]bool{}}
	if o.NoSMTP {
		p.checks = slices.DeleteFunc(slices.Clone(checks), func(c *Check) bool { return c.Visits })
	}
	if len(o.Only) == 0 {
		for _, c := range p.checks {
			p.asked[c] = true
		}
		return p
	}
	want := map[*Check]bool{}
	var ask, help func(*Check)
	ask = func(c *Check) {
		p.asked[c] = true
		for _, r := range c.Requires {
			ask(r)
		}
		help(c)
	}
	help = func(c *Check) {
		if want[c] {
			return
		}
		want[c] = true
		for _, next := range slices.Concat(c.Requires, c.Uses) {
			help(next)
		}
	}
	for _, c := range p.checks {
		if slices.Contains(o.Only, c.Name) {
			ask(c)
		}
	}
	for _, c := range p.checks {
		if slices.Contains(o.Beside, c.Name) {
			help(c)
		}
	}
	for _, c := range p.checks {
		if !want[c] && slices.ContainsFunc(p.checks,
			func(other *Check) bool { return want[other] && !p.guards[other] && hides(c, other) }) {
			want[c], p.guards[c] = true, true
		}
	}
	p.checks = slices.DeleteFunc(slices.Clone(p.checks), func(c *Check) bool { return !want[c] })
	return p
}

// hides reports whether a finding of one check may make the result of another meaningless.
func hides(c, other *Check) bool {
	return slices.ContainsFunc(c.Codes, func(s Kind) bool {
		return slices.Contains(other.HiddenBy, s.Code) || slices.Contains(other.SkippedBy, s.Code)
	})
}

// part tells the results that were asked for from those that only helped. A helper's result is shown where it is why
// another was skipped.
func (p plan) part(results []Result) (shown, helpers []Result) {
	because := map[string]bool{}
	for i, c := range p.checks {
		if p.asked[c] {
			because[results[i].Because] = true
		}
	}
	for i, c := range p.checks {
		hid := slices.ContainsFunc(results[i].Findings, func(f Finding) bool { return because[string(f.Code)] })
		if p.asked[c] || hid {
			shown = append(shown, results[i])
		} else {
			helpers = append(helpers, results[i])
		}
	}
	return shown, helpers
}

// doubtful waits for the checks that a guarding one may hide, and tells whether the domain cannot be looked up, or does
// not exist: that is when a dead delegation, or an alias in place of the domain's records, may be the reason for
// whatever they say. Most of them have asked the question already.
func (r *run) doubtful(ctx context.Context, p *Pass, all plan) bool {
	for _, c := range all.checks {
		if all.guards[c] || !hides(p.check, c) {
			continue
		}
		select {
		case <-r.tasks[c].done:
		case <-ctx.Done():
			return true
		}
	}
	a, err := p.DNS.Lookup(ctx, p.Domain, dns.TypeMX)
	return err != nil || a.NXDomain() || a.Empty() && len(a.Chain()) > 0
}
