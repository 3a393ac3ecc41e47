package diag

import (
	"context"
	"slices"
	"strings"

	"signpost/diag/guarded"
	"signpost/diag/resolve"
)

// Mail reports whether the change touches what stands at the domain or at hosts: not only at names of services.
func (t Touched) Mail() bool {
	return t.Begins || slices.ContainsFunc(t.Names,
		func(n string) bool { return !strings.HasPrefix(n, "_") || n == "_spf."+t.Domain })
}

// Hosts reports whether the change may change where a name leads, not only what texts say of it.
func (t Touched) Hosts() bool {
	return t.Begins || slices.ContainsFunc(t.Types, func(s string) bool {
		return s != "TXT" && s != "SPF" && s != "TLSA" && s != "CAA"
	})
}

// Below reports whether the change touches a name that is, or lies below, one of the labels.
func (t Touched) Below(labels string) bool {
	return slices.ContainsFunc(t.Names, func(n string) bool { return strings.Contains("."+n, "."+labels+".") })
}

// Domain is the domain of the run, with its dot.
func (t *Trial) Domain() string { return t.pass.Domain }

// Session is what the run has learned of the zone as it is.
func (t *Trial) Session() *resolve.Session { return t.pass.DNS }

// Check is a check of the run by its name; nil where there is none.
func (t *Trial) Check(name string) *Check {
	for c := range t.run.tasks {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Decides reports whether the change may change what a check finds, and the check can be made again without visiting
// anybody.
func (t Touched) Decides(c *Check) bool { return c != nil && c.DecidedBy != nil && c.DecidedBy(t) }

// Again makes the checks that a change decides anew, on another session. The others keep their results. Of those that
// fetch pages, what was fetched is remembered.
func (t *Trial) Again(ctx context.Context, session *resolve.Session, what Touched) *Report {
	again := &run{tasks: map[*Check]*task{}, common: t.run.common}
	var fresh []*task
	var ctxs []context.Context
	for c, old := range t.run.tasks {
		k := &task{check: c, done: make(chan struct{}), cancel: func() {}, hidden: old.hidden}
		again.tasks[c] = k
		if old.hidden != "" || old.guard != nil || !what.Decides(c) {
			k.result = old.result
			close(k.done)
			continue
		}
		cctx, cancel := context.WithCancel(ctx)
		k.cancel, k.result = cancel, Result{Check: c.Name, Status: Unknown}
		fresh, ctxs = append(fresh, k), append(ctxs, cctx)
	}
	again.total = len(fresh)
	again.said = make(chan Progress, 2*len(fresh)+1)
	for _, seen := range t.Report.Providers {
		if !slices.ContainsFunc(fresh, func(k *task) bool { return k.check.Name == seen.By }) {
			again.providers = append(again.providers, seen)
		}
	}
	for i, k := range fresh {
		p := t.pass
		p.DNS, p.run, p.check = session, again, k.check
		guarded.Go(func() { again.work(ctxs[i], k, &p) },
			func(err error) { again.end(k, Result{Status: Unknown, Err: err.Error(), Cause: causeOf(err)}) })
	}
	for _, k := range fresh {
		select {
		case <-k.done:
		case <-ctx.Done():
		}
	}
	out := *t.Report
	out.Results, out.Helpers = t.plan.part(again.close(t.plan.checks))
	out.Providers = again.providers
	return &out
}
