package work

import (
	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag"
)

// Found is findings in words, each with its code, from the snapshots that know them.
func (k *Work) Found(list []diag.Mark, from ...*cases.Snapshot) []string {
	var out []string
	for _, m := range list[:min(len(list), 10)] {
		line := string(m.Code)
		for _, s := range from {
			if f, ok := s.Marked(m); ok {
				line = k.Text("case.finding",
					map[string]any{"title": chat.Clip(k.Deps.KB.Title(k.Req.Lang, f), 200), "code": string(f.Code)})
				break
			}
		}
		out = append(out, line)
	}
	return out
}

func (k *Work) Difference(d diag.Difference, from ...*cases.Snapshot) []chat.Section {
	var out []chat.Section
	worse := chat.Caution
	if last := from[len(from)-1]; last != nil && last.Verdict == diag.Broken {
		worse = chat.Bad
	}
	for _, part := range []struct {
		id   string
		tone chat.Tone
		list []diag.Mark
	}{{"fixed", chat.Good, d.Fixed}, {"new", worse, d.New}, {"still", chat.Caution, d.Same},
		{"unsure", chat.Unsure, d.Unsure}} {
		if len(part.list) > 0 {
			out = append(out, chat.Section{Tone: part.tone,
				Heading: k.Text("case.diff."+part.id, map[string]any{"count": len(part.list)}), Items: k.Found(part.list, from...)})
		}
	}
	if len(out) == 0 {
		out = append(out, chat.Section{Text: k.Text("case.diff.none", nil)})
	}
	return out
}
