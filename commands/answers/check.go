package answers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/kb"

	"golang.org/x/text/language"
)

func Check(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if strings.TrimSpace(r.Text) == "" {
		if t, ok := ownTarget(ownSettings(ctx, d, r)); ok {
			r.Text = t.Domain
		}
	}
	q, wrong := intent.ReadQuestion(r.Text, r.Asker)
	if wrong != "" {
		reply(chat.Reply{
			Tone: chat.Caution, Title: wrong, Sections: []chat.Section{{Text: chat.Text(r.Asker, "try", map[string]any{"example": chat.ExampleOf(r.Asker, chat.Check)})}}, Final: true,
		})
		return nil
	}
	var running []string
	report, err := Diagnose(ctx, d, r, q, func(p diag.Progress) {
		title := d.KB.CheckTitle(r.Lang, p.Check)
		if p.Result == nil {
			running = append(running, title)
		} else {
			running = slices.DeleteFunc(running, func(s string) bool { return s == title })
		}
		reply(chat.Reply{
			Audience: chat.Channel,
			Title:    chat.Text(r.Lang, "progress", map[string]any{"domain": q.Target.Unicode, "done": p.Done, "total": p.Total}),
			Sections: []chat.Section{{Muted: true, Text: waitingFor(r.Lang, running)}},
		})
	})
	if err != nil {
		return err
	}
	answer := Answer(d.KB, r.Lang, report, q.Evidence)
	if age := d.Now().Sub(report.Started.Add(report.Took)); d.Runs != nil && age >= time.Second {
		answer.Sections = append(answer.Sections, chat.Section{Muted: true, Text: chat.Text(r.Lang, "shared-report", map[string]any{"seconds": int(age.Seconds())})})
	}
	if d.Book != nil && report.Verdict() != diag.OK {
		answer.Actions = append(answer.Actions,
			chat.Action{ID: "case", Label: chat.Text(r.Lang, "action.case", nil), Command: chat.Case, Text: "open " + report.Domain},
			chat.Action{ID: "ticket", Label: chat.Text(r.Lang, "case.button.draft", nil), Command: chat.Ticket, Text: report.Domain},
			channelAction(r.Lang, report.Domain))
	}
	if q.Since != "" {
		answer.Sections = append(changeSections(d.KB, r.Lang, report, q), answer.Sections...)
	}
	reply(answer)
	return nil
}

// namedRunning is how many of the checks that run are named.
const namedRunning = 4

// waitingFor names what a diagnosis still waits for, what began first before the rest. It is empty where nothing runs.
func waitingFor(lang language.Tag, running []string) string {
	if len(running) == 0 {
		return ""
	}
	shown := slices.Clone(running[:min(len(running), namedRunning)])
	return chat.Text(lang, "progress.waiting", map[string]any{"checks": shown, "more": len(running) - len(shown)})
}

// Diagnose runs the checks with all that the house knows, for the person of a request. The error is a *SlowDown where that person has
// asked for many, and otherwise the context's.
func Diagnose(ctx context.Context, d Deps, r chat.Request, q intent.Question, observe func(diag.Progress)) (*diag.Report, error) {
	chosen := fmt.Sprintf("%s %+v", q.Target.Domain, q.Options)
	q.Options.Providers, q.Options.Operators, q.Options.ControlHosts = d.KB.Fingerprints(), d.KB.Operators(), d.KB.ControlHosts()
	q.Options.Issuers = d.KB.Issuers()
	q.Options.Resolvers, q.Options.Registry, q.Options.Blocklists = d.Resolvers, d.Registry, d.Blocklists
	q.Options.Conclude = gate.Conclusion(d.KB.Proposals)
	chosenChecks := d.Checks
	if chosenChecks == nil {
		chosenChecks = checks.All()
	}
	run := func(ctx context.Context, observe func(diag.Progress)) *diag.Report {
		return diag.Run(ctx, d.Net, chosenChecks, q.Target, q.Options, observe)
	}
	if d.Runs == nil {
		return run(ctx, observe), nil
	}
	if !r.Internal {
		if err := d.Runs.Count(r.Team+"/"+r.User, r.ID); err != nil {
			return nil, err
		}
	}
	return d.Runs.Do(ctx, q.Target.Domain, chosen, observe, run)
}

// changeSections is what changed since the check that a re-check button belongs to: the button carries what that one found.
func changeSections(b *kb.Base, lang language.Tag, r *diag.Report, q intent.Question) []chat.Section {
	d := diag.Compare(diag.Outcome{Found: q.Was}, r.Outcome())
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
	s := chat.Section{Heading: chat.Text(lang, "since.title", map[string]any{"time": q.Since})}
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

// Again is the text of a re-check button: the domain, and what this report found, for the comparison.
func Again(r *diag.Report) string {
	var marks []string
	for _, m := range r.Outcome().Found {
		if mark := m.String(); !slices.Contains(marks, mark) && len(marks) < 40 {
			marks = append(marks, mark)
		}
	}
	return strings.TrimSpace(fmt.Sprintf("%s%s since=%s was=%s", r.Domain, throughOptions(r), r.Started.UTC().Format(intent.SinceLayout), strings.Join(marks, ",")))
}
