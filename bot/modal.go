package bot

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sort"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

const (
	// keptFor is how long the evidence behind an answer is kept for its button; after that the button asks anew.
	keptFor = 24 * time.Hour
	maxKept = 4 << 20 // octets, unpacked
)

// evidence is what is kept behind an answer: all of it, whatever the message had room for.
type evidence struct {
	Title       string         `json:"title"`
	Sections    []chat.Section `json:"sections"`
	DetailTitle string         `json:"detail_title,omitempty"`
	Detail      []chat.Section `json:"detail,omitempty"`
}

// keep keeps a Reply for such a button.
func (b *Bot) keep(ctx context.Context, s *responder, r chat.Reply) error {
	if !worthKeeping(r) {
		return nil
	}
	w := evidence{Title: r.Title, Sections: r.Sections}
	if r.Detail != nil {
		w.DetailTitle, w.Detail = r.Detail.Title, r.Detail.Sections
	}
	packed, err := pack(s.lang, w, jobs.MaxKept)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return b.Queue.KeepEvidence(ctx, s.request.Team+"/"+s.request.User, s.id, packed, keptFor)
}

// pack writes what is kept in at most so many octets: what does not fit is left out from the end, the detail first, and
// told of.
func pack(lang language.Tag, w evidence, most int) ([]byte, error) {
	parts := len(w.Sections) + len(w.Detail)
	try := func(n int) ([]byte, error) {
		cut := w
		cut.Sections = w.Sections[:min(n, len(w.Sections))]
		cut.Detail = w.Detail[:n-len(cut.Sections)]
		if left := parts - n; left > 0 {
			note := chat.Section{Tone: chat.Caution, Text: chat.Text(lang, "slack.kept-cut", map[string]any{"count": left})}
			if w.Detail == nil {
				cut.Sections = append(cut.Sections[:n:n], note)
			} else {
				cut.Detail = append(cut.Detail[:len(cut.Detail):len(cut.Detail)], note)
			}
		}
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		err := errors.Join(json.NewEncoder(z).Encode(cut), z.Close())
		return packed.Bytes(), err
	}
	packed, err := try(parts)
	if err != nil || len(packed) <= most {
		return packed, err
	}
	fits := sort.Search(parts, func(n int) bool { // the first count that does not fit
		packed, err := try(n)
		return err != nil || len(packed) > most
	})
	if fits == 0 {
		return nil, jobs.ErrLarge
	}
	return try(fits - 1)
}

// kept is what keep kept; jobs.ErrGone where it is kept no longer.
func (b *Bot) kept(ctx context.Context, name string) (w evidence, err error) {
	packed, err := b.Queue.Kept(ctx, name)
	if err != nil {
		return w, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return w, fmt.Errorf("%w: %w", jobs.ErrGone, err)
	}
	if err := json.NewDecoder(io.LimitReader(z, maxKept)).Decode(&w); err != nil {
		return w, fmt.Errorf("%w: %w", jobs.ErrGone, err)
	}
	return w, nil
}

// showEvidence answers a click on a button for the evidence: in a modal; where that could not be opened, to the asker
// alone.
func (b *Bot) showEvidence(ctx context.Context, s *responder) error {
	name, all := strings.CutSuffix(s.request.Click.Kept, blockkit.WholeSuffix)
	title, sections, kept := "", []chat.Section(nil), s.request.Click.Kept
	w, err := b.kept(ctx, name)
	switch {
	case errors.Is(err, jobs.ErrGone) && s.request.Command != "":
		final, err := b.run(ctx, s.home, s.chatRequest(), nil)
		if err != nil {
			return err
		}
		title, sections, kept = final.Title, final.Sections, s.id
		if err := b.keep(ctx, s, chat.Reply{Title: final.Title,
			Detail: &chat.Detail{Title: final.Title, Sections: final.Sections}}); err != nil {
			kept = ""
		}
	case errors.Is(err, jobs.ErrGone):
		title = chat.Text(s.lang, "slack.detail-gone", nil)
	case err != nil:
		return err
	case all:
		title, sections = w.Title, append(w.Sections, w.Detail...)
	default:
		title, sections = w.DetailTitle, w.Detail
	}
	return b.modal(ctx, s, title, sections, kept)
}

// showForm puts a Form into the modal that stands open for it; where there is none, the rest of the Reply is said
// instead.
func (b *Bot) showForm(ctx context.Context, s *responder, r chat.Reply) error {
	if r.Form == nil {
		return b.modal(ctx, s, r.Title, r.Sections, "")
	}
	view, err := blockkit.FormView(s.lang, r.Form, blockkit.Origin{
		Channel: s.request.Channel, Thread: s.request.Thread, Direct: s.request.Direct, ResponseURL: s.request.ResponseURL,
		At: s.request.At.Unix(),
	})
	if err != nil {
		slog.Error("form cannot be shown", "request_id", s.id, "error", err)
		return s.finish(ctx, r)
	}
	return b.fill(ctx, s, view, r)
}

// modal shows sections in the modal that stands open for the job.
func (b *Bot) modal(ctx context.Context, s *responder, title string, sections []chat.Section, kept string) error {
	view, _ := blockkit.Page(s.lang, title, sections, kept, s.request.Click.Page)
	return b.fill(ctx, s, view, chat.Reply{Title: title, Sections: sections, Final: true})
}

// fill fills the modal that stands open for the job; where it never opened, the Reply is said instead.
func (b *Bot) fill(ctx context.Context, s *responder, view slack.ModalViewRequest, instead chat.Reply) error {
	// The modal may still be on its way: it is opened while the job waits for its worker.
	for attempt := 0; attempt < 8 && (s.request.View != "" || s.request.Modal != ""); attempt++ {
		var err error
		if s.request.View != "" {
			_, err = s.home.api.UpdateViewContext(ctx, view, "", "", s.request.View)
		} else {
			view.ExternalID = s.request.Modal
			_, err = s.home.api.UpdateViewContext(ctx, view, s.request.Modal, "", "")
		}
		if err == nil {
			s.note(ctx, "done", "1")
			return nil
		}
		if !slackSaid(err, "not_found", "view_not_found") {
			return s.home.watchToken(fmt.Errorf("bot: view: %w", err))
		}
		if s.request.View != "" || time.Since(s.request.At) > 10*time.Second {
			break // closed by the reader, or never opened
		}
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return err
		}
	}
	if s.request.View != "" {
		s.note(ctx, "done", "1")
		return nil // who has closed the modal waits for nothing
	}
	return s.finish(ctx, instead)
}
