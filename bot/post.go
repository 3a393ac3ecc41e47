package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"signpost/bot/blockkit"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
)

// metadataType marks our messages, so that one can be found again.
const metadataType = "signpost_request"

// errUntraceable says that a post may have arrived, and that the app may not look whether it did.
var errUntraceable = errors.New("bot: a post whose end is not known cannot be looked for")

// traceable reports whether a message can be found again where its job speaks: in direct messages, and in channels of
// either kind where the app was granted their history.
func (s *responder) traceable() bool {
	switch {
	case s.request.Direct || strings.HasPrefix(s.request.Channel, "D"):
		return s.home.granted("im:history")
	case strings.HasPrefix(s.request.Channel, "U"): // a person's id stands for the conversation with them
		return false
	}
	return s.home.granted("channels:history") && s.home.granted("groups:history")
}

// post posts the job's message. Where an attempt before may have posted it, it is looked for first.
func (s *responder) post(ctx context.Context, r chat.Reply) error {
	traced := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType,
		EventPayload: map[string]any{"request_id": s.id}})
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	if !r.Final && s.stopping != nil { // progress gives up its place to the answer
		go func() {
			select {
			case <-s.stopping:
				cancel()
			case <-waiting.Done():
			}
		}()
	}
	sent, err := s.bot.channelTurn(waiting, s.request.Team, s.request.Channel)
	if err != nil {
		return err
	}
	defer sent()
	if s.postBegan != "" {
		switch found, err := s.findPosted(ctx); {
		case errors.Is(err, errUntraceable):
			return s.instead(ctx, r, err)
		case err != nil: // to post without having looked would be to post twice
			return err
		case found:
			return s.edit(ctx, r)
		}
	} else {
		s.postBegan = fmt.Sprintf("%d.000000", time.Now().Add(-time.Minute).Unix())
		s.note(ctx, "posting", s.postBegan)
	}
	var channel, ts string
	err = s.say(r, func(m blockkit.Message) (err error) {
		channel, ts, err = s.home.api.PostMessageContext(ctx, s.request.Channel, options(m, s.thread(), traced)...)
		return err
	})
	if err != nil {
		if refused(err) || slackSaid(err, "internal_error", "fatal_error") && !s.traceable() {
			s.postBegan = ""
			s.note(ctx, "posting", "")
		}
		return s.home.watchToken(fmt.Errorf("bot: post: %w", err))
	}
	s.channel, s.ts, s.postBegan = channel, ts, ""
	s.note(ctx, "channel", channel, "ts", ts)
	return nil
}

// instead gives the asker alone what may or may not stand in the channel already: nobody can look, and it is not said
// there twice. A message of the outbox has no asker here: its own command sees to that.
func (s *responder) instead(ctx context.Context, r chat.Reply, why error) error {
	slog.Warn("a message may stand in the channel or not: given to the asker", "request_id", s.id, "error", why)
	switch {
	case s.request.Post != nil || s.request.User == "":
		return fmt.Errorf("%w: %w", errNowhere, why)
	case !r.Final:
		return why
	case s.request.Direct && s.request.ResponseURL == "":
		return fmt.Errorf("%w: %w", errNowhere, why)
	}
	direct := s.request.Direct
	s.request.Direct = false // no message of its own
	defer func() { s.request.Direct = direct }()
	return s.sendEphemeral(ctx, r)
}

// pagesLooked is how many pages of a conversation are looked through for a message, of 200 messages each.
const pagesLooked = 5

// findPosted looks for the message of a post whose end is not known, because this process or its connection died over
// it. The error is errUntraceable where the app may not look; any other says that it could not be seen now.
func (s *responder) findPosted(ctx context.Context) (bool, error) {
	cursor := ""
	for range pagesLooked {
		messages, next, err := s.history(ctx, cursor)
		switch {
		case slackSaid(err, "thread_not_found"):
			return false, nil
		case cannotPost(err) || slackSaid(err, "access_denied", "not_allowed_token_type"):
			return false, fmt.Errorf("%w: %w", errUntraceable, err)
		case err != nil:
			return false, fmt.Errorf("bot: look for a post: %w", err)
		}
		for _, m := range messages {
			if m.Metadata.EventType == metadataType && m.Metadata.EventPayload["request_id"] == s.id {
				s.channel, s.ts, s.postBegan = s.request.Channel, m.Timestamp, ""
				s.note(ctx, "channel", s.channel, "ts", s.ts)
				return true, nil
			}
		}
		if next == "" {
			return false, nil
		}
		cursor = next
	}
	return false, fmt.Errorf("%w: too much was said since", errUntraceable)
}

// history is a page of what was said since the post began, where the job speaks.
func (s *responder) history(ctx context.Context, cursor string) (messages []slack.Message, next string, err error) {
	if s.thread() != "" {
		var more bool
		messages, more, next, err = s.home.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: s.request.Channel, Timestamp: s.thread(), Oldest: s.postBegan, Limit: 200, Cursor: cursor,
			IncludeAllMetadata: true,
		})
		if !more {
			next = ""
		}
		return messages, next, err
	}
	h, err := s.home.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: s.request.Channel, Oldest: s.postBegan, Limit: 200, Cursor: cursor, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil, "", err
	}
	if h.HasMore {
		next = h.ResponseMetaData.NextCursor
	}
	return h.Messages, next, nil
}
