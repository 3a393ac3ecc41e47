package answers

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/pattern"
	"signpost/diag/visible"
	"signpost/reports"
	"signpost/watch"

	"golang.org/x/text/language"
)

const (
	reportDays    = 30 // of which sums are shown where nobody says
	domainsShown  = 3  // domains of one batch that are shown in full
	maxReportFile = 25 << 20
)

// MailReports reads the reports that are attached, and keeps their sums; without files it tells the sums of a
// domain's last days.
func MailReports(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if len(r.Files) > 0 {
		return answerReports(ctx, d, r, readReports(ctx, r), reply)
	}
	domain, days, ok := reportQuestion(r.Text)
	if !ok || d.Book == nil {
		return whichReports(ctx, d, r, reply)
	}
	rows, err := d.Book.MailSums(ctx, r.Team, domain.Domain, days)
	if err != nil {
		return err
	}
	tls, err := d.Book.TLSSums(ctx, r.Team, domain.Domain, days)
	if err != nil {
		return err
	}
	if len(rows)+len(tls) == 0 {
		args := map[string]any{"domain": domain.Unicode, "days": days}
		reply(chat.Reply{
			Tone: chat.Unsure, Title: chat.Text(r.Lang, "mailreport.no-sums", args), Final: true,
			Sections: []chat.Section{{Text: chat.Text(r.Lang, "mailreport.how", nil)}},
		})
		return nil
	}
	judged, err := JudgeReports(ctx, d, r, ReportsAsked{Rows: rows})
	if err != nil {
		return err
	}
	out := inOne(d, r.Lang, judged, reports.SummarizeTLS(tls))
	if len(judged) > 0 {
		out.Data = judged[0]
	}
	out.Audience = chat.Asker
	reply(out)
	return nil
}

// reportQuestion reads "example.com 30d".
func reportQuestion(text string) (domain diag.Target, days int, ok bool) {
	days = reportDays
	for _, w := range strings.Fields(text) {
		number := chat.Fold(w)
		for _, unit := range chat.Words("report-days") {
			number = strings.TrimSuffix(number, unit)
		}
		if n, err := strconv.Atoi(number); err == nil && number != "" && n > 0 {
			days = min(n, cases.MailSumsDays)
			continue
		}
		if t, err := diag.ParseTarget(w); err == nil && !ok {
			domain, ok = t, true
		}
	}
	return domain, days, ok
}

// whichReports asks for a domain or a file, and names the domains of which there are sums.
func whichReports(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	out := chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "mailreport.which", nil), Final: true}
	out.Sections = []chat.Section{{Text: chat.Text(r.Lang, "mailreport.how", nil)}}
	if d.Book != nil {
		known, err := d.Book.MailDomains(ctx, r.Team)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			list := chat.Section{Heading: chat.Text(r.Lang, "mailreport.known", nil), Items: known}
			out.Sections = append(out.Sections, list)
		}
	}
	reply(out)
	return nil
}

// mayBeReport reports that a file's name is one that reports, or mails with them, have.
func mayBeReport(name string) bool {
	lower := strings.ToLower(strings.TrimSpace(name))
	return slices.ContainsFunc([]string{".xml", ".json", ".gz", ".gzip", ".zip", ".eml", ".mbox"}, func(end string) bool {
		return strings.HasSuffix(lower, end)
	})
}

// NamedAsReports reports that files have names of reports, not of mails.
func NamedAsReports(files []chat.File) bool {
	return slices.ContainsFunc(files, func(f chat.File) bool {
		return mayBeReport(f.Name) && !strings.HasSuffix(strings.ToLower(strings.TrimSpace(f.Name)), ".eml")
	})
}

// receiversName is how receivers name the file of a report: themselves, the domain, and the time reported, parted by
// "!" (RFC 7489 7.2.1.1, RFC 8460 5.1).
var receiversName = pattern.New(
	`(?i)^[a-z0-9._-]+![a-z0-9._-]+!\d{9,11}!\d{9,11}(![^/]*)?(\.xml|\.json)?\.(xml|json|gz|zip|eml)$`)

// NamedByReceiver reports that a file has the name that a receiver gave to its report.
func NamedByReceiver(name string) bool { return receiversName.MatchString(strings.TrimSpace(name)) }

// readReports reads what is attached.
func readReports(ctx context.Context, r chat.Request) *reports.Batch {
	read := reports.NewBatch(reports.Default(), nil)
	for _, f := range r.Files {
		if f.Size > maxReportFile {
			read.TooLarge(f.Name, maxReportFile)
			continue
		}
		in, err := f.Open(ctx)
		if err != nil {
			slog.Warn("file cannot be read", "request_id", r.ID, "error", err)
			read.Unreadable(f.Name)
			continue
		}
		read.Read(ctx, f.Name, in)
		_ = in.Close()
	}
	return read
}

// attachedReports is the reports that came in place of a bounce; nil where the files are none.
func attachedReports(ctx context.Context, r chat.Request) *reports.Batch {
	if len(r.Files) == 0 || strings.TrimSpace(r.Text) != "" ||
		!slices.ContainsFunc(r.Files, func(f chat.File) bool { return mayBeReport(f.Name) }) {
		return nil
	}
	read := readReports(ctx, r)
	if len(read.Aggregates)+len(read.TLS) > 0 {
		return read
	}
	if NamedAsReports(r.Files) {
		return read // it is no bounce either
	}
	return nil
}

// answerReports keeps the sums of what was read, and tells what it comes to.
func answerReports(ctx context.Context, d Deps, r chat.Request, read *reports.Batch, reply func(chat.Reply)) error {
	kept := chat.Section{Muted: true}
	var news []chat.Message
	if d.Book != nil {
		var err error
		if kept.Text, news, err = keepReports(ctx, d, r, read); err != nil {
			return err
		}
	}
	if r.Internal { // nobody waits for more
		reply(chat.Reply{Title: chat.Report, Outbox: news, Final: true})
		return nil
	}
	out, err := Judge(ctx, d, r, read, nil, false)
	if err != nil {
		return err
	}
	said := joined(d, r.Lang, out, kept)
	said.Outbox = news
	reply(said)
	return nil
}

// keepReports adds what was read to the sums, and tells so; "" where there was nothing to add. The messages are for the
// channels that watch a domain of which the reports tell something new.
func keepReports(ctx context.Context, d Deps, r chat.Request, read *reports.Batch) (string, []chat.Message, error) {
	known, err := newWatchedSums(ctx, d, r, read)
	if err != nil {
		return "", nil, err
	}
	counted, before, full, domain := 0, 0, 0, ""
	note := func(of string, was cases.Counted, err error) error {
		domain = cmp.Or(domain, of)
		switch {
		case errors.Is(err, cases.ErrManyDomains):
			full++
		case err != nil:
			return err
		case was != cases.CountedBefore: // a request that is made again answers as it would have
			counted++
		default:
			before++
		}
		return nil
	}
	named := map[string]bool{}
	for _, a := range read.Aggregates {
		was, err := d.Book.AddReport(ctx, r.Team, r.ID, a)
		if name := cases.ReportName(a); err == nil && named[name] { // it came twice
			was = cases.CountedBefore
		} else {
			named[name] = true
		}
		if err := note(a.Policy.Domain, was, err); err != nil {
			return "", nil, err
		}
		if err == nil {
			known.add(a, was)
		}
	}
	for _, t := range read.TLS {
		if len(t.Policies) == 0 {
			continue
		}
		was, err := d.Book.AddTLSReport(ctx, r.Team, r.ID, t)
		if err := note(t.Policies[0].Domain, was, err); err != nil {
			return "", nil, err
		}
	}
	if domain == "" {
		return "", nil, nil
	}
	text := chat.Text(r.Lang, "mailreport.kept", map[string]any{
		"counted": counted, "before": before, "full": full, "example": "/" + chat.Report + " " + domain + " 30d",
	})
	return text, known.news(ctx, d, r), nil
}

// watchedSums is the sums of domains that channels watch, before and of what was counted since.
type watchedSums struct {
	watches     []*watch.Watch
	before, now map[string][]reports.Row
}

// newWatchedSums is the sums of those watched domains of which there are reports.
func newWatchedSums(ctx context.Context, d Deps, r chat.Request, read *reports.Batch) (*watchedSums, error) {
	s := &watchedSums{before: map[string][]reports.Row{}, now: map[string][]reports.Row{}}
	if len(read.Aggregates) == 0 {
		return s, nil
	}
	all, err := d.Book.Watches(ctx, r.Team)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		if w.Quiet(d.Now()) || !slices.ContainsFunc(read.Aggregates,
			func(a *reports.Aggregate) bool { return a.Policy.Domain == w.Domain }) {
			continue
		}
		s.watches = append(s.watches, w)
		if s.before[w.Domain] == nil {
			if s.before[w.Domain], err = d.Book.MailSums(ctx, r.Team, w.Domain, reportDays); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// add takes in a report that was added to the sums. What the request had counted already, before it was interrupted,
// stands in the sums of before.
func (s *watchedSums) add(a *reports.Aggregate, was cases.Counted) {
	of := a.Policy.Domain
	if len(s.before[of]) == 0 || was == cases.CountedBefore { // nobody watches it, or nothing can be new
		return
	}
	rows := a.Rows()
	if was == cases.CountedAgain {
		s.before[of] = reports.Without(s.before[of], rows)
	}
	s.now[of] = append(s.now[of], rows...)
}

// news is what is told to the channels that watch the domains: each thing once.
func (s *watchedSums) news(ctx context.Context, d Deps, r chat.Request) (out []chat.Message) {
	label := func(domain string, src reports.Source) reports.Label {
		return d.KB.Sender(src.Address, kbTraces(domain, src))
	}
	for _, w := range s.watches {
		n := reports.WhatIsNew(s.before[w.Domain], s.now[w.Domain], label)
		if len(n.Senders) == 0 && !n.Spike {
			continue
		}
		in := r
		in.Channel = w.Channel
		lang := SharedLanguage(ctx, d, in)
		key := "reports " + w.Domain + " " + s.now[w.Domain][0].Day
		told := chat.Section{}
		for _, g := range n.Senders[:min(len(n.Senders), chat.MaxLines)] {
			key += " " + g.ID
			told.Items = append(told.Items, chat.Text(lang, "mailreport.news.sender", map[string]any{
				"who": who(d.KB, lang, g), "messages": g.Messages, "fail": g.Fail,
				"standing": d.KB.ReportText(lang, "standing."+string(g.Standing), nil)}))
		}
		if more := len(n.Senders) - chat.MaxLines; more > 0 {
			told.Items = append(told.Items, chat.Text(lang, "mailreport.faults.more", map[string]any{"count": more}))
		}
		if n.Spike {
			key += " spike"
			told.Items = append(told.Items, chat.Text(lang, "mailreport.news.spike", map[string]any{
				"now": percent(n.Now), "before": percent(n.Before), "fail": n.Failed}))
		}
		out = append(out, chat.Message{Key: key, Channel: w.Channel, Fallback: w.By, Lang: lang, Reply: chat.Reply{
			Audience: chat.Channel, Tone: chat.Caution, Final: true, Lang: lang, Sections: []chat.Section{told},
			Title: chat.Text(lang, "mailreport.news", map[string]any{"domain": w.Domain}),
			Actions: []chat.Action{{ID: "report", Label: chat.Text(lang, "mailreport.button", nil), Command: chat.Report,
				Text: w.Domain + " 30d"}}}})
	}
	return out
}

// inOne is what reports say of several domains' mail and TLS, in one answer.
func inOne(d Deps, lang language.Tag, mail []*JudgedMail, tls []*reports.TLSSummary) chat.Reply {
	var parts []chat.Reply
	for _, j := range mail {
		parts = append(parts, MailReport(d.KB, lang, j))
	}
	for _, t := range tls {
		parts = append(parts, TLSReport(d.KB, lang, t))
	}
	out := parts[0]
	for _, p := range parts[1:] {
		out.Tone = max(out.Tone, p.Tone)
		out.Sections = append(out.Sections, chat.Section{Tone: p.Tone, Heading: p.Title})
		out.Sections = append(out.Sections, p.Sections...)
		out.Pictures = append(out.Pictures, p.Pictures...)
	}
	out.Actions = append(out.Actions, stepActions(d, lang, mail)...)
	return out
}

// stepActions is the buttons that follow the records of the next steps until they are live. Of several domains each
// names its own.
func stepActions(d Deps, lang language.Tag, mail []*JudgedMail) (out []chat.Action) {
	for _, j := range mail {
		for _, a := range LiveActions(d, lang, j.Domain, watch.Expected(j.Domain, j.Next.Records)) {
			a.ID += "-" + j.Domain
			if len(mail) > 1 {
				a.Label = chat.Clip(chat.Text(lang, "watch.button.until-of", map[string]any{"domain": visible.Clip(j.Domain, 80)}),
					maxLabel)
			}
			out = append(out, a)
		}
	}
	return out
}

const maxLabel = 29 // characters of a button, and one that says that it is cut

// joined is the answers about all domains in one.
func joined(d Deps, lang language.Tag, read *ReportsRead, kept chat.Section) chat.Reply {
	overview := ReportsOverview(d.KB, lang, read)
	mail, tls := read.Domains[:min(len(read.Domains), domainsShown)], read.TLSBy[:min(len(read.TLSBy), domainsShown)]
	if len(mail)+len(tls) == 0 {
		return overview
	}
	out := inOne(d, lang, mail, tls)
	out.Data, out.Audience = read, chat.Asker
	if more := len(read.Domains) + len(read.TLSBy) - len(mail) - len(tls); more > 0 {
		var names []string
		for _, j := range read.Domains[min(len(read.Domains), domainsShown):] {
			names = append(names, visible.Clip(j.Domain, 80))
		}
		args := map[string]any{"count": more, "domains": names[:min(len(names), 20)]}
		out.Sections = append(out.Sections, chat.Section{Text: chat.Text(lang, "mailreport.more-domains", args)})
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: overview.Title})
	out.Sections = append(out.Sections, overview.Sections...)
	out.Sections = append(out.Sections, kept)
	return out
}
