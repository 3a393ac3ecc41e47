package slackfake

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"
)

// New starts a Slack in which the bot is a member of the channel C1.
func New() *Slack {
	s := &Slack{
		begun: map[string]bool{}, views: map[string]*View{}, triggers: map[string]time.Time{},
		urls: map[string]*responseURL{}, files: map[string][]byte{}, homes: map[string]map[string]any{},
		uploads: map[string]Shared{}, present: map[string]bool{}, members: map[string]bool{"C1": true},
		archived: map[string]bool{}, gone: map[string]bool{}, locales: map[string]string{}, failures: map[string][]Failure{},
		calls: map[string]int{}, posted: map[string]time.Time{},
		scopes:  "app_mentions:read,chat:write,commands,files:read,files:write,im:history,users:read",
		changed: make(chan struct{}),
		threads: map[string]*AssistantThread{}, steps: map[string]*Step{}, stepOf: map[string]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.api)
	mux.HandleFunc("/respond/{id}", s.respond)
	mux.HandleFunc("/files/{id}", s.download)
	mux.HandleFunc("/upload/{id}", s.upload)
	mux.HandleFunc("/link", s.link)
	s.server = httptest.NewServer(mux)
	return s
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
