package answers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/checks/inbound"
	"signpost/kb"

	"golang.org/x/text/language"
)

// SortedFindings is what was found, in the order of what blocks mail most.
func SortedFindings(b *kb.Base, r *diag.Report) []diag.Finding {
	findings := r.Findings()
	sort.SliceStable(findings, func(i, j int) bool { return b.Order(findings[i]) < b.Order(findings[j]) })
	return findings
}

// verdictLine is the answer in one line. Of a part of the checks it says no more than that part tells.
func verdictLine(lang language.Tag, r *diag.Report, problems []diag.Finding, b *kb.Base) (string, chat.Tone) {
	args := map[string]any{"domain": r.Unicode, "count": len(problems)}
	if len(problems) > 0 {
		args["first"] = b.Advise(lang, r, problems[0]).Title
	}
	part := len(r.Asked) > 0
	if part {
		var names []string
		for _, name := range r.Asked {
			names = append(names, b.CheckTitle(lang, name))
		}
		args["checks"] = names
	}
	mx := r.Result(inbound.MX.Name)
	id, tone := "verdict.ok", chat.Good
	switch verdict := r.Verdict(); {
	case verdict == diag.Broken:
		id, tone = "verdict.broken", chat.Bad
	case verdict == diag.Problems && part:
		id, tone = "verdict.part-problems", chat.Caution
	case verdict == diag.Problems && mx != nil &&
		mx.Status == diag.Unknown: // where mail goes is not known, so neither is that it works
		id, tone = "verdict.problems-unsure", chat.Caution
	case verdict == diag.Problems:
		id, tone = "verdict.problems", chat.Caution
	case verdict == diag.Uncertain && silent(r):
		id, tone = "verdict.no-network", chat.Unsure
	case verdict == diag.Uncertain && part:
		id, tone = "verdict.part-unknown", chat.Unsure
	case verdict == diag.Uncertain:
		id, tone = "verdict.unknown", chat.Unsure
	case part && len(problems) > 0:
		id = "verdict.part-notes"
	case part:
		id = "verdict.part-ok"
	case len(problems) > 0:
		id = "verdict.ok-notes"
	}
	return chat.Text(lang, id, args), tone
}

// silent reports that nothing was learned and no usable answer came: most likely there is no network here.
func silent(r *diag.Report) bool {
	for _, res := range r.Results {
		if res.Status == diag.Passed || res.Status == diag.Found || len(res.Findings) > 0 {
			return false
		}
	}
	return len(r.Results) > 0 && r.Answers == 0
}

// throughNames is the name servers that a zone was examined through.
func throughNames(r *diag.Report) (out []string) {
	for _, s := range r.Through {
		out = append(out, s.String())
	}
	return out
}

// about names the mail providers and who runs the DNS.
func about(b *kb.Base, lang language.Tag, r *diag.Report) string {
	var parts, mail []string
	for _, p := range r.Providers {
		if n := b.ProviderName(lang, p.ID); !slices.Contains(mail, n) {
			mail = append(mail, n)
		}
	}
	if len(mail) > 0 {
		parts = append(parts, chat.Text(lang, "about.mail", map[string]any{"providers": mail}))
	}
	if r.Operator.ID != "" {
		parts = append(parts, chat.Text(lang, "about.dns", map[string]any{"operator": b.OperatorName(lang, r.Operator.ID)}))
	}
	if r.Domain != r.Unicode {
		parts = append(parts, r.Domain)
	}
	return strings.Join(parts, chat.Text(lang, "separator", nil))
}

var tones = map[diag.Severity]chat.Tone{diag.Error: chat.Bad, diag.Warning: chat.Caution, diag.Notice: chat.Plain,
	diag.Info: chat.Plain}

// FindingSections is a finding in words by itself: what it is, why it matters, what to do and who does.
func FindingSections(b *kb.Base, lang language.Tag, r *diag.Report, f diag.Finding) []chat.Section {
	return findingSections(b, lang, r, f, map[string]bool{})
}

// ChangeLines is what to publish and what to remove, a line each.
func ChangeLines(records []diag.Record) (publish, remove []string) { return changeLines(records) }

// findingSections is one finding: what, why, who, how, and the records. A change that stands in shown already is only
// referred to: one record may mend many findings.
func findingSections(b *kb.Base, lang language.Tag, r *diag.Report, f diag.Finding,
	shown map[string]bool) []chat.Section {
	a := b.Advise(lang, r, f)
	s := chat.Section{
		Tone: tones[f.Severity], Heading: chat.Text(lang, "finding",
			map[string]any{"severity": chat.Text(lang, "severity."+f.Severity.String(), nil), "title": a.Title}),
		Text: a.Why,
		Fields: []chat.Field{
			{Label: chat.Text(lang, "label.fix", nil), Value: a.Fix},
			{Label: chat.Text(lang, "label.who", nil), Value: a.WhoText},
		},
	}
	for _, n := range a.Notes {
		s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "label.record", nil), Value: n})
	}
	publish, remove := changeLines(a.Records)
	change := strings.Join(publish, "\n") + "\x00" + strings.Join(remove, "\n")
	if len(a.Records) > 0 && shown[change] {
		s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "label.publish", nil),
			Value: chat.Text(lang, "same-record", nil)})
		return []chat.Section{s}
	}
	shown[change] = true
	var out []chat.Section
	switch {
	case len(publish) > 0:
		s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "label.publish", nil)})
		s.Code = strings.Join(publish, "\n")
		out = append(out, s)
		if len(remove) > 0 {
			out = append(out, chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "label.remove", nil)}},
				Code: strings.Join(remove, "\n"), Continues: true})
		}
	case len(remove) > 0:
		s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "label.remove", nil)})
		s.Code = strings.Join(remove, "\n")
		out = append(out, s)
	default:
		out = append(out, s)
	}
	return out
}

// changeLines is what to publish and what to remove, a line each.
func changeLines(records []kb.Record) (publish, remove []string) {
	for _, rec := range records {
		line := rec.Name + "  " + rec.Type + "  " + rec.Value
		if rec.Remove {
			remove = append(remove, line)
		} else {
			publish = append(publish, line)
		}
	}
	return publish, remove
}

// statusSections is what could not be checked and why, what was not looked at, what is well, and what is only worth
// knowing.
func statusSections(b *kb.Base, lang language.Tag, r *diag.Report, findings []diag.Finding) []chat.Section {
	var out []chat.Section
	var passed, notes []string
	var unknown unknowns
	for _, res := range r.Results {
		title := b.CheckTitle(lang, res.Check)
		switch {
		case res.Status == diag.Unknown:
			unknown = unknown.add(title, res.Cause)
		case res.Status == diag.Skipped:
		case !slices.ContainsFunc(res.Findings, func(f diag.Finding) bool {
			// What is not there is not in order.
			return f.Severity > diag.Info || strings.HasSuffix(string(f.Code), ".none") ||
				strings.HasSuffix(string(f.Code), "-missing") || f.Code == "dnssec.unsigned"
		}):
			passed = append(passed, title)
		}
	}
	if len(unknown) > 0 {
		out = append(out, chat.Section{Tone: chat.Unsure, Heading: chat.Text(lang, "unknown.title", nil),
			Items: unknown.items(lang), Text: chat.Text(lang, "unknown.note", nil)})
	}
	skipped, without := skippedLines(b, lang, r, findings)
	for _, line := range skipped {
		out = append(out, chat.Section{Muted: true, Text: line})
	}
	for _, f := range findings {
		if f.Severity == diag.Info {
			notes = append(notes, b.Advise(lang, r, f).Title)
		}
	}
	if len(passed) > 0 {
		out = append(out, chat.Section{Tone: chat.Good, Muted: true,
			Text: chat.Text(lang, "passed", map[string]any{"checks": passed})})
	}
	if len(notes) > 0 {
		out = append(out, chat.Section{Muted: true, Text: chat.Text(lang, "notes", map[string]any{"notes": notes})})
	}
	if len(without) > 0 {
		out = append(out, chat.Section{Muted: true, Items: without})
	}
	return append(out, chat.Section{Muted: true, Text: chat.Text(lang, "cost", map[string]any{
		"seconds": fmt.Sprintf("%.1f", r.Took.Seconds()), "queries": r.Queries,
		"time": r.Started.UTC().Format("2006-01-02 15:04:05")})})
}

// factLines is what a check learned, a line each: name and value, as the JSON report has them; a list of things takes a
// line for each.
func factLines(facts any) []string {
	raw, err := json.Marshal(facts)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a serial is a whole number
	var m map[string]any
	if d.Decode(&m) != nil {
		return nil
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list, isList := m[name].([]any)
		isList = isList && slices.ContainsFunc(list, func(x any) bool {
			_, ok := x.(map[string]any)
			return ok || name == "tree"
		})
		if !isList {
			if text := factText(m[name]); text != "" {
				out = append(out, name+": "+text)
			}
			continue
		}
		out = append(out, name+":")
		for _, x := range list {
			out = append(out, "  "+factText(x))
		}
	}
	return out
}

// factText is one value in a line: what it holds in turn is parted by commas, and things within things by semicolons.
func factText(v any) string {
	var parts []string
	separator := ", "
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return chat.Stamp(at)
		}
		return v
	case []any:
		for _, x := range v {
			if _, ok := x.(map[string]any); ok {
				separator = "; "
			}
			parts = append(parts, factText(x))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			text := factText(v[key])
			if list, ok := v[key].([]any); ok && len(list) > 0 {
				if _, ok := list[0].(map[string]any); ok {
					text = "(" + text + ")"
				}
			}
			if text != "" {
				parts = append(parts, key+" "+text)
			}
		}
	default:
		return fmt.Sprint(v)
	}
	return strings.Join(parts, separator)
}

// evidenceSections is what each check learned, and every question and answer behind its findings.
func evidenceSections(b *kb.Base, lang language.Tag, r *diag.Report) []chat.Section {
	var out []chat.Section
	for _, res := range r.Results {
		lines := factLines(res.Facts)
		for _, f := range res.Findings {
			lines = append(lines, fmt.Sprintf("# %s %s", f.Code, f.Subject))
			for _, e := range f.Evidence {
				lines = append(lines, fmt.Sprintf("%s  @%s  %.0f ms", e.Question, e.Server, float64(e.RTT.Microseconds())/1000),
					"  "+e.Answer)
			}
		}
		if res.Err != "" {
			lines = append(lines, "# "+res.Err)
		}
		if len(lines) > 0 {
			out = append(out, chat.Section{Heading: b.CheckTitle(lang, res.Check), Code: strings.Join(lines, "\n")})
		}
	}
	return out
}

// throughOptions is the options by which a check is made through the same name servers again; each with a space before
// it.
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
	return strings.TrimSpace(fmt.Sprintf("%s%s since=%s was=%s", r.Domain, throughOptions(r),
		r.Started.UTC().Format(intent.SinceLayout), strings.Join(marks, ",")))
}
