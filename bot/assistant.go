package bot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"signpost/commands"
	"signpost/commands/chat"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// fromAssistant reads that somebody opened the view for assistants, which begins a thread of a conversation of two.
func fromAssistant(r request, m *slackevents.AssistantThreadStartedEvent, id string) (d delivery, ok bool) {
	t := m.AssistantThread
	if t.UserID == "" || t.ChannelID == "" || t.ThreadTimeStamp == "" {
		return d, false
	}
	r.User, r.Channel, r.Thread, r.Direct, r.Prompts = t.UserID, t.ChannelID, t.ThreadTimeStamp, true, true
	return delivery{id: identity("assistant", r.Team, t.ChannelID, t.ThreadTimeStamp, id), request: r}, true
}

// suggest shows in a new thread what may be asked, in the person's language.
func (s *responder) suggest(ctx context.Context) error {
	lang := chat.Match(s.lang)
	ask := slack.AssistantThreadsSetSuggestedPromptsParameters{
		Title: chat.Text(lang, "assistant.title", nil), ChannelID: s.request.Channel, ThreadTS: s.request.Thread,
	}
	for _, p := range prompts(lang) {
		ask.AddPrompt(p.Title, p.Message)
	}
	if err := s.home.api.SetAssistantThreadsSuggestedPromptsContext(ctx, ask); err != nil {
		return s.home.watchToken(fmt.Errorf("bot: suggested prompts: %w", err))
	}
	s.note(ctx, "done", "1")
	return nil
}

// thinkingTime is how long the answer waits for the status at most.
const thinkingTime = 2 * time.Second

// showThinking tells in a thread of the view for assistants that an answer is sought. Slack takes it away with the
// first message; that it cannot be shown hinders no answer.
func (s *responder) showThinking(ctx context.Context) {
	if !s.request.Direct || s.request.Thread == "" || s.ts != "" || !s.home.granted("assistant:write") {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, thinkingTime)
	defer cancel()
	err := s.home.apiOnce.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{
		ChannelID: s.request.Channel, ThreadTS: s.request.Thread, Status: chat.Text(s.lang, "assistant.thinking", nil)})
	if err != nil {
		slog.Info("status is not shown", "request_id", s.id, "error", err)
	}
}

// fromGlobal reads that shortcut: a form asks for the domain, and the answer comes as a direct message.
func (b *Bot) fromGlobal(c slack.InteractionCallback) delivery {
	return b.withModal(delivery{
		id:      identity("global", c.CallbackID, c.Team.ID, c.User.ID, c.TriggerID, c.ActionTs),
		trigger: c.TriggerID,
		request: request{Team: c.Team.ID, User: c.User.ID, Channel: c.User.ID, Direct: true, Command: chat.Check,
			Text: chat.FormWord, At: time.Now().UTC()},
	})
}

// withModal notes the modal that is to be opened at once, where a form will answer.
func (b *Bot) withModal(d delivery) delivery {
	if d.trigger != "" && d.request.View == "" &&
		commands.AsksBack(d.request.Command, d.request.Text, b.known(d.request.from()).people.cached(d.request.User)) {
		d.request.Modal = d.id
	}
	return d
}
