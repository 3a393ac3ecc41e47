package work

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// AboutLength tells what became of a text that is longer than its place.
func (k *Work) AboutLength(r *chat.Reply, text string, place int) {
	if k.Req.Cut {
		r.Sections = append(r.Sections,
			chat.Section{Muted: true, Text: k.Text("case.cut", map[string]any{"size": chat.Size(chat.MaxPaste)})})
	}
	if n := utf8.RuneCountInString(text); n > place {
		r.Sections = append(r.Sections,
			chat.Section{Muted: true, Text: k.Text("case.long", map[string]any{"count": n, "place": place})})
	}
}

// Change changes the case once; the Reply tells it: in the thread, to the asker, and in the root message.
func (k *Work) Change(ctx context.Context, o Order, edit func(*cases.Case) (cases.Edit, error), told string,
	args map[string]any, more ...func(*chat.Reply)) (chat.Reply, error) {
	c, _, err := k.Deps.Book.Change(ctx, k.Req.Team, o.Case.Number, k.Req.ID, edit)
	if err != nil {
		return chat.Reply{}, err
	}
	all := map[string]any{"case": c.Name(), "title": k.Title(c)}
	for name, v := range args {
		all[name] = v
	}
	out := chat.Reply{Tone: chat.Good, Title: k.Text(told, all), Final: true, Data: CaseData(c)}
	out.Outbox = append(out.Outbox, k.RootPost(c))
	if line := k.ThreadPost(c, told, all); line != nil {
		line.Reply.Sections = append(line.Reply.Sections, k.followers(c, told, k.CaseLang(c))...)
		out.Outbox = append(out.Outbox, *line)
	} else {
		out.Sections = append(out.Sections, k.followers(c, told, k.Req.Lang)...)
	}
	for _, m := range more {
		m(&out)
	}
	k.MovedNote(o, &out)
	k.MaskedNote(&out)
	return k.Done(ctx, c, out)
}

// MaskedNote tells that something secret was taken out.
func (k *Work) MaskedNote(r *chat.Reply) {
	if k.masked {
		r.Sections = append(r.Sections, chat.Section{Tone: chat.Caution, Text: k.Text("case.masked", nil)})
	}
}

// MovedNote tells that the work goes on in the case of which the one that was named is part.
func (k *Work) MovedNote(o Order, r *chat.Reply) {
	if o.Moved != nil {
		r.Sections = append(r.Sections, chat.Section{Muted: true,
			Text: k.Text("case.merged", map[string]any{"case": o.Moved.Name(), "into": o.Case.Name()})})
	}
}

// followers names those who want to hear of it, so that Slack tells them; nothing where it is no news.
func (k *Work) followers(c *cases.Case, told string, lang language.Tag) []chat.Section {
	if !slices.Contains([]string{"case.answered", "case.solved", "case.closed", "case.reopened", "case.state-set",
		"case.rechecked"}, told) {
		return nil
	}
	var s chat.Section
	for _, f := range c.Followers {
		if f != k.Req.User && len(s.Fields) < 10 {
			s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "case.label.for", nil), Person: f})
		}
	}
	if len(s.Fields) == 0 {
		return nil
	}
	return []chat.Section{s}
}

// Slower tells who wrote something that somebody else was faster, and gives it back, with a button that says it all the
// same.
func (k *Work) Slower(o Order, text string) chat.Reply {
	c := o.Case
	return chat.Reply{
		Tone: chat.Caution, Title: k.Text("case.busy", nil), Final: true, Data: CaseData(c),
		Sections: []chat.Section{{Heading: k.Text("case.yours", nil), Code: text}},
		Actions: []chat.Action{
			{ID: "show", Label: k.Text("case.button.show", nil), Command: chat.Case, Text: "show " + c.Name()},
			{ID: "anyway", Label: k.Text("case.button.anyway", nil), Command: chat.Case,
				Text: o.Verb + " " + c.Name() + " " + chat.Clip(text, 1200)},
		},
	}
}

// Done is a Reply about a case, of which is spoken here from now on.
func (k *Work) Done(ctx context.Context, c *cases.Case, out chat.Reply) (chat.Reply, error) {
	if err := k.Deps.Book.Spoken(ctx, answers.Where(k.Req), c.Number); err != nil {
		return chat.Reply{}, err
	}
	if k.Req.Public { // said in the thread, where it was asked
		out.Audience = chat.Channel
	}
	return out, nil
}

// CaseData is a case as --json prints it.
func CaseData(c *cases.Case) map[string]any {
	return map[string]any{
		"case": c.Name(), "number": c.Number, "domain": c.Domain, "provider": c.Provider, "title": c.Title, "state": c.State,
		"priority": c.Priority, "assignee": c.Assignee, "tickets": c.Tickets,
		"opened": c.Opened.Format(time.RFC3339), "resolution": c.Resolution, "tags": c.Tags,
	}
}

// Ended says that a case is ended, with a button that opens it again.
func (k *Work) Ended(ctx context.Context, c *cases.Case) (chat.Reply, error) {
	c, err := k.Deps.Book.Case(ctx, k.Req.Team, c.Number)
	if err != nil {
		return chat.Reply{}, err
	}
	out := chat.Reply{
		Tone: chat.Caution, Title: k.Text("case.is-ended",
			map[string]any{"case": c.Name(), "state": k.Text("case.state."+string(c.State), nil)}), Final: true,
		Data: CaseData(c),
		Actions: []chat.Action{{ID: "reopen", Label: k.Text("case.button.reopen", nil), Command: chat.Case,
			Text: "reopen " + c.Name()}},
	}
	if c.Resolution != "" {
		out.Sections = []chat.Section{{Heading: k.Text("case.label.resolution", nil), Text: c.Resolution}}
	}
	return k.Done(ctx, c, out)
}

// Same says that nothing had to be changed.
func (k *Work) Same(ctx context.Context, c *cases.Case, told string, args map[string]any) (chat.Reply, error) {
	all := map[string]any{"case": c.Name(), "title": k.Title(c)}
	for name, v := range args {
		all[name] = v
	}
	return k.Done(ctx, c, chat.Reply{Title: k.Text(told, all),
		Sections: []chat.Section{{Muted: true, Text: k.Text("case.same", nil)}}, Final: true, Data: CaseData(c)})
}

// Stays adds that a case is ended and stays so, whatever was put down in it.
func (k *Work) Stays(c *cases.Case) func(*chat.Reply) {
	return func(r *chat.Reply) {
		if !c.State.Open() {
			r.Sections = append(r.Sections,
				chat.Section{Text: k.Text("case.stays-ended",
					map[string]any{"case": c.Name(), "state": k.Text("case.state."+string(c.State), nil)})})
			r.Actions = append(r.Actions,
				chat.Action{ID: "reopen", Label: k.Text("case.button.reopen", nil), Command: chat.Case, Text: "reopen " + c.Name()})
		}
	}
}

// Act is the asker acting on a case, now, with what they have seen of it. Rules are asked within the change, so that a
// request made again after a crash is known first.
func (k *Work) Act(ctx context.Context, o Order) cases.Act {
	return cases.Act{By: k.Req.User, At: k.Now, Hours: k.Business(ctx), Seen: o.Seen}
}
