package answers

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/visible"
	"signpost/reports"

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
	if len(rows) == 0 {
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
	out := MailReport(d.KB, r.Lang, judged[0])
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
			list := chat.Section{Heading: chat.Text(r.Lang, "mailreport.known", nil), Items: known[:min(len(known), 20)]}
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
	if d.Book != nil && len(read.Aggregates) > 0 {
		counted, before, full := 0, 0, 0
		for _, a := range read.Aggregates {
			switch fresh, err := d.Book.AddReport(ctx, r.Team, a); {
			case errors.Is(err, cases.ErrManyDomains):
				full++
			case err != nil:
				return err
			case fresh:
				counted++
			default:
				before++
			}
		}
		kept.Text = chat.Text(r.Lang, "mailreport.kept", map[string]any{
			"counted": counted, "before": before, "full": full,
			"example": "/" + chat.Report + " " + read.Aggregates[0].Policy.Domain + " 30d",
		})
	}
	out, err := Judge(ctx, d, r, read, nil, false)
	if err != nil {
		return err
	}
	reply(joined(d, r.Lang, out, kept))
	return nil
}

// joined is the answers about all domains in one.
func joined(d Deps, lang language.Tag, read *ReportsRead, kept chat.Section) chat.Reply {
	overview := ReportsOverview(d.KB, lang, read)
	var parts []chat.Reply
	for _, j := range read.Domains[:min(len(read.Domains), domainsShown)] {
		parts = append(parts, MailReport(d.KB, lang, j))
	}
	for _, t := range read.TLSBy[:min(len(read.TLSBy), domainsShown)] {
		parts = append(parts, TLSReport(d.KB, lang, t))
	}
	if len(parts) == 0 {
		return overview
	}
	out := parts[0]
	out.Data, out.Audience = read, chat.Asker
	for _, p := range parts[1:] {
		out.Tone = max(out.Tone, p.Tone)
		out.Sections = append(out.Sections, chat.Section{Tone: p.Tone, Heading: p.Title})
		out.Sections = append(out.Sections, p.Sections...)
	}
	if more := len(read.Domains) + len(read.TLSBy) - len(parts); more > 0 {
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
