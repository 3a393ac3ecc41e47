package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/metrics"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

const (
	// editEvery is the least time between two progress edits of one message.
	editEvery = time.Second
	// showAfter is how long a command may take before its progress is shown: most answers come sooner, as one message.
	showAfter = 700 * time.Millisecond
	// noteAfter is the same for the note that stands in place of progress, where a message could not be found again.
	noteAfter = 3 * time.Second
)

// start begins to show what progress is given; stop ends it.
func (s *responder) start(ctx context.Context) {
	s.wake, s.stopping = make(chan struct{}, 1), make(chan struct{})
	began := time.Now()
	s.sending.Go(func() {
		if !s.traceable() {
			s.noteOnce(ctx, began)
			return
		}
		if s.ts == "" && !s.byURL && !s.waitUnlessStopped(ctx, time.Until(began.Add(showAfter))) {
			return
		}
		for {
			select {
			case <-s.stopping:
				return
			case <-ctx.Done():
				return
			case <-s.wake:
			}
			s.showLatest(ctx)
		}
	})
}

// noteOnce tells the asker, after a while, that the answer follows. A message that cannot be found again after a lost
// reply is posted as an answer alone: progress in it might stay for ever.
func (s *responder) noteOnce(ctx context.Context, began time.Time) {
	if s.request.User == "" || !s.waitUnlessStopped(ctx, time.Until(began.Add(noteAfter))) {
		return
	}
	note := chat.Reply{Audience: chat.Asker, Title: chat.Text(s.lang, "slack.working", nil)}
	m := s.render(note)
	var err error
	if s.request.ResponseURL != "" && s.urlUsed < urlProgressUses {
		s.urlUsed++
		s.note(ctx, "url_uses", fmt.Sprint(s.urlUsed))
		err = slack.PostWebhookCustomHTTPContext(ctx, s.request.ResponseURL, s.bot.http, &slack.WebhookMessage{
			Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks}, ResponseType: slack.ResponseTypeEphemeral,
			UnfurlLinks: new(bool), UnfurlMedia: new(bool), ThreadTimestamp: s.request.Thread,
		})
	} else {
		_, err = s.home.apiOnce.PostEphemeralContext(ctx, s.request.Channel, s.request.User,
			options(m, s.request.Thread)...)
	}
	if err != nil {
		slog.Info("progress is not shown", "request_id", s.id, "error", err)
	}
}

// showLatest shows the newest progress: the first as a message of its own, what follows as an edit, not before its time
// and not where the budget of edits is spent.
func (s *responder) showLatest(ctx context.Context) {
	if s.ts != "" || s.byURL {
		if !s.waitUnlessStopped(ctx, time.Until(s.lastHeard().Add(editEvery))) {
			return
		}
		if !s.home.edits.Allow() {
			s.bot.Metrics.Reached(metrics.LimitEdits)
			return
		}
	}
	s.mu.Lock()
	r := s.latest
	s.latest = nil
	if r == nil {
		s.mu.Unlock()
		return
	}
	channel, ts := s.channel, s.ts
	if ts != "" { // the answer need not wait for the end of this
		editing := make(chan struct{})
		defer close(editing)
		s.editing = editing
	}
	s.mu.Unlock()
	var err error
	if ts != "" {
		err = s.say(*r, func(m blockkit.Message) error {
			_, _, _, err := s.home.apiOnce.UpdateMessageContext(ctx, channel, ts, options(m, "")...)
			return err
		})
		s.heard()
	} else {
		err = s.send(ctx, *r)
	}
	if err != nil {
		slog.Info("progress is not shown", "request_id", s.id, "error", err)
	}
}

func (s *responder) lastHeard() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// waitUnlessStopped waits, and reports whether the command still runs then.
func (s *responder) waitUnlessStopped(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(max(d, 0))
	defer t.Stop()
	select {
	case <-s.stopping:
		return false
	case <-ctx.Done():
		return false
	case <-t.C:
	}
	select {
	case <-s.stopping:
		return false
	default:
		return true
	}
}

// progress takes a Reply that is not the last. It does not wait for Slack.
func (s *responder) progress(r chat.Reply) {
	s.mu.Lock()
	s.latest = &r
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// stop ends progress. A first message on its way to Slack is waited for, as the answer takes its place; an edit is not.
func (s *responder) stop() {
	s.mu.Lock()
	s.latest = nil
	s.mu.Unlock()
	close(s.stopping)
	ended := make(chan struct{})
	go func() { s.sending.Wait(); close(ended) }()
	s.mu.Lock()
	editing := s.editing
	s.mu.Unlock()
	if editing == nil {
		<-ended
		return
	}
	select {
	case <-ended:
	case <-editing:
		<-ended
	default:
		s.overlap = ended
	}
}
