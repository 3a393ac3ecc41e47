package answers

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/kb"

	"golang.org/x/text/language"
)

const (
	MaxRelated = 3
	minGuide   = 4 // lines of a guide that are shown
)

// Ask answers a question from the guides, or says that it does not know.
func Ask(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	s := d.KB.Understand(r.Text, r.Lang)
	if g := d.KB.Guide(r.Values["guide"]); g != nil {
		reply(guideReply(ctx, d, r, s, g, nil))
		return nil
	}
	if strings.TrimSpace(r.Text) == "" {
		reply(topicsReply(d.KB, r.Lang))
		return nil
	}
	if s.Asks || asksStatus(d.KB, s, r.Text) {
		return Help(ctx, d, r, reply)
	}
	r.Lang = chat.LanguageOf(r.Text, r.Lang)
	found, err := d.KB.Search(r.Text)
	if err != nil {
		return err
	}
	learned, cited := lessons(ctx, d, r)
	if len(found) == 0 || !found[0].Sure {
		out := chat.Reply{
			Tone: chat.Unsure, Title: chat.Text(r.Lang, "ask.unknown", nil), Final: true,
			Sections: append(warnings(r.Lang, s), chat.Section{Text: chat.Text(r.Lang, "ask.unknown.why", nil)}),
		}
		if len(learned) > 0 {
			out.Tone, out.Title = chat.Plain, chat.Text(r.Lang, "ask.lessons", nil)
			out.Sections = append(warnings(r.Lang, s), learned...)
			out.Sections[len(out.Sections)-1].Heading = ""
		}
		out.Actions = append(cited, personAction(r.Lang), channelAction(r.Lang, r.Text))
		out.Actions = append(out.Actions, relatedActions(d.KB, r.Lang, nearest(d.KB, found), nil)...)
		reply(out)
		return nil
	}
	examined, err := examine(ctx, d, r, s, reply)
	if err != nil {
		return err
	}
	s.Provider = cmp.Or(s.Provider, examined.provider)
	out := guideReply(ctx, d, r, s, found[0].Guide, slices.DeleteFunc(found[1:], func(f kb.Found) bool { return !f.Sure }),
		slices.Concat(bounceIn(d.KB, r.Lang, r.Text), examined.sections, learned)...)
	out.Actions = slices.Concat(examined.actions, cited, out.Actions)
	reply(out)
	return nil
}

// AsksGuide reports whether what somebody wrote without a command's name is answered by a guide rather than by a
// channel of support: it asks for no contact, is neither urgent nor the report of a trouble at a provider with its time
// or extent, and a guide answers it, or nothing in it is of mail, or it is like what is not.
func AsksGuide(b *kb.Base, text string, lang language.Tag) bool {
	s := b.Understand(text, lang)
	elsewhere := s.Provider == "" && b.Elsewhere(text)
	if elsewhere && !s.Asks && !b.OfMail(text) {
		return true
	}
	if s.Asks || s.Urgent || asksStatus(b, s, text) ||
		s.What && s.Provider != "" && (s.Since || s.Whom || s.Impact) {
		return false
	}
	found, err := b.Search(text)
	return err == nil && (len(found) > 0 && found[0].Sure || !s.What && !b.OfMail(text) ||
		elsewhere)
}

// asksStatus reports whether a text asks if a provider has a fault. What breaks down is not always mail.
func asksStatus(b *kb.Base, s kb.Situation, text string) bool {
	return slices.Contains(s.Topics, "status") && (s.Provider != "" || !b.Elsewhere(text))
}

const maxLessons = 3

// lessons is what the team's own cases taught about a question, and the buttons to them.
func lessons(ctx context.Context, d Deps, r chat.Request) ([]chat.Section, []chat.Action) {
	if d.Book == nil {
		return nil, nil
	}
	found, err := d.Book.Lessons(ctx, r.Team, r.Text, maxLessons, func(c *cases.Case) bool { return Sees(r, c) })
	if err != nil {
		slog.Warn("lessons are not known", "request_id", r.ID, "error", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	s := chat.Section{Heading: chat.Text(r.Lang, "ask.lessons", nil)}
	var buttons []chat.Action
	for _, c := range found {
		s.Items = append(s.Items, chat.Text(r.Lang, "case.similar.item",
			map[string]any{"case": c.Name(), "title": CaseTitle(d.KB, r.Lang, c), "resolution": c.Lesson}))
		buttons = append(buttons, chat.Action{ID: "show-" + c.Name(), Label: c.Name(), Command: chat.Case,
			Text: "show " + c.Name()})
	}
	return []chat.Section{s}, buttons
}

// guideReply is a guide, with the provider's own page where the provider is known, and the ways on.
func guideReply(ctx context.Context, d Deps, r chat.Request, s kb.Situation, g *kb.Guide, related []kb.Found,
	before ...chat.Section) chat.Reply {
	out := chat.Reply{Title: g.Title(d.KB, r.Lang), Final: true, Data: map[string]any{"guide": g.ID}}
	out.Sections = append(before, warnings(r.Lang, s)...)
	if d.KB.AsksChannel(r.Text) {
		out.Sections = append(out.Sections, kindsSection(d.KB, r.Lang, s, d.Now())...)
	}
	var guide []chat.Section
	for _, b := range g.Blocks(d.KB, r.Lang) {
		guide = append(guide, chat.Section{Text: b.Text, Items: b.Items, Steps: b.Steps, Code: b.Code})
	}
	own := ownSettings(ctx, d, r)
	provider := cmp.Or(s.Provider, own.Provider, d.KB.Asked()[0])
	var places, sources []chat.Section // of the provider's own; what the guide was written from
	for _, c := range d.KB.ChannelsFor(provider, g.Topic(d.KB, r.Lang)) {
		places = append(places, chat.Section{Text: strings.TrimSpace(chat.Text(r.Lang, "ask.own-channel",
			map[string]any{"provider": shortName(d.KB, r.Lang, provider), "reach": reachText(d.KB, r.Lang, c)}) + " " +
			c.Note.In(d.KB, r.Lang))})
	}
	for _, site := range d.KB.Servers(provider, g) {
		places = append(places, chat.Section{Text: chat.Text(r.Lang, "ask.servers", map[string]any{
			"provider": shortName(d.KB, r.Lang, provider), "region": regionText(r.Lang, site.Region),
			"hosts": strings.Join(site.Hosts, ", "), "seen": site.Seen, "unconfirmed": site.Unconfirmed()})})
	}
	if pages := d.KB.Pages(provider, g); len(pages) > 0 {
		places = append(places, chat.Section{Text: chat.Text(r.Lang, "ask.pages",
			map[string]any{"provider": shortName(d.KB, r.Lang, provider), "pages": strings.Join(pages, " · ")})})
	}
	if known := g.Sources(d.KB, r.Lang); len(known) > 0 {
		from := chat.Section{Heading: chat.Text(r.Lang, "ask.sources", nil), Muted: true}
		for _, x := range known {
			if x.Seen == "" {
				from.Items = append(from.Items, x.URL)
				continue
			}
			from.Items = append(from.Items, chat.Text(r.Lang, "ask.source", map[string]any{"url": x.URL, "seen": x.Seen}))
		}
		sources = append(sources, from)
	}
	whole := chat.Reply{Title: out.Title, Sections: slices.Concat(out.Sections, guide, places, sources)}
	// The provider's own pages stand behind what is shown of the guide.
	if r.Values["more"] == "" && whole.Height() > chat.MaxLines {
		kept, _ := chat.Cut(guide, max(chat.MaxLines-out.Height()-len(places), minGuide))
		out.Sections = slices.Concat(out.Sections, kept, places)
		out.Detail = &chat.Detail{Title: out.Title, Sections: slices.Concat(guide, sources)}
	} else {
		out.Sections = whole.Sections
	}
	if t, ok := ownTarget(own); ok && len(before) == 0 {
		out.Actions = append(out.Actions,
			chat.Action{ID: "own", Label: chat.Clip(chat.Text(r.Lang, "bounce.check", map[string]any{"domain": t.Unicode}), 29),
				Command: chat.Check, Text: t.Domain})
	}
	out.Actions = append(append(out.Actions, channelAction(r.Lang, r.Text), personAction(r.Lang)),
		relatedActions(d.KB, r.Lang, related, g)...)
	return out
}

// topicsReply is what the guides are about.
func topicsReply(b *kb.Base, lang language.Tag) chat.Reply {
	out := chat.Reply{Title: chat.Text(lang, "ask.topics", nil), Final: true}
	var items []string
	for _, g := range b.Guides() {
		items = append(items, g.Title(b, lang))
		out.Actions = append(out.Actions, guideAction(b, lang, g))
	}
	out.Sections = []chat.Section{{Items: items},
		{Muted: true, Text: chat.Text(lang, "try", map[string]any{"example": mailaskExample(lang)})}}
	return out
}

func mailaskExample(lang language.Tag) string { return chat.Text(lang, "ask.example", nil) }

func guideAction(b *kb.Base, lang language.Tag, g *kb.Guide) chat.Action {
	return chat.Action{ID: "guide-" + g.ID, Label: chat.Clip(g.Title(b, lang), 29), Command: chat.Ask,
		Text: "guide=" + g.ID}
}

func relatedActions(b *kb.Base, lang language.Tag, found []kb.Found, shown *kb.Guide) []chat.Action {
	var out []chat.Action
	for _, f := range found {
		if f.Guide != shown && len(out) < MaxRelated {
			out = append(out, guideAction(b, lang, f.Guide))
		}
	}
	return out
}

// general are the guides that are offered where no other is near.
var general = []string{"start", "channels", "bounce"}

// nearest is three guides for who asked what none answers: those that are near, then general ones.
func nearest(b *kb.Base, found []kb.Found) []kb.Found {
	found = slices.Clone(found)
	for _, id := range general {
		g := b.Guide(id)
		if g != nil && len(found) < MaxRelated && !slices.ContainsFunc(found, func(f kb.Found) bool { return f.Guide == g }) {
			found = append(found, kb.Found{Guide: g})
		}
	}
	return found
}
