package diag

import (
	"encoding/json"
	"slices"
	"time"

	"signpost/diag/cause"
)

// deciding are the checks without which a verdict of "ok" cannot be given (CHECKS.md).
var deciding = []string{"mx", "spf", "dkim", "dmarc", "delegation"}

// Verdict is broken if any finding is an error, problems if any is a warning, unknown if there is neither but a
// deciding check could not be made, else ok. A check that was asked for by name is a deciding one: unknown, or skipped
// for want of something, it leaves nothing to call ok.
func (r *Report) Verdict() Verdict {
	worst, uncertain := Info, false
	for _, res := range r.Results {
		for _, f := range res.Findings {
			worst = max(worst, f.Severity)
		}
		undone := res.Status == Unknown || res.Status == Skipped
		if res.Status == Unknown && slices.Contains(deciding, res.Check) || undone && slices.Contains(r.Asked, res.Check) {
			uncertain = true
		}
	}
	switch {
	case worst == Error:
		return Broken
	case worst == Warning:
		return Problems
	case uncertain:
		return Uncertain
	}
	return OK
}

// Findings is all findings of the report, in the order of the checks.
func (r *Report) Findings() []Finding {
	var out []Finding
	for _, res := range r.Results {
		out = append(out, res.Findings...)
	}
	return out
}

// Result is how the named check ended, even if it only helped; nil where it was not part of the run.
func (r *Report) Result(check string) *Result {
	for _, list := range [][]Result{r.Results, r.Helpers} {
		for i := range list {
			if list[i].Check == check {
				return &list[i]
			}
		}
	}
	return nil
}

type wireReport struct {
	Domain    string          `json:"domain"`
	Unicode   string          `json:"unicode"`
	Started   string          `json:"started"`
	Took      int64           `json:"took_ms"`
	Queries   int             `json:"queries"`
	Answers   int             `json:"answers,omitempty"`
	Asked     []string        `json:"asked,omitempty"`
	Verdict   Verdict         `json:"verdict"`
	Providers []ProviderSeen  `json:"providers"`
	Operator  OperatorSeen    `json:"dns_operator"`
	Through   []ThroughServer `json:"through,omitempty"`
	Checks    []wireResult    `json:"checks"`
}

type wireResult struct {
	Check    string       `json:"check"`
	Status   Status       `json:"status"`
	Took     int64        `json:"took_ms"`
	Err      string       `json:"error"`
	Cause    *cause.Cause `json:"cause,omitempty"`
	Because  string       `json:"because"`
	Facts    any          `json:"facts"`
	Findings []Finding    `json:"findings"`
}

// Shape is a value of the type that a Report is written as, for whoever describes it.
func (*Report) Shape() any { return wireReport{} }

// MarshalJSON writes the report as CHECKS.md has it. Lists are never null, times are UTC, spans are whole milliseconds.
func (r *Report) MarshalJSON() ([]byte, error) {
	w := wireReport{
		Domain: r.Domain, Unicode: r.Unicode, Started: r.Started.UTC().Format(time.RFC3339), Took: r.Took.Milliseconds(),
		Queries: r.Queries, Answers: r.Answers, Asked: r.Asked, Verdict: r.Verdict(), Operator: r.Operator,
		Through:   r.Through,
		Providers: append([]ProviderSeen{}, r.Providers...), Checks: []wireResult{},
	}
	for _, res := range r.Results {
		x := wireResult{res.Check, res.Status, res.Took.Milliseconds(), res.Err, res.Cause, res.Because, res.Facts,
			[]Finding{}}
		if x.Facts == nil {
			x.Facts = struct{}{}
		}
		for _, f := range res.Findings {
			f.Evidence = append([]Evidence{}, f.Evidence...)
			x.Findings = append(x.Findings, f)
		}
		w.Checks = append(w.Checks, x)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote; facts come back as maps.
func (r *Report) UnmarshalJSON(b []byte) error {
	var w wireReport
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	started, err := time.Parse(time.RFC3339, w.Started)
	if err != nil {
		return err
	}
	*r = Report{
		Domain: w.Domain, Unicode: w.Unicode, Started: started, Took: time.Duration(w.Took) * time.Millisecond,
		Queries: w.Queries, Answers: w.Answers, Asked: w.Asked, Providers: w.Providers, Operator: w.Operator,
		Through: w.Through,
	}
	for _, x := range w.Checks {
		r.Results = append(r.Results, Result{
			Check: x.Check, Status: x.Status, Took: time.Duration(x.Took) * time.Millisecond, Err: x.Err, Cause: x.Cause,
			Because: x.Because,
			Facts:   x.Facts, Findings: x.Findings,
		})
	}
	return nil
}
