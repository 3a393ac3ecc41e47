package casework

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// export gives the casebook as a file: JSON that can be read in again, CSV, or Markdown.
func (k *Work) export(ctx context.Context) error {
	if !k.r.Direct { // a file in a channel is everybody's
		k.wrong("case.export-direct", nil)
		return nil
	}
	format := strings.ToLower(strings.TrimSpace(k.words))
	if format == "" {
		format = "json"
	}
	k.say(chat.Reply{Title: k.text("case.whole-book", nil)})
	data, err := k.d.Book.ExportMasked(ctx, k.r.Team, format, k.seen, secrets.Masked)
	if err != nil {
		if errors.Is(err, cases.ErrFormat) {
			k.wrong("case.export-format", map[string]any{"what": chat.Clip(format, 20)})
			return nil
		}
		return err
	}
	if err := k.d.Book.Audit(ctx, k.r.Team, k.r.User, "export "+format); err != nil {
		return err
	}
	name := "casebook." + format
	k.say(chat.Reply{Title: k.text("case.exported", map[string]any{"size": chat.Size(int64(len(data)))}), File: &chat.Attachment{Name: name, Content: data}, Final: true})
	return nil
}

// remove deletes a case: what it held is gone, and that it was deleted, by whom, is on record.
func (k *Work) remove(ctx context.Context, c *cases.Case) error {
	if !sure(k.words) {
		k.say(chat.Reply{Tone: chat.Caution, Title: k.text("case.delete.sure", map[string]any{"case": c.Name(), "title": k.title(c)}), Final: true, Actions: []chat.Action{{
			ID: "delete", Label: k.text("case.button.delete", nil), Command: chat.Case, Text: "delete " + c.Name() + " yes", Danger: true, Confirm: k.text("case.delete.confirm", map[string]any{"case": c.Name()}),
		}}})
		return nil
	}
	if err := k.d.Book.Delete(ctx, k.r.Team, c.Number, k.r.User); err != nil {
		return err
	}
	out := chat.Reply{Tone: chat.Good, Title: k.text("case.deleted", map[string]any{"case": c.Name()}), Final: true}
	if c.Thread != "" { // what the root message showed goes too
		lang := k.caseLang(c)
		gone := chat.Reply{Audience: chat.Channel, Title: chat.Text(lang, "case.deleted", map[string]any{"case": c.Name()}), Final: true, Lang: lang, Location: &chat.Location{Channel: c.Channel, TS: c.Thread}}
		out.Outbox = []chat.Message{{Key: "deleted:" + k.r.ID, Channel: c.Channel, Reply: gone, Lang: lang}}
	}
	k.say(out)
	return nil
}

// sure reports whether a word confirms what was asked about.
func sure(word string) bool {
	return slices.Contains(chat.Words("choice.yes"), chat.Fold(strings.TrimSpace(word)))
}

// maxImport is how much of a file is read in.
const maxImport = 256 << 20

// receive reads an export in: cases under their own numbers. What is there already stays as it is. Whoever reads it in is the author of all of it.
func (k *Work) receive(ctx context.Context) error {
	if !k.r.Direct {
		k.wrong("case.import-direct", nil)
		return nil
	}
	if len(k.r.Files) != 1 {
		k.wrong("case.import-file", nil)
		return nil
	}
	f := k.r.Files[0]
	in, err := f.Open(ctx)
	if err != nil {
		k.wrong("bounce.file-unread", map[string]any{"name": chat.Clip(f.Name, 60)})
		return errSaid
	}
	defer in.Close()
	k.say(chat.Reply{Title: k.text("case.whole-book", nil)})
	got, err := k.d.Book.Import(ctx, k.r.Team, io.LimitReader(in, maxImport), &cases.Importer{By: k.r.User, Channel: k.followedIn()})
	if got.Taken > 0 {
		if err := k.d.Book.Audit(ctx, k.r.Team, k.r.User, fmt.Sprintf("import %d", got.Taken)); err != nil {
			return err
		}
	}
	args := map[string]any{"taken": got.Taken, "left": got.Left, "refused": got.Refused}
	out := chat.Reply{Tone: chat.Good, Title: k.text("case.imported", args), Final: true, Data: args}
	if got.Taken > 0 {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.text("case.imported.own", nil)})
		later, err := k.promised(ctx, true)
		if err != nil {
			return err
		}
		out.Scheduled = later
	}
	if err != nil {
		if !errors.Is(err, cases.ErrFormat) {
			return err
		}
		out.Tone, out.Title, out.Sections = chat.Caution, k.text("case.import-nothing", nil), []chat.Section{{Text: WhyNoImport(k.r.Lang, err)}}
	}
	if got.Refused > 0 {
		s := chat.Section{Heading: k.text("case.import-refused", args)}
		for _, why := range got.Why {
			s.Items = append(s.Items, WhyNoImport(k.r.Lang, why))
		}
		if more := got.Refused - len(got.Why); more > 0 {
			s.Items = append(s.Items, k.text("case.more-of-them", map[string]any{"count": more}))
		}
		out.Tone, out.Sections = chat.Caution, append([]chat.Section{s}, out.Sections...)
		if got.Taken+got.Left == 0 {
			out.Title = k.text("case.import-nothing", nil)
		}
	}
	k.say(out)
	return nil
}

// WhyNoImport says what was wrong with a file that was to be imported.
func WhyNoImport(lang language.Tag, err error) string {
	var bad *cases.BadExport
	if !errors.As(err, &bad) {
		return err.Error()
	}
	return chat.Text(lang, "case.import."+bad.Kind, map[string]any{"record": bad.Record, "line": bad.Line, "what": chat.Clip(bad.What, 80)})
}

// forget takes a person out of the casebook.
func (k *Work) forget(ctx context.Context) error {
	words, confirmed := k.words, false
	if i := strings.LastIndexByte(words, ' '); i > 0 && sure(words[i:]) {
		words, confirmed = words[:i], true
	}
	m := intent.UserID.FindStringSubmatch(strings.TrimSpace(words))
	if m == nil {
		k.wrong("case.forget-whom", nil)
		return nil
	}
	who := m[1] + m[2]
	person := []chat.Section{{Fields: []chat.Field{{Label: k.text("case.label.for", nil), Person: who}}}}
	if !confirmed {
		k.say(chat.Reply{Tone: chat.Caution, Title: k.text("case.forget.sure", nil), Sections: person, Final: true, Actions: []chat.Action{{
			ID: "forget", Label: k.text("case.button.forget", nil), Command: chat.Case, Text: "forget <@" + who + "> yes", Danger: true, Confirm: k.text("case.forget.sure", nil),
		}}})
		return nil
	}
	k.say(chat.Reply{Title: k.text("case.whole-book", nil)})
	n, err := k.d.Book.Forget(ctx, k.r.Team, who, k.r.User)
	if err != nil {
		return err
	}
	k.say(chat.Reply{Tone: chat.Good, Title: k.text("case.forgotten", map[string]any{"count": n}), Final: true, Data: map[string]any{"cases": n}})
	return nil
}

const maxAudited = 40 // entries of the audit on one page

// audit shows who did what to the casebook as a whole.
func (k *Work) audit(ctx context.Context) error {
	list, err := k.d.Book.Audits(ctx, k.r.Team, maxAudited)
	if err != nil {
		return err
	}
	slices.Reverse(list)
	out := chat.Reply{Title: k.text("case.audit", map[string]any{"count": len(list)}), Final: true, Data: list}
	about := chat.Section{Muted: true, Text: k.text("case.audit.about", nil)}
	var lines []chat.Entry
	for _, e := range list {
		lines = append(lines, chat.Entry{At: e.At, Text: e.Text, By: e.By})
	}
	out.Sections = []chat.Section{{Entries: lines}, about}
	if len(list) == 0 {
		out.Sections = []chat.Section{{Text: k.text("case.audit.none", nil)}, about}
	}
	k.say(out)
	return nil
}
