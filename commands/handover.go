package commands

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// handover hands a conversation to people: it is a button, and no command that anybody types.
var handover = &Command{Name: chat.Handover, Summary: "summary.handover", Hidden: true, Run: runHandover}

// wantsPerson reports whether a text asks for a person, and gives what it is about, as far as it says so: "human please, our invoices bounce", 转人工：收不到信.
func wantsPerson(text string) (about string, ok bool) {
	low := strings.ToLower(text)
	if len(low) != len(text) {
		low = text // letters whose lower case has another length: no wish for a person has them
	}
	best := ""
	for _, wish := range chat.Words("person") {
		rest, ok := strings.CutPrefix(strings.TrimLeft(low, " "), wish)
		if !ok || len(wish) <= len(best) {
			continue
		}
		next, _ := utf8.DecodeRuneInString(rest)
		if rest == "" || unicode.IsPunct(next) || strings.Contains(wish, " ") && unicode.IsSpace(next) || wish[0] >= 0x80 && unicode.IsSpace(next) {
			best = wish
		}
	}
	if best == "" {
		return "", false
	}
	text = strings.TrimLeft(text, " ")[len(best):]
	return strings.TrimSpace(strings.TrimLeft(text, " .,:;!?-–—。，、：；！？")), true
}

func personAction(lang language.Tag) chat.Action {
	return chat.Action{ID: "person", Label: chat.Text(lang, "ask.person", nil), Command: chat.Handover, Confirm: chat.Text(lang, "handover.confirm", nil)}
}

// runHandover makes a case of the conversation about the matter at hand, in the channel where people take over; where none was chosen, where it was asked.
func runHandover(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "handover.nowhere", nil), Sections: []chat.Section{{Text: chat.Text(r.Lang, "handover.nowhere.why", nil)}}, Final: true})
		return nil
	}
	turns, err := d.Book.Conversation(ctx, where(r))
	if err != nil {
		return err
	}
	if said := chat.Clip(secrets.Masked(strings.TrimSpace(r.Text)), maxSaid); said != "" {
		turns = append(turns, cases.Turn{At: d.Now().UTC(), User: r.User, Said: said})
	}
	if len(turns) == 0 {
		r.Text = ""
		return (&desk{d: d, r: r, say: reply, verb: "open", now: d.Now().UTC()}).ask(nil)
	}
	turns = thisMatter(d, r, turns)
	where := cmp.Or(d.Handover, r.Channel)
	lang := r.Lang
	if s, err := d.Book.Channel(ctx, r.Team, where); err == nil && s.Language != "" {
		lang = chat.Match(language.Make(s.Language))
	}
	c, err := handedCase(ctx, d, r, lang, where, turns)
	if err != nil {
		return err
	}
	k := &desk{d: d, r: r, now: d.Now().UTC()}
	post := chat.Reply{Audience: chat.Channel, Title: chat.Text(lang, "handover.title", map[string]any{"count": len(turns)}), Final: true, Lang: lang}
	post.Sections = append(post.Sections, chat.Section{Fields: []chat.Field{
		{Label: chat.Text(lang, "handover.who", nil), Person: r.User}, {Label: chat.Text(lang, "handover.where", nil), Channel: r.Channel},
	}})
	for _, t := range turns {
		post.Sections = append(post.Sections, chat.Section{Heading: chat.Clip(t.Said, 300), Text: t.Answer}, chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "handover.when", nil), At: t.At}}})
	}
	out := chat.Reply{
		Tone: chat.Good, Title: chat.Text(r.Lang, "handover.done", map[string]any{"count": len(turns), "case": c.Name()}), Final: true, Data: caseData(c),
		Outbox: []chat.Message{k.rootPost(c), {Key: "handover:" + r.ID, Channel: c.Channel, ThreadOf: rootOf(c), Reply: post, Lang: lang}}, Scheduled: c.LookEvents(k.now, k.business(ctx)),
	}
	if d.Handover == "" && r.Direct { // nobody else reads this place
		out.Sections = []chat.Section{{Muted: true, Text: chat.Text(r.Lang, "handover.direct", nil)}}
	}
	reply(out)
	return nil
}

// handedCase opens a case for a conversation, in the channel where people take it over; where its domain has one that may be seen there, the conversation joins that.
func handedCase(ctx context.Context, d Deps, r chat.Request, lang language.Tag, where string, turns []cases.Turn) (*cases.Case, error) {
	last := strings.TrimSpace(strings.TrimPrefix(turns[len(turns)-1].Said, "/"+chat.Ask+" "))
	title, _, _ := strings.Cut(last, "\n")
	s := d.KB.Understand(last, r.Lang)
	o := cases.Opening{Request: r.ID, Case: cases.Case{By: r.User, Lang: lang.String(), Channel: where, Title: title, Provider: s.Provider, Priority: priorityOf(s)}}
	settings, err := d.Book.Channel(ctx, r.Team, where)
	if err != nil {
		return nil, err
	}
	o.Case.Restricted = settings.Access == "channel"
	for _, t := range turns {
		if dom, ok := domainIn(t.Said); ok {
			o.Case.Domain = dom.Domain
		}
		o.Asked = append(o.Asked, cases.Entry{At: t.At, Kind: "asked", By: t.User, Text: chat.Clip(t.Said+"\n"+t.Answer, cases.MaxText)})
	}
	o.Said = title
	opened, err := d.Book.Open(ctx, r.Team, o)
	if err == nil && opened.Existing && opened.Case.Channel != where {
		o.Second = true
		opened, err = d.Book.Open(ctx, r.Team, o)
	}
	if err != nil || !opened.Existing {
		return opened.Case, err
	}
	c, _, err := d.Book.Change(ctx, r.Team, opened.Case.Number, r.ID, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: o.Asked}, nil
	})
	return c, err
}

const (
	maxSaid   = 800  // characters of a question that are remembered
	maxPasted = 300  // of a pasted text
	maxAnswer = 1500 // of an answer
)

func where(r chat.Request) cases.Where {
	return cases.Where{Team: r.Team, Channel: r.Channel, Thread: r.Thread, User: r.User}
}

// remember keeps a question and its answer for whoever takes over. Nothing secret is kept.
func remember(ctx context.Context, d Deps, r chat.Request, c *Command, answer chat.Reply) {
	if d.Book == nil || c.Hidden || c.Name == chat.Case || answer.Form != nil || wantsHelp(r.Text) {
		return
	}
	most := maxSaid
	if c.Pastes {
		most = maxPasted
	}
	said := r.Text
	for _, in := range c.Inputs {
		if v := r.Values[in.Name]; v != "" {
			said += " " + chat.Quoted(in.Name, v)
		}
	}
	said = chat.Clip(secrets.Masked(said), most)
	turn := cases.Turn{At: d.Now().UTC(), User: r.User, Said: strings.TrimSpace("/" + c.Name + " " + strings.TrimSpace(said)), Answer: chat.Clip(secrets.Masked(plainText(answer)), maxAnswer)}
	if err := d.Book.Remember(ctx, where(r), turn); err != nil {
		slog.Warn("conversation is not remembered", "request_id", r.ID, "error", err)
	}
}

// plainText is a Reply in plain lines.
func plainText(r chat.Reply) string {
	var b strings.Builder
	b.WriteString(r.Title + "\n")
	for _, s := range r.Sections {
		for _, line := range []string{s.Heading, s.Text} {
			if line != "" {
				b.WriteString(line + "\n")
			}
		}
		for n, i := range s.Items {
			b.WriteString(s.Mark(n, "- ") + i + "\n")
		}
		for _, f := range s.Fields {
			fmt.Fprintf(&b, "%s: %s\n", f.Label, f.Plain())
		}
		for _, e := range s.Entries {
			fmt.Fprintf(&b, "%s %s\n", chat.Stamp(e.At), strings.Join(strings.Fields(e.Text+" "+e.Whom+" "+e.By), " "))
		}
		if s.Code != "" {
			b.WriteString(s.Code + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}
