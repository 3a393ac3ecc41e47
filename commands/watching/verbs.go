package watching

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag"
	"signpost/diag/checks"
	"signpost/diag/gate"
	"signpost/watch"
)

const (
	maxAdded = 200 // domains of one request
	// apart is how long after each other the first looks at many domains begin.
	apart    = 5 * time.Second
	mutedFor = 7 * 24 * time.Hour // where nobody says how long
)

// intervalOf is the interval that a word names; empty where it names none.
func intervalOf(word string) watch.Every {
	for _, e := range watch.Intervals {
		if w := chat.Fold(word); w == string(e) || slices.Contains(chat.Words("watch.every."+string(e)), w) {
			return e
		}
	}
	return ""
}

// added is what became of the domains that somebody wants watched.
type added struct {
	fresh, changed, known, unread, full []string
}

// add watches domains for this channel: those that are named, or the workspace's own.
func (k *work) add(ctx context.Context) error {
	if !k.fromFiles(ctx) {
		return nil
	}
	every, domains, out, err := k.readAdd(ctx)
	if err != nil {
		return err
	}
	if len(domains) == 0 {
		k.wrong("add", "watch.which", nil)
		return nil
	}
	reply := chat.Reply{Tone: chat.Good, Final: true}
	for i, t := range domains {
		w, err := k.d.Book.Watch(ctx, k.r.Team, k.r.Channel, t.Domain)
		switch {
		case errors.Is(err, cases.ErrNone):
			w = watch.New(t.Domain, k.r.Channel, k.r.User, every, k.now.Add(time.Duration(i)*apart).Truncate(time.Second))
			w.Lang = k.r.Lang.String()
			if err = k.d.Book.SetWatch(ctx, k.r.Team, w); errors.Is(err, cases.ErrManyWatches) {
				out.full = append(out.full, t.Unicode)
				continue
			}
			out.fresh = append(out.fresh, t.Unicode)
		case err == nil && w.Every == every:
			out.known = append(out.known, t.Unicode)
		case err == nil:
			w.Every = every
			if next := watch.Next(k.r.Team, w.Domain, every, k.now); !w.Looked.IsZero() {
				w.Next = next
			}
			out.changed = append(out.changed, t.Unicode)
			err = k.d.Book.SetWatch(ctx, k.r.Team, w)
		}
		if err != nil {
			return err
		}
		reply.Scheduled = append(reply.Scheduled, cases.WatchEvent(k.r.Team, w))
	}
	k.say(k.addedReply(reply, every, out, domains))
	return nil
}

// readAdd reads which domains are to be watched, and how often.
func (k *work) readAdd(ctx context.Context) (every watch.Every, domains []diag.Target, out added, err error) {
	every = watch.Daily
	for _, w := range k.words {
		if e := intervalOf(w); e != "" {
			every = e
			continue
		}
		t, err := diag.ParseTarget(w)
		if slices.Contains(chat.Words("watch.it"), chat.Fold(w)) {
			meant, ok := k.spokenOf(ctx)
			if !ok {
				k.wrong("add", "watch.which", nil)
				return every, nil, out, errSaid
			}
			t, w, err = meant, meant.Domain, nil
		}
		switch {
		case err != nil || !intent.LooksLikeDomain(w):
			out.unread = append(out.unread, chat.Clip(w, 60))
		case slices.ContainsFunc(domains, func(x diag.Target) bool { return x.Domain == t.Domain }):
		case len(domains) == maxAdded:
			out.full = append(out.full, t.Unicode)
		default:
			domains = append(domains, t)
		}
	}
	if len(domains) == 0 && len(out.unread) == 0 {
		s, err := k.d.Book.Team(ctx, k.r.Team)
		if err != nil {
			return every, nil, out, err
		}
		for _, d := range s.Own.Domains {
			if t, err := diag.ParseTarget(d); err == nil {
				domains = append(domains, t)
			}
		}
	}
	return every, domains, out, nil
}

// addedReply says what is watched now, and what is not.
func (k *work) addedReply(out chat.Reply, every watch.Every, a added, domains []diag.Target) chat.Reply {
	args := map[string]any{"count": len(a.fresh), "domains": a.fresh[:min(len(a.fresh), 10)],
		"more": max(len(a.fresh)-10, 0), "every": k.text("watch.every."+string(every), nil)}
	switch {
	case len(a.fresh) > 0:
		out.Title = k.text("watch.added", args)
		out.Sections = []chat.Section{{Text: k.text("watch.added.how", nil)}}
	case len(a.changed) > 0:
		args["domains"] = a.changed
		out.Title = k.text("watch.changed", args)
	case len(a.known) > 0:
		args["domains"] = a.known
		out.Title = k.text("watch.known", args)
	default:
		out.Tone, out.Title = chat.Caution, k.text("watch.full", map[string]any{"limit": watch.Most})
	}
	list := func(id string, names []string) {
		if len(names) > 0 {
			out.Sections = append(out.Sections, chat.Section{Tone: chat.Caution, Text: k.text(id, map[string]any{
				"limit": watch.Most, "count": len(names), "domains": names[:min(len(names), 20)]})})
		}
	}
	list("watch.left-out", a.full)
	list("watch.unread", a.unread)
	first := domains[0].Domain
	out.Actions = []chat.Action{
		{ID: "check", Label: k.text("watch.button.check", nil), Command: chat.Check, Text: first},
		{ID: "pin", Label: k.text("watch.button.pin", nil), Command: chat.Watch, Text: "baseline " + first},
		{ID: "list", Label: k.text("watch.button.list", nil), Command: chat.Watch, Text: "list"},
	}
	out.Data = map[string]any{"added": orNone(a.fresh), "changed": orNone(a.changed), "known": orNone(a.known),
		"left_out": orNone(a.full), "unread": orNone(a.unread), "every": every}
	return out
}

func orNone(list []string) []string { return append([]string{}, list...) }

// remove ends watches of this channel.
func (k *work) remove(ctx context.Context) error {
	t, err := k.domain("remove")
	if err != nil {
		return err
	}
	w, err := k.watchOf(ctx, t)
	if err != nil {
		return err
	}
	if err := k.d.Book.DropWatch(ctx, k.r.Team, w); err != nil {
		return err
	}
	k.done(chat.Good, "watch.removed", map[string]any{"domain": t.Unicode}, map[string]any{"removed": t.Domain})
	return nil
}

// watchOf is this channel's watch of a domain; errSaid where there is none, and somebody was told.
func (k *work) watchOf(ctx context.Context, t diag.Target) (*watch.Watch, error) {
	w, err := k.d.Book.Watch(ctx, k.r.Team, k.r.Channel, t.Domain)
	if errors.Is(err, cases.ErrNone) {
		k.say(chat.Reply{Tone: chat.Caution, Title: k.text("watch.none", map[string]any{"domain": t.Unicode}), Final: true,
			Actions: []chat.Action{{ID: "add", Label: k.text("watch.button.add", nil), Command: chat.Watch,
				Text: "add " + t.Domain}}})
		return nil, errSaid
	}
	return w, err
}

// changeWatch changes this channel's watch of a domain, again where somebody else was faster.
func (k *work) changeWatch(ctx context.Context, t diag.Target, change func(*watch.Watch) error) (*watch.Watch, error) {
	for {
		w, err := k.watchOf(ctx, t)
		if err != nil {
			return nil, err
		}
		if err := change(w); err != nil {
			return nil, err
		}
		if err = k.d.Book.SetWatch(ctx, k.r.Team, w); !errors.Is(err, cases.ErrConflict) || ctx.Err() != nil {
			return w, err
		}
	}
}

// mute has nothing told of a domain for a time; looks go on.
func (k *work) mute(ctx context.Context) error {
	t, err := k.domain("mute")
	if err != nil {
		return err
	}
	said, until := strings.Join(k.words, " "), k.now.Add(mutedFor)
	off := intent.OffWord(said)
	switch {
	case off:
		until = k.now
	case said != "":
		at, rest, err := datetime.Next(said, k.now, k.r.Zone)
		if err != nil || strings.TrimSpace(rest) != "" {
			return k.noTime("mute", said)
		}
		until = at
	}
	w, err := k.changeWatch(ctx, t, func(w *watch.Watch) error {
		w.Muted = until
		if w.Next = watch.Next(k.r.Team, w.Domain, w.Every, k.now); until.Add(time.Minute).Before(w.Next) {
			w.Next = until.Add(time.Minute).Truncate(time.Second)
		}
		return nil
	})
	if err != nil {
		return err
	}
	args := map[string]any{"domain": t.Unicode, "time": k.clock(until)}
	out := chat.Reply{Tone: chat.Good, Title: k.text("watch.muted", args), Final: true,
		Scheduled: append([]chat.Event{}, cases.WatchEvent(k.r.Team, w)), Data: map[string]any{"muted_until": until.UTC()}}
	if off {
		out.Title = k.text("watch.unmuted", args)
	}
	k.say(out)
	return nil
}

// baseline pins the records that stand there now.
func (k *work) baseline(ctx context.Context) error {
	t, err := k.domain("baseline")
	if err != nil {
		return err
	}
	if intent.OffWord(strings.Join(k.words, " ")) {
		_, err := k.changeWatch(ctx, t, func(w *watch.Watch) error { w.Unpin(); return nil })
		if err == nil {
			k.done(chat.Good, "watch.unpinned", map[string]any{"domain": t.Unicode}, map[string]any{"pinned": []string{}})
		}
		return err
	}
	if _, err := k.watchOf(ctx, t); err != nil {
		return err
	}
	k.say(chat.Reply{Title: k.text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
	var sets []gate.Set
	if _, err := answers.DiagnoseThen(ctx, k.d, k.r, intent.Question{Target: t},
		func(ctx context.Context, trial *diag.Trial) { sets = gate.Sets(ctx, trial) }); err != nil {
		return err
	}
	if len(sets) == 0 {
		k.done(chat.Unsure, "watch.unpinnable", map[string]any{"domain": t.Unicode}, nil)
		return nil
	}
	w, err := k.changeWatch(ctx, t, func(w *watch.Watch) error { w.Pin(sets, k.now); return nil })
	if err != nil {
		return err
	}
	out := chat.Reply{Tone: chat.Good, Final: true,
		Title: k.text("watch.pinned", map[string]any{"domain": t.Unicode, "count": len(w.Pins)}), Data: w.Pins}
	s := chat.Section{}
	for _, p := range w.Pins {
		value := strings.Join(p.Values, "\n")
		if value == "" {
			value = k.text("watch.no-record", nil)
		}
		s.Fields = append(s.Fields, chat.Field{Label: p.Name + " " + p.Type, Value: chat.Clip(value, 300)})
	}
	out.Sections = []chat.Section{s, {Muted: true, Text: k.text("watch.pinned.how", nil)}}
	k.say(out)
	return nil
}

// expect announces a change: until then what concerns it is not told.
func (k *work) expect(ctx context.Context) error {
	t, err := k.domain("expect")
	if err != nil {
		return err
	}
	e := watch.Expect{By: k.r.User}
	var said []string
	if said, e.Until, err = k.untilIn(k.words); err != nil {
		return k.noTime("expect", strings.Join(k.words, " "))
	}
	known := checks.All()
	var note []string
	for _, w := range said {
		name := strings.NewReplacer("-", "", "_", "").Replace(chat.Fold(w))
		if i := slices.IndexFunc(known, func(c *diag.Check) bool { return c.Name == name }); i >= 0 {
			e.Checks = append(e.Checks, known[i].Name)
		} else {
			note = append(note, w)
		}
	}
	e.Note = chat.Clip(strings.Join(note, " "), 200)
	w, err := k.changeWatch(ctx, t, func(w *watch.Watch) error {
		if err := w.Expected(e, k.now); err != nil {
			return err
		}
		if after := e.Until.Add(time.Minute).Truncate(time.Second); after.Before(w.Next) {
			w.Next = after
		}
		return nil
	})
	if errors.Is(err, watch.ErrExpects) {
		k.wrong("expect", "watch.expects-full", map[string]any{"domain": t.Unicode})
		return nil
	}
	if err != nil {
		return err
	}
	args := map[string]any{"domain": t.Unicode, "time": k.clock(e.Until), "checks": k.checkTitles(e.Checks)}
	k.say(chat.Reply{Tone: chat.Good, Title: k.text("watch.expected", args), Final: true, Data: e,
		Sections:  []chat.Section{{Text: k.text("watch.expected.how", nil)}},
		Scheduled: []chat.Event{cases.WatchEvent(k.r.Team, w)}})
	return nil
}

// noTime says that words name no time to come.
func (k *work) noTime(verb, said string) error {
	k.wrong(verb, "watch.when", map[string]any{"what": chat.Clip(said, 60)})
	return errSaid
}

// untilIn takes the time at the end of words off them.
func (k *work) untilIn(words []string) (before []string, at time.Time, err error) {
	err = datetime.ErrNone
	for i := range words {
		rest := strings.Join(words[i:], " ")
		for _, w := range chat.Words("watch.until") {
			if tail, ok := strings.CutPrefix(chat.Fold(rest), w); ok {
				rest = strings.TrimSpace(tail)
				break
			}
		}
		at, left, failed := datetime.Next(rest, k.now, k.r.Zone)
		switch {
		case failed == nil && strings.TrimSpace(left) == "":
			return words[:i], at, nil
		case failed != nil && !errors.Is(failed, datetime.ErrNone):
			err = failed
		}
	}
	return words, at, err
}

func (k *work) checkTitles(names []string) (out []string) {
	for _, n := range names {
		out = append(out, k.d.KB.CheckTitle(k.r.Lang, n))
	}
	return out
}

// accept takes what was told as it is.
func (k *work) accept(ctx context.Context) error {
	t, err := k.domain("accept")
	if err != nil {
		return err
	}
	args := map[string]any{"domain": t.Unicode}
	_, err = k.changeWatch(ctx, t, func(w *watch.Watch) error {
		args["faults"], args["records"] = w.Accept(k.now)
		return nil
	})
	if err == nil {
		k.done(chat.Good, "watch.accepted", args, args)
	}
	return err
}
