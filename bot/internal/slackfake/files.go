package slackfake

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

const maxAlt = 1000 // characters

// upload takes a file's content.
func (s *Slack) upload(w http.ResponseWriter, r *http.Request) {
	in := io.LimitReader(r.Body, 64<<20)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		f, _, err := r.FormFile("file")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		in = f
	}
	body, err := io.ReadAll(in)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.change(func() { s.files[r.PathValue("id")] = body })
	fmt.Fprint(w, "OK")
}

// complete shares an uploaded file in a channel.
func (s *Slack) complete(p params, out map[string]any) {
	var list []map[string]any
	raw, _ := json.Marshal(p["files"])
	if text, ok := p["files"].(string); ok {
		raw = []byte(text)
	}
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		out["error"] = "invalid_arguments"
		return
	}
	if channel := p.str("channel_id"); s.gone[channel] || !s.members[channel] && !strings.HasPrefix(channel, "D") {
		out["error"] = "channel_not_found"
		return
	}
	for _, f := range list {
		id := str(f["id"])
		shared := s.uploads[id]
		shared.Channel, shared.Thread, shared.Comment = p.str("channel_id"), p.str("thread_ts"), p.str("initial_comment")
		shared.Content = s.files[id]
		s.shared = append(s.shared, shared)
	}
	out["files"] = list
}

// File keeps a file, and gives it as a message names it.
func (s *Slack) File(name string, content []byte) map[string]any {
	var id string
	s.change(func() {
		id = "F" + s.nextTS()
		s.files[id] = content
	})
	return map[string]any{"id": id, "name": name, "size": len(content),
		"url_private_download": s.server.URL + "/files/" + id, "url_private": s.server.URL + "/files/" + id}
}

// download answers for a file: to the bot alone.
func (s *Slack) download(w http.ResponseWriter, r *http.Request) {
	var content []byte
	s.change(func() {
		s.calls["download"]++
		content = s.files[r.PathValue("id")]
	})
	if content == nil || r.Header.Get("Authorization") != "Bearer "+BotToken {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<html>Sign in</html>")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(content)
}
