package work

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/watch"
)

const maxInLine = 3 // findings that stand in the line of a diagnosis

// snapshotLine is a diagnosis in one line: its verdict, and the first of what was found.
func (k *Work) snapshotLine(s *cases.Snapshot) string {
	if s == nil {
		return ""
	}
	found := k.Found(s.Outcome().Found[:min(len(s.Found), maxInLine)], s)
	return k.Text("case.snapshot",
		map[string]any{"verdict": k.Text("case.verdict."+string(s.Verdict), nil),
			"time": s.At.UTC().Format("2006-01-02 15:04"), "found": strings.Join(found, k.Text("list-semicolon", nil)),
			"more": len(s.Found) - len(found)})
}

// maxWaiting is how many contacts without an answer a card shows, the latest.
const maxWaiting = 5

// Card is a case as it stands, with its buttons. One that stays where it is said tells since when, not for how long.
func (k *Work) Card(ctx context.Context, c *cases.Case, stays bool) (chat.Reply, error) {
	tone := map[cases.State]chat.Tone{cases.Solved: chat.Good, cases.Closed: chat.Plain}[c.State]
	if c.State.Open() {
		tone = chat.Caution
	}
	out := chat.Reply{Tone: tone,
		Title: k.Text("case.title", map[string]any{"case": c.Name(), "title": k.Title(c), "domain": Shown(c.Domain),
			"priority": prioritySign(c.Priority)}), Final: true, Data: CaseData(c)}
	facts := k.facts(ctx, c, stays)
	people := chat.Section{Fields: []chat.Field{{Label: k.Text("case.label.by", nil), Person: c.By}}}
	if c.Assignee != "" {
		people.Fields = append(people.Fields, chat.Field{Label: k.Text("case.label.assignee", nil), Person: c.Assignee})
		if c.State.Open() && k.Left(ctx, c.Assignee) {
			people.Text = k.Text("case.assignee-left", nil)
		}
	}
	out.Sections = []chat.Section{facts, people}
	contacts, err := k.Deps.Book.Contacts(ctx, k.Req.Team, c.Number)
	if err != nil {
		return out, err
	}
	if partner := k.partner(contacts); partner != "" && c.State == cases.WaitingDNS {
		out.Sections[0].Fields = append(out.Sections[0].Fields,
			chat.Field{Label: k.Text("case.label.partner", nil), Value: partner})
	}
	if waiting := k.unansweredIn(c, contacts, stays); len(waiting.Entries) > 0 {
		out.Sections = append(out.Sections, waiting)
	}
	out.Actions = k.actions(c)
	return out, nil
}

// facts is what is known of a case, a field each.
func (k *Work) facts(ctx context.Context, c *cases.Case, stays bool) (s chat.Section) {
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, chat.Field{Label: k.Text("case.label."+label, nil), Value: value})
		}
	}
	state := k.Text("case.state."+string(c.State), nil)
	if stays {
		add("state", state)
	} else {
		add("state", k.Text("case.state-since",
			map[string]any{"state": state, "for": chat.Span(k.Req.Lang, k.Now.Sub(c.Since))}))
	}
	add("priority", k.Text("case.priority."+string(c.Priority), nil))
	if c.Provider != "" {
		add("provider", k.Deps.KB.ProviderName(k.Req.Lang, c.Provider))
	}
	tickets := strings.Join(c.Tickets[max(0, len(c.Tickets)-maxWaiting):], k.Text("list-comma", nil))
	if n := len(c.Tickets) - maxWaiting; n > 0 {
		tickets = k.Text("case.and-earlier", map[string]any{"list": tickets, "count": n})
	}
	add("tickets", tickets)
	add("tags", strings.Join(c.Tags, k.Text("list-comma", nil)))
	if c.Domain != "" || len(c.Domains) > 1 {
		add("domains", strings.Join(Unicodes(c.Domains), k.Text("list-comma", nil)))
	}
	if at, err := time.Parse(time.RFC3339, c.Began); err == nil {
		s.Fields = append(s.Fields, chat.Field{Label: k.Text("case.label.began", nil), At: at}) // by each reader's clock
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
	s.Fields = append(s.Fields, chat.Field{Label: k.Text("case.label.opened", nil), At: c.Opened})
	if stays {
		s.Fields = append(s.Fields, chat.Field{Label: k.Text("case.label.since", map[string]any{"state": state}),
			At: c.Since})
	} else {
		add("ours", chat.Span(k.Req.Lang, c.Ours(k.Now, k.Business(ctx))))
	}
	return s
}

// partner is who else has a part in it, as the latest of the contacts has it that names one.
func (k *Work) partner(contacts []cases.Contact) (partner string) {
	for _, x := range contacts {
		if x.Partner != "" {
			partner = strings.TrimSpace(k.Text("case.partner."+x.Partner, nil) + " " + x.Who)
		}
	}
	return partner
}

// unansweredIn is the contacts of an open case that wait for an answer, the latest of them.
func (k *Work) unansweredIn(c *cases.Case, contacts []cases.Contact, stays bool) chat.Section {
	s := chat.Section{Heading: k.Text("case.waiting", nil)}
	for _, x := range contacts {
		if !x.Answered.IsZero() || !c.State.Open() {
			continue
		}
		waits := ""
		if !stays {
			waits = chat.Span(k.Req.Lang, k.Now.Sub(x.At))
		}
		s.Entries = append(s.Entries, chat.Entry{At: x.At, By: x.By, Text: k.Text("case.unanswered",
			map[string]any{"channel": k.ChannelName(k.Req.Lang, x.Channel, x.Ticket), "for": waits})})
	}
	if n := len(s.Entries); n > maxWaiting {
		s.Text = k.Text("case.earlier-left-out", map[string]any{"count": n - maxWaiting})
		s.Entries = s.Entries[n-maxWaiting:]
	}
	return s
}

// actions is what can be done with a case as it stands. Buttons carry the revision that they show, so that who presses
// an old one is told.
func (k *Work) actions(c *cases.Case) []chat.Action {
	button := func(verb, words string, more bool) chat.Action {
		return chat.Action{ID: verb, Label: k.Text("case.button."+verb, nil), Command: chat.Case,
			Text: strings.TrimSpace(verb + " " + c.Name() + " " + words), Overflow: more}
	}
	seen := fmt.Sprintf("rev=%d", c.Rev)
	if !c.State.Open() {
		return []chat.Action{button("reopen", "", false), button("review", "", false), button("lesson", "", false)}
	}
	out := []chat.Action{button("take", seen, false), button("state", "", false), button("contact", "", false)}
	if len(c.AllDomains()) > 0 {
		out = append(out, button("recheck", "", false))
	}
	out = append(out, k.live(c)...)
	out = append(out, button("draft", "", false), button("remind", "", false), button("solve", "", false))
	end := button("close", "", false)
	end.Danger, end.Confirm = true, k.Text("case.close.confirm", map[string]any{"case": c.Name()})
	return append(out, end, button("note", "", true), button("answered", "", true), button("follow", "", true),
		button("merge", "", true), button("review", "", true))
}

// live is the button that follows what the case's last diagnosis recommends until it is live.
func (k *Work) live(c *cases.Case) []chat.Action {
	s := cmp.Or(c.Latest, c.First)
	if s == nil || c.Domain == "" {
		return nil
	}
	var wanted []watch.Wanted
	for _, text := range s.Awaits {
		if w, ok := watch.ParseWanted(text); ok {
			wanted = append(wanted, w)
		}
	}
	return answers.LiveActions(k.Deps, k.Req.Lang, c.Domain, wanted)
}
