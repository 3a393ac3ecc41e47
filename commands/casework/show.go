package casework

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

const maxShown = 15 // lines of a timeline that show shows, the latest

// show shows a case with the latest of its timeline.
func (k *Work) show(ctx context.Context, c *cases.Case) error {
	out, err := k.card(ctx, c, false)
	if err != nil {
		return err
	}
	recent, err := k.d.Book.Recent(ctx, k.r.Team, c.Number, 10*maxShown)
	if err != nil {
		return err
	}
	line := chat.Section{Heading: k.text("case.timeline", nil), Entries: k.entries(recent)}
	if n := len(line.Entries) - maxShown; n > 0 || len(recent) == 10*maxShown {
		line.Entries = line.Entries[max(n, 0):]
		line.Text = k.text("case.earlier", map[string]any{"example": "/" + chat.Case + " review " + c.Name()})
	}
	out.Sections = append(out.Sections, line)
	return k.done(ctx, c, out)
}

// howSolved is how a case was solved, and what was learned.
func howSolved(lang language.Tag, c *cases.Case) string {
	switch {
	case c.Lesson == "" || c.Lesson == c.Resolution:
		return cmp.Or(c.Resolution, "—")
	case c.Resolution == "":
		return c.Lesson
	}
	return chat.Text(lang, "case.similar.how", map[string]any{"resolution": chat.Clip(c.Resolution, 200), "lesson": chat.Clip(c.Lesson, 300)})
}

const maxInLine = 3 // findings that stand in the line of a diagnosis

// snapshotLine is a diagnosis in one line: its verdict, and the first of what was found.
func (k *Work) snapshotLine(s *cases.Snapshot) string {
	if s == nil {
		return ""
	}
	found := k.found(s.Outcome().Found[:min(len(s.Found), maxInLine)], s)
	return k.text("case.snapshot", map[string]any{"verdict": k.text("case.verdict."+string(s.Verdict), nil), "time": s.At.UTC().Format("2006-01-02 15:04"), "found": strings.Join(found, k.text("list-semicolon", nil)), "more": len(s.Found) - len(found)})
}

// line is a case in a list.
func (k *Work) line(c *cases.Case) string {
	waiting := k.now.Sub(c.Since)
	return k.text("case.line", map[string]any{
		"case": c.Name(), "title": chat.Clip(k.title(c), 100), "domain": shown(c.Domain), "state": k.text("case.state."+string(c.State), nil), "for": chat.Span(k.r.Lang, waiting),
		"priority": prioritySign(c.Priority), "tickets": c.Tickets[max(0, len(c.Tickets)-3):],
	})
}

func prioritySign(p cases.Priority) string {
	if p == cases.Urgent {
		return "❗"
	}
	return ""
}

// root is the case's root message: how it stands, and what can be done.
func (k *Work) root(ctx context.Context, c *cases.Case) error {
	k.r.Lang = k.caseLang(c)
	out, err := k.card(ctx, c, true)
	if err != nil {
		return err
	}
	out.Audience = chat.Channel
	if c.Thread != "" {
		out.Location = &chat.Location{Channel: c.Channel, TS: c.Thread}
	}
	recent, err := k.d.Book.Recent(ctx, k.r.Team, c.Number, 3)
	if err != nil {
		return err
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Entries: k.entries(recent)})
	k.say(out)
	return nil
}

// posted notes where the root message stands: what is said in its thread belongs to the case.
func (k *Work) posted(ctx context.Context, c *cases.Case) error {
	_, _, err := k.d.Book.Change(ctx, k.r.Team, c.Number, "", func(c *cases.Case) (cases.Edit, error) {
		return c.Posted(k.r.Channel, k.r.Thread)
	})
	k.say(chat.Reply{Title: c.Name(), Final: true, Data: caseData(c)})
	return err
}

// maxWaiting is how many contacts without an answer a card shows, the latest.
const maxWaiting = 5

// card is a case as it stands, with its buttons. One that stays where it is said tells since when, not for how long.
func (k *Work) card(ctx context.Context, c *cases.Case, stays bool) (chat.Reply, error) {
	tone := map[cases.State]chat.Tone{cases.Solved: chat.Good, cases.Closed: chat.Plain}[c.State]
	if c.State.Open() {
		tone = chat.Caution
	}
	out := chat.Reply{Tone: tone, Title: k.text("case.title", map[string]any{"case": c.Name(), "title": k.title(c), "domain": shown(c.Domain), "priority": prioritySign(c.Priority)}), Final: true, Data: caseData(c)}
	s := chat.Section{}
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, chat.Field{Label: k.text("case.label."+label, nil), Value: value})
		}
	}
	state := k.text("case.state."+string(c.State), nil)
	if stays {
		add("state", state)
	} else {
		add("state", k.text("case.state-since", map[string]any{"state": state, "for": chat.Span(k.r.Lang, k.now.Sub(c.Since))}))
	}
	add("priority", k.text("case.priority."+string(c.Priority), nil))
	if c.Provider != "" {
		add("provider", k.d.KB.ProviderName(k.r.Lang, c.Provider))
	}
	tickets := strings.Join(c.Tickets[max(0, len(c.Tickets)-maxWaiting):], k.text("list-comma", nil))
	if n := len(c.Tickets) - maxWaiting; n > 0 {
		tickets = k.text("case.and-earlier", map[string]any{"list": tickets, "count": n})
	}
	add("tickets", tickets)
	add("tags", strings.Join(c.Tags, k.text("list-comma", nil)))
	if c.Domain != "" || len(c.Domains) > 1 {
		add("domains", strings.Join(unicodes(c.Domains), k.text("list-comma", nil)))
	}
	if at, err := time.Parse(time.RFC3339, c.Began); err == nil {
		s.Fields = append(s.Fields, chat.Field{Label: k.text("case.label.began", nil), At: at}) // by each reader's clock
	} else {
		add("began", c.Began)
	}
	if c.Merged > 0 {
		add("merged", cases.Name(c.Merged))
	} else if !c.State.Open() { // one that was opened again has its timeline for that
		add("resolution", c.Resolution)
	}
	add("lesson", c.Lesson)
	add("first", k.snapshotLine(c.First))
	if c.Latest != nil && c.First != nil && !c.Latest.At.Equal(c.First.At) {
		add("latest", k.snapshotLine(c.Latest))
	}
	s.Fields = append(s.Fields, chat.Field{Label: k.text("case.label.opened", nil), At: c.Opened})
	if stays {
		s.Fields = append(s.Fields, chat.Field{Label: k.text("case.label.since", map[string]any{"state": state}), At: c.Since})
	} else {
		add("ours", chat.Span(k.r.Lang, c.Ours(k.now, k.business(ctx))))
	}
	people := chat.Section{Fields: []chat.Field{{Label: k.text("case.label.by", nil), Person: c.By}}}
	if c.Assignee != "" {
		people.Fields = append(people.Fields, chat.Field{Label: k.text("case.label.assignee", nil), Person: c.Assignee})
		if c.State.Open() && k.left(ctx, c.Assignee) {
			people.Text = k.text("case.assignee-left", nil)
		}
	}
	out.Sections = []chat.Section{s, people}
	contacts, err := k.d.Book.Contacts(ctx, k.r.Team, c.Number)
	if err != nil {
		return out, err
	}
	waiting := chat.Section{Heading: k.text("case.waiting", nil)}
	partner := ""
	for _, x := range contacts {
		if x.Answered.IsZero() && c.State.Open() {
			waits := ""
			if !stays {
				waits = chat.Span(k.r.Lang, k.now.Sub(x.At))
			}
			waiting.Entries = append(waiting.Entries, chat.Entry{At: x.At, By: x.By, Text: k.text("case.unanswered", map[string]any{"channel": k.channelName(k.r.Lang, x.Channel, x.Ticket), "for": waits})})
		}
		if x.Partner != "" {
			partner = strings.TrimSpace(k.text("case.partner."+x.Partner, nil) + " " + x.Who)
		}
	}
	if partner != "" && c.State == cases.WaitingDNS {
		out.Sections[0].Fields = append(out.Sections[0].Fields, chat.Field{Label: k.text("case.label.partner", nil), Value: partner})
	}
	if n := len(waiting.Entries); n > maxWaiting {
		waiting.Text = k.text("case.earlier-left-out", map[string]any{"count": n - maxWaiting})
		waiting.Entries = waiting.Entries[n-maxWaiting:]
	}
	if len(waiting.Entries) > 0 {
		out.Sections = append(out.Sections, waiting)
	}
	out.Actions = k.actions(c)
	return out, nil
}

// actions is what can be done with a case as it stands. Buttons carry the revision that they show, so that who presses an old one is told.
func (k *Work) actions(c *cases.Case) []chat.Action {
	button := func(verb, words string, more bool) chat.Action {
		return chat.Action{ID: verb, Label: k.text("case.button."+verb, nil), Command: chat.Case, Text: strings.TrimSpace(verb + " " + c.Name() + " " + words), Overflow: more}
	}
	seen := fmt.Sprintf("rev=%d", c.Rev)
	if !c.State.Open() {
		return []chat.Action{button("reopen", "", false), button("review", "", false), button("lesson", "", false)}
	}
	out := []chat.Action{button("take", seen, false), button("state", "", false), button("contact", "", false)}
	if len(c.AllDomains()) > 0 {
		out = append(out, button("recheck", "", false))
	}
	out = append(out, button("draft", "", false), button("remind", "", false), button("solve", "", false))
	end := button("close", "", false)
	end.Danger, end.Confirm = true, k.text("case.close.confirm", map[string]any{"case": c.Name()})
	return append(out, end, button("note", "", true), button("answered", "", true), button("follow", "", true), button("merge", "", true), button("review", "", true))
}
