package watching

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/feeds"
	"signpost/watch"

	"golang.org/x/text/language"
)

const (
	mostPages     = 20 // official pages that a workspace follows
	mostOwnLooked = 10 // own domains that are looked at for their providers
)

// feedDue looks what an address announces, and tells the channels and cases that it concerns.
func (k *work) feedDue(ctx context.Context, e event.Event) error {
	out := chat.Reply{Title: chat.Watch, Final: true}
	s, err := k.d.Book.Source(ctx, k.r.Team, e.Feed)
	switch {
	case errors.Is(err, cases.ErrNone):
		k.say(out)
		return nil
	case err != nil:
		return err
	case e.Due.Before(s.Next) && !e.Due.Equal(s.Done): // another look takes its place
		out.Scheduled = []chat.Event{cases.SourceEvent(k.r.Team, s)}
		k.say(out)
		return nil
	}
	if !e.Due.Equal(s.Done) { // otherwise this is a repetition, which tells what was told
		if s, err = k.readSource(ctx, s, e.Due); err != nil {
			return err
		}
		if s == nil {
			k.say(out)
			return nil
		}
	}
	out.Scheduled = []chat.Event{cases.SourceEvent(k.r.Team, s)}
	if out.Outbox, err = k.announced(ctx, s); err != nil {
		return err
	}
	k.say(out)
	return nil
}

// readSource looks at an address and keeps what is known then; nil where it is followed no longer.
func (k *work) readSource(ctx context.Context, s *feeds.Source, due time.Time) (*feeds.Source, error) {
	for {
		if err := k.lookAt(ctx, s, due); err != nil {
			return nil, err
		}
		if err := k.tellCases(ctx, s); err != nil {
			return nil, err
		}
		err := k.d.Book.SetSource(ctx, k.r.Team, s)
		if !errors.Is(err, cases.ErrConflict) {
			return s, err
		}
		// Somebody changed it, or another process was faster.
		if s, err = k.d.Book.Source(ctx, k.r.Team, s.ID); errors.Is(err, cases.ErrNone) {
			return nil, nil
		}
		if err != nil || s.Done.Equal(due) {
			return s, err
		}
	}
}

// tellCases notes which open cases are told of incidents that go on: of one once, whenever the case was opened.
func (k *work) tellCases(ctx context.Context, s *feeds.Source) error {
	items := slices.DeleteFunc(s.Ongoing().Items, func(x feeds.Item) bool { return !k.concerns(s, x) })
	if len(items) == 0 || s.Trouble != "" {
		return nil
	}
	for _, id := range s.Providers {
		open, _, err := k.d.Book.Find(ctx, k.r.Team, cases.Query{Open: true, Provider: id}, 0, 50)
		if err != nil {
			return err
		}
		for _, c := range open {
			for _, x := range items {
				s.TellCase(x.ID, c.Number)
			}
		}
	}
	return nil
}

// concerns reports whether an announcement of a provider may concern mail.
func (k *work) concerns(s *feeds.Source, x feeds.Item) bool {
	return len(s.Providers) > 0 && k.d.KB.ConcernsMail(s.Address, x.Title+" "+x.Text)
}

// announced is what the last look at an address told: to the channels that asked for it, to those that watch domains of
// the provider, and to cases.
func (k *work) announced(ctx context.Context, s *feeds.Source) (out []chat.Message, err error) {
	key := fmt.Sprintf("feed %s %d", s.ID, s.Done.Unix())
	for _, to := range s.Subs {
		told := slices.DeleteFunc(slices.Clone(s.Told), func(t feeds.Told) bool { return to.Since.After(s.Memory.Looked) })
		out = append(out, k.announcement(ctx, s, key, to, told)...)
	}
	told := slices.DeleteFunc(slices.Clone(s.Told), func(t feeds.Told) bool {
		return t.Item.Kind != feeds.Incident || !k.concerns(s, t.Item)
	})
	if len(told) > 0 && s.Official {
		watching, err := k.watching(ctx, s)
		if err != nil {
			return nil, err
		}
		for _, to := range watching {
			out = append(out, k.announcement(ctx, s, key, to, told)...)
		}
	}
	for _, c := range s.Cases {
		item, ended := c.Item, c.Ended.Equal(s.Done) && !c.Ended.IsZero()
		if !ended && !c.Look.Equal(s.Done) {
			continue
		}
		m, err := k.caseAnnouncement(ctx, s, item, c.Case, ended)
		if err != nil {
			return nil, err
		}
		out = append(out, m...)
	}
	return out, nil
}

// announcement is what a channel is told; nothing where nothing is.
func (k *work) announcement(ctx context.Context, s *feeds.Source, key string, to feeds.Subscriber,
	told []feeds.Told) []chat.Message {
	if len(told) == 0 {
		return nil
	}
	r := k.r
	r.Channel, r.Lang = to.Channel, chat.Match(language.Make(to.Lang))
	if to.Lang == "" {
		r.Lang = k.r.Lang
	}
	lang := answers.SharedLanguage(ctx, k.d, r)
	return []chat.Message{{Key: key, Channel: to.Channel, Fallback: to.By, Lang: lang,
		Reply: answers.Announced(k.d.KB, lang, s, told)}}
}

// watching is the channels that watch a domain of the provider whose page this is, and did not ask for the page.
func (k *work) watching(ctx context.Context, s *feeds.Source) (out []feeds.Subscriber, err error) {
	all, err := k.d.Book.Watches(ctx, k.r.Team)
	for _, w := range all {
		if s.Subscribed(w.Channel) || slices.Contains(s.Off, w.Channel) || w.Quiet(k.now) ||
			slices.ContainsFunc(out, func(x feeds.Subscriber) bool { return x.Channel == w.Channel }) {
			continue
		}
		if slices.ContainsFunc(w.Providers, func(p diag.ProviderSeen) bool { return slices.Contains(s.Providers, p.ID) }) {
			out = append(out, feeds.Subscriber{Channel: w.Channel, By: w.By, Lang: w.Lang})
		}
	}
	return out, err
}

// caseAnnouncement tells a case in its thread that its provider has an incident, or had one.
func (k *work) caseAnnouncement(ctx context.Context, s *feeds.Source, item string, number int64,
	ended bool) ([]chat.Message, error) {
	c, err := k.d.Book.Case(ctx, k.r.Team, number)
	if errors.Is(err, cases.ErrNone) || err == nil && !c.State.Open() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	x, ok := s.Item(item)
	if !ok {
		return nil, nil
	}
	r := k.r
	r.Channel = c.Channel
	if c.Lang != "" {
		r.Lang = chat.Match(language.Make(c.Lang))
	}
	lang := answers.SharedLanguage(ctx, k.d, r)
	args := map[string]any{"provider": k.d.KB.ProviderName(lang, c.Provider), "case": c.Name()}
	t, id, tone := feeds.Told{Item: x, Change: feeds.New}, "feed.case", chat.Caution
	if ended {
		t.Change, id, tone = feeds.Ended, "feed.case-ended", chat.Good
	}
	told := chat.Reply{Audience: chat.Channel, Tone: tone, Final: true, Lang: lang, Title: chat.Text(lang, id, args),
		Sections: []chat.Section{answers.AnnouncedSection(lang, s.Format, t), answers.SourceLine(lang, s)},
		Actions: []chat.Action{{ID: "recheck", Label: chat.Text(lang, "case.button.recheck", nil), Command: chat.Case,
			Text: "recheck " + c.Name()}}}
	if c.Domain == "" {
		told.Actions = nil
	}
	return []chat.Message{{Key: fmt.Sprintf("incident %s %s %s %t", s.ID, x.ID, c.Name(), ended), Channel: c.Channel,
		ThreadOf: chat.CardOf(c.Number), Fallback: c.By, Reply: told, Lang: lang}}, nil
}

// pagesDue follows the official pages of the providers that the workspace's domains and open cases are with, and lets
// the others go.
func (k *work) pagesDue(ctx context.Context) error {
	out := chat.Reply{Title: chat.Watch, Final: true}
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return err
	}
	ids, err := k.providersUsed(ctx, team.Own)
	if err != nil {
		return err
	}
	wanted := map[string][]string{} // the providers of an address
	for _, id := range ids {
		for _, page := range k.d.KB.NoticePages(id, team.Own.Region) {
			address, err := feeds.CheckAddress(page)
			if err == nil && (wanted[address] != nil || len(wanted) < mostPages) {
				wanted[address] = append(wanted[address], id)
			}
		}
	}
	all, err := k.d.Book.Sources(ctx, k.r.Team)
	if err != nil {
		return err
	}
	for _, s := range all {
		of := wanted[s.Address]
		delete(wanted, s.Address)
		switch {
		case s.Official == (of != nil) && (of == nil || slices.Equal(s.Providers, of)):
			continue
		case of != nil:
			s.Official, s.Providers = true, of
			err = k.d.Book.SetSource(ctx, k.r.Team, s)
		case len(s.Subs) > 0:
			s.Official = false
			err = k.d.Book.SetSource(ctx, k.r.Team, s)
		default:
			err = k.d.Book.DropSource(ctx, k.r.Team, s)
		}
		if err != nil && !errors.Is(err, cases.ErrConflict) { // who changed it meanwhile leaves it to the next time
			return err
		}
	}
	for address, of := range wanted {
		s := feeds.NewSource(address, k.now)
		s.Official, s.Providers = true, of
		err := k.d.Book.SetSource(ctx, k.r.Team, s)
		if errors.Is(err, cases.ErrConflict) || errors.Is(err, cases.ErrManyWatches) {
			continue
		}
		if err != nil {
			return err
		}
		out.Scheduled = append(out.Scheduled, cases.SourceEvent(k.r.Team, s))
	}
	slices.SortFunc(out.Scheduled, func(a, b chat.Event) int { return cmp.Compare(a.Feed, b.Feed) })
	k.say(out)
	return nil
}

// providersUsed is the providers of what the workspace watches, of its own domains and of its open cases.
func (k *work) providersUsed(ctx context.Context, own cases.Own) (ids []string, err error) {
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(own.Provider)
	watches, err := k.d.Book.Watches(ctx, k.r.Team)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, w := range watches {
		known[w.Domain] = !w.Looked.IsZero()
		for _, p := range w.Providers {
			add(p.ID)
		}
	}
	for _, name := range own.Domains[:min(len(own.Domains), mostOwnLooked)] {
		t, err := diag.ParseTarget(name)
		if err != nil || known[t.Domain] {
			continue
		}
		q := intent.Question{Target: t, Options: diag.Options{Only: []string{"mx", "spf"}, NoSMTP: true}}
		report, err := answers.Diagnose(ctx, k.d, k.r, q, nil)
		if err != nil {
			return nil, err
		}
		for _, p := range report.Providers {
			add(p.ID)
		}
	}
	open, _, err := k.d.Book.Find(ctx, k.r.Team, cases.Query{Open: true}, 0, 100)
	for _, c := range open {
		add(c.Provider)
	}
	return ids, err
}

// lookAt looks at what an address announces, at the time when that was due.
func (k *work) lookAt(ctx context.Context, s *feeds.Source, due time.Time) error {
	looker := feeds.Looker{Net: k.d.Net, Now: k.d.Now}
	told, f, after, err := looker.Look(ctx, s.Address, s.Memory)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	rules, failed := k.rules(ctx)
	if failed != nil {
		return failed
	}
	seen := feeds.Seen{Due: due, At: k.d.Now().UTC(), Told: told, Feed: f, After: after}
	if err != nil {
		seen.Trouble = answers.UnreadCode(err)
	}
	s.See(seen, feeds.Rules{Opens: rules.Opens,
		Spread: func(name string, span time.Duration, after time.Time) time.Time {
			return watch.Spread(k.r.Team+"\x00"+name, span, after)
		}})
	return nil
}
