package book

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Stats is what the team's records say: how long answers and solutions take, and which faults come again.
func Stats(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	provider := ""
	if o.Words != "" {
		if provider = k.ProviderIn(o.Words); provider == "" {
			return work.Wrong("case.stats-what", map[string]any{"what": chat.Clip(o.Words, 40)})
		}
	}
	counts, err := k.Deps.Book.Counts(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Title: k.Text("case.stats", nil), Final: true}
	s := chat.Section{Heading: k.Text("case.stats.now", nil)}
	for _, state := range cases.States {
		if counts[state] > 0 {
			s.Fields = append(s.Fields,
				chat.Field{Label: k.Text("case.state."+string(state), nil), Value: strconv.FormatInt(counts[state], 10)})
		}
	}
	if len(s.Fields) == 0 {
		s.Text = k.Text("case.list.none", map[string]any{"example": k.Text("case.example.open", nil)})
	}
	out.Sections = append(out.Sections, s)
	data := map[string]any{"states": counts}
	measures := chat.Section{Table: chat.NewTable(k.Text("table.stats", nil))}
	for _, part := range []string{"answer", "solve", "fault"} {
		stats, err := k.Deps.Book.Stats(ctx, k.Req.Team, part+":")
		if err != nil {
			return chat.Reply{}, err
		}
		slices.SortStableFunc(stats, func(x, y cases.Stat) int { return y.Count - x.Count })
		measure := k.Text("case.stats."+part, nil)
		stats = slices.DeleteFunc(stats, func(x cases.Stat) bool {
			return part == "fault" && x.Count < 2 || provider != "" && part != "fault" &&
				strings.Split(x.What, ":")[1] != provider
		})
		for _, x := range stats[:min(len(stats), 10)] {
			what, median := measured(k, x.What), chat.Span(k.Req.Lang, x.Median)
			measures.Items = append(measures.Items, k.Text("case.stats.item",
				map[string]any{"measure": measure, "what": what, "median": median, "count": x.Count}))
			measures.Table.Add(measure, what, median, strconv.Itoa(x.Count))
		}
		data[part] = stats
	}
	if len(measures.Items) > 0 {
		out.Sections = append(out.Sections, measures)
	}
	if provider != "" && len(out.Sections) == 1 {
		out.Sections = append(out.Sections,
			chat.Section{Text: k.Text("case.stats.none", map[string]any{"provider": providerOf(k, provider)})})
	}
	out.Data = data
	return out, nil
}

// measured is the name of a measure in words.
func measured(k *work.Work, what string) string {
	parts := strings.Split(what, ":")
	switch {
	case len(parts) == 3:
		return providerOf(k, parts[1]) + " · " + k.Deps.KB.ChannelText(k.Req.Lang, "kind."+parts[2], nil)
	case parts[0] == "solve" && len(parts) == 2:
		return providerOf(k, parts[1])
	case parts[0] == "fault" && len(parts) == 2:
		check, _, _ := strings.Cut(parts[1], ".")
		return k.Deps.KB.CheckTitle(k.Req.Lang, check) + " · " + parts[1]
	}
	return strings.Join(parts[1:], ":")
}

// providerOf is a provider's name as statistics have it.
func providerOf(k *work.Work, id string) string {
	if id == "-" {
		return k.Text("case.no-provider", nil)
	}
	return k.Deps.KB.ProviderName(k.Req.Lang, id)
}
