package casework

import (
	"context"
	"errors"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
)

// note adds words to the timeline. What looks like a ticket's number is offered as one.
func (k *Work) note(ctx context.Context, c *cases.Case) error {
	text := k.value("text")
	if text == "" {
		return k.ask(c)
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Note(k.act(ctx), text)
	}, "case.noted", nil, k.stays(c), func(r *chat.Reply) {
		k.aboutLength(r, text, cases.MaxText)
		for _, t := range ticketsIn(text, c) {
			r.Actions = append(r.Actions, k.keepTicket(c, t))
		}
		if len(r.Outbox) > 1 {
			r.Outbox[1].Reply.Sections = append([]chat.Section{{Text: text, Mentions: true}}, r.Outbox[1].Reply.Sections...)
		}
	})
}

// tag adds tags, and untag takes them off, as does a minus before one.
func (k *Work) tag(ctx context.Context, c *cases.Case) error {
	tags := tagsIn(k.clean(k.words))
	if len(tags) == 0 {
		k.wrong("case.which-tag", nil)
		return nil
	}
	var on, off, left []string
	for _, t := range tags {
		if name, minus := strings.CutPrefix(t, "-"); minus || k.verb == "untag" {
			off = append(off, name)
		} else {
			on = append(on, name)
		}
	}
	_, _, err := k.d.Book.Change(ctx, k.r.Team, c.Number, k.r.ID, func(c *cases.Case) (e cases.Edit, err error) {
		e, left, err = c.Tag(k.act(ctx), on, off)
		return e, err
	})
	switch {
	case cases.Why(err).Reason == cases.Unchanged:
		return k.same(ctx, c, "case.tagged", map[string]any{"tags": c.Tags})
	case err != nil:
		return err
	}
	c, err = k.d.Book.Case(ctx, k.r.Team, c.Number)
	if err != nil {
		return err
	}
	out := chat.Reply{Tone: chat.Good, Title: k.text("case.tagged", map[string]any{"case": c.Name(), "tags": c.Tags}), Final: true, Data: caseData(c), Outbox: []chat.Message{k.rootPost(c)}}
	if len(left) > 0 {
		out.Tone = chat.Caution
		out.Sections = []chat.Section{{Text: k.text("case.tags-full", map[string]any{"count": cases.MaxTags, "tags": left})}}
	}
	k.movedNote(c, &out)
	return k.done(ctx, c, out)
}

// lesson keeps what was learned: it is found with the case, and shown beside similar ones.
func (k *Work) lesson(ctx context.Context, c *cases.Case) error {
	text := k.value("resolution")
	if text == "" {
		return k.ask(c)
	}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Learn(k.act(ctx), text)
	}, "case.lesson-kept", nil, func(r *chat.Reply) { k.aboutLength(r, text, cases.MaxResolution) })
	if cases.Why(err).Reason == cases.Overtaken {
		k.slower(c, text)
		return nil
	}
	return err
}

// heard records a reply in a case's thread, where the channel has switched that on.
func (k *Work) heard(ctx context.Context) error {
	var posts []chat.Message
	defer func() { k.say(chat.Reply{Title: chat.Case, Final: true, Outbox: posts}) }() // nobody waits
	s, err := k.d.Book.Channel(ctx, k.r.Team, k.r.Channel)
	if err != nil || !s.Record {
		return err
	}
	n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
	if errors.Is(err, cases.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	text := k.clean(k.words)
	c, _, err := k.d.Book.Change(ctx, k.r.Team, n, k.r.ID, func(c *cases.Case) (cases.Edit, error) {
		return c.Reply(k.act(ctx), text)
	})
	if cases.Why(err).Reason == cases.Missing { // a picture without words
		return nil
	}
	if err != nil {
		return err
	}
	k.r.Lang = k.caseLang(c)
	for _, t := range ticketsIn(text, c) {
		offer := chat.Reply{Audience: chat.Channel, Title: k.text("case.ticket-seen", map[string]any{"ticket": t}), Final: true, Lang: k.r.Lang, Actions: []chat.Action{k.keepTicket(c, t)}}
		posts = append(posts, chat.Message{Key: "ticket " + c.Name() + " " + t, Channel: c.Channel, ThreadOf: rootOf(c), Reply: offer, Lang: k.r.Lang})
	}
	return nil
}

// reactions are what a reaction to a case's root message says, as Slack names emoji.
var reactions = map[string]string{
	"eyes": "take", "raising_hand": "take", "hourglass": "state waiting-provider", "hourglass_flowing_sand": "state waiting-provider", "globe_with_meridians": "state waiting-dns",
	"arrows_counterclockwise": "recheck", "repeat": "recheck", "white_check_mark": "solve", "heavy_check_mark": "solve", "leftwards_arrow_with_hook": "reopen",
}

// react does what a reaction to a case's root message says, where the channel has switched that on.
func (k *Work) react(ctx context.Context) error {
	verb, words, _ := strings.Cut(reactions[k.words], " ")
	s, err := k.d.Book.Channel(ctx, k.r.Team, k.r.Channel)
	if err != nil {
		return err
	}
	n, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread)
	switch {
	case errors.Is(err, cases.ErrNone) || err == nil && (verb == "" || !s.Emoji):
		k.say(chat.Reply{Title: chat.Case, Final: true})
		return nil
	case err != nil:
		return err
	}
	if verb == "solve" && words == "" {
		words = k.text("case.by-emoji", nil)
	}
	r := k.r
	r.Internal, r.Text, r.Lang = false, strings.TrimSpace(verb+" "+cases.Name(n)+" "+words), k.r.Lang
	return Run(ctx, k.d, r, k.say)
}
