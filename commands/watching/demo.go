package watching

import (
	"context"
	"errors"
	"slices"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/feeds"
	"signpost/kb"
	"signpost/watch"
)

// Change alters a zone of the lab as a careless administrator would, or takes that back, and tells what the watch of
// the domain makes of it: the looks that would come at their times are made at once.
func Change(ctx context.Context, d answers.Deps, r chat.Request, domain string, reply func(chat.Reply)) error {
	k := &work{d: d, r: r, say: reply, now: d.Now().UTC()}
	t, ok := intent.DomainIn(domain)
	if !ok || d.Book == nil ||
		!slices.ContainsFunc(d.Demo, func(x answers.DemoDomain) bool { return x.Domain == t.Domain }) {
		reply(chat.Reply{Tone: chat.Caution, Title: k.text("demo.which", nil), Final: true,
			Sections: []chat.Section{{Text: k.text("try", map[string]any{"example": "/demo change healthy.example"})}}})
		return nil
	}
	due := k.now.Truncate(time.Second)
	w, err := d.Book.Watch(ctx, r.Team, r.Channel, t.Domain)
	if errors.Is(err, cases.ErrNone) {
		w, err = watch.New(t.Domain, r.Channel, r.User, watch.Daily, k.now), nil
		w.Lang = r.Lang.String()
	}
	if err == nil && w.Looked.IsZero() {
		w, err = k.look(ctx, w, due)
	}
	if err != nil || w == nil {
		return err
	}
	changed := kb.Record{Name: t.Domain, Type: "TXT", Value: "v=spf1 +all"}
	back := changed
	back.Remove = true
	line, id := "- ", "demo.changed-back"
	if d.Publish([]kb.Record{back}) != nil { // it does not stand there
		line, id = "", "demo.changed"
		if err := d.Publish([]kb.Record{changed}); err != nil {
			return err
		}
	}
	out := chat.Reply{Title: k.text(id, map[string]any{"domain": t.Unicode}), Final: true, Sections: []chat.Section{
		{Code: line + changed.Name + "  " + changed.Type + "  " + changed.Value}}}
	for i := range 4 {
		if d.Runs != nil {
			d.Runs.Forget()
		}
		if w, err = k.look(ctx, w, due.Add(time.Duration(i+1)*time.Second)); err != nil || w == nil {
			return err
		}
		if len(w.Told) == 0 && w.Unsettled(watch.Rules{}) {
			continue
		}
		break
	}
	if len(w.Told) > 0 {
		post := k.post(r.Lang, w)
		out.Sections = append(out.Sections, chat.Section{Tone: post.Tone, Heading: post.Title})
		out.Sections = append(out.Sections, post.Sections...)
		out.Actions, out.Data = post.Actions, post.Data
	} else {
		out.Sections = append(out.Sections, chat.Section{Text: k.text("demo.unchanged", nil)})
	}
	out.Scheduled = []chat.Event{cases.WatchEvent(r.Team, w)}
	reply(out)
	return nil
}

// Incident has the lab's provider announce an incident, or its end, and tells what this channel is told of it: the
// looks that would come at their times are made at once.
func Incident(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	k := &work{d: d, r: r, say: reply, now: d.Now().UTC()}
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: k.text("set.no-store", nil), Final: true})
		return nil
	}
	w, err := d.Book.Watch(ctx, r.Team, r.Channel, d.Incident.Domain)
	if errors.Is(err, cases.ErrNone) {
		w, err = watch.New(d.Incident.Domain, r.Channel, r.User, watch.Daily, k.now), nil
		w.Lang = r.Lang.String()
	}
	if err == nil && w.Looked.IsZero() {
		w, err = k.look(ctx, w, k.now.Truncate(time.Second))
	}
	if err != nil || w == nil {
		return err
	}
	out := chat.Reply{Final: true, Scheduled: []chat.Event{cases.WatchEvent(r.Team, w)}}
	inner := func(e chat.Event) (got chat.Reply, err error) {
		err = Happens(ctx, d, r, e, func(x chat.Reply) { got = x })
		return got, err
	}
	pages, err := inner(cases.PagesEvent(r.Team, k.now))
	if err != nil {
		return err
	}
	out.Scheduled = append(out.Scheduled, pages.Scheduled...)
	s, err := d.Book.Source(ctx, r.Team, feeds.SourceID(d.Incident.Page))
	if err != nil {
		return err
	}
	if s.Done.IsZero() { // what is known before it begins
		if _, err := inner(cases.SourceEvent(r.Team, s)); err != nil {
			return err
		}
	}
	id := "demo.incident-over"
	if d.Incident.Turn() {
		id = "demo.incident"
	}
	out.Title = k.text(id, map[string]any{"provider": answers.ProviderNames(d.KB, r.Lang, s.Providers), "domain": d.Incident.Domain})
	if s, err = d.Book.Source(ctx, r.Team, s.ID); err != nil {
		return err
	}
	told, err := inner(cases.SourceEvent(r.Team, s))
	if err != nil {
		return err
	}
	out.Scheduled = append(out.Scheduled, told.Scheduled...)
	for _, m := range told.Outbox {
		if m.Channel == r.Channel && m.ThreadOf == nil {
			out.Sections = append(out.Sections, chat.Section{Tone: m.Reply.Tone, Heading: m.Reply.Title})
			out.Sections = append(out.Sections, m.Reply.Sections...)
			out.Actions = m.Reply.Actions
		} else {
			out.Outbox = append(out.Outbox, m)
		}
	}
	reply(out)
	return nil
}
