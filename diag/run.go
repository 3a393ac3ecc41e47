package diag

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"signpost/diag/cause"
	"signpost/diag/guarded"
	"signpost/diag/resolve"
)

const (
	// DefaultTimeout is how long a run may take where the caller sets no deadline.
	DefaultTimeout = 20 * time.Second

	grace       = 100 * time.Millisecond // for checks to end after the deadline before they are given up
	maxFindings = 200                    // kept of one check
	maxEvidence = 40                     // kept of one finding
)

var (
	errWithin     = cause.New(cause.Failed, "diag: failed within")
	errUnfinished = cause.New(cause.Deadline, "diag: not finished before the deadline")
)

// causeOf is why a check could not tell, made fit to be shown.
func causeOf(err error) *cause.Cause {
	c := cause.Of(err)
	c.Args, _ = Seen(c.Args).(map[string]any)
	return &c
}

// Run examines one domain (as ParseTarget gives it) and never returns nil: at ctx's deadline the report is what is
// known by then. The observer, if any, is called from one goroutine at a time.
func Run(ctx context.Context, n *resolve.Net, checks []*Check, t Target, o Options, observe func(Progress)) *Report {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DefaultTimeout)
		defer cancel()
	}
	now := time.Now
	if n.Now != nil {
		now = n.Now
	}
	began := time.Now()
	session := n.NewSession(t.Domain)
	defer session.Close()
	plan := choose(checks, o)
	chosen := plan.checks
	r := &run{tasks: map[*Check]*task{}, total: len(chosen), said: make(chan Progress, 2*len(chosen)+1), common: &common{}}
	pass := Pass{Domain: strings.ToLower(t.Domain) + ".", DNS: session, Now: now(), Options: o, run: r}
	report := &Report{Domain: t.Domain, Unicode: t.Unicode, Started: pass.Now.UTC()}
	if len(o.Through) > 0 {
		report.Through, pass.lost = through(ctx, session, t, o)
	}

	var ctxs []context.Context
	for _, c := range chosen {
		k := &task{check: c, done: make(chan struct{}), result: Result{Check: c.Name, Status: Unknown}}
		var cctx context.Context
		if c.Timeout > 0 {
			cctx, k.cancel = context.WithTimeout(ctx, c.Timeout)
		} else {
			cctx, k.cancel = context.WithCancel(ctx)
		}
		r.tasks[c] = k
		ctxs = append(ctxs, cctx)
	}
	for i, c := range chosen {
		p := pass
		p.check = c
		k := r.tasks[c]
		if plan.guards[c] {
			k.guard = func(ctx context.Context) bool { return r.doubtful(ctx, &p, plan) }
		}
		guarded.Go(func() { r.work(ctxs[i], k, &p) },
			func(err error) { r.end(k, Result{Status: Unknown, Err: ErrText(err), Cause: causeOf(err)}) })
	}
	r.watch(ctx, observe)
	report.Results, report.Helpers = plan.part(r.close(chosen))
	if len(o.Only) > 0 {
		report.Asked = slices.Clone(o.Only)
	}
	report.Providers, report.Operator = r.providers, r.operator
	if o.Conclude != nil {
		o.Conclude(ctx, &Trial{Report: report, run: r, pass: pass, plan: plan})
	}
	report.withoutRecords()
	report.Took = time.Since(began)
	report.Queries, report.Answers = session.Queries(), session.Answers()
	return report
}

// watch passes progress on until every check has ended, or the deadline and the grace after it have passed.
func (r *run) watch(ctx context.Context, observe func(Progress)) {
	over := ctx.Done()
	var late <-chan time.Time
	for done := 0; done < r.total; {
		select {
		case p := <-r.said:
			if p.Result != nil {
				done++
			}
			if observe != nil {
				observe(p)
			}
		case <-over:
			over, late = nil, time.After(grace)
		case <-late:
			return
		}
	}
}

// work waits for what the check requires, runs it, and notes the result.
func (r *run) work(ctx context.Context, k *task, p *Pass) {
	defer k.cancel()
	var because string
	for _, need := range k.check.Requires {
		t := r.tasks[need]
		select {
		case <-t.done:
			if s := r.status(t); s == Unknown || s == Skipped {
				because = need.Name
			}
		case <-ctx.Done():
			because = need.Name
		}
		if because != "" {
			break
		}
	}
	if because != "" {
		r.end(k, Result{Status: Skipped, Because: because})
		return
	}
	if k.guard != nil && !k.guard(ctx) {
		r.end(k, Result{Status: Passed})
		return
	}
	r.said <- Progress{Check: k.check.Name, Total: r.total, Done: r.count()}
	start := time.Now()
	var limits resolve.Limits
	p.limits = &limits
	facts, err := any(nil), p.lost
	if err == nil {
		facts, err = protect(resolve.WithLimits(ctx, &limits), k.check, p)
	}
	if err == nil {
		err = limits.Err() // what was cut off is not known, whatever the rest shows
	}
	res := Result{Facts: facts, Took: time.Since(start)}
	var without Skip
	if errors.As(err, &without) {
		res.Status, res.Because = Skipped, string(without)
	} else if err != nil {
		res.Status, res.Err, res.Cause = Unknown, ErrText(err), causeOf(err)
	}
	r.end(k, res)
}

// protect runs a check under recover: a check that panics could not tell.
func protect(ctx context.Context, c *Check, p *Pass) (facts any, err error) {
	if failed := guarded.Try(func() {
		facts, err = c.Run(ctx, p)
		facts = Seen(facts)
	}); failed != nil {
		return nil, fmt.Errorf("diag: check %s: %w: %w", c.Name, errWithin, failed)
	}
	return facts, err
}

func (r *run) status(t *task) Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return t.result.Status
}

func (r *run) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ended
}

// end notes how a check ended, and what its findings hide.
func (r *run) end(k *task, res Result) {
	r.mu.Lock()
	if !r.closed {
		res.Check, res.Findings = k.check.Name, k.result.Findings
		if res.Status == "" {
			res.Status = Passed
			if len(res.Findings) > 0 {
				res.Status = Found
			}
		}
		k.result = res
		r.hide(k)
	}
	r.ended++
	shown := k.shown()
	p := Progress{Check: k.check.Name, Result: &shown, Done: r.ended, Total: r.total}
	r.mu.Unlock()
	close(k.done)
	r.said <- p
}

// hide marks the checks whose results this one's findings make meaningless, and stops those under way.
func (r *run) hide(k *task) {
	for _, f := range k.result.Findings {
		for _, other := range r.tasks {
			if other.hidden == "" && slices.Contains(other.check.HiddenBy, f.Code) {
				other.hidden = f.Code
				other.cancel()
			}
		}
	}
}

// shown is the task's result as the report has it.
func (k *task) shown() Result {
	if k.hidden != "" {
		return Result{Check: k.check.Name, Status: Skipped, Because: string(k.hidden), Took: k.result.Took}
	}
	return k.result
}

// close ends the run: checks still under way are unknown.
func (r *run) close(chosen []*Check) []Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	out := make([]Result, 0, len(chosen))
	for _, c := range chosen {
		k := r.tasks[c]
		k.cancel()
		select {
		case <-k.done:
		default:
			k.result.Err, k.result.Cause = errUnfinished.Error(), causeOf(errUnfinished)
		}
		out = append(out, k.shown())
	}
	sort.Slice(r.providers, func(i, j int) bool {
		a, b := r.providers[i], r.providers[j]
		if a.By != b.By {
			return byOrder[a.By] < byOrder[b.By]
		}
		return a.ID < b.ID
	})
	return out
}

var byOrder = map[string]int{"mx": 0, "spf": 1, "dkim": 2}
