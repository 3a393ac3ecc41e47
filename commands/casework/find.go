package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
)

const pageSize = 10 // cases on a page, each with a button

var belowArg = regexp.MustCompile(`(?:^|\s)below=(\d{1,12})`)

// list lists cases: those that are open, the asker's own, or those that words and fields describe.
func (k *Work) list(ctx context.Context) error {
	var below int64
	if m := belowArg.FindStringSubmatch(k.words); m != nil {
		below, _ = strconv.ParseInt(m[1], 10, 64)
		k.words = strings.TrimSpace(belowArg.ReplaceAllString(k.words, ""))
	}
	if n, _, rest, ok := intent.CaseIn(k.words, true); k.verb == "search" && ok && rest == "" {
		if c, err := k.d.Book.Case(ctx, k.r.Team, n); err == nil && k.seen(c) {
			return k.show(ctx, c)
		} else if err != nil && !errors.Is(err, cases.ErrNone) {
			return err
		}
	}
	all := slices.Contains(chat.Words("case.all"), chat.Fold(k.words))
	if all {
		k.words = ""
	}
	sought, wrong := k.query(k.words)
	if wrong != nil {
		k.wrongly("search", wrong.id, wrong.args)
		return nil
	}
	switch {
	case sought.empty() && k.verb == "search" && !all:
		k.wrong("case.search-what", nil)
		return nil
	case k.verb == "mine":
		sought.q.Open, sought.q.Assignee = true, k.r.User
	case k.verb == "list" && !all && !sought.stated:
		sought.q.Open = true
	}
	found, next, err := k.look(ctx, sought, below)
	if err != nil {
		return err
	}
	count := strconv.Itoa(len(found))
	if next > 0 {
		count += "+"
	}
	heading := k.verb
	switch {
	case k.verb == "list" && all:
		heading = "all"
	case k.verb == "list" && k.words != "":
		heading = "search"
	}
	said := chat.Clip(k.words, 80)
	if state, ok := intent.StateIn(said); ok {
		said = k.text("case.state."+string(state), nil)
	}
	out := chat.Reply{Title: k.text("case.list."+heading, map[string]any{"count": count, "words": said}), Final: true}
	s := chat.Section{}
	data := []map[string]any{}
	for _, c := range found {
		s.Items = append(s.Items, k.line(c))
		data = append(data, caseData(c))
		out.Actions = append(out.Actions, chat.Action{ID: "show-" + c.Name(), Label: c.Name(), Command: chat.Case, Text: "show " + c.Name()})
	}
	out.Data = data
	switch {
	case len(found) == 0 && k.words != "":
		s.Text = k.text("case.search.none", nil)
		s.Items = []string{k.text("case.example.search", nil), k.text("case.example.search-2", nil)}
	case len(found) == 0:
		s.Text = k.text("case.list.none", map[string]any{"example": k.text("case.example.open", nil)})
	}
	if next > 0 {
		out.Actions = append(out.Actions, chat.Action{ID: "more", Label: k.text("case.button.more", nil), Command: chat.Case, Text: strings.Join(strings.Fields(fmt.Sprintf("%s %s below=%d", k.verb, k.words, next)), " ")})
	}
	out.Sections = []chat.Section{s}
	k.say(out)
	return nil
}

// stats is what the team's records say: how long answers and solutions take, and which faults come again.
func (k *Work) stats(ctx context.Context) error {
	provider := ""
	if k.words != "" {
		if provider = k.providerIn(k.words); provider == "" {
			k.wrong("case.stats-what", map[string]any{"what": chat.Clip(k.words, 40)})
			return nil
		}
	}
	counts, err := k.d.Book.Counts(ctx, k.r.Team)
	if err != nil {
		return err
	}
	out := chat.Reply{Title: k.text("case.stats", nil), Final: true}
	s := chat.Section{Heading: k.text("case.stats.now", nil)}
	for _, state := range cases.States {
		if counts[state] > 0 {
			s.Fields = append(s.Fields, chat.Field{Label: k.text("case.state."+string(state), nil), Value: strconv.FormatInt(counts[state], 10)})
		}
	}
	if len(s.Fields) == 0 {
		s.Text = k.text("case.list.none", map[string]any{"example": k.text("case.example.open", nil)})
	}
	out.Sections = append(out.Sections, s)
	data := map[string]any{"states": counts}
	for _, part := range []string{"answer", "solve", "fault"} {
		stats, err := k.d.Book.Stats(ctx, k.r.Team, part+":")
		if err != nil {
			return err
		}
		slices.SortStableFunc(stats, func(x, y cases.Stat) int { return y.Count - x.Count })
		s := chat.Section{Heading: k.text("case.stats."+part, nil)}
		stats = slices.DeleteFunc(stats, func(x cases.Stat) bool {
			return part == "fault" && x.Count < 2 || provider != "" && part != "fault" && strings.Split(x.What, ":")[1] != provider
		})
		for _, x := range stats[:min(len(stats), 10)] {
			s.Items = append(s.Items, k.text("case.stats.item", map[string]any{"what": k.measured(x.What), "median": chat.Span(k.r.Lang, x.Median), "count": x.Count}))
		}
		if len(s.Items) > 0 {
			out.Sections = append(out.Sections, s)
		}
		data[part] = stats
	}
	if provider != "" && len(out.Sections) == 1 {
		out.Sections = append(out.Sections, chat.Section{Text: k.text("case.stats.none", map[string]any{"provider": k.providerOf(provider)})})
	}
	out.Data = data
	k.say(out)
	return nil
}

// measured is the name of a measure in words.
func (k *Work) measured(what string) string {
	parts := strings.Split(what, ":")
	switch {
	case len(parts) == 3:
		return k.providerOf(parts[1]) + " · " + k.d.KB.ChannelText(k.r.Lang, "kind."+parts[2], nil)
	case parts[0] == "solve" && len(parts) == 2:
		return k.providerOf(parts[1])
	case parts[0] == "fault" && len(parts) == 2:
		check, _, _ := strings.Cut(parts[1], ".")
		return k.d.KB.CheckTitle(k.r.Lang, check) + " · " + parts[1]
	}
	return strings.Join(parts[1:], ":")
}

// providerOf is a provider's name as statistics have it.
func (k *Work) providerOf(id string) string {
	if id == "-" {
		return k.text("case.no-provider", nil)
	}
	return k.d.KB.ProviderName(k.r.Lang, id)
}

// maxReviewed is how many contacts a review shows, the latest; of the timeline twice as many. An export has all of them.
const maxReviewed = 30

// review is the page of one case to learn from: what happened when, what was the cause, who was asked, what it cost, and the lesson.
func (k *Work) review(ctx context.Context, c *cases.Case) error {
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	history, err := k.d.Book.Recent(ctx, k.r.Team, c.Number, 2000)
	if err != nil {
		return err
	}
	out := chat.Reply{Title: k.text("case.review", map[string]any{"case": c.Name(), "title": k.title(c)}), Final: true, Data: map[string]any{"case": caseData(c), "contacts": contacts, "timeline": history}}
	s := chat.Section{}
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, chat.Field{Label: k.text("case.label."+label, nil), Value: value})
		}
	}
	add("state", k.text("case.state."+string(c.State), nil))
	end := c.SolvedAt
	if end.IsZero() {
		end = k.now
	}
	add("took", chat.Span(k.r.Lang, end.Sub(c.Opened)))
	for _, state := range []cases.State{cases.New, cases.WaitingUs, cases.WaitingProvider, cases.WaitingDNS} {
		if d := c.Spent[state]; d > 0 {
			s.Fields = append(s.Fields, chat.Field{Label: k.text("case.state."+string(state), nil), Value: chat.Span(k.r.Lang, d)})
		}
	}
	out.Sections = append(out.Sections, s)
	if c.First != nil && len(c.First.Found) > 0 {
		out.Sections = append(out.Sections, chat.Section{Heading: k.text("case.review.causes", nil), Items: k.found(c.First.Outcome().Found, c.First)})
	}
	if d := diag.Compare(c.First.Outcome(), c.Latest.Outcome()); c.Latest != nil && c.First != nil && !c.Latest.At.Equal(c.First.At) {
		out.Sections = append(out.Sections, k.difference(d, c.First, c.Latest)...)
	}
	list := chat.Section{Heading: k.text("case.review.contacts", nil)}
	for _, x := range contacts[max(0, len(contacts)-maxReviewed):] {
		list.Entries = append(list.Entries, chat.Entry{At: x.At, Text: k.contactLine(x), By: x.By})
	}
	if n := len(contacts) - maxReviewed; n > 0 {
		list.Text = k.text("case.earlier-left-out", map[string]any{"count": n})
	}
	if len(list.Entries) > 0 {
		out.Sections = append(out.Sections, list)
	}
	line := chat.Section{Heading: k.text("case.timeline", nil)}
	line.Entries = k.entries(history[max(0, len(history)-2*maxReviewed):])
	if n := len(history) - 2*maxReviewed; n > 0 {
		line.Text = k.text("case.earlier-left-out", map[string]any{"count": n})
	}
	out.Sections = append(out.Sections, line)
	if c.Resolution != "" && c.Merged == 0 {
		out.Sections = append(out.Sections, chat.Section{Heading: k.text("case.label.resolution", nil), Text: c.Resolution})
	}
	out.Sections = append(out.Sections, chat.Section{Heading: k.text("case.review.lesson", nil), Text: cmp.Or(c.Lesson, k.text("case.review.no-lesson", nil))})
	out.Actions = []chat.Action{{ID: "lesson", Label: k.text("case.button.lesson", nil), Command: chat.Case, Text: "lesson " + c.Name()}}
	return k.done(ctx, c, out)
}

// contactLine is one contact: the same parts in the same order, in every language.
func (k *Work) contactLine(x cases.Contact) string {
	wait := k.text("case.no-answer", nil)
	if d, ok := x.Wait(); ok {
		wait = chat.Span(k.r.Lang, d)
	}
	partner := ""
	if x.Partner != "" {
		partner = k.text("case.partner."+x.Partner, nil)
		if x.Who != "" {
			partner += " " + x.Who
		}
	}
	return k.text("case.contact-line", map[string]any{
		"channel": k.channelName(k.r.Lang, x.Channel, x.Ticket), "gist": chat.Clip(x.Gist, 200),
		"wait": wait, "next": chat.Clip(x.Next, 200), "partner": partner,
	})
}

const homeCases = 5 // cases of one state on a person's own page

// home is the asker's own page: their cases, and the team's open ones by who has to act.
func (k *Work) home(ctx context.Context) error {
	out := chat.Reply{Title: k.text("case.home", nil), Final: true}
	counts, err := k.d.Book.Counts(ctx, k.r.Team)
	if err != nil {
		return err
	}
	mine, _, err := k.d.Book.Find(ctx, k.r.Team, cases.Query{Open: true, Assignee: k.r.User, Seen: k.seen}, 0, 10)
	if err != nil {
		return err
	}
	part := func(heading string, list []*cases.Case) {
		s := chat.Section{Heading: heading}
		for _, c := range list {
			s.Items = append(s.Items, k.line(c))
			if len(out.Actions) < 18 && !slices.ContainsFunc(out.Actions, func(a chat.Action) bool { return a.Text == "show "+c.Name() }) {
				out.Actions = append(out.Actions, chat.Action{ID: "show-" + c.Name(), Label: c.Name(), Command: chat.Case, Text: "show " + c.Name()})
			}
		}
		if len(list) == 0 {
			s.Text = k.text("case.home.none", nil)
		}
		out.Sections = append(out.Sections, s)
	}
	part(k.text("case.home.mine", map[string]any{"count": len(mine)}), mine)
	promised, err := k.promises(ctx)
	if err != nil {
		return err
	}
	if len(promised) > 0 {
		s := chat.Section{Heading: k.text("case.reminders", nil)}
		for _, m := range promised[:min(len(promised), homeCases)] {
			s.Entries = append(s.Entries, chat.Entry{At: m.At, Text: strings.TrimSpace(m.of.Name() + " " + cmp.Or(m.What, k.title(m.of))), Mentions: true})
		}
		out.Sections = append(out.Sections, s)
	}
	for _, state := range []cases.State{cases.New, cases.WaitingUs, cases.WaitingProvider, cases.WaitingDNS} {
		if counts[state] == 0 {
			continue
		}
		list, _, err := k.d.Book.Find(ctx, k.r.Team, cases.Query{State: state, Seen: k.seen}, 0, homeCases)
		if err != nil {
			return err
		}
		count := counts[state]
		if len(list) < homeCases { // those that others alone may see do not count
			count = int64(len(list))
		}
		part(k.text("case.home.state", map[string]any{"state": k.text("case.state."+string(state), nil), "count": count}), list)
	}
	out.Actions = append([]chat.Action{
		{ID: "open", Label: k.text("case.button.open", nil), Command: chat.Case, Text: "open"},
		{ID: "list", Label: k.text("case.button.list", nil), Command: chat.Case, Text: "list"},
		{ID: "reminders", Label: k.text("case.button.reminders", nil), Command: chat.Case, Text: "reminders"},
		{ID: "stats", Label: k.text("case.button.stats", nil), Command: chat.Case, Text: "stats"},
		{ID: "help", Label: k.text("help.button.form", nil), Command: chat.Help, Text: chat.FormWord},
	}, out.Actions...)
	k.say(out)
	return nil
}
