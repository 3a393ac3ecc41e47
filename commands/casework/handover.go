package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// Handover makes a case of the conversation about the matter at hand, in the channel where people take over; where none was chosen, where it was asked.
func Handover(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "handover.nowhere", nil), Sections: []chat.Section{{Text: chat.Text(r.Lang, "handover.nowhere.why", nil)}}, Final: true})
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
		return (&Work{d: d, r: r, say: reply, verb: "open", now: d.Now().UTC()}).ask(nil)
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
	k := &Work{d: d, r: r, now: d.Now().UTC()}
	post := chat.Reply{Audience: chat.Channel, Title: chat.Text(lang, "handover.title", map[string]any{"count": len(turns)}), Final: true, Lang: lang}
	post.Sections = append(post.Sections, chat.Section{Fields: []chat.Field{
		{Label: chat.Text(lang, "handover.who", nil), Person: r.User}, {Label: chat.Text(lang, "handover.where", nil), Channel: r.Channel},
	}})
	for _, t := range turns {
		post.Sections = append(post.Sections, chat.Section{Heading: chat.Clip(t.Said, 300), Text: t.Answer}, chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "handover.when", nil), At: t.At}}})
	}
	out := chat.Reply{
		Tone: chat.Good, Title: chat.Text(r.Lang, "handover.done", map[string]any{"count": len(turns), "case": c.Name()}), Final: true, Data: caseData(c),
		Outbox: []chat.Message{k.rootPost(c), {Key: "handover:" + r.ID, Channel: c.Channel, ThreadOf: rootOf(c), Reply: post, Lang: lang}}, Scheduled: c.LookEvents(k.now, k.business(ctx)),
	}
	if d.Handover == "" && r.Direct { // nobody else reads this place
		out.Sections = []chat.Section{{Muted: true, Text: chat.Text(r.Lang, "handover.direct", nil)}}
	}
	reply(out)
	return nil
}

// handedCase opens a case for a conversation, in the channel where people take it over; where its domain has one that may be seen there, the conversation joins that.
func handedCase(ctx context.Context, d answers.Deps, r chat.Request, lang language.Tag, where string, turns []cases.Turn) (*cases.Case, error) {
	last := strings.TrimSpace(strings.TrimPrefix(turns[len(turns)-1].Said, "/"+chat.Ask+" "))
	title, _, _ := strings.Cut(last, "\n")
	s := d.KB.Understand(last, r.Lang)
	o := cases.Opening{Request: r.ID, Case: cases.Case{By: r.User, Lang: lang.String(), Channel: where, Title: title, Provider: s.Provider, Priority: priorityOf(s)}}
	settings, err := d.Book.Channel(ctx, r.Team, where)
	if err != nil {
		return nil, err
	}
	o.Case.Restricted = settings.Access == "channel"
	for _, t := range turns {
		if dom, ok := intent.DomainIn(t.Said); ok {
			o.Case.Domain = dom.Domain
		}
		o.Asked = append(o.Asked, cases.Entry{At: t.At, Kind: "asked", By: t.User, Text: chat.Clip(t.Said+"\n"+t.Answer, cases.MaxText)})
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

// thisMatter is the part of a conversation that belongs to its last question: what names the same domain or provider, or speaks of the same
// thing, without a long pause. What was asked before about something else is nobody's business who takes over.
func thisMatter(d answers.Deps, r chat.Request, turns []cases.Turn) []cases.Turn {
	if len(turns) == 0 {
		return nil
	}
	last := turns[len(turns)-1]
	m := matterOf(d, r, last)
	at, out := last.At, []cases.Turn{last}
	for _, t := range slices.Backward(turns[:len(turns)-1]) {
		if at.Sub(t.At) > talkedFor {
			break
		}
		if x := matterOf(d, r, t); m.same(x) {
			out = append(out, t)
			m.join(x)
			at = t.At
		}
	}
	slices.Reverse(out)
	return out
}

// matter is what a question is about.
type matter struct {
	domain, provider string
	topics, words    []string
}

func matterOf(d answers.Deps, r chat.Request, t cases.Turn) matter {
	_, said, _ := strings.Cut(strings.TrimPrefix(t.Said, "/"), " ")
	if !strings.HasPrefix(t.Said, "/") {
		said = t.Said
	}
	s := d.KB.Understand(said, r.Lang)
	m := matter{provider: s.Provider, topics: s.Topics, words: cases.Words(said)}
	if x, ok := intent.DomainIn(said); ok {
		m.domain = x.Domain
	}
	return m
}

// same reports whether another question is about the same. Two that name different domains or providers never are.
func (m matter) same(x matter) bool {
	switch {
	case m.domain != "" && x.domain != "":
		return m.domain == x.domain
	case m.provider != "" && x.provider != "" && m.provider != x.provider:
		return false
	case m.provider != "" && m.provider == x.provider:
		return true
	}
	common := 0
	for _, w := range x.words {
		if slices.Contains(m.words, w) {
			common++
		}
	}
	alike := slices.ContainsFunc(x.topics, func(topic string) bool { return slices.Contains(m.topics, topic) })
	return common >= sameWords || alike && common > 0
}

// join adds of whom and what an earlier question of the same matter speaks.
func (m *matter) join(x matter) {
	if m.domain == "" {
		m.domain = x.domain
	}
	if m.provider == "" {
		m.provider = x.provider
	}
}
