package answers

import (
	"fmt"
	"strings"

	"signpost/commands/chat"
	"signpost/kb"
	"signpost/reports"

	"golang.org/x/text/language"
)

const (
	sendersShown = 50
	faultsShown  = 10
	namesShown   = 5
)

// percent is a share for people.
func percent(share float64) string {
	if share > 0.9995 && share < 1 {
		return "99.9 %"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", share*100), ".0") + " %"
}

// MailReport puts the reports on one domain into words.
func MailReport(b *kb.Base, lang language.Tag, j *JudgedMail) chat.Reply {
	say := func(id string, args map[string]any) string { return chat.Text(lang, "mailreport."+id, args) }
	out := chat.Reply{Audience: chat.Channel, Final: true, Data: j}
	args := map[string]any{"domain": j.Domain, "messages": j.Messages, "share": percent(j.Ready.Aligned)}
	switch {
	case j.Messages == 0:
		out.Title, out.Tone = say("verdict.nothing", args), chat.Unsure
	case j.Pass+j.Fail == 0:
		out.Title, out.Tone = say("verdict.untold", args), chat.Unsure
	default:
		out.Title, out.Tone = say("verdict", args), toneOf(j)
	}
	about, first := "about.undated", map[string]any{
		"reports":   j.Reports,
		"policy":    j.Policy,
		"reporters": j.Reporters[:min(len(j.Reporters), namesShown)],
		"more":      max(0, len(j.Reporters)-namesShown),
	}
	if len(j.Days) > 0 {
		about, first["first"], first["last"] = "about", j.Days[0].Day, j.Days[len(j.Days)-1].Day
	}
	out.Sections = append(
		out.Sections,
		chat.Section{Muted: true, Text: say(about, first)},
		sendersSection(b, lang, j),
		mendSection(b, lang, j),
		readySection(b, lang, j),
	)
	out.Sections = append(out.Sections, nextSections(b, lang, j)...)
	out.Pictures = reportPictures(lang, j)
	if missing := j.Lookups.Sources - j.Lookups.Known; missing > 0 {
		out.Sections = append(
			out.Sections,
			chat.Section{
				Muted: true,
				Text:  say("not-looked-up", map[string]any{"count": missing, "offline": j.Lookups.Offline}),
			},
		)
	}
	return out
}

func toneOf(j *JudgedMail) chat.Tone {
	switch j.Ready.State {
	case reports.NotYet:
		return chat.Caution
	case reports.NoSaying:
		return chat.Unsure
	}
	if j.Ready.OwnFail > 0 {
		return chat.Caution
	}
	return chat.Good
}

// who names a group.
func who(b *kb.Base, lang language.Tag, g reports.Group) string {
	name := chat.Clip(g.ID, 80)
	if g.Kind == "address" {
		return chat.Text(lang, "mailreport.who.address", map[string]any{"name": name})
	}
	if g.Kind == "provider" {
		name = b.ProviderName(lang, g.ID)
	}
	return chat.Text(
		lang,
		"mailreport.who.provider",
		map[string]any{"name": name, "count": g.Sources, "address": g.Addresses[0]},
	)
}

func sendersSection(b *kb.Base, lang language.Tag, j *JudgedMail) chat.Section {
	if len(j.Groups) == 0 {
		return chat.Section{}
	}
	s := chat.Section{Heading: chat.Text(lang, "mailreport.senders", map[string]any{"domain": j.Domain}),
		Table: chat.NewTable(chat.Text(lang, "table.senders", nil))}
	var rest int64
	for i, g := range j.Groups {
		if i >= sendersShown {
			rest += g.Messages
			continue
		}
		name, standing := who(b, lang, g), b.ReportText(lang, "standing."+string(g.Standing), nil)
		s.Items = append(s.Items, chat.Text(lang, "mailreport.sender", map[string]any{"who": name,
			"messages": g.Messages, "pass": g.Pass, "fail": g.Fail, "unknown": g.Unknown, "standing": standing}))
		s.Table.Add(name, fmt.Sprint(g.Messages), fmt.Sprint(g.Pass), fmt.Sprint(g.Fail), fmt.Sprint(g.Unknown), standing)
	}
	if more := len(j.Groups) - sendersShown; more > 0 {
		s.Items = append(
			s.Items,
			chat.Text(lang, "mailreport.sender.more", map[string]any{"count": more, "messages": rest}),
		)
	}
	return s
}

// mendSection is what to do about each sender whose mail fails, those of the domain's own first.
func mendSection(b *kb.Base, lang language.Tag, j *JudgedMail) chat.Section {
	s := chat.Section{Heading: chat.Text(lang, "mailreport.mend", nil)}
	var items []remedyItem
	for _, standing := range []reports.Standing{
		reports.Passes, reports.OwnFails, reports.Unexplained, reports.Unauthenticated,
		reports.Forwards, reports.Untold,
	} {
		for _, g := range j.Groups {
			if g.Standing != standing {
				continue
			}
			for _, remedy := range g.Remedies {
				items = addRemedy(
					items,
					remedyItem{
						remedy,
						[]string{who(b, lang, g)},
						strangers(g, j.Domain, reports.FactSigner),
						strangers(g, j.Domain, reports.FactMailFrom),
					},
				)
			}
		}
	}
	for _, x := range items[:min(len(items), sendersShown)] {
		s.Items = append(
			s.Items,
			b.ReportText(
				lang,
				"remedy."+string(x.remedy),
				map[string]any{"who": x.names(lang), "domain": j.Domain, "signers": x.signers, "senders": x.senders},
			),
		)
	}
	if more := len(items) - sendersShown; more > 0 {
		s.Items = append(s.Items, chat.Text(lang, "mailreport.faults.more", map[string]any{"count": more}))
	}
	if len(s.Items) == 0 {
		return chat.Section{}
	}
	return s
}

// remedyItem is a remedy for one sender, or for several where all that differs is their names.
type remedyItem struct {
	remedy           reports.Remedy
	who              []string
	signers, senders []string
}

// names is the first of the senders.
func (x remedyItem) names(lang language.Tag) string {
	shown := strings.Join(x.who[:min(len(x.who), namesShown)], chat.Text(lang, "list-comma", nil))
	if more := len(x.who) - namesShown; more > 0 {
		shown = chat.Text(lang, "mailreport.who.more", map[string]any{"names": shown, "count": more})
	}
	return shown
}

// addRemedy adds a remedy, to one of its kind where the sentence is the same but for the names.
func addRemedy(items []remedyItem, x remedyItem) []remedyItem {
	switch x.remedy {
	case reports.StopForgery, reports.NothingToDo, reports.WaitForMore, reports.AddSPF, reports.SignDKIM:
		for i := range items {
			if items[i].remedy == x.remedy {
				items[i].who = append(items[i].who, x.who...)
				return items
			}
		}
	}
	return append(items, x)
}

// strangers is the names of a kind that are not the domain's own.
func strangers(g reports.Group, domain, fact string) (out []string) {
	for _, name := range (reports.Source{Facts: g.Facts}).Names(fact) {
		if reports.Organization(name) != reports.Organization(domain) && len(out) < 3 {
			out = append(out, chat.Clip(name, 80))
		}
	}
	return out
}

// readySection is whether the next policy is safe, why not, and by which rule.
func readySection(b *kb.Base, lang language.Tag, j *JudgedMail) chat.Section {
	s := chat.Section{
		Heading: chat.Text(lang, "mailreport.ready", nil),
		Text:    b.ReportText(lang, "ready."+string(j.Ready.State), map[string]any{"next": j.Ready.Next}),
	}
	for _, o := range j.Ready.Because {
		args := map[string]any{}
		for k, v := range o.Args {
			if share, ok := v.(float64); ok {
				v = percent(share)
			}
			args[k] = v
		}
		if ids, ok := args["senders"].([]string); ok {
			args["senders"] = senderNames(b, lang, j, ids)
		}
		s.Items = append(s.Items, b.ReportText(lang, "obstacle."+string(o.Code), args))
	}
	if j.Ready.State != reports.NoStricter {
		s.Items = append(s.Items, b.ReportText(lang, "rule", map[string]any{
			"days":     reports.ReadyDays,
			"messages": reports.ReadyMessages,
			"own":      percent(reports.MostOwnFailing),
			"reject":   percent(reports.MostOwnRejected),
			"untold":   percent(reports.MostUntold),
		}))
	}
	return s
}

func senderNames(b *kb.Base, lang language.Tag, j *JudgedMail, ids []string) (out []string) {
	for _, id := range ids {
		name := chat.Clip(id, 80)
		for _, g := range j.Groups {
			if g.ID == id && g.Kind == "provider" {
				name = b.ProviderName(lang, id)
			}
		}
		out = append(out, name)
	}
	return out
}

// nextSections is the next step with its record, which has passed the gate, or why there is none.
func nextSections(b *kb.Base, lang language.Tag, j *JudgedMail) []chat.Section {
	n := j.Next
	say := func(id string, args map[string]any) string { return chat.Text(lang, "mailreport.next"+id, args) }
	s := chat.Section{Heading: say("", nil)}
	args := map[string]any{"days": reports.ReadyDays, "addresses": n.Addresses, "domain": j.Domain}
	switch {
	case n.Zone == "unneeded" || n.Kind == "mend":
		s.Text = say("."+n.Kind, args)
		return []chat.Section{s}
	case n.Zone != "examined":
		s.Text = say("."+n.Zone, args)
		return []chat.Section{s}
	case len(n.Records) == 0:
		s.Text = strings.Join(b.Notes(lang, n.report, n.finding), "\n\n")
		if s.Text == "" {
			s.Text = say(".unknown", args)
		}
		return []chat.Section{s}
	}
	s.Text = strings.Join(append([]string{say("."+n.Kind, args)}, b.Notes(lang, n.report, n.finding)...), "\n\n")
	publish, remove := changeLines(n.Records)
	if len(publish) > 0 {
		s.Fields, s.Code = []chat.Field{{Label: chat.Text(lang, "label.publish", nil)}}, strings.Join(publish, "\n")
	}
	out := []chat.Section{s}
	if len(remove) > 0 {
		out = append(
			out,
			chat.Section{
				Fields:    []chat.Field{{Label: chat.Text(lang, "label.remove", nil)}},
				Code:      strings.Join(remove, "\n"),
				Continues: true,
			},
		)
	}
	return out
}

// TLSReport puts the TLS reports on one domain into words.
func TLSReport(b *kb.Base, lang language.Tag, t *reports.TLSSummary) chat.Reply {
	out := chat.Reply{Audience: chat.Channel, Final: true, Data: t, Tone: chat.Good}
	out.Title = chat.Text(
		lang,
		"mailreport.tls",
		map[string]any{"domain": t.Domain, "success": t.Success, "failure": t.Failure},
	)
	s := chat.Section{}
	for i, f := range t.Failures {
		if i >= sendersShown {
			s.Items = append(s.Items, chat.Text(lang, "mailreport.faults.more", map[string]any{"count": len(t.Failures) - i}))
			break
		}
		id := "tls." + f.Type
		if f.Type == "" || !b.HasReportText(id) {
			id = "tls.other"
		}
		s.Items = append(s.Items, chat.Text(lang, "mailreport.tls.fault", map[string]any{
			"sessions":  f.Sessions,
			"type":      f.Type,
			"host":      f.Host,
			"reporters": f.Reporters[:min(len(f.Reporters), namesShown)],
			"meaning":   b.ReportText(lang, id, map[string]any{"domain": t.Domain}),
		}))
	}
	switch {
	case t.Failure > 0:
		out.Tone = chat.Caution
	case t.Success == 0:
		out.Tone = chat.Unsure
	}
	out.Sections = []chat.Section{s}
	return out
}

// ReportsOverview is how many reports were read, and what was wrong with the files.
func ReportsOverview(b *kb.Base, lang language.Tag, read *ReportsRead) chat.Reply {
	out := chat.Reply{
		Final: true,
		Data:  read,
		Title: chat.Text(
			lang,
			"mailreport.read",
			map[string]any{"dmarc": read.DMARC, "tls": read.TLS, "files": read.Files},
		),
	}
	if read.DMARC+read.TLS == 0 {
		out.Tone, out.Title = chat.Caution, chat.Text(lang, "mailreport.none", map[string]any{"files": read.Files})
		out.Sections = []chat.Section{{Text: chat.Text(lang, "mailreport.none.why", nil)}}
	}
	s := chat.Section{Heading: chat.Text(lang, "mailreport.faults", nil)}
	for i, n := range read.Faults {
		if i >= faultsShown {
			s.Items = append(s.Items, chat.Text(lang, "mailreport.faults.more", map[string]any{"count": len(read.Faults) - i}))
			break
		}
		s.Items = append(s.Items, faultText(b, lang, n))
	}
	if len(s.Items) > 0 {
		out.Sections = append(out.Sections, s)
	}
	return out
}

// faultText is a note on a file in words.
func faultText(b *kb.Base, lang language.Tag, n reports.Note) string {
	args := map[string]any{"file": chat.Clip(n.File, 120), "count": n.Count}
	for k, v := range n.Args {
		args[k] = v
	}
	if found, ok := args["found"].(string); ok {
		kind, root, _ := strings.Cut(found, ":")
		args["found"] = b.ReportText(lang, "found."+kind, map[string]any{"root": chat.Clip(root, 40)})
	}
	return b.ReportText(lang, "fault."+string(n.Code), args)
}
