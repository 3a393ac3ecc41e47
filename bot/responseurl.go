package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"signpost/bot/blockkit"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

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

// urlRetry says whether and when a post to a response_url is worth another attempt: it has no retries of its own.
func urlRetry(err error, attempt int) (time.Duration, bool) {
	limit, limited := limitedFor(err)
	switch {
	case err == nil || attempt >= 4:
		return 0, false
	case limited: // for longer than a few seconds the job goes back to the queue
		return limit, limit <= 3*time.Second
	case unserved(err):
		return time.Second << attempt, true
	}
	return 0, false
}
