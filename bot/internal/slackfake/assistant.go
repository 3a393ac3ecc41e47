package slackfake

import (
	"encoding/json"
	"slices"
	"strings"
)

// OpenAssistant is that somebody opens the view for assistants, which begins a thread.
func (s *Slack) OpenAssistant(user, channel string) (d Delivery, thread string) {
	thread = s.stamp()
	s.change(func() {
		s.threads[thread] = &AssistantThread{Channel: channel, TS: thread}
		s.begun[thread] = true
	})
	return s.Event(map[string]any{"type": "assistant_thread_started", "event_ts": s.stamp(),
		"assistant_thread": map[string]any{"user_id": user, "channel_id": channel, "thread_ts": thread,
			"context": map[string]any{"channel_id": "C1", "team_id": Team}}}), thread
}

// SayToAssistant is a message in such a thread.
func (s *Slack) SayToAssistant(user, channel, thread, text string) Delivery {
	return s.Event(map[string]any{"type": "message", "channel_type": "im", "user": user, "channel": channel, "text": text,
		"thread_ts": thread, "ts": s.stamp(), "event_ts": s.stamp()})
}

// Assistant is what stands in such a thread beside its messages.
func (s *Slack) Assistant(thread string) (out AssistantThread) {
	s.change(func() {
		if t := s.threads[thread]; t != nil {
			out = *t
			out.Prompts, out.Statuses = slices.Clone(t.Prompts), slices.Clone(t.Statuses)
		}
	})
	return out
}

// GlobalShortcut is the app's shortcut that is chosen outside of any message.
func (s *Slack) GlobalShortcut(user, callback string) Delivery {
	p := map[string]any{"type": "shortcut", "callback_id": callback, "team": map[string]any{"id": Team},
		"user": map[string]any{"id": user}, "token": "legacy", "action_ts": s.stamp()}
	s.change(func() {
		trigger, _ := s.reach(user, "")
		p["trigger_id"] = trigger
	})
	return interactive(p)
}

// assist sets what an app shows in a thread of the view for assistants; the lock is held.
func (s *Slack) assist(method string, p params, out map[string]any) {
	if !slices.Contains(strings.Split(s.scopes, ","), "assistant:write") {
		out["error"] = "missing_scope"
		s.fault("%s without assistant:write", method)
		return
	}
	t := s.threads[p.str("thread_ts")]
	if t == nil || t.Channel != p.str("channel_id") {
		out["error"] = "thread_not_found"
		return
	}
	if method == "assistant.threads.setStatus" {
		t.Statuses = append(t.Statuses, p.str("status"))
		return
	}
	var prompts []Prompt
	if err := json.Unmarshal([]byte(p.str("prompts")), &prompts); err != nil || len(prompts) == 0 || len(prompts) > 4 ||
		slices.ContainsFunc(prompts, func(x Prompt) bool { return x.Title == "" || x.Message == "" }) {
		out["error"] = "invalid_arguments"
		s.fault("%s: prompts %s", method, p.str("prompts"))
		return
	}
	t.Title, t.Prompts = p.str("title"), prompts
}
