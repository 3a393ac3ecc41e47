package watching

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/cases/event"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/watch"

	"golang.org/x/text/language"
)

// Fields is what a text may hold as name=value: the records that are waited for.
func Fields(string) []string { return append(slices.Clone(watch.Types), "spf", "changed") }

// until follows how a change gets from the domain's servers into the caches, in one message.
func (k *work) until(ctx context.Context) error {
	wanted, unread := k.wanted()
	if unread != "" {
		k.wrong("until", "watch.live.unread", map[string]any{"what": chat.Clip(unread, 60)})
		return nil
	}
	t, err := k.domainMeant(ctx, "until")
	if err != nil {
		return err
	}
	if len(k.d.Resolvers) == 0 {
		k.done(chat.Unsure, "watch.live.no-resolvers", map[string]any{"domain": t.Unicode}, nil)
		return nil
	}
	rev := int64(0)
	switch was, err := k.d.Book.Live(ctx, k.r.Team, k.r.Channel, t.Domain); {
	case err == nil:
		rev = was.Rev
	case !errors.Is(err, cases.ErrNone):
		return err
	}
	k.say(chat.Reply{Title: k.text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
	l := watch.Follow(t.Domain, k.r.Channel, k.r.User, wanted, k.now)
	l.Rev, l.Lang = rev, k.r.Lang.String()
	report, err := k.spread(ctx, t, l)
	if err != nil {
		return err
	}
	l.See(l.Next, k.now, report)
	if l.Over() {
		out := k.live(l)
		out.Audience = chat.Asker
		out.Outbox, err = k.toCase(ctx, l, liveEnd(l), true)
		k.say(out)
		return err
	}
	if err := k.d.Book.SetLive(ctx, k.r.Team, l); err != nil {
		if errors.Is(err, cases.ErrManyWatches) {
			k.done(chat.Caution, "watch.full", map[string]any{"limit": watch.Most}, nil)
			return nil
		}
		return err
	}
	out := k.live(l)
	out.Audience, out.Location = chat.Asker, nil
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.text("watch.live.how", nil)})
	out.Outbox = []chat.Message{k.liveMessage(ctx, l)}
	out.Scheduled = []chat.Event{cases.LiveEvent(k.r.Team, l)}
	k.say(out)
	return nil
}

// wanted takes the records that are waited for off the words: mx=mx1.example.net, or as a button names them,
// is=mx:DIGEST and gone=_dmarc/txt:DIGEST; changed=mx is others than there are, ds=none no DS any more. Unread is the
// first word that names none and was meant to.
func (k *work) wanted() (out []watch.Wanted, unread string) {
	k.words = slices.DeleteFunc(slices.Clone(k.words), func(w string) bool {
		name, value, ok := strings.Cut(strings.Replace(w, "\uff1d", "=", 1), "=")
		name = chat.Fold(name)
		switch x, digest := watch.ParseWanted(name + "=" + value); {
		case !ok:
			return false
		case digest:
			out = append(out, x)
		case name == "changed" && slices.Contains(watch.Types, chat.Fold(value)):
			out = append(out, watch.Wanted{Type: chat.Fold(value), Gone: true, Set: true})
		case name == "ds" && intent.OffWord(value):
			out = append(out, watch.Wanted{Type: "ds", Gone: true})
		case name == "spf" && value != "":
			out = append(out, watch.Wanted{Type: "txt", Holds: chat.Clip(value, 200)})
		case slices.Contains(watch.Types, name) && value != "":
			out = append(out, watch.Wanted{Type: name, Holds: chat.Clip(value, 200)})
		default:
			unread = cmp.Or(unread, w)
		}
		return true
	})
	return out, unread
}

// spread asks the domain's own servers and the caches, and nobody else.
func (k *work) spread(ctx context.Context, t diag.Target, l *watch.Live) (*diag.Report, error) {
	q := intent.Question{Target: t,
		Options: diag.Options{Only: watch.LiveChecks(), NoSMTP: true, Spread: l.Places()}}
	return answers.Diagnose(ctx, k.d, k.r, q, nil)
}

// live is how far a change has come, in words.
func (k *work) live(l *watch.Live) chat.Reply {
	args := map[string]any{"domain": shown(l.Domain), "current": l.Current, "total": l.Total, "silent": l.Silent,
		"longest": "", "blind": l.Blind, "state": string(l.State), "took": "",
		"where": decides(l)}
	if l.Longest > 0 {
		args["longest"] = chat.Span(k.r.Lang, time.Duration(l.Longest)*time.Second)
	}
	if l.Over() {
		args["took"] = chat.Span(k.r.Lang, l.Ended.Sub(l.Since))
	}
	id := string(l.State)
	if l.State == watch.Unseen {
		id = "unseen"
	}
	out := chat.Reply{Audience: chat.Channel, Title: k.text("watch.live."+id, args), Final: true, Lang: k.r.Lang, Data: l}
	out.Tone = map[watch.State]chat.Tone{watch.Everywhere: chat.Good, watch.Unpublished: chat.Caution,
		watch.Disagreeing: chat.Caution, watch.GivenUp: chat.Bad, watch.Unseen: chat.Unsure}[l.State]
	if len(l.Wanted) > 0 {
		out.Sections = append(out.Sections, k.awaited(l))
	}
	if l.State == watch.Spreading || l.State == watch.Disagreeing || l.State == watch.GivenUp {
		out.Sections = append(out.Sections, k.seen(l.Seen))
	}
	if l.Silent > 0 || l.Blind > 0 {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.text("watch.live.silent", args)})
	}
	if l.TS != "" {
		out.Location = &chat.Location{Channel: l.Place, TS: l.TS}
	}
	button := func(id, command, text string) {
		out.Actions = append(out.Actions, chat.Action{ID: id, Label: k.text("watch.button."+id, nil), Command: command,
			Text: text})
	}
	button("check", chat.Check, l.Domain)
	if l.State == watch.Everywhere {
		button("add", chat.Watch, "add "+l.Domain)
	}
	return out
}

// decides is who decides about what is waited for: own, the domain's own servers, above, those of the zone above, or
// both.
func decides(l *watch.Live) string {
	above := 0
	for _, w := range l.Wanted {
		if w.Above() {
			above++
		}
	}
	switch above {
	case 0:
		return "own"
	case len(l.Wanted):
		return "above"
	}
	return "both"
}

// seen is what each resolver said: a line each, and a row of a table.
func (k *work) seen(all []watch.Seen) chat.Section {
	s := chat.Section{Table: chat.NewTable(k.text("table.resolvers", nil))}
	for _, x := range all {
		name := k.d.KB.ResolverName(x.ID)
		where := k.text("watch.seen.region", map[string]any{"region": x.Region})
		said, left := k.text("watch.seen", map[string]any{"state": x.State}), ""
		if x.TTL > 0 {
			left = chat.Span(k.r.Lang, time.Duration(x.TTL)*time.Second)
		}
		s.Items = append(s.Items, k.text("watch.seen.line", map[string]any{"name": name, "where": where, "said": said,
			"left": left}))
		s.Table.Add(name, where, said, left)
	}
	return s
}

// awaited is what is waited for, a line each, with what the domain's own servers have of it.
func (k *work) awaited(l *watch.Live) chat.Section {
	s, done := chat.Section{Muted: true}, 0
	for _, w := range l.Wanted {
		if w.Done {
			done++
		}
		at := w.Place(l.Domain)
		name := strings.TrimSuffix(at.Name, l.Domain) + shown(l.Domain)
		s.Items = append(s.Items, k.text("watch.live.record", map[string]any{"name": name, "type": at.Type,
			"holds": w.Holds, "set": w.Set, "gone": w.Gone, "done": w.Done, "none": w.None()}))
	}
	s.Text = k.text("watch.live.wanted", map[string]any{"count": done, "total": len(l.Wanted), "where": decides(l)})
	return s
}

// liveMessage is the message that is brought up to date.
func (k *work) liveMessage(ctx context.Context, l *watch.Live) chat.Message {
	return chat.Message{
		Key: fmt.Sprintf("live %s %d", l.Domain, l.Since.Unix()), Channel: l.Channel, Fallback: l.By,
		Shows: &chat.Card{Domain: l.Domain}, Lang: k.liveLang(ctx, l),
	}
}

// liveLang is in which language a channel is told.
func (k *work) liveLang(ctx context.Context, l *watch.Live) language.Tag {
	r := k.r
	r.Channel = l.Channel
	if l.Lang != "" {
		r.Lang = chat.Match(language.Make(l.Lang))
	}
	return answers.SharedLanguage(ctx, k.d, r)
}

// inside carries out what the program asks itself: what the message about a change shows, and where it stands.
func (k *work) inside(ctx context.Context, asked chat.Inside) error {
	domain := asked.Card.Domain
	gone := chat.Reply{Title: chat.Watch, Final: true}
	l, err := k.d.Book.Live(ctx, k.r.Team, k.r.Channel, domain)
	if errors.Is(err, cases.ErrNone) {
		k.say(gone)
		return nil
	}
	if err != nil {
		return err
	}
	if asked.Kind == chat.ShowCard {
		k.say(k.live(l))
		return nil
	}
	for {
		l.Place, l.TS = k.r.Channel, k.r.Thread
		err := k.d.Book.SetLive(ctx, k.r.Team, l)
		if !errors.Is(err, cases.ErrConflict) {
			k.say(gone)
			return err
		}
		if l, err = k.d.Book.Live(ctx, k.r.Team, k.r.Channel, domain); err != nil {
			return err
		}
	}
}

// liveDue looks how far a change has come. The message is brought up to date; the end is told once, and to the case
// that the change belongs to.
func (k *work) liveDue(ctx context.Context, e event.Event) error {
	out := chat.Reply{Title: chat.Watch, Final: true}
	l, err := k.d.Book.Live(ctx, k.r.Team, e.Channel, e.Domain)
	if errors.Is(err, cases.ErrNone) || err == nil && (l.Over() || e.Due.Before(l.Next)) && !e.Due.Equal(l.Done) {
		k.say(out)
		return nil
	}
	if err != nil {
		return err
	}
	if !e.Due.Equal(l.Done) {
		t, err := diag.ParseTarget(l.Domain)
		if err != nil {
			return err
		}
		report, err := k.spread(ctx, t, l)
		if err != nil {
			return err
		}
		l.See(e.Due, k.d.Now(), report)
		if err := k.d.Book.SetLive(ctx, k.r.Team, l); err != nil { // somebody was faster: it is tried again
			return err
		}
	}
	k.r.Lang = k.liveLang(ctx, l)
	out.Outbox = []chat.Message{k.liveMessage(ctx, l)}
	if !l.Over() {
		out.Scheduled = []chat.Event{cases.LiveEvent(k.r.Team, l)}
		k.say(out)
		return nil
	}
	told := k.live(l)
	told.Location = nil
	key := liveEnd(l)
	out.Outbox = append(out.Outbox, chat.Message{Key: key, Channel: l.Channel, Fallback: l.By, Reply: told,
		Lang: k.r.Lang})
	post, err := k.toCase(ctx, l, key, false)
	if err != nil {
		return err
	}
	out.Outbox = append(out.Outbox, post...)
	k.say(out)
	return nil
}

// liveEnd names the end of a change, which is told once.
func liveEnd(l *watch.Live) string { return fmt.Sprintf("live-end %s %d", l.Domain, l.Since.Unix()) }

// toCase has the open case of the domain move on, and tells its thread and those who follow it; with waiting only a
// case that waits for the change.
func (k *work) toCase(ctx context.Context, l *watch.Live, key string, waiting bool) ([]chat.Message, error) {
	number, err := k.d.Book.OpenOf(ctx, k.r.Team, l.Domain)
	if errors.Is(err, cases.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	team, err := k.d.Book.Team(ctx, k.r.Team)
	if err != nil {
		return nil, err
	}
	act := cases.Act{At: l.Ended, Hours: cases.BusinessHours{Base: k.d.KB, Hours: team.Hours}}
	// The key is the change's: a look that is made again finds that the case was told.
	c, _, err := k.d.Book.Change(ctx, k.r.Team, number, key, func(c *cases.Case) (cases.Edit, error) {
		if waiting && c.State != cases.WaitingDNS {
			return cases.Edit{}, &cases.Refusal{Reason: cases.Unchanged}
		}
		return c.Live(act, l)
	})
	if errors.Is(err, cases.ErrNone) || cases.Why(err).Reason != "" { // it ended meanwhile
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at := *k
	if c.Lang != "" {
		at.r.Lang = chat.Match(language.Make(c.Lang))
	}
	told := at.live(l)
	told.Location = nil
	told.Sections = append(told.Sections, chat.Section{Text: at.text("watch.live.case", map[string]any{"case": c.Name(),
		"state": at.text("case.state."+string(c.State), nil)})})
	if people := caredFor(c, at.text("case.label.for", nil)); len(people) > 0 {
		told.Sections = append(told.Sections, chat.Section{Fields: people})
	}
	told.Actions = []chat.Action{
		{ID: "recheck", Label: at.text("case.button.recheck", nil), Command: chat.Case, Text: "recheck " + c.Name()},
		{ID: "solve", Label: at.text("case.button.solve", nil), Command: chat.Case, Text: "solve " + c.Name()},
	}
	return []chat.Message{
		{Key: fmt.Sprintf("case:%d", c.Number), Channel: c.Channel, Shows: chat.CardOf(c.Number), Lang: at.r.Lang},
		{Key: key + " case", Channel: c.Channel, ThreadOf: chat.CardOf(c.Number), Fallback: c.By, Reply: told,
			Lang: at.r.Lang}}, nil
}

// caredFor is who wants to hear of a case, so that Slack tells them: whoever works on it and those who follow it.
func caredFor(c *cases.Case, label string) (out []chat.Field) {
	people := c.Followers
	if c.Assignee != "" && !slices.Contains(people, c.Assignee) {
		people = append([]string{c.Assignee}, people...)
	}
	for _, who := range people[:min(len(people), 10)] {
		out = append(out, chat.Field{Label: label, Person: who})
	}
	return out
}
