package book

import (
	"context"
	"errors"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/secrets"
)

// Export gives the casebook as a file: JSON that can be read in again, CSV, or Markdown.
func Export(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	if !k.Req.Direct { // a file in a channel is everybody's
		return work.Wrong("case.export-direct", nil)
	}
	format := strings.ToLower(strings.TrimSpace(o.Words))
	if format == "" {
		format = "json"
	}
	k.Tell(chat.Reply{Title: k.Text("case.whole-book", nil)})
	data, err := k.Deps.Book.ExportMasked(ctx, k.Req.Team, format, k.Seen, secrets.Masked)
	if err != nil {
		if errors.Is(err, cases.ErrFormat) {
			return work.Wrong("case.export-format", map[string]any{"what": chat.Clip(format, 20)})
		}
		return chat.Reply{}, err
	}
	if err := k.Deps.Book.Audit(ctx, k.Req.Team, k.Req.User, "export "+format); err != nil {
		return chat.Reply{}, err
	}
	name := "casebook." + format
	return chat.Reply{Title: k.Text("case.exported", map[string]any{"size": chat.Size(int64(len(data)))}),
		File: &chat.Attachment{Name: name, Content: data}, Final: true}, nil
}
