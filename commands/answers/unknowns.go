package answers

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/diag/cause"
	"signpost/kb"

	"golang.org/x/text/language"
)

// unknowns is the checks that could not be made, those of one cause together: without a network most have the same one.
type unknowns []unknownGroup

type unknownGroup struct {
	cause     *cause.Cause // nil in a report of an older version
	titles    []string
	questions []string // that failed, each once
}

// add takes up a check and why it could not be made.
func (u unknowns) add(title string, why *cause.Cause) unknowns {
	i := slices.IndexFunc(u, func(g unknownGroup) bool { return sameCause(g.cause, why) })
	if i < 0 {
		i, u = len(u), append(u, unknownGroup{cause: why})
	}
	u[i].titles = append(u[i].titles, title)
	if q := questionOf(why); q != "" && !slices.Contains(u[i].questions, q) {
		u[i].questions = append(u[i].questions, q)
	}
	return u
}

// shownQuestions is how many of the questions that failed for one cause are shown.
const shownQuestions = 2

// items is a line for each cause.
func (u unknowns) items(lang language.Tag) (out []string) {
	for _, g := range u {
		said := diag.Result{Cause: g.cause}
		if len(g.questions) > 1 {
			shown := strings.Join(g.questions[:min(len(g.questions), shownQuestions)], ", ")
			if len(g.questions) > shownQuestions {
				shown += ", …"
			}
			args := maps.Clone(g.cause.Args)
			args["question"] = shown
			said.Cause = &cause.Cause{Code: g.cause.Code, Args: args}
		}
		out = append(out, chat.Text(lang, "unknown.item", map[string]any{"check": g.titles, "why": Why(lang, said)}))
	}
	return out
}

// sameCause tells whether two checks could not be made for the same cause, whatever they asked.
func sameCause(a, b *cause.Cause) bool {
	if a == nil || b == nil {
		return a == b
	}
	without := func(c *cause.Cause) map[string]any {
		args := maps.Clone(c.Args)
		delete(args, "question")
		return args
	}
	return a.Code == b.Code && maps.EqualFunc(without(a), without(b), reflect.DeepEqual)
}

func questionOf(c *cause.Cause) string {
	if c == nil {
		return ""
	}
	q, _ := c.Args["question"].(string)
	return q
}

// Why is the reason of an unknown result in words.
func Why(lang language.Tag, res diag.Result) string {
	if res.Cause == nil { // kept by an older version
		return chat.Text(lang, "cause.other", nil)
	}
	args := map[string]any{"question": ""}
	maps.Copy(args, res.Cause.Args)
	return strings.TrimSpace(chat.Text(lang, "cause."+string(res.Cause.Code), args))
}

// skippedLines is what was not looked at because of what came out of another check, and what nobody wanted or set up.
func skippedLines(b *kb.Base, lang language.Tag, r *diag.Report, findings []diag.Finding) (lines, without []string) {
	skipped := map[string][]string{}
	for _, res := range r.Results {
		if res.Status == diag.Skipped {
			skipped[res.Because] = append(skipped[res.Because], b.CheckTitle(lang, res.Check))
		}
	}
	for _, because := range slices.Sorted(maps.Keys(skipped)) {
		args := map[string]any{"checks": skipped[because], "reason": b.CheckTitle(lang, because)}
		if chat.Has("without." + because) {
			args["reason"] = chat.Text(lang, "without."+because, nil)
			without = append(without, chat.Text(lang, "skipped", args))
			continue
		}
		if i := slices.IndexFunc(findings, func(f diag.Finding) bool { return string(f.Code) == because }); i >= 0 {
			args["reason"] = b.Advise(lang, r, findings[i]).Title
		}
		lines = append(lines, chat.Text(lang, "skipped", args))
	}
	return lines, without
}
