package commands

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"signpost/cases"

	"golang.org/x/text/language"
)

// handover hands a conversation to people: it is a button, and no command that anybody types.
var handover = &Command{Name: handoverName, Summary: "summary.handover", Hidden: true, Run: runHandover}

const handoverName = "handover"

// wantsPerson reports whether a text, in lower case, asks for a person and for nothing else.
func wantsPerson(text string) bool {
	return slices.Contains(listed("person"), strings.Trim(strings.ToLower(text), " .!?。！？"))
}

func personAction(lang language.Tag) Action {
	return Action{ID: "person", Label: texts.Text(lang, "ask.person", nil), Command: handoverName, Confirm: texts.Text(lang, "handover.confirm", nil)}
}

// runHandover makes a case of the whole conversation, in the channel where people take over.
func runHandover(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	if d.Handover == "" || d.Book == nil {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "handover.nowhere", nil), Sections: []Section{{Text: texts.Text(r.Lang, "handover.nowhere.why", nil)}}, Final: true})
		return nil
	}
	turns, err := d.Book.Conversation(ctx, r.where())
	if err != nil {
		return err
	}
	if len(turns) == 0 {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "handover.empty", nil), Sections: []Section{{Text: texts.Text(r.Lang, "try", map[string]any{"example": mailaskExample(r.Lang)})}}, Final: true})
		return nil
	}
	lang := r.Lang
	if s, err := d.Book.Channel(ctx, r.Team, d.Handover); err == nil && s.Language != "" {
		lang = texts.Match(language.Make(s.Language))
	}
	c, err := handedCase(ctx, d, r, lang, turns)
	if err != nil {
		return err
	}
	k := &desk{d: d, r: r, now: d.Now().UTC()}
	post := Reply{Audience: Channel, Title: texts.Text(lang, "handover.title", map[string]any{"count": len(turns)}), Final: true, Lang: lang}
	post.Sections = append(post.Sections, Section{Fields: []Field{
		{Label: texts.Text(lang, "handover.who", nil), Person: r.User}, {Label: texts.Text(lang, "handover.where", nil), Room: r.Channel},
	}})
	for _, t := range turns {
		post.Sections = append(post.Sections, Section{Heading: clip(t.Said, 300), Text: t.Answer}, Section{Fields: []Field{{Label: texts.Text(lang, "handover.when", nil), At: t.At}}})
	}
	reply(Reply{
		Tone: Good, Title: texts.Text(r.Lang, "handover.done", map[string]any{"count": len(turns), "case": c.Name()}), Final: true, Data: caseData(c),
		Posts: []Post{k.rootPost(c), {Key: "handover:" + r.ID, Channel: c.Channel, Under: rootOf(c), Reply: post, Lang: lang}}, Laters: k.staleLater(c),
	})
	return nil
}

// handedCase opens a case for a conversation, in the channel where people take over; where its domain has one that may be seen there, the conversation joins that.
func handedCase(ctx context.Context, d Deps, r Request, lang language.Tag, turns []cases.Turn) (*cases.Case, error) {
	last := strings.TrimSpace(strings.TrimPrefix(turns[len(turns)-1].Said, "/"+mailaskName+" "))
	title, _, _ := strings.Cut(last, "\n")
	s := d.KB.Understand(last, r.Lang)
	o := cases.Opening{Request: r.ID, Case: cases.Case{By: r.User, Lang: lang.String(), Channel: d.Handover, Title: clip(title, cases.MaxTitle-1), Provider: s.Provider}}
	if s.Urgent {
		o.Case.Priority = cases.Urgent
	}
	settings, err := d.Book.Channel(ctx, r.Team, d.Handover)
	if err != nil {
		return nil, err
	}
	o.Case.Restricted = settings.Access == "channel"
	for _, t := range turns {
		if dom, ok := domainIn(t.Said); ok {
			o.Case.Domain = dom.Domain
		}
		o.Entries = append(o.Entries, cases.Entry{At: t.At, Kind: "asked", By: t.User, Text: clip(t.Said+"\n"+t.Answer, cases.MaxText)})
	}
	o.Entries = append(o.Entries, cases.Entry{Kind: "opened", By: r.User, Text: o.Case.Title})
	opened, err := d.Book.Open(ctx, r.Team, o)
	if err == nil && opened.Existing && opened.Case.Channel != d.Handover {
		o.Second = true
		opened, err = d.Book.Open(ctx, r.Team, o)
	}
	if err != nil || !opened.Existing {
		return opened.Case, err
	}
	c, _, err := d.Book.Change(ctx, r.Team, opened.Case.Number, r.ID, func(*cases.Case) (cases.Edit, error) {
		return cases.Edit{Entries: o.Entries[:len(o.Entries)-1]}, nil
	})
	return c, err
}

const (
	maxSaid   = 800  // characters of a question that are remembered
	maxPasted = 300  // of a pasted text
	maxAnswer = 1500 // of an answer
)

func (r Request) where() cases.Where {
	return cases.Where{Team: r.Team, Channel: r.Channel, Thread: r.Thread, User: r.User}
}

// remember keeps a question and its answer for whoever takes over. Nothing secret is kept.
func remember(ctx context.Context, d Deps, r Request, c *Command, answer Reply) {
	if d.Book == nil || c.Hidden || c.Name == mailcaseName || answer.Form != nil || wantsHelp(r.Text) {
		return
	}
	most := maxSaid
	if c.Pastes {
		most = maxPasted
	}
	said := r.Text
	for _, in := range c.Inputs {
		if v := r.Values[in.Name]; v != "" {
			said += " " + quoted(in.Name, v)
		}
	}
	said, _ = withoutSecrets(clip(said, most))
	turn := cases.Turn{At: d.Now().UTC(), User: r.User, Said: strings.TrimSpace("/" + c.Name + " " + strings.TrimSpace(said)), Answer: clip(plainText(answer), maxAnswer)}
	if err := d.Book.Remember(ctx, r.where(), turn); err != nil {
		slog.Warn("conversation is not remembered", "request_id", r.ID, "error", err)
	}
}

// plainText is a Reply in plain lines.
func plainText(r Reply) string {
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
			fmt.Fprintf(&b, "%s %s\n", Stamp(e.At), strings.Join(strings.Fields(e.Text+" "+e.Whom+" "+e.By), " "))
		}
		if s.Code != "" {
			b.WriteString(s.Code + "\n")
		}
	}
	return strings.TrimSpace(b.String())
}
