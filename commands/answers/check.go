package answers

import (
	"context"
	"errors"
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

// CheckInputs is the fields of the form that asks which domain is meant.
var CheckInputs = []chat.Input{{Name: "domain", Kind: chat.Domain}}

// Check diagnoses a domain.
func Check(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if rest, form := intent.WantsForm(r.Text); form {
		if r.Text = strings.TrimSpace(rest + " " + r.Values["domain"]); r.Text == "" {
			reply(checkForm(r.Lang))
			return nil
		}
	}
	if strings.TrimSpace(r.Text) == "" {
		if t, ok := ownTarget(ownSettings(ctx, d, r)); ok {
			r.Text = t.Domain
		}
	}
	q, wrong := intent.ReadQuestion(r.Text, r.Asker)
	if wrong != "" {
		reply(chat.Reply{
			Tone: chat.Caution, Title: wrong,
			Sections: []chat.Section{{Text: chat.Text(r.Asker, "try",
				map[string]any{"example": chat.ExampleOf(r.Asker, chat.Check)})}}, Final: true,
		})
		return nil
	}
	report, err := Diagnose(ctx, d, r, q, underWay(d.KB, r.Lang, q.Target, reply))
	if err != nil {
		return err
	}
	answer := Answer(d.KB, r.Lang, report, q.Evidence)
	if !q.Evidence {
		answer = brief(d.KB, r.Lang, report, answer)
	}
	if age := d.Now().Sub(report.Started.Add(report.Took)); d.Runs != nil && age >= time.Second {
		answer.Sections = append(answer.Sections,
			chat.Section{Muted: true, Text: chat.Text(r.Lang, "shared-report", map[string]any{"seconds": int(age.Seconds())})})
	}
	if d.Book != nil && report.Verdict() != diag.OK {
		answer.Actions = append(answer.Actions,
			chat.Action{ID: "case", Label: chat.Text(r.Lang, "action.case", nil), Command: chat.Case,
				Text: "open " + report.Domain},
			chat.Action{ID: "ticket", Label: chat.Text(r.Lang, "case.button.draft", nil), Command: chat.Ticket,
				Text: report.Domain},
			channelAction(r.Lang, report.Domain))
	}
	answer.Actions = append(answer.Actions, LiveOf(d, r.Lang, report)...)
	answer.Sections = append(IncidentSections(ctx, d, r, providersOf(report)), answer.Sections...)
	if q.Since != "" {
		answer.Sections = append(changeSections(d.KB, r.Lang, report, q), answer.Sections...)
	}
	reply(answer)
	return nil
}

// checkForm asks which domain is meant.
func checkForm(lang language.Tag) chat.Reply {
	form := chat.NewForm(chat.Check, CheckInputs, lang, nil, nil)
	form.Text = chat.FormWord
	return chat.Reply{Tone: chat.Caution, Title: form.Title, Form: form, Final: true,
		Sections: []chat.Section{{Text: chat.Text(lang, "try", map[string]any{"example": chat.ExampleOf(lang, chat.Check)})}}}
}

// namedRunning is how many of the checks that run are named.
const namedRunning = 4

// underWay tells how far a diagnosis is.
func underWay(b *kb.Base, lang language.Tag, t diag.Target, reply func(chat.Reply)) func(diag.Progress) {
	var running []string
	var tasks []chat.Task
	return func(p diag.Progress) {
		title := b.CheckTitle(lang, p.Check)
		if p.Result == nil {
			running = append(running, title)
		} else {
			running = slices.DeleteFunc(running, func(s string) bool { return s == title })
		}
		tasks = withTask(tasks, p, title)
		reply(chat.Reply{
			Audience: chat.Channel,
			Title: chat.Text(lang, "progress",
				map[string]any{"domain": t.Unicode, "done": p.Done, "total": p.Total}),
			Sections: []chat.Section{{Muted: true, Text: waitingFor(lang, running)}},
			Tasks:    tasks,
		})
	}
}

// withTask is the tasks of a diagnosis after what a check has just told, in the order in which they began; others may
// still read the list that it is made from. A check that nothing came of is not called done.
func withTask(tasks []chat.Task, p diag.Progress, title string) []chat.Task {
	task := chat.Task{ID: p.Check, Title: title}
	if p.Result != nil {
		if task.State = chat.Ended; p.Result.Status == diag.Unknown {
			task.State = chat.Untold
		}
	}
	tasks = slices.Clone(tasks)
	if i := slices.IndexFunc(tasks, func(t chat.Task) bool { return t.ID == p.Check }); i >= 0 {
		tasks[i] = task
		return tasks
	}
	return append(tasks, task)
}

// waitingFor names what a diagnosis still waits for, what began first before the rest. It is empty where nothing runs.
func waitingFor(lang language.Tag, running []string) string {
	if len(running) == 0 {
		return ""
	}
	shown := slices.Clone(running[:min(len(running), namedRunning)])
	return chat.Text(lang, "progress.waiting", map[string]any{"checks": shown, "more": len(running) - len(shown)})
}

// Diagnose runs the checks with all that the house knows, for the person of a request. The error is a *SlowDown where
// that person has asked for many, and otherwise the context's.
func Diagnose(ctx context.Context, d Deps, r chat.Request, q intent.Question,
	observe func(diag.Progress)) (*diag.Report, error) {
	return diagnose(ctx, d, r, q, fmt.Sprintf("%s %+v", q.Target.Domain, q.Options), observe)
}

// DiagnoseThen is Diagnose with something that is done on the zone as it is, when the checks have ended.
func DiagnoseThen(ctx context.Context, d Deps, r chat.Request, q intent.Question,
	then func(context.Context, *diag.Trial)) (*diag.Report, error) {
	conclude := gate.Conclusion(d.KB.Proposals)
	q.Options.Conclude = func(ctx context.Context, t *diag.Trial) {
		conclude(ctx, t)
		then(ctx, t)
	}
	return diagnose(ctx, d, r, q, q.Target.Domain+" for "+r.ID, nil) // it is nobody else's
}

// diagnose is Diagnose. Those who ask for what is chosen alike share a diagnosis.
func diagnose(ctx context.Context, d Deps, r chat.Request, q intent.Question, chosen string,
	observe func(diag.Progress)) (*diag.Report, error) {
	q.Options.Providers, q.Options.Operators, q.Options.ControlHosts = d.KB.Fingerprints(), d.KB.Operators(),
		d.KB.ControlHosts()
	q.Options.Issuers = d.KB.Issuers()
	q.Options.Resolvers, q.Options.Registry, q.Options.Blocklists = d.Resolvers, d.Registry, d.Blocklists
	if q.Options.Conclude == nil {
		q.Options.Conclude = gate.Conclusion(d.KB.Proposals)
	}
	chosenChecks := d.Checks
	if chosenChecks == nil {
		chosenChecks = checks.All()
	}
	run := func(ctx context.Context, observe func(diag.Progress)) *diag.Report {
		if d.Watcher == nil {
			return diag.Run(ctx, d.Net, chosenChecks, q.Target, q.Options, observe)
		}
		ctx, watch, end := d.Watcher.Diagnosing(ctx)
		report := diag.Run(ctx, d.Net, chosenChecks, q.Target, q.Options, func(p diag.Progress) {
			watch(p)
			if observe != nil {
				observe(p)
			}
		})
		end(report)
		return report
	}
	if d.Runs == nil {
		return run(ctx, observe), nil
	}
	if !r.Internal {
		if err := d.Runs.Count(r.Team+"/"+r.User, r.ID); err != nil {
			var slow *SlowDown
			if d.Watcher != nil && errors.As(err, &slow) {
				d.Watcher.SlowedDown(slow)
			}
			return nil, err
		}
	}
	return d.Runs.Do(ctx, q.Target.Domain, chosen, observe, run)
}

// changeSections is what changed since the check that a re-check button belongs to: the button carries what that one
// found.
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

// Answer puts a report into words: the verdict, then what is wrong in the order of what blocks mail most, then what
// could not be checked, then what is well. With evidence, every question and answer is part of it; otherwise it is the
// Detail.
func Answer(b *kb.Base, lang language.Tag, report *diag.Report, evidence bool) chat.Reply {
	out := chat.Reply{Audience: chat.Channel, Final: true, Data: report}
	findings := SortedFindings(b, report)
	problems := slices.DeleteFunc(slices.Clone(findings), func(f diag.Finding) bool { return f.Severity == diag.Info })
	out.Title, out.Tone = verdictLine(lang, report, problems, b)
	if len(report.Through) > 0 {
		out.Sections = append(out.Sections,
			chat.Section{Text: chat.Text(lang, "about.through", map[string]any{"servers": throughNames(report)})})
	}
	if line := about(b, lang, report); line != "" {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: line})
	}
	shown := map[string]bool{}
	for _, f := range problems {
		out.Sections = append(out.Sections, findingSections(b, lang, report, f, shown)...)
		out.Sections = append(out.Sections, costSections(lang, report, f, allDeep)...)
	}
	out.Sections = append(out.Sections, statusSections(b, lang, report, findings)...)
	detail := evidenceSections(b, lang, report)
	if evidence {
		out.Sections, out.Whole = append(out.Sections, detail...), true
	} else if len(detail) > 0 {
		out.Detail = &chat.Detail{
			Title: chat.Text(lang, "evidence.title", map[string]any{"domain": report.Unicode}), Sections: detail,
		}
	}
	out.Actions = []chat.Action{
		{ID: "recheck", Label: chat.Text(lang, "action.recheck", nil), Command: chat.Check, Text: Again(report)},
		{ID: "evidence", Label: chat.Text(lang, "action.evidence", nil), Command: chat.Check,
			Text: report.Domain + throughOptions(report) + " evidence", Detail: true},
	}
	return out
}
