package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"signpost/bot/blockkit"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"golang.org/x/text/language"
)

const (
	// urlUses and urlLife are what Slack allows a response_url; two uses are kept for the answer.
	urlUses         = 5
	urlProgressUses = 3
	urlLife         = 30 * time.Minute
)

// responder says what one job has to say, in one place: it posts once and edits what it posted. What it must know of an
// attempt before a crash is noted with the job.
type responder struct {
	bot     *Bot
	home    *workspace // whose request it is: its token alone is used
	id      string
	request request
	lang    language.Tag
	zone    string

	channel, ts string // the message that stands for the job; empty before there is one
	postBegan   string // when a post began whose end is not known, as Slack writes times
	byURL       bool   // said over the response_url: no message to edit
	urlUsed     int
	last        time.Time // when Slack last heard of us

	mu       sync.Mutex
	latest   *chat.Reply
	wake     chan struct{}
	stopping chan struct{}   // closed when the command has ended
	sending  sync.WaitGroup  // the goroutine that shows progress
	editing  chan struct{}   // closed when the latest progress edit has ended; nil before there is one
	overlap  <-chan struct{} // closed when a progress edit has ended that was under way when the command ended
}

// restore reads what an attempt before has noted. Done says that the answer has been given.
func (s *responder) restore(ctx context.Context) (done bool, err error) {
	notes, err := s.bot.Queue.Notes(ctx, s.id)
	if err != nil {
		return false, err
	}
	s.channel, s.ts = notes["channel"], notes["ts"]
	s.byURL, s.postBegan = notes["by_url"] != "", notes["posting"]
	if s.ts != "" {
		s.postBegan = ""
		s.last = time.Now() // it is not known when the attempt before spoke
	}
	_, _ = fmt.Sscan(notes["url_uses"], &s.urlUsed)
	return notes["done"] != "", nil
}

// note keeps pairs of names and values for an attempt after a crash; without Redis the job goes on, with what this
// process knows.
func (s *responder) note(ctx context.Context, pairs ...string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := s.bot.Queue.Note(ctx, s.id, pairs...); err != nil {
		slog.Warn("not noted", "request_id", s.id, "error", err)
	}
}

// finish says the last word and notes that it was said.
func (s *responder) finish(ctx context.Context, r chat.Reply) error {
	if err := s.sendWithin(ctx, r); err != nil {
		return err
	}
	if err := s.repair(ctx, r); err != nil {
		return err
	}
	s.note(ctx, "done", "1")
	return nil
}

// sendWithin is send, and again with less of the Reply where Slack finds it too long: half of its sections, none, and
// at last the title alone.
func (s *responder) sendWithin(ctx context.Context, r chat.Reply) error {
	all, bare := r.Sections, false
	err := s.send(ctx, r)
	for parts := len(all); tooLong(err) && !bare; err = s.send(ctx, r) {
		if bare = parts == 0; bare {
			r.Actions, r.Detail = nil, nil
		}
		parts /= 2
		slog.Warn("the answer is too long for Slack: some is left out", "request_id", s.id, "parts", parts, "error", err)
		left := map[string]any{"count": len(all) - parts}
		r.Sections = append(all[:parts:parts], chat.Section{Muted: true, Text: chat.Text(s.lang, "slack.cut", left)})
	}
	return err
}

// send brings a Reply to the place of the job: into its message, or a new one, or over the response_url.
func (s *responder) send(ctx context.Context, r chat.Reply) error {
	defer s.heard()
	switch {
	case s.ts != "":
		err := s.edit(ctx, r)
		if !messageGone(err) {
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
		return s.send(ctx, r)
	case r.Audience == chat.Asker && !s.request.Direct:
		return s.sendEphemeral(ctx, r)
	}
	err := s.post(ctx, r)
	if cannotPost(err) && s.request.ResponseURL != "" {
		slog.Info("not in the channel: answering over the response_url", "request_id", s.id, "error", err)
		return s.answerURL(ctx, r)
	}
	return err
}

// thread is where a message for everyone goes: the thread in which it was asked, or one that begins under the question.
func (s *responder) thread() string { return cmp.Or(s.request.Thread, s.request.Begin) }

// options is a message as Slack's client takes it, in a thread unless that is empty. Links in it are not unfurled: they
// come from outside.
func options(m blockkit.Message, thread string, more ...slack.MsgOption) []slack.MsgOption {
	out := append([]slack.MsgOption{
		slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...), slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}, more...)
	if thread != "" {
		out = append(out, slack.MsgOptionTS(thread))
	}
	return out
}

// sendEphemeral says something to the asker alone.
func (s *responder) sendEphemeral(ctx context.Context, r chat.Reply) error {
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
	err := s.say(r, func(m blockkit.Message) error {
		_, err := s.home.api.PostEphemeralContext(ctx, s.request.Channel, s.request.User,
			options(m, s.request.Thread)...)
		return err
	})
	if err != nil && !refused(err) && !slackSaid(err, "internal_error", "fatal_error") && ctx.Err() == nil {
		slog.Warn("an ephemeral message may have been lost: it is not said twice", "request_id", s.id, "error", err)
		return nil
	}
	if err != nil {
		return s.home.watchToken(fmt.Errorf("bot: ephemeral message: %w", err))
	}
	return nil
}

func (s *responder) edit(ctx context.Context, r chat.Reply) error {
	err := s.say(r, func(m blockkit.Message) error {
		_, _, _, err := s.home.api.UpdateMessageContext(ctx, s.channel, s.ts, options(m, "")...)
		return err
	})
	if err != nil {
		return s.home.watchToken(fmt.Errorf("bot: edit: %w", err))
	}
	return nil
}

// heard notes that Slack has just heard of the job; lastHeard is when it last did.
func (s *responder) heard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
}

// repair says the answer once more where a progress edit was still on its way when it was said: Slack may have taken
// the two in the other order.
func (s *responder) repair(ctx context.Context, r chat.Reply) error {
	if s.overlap == nil {
		return nil
	}
	t := time.NewTimer(repairAfter)
	defer t.Stop()
	select {
	case <-s.overlap:
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.overlap = nil
	return s.send(ctx, r)
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

// repairAfter is how long a progress edit that overlapped with the answer may take to end, the client's own bound
// included.
const repairAfter = 20 * time.Second

// answerURL says something over the response_url: the first time anew, then in the place of what it said before. It
// counts its uses before they happen, so that a crash cannot spend one unseen.
func (s *responder) answerURL(ctx context.Context, r chat.Reply) error {
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
		Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks}, ResponseType: slack.ResponseTypeEphemeral,
		ReplaceOriginal: s.byURL,
		UnfurlLinks:     new(bool), UnfurlMedia: new(bool), ThreadTimestamp: s.request.Thread,
	}
	if r.Audience == chat.Channel {
		message.ResponseType = slack.ResponseTypeInChannel
	}
	s.byURL = true
	s.urlUsed++
	s.note(ctx, "by_url", "1", "url_uses", fmt.Sprint(s.urlUsed))
	var without blockkit.Newer
	for attempt := 0; ; attempt++ {
		err := slack.PostWebhookCustomHTTPContext(ctx, s.request.ResponseURL, s.bot.http, message)
		wait, again := urlRetry(err, attempt)
		_, limited := limitedFor(err)
		if !again && (limited || unserved(err)) { // it was no use of it: an outage must not spend them all
			s.urlUsed--
			s.note(ctx, "url_uses", fmt.Sprint(s.urlUsed))
			return err
		}
		var status slack.StatusCodeError
		if held := m.Newer; !again && errors.As(err, &status) && status.Code == http.StatusBadRequest &&
			held != (blockkit.Newer{}) && s.urlUsed < limit { // in blocks that every workspace takes
			m = s.renderWithout(held, r)
			message.Text, message.Blocks = m.Text, &slack.Blocks{BlockSet: m.Blocks}
			without = held
			s.urlUsed++
			s.note(ctx, "url_uses", fmt.Sprint(s.urlUsed))
			continue
		}
		if err == nil && without != (blockkit.Newer{}) {
			s.plainly(without)
		}
		if !again {
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
