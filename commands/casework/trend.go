package casework

import (
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/watch"
)

const trendDays = 28 // that a weekly digest looks back at

// trend is how the watched domains stood on the last days: in one line, and to be drawn. Nothing where that is known of
// fewer than two days.
func trend(k *work.Work, watched []*watch.Watch) (s chat.Section, drawn []chat.Picture) {
	days := watch.Trend(watched, trendDays, k.Now)
	if len(days) < 2 {
		return s, nil
	}
	p := chat.Picture{Name: "watched", Series: []chat.Series{{Tone: chat.Good}, {Tone: chat.Caution}, {Tone: chat.Bad},
		{Tone: chat.Unsure}}}
	most := days[0]
	for _, d := range days {
		p.Labels = append(p.Labels, d.Day)
		for i, n := range []int{d.Sound, d.Troubled, d.Broken, d.Untold} {
			p.Series[i].Values = append(p.Series[i].Values, int64(n))
		}
		if d.Troubled+d.Broken > most.Troubled+most.Broken {
			most = d
		}
	}
	first, last := days[0], days[len(days)-1]
	args := map[string]any{"first": first.Day, "last": last.Day, "sound": last.Sound, "total": last.Total(),
		"untold": last.Untold, "was": first.Sound, "of": first.Total(), "most": most.Troubled + most.Broken, "day": most.Day}
	s = chat.Section{Muted: true, Text: k.Text("digest.trend", args)}
	args["trend"] = s.Text
	p.Alt = k.Text("digest.picture", args)
	return s, []chat.Picture{p}
}
