package commands

import (
	"context"
	"slices"
	"strings"

	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

var demo = &Command{Name: "demo", Summary: "summary.demo", Local: true, Run: runDemo}

// runDemo lists the lab's domains, publishes in one what its diagnosis recommends, or tells the lines that lead a case through its life.
func runDemo(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	switch verb, domain := cutWord(r.Text); {
	case verb == "":
		reply(demoList(r.Lang, d))
	case slices.Contains(listed("mend"), folded(verb)) && d.Publish != nil:
		return mendDemo(ctx, d, r, domain, reply)
	case slices.Contains(listed("demo-case"), folded(verb)):
		lines := strings.Split(strings.TrimSpace(texts.Text(r.Lang, "demo.case", nil)), "\n")
		reply(Reply{Title: texts.Text(r.Lang, "demo.case.title", nil), Sections: []Section{{Items: lines, Steps: true}}, Final: true, Data: lines})
	default:
		reply(Reply{
			Tone: Caution, Title: texts.Text(r.Lang, "demo.what", map[string]any{"what": clip(r.Text, 60)}), Final: true,
			Sections: []Section{{Items: []string{"/demo", "/demo mend spf-none.example", "/demo case"}}},
		})
	}
	return nil
}

// demoList is the lab's domains, each with what is wrong with it.
func demoList(lang language.Tag, d Deps) Reply {
	out := Reply{Title: texts.Text(lang, "demo.title", map[string]any{"count": len(d.Demo)}), Final: true, Data: d.Demo}
	var fields []Field
	for _, x := range d.Demo {
		fault := x.Fault
		if base, _ := lang.Base(); base.String() != "en" { // the lab describes its faults in English
			fault = texts.Text(lang, "demo.sound", nil)
			var found []string
			for _, code := range x.Codes {
				check, _, _ := strings.Cut(code, ".")
				found = append(found, texts.Text(lang, "demo.code", map[string]any{"check": d.KB.CheckTitle(lang, check), "code": code}))
			}
			if len(found) > 0 {
				fault = strings.Join(found, texts.Text(lang, "list-comma", nil))
			}
		}
		fields = append(fields, Field{Label: x.Domain, Value: fault})
	}
	out.Sections = []Section{{Fields: fields}, {Muted: true, Text: texts.Text(lang, "demo.try", map[string]any{"example": "/mailcheck " + d.Demo[0].Domain})}}
	return out
}

// mendDemo publishes every record that is recommended for a domain of the lab.
func mendDemo(ctx context.Context, d Deps, r Request, domain string, reply func(Reply)) error {
	t, ok := domainIn(domain)
	if !ok || !slices.ContainsFunc(d.Demo, func(x DemoDomain) bool { return x.Domain == t.Domain }) {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "demo.which", nil), Sections: []Section{{Text: texts.Text(r.Lang, "try", map[string]any{"example": "/demo mend spf-none.example"})}}, Final: true})
		return nil
	}
	report, err := diagnose(ctx, d, r, question{target: t}, nil)
	if err != nil {
		return err
	}
	var records []kb.Record
	s := Section{}
	for _, f := range sortedFindings(d.KB, report) {
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
	out := Reply{Tone: Caution, Title: texts.Text(r.Lang, "demo.nothing", map[string]any{"domain": t.Domain}), Final: true}
	if len(records) > 0 {
		if err := d.Publish(records); err != nil {
			return err
		}
		if d.Runs != nil {
			d.Runs.Forget()
		}
		out = Reply{Tone: Good, Title: texts.Text(r.Lang, "demo.mended", map[string]any{"domain": t.Domain}), Sections: []Section{s}, Final: true, Actions: []Action{{ID: "recheck", Label: texts.Text(r.Lang, "action.recheck", nil), Command: mailcheckName, Text: t.Domain}}}
	}
	reply(out)
	return nil
}
