package diag

import (
	"context"
	"slices"
	"strings"

	"signpost/diag/guarded"
	"signpost/diag/resolve"
)

// trial is a run that has ended, some of whose checks can be made again on a zone as it would be.
type trial struct {
	run    *run
	pass   Pass
	plan   plan
	report *Report
}

// decided reports whether records alone decide what a check finds, so that it can be made again without visiting anybody. Of those that
// fetch pages, what was fetched is remembered.
func decided(c *Check, names []string, types []string) bool {
	among := func(label string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.Contains("."+n, "."+label+".") })
	}
	switch c {
	case MX, SPF, DKIM, DMARC:
		return true
	case TLSRPT:
		return among("_smtp._tls")
	case MTASTS:
		return among("_mta-sts") || slices.Contains(types, "MX")
	case BIMI:
		return among("_bimi") || among("_dmarc")
	case DANE:
		return slices.Contains(types, "TLSA")
	case Client:
		return slices.Contains(types, "MX")
	}
	return false
}

// on makes the checks that records at these names decide anew, on another session. The others keep their results.
func (t *trial) on(ctx context.Context, session *resolve.Session, names, types []string) *Report {
	again := &run{tasks: map[*Check]*task{}, pages: t.run.pages, disputes: t.run.disputes}
	var fresh []*task
	var ctxs []context.Context
	for c, old := range t.run.tasks {
		k := &task{check: c, done: make(chan struct{}), cancel: func() {}, hidden: old.hidden}
		again.tasks[c] = k
		if old.hidden != "" || old.guard != nil || !decided(c, names, types) {
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
	for _, seen := range t.report.Providers {
		if !slices.ContainsFunc(fresh, func(k *task) bool { return k.check.Name == seen.By }) {
			again.providers = append(again.providers, seen)
		}
	}
	for i, k := range fresh {
		p := t.pass
		p.DNS, p.run, p.check = session, again, k.check
		guarded.Go(func() { again.work(ctxs[i], k, &p) }, func(err error) { again.end(k, Result{Status: Unknown, Err: err.Error()}) })
	}
	for _, k := range fresh {
		select {
		case <-k.done:
		case <-ctx.Done():
		}
	}
	out := *t.report
	out.Results, out.Helpers = t.plan.part(again.close(t.plan.checks))
	out.Providers = again.providers
	return &out
}
