package slackfake

import (
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

func readParams(r *http.Request) (params, error) {
	p := params{}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
	if err != nil {
		return nil, err
	}
	if len(body) == 0 {
		// a method without arguments
	} else if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(body, &p); err != nil {
			return nil, err
		}
	} else {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		for k := range r.Form {
			p[k] = r.Form.Get(k)
		}
	}
	if t, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		p["token"] = t
	}
	return p, nil
}

func (s *Slack) post(method string, p params, out map[string]any) (limited int) {
	channel := p.str("channel")
	blocks, err := s.checkMessage(method, p)
	switch {
	case err != nil:
		s.fault("%s: %v", method, err)
		out["error"] = "invalid_blocks"
		return 0
	case s.refused(blocks):
		out["error"] = "invalid_blocks"
		return 0
	case s.archived[channel]:
		out["error"] = "is_archived"
		return 0
	case s.gone[channel]:
		out["error"] = "channel_not_found"
		return 0
	case s.gone[p.str("thread_ts")]:
		out["error"] = "thread_not_found"
		return 0
	case !s.members[channel] && !strings.HasPrefix(channel, "D") &&
		!strings.HasPrefix(channel, "U"): // a person's id stands for the conversation with them
		out["error"] = "not_in_channel"
		return 0
	case p.str("unfurl_links") != "false" || p.str("unfurl_media") != "false":
		s.fault("%s: links would be unfurled", method)
	}
	if method == "chat.postMessage" {
		if since := time.Since(s.posted[channel]); since < time.Second-50*time.Millisecond {
			s.fault("chat.postMessage to %s after %v: about one a second is allowed", channel, since)
			return 1
		}
		s.posted[channel] = time.Now()
	}
	m := &Message{Channel: channel, TS: s.nextTS(), Thread: p.str("thread_ts"), Text: p.str("text"), Blocks: blocks,
		At: time.Now()}
	_ = json.Unmarshal([]byte(p.str("metadata")), &m.metadata)
	if method == "chat.postEphemeral" {
		if m.Thread != "" && !s.begun[m.Thread] {
			s.fault("chat.postEphemeral in the thread %s, which has not begun: nobody sees it", m.Thread)
		}
		m.User = p.str("user")
		out["message_ts"] = m.TS
	}
	if m.User == "" {
		s.begun[m.Thread] = true
	}
	s.messages = append(s.messages, m)
	out["channel"], out["ts"] = channel, m.TS
	return 0
}

// history is what a bot may read: direct messages with im:history, channels with channels:history.
func (s *Slack) history(method string, p params, out map[string]any) {
	channel, need := p.str("channel"), "channels:history"
	if strings.HasPrefix(channel, "D") {
		need = "im:history"
	}
	if !slices.Contains(strings.Split(s.scopes, ","), need) {
		out["error"], out["needed"], out["provided"] = "missing_scope", need, s.scopes
		return
	}
	list := []map[string]any{}
	for _, m := range s.messages {
		if m.Channel != channel || m.User != "" || m.TS < p.str("oldest") || method == "conversations.replies" &&
			m.Thread != p.str("ts") {
			continue
		}
		x := map[string]any{"type": "message", "ts": m.TS, "text": m.Text, "bot_id": "B1"}
		if v := p.str("include_all_metadata"); v == "1" || v == "true" {
			x["metadata"] = m.metadata
		}
		list = append(list, x)
	}
	slices.Reverse(list)
	out["messages"] = list
}

func (s *Slack) update(p params, out map[string]any) {
	blocks, err := s.checkMessage("chat.update", p)
	if err != nil {
		s.fault("chat.update: %v", err)
		out["error"] = "invalid_blocks"
		return
	}
	if s.refused(blocks) {
		out["error"] = "invalid_blocks"
		return
	}
	if s.archived[p.str("channel")] {
		out["error"] = "is_archived"
		return
	}
	for _, m := range s.messages {
		if m.Channel != p.str("channel") || m.TS != p.str("ts") || m.User != "" {
			continue
		}
		// An answer may follow progress at once; three changes within a second are a flicker.
		if since := time.Since(m.before); since < time.Second-50*time.Millisecond {
			s.fault("a third change of %s after %v: one a second, and the answer", m.TS, since)
		}
		m.before = cmp.Or(m.Edited, m.At)
		m.Text, m.Blocks, m.Edited = p.str("text"), blocks, time.Now()
		m.Edits++
		out["channel"], out["ts"] = m.Channel, m.TS
		return
	}
	out["error"] = "message_not_found"
}

// breakOff closes the connection without an answer.
func breakOff(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
		}
	}
}
