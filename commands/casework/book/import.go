package book

import (
	"context"
	"errors"
	"fmt"
	"io"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// maxImport is how much of a file is read in.
const maxImport = 256 << 20

// Import reads an export in: cases under their own numbers. What is there already stays as it is. Whoever reads it in
// is the author of all of it.
func Import(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	if !k.Req.Direct {
		return work.Wrong("case.import-direct", nil)
	}
	if len(k.Req.Files) != 1 {
		return work.Wrong("case.import-file", nil)
	}
	f := k.Req.Files[0]
	in, err := f.Open(ctx)
	if err != nil {
		return work.Wrong("bounce.file-unread", map[string]any{"name": chat.Clip(f.Name, 60)})
	}
	defer in.Close()
	k.Tell(chat.Reply{Title: k.Text("case.whole-book", nil)})
	got, err := k.Deps.Book.Import(ctx, k.Req.Team, io.LimitReader(in, maxImport),
		&cases.Importer{By: k.Req.User, Channel: k.FollowedIn()})
	if got.Taken > 0 {
		if err := k.Deps.Book.Audit(ctx, k.Req.Team, k.Req.User, fmt.Sprintf("import %d", got.Taken)); err != nil {
			return chat.Reply{}, err
		}
	}
	args := map[string]any{"taken": got.Taken, "left": got.Left, "refused": got.Refused}
	out := chat.Reply{Tone: chat.Good, Title: k.Text("case.imported", args), Final: true, Data: args}
	if got.Taken > 0 {
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: k.Text("case.imported.own", nil)})
		later, err := k.Promised(ctx, true)
		if err != nil {
			return chat.Reply{}, err
		}
		out.Scheduled = later
	}
	if err != nil {
		if !errors.Is(err, cases.ErrFormat) {
			return chat.Reply{}, err
		}
		out.Tone, out.Title, out.Sections = chat.Caution, k.Text("case.import-nothing", nil),
			[]chat.Section{{Text: WhyNoImport(k.Req.Lang, err)}}
	}
	if got.Refused > 0 {
		s := chat.Section{Heading: k.Text("case.import-refused", args)}
		for _, why := range got.Why {
			s.Items = append(s.Items, WhyNoImport(k.Req.Lang, why))
		}
		if more := got.Refused - len(got.Why); more > 0 {
			s.Items = append(s.Items, k.Text("case.more-of-them", map[string]any{"count": more}))
		}
		out.Tone, out.Sections = chat.Caution, append([]chat.Section{s}, out.Sections...)
		if got.Taken+got.Left == 0 {
			out.Title = k.Text("case.import-nothing", nil)
		}
	}
	return out, nil
}

// WhyNoImport says what was wrong with a file that was to be imported.
func WhyNoImport(lang language.Tag, err error) string {
	var bad *cases.BadExport
	if !errors.As(err, &bad) {
		return err.Error()
	}
	return chat.Text(lang, "case.import."+bad.Kind,
		map[string]any{"record": bad.Record, "line": bad.Line, "what": chat.Clip(bad.What, 80)})
}
