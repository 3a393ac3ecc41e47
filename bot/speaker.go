package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"signpost/bot/blockkit"
	"signpost/bot/jobs"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

const (
	// editEvery is the least time between two edits of one message.
	editEvery = time.Second
	// urlUses and urlLife are what Slack allows a response_url; two uses are kept for the answer.
	urlUses         = 5
	urlProgressUses = 3
	urlLife         = 30 * time.Minute
)

// errNowhere says that there is no place left where the answer could be said.
var errNowhere = errors.New("bot: no place for the answer")

// speaker says what one job has to say, in one place: it posts once and edits what it posted. What it must know of an attempt
// before a crash is noted with the job.
type speaker struct {
	bot     *Bot
	id      string
	request request
	lang    language.Tag
	zone    string

	channel, ts string // the message that stands for the job; empty before there is one
	posting     string // when a post began whose end is not known, as Slack writes times
	byURL       bool   // said over the response_url: no message to edit
	urlUsed     int
	last        time.Time // when Slack last heard of us

	mu     sync.Mutex
	latest *chat.Reply
	wake   chan struct{}
	idle   sync.WaitGroup
}

// recall reads what an attempt before has noted. Done says that the answer has been given.
func (s *speaker) recall(ctx context.Context) (done bool, err error) {
	notes, err := s.bot.Queue.Notes(ctx, s.id)
	if err != nil {
		return false, err
	}
	s.channel, s.ts = notes["channel"], notes["ts"]
	s.byURL, s.posting = notes["by_url"] != "", notes["posting"]
	if s.ts != "" {
		s.last = time.Now() // it is not known when the attempt before spoke
	}
	_, _ = fmt.Sscan(notes["url_uses"], &s.urlUsed)
	return notes["done"] != "", nil
}

// note keeps pairs of names and values for an attempt after a crash; without Redis the job goes on, with what this process knows.
func (s *speaker) note(ctx context.Context, pairs ...string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.bot.Queue.Note(ctx, s.id, pairs...); err != nil {
		slog.Warn("not noted", "request_id", s.id, "error", err)
	}
}

// start begins to show what progress is given; stop ends it.
func (s *speaker) start(ctx context.Context) {
	s.wake = make(chan struct{}, 1)
	s.idle.Go(func() {
		for range s.wake {
			s.mu.Lock()
			r := s.latest
			s.latest = nil
			s.mu.Unlock()
			if r == nil {
				continue
			}
			if s.ts != "" || s.byURL {
				// An edit of what stands there: not before its time, and not where the budget is spent.
				if pause(ctx, time.Until(s.last.Add(editEvery))) != nil {
					continue
				}
				s.mu.Lock()
				if s.latest != nil { // something newer has come meanwhile
					r, s.latest = s.latest, nil
				}
				s.mu.Unlock()
				if !s.bot.edits.Allow() {
					continue
				}
			}
			if err := s.say(ctx, *r); err != nil {
				slog.Warn("progress is not shown", "request_id", s.id, "error", err)
			}
		}
	})
}

// progress takes a Reply that is not the last. It does not wait for Slack.
func (s *speaker) progress(r chat.Reply) {
	s.mu.Lock()
	s.latest = &r
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// stop ends progress and waits for what is on its way to Slack.
func (s *speaker) stop() {
	s.mu.Lock()
	s.latest = nil
	s.mu.Unlock()
	close(s.wake)
	s.idle.Wait()
}

// finish says the last word and notes that it was said.
func (s *speaker) finish(ctx context.Context, r chat.Reply) error {
	if s.ts != "" {
		if err := pause(ctx, time.Until(s.last.Add(editEvery))); err != nil {
			return err
		}
	}
	if err := s.say(ctx, r); err != nil {
		return err
	}
	s.note(ctx, "done", "1")
	return nil
}

// say brings a Reply to where the job speaks: into its message, or a new one, or over the response_url.
func (s *speaker) say(ctx context.Context, r chat.Reply) error {
	defer func() { s.last = time.Now() }()
	switch {
	case s.ts != "":
		err := s.edit(ctx, r)
		if !gone(err) {
			return err
		}
		s.ts = "" // somebody deleted it
		return s.post(ctx, r)
	case s.byURL:
		err := s.answerURL(ctx, r)
		if !errors.Is(err, errNowhere) {
			return err
		}
		slog.Info("the response_url serves no more", "request_id", s.id, "error", err)
		s.byURL, s.request.ResponseURL = false, ""
		return s.say(ctx, r)
	case r.Audience == chat.Asker && !s.request.Direct:
		return s.whisper(ctx, r)
	}
	err := s.post(ctx, r)
	if notThere(err) && s.request.ResponseURL != "" {
		slog.Info("not in the channel: answering over the response_url", "request_id", s.id, "error", err)
		return s.answerURL(ctx, r)
	}
	return err
}

func (s *speaker) render(r chat.Reply) blockkit.Message {
	kept := ""
	if r.Final && worthKeeping(r) {
		kept = s.id
	}
	return blockkit.Render(s.lang, r, kept)
}

// thread is where a message for everyone goes: the thread in which it was asked, or one that begins under the question.
func (s *speaker) thread() string { return cmp.Or(s.request.Thread, s.request.Begin) }

// options is a message as Slack's client takes it, in a thread unless that is empty. Links in it are not unfurled: they come from outside.
func options(m blockkit.Message, thread string, more ...slack.MsgOption) []slack.MsgOption {
	out := append([]slack.MsgOption{
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	}, more...)
	if thread != "" {
		out = append(out, slack.MsgOptionTS(thread))
	}
	return out
}

func (s *speaker) post(ctx context.Context, r chat.Reply) error {
	opts := options(s.render(r), s.thread(), slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{"request_id": s.id}}))
	again := s.posting != ""
	if !again {
		s.posting = fmt.Sprintf("%d.000000", time.Now().Add(-time.Minute).Unix())
		s.note(ctx, "posting", s.posting)
	}
	spoken, err := s.bot.turn(ctx, s.request.Channel)
	if err != nil {
		return err
	}
	defer spoken()
	if again && s.found(ctx) {
		return s.edit(ctx, r)
	}
	channel, ts, err := s.bot.api.PostMessageContext(ctx, s.request.Channel, opts...)
	if err != nil {
		return s.bot.watchToken(fmt.Errorf("bot: post: %w", err))
	}
	s.channel, s.ts = channel, ts
	s.note(ctx, "channel", channel, "ts", ts)
	return nil
}

// metadataType marks our messages, so that one can be found again.
const metadataType = "signpost_request"

// found looks for the message of a post whose end is not known, because this process or its connection died over it. It finds it in
// direct messages, and in channels where the app was granted their history; elsewhere a message is posted anew.
func (s *speaker) found(ctx context.Context) bool {
	page := slack.GetConversationHistoryParameters{ChannelID: s.request.Channel, Oldest: s.posting, Limit: 200, IncludeAllMetadata: true}
	var messages []slack.Message
	if s.thread() != "" {
		replies, _, _, err := s.bot.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: page.ChannelID, Timestamp: s.thread(), Oldest: page.Oldest, Limit: page.Limit, IncludeAllMetadata: true,
		})
		if err != nil {
			return false
		}
		messages = replies
	} else {
		history, err := s.bot.api.GetConversationHistoryContext(ctx, &page)
		if err != nil {
			return false
		}
		messages = history.Messages
	}
	for _, m := range messages {
		if m.Metadata.EventType == metadataType && m.Metadata.EventPayload["request_id"] == s.id {
			s.channel, s.ts = s.request.Channel, m.Timestamp
			s.note(ctx, "channel", s.channel, "ts", s.ts)
			return true
		}
	}
	return false
}

func (s *speaker) edit(ctx context.Context, r chat.Reply) error {
	_, _, _, err := s.bot.api.UpdateMessageContext(ctx, s.channel, s.ts, options(s.render(r), "")...)
	if err != nil {
		return s.bot.watchToken(fmt.Errorf("bot: edit: %w", err))
	}
	return nil
}

// whisper says something to the asker alone.
func (s *speaker) whisper(ctx context.Context, r chat.Reply) error {
	r.Audience = chat.Asker
	if s.request.ResponseURL != "" {
		err := s.answerURL(ctx, r)
		if !errors.Is(err, errNowhere) {
			return err
		}
	}
	if s.request.Direct || s.request.Channel == "" {
		return s.post(ctx, r)
	}
	// Slack shows it in a thread only where the thread has begun.
	opts := options(s.render(r), s.request.Thread)
	if _, err := s.bot.api.PostEphemeralContext(ctx, s.request.Channel, s.request.User, opts...); err != nil {
		return s.bot.watchToken(fmt.Errorf("bot: whisper: %w", err))
	}
	return nil
}

// answerURL says something over the response_url: the first time anew, then in the place of what it said before. It counts its
// uses before they happen, so that a crash cannot spend one unseen.
func (s *speaker) answerURL(ctx context.Context, r chat.Reply) error {
	limit := urlUses
	if !r.Final {
		limit = urlProgressUses
	}
	if s.urlUsed >= limit || time.Since(s.request.At) > urlLife {
		if !r.Final {
			return nil // what is left is for the answer
		}
		return fmt.Errorf("%w: the response_url is used up", errNowhere)
	}
	m := s.render(r)
	message := &slack.WebhookMessage{
		Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks}, ResponseType: slack.ResponseTypeEphemeral, ReplaceOriginal: s.urlUsed > 0,
		UnfurlLinks: new(bool), UnfurlMedia: new(bool), ThreadTimestamp: s.request.Thread,
	}
	if r.Audience == chat.Channel {
		message.ResponseType = slack.ResponseTypeInChannel
	}
	s.byURL = true
	s.urlUsed++
	s.note(ctx, "by_url", "1", "url_uses", fmt.Sprint(s.urlUsed))
	for attempt := 0; ; attempt++ {
		err := slack.PostWebhookCustomHTTPContext(ctx, s.request.ResponseURL, s.bot.http, message)
		wait, again := webhookRetry(err, attempt)
		if !again && unserved(err) { // it was no use of it: an outage must not spend them all
			s.urlUsed--
			s.note(ctx, "url_uses", fmt.Sprint(s.urlUsed))
			return err
		}
		if !again {
			var status slack.StatusCodeError
			if errors.As(err, &status) && status.Code >= 400 && status.Code < 500 {
				return fmt.Errorf("%w: the response_url is refused: %w", errNowhere, err)
			}
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// webhookRetry says whether and when a post to a response_url is worth another attempt: it has no retries of its own.
func webhookRetry(err error, attempt int) (time.Duration, bool) {
	var limited *slack.RateLimitedError
	switch {
	case err == nil || attempt >= 4:
		return 0, false
	case errors.As(err, &limited):
		return max(limited.RetryAfter, time.Second), true
	case unserved(err):
		return time.Second << attempt, true
	}
	return 0, false
}

// unserved reports that Slack has not taken what was sent: it was never sent, or Slack is in trouble.
func unserved(err error) bool {
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code >= 500 || neverSent(err)
}

// gone reports that the message to edit is no more.
func gone(err error) bool {
	return slackSaid(err, "message_not_found", "cant_update_message", "edit_window_closed")
}

// threadGone reports that the message under which something is said is no more.
func threadGone(err error) bool {
	return slackSaid(err, "thread_not_found", "message_not_found", "cannot_reply_to_message")
}

// notThere reports that the bot may not post in the channel.
func notThere(err error) bool {
	return slackSaid(err, "not_in_channel", "channel_not_found", "is_archived", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "missing_scope", "no_permission")
}

func slackSaid(err error, words ...string) bool {
	var e slack.SlackErrorResponse
	if !errors.As(err, &e) {
		return false
	}
	return slices.Contains(words, e.Err)
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// hopeless reports that no later attempt can succeed.
func hopeless(err error) bool {
	return errors.Is(err, errNowhere) || notThere(err) || slackSaid(err, "invalid_blocks", "msg_too_long", "msg_blocks_too_long", "user_not_in_channel", "user_not_found") || errors.Is(err, jobs.ErrGiveUp)
}
