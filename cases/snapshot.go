package cases

import (
	"slices"
	"strings"
	"time"

	"signpost/diag"
	"signpost/watch"
)

const maxCodes = 40

// Snapshot is a diagnosis as a case keeps it.
type Snapshot struct {
	At      time.Time    `json:"at"`
	Verdict diag.Verdict `json:"v"`
	Found   []string     `json:"f,omitempty"` // code and subject of what is at notice or above, parted by a space
	// Args is what each of them is told with; shorter than Found in older records.
	Args    []map[string]any `json:"g,omitempty"`
	Unknown []string         `json:"u,omitempty"` // checks that could not be made
	// Awaits is the records that were recommended, as watch.ParseWanted reads them.
	Awaits []string `json:"aw,omitempty"`
}

// Snap takes from a report what a case keeps.
func Snap(r *diag.Report) *Snapshot {
	s := &Snapshot{At: r.Started.UTC(), Verdict: r.Verdict()}
	for _, f := range r.Findings() {
		if f.Severity > diag.Info && len(s.Found) < maxCodes {
			s.Found = append(s.Found, strings.TrimSpace(string(f.Code)+" "+f.Subject))
			s.Args = append(s.Args, diag.BriefArgs(f.Args))
		}
	}
	for _, res := range r.Results {
		if res.Status == diag.Unknown || res.Status == diag.Skipped {
			s.Unknown = append(s.Unknown, res.Check)
		}
	}
	for _, w := range watch.Recommended(r) {
		s.Awaits = append(s.Awaits, w.String())
	}
	return s
}

// Finding is a finding of the snapshot again, by its code and subject as Found has it, for whoever puts it into
// words; ok is false where it is none of its own.
func (s *Snapshot) Finding(found string) (f diag.Finding, ok bool) {
	if s == nil {
		return f, false
	}
	return s.finding(slices.Index(s.Found, found))
}

// Marked is the finding of that mark; ok is false where it is none of the snapshot's.
func (s *Snapshot) Marked(m diag.Mark) (f diag.Finding, ok bool) {
	if s == nil {
		return f, false
	}
	for i := range s.Found {
		if s.mark(i) == m {
			code, subject, _ := strings.Cut(s.Found[i], " ")
			if f, ok = s.finding(i); !ok { // of an older record
				f = diag.Finding{Code: diag.Code(code), Subject: subject}
			}
			return f, true
		}
	}
	return f, false
}

func (s *Snapshot) finding(i int) (f diag.Finding, ok bool) {
	if i < 0 || i >= len(s.Args) {
		return f, false
	}
	code, subject, _ := strings.Cut(s.Found[i], " ")
	f = diag.Finding{Code: diag.Code(code), Subject: subject, Args: diag.ArgsOf(s.Args[i])}
	return f, true
}

// Codes is the codes found, each once.
func (s *Snapshot) Codes() []string {
	if s == nil {
		return nil
	}
	var out []string
	for _, f := range s.Found {
		code, _, _ := strings.Cut(f, " ")
		if !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// Outcome is what of the snapshot a comparison needs. What an older record found is known by its code alone.
func (s *Snapshot) Outcome() diag.Outcome {
	if s == nil {
		return diag.Outcome{Made: []string{}}
	}
	o := diag.Outcome{Undone: s.Unknown}
	for i := range s.Found {
		o.Found = append(o.Found, s.mark(i))
	}
	return o
}

func (s *Snapshot) mark(i int) diag.Mark {
	if f, ok := s.finding(i); ok {
		return f.Mark()
	}
	code, _, _ := strings.Cut(s.Found[i], " ")
	return diag.Mark{Code: diag.Code(code)}
}
