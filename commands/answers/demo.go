package answers

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/kb"
	"signpost/watch"

	"golang.org/x/text/language"
)

// Demo lists the lab's domains, publishes in one what its diagnosis recommends, leads through what there is,
// or tells the lines that lead a case through its life.
func Demo(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	switch verb, domain := chat.CutWord(r.Text); {
	case verb == "", slices.Contains(chat.Words("case.all"), chat.Fold(verb)):
		reply(demoList(r.Lang, d, verb != ""))
	case slices.Contains(chat.Words("mend"), chat.Fold(verb)) && d.Publish != nil:
		return mendDemo(ctx, d, r, domain, reply)
	case slices.Contains(chat.Words("demo-reports"), chat.Fold(verb)) && d.DemoReports != nil:
		r.Files = d.DemoReports()
		return MailReports(ctx, d, r, reply)
	case slices.Contains(chat.Words("demo-tour"), chat.Fold(verb)):
		reply(demoTour(r.Lang, domain))
	case slices.Contains(chat.Words("demo-case"), chat.Fold(verb)):
		lines := strings.Split(strings.TrimSpace(chat.Text(r.Lang, "demo.case", nil)), "\n")
		reply(chat.Reply{Title: chat.Text(r.Lang, "demo.case.title", nil),
			Sections: []chat.Section{{Items: lines, Steps: true}}, Final: true, Data: lines})
	default:
		reply(chat.Reply{
			Tone: chat.Caution, Title: chat.Text(r.Lang, "demo.what", map[string]any{"what": chat.Clip(r.Text, 60)}),
			Final: true,
			Sections: []chat.Section{{Items: []string{"/demo", "/demo tour", "/demo mend spf-none.example",
				"/demo change healthy.example", "/demo case",
				"/demo reports", "/demo incident", "/demo digest"}}},
		})
	}
	return nil
}

// demoShown is how many of the lab's domains are told before "more".
const demoShown = 7

// demoList is the lab's domains, each with what is wrong with it: the first of them, or all.
func demoList(lang language.Tag, d Deps, all bool) chat.Reply {
	out := chat.Reply{Title: chat.Text(lang, "demo.title", map[string]any{"count": len(d.Demo)}), Final: true,
		Data: d.Demo}
	// What is at fault is worth a look before what is sound.
	domains := slices.Clone(d.Demo)
	slices.SortStableFunc(domains, func(x, y DemoDomain) int {
		return cmp.Compare(min(len(y.Codes), 1), min(len(x.Codes), 1))
	})
	var fields []chat.Field
	for _, x := range domains {
		fault := x.Fault
		if base, _ := lang.Base(); base.String() != "en" { // the lab describes its faults in English
			fault = chat.Text(lang, "demo.sound", nil)
			var found []string
			for _, code := range x.Codes {
				check, _, _ := strings.Cut(code, ".")
				found = append(found, chat.Text(lang, "demo.code",
					map[string]any{"check": d.KB.CheckTitle(lang, check), "code": code}))
			}
			if len(found) > 0 {
				fault = strings.Join(found, chat.Text(lang, "list-comma", nil))
			}
		}
		fields = append(fields, chat.Field{Label: x.Domain, Value: fault})
	}
	if !all && len(fields) > demoShown {
		out.Detail = &chat.Detail{Title: out.Title, Sections: []chat.Section{{Fields: fields[demoShown:]}}}
		out.Actions = []chat.Action{moreAction(lang, chat.Demo, "all")}
		fields = fields[:demoShown]
	}
	out.Sections = []chat.Section{{Fields: fields},
		{Muted: true, Text: chat.Text(lang, "demo.try", map[string]any{"example": "/mailcheck " + domains[0].Domain})}}
	return out
}

// mendDemo publishes every record that is recommended for a domain of the lab.
func mendDemo(ctx context.Context, d Deps, r chat.Request, domain string, reply func(chat.Reply)) error {
	t, ok := intent.DomainIn(domain)
	if !ok || !slices.ContainsFunc(d.Demo, func(x DemoDomain) bool { return x.Domain == t.Domain }) {
		reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "demo.which", nil),
			Sections: []chat.Section{{Text: chat.Text(r.Lang, "try", map[string]any{"example": "/demo mend spf-none.example"})}},
			Final:    true})
		return nil
	}
	report, err := Diagnose(ctx, d, r, intent.Question{Target: t}, nil)
	if err != nil {
		return err
	}
	var records []kb.Record
	s := chat.Section{}
	for _, f := range SortedFindings(d.KB, report) {
		for _, rec := range d.KB.Advise(r.Lang, report, f).Records {
			if f.Severity >= diag.Warning && !slices.Contains(records, rec) {
				records = append(records, rec)
				line := rec.Name + "  " + rec.Type + "  " + rec.Value
				if rec.Remove {
					line = "- " + line
				}
				s.Code += line + "\n"
			}
		}
	}
	out := chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "demo.nothing", map[string]any{"domain": t.Domain}),
		Final: true}
	if len(records) > 0 {
		if err := d.Publish(records); err != nil {
			return err
		}
		if d.Runs != nil {
			d.Runs.Forget()
		}
		out = chat.Reply{Tone: chat.Good, Title: chat.Text(r.Lang, "demo.mended", map[string]any{"domain": t.Domain}),
			Sections: []chat.Section{s}, Final: true,
			Actions: []chat.Action{{ID: "recheck", Label: chat.Text(r.Lang, "action.recheck", nil), Command: chat.Check,
				Text: t.Domain}}}
		out.Actions = append(out.Actions, LiveActions(d, r.Lang, t.Domain, watch.Expected(t.Domain, records))...)
	}
	reply(out)
	return nil
}
