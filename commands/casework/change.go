package casework

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// value is what a field says, or the rest of the line.
func (k *Work) value(name string) string {
	v := strings.TrimSpace(k.r.Values[name])
	if v == "" {
		v = k.words
	}
	return k.clean(v)
}

// nameInMention is the name that Slack may write beside a person's id.
var nameInMention = regexp.MustCompile(`<@([A-Z0-9]{2,30})\|[^<>]*>`)

// clean is a text as a case keeps it: without passwords and the like, and people by their ids alone.
func (k *Work) clean(text string) string {
	clean, kinds := secrets.Mask(nameInMention.ReplaceAllString(text, "<@$1>"))
	k.masked = k.masked || len(kinds) > 0
	return clean
}

// aboutLength tells what became of a text that is longer than its place.
func (k *Work) aboutLength(r *chat.Reply, text string, place int) {
	if k.r.Cut {
		r.Sections = append(r.Sections, chat.Section{Muted: true, Text: k.text("case.cut", map[string]any{"size": chat.Size(chat.MaxPaste)})})
	}
	if n := utf8.RuneCountInString(text); n > place {
		r.Sections = append(r.Sections, chat.Section{Muted: true, Text: k.text("case.long", map[string]any{"count": n, "place": place})})
	}
}

// change changes the case once, and says so: in the thread, to the asker, and in the root message.
func (k *Work) change(ctx context.Context, c *cases.Case, edit func(*cases.Case) (cases.Edit, error), told string, args map[string]any, more ...func(*chat.Reply)) error {
	c, _, err := k.d.Book.Change(ctx, k.r.Team, c.Number, k.r.ID, edit)
	if err != nil {
		return err
	}
	all := map[string]any{"case": c.Name(), "title": k.title(c)}
	for name, v := range args {
		all[name] = v
	}
	out := chat.Reply{Tone: chat.Good, Title: k.text(told, all), Final: true, Data: caseData(c)}
	out.Outbox = append(out.Outbox, k.rootPost(c))
	if line := k.threadPost(c, told, all); line != nil {
		line.Reply.Sections = append(line.Reply.Sections, k.followers(c, told, k.caseLang(c))...)
		out.Outbox = append(out.Outbox, *line)
	} else {
		out.Sections = append(out.Sections, k.followers(c, told, k.r.Lang)...)
	}
	for _, m := range more {
		m(&out)
	}
	k.movedNote(c, &out)
	k.maskedNote(&out)
	return k.done(ctx, c, out)
}

// maskedNote tells that something secret was taken out.
func (k *Work) maskedNote(r *chat.Reply) {
	if k.masked {
		r.Sections = append(r.Sections, chat.Section{Tone: chat.Caution, Text: k.text("case.masked", nil)})
	}
}

// movedNote tells that the work goes on in the case of which the one that was named is part.
func (k *Work) movedNote(c *cases.Case, r *chat.Reply) {
	if k.moved != nil {
		r.Sections = append(r.Sections, chat.Section{Muted: true, Text: k.text("case.merged", map[string]any{"case": k.moved.Name(), "into": c.Name()})})
	}
}

// followers names those who want to hear of it, so that Slack tells them; nothing where it is no news.
func (k *Work) followers(c *cases.Case, told string, lang language.Tag) []chat.Section {
	if !slices.Contains([]string{"case.answered", "case.solved", "case.closed", "case.reopened", "case.state-set", "case.rechecked"}, told) {
		return nil
	}
	var s chat.Section
	for _, f := range c.Followers {
		if f != k.r.User && len(s.Fields) < 10 {
			s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "case.label.for", nil), Person: f})
		}
	}
	if len(s.Fields) == 0 {
		return nil
	}
	return []chat.Section{s}
}

// slower tells who wrote something that somebody else was faster, and gives it back, with a button that says it all the same.
func (k *Work) slower(c *cases.Case, text string) {
	k.say(chat.Reply{
		Tone: chat.Caution, Title: k.text("case.busy", nil), Final: true, Data: caseData(c), Sections: []chat.Section{{Heading: k.text("case.yours", nil), Code: text}},
		Actions: []chat.Action{
			{ID: "show", Label: k.text("case.button.show", nil), Command: chat.Case, Text: "show " + c.Name()},
			{ID: "anyway", Label: k.text("case.button.anyway", nil), Command: chat.Case, Text: k.verb + " " + c.Name() + " " + chat.Clip(text, 1200)},
		},
	})
}

// done says a Reply about a case.
func (k *Work) done(ctx context.Context, c *cases.Case, out chat.Reply) error {
	if err := k.d.Book.Spoken(ctx, answers.Where(k.r), c.Number); err != nil {
		return err
	}
	if k.r.Public { // said in the thread, where it was asked
		out.Audience = chat.Channel
	}
	k.say(out)
	return nil
}

// rootPost brings the case's root message up to date, or posts it.
func (k *Work) rootPost(c *cases.Case) chat.Message {
	return chat.Message{Key: fmt.Sprintf("case:%d", c.Number), Channel: c.Channel, Shows: rootOf(c), Then: "posted " + c.Name(), Lang: k.caseLang(c)}
}

// rootOf asks for the case's root message.
func rootOf(c *cases.Case) string { return "root " + c.Name() }

// threadPost tells the case's thread what happened; nil where the answer itself stands there.
func (k *Work) threadPost(c *cases.Case, told string, args map[string]any) *chat.Message {
	if k.r.Public && k.r.Channel == c.Channel && k.r.Thread == c.Thread {
		return nil
	}
	lang := k.caseLang(c)
	x := chat.Reply{Audience: chat.Channel, Title: chat.Text(lang, told, args), Final: true, Lang: lang}
	if k.r.User != "" {
		x.Sections = []chat.Section{{Fields: []chat.Field{{Label: chat.Text(lang, "case.by", nil), Person: k.r.User}}}}
	}
	return &chat.Message{Key: "line:" + k.r.ID, Channel: c.Channel, ThreadOf: rootOf(c), Reply: x, Lang: lang}
}

// caseLang is the language of what everybody reads about a case.
func (k *Work) caseLang(c *cases.Case) language.Tag {
	if c.Lang == "" {
		return k.r.Lang
	}
	return chat.Match(language.Make(c.Lang))
}

// business is when the team works.
func (k *Work) business(ctx context.Context) cases.BusinessHours {
	if k.works == nil {
		s, err := k.d.Book.Team(ctx, k.r.Team)
		if err != nil {
			return cases.BusinessHours{}
		}
		k.works = &cases.BusinessHours{Base: k.d.KB, Hours: s.Hours}
	}
	return *k.works
}

// caseData is a case as --json prints it.
func caseData(c *cases.Case) map[string]any {
	return map[string]any{
		"case": c.Name(), "number": c.Number, "domain": c.Domain, "provider": c.Provider, "title": c.Title, "state": c.State, "priority": c.Priority, "assignee": c.Assignee, "tickets": c.Tickets,
		"opened": c.Opened.Format(time.RFC3339), "resolution": c.Resolution, "tags": c.Tags,
	}
}
