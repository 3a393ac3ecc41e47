package answers

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/checks/outbound"
	"signpost/diag/origin"
	"signpost/diag/protocol/spf"
	"signpost/diag/visible"
	"signpost/kb"
	"signpost/reports"

	"golang.org/x/text/language"
)

// ReportsRead is what reports of receivers come to.
type ReportsRead struct {
	Files   int                   `json:"files"`
	DMARC   int                   `json:"dmarc_reports"`
	TLS     int                   `json:"tls_reports"`
	Domains []*JudgedMail         `json:"domains"` // the busiest first
	TLSBy   []*reports.TLSSummary `json:"tls"`
	Faults  []reports.Note        `json:"faults"` // files, or parts of them, that were not read or had to be mended
}

// JudgedMail is the reports on one domain's mail, and what follows from them.
type JudgedMail struct {
	*reports.Summary
	Ready   reports.Readiness `json:"ready"`
	Next    NextStep          `json:"next"`
	Lookups Lookups           `json:"lookups"`
}

// NextStep is what to do next. Kind: policy or spf, with the records that passed the gate, or the notes why there are
// none; mend, wait, done. Unknown: the zone could not be examined; offline: nobody wanted it to be.
type NextStep struct {
	Kind      string        `json:"kind"`
	Policy    string        `json:"policy,omitempty"`
	Addresses []string      `json:"addresses,omitempty"`
	Records   []diag.Record `json:"records"`
	Notes     []diag.Note   `json:"notes,omitempty"`
	Zone      string        `json:"zone"` // examined, unknown, offline, unneeded

	report  *diag.Report
	finding diag.Finding
}

// Lookups is how many sources were looked up in the DNS, and of how many nothing could be learned that way.
type Lookups struct {
	Sources int  `json:"sources"`
	Known   int  `json:"known"`
	Offline bool `json:"offline,omitempty"`
}

// ReportsAsked is what is to be judged, and how.
type ReportsAsked struct {
	Rows    []reports.Row
	Own     []netip.Addr // addresses that somebody says are the domain's own
	Offline bool         // ask nobody
	Most    int          // domains that are looked up; 0: all
}

const (
	originsTimeout = 10 * time.Second
	maxGateSources = 10 // addresses that one SPF record is asked to list
)

// JudgeReports tells for each domain who sends as it, whether a stricter policy is safe, and the next step. The error
// is Diagnose's.
func JudgeReports(ctx context.Context, d Deps, r chat.Request, asked ReportsAsked) ([]*JudgedMail, error) {
	vouched := func(address string) bool {
		a, err := netip.ParseAddr(address)
		return err == nil && slices.Contains(asked.Own, a)
	}
	out := []*JudgedMail{}
	for i, s := range reports.Summarize(asked.Rows, nil, vouched) {
		j := &JudgedMail{
			Lookups: Lookups{
				Sources: len(s.Sources),
				Offline: asked.Offline || d.Net == nil || asked.Most > 0 && i >= asked.Most,
			},
		}
		origins := map[netip.Addr]origin.Origin{}
		if !j.Lookups.Offline {
			origins = lookUpSources(ctx, d, s)
		}
		for _, o := range origins {
			if o.Known || o.SPF != spf.TempError {
				j.Lookups.Known++
			}
		}
		label := func(domain string, src reports.Source) reports.Label {
			t := kbTraces(domain, src)
			if a, err := netip.ParseAddr(src.Address); err == nil {
				t.Hosts, t.Term = origins[a].Names, origins[a].Term
			}
			return d.KB.Sender(src.Address, t)
		}
		var rows []reports.Row
		for _, row := range asked.Rows {
			if row.Domain == s.Domain {
				rows = append(rows, row)
			}
		}
		j.Summary = reports.Summarize(rows, label, vouched)[0]
		j.Ready = j.Summary.Ready()
		var err error
		if j.Next, err = nextStep(ctx, d, r, j, vouched); err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, nil
}

// lookUpSources asks the DNS about the sources that matter most: those that fail, then the busiest.
func lookUpSources(ctx context.Context, d Deps, s *reports.Summary) map[netip.Addr]origin.Origin {
	sources := slices.Clone(s.Sources)
	slices.SortStableFunc(sources, func(a, b reports.Source) int {
		if (a.Fail > 0) != (b.Fail > 0) {
			if a.Fail > 0 {
				return -1
			}
			return 1
		}
		return 0
	})
	var addresses []netip.Addr
	for _, src := range sources {
		if a, err := netip.ParseAddr(src.Address); err == nil && len(addresses) < origin.Most {
			addresses = append(addresses, a)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, originsTimeout)
	defer cancel()
	return origin.Look(ctx, d.Net, s.Domain, addresses, d.Now())
}

// nextStep is what to do next, with its record where one passes the gate.
func nextStep(
	ctx context.Context,
	d Deps,
	r chat.Request,
	j *JudgedMail,
	vouched func(string) bool,
) (NextStep, error) {
	next := NextStep{Kind: "wait", Records: []diag.Record{}, Zone: "unneeded"}
	var unlisted []netip.Addr
	for _, src := range j.Sources {
		own := src.Facts[reports.FactDKIM]+src.Facts[reports.FactSPF] > 0 || vouched(src.Address)
		if a, err := netip.ParseAddr(
			src.Address,
		); err == nil && own && src.Facts[reports.FactUnlisted] > 0 &&
			len(unlisted) < maxGateSources {
			unlisted = append(unlisted, a)
			next.Addresses = append(next.Addresses, src.Address)
		}
	}
	mends := slices.ContainsFunc(
		j.Groups,
		func(g reports.Group) bool { return g.Standing == reports.OwnFails || g.Standing == reports.Unexplained },
	)
	q := intent.Question{
		Options: diag.Options{Only: []string{outbound.SPF.Name, outbound.DKIM.Name, outbound.DMARC.Name}, NoSMTP: true},
	}
	code := outbound.DMARCPolicyNone.Code
	switch {
	case j.Ready.State == reports.ReadyNow:
		next.Kind, next.Policy, next.Addresses = "policy", j.Ready.Next, nil
		q.Options.Conclude = d.KB.PolicyStep(next.Policy)
	case len(unlisted) > 0:
		next.Kind, code = "spf", outbound.SPFSourceNotCovered.Code
		q.Options.SourceIPs = unlisted
	case mends:
		next.Kind = "mend"
		return next, nil
	case j.Ready.State == reports.NoStricter:
		next.Kind = "done"
		return next, nil
	default:
		return next, nil
	}
	if j.Lookups.Offline {
		next.Zone = "offline"
		return next, nil
	}
	next.Zone = "unknown"
	var err error
	if q.Target, err = diag.ParseTarget(j.Domain); err != nil {
		return next, nil //nolint:nilerr // a report may name what is no domain: then there is no zone to examine
	}
	report, err := Diagnose(ctx, d, r, q, nil)
	if err != nil {
		return next, err
	}
	return next.from(report, code), nil
}

// from is the step with what a diagnosis says of it.
func (n NextStep) from(report *diag.Report, code diag.Code) NextStep {
	for _, res := range report.Results {
		for _, f := range res.Findings {
			if f.Code == code && (len(f.Records) > 0 || n.finding.Code == "") {
				n.Zone, n.report, n.finding = "examined", report, f
				n.Records, n.Notes = append([]diag.Record{}, f.Records...), f.Notes
			}
		}
		if n.finding.Code == "" && code == outbound.SPFSourceNotCovered.Code && res.Check == outbound.SPF.Name &&
			(res.Status == diag.Passed || res.Status == diag.Found) {
			n.Zone, n.Kind, n.Addresses = "examined", "mend", nil // the record lists them by now
		}
	}
	return n
}

// kbTraces is what the reports themselves say of a source.
func kbTraces(domain string, src reports.Source) kb.Traces {
	return kb.Traces{Domain: domain, MailFroms: src.Names(reports.FactMailFrom), Signers: src.Names(reports.FactSigner)}
}

// Judge is what everything that was read comes to.
func Judge(
	ctx context.Context,
	d Deps,
	r chat.Request,
	read *reports.Batch,
	own []netip.Addr,
	offline bool,
) (*ReportsRead, error) {
	out := &ReportsRead{
		Files:  read.Files,
		DMARC:  len(read.Aggregates),
		TLS:    len(read.TLS),
		TLSBy:  reports.SummarizeTLS(reports.TLSRows(read.TLS...)),
		Faults: append([]reports.Note{}, read.Faults...),
	}
	asked := ReportsAsked{Own: own, Offline: offline, Most: maxDomains}
	for _, a := range read.Aggregates {
		asked.Rows = append(asked.Rows, a.Rows()...)
		out.Faults = append(out.Faults, a.Notes...)
	}
	for _, t := range read.TLS {
		out.Faults = append(out.Faults, t.Notes...)
	}
	var err error
	out.Domains, err = JudgeReports(ctx, d, r, asked)
	return out, err
}

// maxDomains is of how many domains of one batch the zones and sources are looked up.
const maxDomains = 10

// Fails reports that something is to be mended: mail of the domain's own, a sender that must be explained, TLS.
func (r *ReportsRead) Fails() bool {
	return slices.ContainsFunc(r.Domains, func(j *JudgedMail) bool {
		return slices.ContainsFunc(j.Groups, func(g reports.Group) bool {
			return g.Standing == reports.OwnFails || g.Standing == reports.Unexplained
		})
	}) || slices.ContainsFunc(r.TLSBy, func(t *reports.TLSSummary) bool { return t.Failure > 0 })
}

// Unsure reports that something could not be told: a file was not read, the reports do not suffice, or the zone could
// not be examined.
func (r *ReportsRead) Unsure() bool {
	return slices.ContainsFunc(r.Faults, func(n reports.Note) bool {
		switch n.Code {
		case reports.Duplicate,
			reports.DatesByName,
			reports.DatesScaled,
			reports.ResultsMended,
			reports.FailureReport,
			reports.MailWithout:
			return false
		}
		return true
	}) || slices.ContainsFunc(r.Domains, func(j *JudgedMail) bool {
		return j.Ready.State == reports.NoSaying || j.Next.Zone == "unknown" || j.Unknown > 0
	})
}

const (
	pictureDays    = 90 // the last of them are drawn
	pictureSenders = 10
)

// reportPictures is the days of a domain's mail, and who sent it, to be drawn.
func reportPictures(lang language.Tag, j *JudgedMail) (out []chat.Picture) {
	if labels, series := dayColumns(j.Days); len(labels) > 1 {
		p := chat.Picture{Name: "days", Labels: labels, Series: series}
		most := slices.MaxFunc(j.Days, func(a, b reports.Day) int { return cmp.Compare(a.Messages, b.Messages) })
		p.Alt = chat.Text(lang, "mailreport.picture.days", map[string]any{"domain": j.Domain, "first": p.Labels[0],
			"last": p.Labels[len(p.Labels)-1], "most": most.Messages, "day": most.Day,
			"pass": j.Pass, "fail": j.Fail, "unknown": j.Unknown})
		out = append(out, p)
	}
	if len(j.Groups) > 1 {
		p := chat.Picture{Name: "senders", Lying: true}
		var counts []reports.Count
		for _, g := range j.Groups[:min(len(j.Groups), pictureSenders)] {
			p.Labels, counts = append(p.Labels, visible.Clip(g.ID, 80)), append(counts, g.Count)
		}
		p.Alt = chat.Text(lang, "mailreport.picture.senders", map[string]any{"domain": j.Domain,
			"first": visible.Clip(j.Groups[0].ID, 80), "messages": j.Groups[0].Messages,
			"more": max(0, len(j.Groups)-pictureSenders)})
		p.Series = stacked(counts)
		out = append(out, p)
	}
	return out
}

// dayColumns is the last days, in their order, with those without a report between them.
func dayColumns(days []reports.Day) (labels []string, series []chat.Series) {
	by := map[string]reports.Count{}
	for _, d := range days {
		by[d.Day] = d.Count
	}
	var counts []reports.Count
	if len(days) == 0 {
		return nil, nil
	}
	day, err := time.Parse(time.DateOnly, days[len(days)-1].Day)
	for err == nil && len(labels) < pictureDays {
		name := day.Format(time.DateOnly)
		labels, counts = append(labels, name), append(counts, by[name])
		if name <= days[0].Day {
			break
		}
		day = day.AddDate(0, 0, -1)
	}
	slices.Reverse(labels)
	slices.Reverse(counts)
	return labels, stacked(counts)
}

// stacked is counts as they are drawn: aligned at the bottom, what was not told on top.
func stacked(counts []reports.Count) []chat.Series {
	out := []chat.Series{{Tone: chat.Good}, {Tone: chat.Bad}, {Tone: chat.Unsure}}
	for _, c := range counts {
		for i, n := range []int64{c.Pass, c.Fail, c.Unknown} {
			out[i].Values = append(out[i].Values, n)
		}
	}
	return out
}
