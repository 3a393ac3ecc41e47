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

// touched is what a change touches: names and types of its record sets, and whether the domain's own name begins to exist with it.
type touched struct {
	names, types []string
	begins       bool
	domain       string
}

// mail reports whether the change touches what stands at the domain or at hosts: not only at names of services.
func (t touched) mail() bool {
	return t.begins || slices.ContainsFunc(t.names, func(n string) bool { return !strings.HasPrefix(n, "_") || n == "_spf."+t.domain })
}

func (t touched) among(label string) bool {
	return slices.ContainsFunc(t.names, func(n string) bool { return strings.Contains("."+n, "."+label+".") })
}

// decides reports whether the change may change what a check finds, and the check can be made again without visiting anybody. Of those that
// fetch pages, what was fetched is remembered.
func (t touched) decides(c *Check) bool {
	hosts := t.begins || slices.ContainsFunc(t.types, func(s string) bool { return s != "TXT" && s != "SPF" && s != "TLSA" })
	switch c {
	case MX, SPF:
		return t.mail()
	case DKIM: // of the TXT records, only SPF's includes name selectors, and lead to no warning
		return hosts && t.mail() || t.among("_domainkey")
	case DMARC:
		return t.mail() || t.among("_dmarc") || t.among("dmarc")
	case TLSRPT:
		return t.among("_smtp._tls")
	case MTASTS:
		return t.among("_mta-sts") || hosts && t.mail()
	case BIMI:
		return t.among("_bimi") || t.among("_dmarc")
	case DANE:
		return slices.Contains(t.types, "TLSA")
	case Client:
		return hosts && t.mail()
	}
	return false
}

// on makes the checks that a change decides anew, on another session. The others keep their results.
func (t *trial) on(ctx context.Context, session *resolve.Session, what touched) *Report {
	again := &run{tasks: map[*Check]*task{}, pages: t.run.pages, disputes: t.run.disputes}
	var fresh []*task
	var ctxs []context.Context
	for c, old := range t.run.tasks {
		k := &task{check: c, done: make(chan struct{}), cancel: func() {}, hidden: old.hidden}
		again.tasks[c] = k
		if old.hidden != "" || old.guard != nil || !what.decides(c) {
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
