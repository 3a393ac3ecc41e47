package casework

import (
	"cmp"
	"context"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// Handover makes a case of the conversation about the matter at hand, in the channel where people take over; where none
// was chosen, where it was asked.
func Handover(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "handover.nowhere", nil),
			Sections: []chat.Section{{Text: chat.Text(r.Lang, "handover.nowhere.why", nil)}}, Final: true})
		return nil
	}
	turns, err := d.Book.Conversation(ctx, answers.Where(r))
	if err != nil {
		return err
	}
	if said := chat.Clip(secrets.Masked(strings.TrimSpace(r.Text)), MaxSaid); said != "" {
		turns = append(turns, cases.Turn{At: d.Now().UTC(), User: r.User, Said: said})
	}
	if len(turns) == 0 {
		r.Text = ""
		reply(work.Ask(work.New(d, r, reply), work.Order{Order: intent.Order{Verb: "open"}, Values: r.Values}))
		return nil
	}
	turns = thisMatter(d, r, turns)
	where := cmp.Or(d.Handover, r.Channel)
	lang := r.Lang
	if s, err := d.Book.Channel(ctx, r.Team, where); err == nil && s.Language != "" {
		lang = chat.Match(language.Make(s.Language))
	}
	c, err := handedCase(ctx, d, r, lang, where, turns)
	if err != nil {
		return err
	}
	k := &work.Work{Deps: d, Req: r, Now: d.Now().UTC()}
	post := chat.Reply{Audience: chat.Channel,
		Title: chat.Text(lang, "handover.title", map[string]any{"count": len(turns)}), Final: true, Lang: lang}
	post.Sections = append(post.Sections, chat.Section{Fields: []chat.Field{
		{Label: chat.Text(lang, "handover.who", nil), Person: r.User},
		{Label: chat.Text(lang, "handover.where", nil), Channel: r.Channel},
	}})
	for _, t := range turns {
		post.Sections = append(post.Sections, chat.Section{Heading: chat.Clip(t.Said, 300), Text: t.Answer},
			chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "handover.when", nil), At: t.At}}})
	}
	out := chat.Reply{
		Tone: chat.Good, Title: chat.Text(r.Lang, "handover.done", map[string]any{"count": len(turns), "case": c.Name()}),
		Final: true, Data: work.CaseData(c),
		Outbox: []chat.Message{k.RootPost(c),
			{Key: "handover:" + r.ID, Channel: c.Channel, ThreadOf: chat.CardOf(c.Number), Reply: post, Lang: lang}},
		Scheduled: c.LookEvents(k.Now, k.Business(ctx)),
	}
	if d.Handover == "" && r.Direct { // nobody else reads this place
		out.Sections = []chat.Section{{Muted: true, Text: chat.Text(r.Lang, "handover.direct", nil)}}
	}
	reply(out)
	return nil
}

// handedCase opens a case for a conversation, in the channel where people take it over; where its domain has one that
// may be seen there, the conversation joins that.
func handedCase(ctx context.Context, d answers.Deps, r chat.Request, lang language.Tag, where string,
	turns []cases.Turn) (*cases.Case, error) {
	last := strings.TrimSpace(strings.TrimPrefix(turns[len(turns)-1].Said, "/"+chat.Ask+" "))
	title, _, _ := strings.Cut(last, "\n")
	s := d.KB.Understand(last, r.Lang)
	o := cases.Opening{Request: r.ID,
		Case: cases.Case{By: r.User, Lang: lang.String(), Channel: where, Title: title, Provider: s.Provider,
			Priority: work.PriorityOf(s)}}
	settings, err := d.Book.Channel(ctx, r.Team, where)
	if err != nil {
		return nil, err
	}
	o.Case.Restricted = settings.Access == "channel"
	for _, t := range turns {
		if dom, ok := intent.DomainIn(t.Said); ok {
			o.Case.Domain = dom.Domain
		}
		o.Asked = append(o.Asked, cases.Entry{At: t.At, Kind: "asked", By: t.User,
			Text: chat.Clip(t.Said+"\n"+t.Answer, cases.MaxText)})
	}
	o.Said = title
	opened, err := d.Book.Open(ctx, r.Team, o)
	if err == nil && opened.Existing && opened.Case.Channel != where {
		o.Second = true
		opened, err = d.Book.Open(ctx, r.Team, o)
	}
	if err != nil || !opened.Existing {
		return opened.Case, err
	}
	c, _, err := d.Book.Change(ctx, r.Team, opened.Case.Number, r.ID, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: o.Asked}, nil
	})
	return c, err
}

const (
	MaxSaid = 800 // characters of a question that are remembered
)
