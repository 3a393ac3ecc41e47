package casework

import (
	"context"
	"strconv"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

const (
	armHour    = 4      // UTC
	sweepChunk = 20_000 // numbers of cases that one sweep looks at, before it makes room for others
)

// schedule puts everything that this workspace does by the clock into the queue. It is asked at every start and once a day, so that nothing rests on one job alone.
func (k *Work) schedule(ctx context.Context) error {
	if err := k.d.Book.Reindex(ctx, k.r.Team); err != nil { // after an update of the program
		return err
	}
	channels, err := k.d.Book.Channels(ctx, k.r.Team)
	if err != nil {
		return err
	}
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return err
	}
	promised, err := k.promised(ctx, false)
	if err != nil {
		return err
	}
	at := time.Date(k.now.Year(), k.now.Month(), k.now.Day()+1, armHour, 0, 0, 0, time.UTC)
	again := event.Event{Kind: event.ScheduleCheck, Team: k.r.Team, Due: at}
	k.say(chat.Reply{Title: chat.Case, Final: true, Scheduled: append(append(cases.Scheduled(k.r.Team, k.now, channels, team), promised...), again)})
	return nil
}

// digest posts a channel's digest, and asks for the next. Where the channel has chosen otherwise since, it does neither.
func (k *Work) digest(ctx context.Context, e event.Event) error {
	k.r.Channel = e.Channel
	s, err := k.d.Book.Channel(ctx, k.r.Team, k.r.Channel)
	if err != nil {
		return err
	}
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return err
	}
	out := chat.Reply{Title: chat.Case, Final: true}
	if s.Digest != e.Every {
		k.say(out)
		return nil
	}
	out.Scheduled = []event.Event{s.DigestEvent(k.r.Team, e.Channel, team, k.now)}
	if k.d.KB.Worked(team.Hours, k.now.Add(-12*time.Hour), k.now.Add(12*time.Hour)) > 0 { // nobody reads it on a day off
		if s.Language != "" {
			k.r.Lang = chat.Match(language.Make(s.Language))
		}
		days := map[string]int{event.Daily: 1, event.Weekly: 7}[e.Every]
		post, err := k.digestReply(ctx, days)
		if err != nil {
			return err
		}
		out.Outbox = []chat.Message{{Key: "digest " + e.Every + " " + e.Day, Channel: k.r.Channel, Reply: post, Lang: k.r.Lang}}
	}
	k.say(out)
	return nil
}

// digestReply is what happened in so many days, and what is open.
func (k *Work) digestReply(ctx context.Context, days int) (chat.Reply, error) {
	seen := func(c *cases.Case) bool { return !c.Restricted || c.Channel == k.r.Channel }
	out := chat.Reply{Audience: chat.Channel, Final: true, Lang: k.r.Lang}
	find := func(q cases.Query, most int) ([]*cases.Case, error) {
		q.Seen = seen
		list, _, err := k.d.Book.Find(ctx, k.r.Team, q, 0, most)
		return list, err
	}
	part := func(heading string, list []*cases.Case) {
		if len(list) == 0 {
			return
		}
		s := chat.Section{Heading: heading}
		for _, c := range list[:min(len(list), 10)] {
			s.Items = append(s.Items, k.line(c))
		}
		if n := len(list) - 10; n > 0 {
			s.Items = append(s.Items, k.text("case.more-of-them", map[string]any{"count": n}))
		}
		out.Sections = append(out.Sections, s)
	}
	urgent, err := find(cases.Query{Open: true, Priority: cases.Urgent}, 50)
	if err != nil {
		return out, err
	}
	part(k.text("digest.urgent", map[string]any{"count": len(urgent)}), urgent)
	open := 0
	for _, state := range []cases.State{cases.New, cases.WaitingUs, cases.WaitingProvider, cases.WaitingDNS} {
		list, err := find(cases.Query{State: state}, 50)
		if err != nil {
			return out, err
		}
		open += len(list)
		part(k.text("case.home.state", map[string]any{"state": k.text("case.state."+string(state), nil), "count": atLeast(len(list), 50)}), list)
	}
	var solved []*cases.Case
	for ago := range days + 1 {
		list, err := find(cases.Query{SolvedOn: k.now.AddDate(0, 0, -ago).Format(time.DateOnly)}, 50)
		if err != nil {
			return out, err
		}
		for _, c := range list {
			if c.SolvedAt.After(k.now.AddDate(0, 0, -days)) {
				solved = append(solved, c)
			}
		}
	}
	part(k.text("digest.solved", map[string]any{"count": len(solved)}), solved)
	out.Title = k.text("digest.title", map[string]any{"open": atLeast(open, 50), "urgent": len(urgent), "solved": len(solved)})
	out.Actions = []chat.Action{
		{ID: "list", Label: k.text("case.button.list", nil), Command: chat.Case, Text: "list"}, {ID: "mine", Label: k.text("case.button.mine", nil), Command: chat.Case, Text: "mine"},
		{ID: "stats", Label: k.text("case.button.stats", nil), Command: chat.Case, Text: "stats"},
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
func (k *Work) sweep(ctx context.Context, e event.Event) error {
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return err
	}
	out := chat.Reply{Title: chat.Case, Final: true}
	if team.Retention > 0 {
		deleted, next, err := k.d.Book.Expired(ctx, k.r.Team, k.now.AddDate(0, 0, -team.Retention), e.From, sweepChunk)
		if err != nil {
			return err
		}
		out.Data = map[string]any{"deleted": deleted}
		out.Scheduled = cases.Scheduled(k.r.Team, k.now, nil, team)
		if next > 0 {
			out.Scheduled = append(out.Scheduled, event.Event{Kind: event.RetentionDue, Team: k.r.Team, Due: k.now, From: next})
		}
	}
	k.say(out)
	return nil
}
