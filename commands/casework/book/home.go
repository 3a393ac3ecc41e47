package book

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/feeds"
	"signpost/watch"
)

const (
	homeCases = 5 // cases of one state on a person's own page
	homeDays  = 7 // of announcements on it
)

// Home is the asker's own page: their cases, and the team's open ones by who has to act.
func Home(ctx context.Context, k *work.Work) (chat.Reply, error) {
	out := chat.Reply{Title: k.Text("case.home", nil), Final: true}
	counts, err := k.Deps.Book.Counts(ctx, k.Req.Team)
	if err != nil {
		return chat.Reply{}, err
	}
	mine, _, err := k.Deps.Book.Find(ctx, k.Req.Team, cases.Query{Open: true, Assignee: k.Req.User, Seen: k.Seen}, 0, 10)
	if err != nil {
		return chat.Reply{}, err
	}
	part := func(heading string, list []*cases.Case) {
		s := k.List(list)
		s.Heading = heading
		for _, c := range list {
			if len(out.Actions) < 18 &&
				!slices.ContainsFunc(out.Actions, func(a chat.Action) bool { return a.Text == "show "+c.Name() }) {
				out.Actions = append(out.Actions,
					chat.Action{ID: "show-" + c.Name(), Label: c.Name(), Command: chat.Case, Text: "show " + c.Name()})
			}
		}
		if len(list) == 0 {
			s.Text = k.Text("case.home.none", nil)
		}
		out.Sections = append(out.Sections, s)
	}
	part(k.Text("case.home.mine", map[string]any{"count": len(mine)}), mine)
	promised, err := promises(ctx, k)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(promised) > 0 {
		s := chat.Section{Heading: k.Text("case.reminders", nil)}
		for _, m := range promised[:min(len(promised), homeCases)] {
			s.Entries = append(s.Entries,
				chat.Entry{At: m.At, Text: strings.TrimSpace(m.of.Name() + " " + cmp.Or(m.What, k.Title(m.of))), Mentions: true})
		}
		out.Sections = append(out.Sections, s)
	}
	own := func(w *watch.Watch) bool { return w.By == k.Req.User }
	watched, _, err := answers.WatchSection(ctx, k.Deps, k.Req, own)
	if err != nil {
		return chat.Reply{}, err
	}
	announced, err := answers.AnnouncementSection(ctx, k.Deps, k.Req, homeDays,
		func(s *feeds.Source) bool { return s.Official || s.AskedBy(k.Req.User) })
	if err != nil {
		return chat.Reply{}, err
	}
	out.Sections = append(out.Sections, watched, announced)
	for _, state := range []cases.State{cases.New, cases.WaitingUs, cases.WaitingProvider, cases.WaitingDNS} {
		if counts[state] == 0 {
			continue
		}
		list, _, err := k.Deps.Book.Find(ctx, k.Req.Team, cases.Query{State: state, Seen: k.Seen}, 0, homeCases)
		if err != nil {
			return chat.Reply{}, err
		}
		count := counts[state]
		if len(list) < homeCases { // those that others alone may see do not count
			count = int64(len(list))
		}
		part(k.Text("case.home.state", map[string]any{"state": k.Text("case.state."+string(state), nil), "count": count}),
			list)
	}
	out.Actions = append([]chat.Action{
		{ID: "open", Label: k.Text("case.button.open", nil), Command: chat.Case, Text: "open"},
		{ID: "list", Label: k.Text("case.button.list", nil), Command: chat.Case, Text: "list"},
		{ID: "reminders", Label: k.Text("case.button.reminders", nil), Command: chat.Case, Text: "reminders"},
		{ID: "stats", Label: k.Text("case.button.stats", nil), Command: chat.Case, Text: "stats"},
		{ID: "help", Label: k.Text("help.button.form", nil), Command: chat.Help, Text: chat.FormWord},
	}, out.Actions...)
	return out, nil
}
