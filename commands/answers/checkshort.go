package answers

import (
	"slices"
	"strconv"
	"strings"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/checks/outbound"
	"signpost/kb"

	"golang.org/x/text/language"
)

// brief is a diagnosis in a few lines: what blocks mail most with its record, the rest by name, and what could not be
// checked. All of it stands in the Detail, before the evidence. A diagnosis that is short stays as it is.
func brief(b *kb.Base, lang language.Tag, r *diag.Report, full chat.Reply) chat.Reply {
	if full.Height() <= chat.MaxLines {
		return full
	}
	out := full
	detail := chat.Detail{Title: full.Title, Sections: slices.Clone(full.Sections)}
	if full.Detail != nil {
		detail.Sections = append(detail.Sections, full.Detail.Sections...)
	}
	out.Detail = &detail
	out.Sections = nil
	if len(r.Through) > 0 {
		out.Sections = append(out.Sections,
			chat.Section{Text: chat.Text(lang, "about.through", map[string]any{"servers": throughNames(r)})})
	}
	problems := slices.DeleteFunc(SortedFindings(b, r), func(f diag.Finding) bool { return f.Severity == diag.Info })
	if len(problems) > 0 {
		first := findingSections(b, lang, r, problems[0], map[string]bool{})
		if fields := first[0].Fields; len(fields) > notedFields { // of the notes on its record the first
			kept := slices.Clone(fields[:notedFields])
			if last := fields[len(fields)-1]; last.Plain() == "" {
				kept = append(kept, last)
			}
			first[0].Fields = kept
		}
		out.Sections = append(out.Sections, first...)
		out.Sections = append(out.Sections, othersLine(b, lang, r, problems[1:])...)
	}
	out.Sections = append(out.Sections, unknownLine(b, lang, r)...)
	if lines, _ := skippedLines(b, lang, r, r.Findings()); len(lines) > 0 {
		out.Sections = append(out.Sections, chat.Section{Text: strings.Join(lines, chat.Text(lang, "list-separator", nil))})
	}
	if line := about(b, lang, r); line != "" && len(problems) < 2 {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: line})
	}
	if len(problems) > 0 { // of what its terms cost those of its own, where there is room
		own := costSections(lang, r, problems[0], 0)
		if costs := (chat.Reply{Sections: own}); out.Height()+costs.Height()-1 <= chat.MaxLines {
			out.Sections = append(out.Sections, own...)
		}
	}
	for i, a := range out.Actions {
		if a.ID == "evidence" {
			out.Actions = slices.Clone(out.Actions)
			out.Actions[i].Label = chat.Text(lang, "action.all-evidence", nil)
			break
		}
	}
	return out
}

const (
	notedFields = 3 // of a finding: what to do, who, and one note
	namedOthers = 6 // findings that are named in one line
)

// othersLine names the findings behind the first, in one line.
func othersLine(b *kb.Base, lang language.Tag, r *diag.Report, others []diag.Finding) []chat.Section {
	if len(others) == 0 {
		return nil
	}
	tone := tones[others[0].Severity]
	var titles []string
	for _, f := range others {
		if title := b.Advise(lang, r, f).Title; !slices.Contains(titles, title) {
			titles = append(titles, title)
		}
	}
	shown := titles[:min(len(titles), namedOthers)]
	return []chat.Section{{Tone: tone, Text: chat.Text(lang, "check.others", map[string]any{
		"count": len(titles), "titles": strings.Join(shown, chat.Text(lang, "list-separator", nil)),
		"more": len(titles) - len(shown)})}}
}

// unknownLine is what could not be checked and why, in one line.
func unknownLine(b *kb.Base, lang language.Tag, r *diag.Report) []chat.Section {
	var unknown unknowns
	for _, res := range r.Results {
		if res.Status == diag.Unknown {
			unknown = unknown.add(b.CheckTitle(lang, res.Check), res.Cause)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	items := unknown.items(lang)
	return []chat.Section{{Tone: chat.Unsure,
		Text: chat.Text(lang, "unknown.title", nil) + chat.Text(lang, "colon", nil) + strings.Join(items,
			chat.Text(lang, "list-separator", nil))}}
}

// costsShown is how many terms of an SPF record's tree stand behind a finding; the evidence has all.
const costsShown = 40

// allDeep is the whole of a tree.
const allDeep = 100

// costSections is what each term of the SPF records costs, behind a finding on their number: those so deep below the
// domain's own record at most. The terms below another stand under it, further in.
func costSections(lang language.Tag, r *diag.Report, f diag.Finding, deep int) []chat.Section {
	if f.Code != outbound.SPFTooManyLookups.Code && f.Code != outbound.SPFLookupBudget.Code {
		return nil
	}
	facts, _ := diag.Facts[outbound.SPFFacts](r, outbound.SPF)
	s := chat.Section{Continues: true, Table: chat.NewTable(chat.Text(lang, "table.costs", nil))}
	for _, c := range facts.Costs {
		if c.Lookups == 0 || c.Depth > deep || len(s.Items) == costsShown {
			continue
		}
		term := strings.Repeat("↳ ", c.Depth) + c.Term
		s.Items = append(s.Items, chat.Text(lang, "check.cost", map[string]any{"term": term, "lookups": c.Lookups}))
		s.Table.Add(term, strconv.Itoa(c.Lookups))
	}
	if len(s.Items) == 0 {
		return nil
	}
	return []chat.Section{s}
}
