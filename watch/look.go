package watch

import (
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/diag/gate"
	"signpost/diag/visible"
)

// Look is what one look at a domain showed.
type Look struct {
	Due     time.Time // the time for which it was due: its name
	At      time.Time
	Report  *diag.Report
	Sets    []gate.Set                            // the pinned records as they are now; not those that could not be read
	Restore func(now, was gate.Set) gate.Restored // what brings a set back; nil: it cannot be examined
}

// Rules is what a look is judged by, beside the watch itself.
type Rules struct {
	Team string
	// Opens, if set, is when somebody of the team is at work next, which may be now.
	Opens func(time.Time) time.Time
	// Again is how soon a difference is looked at a second time; zero: the package's.
	Again time.Duration
	// Twice: zero: a difference is told when two looks have shown it; else when so many have.
	Times int
}

func (r Rules) again() time.Duration {
	if r.Again > 0 {
		return r.Again
	}
	return Again
}

func (r Rules) times() int {
	if r.Times > 0 {
		return r.Times
	}
	return 2
}

const (
	flapsFor = 7 * 24 * time.Hour // for which it counts that a fault came and went
	maxTimes = 8                  // looks that the most restless fault must be seen at
)

// See takes in what a look showed and gives what is to be told. A difference counts once it was seen twice; what could
// not be checked changes nothing. When the next look is due stands in w.Next.
func (w *Watch) See(l Look, r Rules) []Change {
	w.Done, w.Told, w.Wake = l.Due.UTC(), nil, time.Time{}
	if l.Report == nil || l.Report.Answers == 0 { // nobody could be asked: it is no news of the domain
		w.Blind++
	} else {
		w.Verdict, w.Looked, w.Blind = l.Report.Verdict(), l.At.UTC(), 0
		w.Providers, w.Operator = l.Report.Providers, l.Report.Operator
		w.meet(l)
		w.compare(l)
		w.met(l)
		w.Told = w.tell(l, r)
	}
	w.Trail.note(l.At, w.standing(), w.Every.Span())
	w.Expects = slices.DeleteFunc(w.Expects, func(e Expect) bool { return !e.Until.After(l.At) })
	w.Next = w.next(l.At, r)
	w.History = append(slices.Clone(w.Told), w.History...)
	w.History = w.History[:min(len(w.History), maxHistory)]
	return w.Told
}

// meet compares what was found with what was known, by the one comparison of two diagnoses.
func (w *Watch) meet(l Look) {
	now := l.Report.Outcome()
	ends := EndsOf(l.Report)
	now.Found = slices.DeleteFunc(now.Found, func(m diag.Mark) bool { return endsTell(ends, m.Code) })
	before := diag.Outcome{Made: append([]string{}, w.Made...)}
	for _, f := range w.Faults {
		before.Found = append(before.Found, diag.ParseMark(f.Mark))
	}
	d := diag.Compare(before, now)
	first := w.first()
	for _, m := range now.Found {
		f, ok := l.Report.Marked(m)
		if !ok {
			continue
		}
		i := w.fault(m)
		switch {
		case i >= 0:
			w.Faults[i].Seen++
			w.Faults[i].Missed = 0
			w.Faults[i].Finding = brief(f)
		case len(w.Faults) < maxFaults:
			known := first || !slices.Contains(d.New, m) // its check could not be made before: it may be old
			fresh := Fault{Finding: brief(f), Mark: m.String(), First: l.At.UTC(), Seen: 1, Known: known}
			if known {
				fresh.Told = l.At.UTC()
			}
			w.Faults = append(w.Faults, fresh)
			i = len(w.Faults) - 1
		}
		if i >= 0 && w.Faults[i].Told.IsZero() && w.covered(m.Code.Check(), l.At) {
			w.Faults[i].Announced = true
		}
	}
	for _, m := range d.Fixed {
		if i := w.fault(m); i >= 0 {
			w.Faults[i].Missed++
		}
	}
	w.Faults = slices.DeleteFunc(w.Faults, func(f Fault) bool { // it was a passing trouble, or nobody wants to hear of it
		return f.Missed > 0 && (f.Told.IsZero() || f.Accepted && f.Missed > 1)
	})
}

// first reports that nothing is known yet.
func (w *Watch) first() bool { return len(w.Made) == 0 }

// met notes which checks could be made.
func (w *Watch) met(l Look) {
	w.Unknown = nil
	for _, res := range l.Report.Results {
		switch res.Status {
		case diag.Passed, diag.Found:
			if !slices.Contains(w.Made, res.Check) {
				w.Made = append(w.Made, res.Check)
			}
		case diag.Unknown:
			w.Unknown = append(w.Unknown, res.Check)
		}
	}
	w.Flaps = slices.DeleteFunc(w.Flaps, func(f Flap) bool { return l.At.Sub(f.Last) > flapsFor })
}

func (w *Watch) fault(m diag.Mark) int {
	return slices.IndexFunc(w.Faults, func(f Fault) bool { return f.Mark == m.String() })
}

// needs is how many looks a fault must have been seen at, or missed at: more where it came and went before.
func (w *Watch) needs(mark string, r Rules) int {
	n := r.times()
	for _, f := range w.Flaps {
		if f.Mark == mark {
			n <<= min(f.Times, 3)
		}
	}
	return min(n, max(maxTimes, r.times()))
}

// compare holds the records that stand there against those that were pinned.
func (w *Watch) compare(l Look) {
	for _, now := range l.Sets {
		p := slices.IndexFunc(w.Pins, now.Same)
		if p < 0 {
			continue
		}
		i := slices.IndexFunc(w.Drifts, func(d Drift) bool { return d.Now.Same(now) })
		switch {
		case w.Pins[p].Equal(now):
			if i >= 0 {
				w.Drifts[i].Missed++
			}
			continue
		case i < 0:
			w.Drifts = append(w.Drifts, Drift{Now: now, First: l.At.UTC(), Seen: 1})
			i = len(w.Drifts) - 1
		case w.Drifts[i].Now.Equal(now):
			w.Drifts[i].Seen++
			w.Drifts[i].Missed = 0
		default: // something else again
			w.Drifts[i] = Drift{Now: now, First: l.At.UTC(), Seen: 1}
		}
		if w.covered(now.Check, l.At) {
			w.Drifts[i].Announced = true
		}
	}
	w.Drifts = slices.DeleteFunc(w.Drifts, func(d Drift) bool { return d.Missed > 0 && d.Told.IsZero() })
}

// holds reports whether something has to wait: until somebody wants to hear of it, or is there to hear it.
func (w *Watch) holds(check string, urgent bool, at time.Time, r Rules) bool {
	switch {
	case w.Quiet(at), w.covered(check, at):
		return true
	case urgent || r.Opens == nil:
		return false
	}
	opens := r.Opens(at)
	if opens.After(at) {
		w.Wake = opens
		return true
	}
	return false
}

// tell is what is to be told now, each once.
func (w *Watch) tell(l Look, r Rules) []Change {
	out := w.tellFaults(l, r)
	out = append(out, w.tellDrifts(l, r)...)
	return append(out, w.tellEnds(l, r)...)
}

func (w *Watch) tellFaults(l Look, r Rules) (out []Change) {
	at := l.At.UTC()
	w.Faults = slices.DeleteFunc(w.Faults, func(f Fault) bool {
		if f.Told.IsZero() || f.Missed < w.needs(f.Mark, r) || w.holds(f.Finding.Code.Check(), false, at, r) {
			return false
		}
		gone := f.Finding
		out = append(out, Change{Kind: Gone, At: at, First: f.First, Finding: &gone, Announced: f.Announced})
		w.flap(f.Mark, at)
		return true
	})
	for i := range w.Faults {
		f := &w.Faults[i]
		urgent := f.Finding.Severity >= diag.Error
		if !f.Told.IsZero() || f.Seen < w.needs(f.Mark, r) || w.holds(f.Finding.Code.Check(), urgent, at, r) {
			continue
		}
		f.Told = at
		there := f.Finding
		if now, ok := l.Report.Marked(diag.ParseMark(f.Mark)); ok {
			there.Records, there.Notes = now.Records, now.Notes
			there.Evidence = someEvidence(now.Evidence)
		}
		out = append(out, Change{Kind: Appeared, At: at, First: f.First, Finding: &there, Announced: f.Announced})
	}
	return out
}

// flap counts that a fault came and went.
func (w *Watch) flap(mark string, at time.Time) {
	for i := range w.Flaps {
		if w.Flaps[i].Mark == mark {
			w.Flaps[i].Times, w.Flaps[i].Last = w.Flaps[i].Times+1, at
			return
		}
	}
	if len(w.Flaps) < maxFaults {
		w.Flaps = append(w.Flaps, Flap{mark, 1, at})
	}
}

func (w *Watch) tellDrifts(l Look, r Rules) (out []Change) {
	at := l.At.UTC()
	w.Drifts = slices.DeleteFunc(w.Drifts, func(d Drift) bool {
		if d.Missed < r.times() || w.holds(d.Now.Check, false, at, r) {
			return false
		}
		now := d.Now
		if p := slices.IndexFunc(w.Pins, now.Same); p >= 0 {
			now = w.Pins[p]
		}
		out = append(out, Change{Kind: Returned, At: at, First: d.First, Was: &now})
		return true
	})
	for i := range w.Drifts {
		d := &w.Drifts[i]
		urgent := d.Now.Type == "MX" || d.Now.Type == "NS" // mail goes elsewhere
		p := slices.IndexFunc(w.Pins, d.Now.Same)
		if p < 0 || !d.Told.IsZero() || d.Seen < r.times() ||
			w.holds(d.Now.Check, urgent && !d.Announced, at, r) {
			continue
		}
		was, now := w.Pins[p], d.Now
		c := Change{Kind: Drifted, At: at, First: d.First, Was: &was, Now: &now}
		switch {
		case d.Announced:
			c.Kind, c.Announced = Followed, true
			w.Pins[p] = now
		case l.Restore != nil:
			back := l.Restore(now, was)
			c.Back = &back
		}
		d.Told = at
		out = append(out, c)
	}
	w.Drifts = slices.DeleteFunc(w.Drifts, func(d Drift) bool {
		return slices.ContainsFunc(w.Pins, func(p gate.Set) bool { return p.Same(d.Now) && p.Equal(d.Now) }) &&
			d.Missed == 0
	})
	return out
}

// next is when the domain is looked at again.
func (w *Watch) next(at time.Time, r Rules) time.Time {
	next := Next(r.Team, w.Domain, w.Every, at)
	sooner := func(t time.Time) {
		if t = t.UTC().Truncate(time.Second); t.After(at) && t.Before(next) {
			next = t
		}
	}
	if w.Muted.After(at) {
		sooner(w.Muted.Add(time.Minute))
		return next
	}
	if w.Unsettled(r) {
		sooner(at.Add(r.again() + time.Second))
	}
	if !w.Wake.IsZero() {
		sooner(w.Wake.Add(time.Second))
	}
	for _, e := range w.Expects {
		sooner(e.Until.Add(time.Minute))
	}
	return next
}

// Unsettled reports that something was seen too seldom yet to be told.
func (w *Watch) Unsettled(r Rules) bool {
	for _, f := range w.Faults {
		if n := w.needs(f.Mark, r); f.Told.IsZero() && f.Seen < n || f.Missed > 0 && f.Missed < n {
			return true
		}
	}
	return slices.ContainsFunc(w.Drifts, func(d Drift) bool {
		return d.Told.IsZero() && d.Seen < r.times() || d.Missed > 0 && d.Missed < r.times()
	})
}

// brief is a finding as it is kept.
func brief(f diag.Finding) diag.Finding {
	return diag.Finding{Code: f.Code, Severity: f.Severity, Subject: f.Subject, Args: diag.BriefArgs(f.Args)}
}

// someEvidence is what shows a finding, in short.
func someEvidence(all []diag.Evidence) (out []diag.Evidence) {
	for _, e := range all[:min(len(all), 2)] {
		e.Answer = visible.Clip(strings.TrimSpace(e.Answer), 300)
		out = append(out, e)
	}
	return out
}

// tellEnds takes in what ends when, and tells what has come near.
func (w *Watch) tellEnds(l Look, r Rules) (out []Change) {
	at := l.At.UTC()
	for _, now := range EndsOf(l.Report) {
		now.Seen = at
		i := slices.IndexFunc(w.Ends, func(e End) bool { return e.Check == now.Check && e.Name == now.Name })
		if i < 0 {
			if len(w.Ends) >= maxEnds {
				continue
			}
			w.Ends = append(w.Ends, End{Check: now.Check, Name: now.Name, At: now.At})
			i = len(w.Ends) - 1
		}
		was := w.Ends[i]
		if now.Rolls {
			now.Life = max(was.Life, now.At.Sub(at))
		}
		now.Stage = was.Stage
		renewed := now.At.Sub(was.At) > day
		if renewed && was.Stage > 0 {
			if w.holds(now.Check, false, at, r) { // it is told when it may be
				w.Ends[i].Seen = at
				continue
			}
			told := now
			out = append(out, Change{Kind: Renewed, At: at, End: &told})
		}
		if renewed {
			now.Stage = 0
		}
		if s := now.stage(at); s > 0 && (now.Stage == 0 || s < now.Stage) && !w.holds(now.Check, s <= 1, at, r) {
			now.Stage = s
			told := now
			out = append(out, Change{Kind: Ending, At: at, End: &told})
		}
		w.Ends[i] = now
	}
	w.Ends = slices.DeleteFunc(w.Ends, func(e End) bool { return at.Sub(e.Seen) > 60*day })
	return out
}
