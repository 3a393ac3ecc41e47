package watching

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"signpost/commands/chat"
	"signpost/commands/intent"
)

const (
	maxListFiles = 3        // of one request
	maxListFile  = 64 << 10 // octets of a list that are read
)

// fromFiles adds the domains of attached lists to the words: one a line or parted as in a table; what begins with # is
// a comment, and other words are none of ours. False: a file cannot be read or names none, and somebody was told.
func (k *work) fromFiles(ctx context.Context) bool {
	for _, f := range k.r.Files[:min(len(k.r.Files), maxListFiles)] {
		in, err := f.Open(ctx)
		var raw []byte
		if err == nil {
			raw, err = io.ReadAll(io.LimitReader(in, maxListFile))
			_ = in.Close()
		}
		if err != nil {
			slog.Warn("file cannot be read", "request_id", k.r.ID, "error", err)
			k.wrong("add", "watch.file-unread", map[string]any{"file": chat.Clip(f.Name, 60)})
			return false
		}
		found := 0
		for line := range strings.SplitSeq(strings.ToValidUTF8(string(raw), " "), "\n") {
			line, _, _ = strings.Cut(line, "#")
			for _, w := range fieldsOf(line) {
				if w = strings.Trim(w, `"'`); intent.LooksLikeDomain(w) {
					k.words = append(k.words, w)
					found++
				}
			}
		}
		if found == 0 {
			k.wrong("add", "watch.file-empty", map[string]any{"file": chat.Clip(f.Name, 60)})
			return false
		}
	}
	return true
}
