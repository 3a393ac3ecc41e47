package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/commands"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

const (
	// handleTimeout is how long a command may work on its answer.
	handleTimeout = 25 * time.Second
	// bookTimeout is the same for what goes through a whole casebook; it stays below what a job may take.
	bookTimeout = 4 * time.Minute
)

// work answers one job.
func (b *Bot) work(ctx context.Context, job jobs.Job) error {
	var r request
	if err := json.Unmarshal(job.Payload, &r); err != nil {
		slog.Error("job cannot be read", "request_id", job.ID, "error", err)
		return fmt.Errorf("bot: job: %w: %w", err, jobs.ErrGiveUp)
	}
	start := time.Now()
	s := &speaker{bot: b, id: job.ID, request: r}
	done, err := s.recall(ctx)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	s.lang, s.zone = b.people.about(ctx, r.User)
	switch {
	case r.Post != nil && r.Post.Ask != "":
		err = b.refresh(ctx, s)
	case r.Post != nil:
		err = b.say(ctx, s)
	case r.Silent:
		err = b.quietly(ctx, s)
	case r.Home:
		err = b.showHome(ctx, s)
	case r.Click.Kept != "":
		err = b.showKept(ctx, s)
	default:
		err = b.answer(ctx, s)
	}
	switch {
	case err == nil:
		slog.Info("answered", "request_id", job.ID, "command", clipOctets(r.Command), "attempt", job.Attempt, "took_ms", time.Since(start).Milliseconds(),
			"waited_ms", start.Sub(r.At).Milliseconds())
		return nil
	case hopeless(err):
		slog.Error("not answered", "request_id", job.ID, "error", err)
		if r.Post == nil && !r.Silent && !errors.Is(err, errNowhere) {
			s.apologise(ctx, s.whisper)
		}
		return fmt.Errorf("%w: %w", err, jobs.ErrGiveUp)
	}
	if errors.Is(err, jobs.ErrBusy) { // it waits for another, which is no fault
		slog.Debug("waiting", "request_id", job.ID, "error", err)
		return err
	}
	slog.Warn("not answered yet", "request_id", job.ID, "attempt", job.Attempt, "error", err)
	if job.Last && r.Post == nil && !r.Silent {
		s.apologise(ctx, s.finish)
	}
	return err
}

// apologise says that there will be no answer.
func (s *speaker) apologise(ctx context.Context, say func(context.Context, chat.Reply) error) {
	sorry := chat.Reply{Tone: chat.Bad, Title: chat.Text(s.lang, "slack.gave-up", map[string]any{"reference": s.id}), Final: true}
	if err := say(ctx, sorry); err != nil {
		slog.Error("not even an apology", "request_id", s.id, "error", err)
	}
}

// ask is the request as the commands take it.
func (s *speaker) ask() chat.Request {
	return chat.Request{
		ID: s.id, Team: s.request.Team, User: s.request.User, Channel: s.request.Channel, Thread: s.thread(), Public: s.request.Public, Direct: s.request.Direct, Command: s.request.Command, Text: s.request.Text, Event: s.request.Event,
		Internal: s.request.Silent || s.request.Home || s.request.Post != nil,
		Values:   s.request.Values, Files: s.bot.files(s.request.Files), Lang: s.lang, Zone: s.zone,
	}
}

// run runs the command; progress may be nil.
func (b *Bot) run(ctx context.Context, ask chat.Request, progress func(chat.Reply)) (final chat.Reply, err error) {
	most := handleTimeout
	if commands.WholeBook(ask) {
		most = bookTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ended := false
	err = commands.Handle(ctx, b.Deps, ask, func(r chat.Reply) {
		switch {
		case r.Final:
			final, ended = r, true
		case progress != nil:
			progress(r)
		}
	})
	if err == nil && !ended {
		err = errors.New("bot: the command ended without an answer")
	}
	return final, err
}

// answer runs the command and says its Replies.
func (b *Bot) answer(ctx context.Context, s *speaker) error {
	ask := s.ask()
	// What is added to an answer (a button, a note that it is cut) is in the answer's language.
	s.lang = chat.Language(ask.Text, ask.Lang)
	var final chat.Reply
	var err error
	if s.request.Modal != "" { // what it says on the way has no place there
		final, err = b.run(ctx, ask, nil)
	} else {
		s.start(ctx)
		final, err = b.run(ctx, ask, s.progress)
		s.stop()
	}
	if err != nil {
		return err
	}
	s.lang = final.Lang
	if s.request.Modal != "" {
		return b.showForm(ctx, s, final)
	}
	if err := b.elsewhere(ctx, s, final); err != nil {
		return err
	}
	if err := b.keep(ctx, s, final); err != nil {
		slog.Warn("evidence is not kept", "request_id", s.id, "error", err)
	}
	if final.File != nil {
		err := b.upload(ctx, s, final.File)
		if notThere(err) { // a conversation of two others, or the app may not upload
			slog.Warn("file is not handed over", "request_id", s.id, "error", err)
			final = chat.Reply{Tone: chat.Caution, Title: chat.Text(s.lang, "slack.no-upload", nil), Final: true}
		} else if err != nil {
			return err
		}
	}
	return s.finish(ctx, final.In(s.request.Channel))
}

// upload hands a file over where it was asked for.
func (b *Bot) upload(ctx context.Context, s *speaker, f *chat.Attachment) error {
	_, err := b.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Filename: f.Name, FileSize: len(f.Content), Reader: bytes.NewReader(f.Content), Channel: s.request.Channel, ThreadTimestamp: s.request.Thread, Title: f.Name,
	})
	if err != nil {
		return b.watchToken(fmt.Errorf("bot: upload: %w", err))
	}
	return nil
}

// showHome publishes a person's own page.
func (b *Bot) showHome(ctx context.Context, s *speaker) error {
	final, err := b.run(ctx, s.ask(), nil)
	if err != nil {
		return err
	}
	_, err = b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: s.request.User, View: blockkit.Home(final.Lang, final)})
	if err != nil {
		return b.watchToken(fmt.Errorf("bot: home: %w", err))
	}
	s.note(ctx, "done", "1")
	return nil
}
