package watching

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag"
	"signpost/kb"
	"signpost/watch"

	"golang.org/x/text/language"
)

// list shows what is watched for this channel.
func (k *work) list(ctx context.Context) error {
	all, err := k.d.Book.Watches(ctx, k.r.Team)
	if err != nil {
		return err
	}
	var here []*watch.Watch
	elsewhere := 0
	for _, w := range all {
		if w.Channel == k.r.Channel {
			here = append(here, w)
		} else {
			elsewhere++
		}
	}
	out := chat.Reply{Title: k.text("watch.list", map[string]any{"count": len(here), "limit": watch.Most,
		"elsewhere": elsewhere}), Final: true, Data: states(here)}
	if len(here) == 0 {
		out.Sections = []chat.Section{{Text: k.text("try", map[string]any{"example": k.text("watch.example.add", nil)})}}
	}
	out.Sections = append(out.Sections, answers.WatchesSection(k.r, here, k.now))
	k.say(out)
	return nil
}

// state is how a watched domain stands, in one line.
func (k *work) state(w *watch.Watch) string { return answers.WatchState(k.r, w, k.now) }

// state is a watched domain as JSON has it.
type state struct {
	Domain  string       `json:"domain"`
	Every   watch.Every  `json:"every"`
	Verdict diag.Verdict `json:"verdict"` // empty: it was not looked at yet
	Looked  string       `json:"looked"`
	Next    string       `json:"next"`
	Faults  []string     `json:"faults"`
	Unknown []string     `json:"unknown"`
}

func states(all []*watch.Watch) []state {
	out := []state{}
	for _, w := range all {
		s := state{w.Domain, w.Every, w.Verdict, "", chat.Stamp(w.Next), []string{}, orNone(w.Unknown)}
		if !w.Looked.IsZero() {
			s.Looked = chat.Stamp(w.Looked)
		}
		for _, f := range w.Open() {
			s.Faults = append(s.Faults, string(f.Finding.Code))
		}
		out = append(out, s)
	}
	return out
}

// why tells what was told last of a domain, with what shows it.
func (k *work) why(ctx context.Context) error {
	t, err := k.domain("why")
	if err != nil {
		return err
	}
	w, err := k.watchOf(ctx, t)
	if err != nil {
		return err
	}
	out := chat.Reply{Title: k.text("watch.why", map[string]any{"domain": t.Unicode, "count": len(w.History)}),
		Final: true,
		Data:  w.History, Sections: []chat.Section{{Muted: true, Text: k.state(w)}}}
	for _, c := range w.History[:min(len(w.History), 5)] {
		s := chat.Section{Heading: k.headline(c)}
		s.Text = k.text("watch.why.times", map[string]any{"first": k.clock(c.First), "told": k.clock(c.At)})
		if c.First.IsZero() {
			s.Text = k.clock(c.At)
		}
		if c.Finding != nil {
			f := readAgain(*c.Finding)
			s.Text = k.d.KB.Advise(k.r.Lang, reportOf(w), f).Why + "\n\n" + s.Text
			for _, e := range f.Evidence {
				s.Items = append(s.Items, strings.TrimSpace(e.Question+": "+e.Answer+" ("+e.Server+")"))
			}
		}
		out.Sections = append(out.Sections, s)
	}
	out.Actions = []chat.Action{{ID: "check", Label: k.text("watch.button.check", nil), Command: chat.Check,
		Text: w.Domain}}
	k.say(out)
	return nil
}

// reportOf is what of the last report is kept, for whoever puts findings into words.
func reportOf(w *watch.Watch) *diag.Report {
	return &diag.Report{Domain: w.Domain, Unicode: shown(w.Domain), Providers: w.Providers, Operator: w.Operator}
}

// readAgain is a finding as it was before it was kept.
func readAgain(f diag.Finding) diag.Finding {
	f.Args, f.Notes = diag.ArgsOf(f.Args), slices.Clone(f.Notes)
	for i := range f.Notes {
		f.Notes[i].Args = diag.ArgsOf(f.Notes[i].Args)
	}
	return f
}

// shown is a domain as people read it.
func shown(domain string) string {
	if t, err := diag.ParseTarget(domain); err == nil {
		return t.Unicode
	}
	return domain
}

// headline is a change in one line.
func (k *work) headline(c watch.Change) string { return Headline(k.d.KB, k.r.Lang, c) }

// Headline is a change in one line.
func Headline(b *kb.Base, lang language.Tag, c watch.Change) string {
	args := map[string]any{"announced": c.Announced}
	switch {
	case c.Finding != nil:
		f := readAgain(*c.Finding)
		args["title"] = b.Title(lang, f)
	case c.End != nil:
		args["what"] = chat.Text(lang, "watch.end."+c.End.Check, map[string]any{"name": c.End.Name})
		args["day"], args["days"] = c.End.At.UTC().Format("2006-01-02"), c.End.Days(c.At)
	case c.Was != nil:
		args["name"], args["type"] = c.Was.Name, c.Was.Type
	}
	return chat.Text(lang, "watch.change."+string(c.Kind), args)
}

// sections is a change in full.
func sections(b *kb.Base, lang language.Tag, r *diag.Report, c watch.Change) []chat.Section {
	head := Headline(b, lang, c)
	switch c.Kind {
	case watch.Appeared:
		f := readAgain(*c.Finding)
		out := answers.FindingSections(b, lang, r, f)
		if c.Announced {
			out = append(out, chat.Section{Muted: true, Continues: true, Text: chat.Text(lang, "watch.announced", nil)})
		}
		return out
	case watch.Drifted, watch.Followed:
		out := []chat.Section{{Tone: chat.Caution, Heading: head, Fields: []chat.Field{
			{Label: chat.Text(lang, "watch.label.was", nil), Value: values(lang, c.Was.Values)},
			{Label: chat.Text(lang, "watch.label.now", nil), Value: values(lang, c.Now.Values)}}}}
		if c.Kind == watch.Followed {
			out[0].Tone = chat.Good
			return out
		}
		return append(out, restoring(b, lang, r, c)...)
	case watch.Ending:
		tone := chat.Caution
		if c.End.Stage <= 1 {
			tone = chat.Bad
		}
		return []chat.Section{{Tone: tone, Heading: head, Text: chat.Text(lang, "watch.ending.how", nil)}}
	}
	return []chat.Section{{Tone: chat.Good, Heading: head}}
}

// values is the records of a set, a line each.
func values(lang language.Tag, list []string) string {
	if len(list) == 0 {
		return chat.Text(lang, "watch.no-record", nil)
	}
	return strings.Join(list, "\n")
}

// restoring is the record that brings a set back, or why there is none.
func restoring(b *kb.Base, lang language.Tag, r *diag.Report, c watch.Change) []chat.Section {
	if c.Back == nil {
		return []chat.Section{{Text: chat.Text(lang, "watch.back.unknown", nil)}}
	}
	if len(c.Back.Records) == 0 {
		why := ""
		if c.Back.Note != nil {
			n := *c.Back.Note
			n.Args = diag.ArgsOf(n.Args)
			why = b.NoteText(lang, r, n)
		}
		return []chat.Section{{Text: chat.Text(lang, "watch.back.none", map[string]any{"why": why})}}
	}
	publish, remove := answers.ChangeLines(c.Back.Records)
	var out []chat.Section
	if len(publish) > 0 {
		out = append(out, chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "watch.label.restore", nil)}},
			Code: strings.Join(publish, "\n"), Continues: true})
	}
	if len(remove) > 0 {
		out = append(out, chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "label.remove", nil)}},
			Code: strings.Join(remove, "\n"), Continues: true})
	}
	return out
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

// post is what the last look at a domain told, with the button that follows the records that mend it.
func (k *work) post(lang language.Tag, w *watch.Watch) chat.Reply {
	out := Post(k.d.KB, lang, w)
	out.Actions = append(out.Actions, answers.LiveActions(k.d, lang, w.Domain, watch.Restoring(w.Domain, w.Told))...)
	return out
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

// most is how many changes one message tells in full.
const most = 6

func joined(lang language.Tag, parts []string) (out string) {
	for i, p := range parts {
		if i > 0 {
			out += chat.Text(lang, "list-comma", nil)
		}
		out += p
	}
	return out
}
