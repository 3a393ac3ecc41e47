package acts

import (
	"cmp"
	"context"
	"time"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/diag"
)

// maxReviewed is how many contacts a review shows, the latest; of the timeline twice as many. An export has all of
// them.
const maxReviewed = 30

// Review is the page of one case to learn from: what happened when, what was the cause, who was asked, what it cost,
// and the lesson.
func Review(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	history, err := k.Deps.Book.Recent(ctx, k.Req.Team, c.Number, 2000)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{Title: k.Text("case.review", map[string]any{"case": c.Name(), "title": k.Title(c)}), Final: true,
		Data: map[string]any{"case": work.CaseData(c), "contacts": contacts, "timeline": history}}
	s := chat.Section{}
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, chat.Field{Label: k.Text("case.label."+label, nil), Value: value})
		}
	}
	add("state", k.Text("case.state."+string(c.State), nil))
	end := c.SolvedAt
	if end.IsZero() {
		end = k.Now
	}
	add("took", chat.Span(k.Req.Lang, end.Sub(c.Opened)))
	for _, state := range []cases.State{cases.New, cases.WaitingUs, cases.WaitingProvider, cases.WaitingDNS} {
		if d := c.Spent[state]; d >= time.Minute { // less says nothing of where the time went
			s.Fields = append(s.Fields,
				chat.Field{Label: k.Text("case.state."+string(state), nil), Value: chat.Span(k.Req.Lang, d)})
		}
	}
	out.Sections = append(out.Sections, s)
	if c.First != nil && len(c.First.Found) > 0 {
		out.Sections = append(out.Sections,
			chat.Section{Heading: k.Text("case.review.causes", nil), Items: k.Found(c.First.Outcome().Found, c.First)})
	}
	if d := diag.Compare(c.First.Outcome(), c.Latest.Outcome()); c.Latest != nil && c.First != nil &&
		!c.Latest.At.Equal(c.First.At) {
		out.Sections = append(out.Sections, k.Difference(d, c.First, c.Latest)...)
	}
	list := chat.Section{Heading: k.Text("case.review.contacts", nil)}
	for _, x := range contacts[max(0, len(contacts)-maxReviewed):] {
		list.Entries = append(list.Entries, chat.Entry{At: x.At, Text: contactLine(k, x), By: x.By})
	}
	if n := len(contacts) - maxReviewed; n > 0 {
		list.Text = k.Text("case.earlier-left-out", map[string]any{"count": n})
	}
	if len(list.Entries) > 0 {
		out.Sections = append(out.Sections, list)
	}
	line := chat.Section{Heading: k.Text("case.timeline", nil)}
	line.Entries = k.Entries(history[max(0, len(history)-2*maxReviewed):])
	if n := len(history) - 2*maxReviewed; n > 0 {
		line.Text = k.Text("case.earlier-left-out", map[string]any{"count": n})
	}
	out.Sections = append(out.Sections, line)
	if c.Resolution != "" && c.Merged == 0 {
		out.Sections = append(out.Sections, chat.Section{Heading: k.Text("case.label.resolution", nil), Text: c.Resolution})
	}
	out.Sections = append(out.Sections,
		chat.Section{Heading: k.Text("case.review.lesson", nil),
			Text: cmp.Or(c.Lesson, k.Text("case.review.no-lesson", nil))})
	out.Actions = []chat.Action{{ID: "lesson", Label: k.Text("case.button.lesson", nil), Command: chat.Case,
		Text: "lesson " + c.Name()}}
	return k.Done(ctx, c, out)
}

// contactLine is one contact: the same parts in the same order, in every language.
func contactLine(k *work.Work, x cases.Contact) string {
	wait := k.Text("case.no-answer", nil)
	if d, ok := x.Wait(); ok {
		wait = chat.Span(k.Req.Lang, d)
	}
	partner := ""
	if x.Partner != "" {
		partner = k.Text("case.partner."+x.Partner, nil)
		if x.Who != "" {
			partner += " " + x.Who
		}
	}
	return k.Text("case.contact-line", map[string]any{
		"channel": k.ChannelName(k.Req.Lang, x.Channel, x.Ticket), "gist": chat.Clip(x.Gist, 200),
		"wait": wait, "next": chat.Clip(x.Next, 200), "partner": partner,
	})
}
