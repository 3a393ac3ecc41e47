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
	"signpost/bot/metrics"
	"signpost/bot/pictures"
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
func (b *Bot) work(ctx context.Context, job jobs.Job) (err error) {
	var r request
	if err := json.Unmarshal(job.Payload, &r); err != nil {
		slog.Error("job cannot be read", "request_id", job.ID, "error", err)
		return fmt.Errorf("bot: job: %w: %w", err, jobs.ErrGiveUp)
	}
	r.earlier()
	ctx, end := b.Tracing.Root(withRequest(ctx, job.ID), "job", r.Trace, "request_id", job.ID, "command", r.Command)
	defer func() {
		if errors.Is(err, jobs.ErrBusy) { // which is no fault
			end(nil)
			return
		}
		end(err)
	}()
	start := time.Now()
	if !r.Left.IsZero() {
		return b.uninstalled(ctx, r)
	}
	home, err := b.workspaceOf(ctx, r.from())
	switch {
	case errors.Is(err, errForeign):
		slog.Warn("not answered", "request_id", job.ID, "error", err)
		b.tellForeign(ctx, job.ID, r)
		return fmt.Errorf("%w: %w", err, jobs.ErrGiveUp)
	case err != nil:
		return err
	}
	s := &responder{bot: b, home: home, id: job.ID, request: r}
	done, err := s.restore(ctx)
	if err != nil {
		return err
	}
	if done {
		return nil
	}
	s.lang, s.zone = s.home.people.about(ctx, r.User)
	err = b.perform(ctx, s)
	b.dropRevoked(ctx, home, err)
	wait, limited := limitedFor(err)
	switch {
	case err == nil:
		b.Metrics.JobEnded(metrics.Answered)
		if r.Post == nil && r.NotTaken == "" && !r.Silent && !r.Home {
			b.Metrics.AnsweredIn(time.Since(r.At))
		}
		slog.Info("answered", "request_id", job.ID, "command", clipOctets(r.Command), "attempt", job.Attempt, "took_ms",
			time.Since(start).Milliseconds(),
			"waited_ms", start.Sub(r.At).Milliseconds())
		return nil
	case limited && time.Since(r.At) < patience:
		b.Metrics.JobEnded(metrics.Waiting)
		slog.Info("slack is busy", "request_id", job.ID, "again_in", wait.String(), "error", err)
		return jobs.BusyFor(wait)
	case permanent(err):
		b.Metrics.JobEnded(metrics.GivenUp)
		slog.Error("not answered", "request_id", job.ID, "error", err)
		if r.Step != "" {
			s.giveUpStep(ctx)
		} else if r.Post == nil && !r.Silent && !r.Prompts && !errors.Is(err, errNowhere) {
			s.apologise(ctx, s.sendEphemeral)
		}
		return fmt.Errorf("%w: %w", err, jobs.ErrGiveUp)
	}
	if errors.Is(err, jobs.ErrBusy) { // it waits for another, which is no fault
		b.Metrics.JobEnded(metrics.Waiting)
		slog.Debug("waiting", "request_id", job.ID, "error", err)
		return err
	}
	b.Metrics.JobEnded(metrics.Failed)
	slog.Warn("not answered yet", "request_id", job.ID, "attempt", job.Attempt, "error", err)
	if job.Last && r.Step != "" {
		s.giveUpStep(ctx)
	} else if job.Last && r.Post == nil && !r.Silent && !r.Prompts {
		s.apologise(ctx, s.finish)
	}
	return err
}

// perform does what a job asks for.
func (b *Bot) perform(ctx context.Context, s *responder) error {
	r := &s.request
	switch {
	case r.NotTaken != "":
		return s.tellNotTaken(ctx)
	case r.Post != nil && r.Post.Shows != nil:
		return b.refresh(ctx, s)
	case r.Post != nil:
		return b.deliver(ctx, s)
	case r.Silent:
		return b.runSilently(ctx, s)
	case r.Home:
		return b.showHome(ctx, s)
	case r.Prompts:
		return s.suggest(ctx)
	case r.Step != "":
		return b.runStep(ctx, s)
	case r.Click.Kept != "":
		return b.showEvidence(ctx, s)
	default:
		return b.answer(ctx, s)
	}
}

// apologise says that there will be no answer.
func (s *responder) apologise(ctx context.Context, say func(context.Context, chat.Reply) error) {
	sorry := chat.Reply{Tone: chat.Bad, Title: chat.Text(s.lang, "slack.gave-up", map[string]any{"reference": s.id}),
		Final: true}
	if err := say(ctx, sorry); err != nil {
		slog.Error("not even an apology", "request_id", s.id, "error", err)
	}
}

// chatRequest is the request as the commands take it.
func (s *responder) chatRequest() chat.Request {
	return chat.Request{
		ID: s.id, Team: s.request.Team, User: s.request.User, Channel: s.request.Channel, Thread: s.thread(),
		Public: s.request.Public, Direct: s.request.Direct, Command: s.request.Command, Text: s.request.Text,
		Event: s.request.Event, Inside: s.request.Inside,
		Internal: s.request.Silent || s.request.Home || s.request.Post != nil,
		Values:   s.request.Values, Files: s.bot.files(s.home, s.request.Files), Lang: s.lang, Zone: s.zone,
	}
}

// run runs the command for a workspace; progress may be nil.
func (b *Bot) run(ctx context.Context, home *workspace, ask chat.Request, progress func(chat.Reply)) (final chat.Reply,
	err error) {
	most := handleTimeout
	if commands.WholeBook(ask) {
		most = bookTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	ended := false
	deps := b.Deps
	deps.HasLeft = home.people.left
	err = commands.Handle(ctx, deps, ask, func(r chat.Reply) {
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
func (b *Bot) answer(ctx context.Context, s *responder) error {
	ask := s.chatRequest()
	// What is added to an answer (a button, a note that it is cut) is in the answer's language.
	s.lang = chat.Language(ask.Text, ask.Lang)
	var final chat.Reply
	var err error
	if s.request.Modal != "" { // what it says on the way has no place there
		final, err = b.run(ctx, s.home, ask, nil)
	} else {
		s.showThinking(ctx)
		s.start(ctx)
		final, err = b.run(ctx, s.home, ask, s.progress)
		s.stop()
	}
	if err != nil {
		return err
	}
	s.lang = final.Lang
	if s.request.Modal != "" {
		return b.showForm(ctx, s, final)
	}
	if err := b.enqueueOutbox(ctx, s, final); err != nil {
		return err
	}
	if err := b.keep(ctx, s, final); err != nil {
		slog.Warn("evidence is not kept", "request_id", s.id, "error", err)
	}
	if final.File != nil {
		err := b.upload(ctx, s, final.File, "")
		if cannotPost(err) { // a conversation of two others, or the app may not upload
			slog.Warn("file is not handed over", "request_id", s.id, "error", err)
			final = chat.Reply{Tone: chat.Caution, Title: chat.Text(s.lang, "slack.no-upload", nil), Final: true}
		} else if err != nil {
			return err
		}
	}
	if err := s.finish(ctx, final.In(s.request.Channel)); err != nil {
		return err
	}
	b.showPictures(ctx, s, final)
	return nil
}

// upload hands a file over where it was asked for, with what it shows where it is a picture.
func (b *Bot) upload(ctx context.Context, s *responder, f *chat.Attachment, alt string) error {
	_, err := s.home.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Filename: f.Name, FileSize: len(f.Content), Reader: bytes.NewReader(f.Content), Channel: s.request.Channel,
		ThreadTimestamp: s.thread(), Title: f.Name, AltTxt: alt, InitialComment: blockkit.Escape(alt),
	})
	if err != nil {
		return s.home.watchToken(fmt.Errorf("bot: upload: %w", err))
	}
	return nil
}

// showPictures hands over the pictures of an answer that all in its place may read. The answer tells the same, so that
// a picture that cannot be shown is no failure; one that was handed over before a restart is not handed over again.
func (b *Bot) showPictures(ctx context.Context, s *responder, r chat.Reply) {
	if len(r.Pictures) == 0 || r.Audience == chat.Asker && !s.request.Direct {
		return
	}
	for _, p := range r.Pictures[:min(len(r.Pictures), mostPictures)] {
		name := identity("picture", s.id, p.Name)
		if _, err := b.Queue.Kept(ctx, name); err == nil {
			continue
		}
		raw, err := pictures.PNG(p)
		if err == nil {
			err = b.Queue.Keep(ctx, name, []byte("1"), shownFor)
		}
		if err == nil {
			err = b.upload(ctx, s, &chat.Attachment{Name: p.Name + ".png", Content: raw}, p.Alt)
		}
		if err != nil {
			slog.Warn("picture is not handed over", "request_id", s.id, "picture", p.Name, "error", err)
		}
	}
}

const mostPictures = 4 // of one answer

// showHome publishes a person's own page.
func (b *Bot) showHome(ctx context.Context, s *responder) error {
	final, err := b.run(ctx, s.home, s.chatRequest(), nil)
	if err != nil {
		return err
	}
	_, err = s.home.api.PublishViewContext(ctx,
		slack.PublishViewContextRequest{UserID: s.request.User, View: blockkit.Home(final.Lang, final)})
	if err != nil {
		return s.home.watchToken(fmt.Errorf("bot: home: %w", err))
	}
	s.note(ctx, "done", "1")
	return nil
}
