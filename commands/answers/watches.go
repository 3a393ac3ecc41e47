package answers

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
	"signpost/diag"
	"signpost/diag/resolve"
	"signpost/diag/visible"
	"signpost/feeds"
	"signpost/kb"
	"signpost/watch"

	"golang.org/x/text/language"
)

// WatchState is how a watched domain stands, in one line.
func WatchState(r chat.Request, w *watch.Watch, now time.Time) string {
	return chat.Text(r.Lang, "watch.state", watchArgs(r, w, now))
}

// watchArgs is what the words for a watched domain are made of.
func watchArgs(r chat.Request, w *watch.Watch, now time.Time) map[string]any {
	args := map[string]any{"every": chat.Text(r.Lang, "watch.every."+string(w.Every), nil), "faults": len(w.Open()),
		"verdict": string(w.Verdict), "ago": "", "pinned": len(w.Pins), "drifts": 0, "muted": "", "blind": w.Blind,
		"unknown": len(w.Unknown)}
	drifts := 0
	for _, d := range w.Drifts {
		if !d.Told.IsZero() {
			drifts++
		}
	}
	args["drifts"] = drifts
	if !w.Looked.IsZero() {
		args["ago"] = chat.Span(r.Lang, now.Sub(w.Looked))
	}
	if w.Quiet(now) {
		args["muted"] = chat.Stamp(w.Muted)
		if local := datetime.In(w.Muted, r.Zone); r.Zone != "" {
			args["muted"] = local.Format("2006-01-02 15:04 -07:00")
		}
	}
	return args
}

// WatchesSection is watched domains: a field each, and a row of a table.
func WatchesSection(r chat.Request, all []*watch.Watch, now time.Time) chat.Section {
	s := chat.Section{Table: chat.NewTable(chat.Text(r.Lang, "table.watches", nil))}
	for _, w := range all {
		name := w.Domain
		if t, err := diag.ParseTarget(w.Domain); err == nil {
			name = t.Unicode
		}
		s.Fields = append(s.Fields, chat.Field{Label: name, Value: WatchState(r, w, now)})
		args := watchArgs(r, w, now)
		part := func(id string) string { return chat.Text(r.Lang, "watch.state."+id, args) }
		var besides []string
		for _, id := range []string{"unknown", "drifts", "muted"} {
			if x := part(id); x != "" {
				besides = append(besides, x)
			}
		}
		s.Table.Add(name, chat.Text(r.Lang, "watch.every."+string(w.Every), nil), part("stands"), part("looked"),
			strings.Join(besides, chat.Text(r.Lang, "list-comma", nil)))
	}
	return s
}

// watchesShown is how many watched domains stand in a digest or on a person's page.
const watchesShown = 20

// WatchSection is how the watched domains stand that somebody asks about, with those; empty where there are none.
func WatchSection(ctx context.Context, d Deps, r chat.Request, asked func(*watch.Watch) bool) (s chat.Section,
	all []*watch.Watch, err error) {
	if all, err = d.Book.Watches(ctx, r.Team); err != nil {
		return s, nil, err
	}
	all = slices.DeleteFunc(slices.Clone(all), func(w *watch.Watch) bool { return !asked(w) })
	count := len(all)
	if count == 0 {
		return s, nil, nil
	}
	s = WatchesSection(r, all[:min(count, watchesShown)], d.Now())
	s.Heading = chat.Text(r.Lang, "watch.section", map[string]any{"count": count})
	if more := count - watchesShown; more > 0 {
		s.Items = []string{chat.Text(r.Lang, "watch.list.more", map[string]any{"count": more})}
	}
	return s, all, nil
}

// LiveActions is the button that follows a domain's recommended records until they are live; none where there is
// nothing to wait for, or nobody to ask.
func LiveActions(d Deps, lang language.Tag, domain string, wanted []watch.Wanted) []chat.Action {
	if d.Book == nil || len(d.Resolvers) == 0 || len(wanted) == 0 {
		return nil
	}
	words := []string{"until", domain}
	for _, w := range wanted {
		words = append(words, w.String())
	}
	return []chat.Action{{ID: "until", Label: chat.Text(lang, "watch.button.until", nil), Command: chat.Watch,
		Text: strings.Join(words, " ")}}
}

// LiveOf is LiveActions for what a report recommends. Nothing can be live of a zone that is not delegated yet.
func LiveOf(d Deps, lang language.Tag, r *diag.Report) []chat.Action {
	if len(r.Through) > 0 {
		return nil
	}
	return LiveActions(d, lang, r.Domain, watch.Recommended(r))
}

// UnreadCode is why an address could not be read: address, host, status, redirect, large, format, soon, private, or
// unknown where nothing could be told.
func UnreadCode(err error) string {
	for _, x := range []struct {
		err  error
		code string
	}{
		{feeds.ErrAddress, "address"}, {feeds.ErrNoHost, "host"}, {feeds.ErrStatus, "status"},
		{feeds.ErrRedirect, "redirect"}, {feeds.ErrTooLarge, "large"}, {feeds.ErrNotAFeed, "format"},
		{feeds.ErrTooSoon, "soon"}, {resolve.ErrPrivate, "private"},
	} {
		if errors.Is(err, x.err) {
			return x.code
		}
	}
	return "unknown"
}

// WhyUnread is why an address could not be read, in words. Until is when it may be asked again.
func WhyUnread(lang language.Tag, code string, until time.Time) string {
	args := map[string]any{"detail": "", "most": chat.Size(feeds.MaxBody)}
	if code == "soon" {
		args["detail"] = chat.Stamp(until)
	}
	return chat.Text(lang, "announced.why."+code, args)
}

// ProviderNames is providers by name, in one line.
func ProviderNames(b *kb.Base, lang language.Tag, ids []string) string {
	var names []string
	for _, id := range ids {
		names = append(names, b.ProviderName(lang, id))
	}
	return strings.Join(names, ", ")
}

// statesInWords are the states of incidents and maintenances of the interfaces that are read; others stand as they
// came.
var statesInWords = []string{
	"investigating", "identified", "monitoring", "resolved", "postmortem", "scheduled", "in_progress", "verifying",
	"completed", "service_disruption", "service_outage", "service_information", "available",
}

// itemLine is an announcement in one line: what it is, its state, its title.
func itemLine(lang language.Tag, f feeds.Format, t feeds.Told) string {
	kind, state := "new", t.Item.State
	if slices.Contains(statesInWords, state) {
		state = chat.Text(lang, "announced.state."+state, nil)
	}
	switch {
	case t.Item.Kind != feeds.News:
		kind = string(t.Item.Kind)
	case f == feeds.Page:
		kind = "page"
	}
	if t.Change == feeds.Ended {
		state = chat.Text(lang, "announced.ended", nil)
	}
	return chat.Text(lang, "announced.item", map[string]any{
		"kind": chat.Text(lang, "announced."+kind, nil), "state": state, "title": t.Item.Title,
	})
}

// AnnouncedSection is an announcement as it is told, with its time and where it stands.
func AnnouncedSection(lang language.Tag, f feeds.Format, t feeds.Told) chat.Section {
	var lines []string
	if !t.Item.At.IsZero() {
		lines = append(lines, chat.Stamp(t.Item.At))
	}
	if t.Item.Link != "" {
		lines = append(lines, t.Item.Link)
	}
	s := chat.Section{Heading: itemLine(lang, f, t), Text: strings.Join(lines, "  ")}
	if t.Item.Text != "" && t.Item.Text != t.Item.Title {
		s.Items = []string{visible.Clip(t.Item.Text, 300)}
	}
	return s
}

// announcedInPost is how many announcements one message tells in full.
const announcedInPost = 6

// Announced is what a look at an address told, in words.
func Announced(b *kb.Base, lang language.Tag, s *feeds.Source, told []feeds.Told) chat.Reply {
	name := SourceName(s)
	out := chat.Reply{Audience: chat.Channel, Final: true, Lang: lang, Title: chat.Text(lang, "announced.news",
		map[string]any{"name": name, "count": len(told), "fresh": false}),
		Data: map[string]any{"address": s.Address, "providers": s.Providers, "items": told}}
	if len(told) == 1 {
		out.Title = chat.Text(lang, "feed.title", map[string]any{"name": name, "what": itemLine(lang, s.Format, told[0])})
	}
	for _, t := range told {
		if t.Item.Kind == feeds.Incident && t.Change != feeds.Ended {
			out.Tone = chat.Caution
		}
	}
	for _, t := range told[:min(len(told), announcedInPost)] {
		out.Sections = append(out.Sections, AnnouncedSection(lang, s.Format, t))
	}
	if n := len(told) - announcedInPost; n > 0 {
		out.Sections = append(out.Sections, chat.Section{Text: chat.Text(lang, "announced.more",
			map[string]any{"count": n, "link": s.Link})})
	}
	if len(s.Providers) > 0 {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(lang, "announced.concerns",
			map[string]any{"providers": ProviderNames(b, lang, s.Providers)})})
	}
	out.Actions = []chat.Action{
		{ID: "feeds", Label: chat.Text(lang, "feed.button.list", nil), Command: chat.Watch, Text: "feeds"},
		{ID: "off", Label: chat.Text(lang, "feed.button.off", nil), Command: chat.Watch, Text: "feed " + s.Address + " off"},
	}
	return out
}

// SourceLine is where an announcement was read, and when.
func SourceLine(lang language.Tag, s *feeds.Source) chat.Section {
	on := s.Ongoing()
	return chat.Section{Muted: true, Text: chat.Text(lang, "feed.source",
		map[string]any{"link": on.Link, "time": chat.Stamp(on.Looked)})}
}

// SourceState is how an address that is followed stands, in one line.
func SourceState(lang language.Tag, s *feeds.Source, now time.Time) string {
	args := map[string]any{"ongoing": len(s.Ongoing().Items), "ago": "", "trouble": "", "held": len(s.Held),
		"last": ""}
	if !s.Memory.Looked.IsZero() {
		args["ago"] = chat.Span(lang, now.Sub(s.Memory.Looked))
	}
	if s.Trouble != "" {
		args["trouble"] = WhyUnread(lang, s.Trouble, s.Memory.NotUntil)
	}
	if len(s.Recent) > 0 {
		args["last"] = itemLine(lang, s.Format, s.Recent[0].Told)
	}
	return chat.Text(lang, "feed.state", args)
}

// incidentsShown is how many incidents of a provider stand above an answer.
const incidentsShown = 2

// IncidentSections is what goes on at providers by their own pages, with its source and time, to stand first in an
// answer; nothing where the last look is too old to say so.
func IncidentSections(ctx context.Context, d Deps, r chat.Request, providers []string) (out []chat.Section) {
	if d.Book == nil || len(providers) == 0 {
		return nil
	}
	all, err := d.Book.Ongoing(ctx, r.Team)
	if err != nil {
		slog.Warn("what goes on at providers is not known", "request_id", r.ID, "error", err)
	}
	now, more := d.Now(), 0
	for _, on := range all {
		i := slices.IndexFunc(on.Providers, func(id string) bool { return slices.Contains(providers, id) })
		if i < 0 || on.Stale(now) {
			continue
		}
		for _, x := range on.Items {
			if !d.KB.ConcernsMail(on.Address, x.Title+" "+x.Text) {
				continue
			}
			if len(out) == incidentsShown {
				more++
				continue
			}
			link := x.Link
			if link == "" {
				link = on.Link
			}
			args := map[string]any{"provider": d.KB.ProviderName(r.Lang, on.Providers[i]),
				"what": itemLine(r.Lang, feeds.StatusPage, feeds.Told{Item: x, Change: feeds.New}), "since": "",
				"link": link, "ago": chat.Span(r.Lang, now.Sub(on.Looked))}
			if !x.At.IsZero() {
				args["since"] = chat.Stamp(x.At)
			}
			out = append(out, chat.Section{Tone: chat.Caution, Text: chat.Text(r.Lang, "feed.incident", args)})
		}
	}
	if more > 0 {
		out = append(out, chat.Section{Muted: true, Text: chat.Text(r.Lang, "feed.incidents-more",
			map[string]any{"count": more})})
	}
	return out
}

// AnnouncementSection is what was announced in so many days where somebody hears of it, for a digest or a person's
// page; empty where there was nothing.
func AnnouncementSection(ctx context.Context, d Deps, r chat.Request, days int,
	asked func(*feeds.Source) bool) (chat.Section, error) {
	all, err := d.Book.Sources(ctx, r.Team)
	if err != nil {
		return chat.Section{}, err
	}
	now, s, count, followed := d.Now(), chat.Section{}, 0, 0
	for _, x := range all {
		if !asked(x) {
			continue
		}
		followed++
		var told []string // of one thing the latest
		for _, a := range x.Recent {
			id := a.Told.Item.ID
			if now.Sub(a.At) > time.Duration(days)*24*time.Hour || slices.Contains(told, id) || len(x.Subs) == 0 &&
				!d.KB.ConcernsMail(x.Address, a.Told.Item.Title+" "+a.Told.Item.Text) {
				continue
			}
			told = append(told, id)
			if count++; count <= announcedInDigest {
				s.Items = append(s.Items, chat.Text(r.Lang, "feed.digest-item", map[string]any{"name": SourceName(x),
					"what": itemLine(r.Lang, x.Format, a.Told), "link": a.Told.Item.Link}))
			}
		}
		if x.Trouble != "" && now.Sub(x.Memory.Looked) > 24*time.Hour {
			s.Items = append(s.Items, chat.Text(r.Lang, "feed.digest-unread", map[string]any{"name": SourceName(x)}))
		}
	}
	if more := count - announcedInDigest; more > 0 {
		s.Items = append(s.Items, chat.Text(r.Lang, "watch.list.more", map[string]any{"count": more}))
	}
	if followed > 0 {
		s.Heading = chat.Text(r.Lang, "feed.section", map[string]any{"count": count, "days": days, "followed": followed})
	}
	return s, nil
}

const announcedInDigest = 8

// SourceName is what an address that is followed is called.
func SourceName(s *feeds.Source) string {
	if s.Title == "" {
		return s.Address
	}
	return s.Title
}

// providersOf is every provider that a domain's diagnosis shows.
func providersOf(r *diag.Report) (ids []string) {
	for _, p := range r.Providers {
		ids = append(ids, p.ID)
	}
	return ids
}
