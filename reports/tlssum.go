package reports

import (
	"cmp"
	"maps"
	"slices"
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

// SummarizeTLS adds TLS reports up by domain.
func SummarizeTLS(list []*TLS) []*TLSSummary {
	by := map[string]*TLSSummary{}
	type key struct{ domain, kind, policy, host string }
	faults := map[key]*TLSFault{}
	once := func(to *[]string, name string) {
		if name != "" && !slices.Contains(*to, name) && len(*to) < maxReporters {
			*to = append(*to, name)
		}
	}
	for _, t := range list {
		seen := map[string]bool{}
		for _, p := range t.Policies {
			s := by[p.Domain]
			if s == nil {
				s = &TLSSummary{Domain: p.Domain, Reporters: []string{}, Failures: []TLSFault{}}
				by[p.Domain] = s
			}
			if !seen[p.Domain] {
				s.Reports++
				seen[p.Domain] = true
			}
			once(&s.Reporters, t.Org)
			s.Success, s.Failure = s.Success+p.Success, s.Failure+p.Failure
			if !t.Begin.IsZero() {
				first, last := t.Begin.Format(time.DateOnly), t.End.Format(time.DateOnly)
				if s.First == "" || first < s.First {
					s.First = first
				}
				s.Last = max(s.Last, last)
			}
			left := p.Failure
			add := func(kind, host string, n int64) {
				k := key{p.Domain, kind, p.Type, host}
				if faults[k] == nil {
					faults[k] = &TLSFault{Type: kind, Policy: p.Type, Host: host, Reporters: []string{}}
				}
				faults[k].Sessions += n
				once(&faults[k].Reporters, t.Org)
			}
			for _, f := range p.Failures {
				add(f.Type, f.Host, f.Sessions)
				left -= f.Sessions
			}
			if left > 0 {
				add("", "", left)
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
