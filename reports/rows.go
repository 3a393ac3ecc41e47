package reports

import (
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Row is what reports say of one source on one day of a domain's mail: numbers of messages, which add up. The row
// without a source is about the day itself: how many reports there were, by whom, and which policy the receivers
// found.
type Row struct {
	Domain string           `json:"domain"`
	Day    string           `json:"day"`    // 2026-09-30, that of the middle of the time reported; empty: not told
	Source string           `json:"source"` // an address
	Facts  map[string]int64 `json:"facts"`
}

// Facts that a row may count. Those that end in a colon have a name behind it.
const (
	FactPass        = "pass" // aligned
	FactFail        = "fail"
	FactUnknown     = "unknown"    // the receiver did not tell
	FactDKIM        = "dkim"       // aligned by DKIM
	FactSPF         = "spf"        // aligned by SPF
	FactQuarantined = "quarantine" // what the receiver did
	FactRejected    = "reject"
	FactForwarded   = "forwarded" // of those that fail: the receiver took them for forwarded, or for a list's
	FactUnsigned    = "dkim-none"
	FactOtherSigned = "dkim-other"  // signed, by another domain
	FactBadSigned   = "dkim-broken" // signed by the domain, and the signature does not hold
	FactUnlisted    = "spf-missing" // sent as the domain, from an address that its SPF does not list
	FactOtherSender = "spf-other"   // SPF passes, for another domain
	FactBadSPF      = "spf-error"   // SPF could not be read
	FactSigner      = "signer:"     // by the domain of a signature that holds
	FactMailFrom    = "mailfrom:"   // by the domain for which SPF passes
	FactReports     = "reports"     // of the day: reports
	FactReporter    = "reporter:"   // of the day: messages, by who reports
	FactPolicy      = "p:"          // of the day: messages, by policy
)

// NoSource stands for an address that the report does not tell, or one too many.
const NoSource = "?"

const (
	maxNamed   = 8    // names of one kind that one row counts
	maxSources = 2000 // of one report; the rest count together
)

// Rows is what a report adds to the sums.
func (a *Aggregate) Rows() []Row {
	day := ""
	if !a.Begin.IsZero() {
		day = a.Begin.Add(a.End.Sub(a.Begin) / 2).UTC().Format(time.DateOnly)
	}
	about := Row{Domain: a.Policy.Domain, Day: day, Facts: map[string]int64{FactReports: 1}}
	by := map[string]*Row{}
	for _, r := range a.Records {
		source := NoSource
		if r.Source.IsValid() {
			source = r.Source.String()
		}
		if by[source] == nil && len(by) >= maxSources {
			source = NoSource
		}
		row := by[source]
		if row == nil {
			row = &Row{Domain: a.Policy.Domain, Day: day, Source: source, Facts: map[string]int64{}}
			by[source] = row
		}
		row.count(a.Policy, r)
		about.Facts[FactReporter+a.Org] += r.Count
		if a.Policy.P != "" {
			about.Facts[FactPolicy+a.Policy.P] += r.Count
		}
	}
	out := []Row{about}
	for _, source := range slices.Sorted(maps.Keys(by)) {
		out = append(out, *by[source])
	}
	return out
}

// count adds a record.
func (r *Row) count(p Policy, rec Record) {
	n := rec.Count
	if n == 0 {
		return
	}
	add := func(fact string, holds bool) {
		if holds {
			r.Facts[fact] += n
		}
	}
	aligned := rec.Aligned()
	add(FactPass, aligned == Pass)
	add(FactFail, aligned == Fail)
	add(FactUnknown, aligned == Unknown)
	add(FactDKIM, rec.DKIM == Pass)
	add(FactSPF, rec.SPF == Pass)
	add(FactQuarantined, rec.Disposition == "quarantine")
	add(FactRejected, rec.Disposition == "reject")
	from := rec.HeaderFrom
	if from == "" {
		from = p.Domain
	}
	for _, d := range holding(rec.DKIMResults, func(d DKIMResult) (string, bool) { return d.Domain, d.Result == "pass" }) {
		r.named(FactSigner, d, n)
	}
	for _, d := range holding(rec.SPFResults, func(s SPFResult) (string, bool) { return s.Domain, s.Result == "pass" }) {
		r.named(FactMailFrom, d, n)
	}
	own := func(domain string) bool { return Organization(domain) == Organization(from) }
	spfOwn := slices.ContainsFunc(rec.SPFResults, func(s SPFResult) bool {
		return own(s.Domain) &&
			(s.Result == "fail" || s.Result == "softfail" || s.Result == "neutral" || s.Result == "none")
	})
	add(FactUnlisted, rec.SPF == Fail && spfOwn)
	if aligned != Fail {
		return
	}
	signed := slices.DeleteFunc(
		slices.Clone(rec.DKIMResults),
		func(d DKIMResult) bool { return d.Domain == "" || d.Result == "none" },
	)
	add(FactUnsigned, len(signed) == 0)
	add(FactOtherSigned, slices.ContainsFunc(signed, func(d DKIMResult) bool { return d.Result == "pass" }))
	add(
		FactBadSigned,
		slices.ContainsFunc(signed, func(d DKIMResult) bool { return d.Result != "pass" && own(d.Domain) }),
	)
	add(FactOtherSender, slices.ContainsFunc(rec.SPFResults, func(s SPFResult) bool { return s.Result == "pass" }))
	add(FactBadSPF, slices.ContainsFunc(rec.SPFResults, func(s SPFResult) bool { return s.Result == "permerror" }))
	add(FactForwarded, slices.ContainsFunc(rec.Reasons, func(x Reason) bool {
		switch x.Type {
		case "forwarded", "trusted_forwarder", "mailing_list":
			return true
		}
		return strings.Contains(strings.ToLower(x.Comment), "arc=pass")
	}))
}

// named counts a name; of many, the rest goes uncounted.
func (r *Row) named(fact, name string, n int64) {
	if name == "" {
		return
	}
	if _, ok := r.Facts[fact+name]; !ok {
		have := 0
		for f := range r.Facts {
			if strings.HasPrefix(f, fact) {
				have++
			}
		}
		if have >= maxNamed {
			return
		}
	}
	r.Facts[fact+name] += n
}

// holding is the names that hold, each once.
func holding[T any](list []T, of func(T) (string, bool)) (out []string) {
	for _, x := range list {
		if name, ok := of(x); ok && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Organization is the domain that was registered, by the list of public suffixes.
func Organization(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(domain))
	if err != nil {
		return domain
	}
	return org
}
