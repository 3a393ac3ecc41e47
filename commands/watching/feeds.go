package watching

import (
	"context"
	"errors"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/feeds"
)

// pagesAtOnce is how many pages of one provider are followed by one request.
const pagesAtOnce = 4

// feed has a channel told of what an address announces, or what a provider does on its own pages; with "off" behind it
// no longer.
func (k *work) feed(ctx context.Context) error {
	off := len(k.words) > 0 && intent.OffWord(k.words[len(k.words)-1])
	if off {
		k.words = k.words[:len(k.words)-1]
	}
	said := strings.Join(k.words, " ")
	if said == "" {
		k.wrong("feed", "feed.which", nil)
		return nil
	}
	addresses, err := k.addressesIn(ctx, said)
	if err != nil {
		return err
	}
	if off {
		return k.unfollow(ctx, addresses)
	}
	if k.d.Runs != nil {
		if err := k.d.Runs.Count(k.r.Team+"/"+k.r.User, k.r.ID); err != nil {
			return err
		}
	}
	var out chat.Reply
	for _, a := range addresses {
		x, err := k.followOne(ctx, a)
		if err != nil {
			return err
		}
		out = with(out, x)
	}
	out.Final = true
	out.Actions = []chat.Action{{ID: "feeds", Label: k.text("feed.button.list", nil), Command: chat.Watch, Text: "feeds"}}
	k.say(out)
	return nil
}

// with is two answers in one.
func with(a, b chat.Reply) chat.Reply {
	if a.Title == "" {
		return b
	}
	if b.Tone == chat.Good && a.Tone != chat.Good { // what could be followed comes first
		a, b = b, a
	}
	a.Sections = append(append(a.Sections, chat.Section{Tone: b.Tone, Heading: b.Title}), b.Sections...)
	a.Scheduled = append(a.Scheduled, b.Scheduled...)
	return a
}

// addressesIn is the address that words name, or the pages of the provider that they name; errSaid where there are
// none, and somebody was told.
func (k *work) addressesIn(ctx context.Context, said string) ([]string, error) {
	link, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(said, "<"), ">"), "|")
	if strings.Contains(link, "://") || intent.LooksLikeDomain(link) && !strings.Contains(link, " ") {
		address, err := feeds.CheckAddress(link)
		if err != nil {
			k.wrong("feed", "feed.address", map[string]any{"what": chat.Clip(link, 100)})
			return nil, errSaid
		}
		return []string{address}, nil
	}
	id := strings.ToLower(said)
	if k.d.KB.Provider(id) == nil {
		id = k.d.KB.Understand(said, k.r.Lang).Provider
	}
	if id == "" {
		k.wrong("feed", "feed.unknown", map[string]any{"what": chat.Clip(said, 60)})
		return nil, errSaid
	}
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, page := range k.d.KB.NoticePages(id, team.Own.Region) {
		if address, err := feeds.CheckAddress(page); err == nil && len(out) < pagesAtOnce {
			out = append(out, address)
		}
	}
	if len(out) == 0 {
		k.wrong("feed", "feed.no-page", map[string]any{"provider": k.d.KB.ProviderName(k.r.Lang, id)})
		return nil, errSaid
	}
	return out, nil
}

// followOne has this channel told of what an address announces. What cannot be read is not followed.
func (k *work) followOne(ctx context.Context, address string) (chat.Reply, error) {
	for {
		s, err := k.d.Book.Source(ctx, k.r.Team, feeds.SourceID(address))
		switch {
		case errors.Is(err, cases.ErrNone):
			if full, err := k.full(ctx); full || err != nil {
				return k.fullReply(address), err
			}
			s = feeds.NewSource(address, k.now)
			s.Providers = k.d.KB.AnnouncesAt(address)
		case err != nil:
			return chat.Reply{}, err
		}
		if s.Subscribed(k.r.Channel) {
			return chat.Reply{Title: k.text("feed.known", map[string]any{"name": answers.SourceName(s)})}, nil
		}
		if s.Needless() { // nobody else waits for what this look finds
			if err := k.lookAt(ctx, s, s.Next); err != nil {
				return chat.Reply{}, err
			}
			if s.Trouble != "" {
				return k.unreadable(s, address), nil
			}
			s.Told = nil // the answer tells it
		}
		_, full := s.Subscribe(feeds.Subscriber{Channel: k.r.Channel, By: k.r.User, Lang: k.r.Lang.String(), Since: k.now})
		if full {
			return k.fullReply(address), nil
		}
		switch err := k.d.Book.SetSource(ctx, k.r.Team, s); {
		case errors.Is(err, cases.ErrConflict) && ctx.Err() == nil:
			continue
		case errors.Is(err, cases.ErrManyWatches):
			return k.fullReply(address), nil
		case err != nil:
			return chat.Reply{}, err
		}
		return k.followed(s), nil
	}
}

func (k *work) fullReply(address string) chat.Reply {
	return chat.Reply{Tone: chat.Caution,
		Title: k.text("feed.full", map[string]any{"name": address, "limit": feeds.MostFollow})}
}

// full reports that people of the workspace follow as many addresses as they may.
func (k *work) full(ctx context.Context) (bool, error) {
	all, err := k.d.Book.Sources(ctx, k.r.Team)
	count := 0
	for _, s := range all {
		if len(s.Subs) > 0 {
			count++
		}
	}
	return count >= feeds.MostFollow, err
}

// unreadable says why an address is not followed.
func (k *work) unreadable(s *feeds.Source, address string) chat.Reply {
	return chat.Reply{Tone: chat.Unsure, Title: k.text("feed.unread", map[string]any{"name": address}),
		Sections: []chat.Section{{Text: answers.WhyUnread(k.r.Lang, s.Trouble, s.Memory.NotUntil)}}}
}

// followed says what is followed now, and what goes on there.
func (k *work) followed(s *feeds.Source) chat.Reply {
	out := chat.Reply{Tone: chat.Good, Title: k.text("feed.added", map[string]any{"name": answers.SourceName(s)}),
		Scheduled: []chat.Event{cases.SourceEvent(k.r.Team, s)},
		Sections: []chat.Section{{Text: k.text("feed.added.how", map[string]any{
			"every": chat.Span(k.r.Lang, s.Every()), "format": string(s.Format)})}}}
	if s.Trouble != "" {
		out.Sections = append(out.Sections, chat.Section{Tone: chat.Unsure,
			Text: answers.WhyUnread(k.r.Lang, s.Trouble, s.Memory.NotUntil)})
	}
	on := s.Ongoing().Items
	for _, x := range on[:min(len(on), most)] {
		out.Sections = append(out.Sections,
			answers.AnnouncedSection(k.r.Lang, s.Format, feeds.Told{Item: x, Change: feeds.New}))
	}
	if len(s.Providers) > 0 {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.text("announced.concerns",
			map[string]any{"providers": answers.ProviderNames(k.d.KB, k.r.Lang, s.Providers)})})
	}
	out.Data = map[string]any{"followed": s.Address, "format": s.Format, "ongoing": on}
	return out
}

// unfollow has this channel told no longer of addresses.
func (k *work) unfollow(ctx context.Context, addresses []string) error {
	removed := ""
	for _, a := range addresses {
		for {
			s, err := k.d.Book.Source(ctx, k.r.Team, feeds.SourceID(a))
			if errors.Is(err, cases.ErrNone) || err == nil && !s.Unsubscribe(k.r.Channel) {
				break
			}
			if err == nil && s.Needless() {
				err = k.d.Book.DropSource(ctx, k.r.Team, s)
			} else if err == nil {
				err = k.d.Book.SetSource(ctx, k.r.Team, s)
			}
			if errors.Is(err, cases.ErrConflict) && ctx.Err() == nil {
				continue
			}
			if err != nil {
				return err
			}
			removed = answers.SourceName(s)
			break
		}
	}
	if removed == "" {
		k.wrong("feed", "feed.none", map[string]any{"name": addresses[0]})
		return nil
	}
	k.done(chat.Good, "feed.removed", map[string]any{"name": removed}, map[string]any{"removed": addresses})
	return nil
}

// feeds shows what is followed.
func (k *work) feeds(ctx context.Context) error {
	all, err := k.d.Book.Sources(ctx, k.r.Team)
	if err != nil {
		return err
	}
	here, pages := chat.Section{}, chat.Section{Heading: k.text("feed.list.official", nil)}
	data := []map[string]any{}
	elsewhere := 0
	for _, s := range all {
		mine := s.Subscribed(k.r.Channel)
		f := chat.Field{Label: answers.SourceName(s), Value: answers.SourceState(k.r.Lang, s, k.now)}
		switch {
		case mine:
			here.Fields = append(here.Fields, f)
		case s.Heard(k.r.Channel):
			f.Label += " (" + answers.ProviderNames(k.d.KB, k.r.Lang, s.Providers) + ")"
			pages.Fields = append(pages.Fields, f)
		default:
			elsewhere++
			continue
		}
		data = append(data, map[string]any{"address": s.Address, "providers": orNone(s.Providers), "asked_for": mine,
			"looked": stampOf(s.Memory.Looked), "trouble": s.Trouble, "ongoing": len(s.Ongoing().Items)})
	}
	out := chat.Reply{Title: k.text("feed.list", map[string]any{"count": len(here.Fields), "elsewhere": elsewhere,
		"limit": feeds.MostFollow}), Final: true, Data: data}
	if len(here.Fields) == 0 {
		here.Text = k.text("try", map[string]any{"example": k.text("watch.example.feed", nil)})
	}
	out.Sections = []chat.Section{here}
	if len(pages.Fields) > 0 {
		out.Sections = append(out.Sections, pages)
	}
	k.say(out)
	return nil
}

func stampOf(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return chat.Stamp(at)
}
