package reports

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// TLSSummary is what TLS reports say of one domain.
type TLSSummary struct {
	Domain    string     `json:"domain"`
	Reports   int        `json:"reports"`
	Success   int64      `json:"success"` // sessions
	Failure   int64      `json:"failure"`
	First     string     `json:"first"` // day; empty: not told
	Last      string     `json:"last"`
	Reporters []string   `json:"reporters"`
	Failures  []TLSFault `json:"failures"` // the most frequent first
}

// TLSFault is sessions that failed alike.
type TLSFault struct {
	Type      string   `json:"type"`   // RFC 8460 4.3; empty: not told
	Policy    string   `json:"policy"` // sts, tlsa, no-policy-found
	Host      string   `json:"host"`   // empty: not told
	Sessions  int64    `json:"sessions"`
	Reporters []string `json:"reporters"`
}

// Facts of a row about TLS: numbers of sessions.
const (
	FactEncrypted = "encrypted"
	FactFailed    = "failed"
)

// TLSRows is what TLS reports add to the sums, by domain and day. The row without a source is about the day itself:
// reports, who reports, sessions. The source of any other is a kind of failure, as one reporter saw it.
func TLSRows(list ...*TLS) []Row {
	type day struct{ domain, day string }
	type key struct {
		day
		source string
	}
	by := map[key]*Row{}
	add := func(k key, fact string, n int64) {
		if by[k] == nil {
			by[k] = &Row{Domain: k.domain, Day: k.day.day, Source: k.source, Facts: map[string]int64{}}
		}
		by[k].Facts[fact] += n
	}
	for _, t := range list {
		on, seen := "", map[string]bool{}
		if !t.Begin.IsZero() {
			on = t.Begin.Add(t.End.Sub(t.Begin) / 2).UTC().Format(time.DateOnly)
		}
		for _, p := range t.Policies {
			about := key{day{p.Domain, on}, ""}
			if !seen[p.Domain] {
				seen[p.Domain] = true
				add(about, FactReports, 1)
			}
			if t.Org != "" {
				add(about, FactReporter+t.Org, p.Success+p.Failure)
			}
			add(about, FactEncrypted, p.Success)
			add(about, FactFailed, p.Failure)
			left := p.Failure
			for _, f := range p.Failures {
				add(key{about.day, failureSource(f.Type, p.Type, f.Host, t.Org)}, FactFailed, f.Sessions)
				left -= f.Sessions
			}
			if left > 0 {
				add(key{about.day, failureSource("", p.Type, "", t.Org)}, FactFailed, left)
			}
		}
	}
	out := make([]Row, 0, len(by))
	for _, r := range by {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Day, b.Day), cmp.Compare(a.Source, b.Source))
	})
	return out
}

// failureSource is a kind of failure as the source of a row.
func failureSource(parts ...string) string {
	for i := range parts {
		parts[i] = strings.Map(func(r rune) rune {
			if r == '|' || r == '\t' {
				return ' '
			}
			return r
		}, parts[i])
	}
	return strings.Join(parts, "\t")
}

// SummarizeTLS adds rows of TLS reports up by domain.
func SummarizeTLS(rows []Row) []*TLSSummary {
	by := map[string]*TLSSummary{}
	type key struct{ domain, kind, policy, host string }
	faults := map[key]*TLSFault{}
	once := func(to *[]string, name string) {
		if name != "" && !slices.Contains(*to, name) && len(*to) < maxReporters {
			*to = append(*to, name)
		}
	}
	for _, r := range rows {
		s := by[r.Domain]
		if s == nil {
			s = &TLSSummary{Domain: r.Domain, Reporters: []string{}, Failures: []TLSFault{}}
			by[r.Domain] = s
		}
		if r.Day != "" {
			if s.First == "" || r.Day < s.First {
				s.First = r.Day
			}
			s.Last = max(s.Last, r.Day)
		}
		if r.Source != "" {
			parts := append(strings.Split(r.Source, "\t"), "", "", "", "")
			if r.Source == NoSource {
				parts[0] = ""
			}
			k := key{r.Domain, parts[0], parts[1], parts[2]}
			if faults[k] == nil {
				faults[k] = &TLSFault{Type: k.kind, Policy: k.policy, Host: k.host, Reporters: []string{}}
			}
			faults[k].Sessions += r.Facts[FactFailed]
			once(&faults[k].Reporters, parts[3])
			continue
		}
		s.Reports += int(r.Facts[FactReports])
		s.Success, s.Failure = s.Success+r.Facts[FactEncrypted], s.Failure+r.Facts[FactFailed]
		for _, fact := range slices.Sorted(maps.Keys(r.Facts)) {
			if org, ok := strings.CutPrefix(fact, FactReporter); ok {
				once(&s.Reporters, org)
			}
		}
	}
	for k, f := range faults {
		by[k.domain].Failures = append(by[k.domain].Failures, *f)
	}
	out := slices.Collect(maps.Values(by))
	for _, s := range out {
		slices.SortFunc(s.Failures, func(a, b TLSFault) int {
			return cmp.Or(
				cmp.Compare(b.Sessions, a.Sessions),
				cmp.Compare(a.Type, b.Type),
				cmp.Compare(a.Policy, b.Policy),
				cmp.Compare(a.Host, b.Host),
			)
		})
		s.Failures = s.Failures[:min(len(s.Failures), maxReporters)]
	}
	slices.SortFunc(out, func(a, b *TLSSummary) int { return cmp.Compare(a.Domain, b.Domain) })
	return out
}
