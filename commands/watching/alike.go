package watching

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/kb"
	"signpost/watch"

	"golang.org/x/text/language"
)

// settle notes in the other domains what a post about several told of them. Doing it twice does no harm.
func (k *work) settle(ctx context.Context, w *watch.Watch) error {
	for _, c := range w.Told {
		if c.Alike == nil {
			continue
		}
		for _, domain := range c.Alike.Domains {
			for domain != w.Domain {
				x, err := k.d.Book.Watch(ctx, k.r.Team, w.Channel, domain)
				tell := (*watch.Watch).TellAlike
				if c.Kind == watch.Gone {
					tell = (*watch.Watch).TellEnded
				}
				if errors.Is(err, cases.ErrNone) || err == nil && !tell(x, c.Finding.Code, c.At) {
					break
				}
				if err == nil {
					err = k.d.Book.SetWatch(ctx, k.r.Team, x)
				}
				if err != nil && !errors.Is(err, cases.ErrConflict) {
					return err
				}
			}
		}
	}
	return nil
}

// askNeighbours has the other domains of the provider looked at now where a domain shows a fault for the first time,
// and those with the same fault where it is missed for the first time: so that it is known, when it is told, whether it
// is this domain's alone.
func (k *work) askNeighbours(ctx context.Context, w *watch.Watch) (out []chat.Event, err error) {
	fresh, relieved := w.Fresh(), w.Relieved()
	if !fresh && len(relieved) == 0 {
		return nil, nil
	}
	all, err := k.d.Book.Watches(ctx, k.r.Team)
	if err != nil {
		return nil, err
	}
	for i, x := range w.NeighboursOf(all, k.now) {
		if !fresh && !x.Suffers(relieved) {
			continue
		}
		soon := k.now.Add(time.Duration(i+1) * apart).Truncate(time.Second)
		if !soon.Before(x.Next) {
			continue
		}
		x.Next = soon
		if err := k.d.Book.SetWatch(ctx, k.r.Team, x); errors.Is(err, cases.ErrConflict) {
			continue // it is being looked at
		} else if err != nil {
			return nil, err
		}
		out = append(out, cases.WatchEvent(k.r.Team, x))
	}
	return out, nil
}

// messages is what a look told, for the channel: what several domains show alike in a post of its own, that whoever of
// them tells it has under the same name.
func (k *work) messages(ctx context.Context, w *watch.Watch) (out []chat.Message) {
	own := *w
	own.Told = nil
	for _, c := range w.Told {
		if c.Alike == nil {
			own.Told = append(own.Told, c)
			continue
		}
		m := k.message(ctx, w)
		m.Key = fmt.Sprintf("alike %s %s %d", c.Finding.Code, c.Alike.Provider, c.Alike.First.Unix())
		if m.Reply = k.alikePost(ctx, m.Lang, w, c); c.Kind == watch.Gone { // others may be mended later
			m.Key = "ended " + m.Key + " " + watch.Digest("txt", strings.Join(c.Alike.Domains, " "))
			m.Reply = k.endedPost(ctx, m.Lang, w, c)
		}
		out = append(out, m)
	}
	if len(own.Told) > 0 {
		out = append(out, k.message(ctx, &own))
	}
	return out
}

// alikePost says that several domains of a provider fail alike, and what that points at.
func (k *work) alikePost(ctx context.Context, lang language.Tag, w *watch.Watch, c watch.Change) chat.Reply {
	g, f := c.Alike, readAgain(*c.Finding)
	report := reportOf(w)
	a := k.d.KB.Advise(lang, report, f)
	args := map[string]any{"count": len(g.Domains), "total": len(g.Domains) + len(g.Sound), "title": a.Title,
		"provider": k.d.KB.ProviderName(lang, g.Provider), "domains": allShown(g.Domains), "sound": allShown(g.Sound),
		"elsewhere": allShown(g.Elsewhere), "first": chat.Stamp(g.First)}
	why := "alike.ours"
	switch {
	case len(g.Elsewhere) > 0:
		why = "alike.everywhere"
	case a.Who == kb.Vendor:
		why = "alike.theirs"
	}
	out := chat.Reply{Audience: chat.Channel, Tone: chat.Caution, Final: true, Lang: lang,
		Title: chat.Text(lang, "alike.title", args), Data: map[string]any{"domain": w.Domain, "changes": []watch.Change{c}}}
	if f.Severity >= diag.Error {
		out.Tone = chat.Bad
	}
	out.Sections = append(out.Sections, chat.Section{Text: chat.Text(lang, why, args)})
	r := k.r
	r.Lang = lang
	out.Sections = append(out.Sections, answers.IncidentSections(ctx, k.d, r, []string{g.Provider})...)
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: chat.Text(lang, "alike.domains", args)})
	out.Sections = append(out.Sections, answers.FindingSections(k.d.KB, lang, report, f)...)
	out.Actions = postActions(lang, w.Domain, true)
	return out
}

// endedPost says that several domains of a provider show a fault no longer, and which show it still.
func (k *work) endedPost(ctx context.Context, lang language.Tag, w *watch.Watch, c watch.Change) chat.Reply {
	g, r := c.Alike, k.r
	r.Lang = lang
	args := map[string]any{"count": len(g.Domains), "title": k.d.KB.Title(lang, readAgain(*c.Finding)),
		"provider": k.d.KB.ProviderName(lang, g.Provider), "domains": allShown(g.Domains), "still": allShown(g.Still),
		"first": chat.Stamp(g.First)}
	out := chat.Reply{Audience: chat.Channel, Tone: chat.Good, Final: true, Lang: lang,
		Title: chat.Text(lang, "alike.ended", args), Data: map[string]any{"domain": w.Domain, "changes": []watch.Change{c}}}
	out.Sections = []chat.Section{{Text: chat.Text(lang, "alike.ended.domains", args)}}
	if len(g.Still) > 0 {
		out.Sections = append(out.Sections, chat.Section{Tone: chat.Caution,
			Text: chat.Text(lang, "alike.ended.still", args)})
	}
	out.Sections = append(out.Sections, answers.IncidentSections(ctx, k.d, r, []string{g.Provider})...)
	out.Actions = postActions(lang, w.Domain, false)
	return out
}

func allShown(domains []string) (out []string) {
	for _, d := range domains {
		out = append(out, shown(d))
	}
	return out
}
