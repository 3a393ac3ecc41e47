package commands

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/diag/resolve"
	"signpost/kb"

	"golang.org/x/text/language"
)

var mailcheck = &Command{
	Name: chat.Check, Summary: "summary.mailcheck", Shared: true, Run: runMailcheck,
}

// question is a mailcheck request, read.
type question struct {
	target   diag.Target
	options  diag.Options
	evidence bool
	why      string      // the one check to explain; empty: the whole report
	was      []diag.Mark // what a check before found, code and subject, to be compared with
	since    string      // when that was, UTC
	through  []string    // name servers to examine the zone through, as they were written
}

// readQuestion reads the words behind /mailcheck. Wrong is what is wrong with them, for the asker; empty: nothing.
func readQuestion(text string, lang language.Tag) (q question, wrong string) {
	var domain string
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		w := words[i]
		key, value, ok := strings.Cut(w, "=")
		switch strings.ToLower(key) {
		case "why", "为什么", "为何":
			if i++; i < len(words) {
				q.why = strings.ToLower(words[i])
			}
			if !slices.ContainsFunc(checks.All(), func(c *diag.Check) bool { return c.Name == q.why }) {
				return q, chat.Text(lang, "bad-check", map[string]any{"check": chat.Clip(q.why, 40), "checks": checkNames()})
			}
			q.options.Only, q.evidence = []string{q.why}, true
			q.options.Beside = []string{checks.MX.Name} // whose mailboxes they are decides what is advised
			continue
		case "was":
			if ok {
				for mark := range strings.SplitSeq(value, ",") {
					if mark != "" {
						q.was = append(q.was, diag.ParseMark(mark))
					}
				}
				continue
			}
		case "since":
			if _, err := time.Parse(sinceLayout, value); err == nil {
				q.since = value
				continue
			}
		case "selector", "ip":
			if !ok || value == "" {
				return q, chat.Text(lang, "bad-option", map[string]any{"option": chat.Clip(w, 60)})
			}
			if strings.EqualFold(key, "selector") {
				q.options.Selectors = append(q.options.Selectors, chat.Clip(value, 253))
				continue
			}
			ip, err := netip.ParseAddr(value)
			if err != nil {
				return q, chat.Text(lang, "bad-ip", map[string]any{"ip": chat.Clip(value, 60)})
			}
			q.options.SourceIPs = append(q.options.SourceIPs, ip)
			continue
		case "ns":
			if !ok || value == "" {
				return q, chat.Text(lang, "bad-option", map[string]any{"option": chat.Clip(w, 60)})
			}
			q.through = append(q.through, strings.Split(value, ",")...)
			continue
		case "evidence", "证据":
			q.evidence = true
			continue
		}
		if domain != "" {
			domain += " " + w // ParseTarget says what is wrong with it
			continue
		}
		domain = w
	}
	if len(q.options.Selectors)+len(q.options.SourceIPs) > 20 {
		return q, chat.Text(lang, "too-many-options", nil)
	}
	if q.options.Through, wrong = readThrough(q.through, lang); wrong != "" {
		return q, wrong
	}
	target, err := diag.ParseTarget(domain)
	var bad *diag.InputError
	if errors.As(err, &bad) {
		return q, chat.Text(lang, inputID(bad.Reason), map[string]any{"input": bad.Input})
	}
	q.target = target
	return q, ""
}

// readThrough reads the name servers that a zone is to be examined through.
func readThrough(servers []string, lang language.Tag) (out []resolve.NameServer, wrong string) {
	out, err := diag.ParseThrough(servers, false)
	var bad *diag.InputError
	switch {
	case !errors.As(err, &bad):
		return out, ""
	case bad.Reason == "private", bad.Reason == "too-many":
		return nil, chat.Text(lang, "bad-ns."+bad.Reason, map[string]any{"input": bad.Input})
	}
	return nil, chat.Text(lang, "bad-ns", map[string]any{"input": bad.Input})
}

const sinceLayout = "2006-01-02T15:04Z"

func checkNames() []string {
	var out []string
	for _, c := range checks.All() {
		out = append(out, c.Name)
	}
	return out
}

func runMailcheck(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if strings.TrimSpace(r.Text) == "" {
		if t, ok := ownTarget(ownSettings(ctx, d, r)); ok {
			r.Text = t.Domain
		}
	}
	q, wrong := readQuestion(r.Text, r.Asker)
	if wrong != "" {
		reply(chat.Reply{
			Tone: chat.Caution, Title: wrong, Sections: []chat.Section{{Text: chat.Text(r.Asker, "try", map[string]any{"example": chat.ExampleOf(r.Asker, chat.Check)})}}, Final: true,
		})
		return nil
	}
	start := time.Now()
	var done []string
	report, err := diagnose(ctx, d, r, q, func(p diag.Progress) {
		if p.Result != nil {
			done = append(done, d.KB.CheckTitle(r.Lang, p.Check))
		}
		reply(chat.Reply{
			Audience: chat.Channel, Title: chat.Text(r.Lang, "progress", map[string]any{"domain": q.target.Unicode, "done": p.Done, "total": p.Total}),
			Sections: []chat.Section{{Muted: true, Text: chat.Text(r.Lang, "progress.done", map[string]any{"checks": slices.Clone(done), "seconds": fmt.Sprintf("%.1f", time.Since(start).Seconds())})}},
		})
	})
	if err != nil {
		return err
	}
	answer := Answer(d.KB, r.Lang, report, q.evidence)
	if age := d.Now().Sub(report.Started.Add(report.Took)); d.Runs != nil && age >= time.Second {
		answer.Sections = append(answer.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "shared-report", map[string]any{"seconds": int(age.Seconds())})})
	}
	if d.Book != nil && report.Verdict() != diag.OK {
		answer.Actions = append(answer.Actions,
			chat.Action{ID: "case", Label: chat.Text(r.Lang, "action.case", nil), Command: chat.Case, Text: "open " + report.Domain},
			chat.Action{ID: "ticket", Label: chat.Text(r.Lang, "case.button.draft", nil), Command: chat.Ticket, Text: report.Domain},
			channelAction(r.Lang, report.Domain))
	}
	if q.since != "" {
		answer.Sections = append(changeSections(d.KB, r.Lang, report, q), answer.Sections...)
	}
	reply(answer)
	return nil
}

// diagnose runs the checks with all that the house knows, for the person of a request. The error is a *SlowDown where that person has
// asked for many, and otherwise the context's.
func diagnose(ctx context.Context, d Deps, r chat.Request, q question, observe func(diag.Progress)) (*diag.Report, error) {
	chosen := fmt.Sprintf("%s %+v", q.target.Domain, q.options)
	q.options.Providers, q.options.Operators, q.options.ControlHosts = d.KB.Fingerprints(), d.KB.Operators(), d.KB.ControlHosts()
	q.options.Issuers = d.KB.Issuers()
	q.options.Resolvers, q.options.Registry, q.options.Blocklists = d.Resolvers, d.Registry, d.Blocklists
	q.options.Conclude = gate.Conclusion(d.KB.Proposals)
	chosenChecks := d.Checks
	if chosenChecks == nil {
		chosenChecks = checks.All()
	}
	run := func(ctx context.Context, observe func(diag.Progress)) *diag.Report {
		return diag.Run(ctx, d.Net, chosenChecks, q.target, q.options, observe)
	}
	if d.Runs == nil {
		return run(ctx, observe), nil
	}
	if !r.Internal {
		if err := d.Runs.Count(r.Team+"/"+r.User, r.ID); err != nil {
			return nil, err
		}
	}
	return d.Runs.Do(ctx, q.target.Domain, chosen, observe, run)
}

// changeSections is what changed since the check that a re-check button belongs to: the button carries what that one found.
func changeSections(b *kb.Base, lang language.Tag, r *diag.Report, q question) []chat.Section {
	d := diag.Compare(diag.Outcome{Found: q.was}, r.Outcome())
	var fixed, fresh, unsure []string
	for _, m := range d.Fixed {
		fixed = append(fixed, chat.Clip(string(m.Code), 60))
	}
	for _, m := range d.Unsure {
		unsure = append(unsure, chat.Clip(string(m.Code), 60))
	}
	for _, m := range d.New {
		f, _ := r.Marked(m)
		fresh = append(fresh, b.Advise(lang, r, f).Title)
	}
	s := chat.Section{Heading: chat.Text(lang, "since.title", map[string]any{"time": q.since})}
	for key, list := range map[string][]string{"since.fixed": fixed, "since.new": fresh, "since.unsure": unsure} {
		if len(list) > 0 {
			s.Items = append(s.Items, chat.Text(lang, key, map[string]any{"list": list}))
		}
	}
	slices.Sort(s.Items)
	if len(s.Items) == 0 {
		s.Text = chat.Text(lang, "since.nothing", nil)
	}
	return []chat.Section{s}
}

// throughOptions is the options by which a check is made through the same name servers again; each with a space before it.
func throughOptions(r *diag.Report) string {
	var b strings.Builder
	for _, s := range r.Through {
		for _, address := range s.Addresses {
			fmt.Fprintf(&b, " ns=%s=%s", s.Name, address)
		}
	}
	return b.String()
}

// again is the text of a re-check button: the domain, and what this report found, for the comparison.
func again(r *diag.Report) string {
	var marks []string
	for _, m := range r.Outcome().Found {
		if mark := m.String(); !slices.Contains(marks, mark) && len(marks) < 40 {
			marks = append(marks, mark)
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%s%s since=%s was=%s", r.Domain, throughOptions(r), r.Started.UTC().Format(sinceLayout), strings.Join(marks, ",")))
}
