package watching

import (
	"context"
	"errors"
	"fmt"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/gate"
	"signpost/kb"
	"signpost/watch"

	"golang.org/x/text/language"
)

// Happens does what is to be done for a watched domain at a time that has come. Nobody is answered; what is told goes
// to the channel that asked for it.
func Happens(ctx context.Context, d answers.Deps, r chat.Request, e event.Event, say func(chat.Reply)) error {
	k := &work{d: d, r: r, say: say, now: d.Now().UTC()}
	switch e.Kind {
	case event.LiveDue:
		return k.liveDue(ctx, e)
	case event.FeedDue:
		return k.feedDue(ctx, e)
	case event.PagesDue:
		return k.pagesDue(ctx)
	}
	out := chat.Reply{Title: chat.Watch, Final: true}
	w, err := d.Book.Watch(ctx, r.Team, e.Channel, e.Domain)
	switch {
	case errors.Is(err, cases.ErrNone): // it was removed since
		say(out)
		return nil
	case err != nil:
		return err
	case e.Due.Before(w.Next) && !e.Due.Equal(w.Done): // another look takes its place
		out.Scheduled = []chat.Event{cases.WatchEvent(r.Team, w)}
		say(out)
		return nil
	}
	first := w.Looked.IsZero()
	if !e.Due.Equal(w.Done) { // otherwise this is a repetition, which tells what was told
		if w, err = k.look(ctx, w, e.Due); err != nil {
			return err
		}
		if w == nil {
			say(out)
			return nil
		}
	}
	out.Scheduled = []chat.Event{cases.WatchEvent(r.Team, w)}
	if first && len(w.Providers) > 0 { // whose pages concern the workspace now
		out.Scheduled = append(out.Scheduled, cases.PagesEvent(r.Team, w.Done))
	}
	neighbours, err := k.askNeighbours(ctx, w)
	if err == nil {
		err = k.settle(ctx, w)
	}
	if err != nil {
		return err
	}
	out.Scheduled = append(out.Scheduled, neighbours...)
	out.Outbox = k.messages(ctx, w)
	say(out)
	return nil
}

// look looks at a domain and keeps what is known then; nil where the watch was removed meanwhile.
func (k *work) look(ctx context.Context, w *watch.Watch, due time.Time) (*watch.Watch, error) {
	t, err := diag.ParseTarget(w.Domain)
	if err != nil {
		return nil, err
	}
	l, err := k.examine(ctx, w, t)
	if err != nil {
		return nil, err
	}
	l.Due, l.At = due, k.d.Now().UTC()
	rules, err := k.rules(ctx)
	if err != nil {
		return nil, err
	}
	for {
		w.See(l, rules)
		if err := k.gather(ctx, w); err != nil {
			return nil, err
		}
		err := k.d.Book.SetWatch(ctx, k.r.Team, w)
		if !errors.Is(err, cases.ErrConflict) {
			return w, err
		}
		// Somebody changed it, or another process was faster.
		if w, err = k.d.Book.Watch(ctx, k.r.Team, w.Channel, w.Domain); errors.Is(err, cases.ErrNone) {
			return nil, nil
		}
		if err != nil || w.Done.Equal(due) {
			return w, err
		}
	}
}

// examine is the diagnosis of a look. Where records are pinned they are read, and of those that differ it is examined
// what brings them back.
func (k *work) examine(ctx context.Context, w *watch.Watch, t diag.Target) (l watch.Look, err error) {
	q := intent.Question{Target: t}
	if len(w.Pins) == 0 {
		l.Report, err = answers.Diagnose(ctx, k.d, k.r, q, nil)
		return l, err
	}
	type change struct{ now, was gate.Set }
	var differ []change
	var back []gate.Restored
	l.Report, err = answers.DiagnoseThen(ctx, k.d, k.r, q, func(ctx context.Context, trial *diag.Trial) {
		l.Sets = gate.Reread(ctx, trial, w.Pins)
		for _, now := range l.Sets {
			for _, was := range w.Pins {
				if was.Same(now) && !was.Equal(now) {
					differ, back = append(differ, change{now, was}), append(back, gate.Restore(ctx, trial, now, was))
				}
			}
		}
	})
	l.Restore = func(now, was gate.Set) gate.Restored {
		for i, c := range differ {
			if c.now.Same(now) && c.now.Equal(now) && c.was.Equal(was) {
				return back[i]
			}
		}
		return gate.Restored{}
	}
	return l, err
}

// rules is by what the workspace wants to be told: when it is at work.
func (k *work) rules(ctx context.Context) (watch.Rules, error) {
	rules := watch.Rules{Team: k.r.Team, Again: k.d.LookAgain}
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return rules, err
	}
	if team.Hours != nil {
		rules.Opens = func(at time.Time) time.Time {
			if o := k.d.KB.Opening(team.Hours, at); o.Known && !o.Open && !o.Next.IsZero() {
				return o.Next.UTC()
			}
			return at
		}
	}
	return rules, nil
}

// message is what a look told, for the channel.
func (k *work) message(ctx context.Context, w *watch.Watch) chat.Message {
	r := k.r
	r.Channel, r.Lang = w.Channel, chat.Match(language.Make(w.Lang))
	if w.Lang == "" {
		r.Lang = k.r.Lang
	}
	lang := answers.SharedLanguage(ctx, k.d, r)
	return chat.Message{
		Key: fmt.Sprintf("watch %s %d", w.Domain, w.Done.Unix()), Channel: w.Channel, Fallback: w.By,
		Reply: k.post(lang, w), Lang: lang,
	}
}

// post is what the last look at a domain told, with the button that follows the records that mend it.
func (k *work) post(lang language.Tag, w *watch.Watch) chat.Reply {
	out := Post(k.d.KB, lang, w)
	out.Actions = append(out.Actions, answers.LiveActions(k.d, lang, w.Domain, watch.Restoring(w.Domain, w.Told))...)
	return out
}

// most is how many changes one message tells in full.
const most = 6

// Post is what the last look at a domain told, in words.
func Post(b *kb.Base, lang language.Tag, w *watch.Watch) chat.Reply {
	out := chat.Reply{Audience: chat.Channel, Tone: chat.Good, Final: true, Lang: lang}
	counts := map[watch.Kind]int{}
	faulty := false
	for _, c := range w.Told {
		counts[c.Kind]++
		switch {
		case c.Kind == watch.Appeared && c.Finding.Severity >= diag.Error, c.Kind == watch.Ending && c.End.Stage <= 1:
			out.Tone = chat.Bad
		case out.Tone == chat.Good && (c.Kind == watch.Appeared || c.Kind == watch.Drifted || c.Kind == watch.Ending):
			out.Tone = chat.Caution
		}
		faulty = faulty || c.Kind == watch.Appeared || c.Kind == watch.Drifted
	}
	args := map[string]any{"domain": shown(w.Domain)}
	if len(w.Told) == 1 {
		args["what"] = Headline(b, lang, w.Told[0])
	} else {
		var parts []string
		for _, kind := range []watch.Kind{watch.Appeared, watch.Drifted, watch.Ending, watch.Gone, watch.Returned,
			watch.Renewed, watch.Followed} {
			if counts[kind] > 0 {
				parts = append(parts, chat.Text(lang, "watch.count."+string(kind), map[string]any{"count": counts[kind]}))
			}
		}
		args["what"] = joined(lang, parts)
	}
	out.Title = chat.Text(lang, "watch.title", args)
	r := reportOf(w)
	for _, c := range w.Told[:min(len(w.Told), most)] {
		out.Sections = append(out.Sections, sections(b, lang, r, c)...)
	}
	if n := len(w.Told) - most; n > 0 {
		out.Sections = append(out.Sections, chat.Section{Text: chat.Text(lang, "watch.more", map[string]any{"count": n})})
	}
	out.Actions = postActions(lang, w.Domain, faulty)
	out.Data = map[string]any{"domain": w.Domain, "changes": w.Told}
	return out
}

func joined(lang language.Tag, parts []string) (out string) {
	for i, p := range parts {
		if i > 0 {
			out += chat.Text(lang, "list-comma", nil)
		}
		out += p
	}
	return out
}

// postActions is what can be done about what was told.
func postActions(lang language.Tag, domain string, faulty bool) []chat.Action {
	button := func(id, command, text string) chat.Action {
		return chat.Action{ID: id, Label: chat.Text(lang, "watch.button."+id, nil), Command: command, Text: text}
	}
	var out []chat.Action
	if faulty {
		out = append(out, button("case", chat.Case, "open "+domain), button("accept", chat.Watch, "accept "+domain))
	}
	return append(out, button("mute", chat.Watch, "mute "+domain+" 7d"), button("why", chat.Watch, "why "+domain),
		button("check", chat.Check, domain))
}
