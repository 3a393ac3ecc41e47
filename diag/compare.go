package diag

import (
	"fmt"
	"slices"
	"strings"
)

// Difference is what changed between two reports on one domain. Nothing is called fixed whose check could not be made again.
type Difference struct {
	Fixed   []Finding // found before, and now looked for in vain
	New     []Finding // found now, and not before although its check was made
	Same    []Finding // found in both, as it is now
	Unsure  []Finding // found before; its check could not be made now
	Unknown []string  // checks that could be made before and cannot now
}

// identifying are the arguments that tell two findings of one code and subject apart; others may vary while the fault is the same.
var identifying = []string{"term", "selector", "host", "server", "name", "to", "provider", "ip", "type", "joined", "at", "included", "domain", "tags", "list"}

// Identity is what a finding is about.
func Identity(f Finding) string {
	parts := []string{string(f.Code), f.Subject}
	for _, key := range identifying {
		if v, ok := f.Args[key]; ok {
			parts = append(parts, fmt.Sprint(v))
		}
	}
	return strings.Join(parts, "\x00")
}

// Compare tells what changed from one report to a later one on the same domain. Either may have been read from JSON. A check that only
// one of them holds is left out.
func Compare(before, after *Report) Difference {
	var d Difference
	for _, b := range before.Results {
		a := after.Result(b.Check)
		if a == nil {
			continue
		}
		made := a.Status == Passed || a.Status == Found
		if !made && (b.Status == Passed || b.Status == Found) {
			d.Unknown = append(d.Unknown, b.Check)
		}
		now := map[string]bool{}
		for _, f := range a.Findings {
			now[Identity(f)] = true
		}
		for _, f := range b.Findings {
			switch {
			case now[Identity(f)]:
			case made:
				d.Fixed = append(d.Fixed, f)
			default:
				d.Unsure = append(d.Unsure, f)
			}
		}
		known := b.Status == Passed || b.Status == Found
		for _, f := range a.Findings {
			was := slices.ContainsFunc(b.Findings, func(x Finding) bool { return Identity(x) == Identity(f) })
			switch {
			case was:
				d.Same = append(d.Same, f)
			case known:
				d.New = append(d.New, f)
			}
		}
	}
	return d
}
