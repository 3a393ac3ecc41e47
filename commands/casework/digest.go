package casework

import (
	"context"
	"strconv"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/feeds"
	"signpost/watch"

	"golang.org/x/text/language"
)

const (
	armHour    = 4      // UTC
	sweepChunk = 20_000 // numbers of cases that one sweep looks at, before it makes room for others
)

// schedule puts everything that this workspace does by the clock into the queue. It is asked at every start and once a
// day, so that nothing rests on one job alone.
func schedule(ctx context.Context, k *work.Work) (chat.Reply, error) {
	if err := k.Deps.Book.Reindex(ctx, k.Req.Team); err != nil { // after an update of the program
		return chat.Reply{}, err
	}
	channels, err := k.Deps.Book.Channels(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	team, err := k.Deps.Book.Team(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	promised, err := k.Promised(ctx, false)
	if err != nil {
		return chat.Reply{}, err
	}
	watches, err := k.Deps.Book.WatchEvents(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	promised = append(promised, watches...)
	at := time.Date(k.Now.Year(), k.Now.Month(), k.Now.Day()+1, armHour, 0, 0, 0, time.UTC)
	again := event.Event{Kind: event.ScheduleCheck, Team: k.Req.Team, Due: at}
	today := time.Date(k.Now.Year(), k.Now.Month(), k.Now.Day(), 0, 0, 0, 0, time.UTC)
	promised = append(promised, cases.PagesEvent(k.Req.Team, today)) // once a day
	return chat.Reply{Title: chat.Case, Final: true,
		Scheduled: append(append(cases.Scheduled(k.Req.Team, k.Now, channels, team), promised...), again)}, nil
}

// digest posts a channel's digest, and asks for the next. Where the channel has chosen otherwise since, it does
// neither.
func digest(ctx context.Context, k *work.Work, e event.Event) (chat.Reply, error) {
	k.Req.Channel = e.Channel
	s, err := k.Deps.Book.Channel(ctx, k.Req.Team, k.Req.Channel)
	if err != nil {
		return chat.Reply{}, err
	}
	team, err := k.Deps.Book.Team(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Title: chat.Case, Final: true}
	if s.Digest != e.Every {
		return out, nil
	}
	out.Scheduled = []event.Event{s.DigestEvent(k.Req.Team, e.Channel, team, k.Now)}
	// Nobody reads it on a day off.
	if k.Deps.KB.Worked(team.Hours, k.Now.Add(-12*time.Hour), k.Now.Add(12*time.Hour)) > 0 {
		if s.Language != "" {
			k = k.In(chat.Match(language.Make(s.Language)))
		}
		days := map[string]int{event.Daily: 1, event.Weekly: 7}[e.Every]
		post, err := digestReply(ctx, k, days)
		if err != nil {
			return chat.Reply{}, err
		}
		out.Outbox = []chat.Message{{Key: "digest " + e.Every + " " + e.Day, Channel: k.Req.Channel, Reply: post,
			Lang: k.Req.Lang}}
	}
	return out, nil
}

// DemoDigest is the weekly digest that a channel gets, at once.
func DemoDigest(ctx context.Context, d answers.Deps, r chat.Request, due []chat.Event, reply func(chat.Reply)) error {
	k := work.New(d, r, reply)
	post, err := digestReply(ctx, k, 7)
	if err != nil {
		return err
	}
	out := post
	out.Title, out.Scheduled = k.Text("demo.digest", nil), due
	out.Sections = append([]chat.Section{{Tone: post.Tone, Heading: post.Title}}, post.Sections...)
	reply(out)
	return nil
}

// digestReply is what happened in so many days, and what is open.
func digestReply(ctx context.Context, k *work.Work, days int) (chat.Reply, error) {
	seen := func(c *cases.Case) bool { return !c.Restricted || c.Channel == k.Req.Channel }
	out := chat.Reply{Audience: chat.Channel, Final: true, Lang: k.Req.Lang}
	find := func(q cases.Query, most int) ([]*cases.Case, error) {
		q.Seen = seen
		list, _, err := k.Deps.Book.Find(ctx, k.Req.Team, q, 0, most)
		return list, err
	}
	part := func(heading string, list []*cases.Case) {
		if len(list) == 0 {
			return
		}
		s := k.List(list[:min(len(list), 10)])
		s.Heading = heading
		if n := len(list) - 10; n > 0 {
			s.Items = append(s.Items, k.Text("case.more-of-them", map[string]any{"count": n}))
		}
		out.Sections = append(out.Sections, s)
	}
	urgent, err := find(cases.Query{Open: true, Priority: cases.Urgent}, 50)
	if err != nil {
		return out, err
	}
	part(k.Text("digest.urgent", map[string]any{"count": len(urgent)}), urgent)
	open := 0
	for _, state := range []cases.State{cases.New, cases.WaitingUs, cases.WaitingProvider, cases.WaitingDNS} {
		list, err := find(cases.Query{State: state}, 50)
		if err != nil {
			return out, err
		}
		open += len(list)
		part(k.Text("case.home.state",
			map[string]any{"state": k.Text("case.state."+string(state), nil), "count": atLeast(len(list), 50)}), list)
	}
	var solved []*cases.Case
	for ago := range days + 1 {
		list, err := find(cases.Query{SolvedOn: k.Now.AddDate(0, 0, -ago).Format(time.DateOnly)}, 50)
		if err != nil {
			return out, err
		}
		for _, c := range list {
			if c.SolvedAt.After(k.Now.AddDate(0, 0, -days)) {
				solved = append(solved, c)
			}
		}
	}
	part(k.Text("digest.solved", map[string]any{"count": len(solved)}), solved)
	if days >= 7 {
		here := func(w *watch.Watch) bool { return w.Channel == k.Req.Channel }
		s, watched, err := answers.WatchSection(ctx, k.Deps, k.Req, here)
		if err != nil {
			return out, err
		}
		course, drawn := trend(k, watched)
		out.Sections, out.Pictures = append(out.Sections, s, course), drawn
		heard := func(s *feeds.Source) bool { return s.Heard(k.Req.Channel) }
		if s, err = answers.AnnouncementSection(ctx, k.Deps, k.Req, days, heard); err != nil {
			return out, err
		}
		out.Sections = append(out.Sections, s)
	}
	out.Title = k.Text("digest.title",
		map[string]any{"open": atLeast(open, 50), "urgent": len(urgent), "solved": len(solved)})
	out.Actions = []chat.Action{
		{ID: "list", Label: k.Text("case.button.list", nil), Command: chat.Case, Text: "list"},
		{ID: "mine", Label: k.Text("case.button.mine", nil), Command: chat.Case, Text: "mine"},
		{ID: "stats", Label: k.Text("case.button.stats", nil), Command: chat.Case, Text: "stats"},
	}
	return out, nil
}

// atLeast is a count that may be more than was looked for.
func atLeast(n, most int) string {
	if n >= most {
		return strconv.Itoa(n) + "+"
	}
	return strconv.Itoa(n)
}

// sweep deletes what the workspace's policy does not keep, some thousands at a time.
func sweep(ctx context.Context, k *work.Work, e event.Event) (chat.Reply, error) {
	team, err := k.Deps.Book.Team(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Title: chat.Case, Final: true}
	if team.Retention > 0 {
		deleted, next, err := k.Deps.Book.Expired(ctx, k.Req.Team, k.Now.AddDate(0, 0, -team.Retention), e.From, sweepChunk)
		if err != nil {
			return chat.Reply{}, err
		}
		out.Data = map[string]any{"deleted": deleted}
		out.Scheduled = cases.Scheduled(k.Req.Team, k.Now, nil, team)
		if next > 0 {
			out.Scheduled = append(out.Scheduled,
				event.Event{Kind: event.RetentionDue, Team: k.Req.Team, Due: k.Now, From: next})
		}
	}
	return out, nil
}
