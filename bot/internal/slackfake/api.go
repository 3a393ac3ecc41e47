package slackfake

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// params is what a call says: a form, or JSON.
type params map[string]any

func (p params) str(key string) string { return str(p[key]) }

// blocks reads blocks, which a form holds as JSON.
func (p params) blocks(key string) ([]map[string]any, error) {
	var raw []byte
	switch v := p[key].(type) {
	case nil:
		return nil, nil
	case string:
		raw = []byte(v)
	default:
		raw, _ = json.Marshal(v)
	}
	var out []map[string]any
	err := json.Unmarshal(raw, &out)
	return out, err
}

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

// api answers the Web API.
func (s *Slack) api(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	s.change(func() { s.calls[method]++ })
	p, err := readParams(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f, failing := s.failure(method)
	if failing {
		time.Sleep(f.Delay)
		if f.write(w) {
			return
		}
	}
	out := map[string]any{}
	var limited int
	s.change(func() {
		t, ok := s.teamOf(p.str("token"))
		switch {
		case method == "oauth.v2.access":
			s.access(r, p, out)
		case method == "apps.connections.open" && p.str("token") == AppToken && !s.revoked:
			limited = s.call(method, p, out)
		case method == "apps.connections.open" && !s.revoked:
			out["error"] = "invalid_auth"
		case s.revoked || ok && t.revoked:
			out["error"] = "token_revoked"
		case ok && t.expired:
			out["error"] = "token_expired"
		case !ok:
			out["error"] = "invalid_auth"
		default:
			s.crosses(method, t, p)
			limited = s.call(method, p, out)
		}
	})
	if limited > 0 {
		Failure{Status: http.StatusTooManyRequests, RetryAfter: limited}.write(w)
		return
	}
	if f.Drop {
		breakOff(w)
		return
	}
	_, bad := out["error"]
	out["ok"] = !bad
	if method == "auth.test" {
		w.Header().Set("X-OAuth-Scopes", s.scopes)
	}
	writeJSON(w, out)
}

// call carries a method out; the lock is held. It gives the seconds to wait where the caller is too fast.
func (s *Slack) call(method string, p params, out map[string]any) (limited int) {
	switch method {
	case "auth.test":
		maps.Copy(out, map[string]any{"team_id": Team, "team": "Team", "user": "signpost", "user_id": BotUser, "bot_id": "B1",
			"url": "https://team.slack.com/"})
	case "apps.connections.open":
		out["url"] = "ws" + strings.TrimPrefix(s.server.URL, "http") + "/link"
	case "users.info":
		locale := s.locales[p.str("user")]
		if locale == "" {
			locale = "en-US"
		}
		user := map[string]any{"id": p.str("user"), "name": "user", "tz": "Asia/Shanghai", "deleted": s.gone[p.str("user")]}
		if p.str("include_locale") == "true" {
			user["locale"] = locale
		}
		out["user"] = user
	case "chat.postMessage", "chat.postEphemeral":
		return s.post(method, p, out)
	case "chat.update":
		s.update(p, out)
	case "conversations.history", "conversations.replies":
		s.history(method, p, out)
	case "views.open", "views.push":
		s.openView(p, out)
	case "views.publish":
		view, err := s.view(p)
		if err != nil {
			s.fault("views.publish: %v", err)
			out["error"] = "invalid_arguments"
			return 0
		}
		s.homes[p.str("user_id")] = view
		out["view"] = map[string]any{"id": "VHOME" + p.str("user_id"), "type": "home"}
	case "files.getUploadURLExternal":
		id := "F" + s.nextTS()
		if alt := p.str("alt_txt"); len([]rune(alt)) > maxAlt {
			s.fault("files.getUploadURLExternal: alt_txt of %d characters", len([]rune(alt)))
		}
		s.uploads[id] = Shared{Name: p.str("filename"), Alt: p.str("alt_txt")}
		out["upload_url"], out["file_id"] = s.server.URL+"/upload/"+id, id
	case "files.completeUploadExternal":
		s.complete(p, out)
	case "views.update":
		s.updateView(p, out)
	case "assistant.threads.setSuggestedPrompts", "assistant.threads.setStatus":
		s.assist(method, p, out)
	case "functions.completeSuccess", "functions.completeError":
		s.completeStep(method, p, out)
	default:
		out["error"] = "unknown_method"
		s.fault("unknown method %s", method)
	}
	return 0
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

// respond is a response_url.
func (s *Slack) respond(w http.ResponseWriter, r *http.Request) {
	f, failing := s.failure("respond")
	if failing && f.write(w) {
		return
	}
	p, err := readParams(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	status := http.StatusOK
	s.change(func() {
		s.calls["respond"]++
		u := s.urls[r.PathValue("id")]
		switch {
		case u == nil || time.Since(u.since) > 30*time.Minute:
			status = http.StatusNotFound
			return
		case u.uses == 5:
			s.fault("a response_url was used a sixth time")
			status = http.StatusNotFound
			return
		}
		u.uses++
		blocks, err := s.checkMessage("response_url", p)
		if err != nil {
			s.fault("response_url: %v", err)
			status = http.StatusBadRequest
			return
		}
		if s.refused(blocks) {
			status = http.StatusBadRequest
			return
		}
		if replace, _ := p["replace_original"].(bool); replace && u.last != nil {
			u.last.Text, u.last.Blocks, u.last.Edited = p.str("text"), blocks, time.Now()
			u.last.Edits++
			return
		}
		m := &Message{Channel: u.channel, TS: s.nextTS(), Text: p.str("text"), Blocks: blocks, At: time.Now(), ByURL: true}
		if p.str("response_type") != "in_channel" {
			m.User = u.user
		}
		u.last = m
		s.messages = append(s.messages, m)
	})
	if f.Drop {
		breakOff(w)
		return
	}
	w.WriteHeader(status)
	fmt.Fprint(w, "ok")
}
