package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/bot/metrics"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
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

// Run serves until ctx ends, which is no error, or until only a person can help: ErrToken, or an address that cannot be
// listened at.
func (b *Bot) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	stop, err := b.listen(ctx)
	defer stop()
	if err != nil {
		return err
	}
	if err := b.identify(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	b.scheduleAll(ctx)
	wg.Go(func() {
		if err := b.Queue.Serve(ctx, b.Grace, b.work); err != nil {
			b.fail(err)
		}
	})
	if b.AppToken != "" {
		wg.Go(func() { b.socket(ctx) })
	}
	if b.Reports != nil {
		wg.Go(func() { b.Reports.Run(ctx, b.reportsTurn, b.takeReport) })
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-b.fatal:
		return err
	}
}

// takeReport counts a mail with reports that came into the mailbox for them, once. What they tell that is new goes to
// the channels that watch their domains.
func (b *Bot) takeReport(ctx context.Context, name string, mail []byte) error {
	s := &responder{bot: b, home: b.only, id: identity("mailbox", b.only.self.Load().TeamID, name), lang: b.Lang,
		request: request{Team: b.only.self.Load().TeamID, Command: chat.Report, Silent: true}}
	ask := s.chatRequest()
	ask.Files = []chat.File{{Name: name, Size: int64(len(mail)),
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(mail)), nil }}}
	final, err := b.run(ctx, s.home, ask, nil)
	if err != nil {
		return err
	}
	return b.enqueueOutbox(ctx, s, final)
}
