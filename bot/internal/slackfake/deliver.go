package slackfake

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Ack is how a delivery over a socket was acknowledged.
type Ack struct {
	Envelope string
	After    time.Duration // since its latest delivery
	Payload  map[string]any
	Attempt  int
}

type socket struct {
	conn *websocket.Conn
	mu   sync.Mutex // gorilla takes one writer
}

type envelope struct {
	id        string
	body      map[string]any
	attempt   int
	delivered time.Time
}

// Delivery is one thing that a person does, ready to be delivered over a socket or signed HTTP, once or again.
type Delivery struct {
	Kind    string // slash_commands, interactive, events_api
	Payload map[string]any
	form    url.Values
	path    string
}

// Command is a slash command, with a fresh trigger and response_url.
func (s *Slack) Command(user, channel, command, text string) Delivery {
	var d Delivery
	s.change(func() {
		trigger, respond := s.reach(user, channel)
		d = Delivery{Kind: "slash_commands", path: "/slack/commands", form: url.Values{
			"token": {"legacy"}, "team_id": {Team}, "team_domain": {"team"}, "channel_id": {channel}, "channel_name": {"general"}, "user_id": {user},
			"user_name": {"somebody"}, "command": {command}, "text": {s.typed(command, text)}, "response_url": {respond}, "trigger_id": {trigger}, "api_app_id": {"A1"},
		}}
	})
	d.Payload = map[string]any{}
	for k, v := range d.form {
		d.Payload[k] = v[0]
	}
	return d
}

// Click is a click on a button of a message; in a view where view is set.
func (s *Slack) Click(user string, m Message, view string, b Button) Delivery {
	p := map[string]any{
		"type": "block_actions", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1", "token": "legacy",
		"actions": []any{action(b)},
	}
	s.change(func() {
		trigger, respond := s.reach(user, m.Channel)
		p["trigger_id"] = trigger
		if view != "" {
			p["view"] = map[string]any{"id": view, "type": "modal"}
			p["container"] = map[string]any{"type": "view", "view_id": view}
			return
		}
		p["response_url"] = respond
		p["channel"] = map[string]any{"id": m.Channel}
		p["message"] = map[string]any{"ts": m.TS, "type": "message", "thread_ts": m.Thread}
		p["container"] = map[string]any{"type": "message", "message_ts": m.TS, "channel_id": m.Channel}
	})
	return interactive(p)
}

// Submit fills a view in and hands it in: the values by block, those not named as they stand in the view.
func (s *Slack) Submit(user string, v View, values map[string]string) Delivery {
	blocks, _ := v.Body["blocks"].([]any)
	state := map[string]any{}
	for _, b := range blocks {
		m, _ := b.(map[string]any)
		e, _ := m["element"].(map[string]any)
		if m["type"] != "input" {
			continue
		}
		id := str(m["block_id"])
		value, given := values[id]
		answer := map[string]any{"type": e["type"]}
		if e["type"] == "static_select" {
			answer["selected_option"] = e["initial_option"]
			options, _ := e["options"].([]any)
			for _, o := range options {
				if x, _ := o.(map[string]any); given && x["value"] == value {
					answer["selected_option"] = o
				}
			}
		} else {
			if !given {
				value = str(e["initial_value"])
			}
			answer["value"] = value
			if value == "" {
				answer["value"] = nil
			}
		}
		state[id] = map[string]any{str(e["action_id"]): answer}
	}
	p := map[string]any{
		"type": "view_submission", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1", "token": "legacy",
		"view": map[string]any{
			"id": v.ID, "type": "modal", "callback_id": v.Body["callback_id"], "private_metadata": v.Body["private_metadata"], "hash": "h" + s.stamp(),
			"state": map[string]any{"values": state}, "blocks": blocks,
		},
		"response_urls": []any{},
	}
	s.change(func() {
		trigger, _ := s.reach(user, "")
		p["trigger_id"] = trigger
	})
	return interactive(p)
}

// Shortcut is a message shortcut on a message with files.
func (s *Slack) Shortcut(user, channel, callback, text string, files ...any) Delivery {
	p := map[string]any{
		"type": "message_action", "callback_id": callback, "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1", "token": "legacy",
		"channel": map[string]any{"id": channel}, "message": map[string]any{"type": "message", "user": "U9", "ts": s.stamp(), "text": text, "files": files},
		"message_ts": s.stamp(), "action_ts": s.stamp(),
	}
	s.change(func() {
		trigger, respond := s.reach(user, channel)
		p["trigger_id"], p["response_url"] = trigger, respond
	})
	return interactive(p)
}

// File keeps a file, and gives it as a message names it.
func (s *Slack) File(name string, content []byte) map[string]any {
	var id string
	s.change(func() {
		id = "F" + s.nextTS()
		s.files[id] = content
	})
	return map[string]any{"id": id, "name": name, "size": len(content), "url_private_download": s.server.URL + "/files/" + id, "url_private": s.server.URL + "/files/" + id}
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

func interactive(p map[string]any) Delivery {
	raw, _ := json.Marshal(p)
	return Delivery{Kind: "interactive", Payload: p, path: "/slack/interactions", form: url.Values{"payload": {string(raw)}}}
}

func action(b Button) map[string]any {
	out := map[string]any{"type": "button", "action_id": b.ActionID, "block_id": "b1", "action_ts": fmt.Sprint(time.Now().UnixNano())}
	if b.Menu {
		out["type"], out["selected_option"] = "overflow", map[string]any{"value": b.Value, "text": map[string]any{"type": "plain_text", "text": b.Label}}
	} else {
		out["value"] = b.Value
	}
	return out
}

// HomeClick is a click on a button of a person's own page.
func (s *Slack) HomeClick(user string, b Button) Delivery {
	p := map[string]any{
		"type": "block_actions", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1", "token": "legacy", "actions": []any{action(b)},
		"view": map[string]any{"id": "VHOME" + user, "type": "home"}, "container": map[string]any{"type": "view", "view_id": "VHOME" + user},
	}
	s.change(func() {
		trigger, _ := s.reach(user, "")
		p["trigger_id"] = trigger
	})
	return interactive(p)
}

// Event is an event of the Events API: an inner event such as an app_mention.
func (s *Slack) Event(inner map[string]any) Delivery {
	var id string
	s.change(func() {
		id = "Ev" + s.nextTS()
		s.present[str(inner["user"])], s.present[str(inner["channel"])] = true, true
	})
	p := map[string]any{"type": "event_callback", "token": "legacy", "team_id": Team, "api_app_id": "A1", "event_id": id, "event_time": time.Now().Unix(), "event": inner}
	return Delivery{Kind: "events_api", Payload: p, path: "/slack/events"}
}

// Mention is a message in a channel that names the bot; Direct one in the conversation with it.
func (s *Slack) Mention(user, channel, text string) Delivery {
	return s.Event(map[string]any{"type": "app_mention", "user": user, "channel": channel, "text": "<@" + BotUser + "> " + text, "ts": s.stamp(), "event_ts": s.stamp()})
}

// Reply is a message in a thread that has begun, naming the bot.
func (s *Slack) Reply(user, channel, thread, text string) Delivery {
	s.change(func() { s.begun[thread] = true })
	return s.Event(map[string]any{
		"type": "app_mention", "user": user, "channel": channel, "text": "<@" + BotUser + "> " + text, "ts": s.stamp(), "event_ts": s.stamp(), "thread_ts": thread,
	})
}

// Direct is a direct message to the bot.
func (s *Slack) Direct(user, channel, text string) Delivery {
	return s.Event(map[string]any{"type": "message", "channel_type": "im", "user": user, "channel": channel, "text": text, "ts": s.stamp(), "event_ts": s.stamp()})
}

func (s *Slack) stamp() (ts string) {
	s.change(func() { ts = s.nextTS() })
	return ts
}

// reach makes a trigger and a response_url; the lock is held.
func (s *Slack) reach(user, channel string) (trigger, respond string) {
	id := s.nextTS()
	s.present[user], s.present[channel] = true, true
	s.triggers["trigger-"+id] = time.Now()
	s.urls[id] = &responseURL{channel: channel, user: user, since: time.Now()}
	return "trigger-" + id, s.server.URL + "/respond/" + id
}

// Sign signs a request as Slack does: HMAC-SHA256 over v0:timestamp:body.
func Sign(r *http.Request, body []byte, secret string, at time.Time) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
}

// PostSigned delivers over signed HTTP to the bot at base, such as http://127.0.0.1:8080. It gives the status, the body and how long
// the bot took; an acknowledgement over 3 s is a Fault.
func (s *Slack) PostSigned(ctx context.Context, base string, d Delivery) (status int, body []byte, took time.Duration, err error) {
	raw, contentType := []byte(d.form.Encode()), "application/x-www-form-urlencoded"
	if d.form == nil {
		raw, _ = json.Marshal(d.Payload)
		contentType = "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+d.path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, 0, err
	}
	r.Header.Set("Content-Type", contentType)
	Sign(r, raw, SigningSecret, time.Now())
	start := time.Now()
	resp, err := http.DefaultClient.Do(r)
	took = time.Since(start)
	if err != nil {
		return 0, nil, took, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	if took > 3*time.Second {
		s.change(func() { s.fault("acknowledged over HTTP after %v", took) })
	}
	return resp.StatusCode, body, took, err
}

// Send delivers over a socket, now or when there is one, and again when it is not acknowledged within 3 s. It gives the envelope's id.
func (s *Slack) Send(d Delivery) string { return s.SendRaw(d.Kind, d.Payload) }

// SendRaw delivers an envelope of any type.
func (s *Slack) SendRaw(kind string, payload any) string {
	var id string
	s.change(func() { id = "env-" + s.nextTS() })
	e := &envelope{id: id, body: map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind == "slash_commands"}}
	s.change(func() { s.pending = append(s.pending, e) })
	s.deliver(e)
	return id
}

// Resend delivers an acknowledged envelope's content once more under its old id, as Slack does when an acknowledgement was lost.
func (s *Slack) Resend(id string, d Delivery) {
	e := &envelope{id: id, attempt: 1, body: map[string]any{"type": d.Kind, "envelope_id": id, "payload": d.Payload, "retry_attempt": 1, "retry_reason": "timeout"}}
	s.change(func() { s.pending = append(s.pending, e) })
	s.deliver(e)
}

func (s *Slack) deliver(e *envelope) {
	s.mu.Lock()
	if len(s.sockets) == 0 {
		s.mu.Unlock()
		return // the next connection gets it
	}
	c := s.sockets[len(s.sockets)-1]
	e.attempt++
	e.delivered = time.Now()
	s.mu.Unlock()
	c.write(e.body)
	time.AfterFunc(3*time.Second, func() {
		s.mu.Lock()
		waiting := false
		for _, p := range s.pending {
			waiting = waiting || p == e && time.Since(e.delivered) >= 3*time.Second
		}
		again := waiting && e.attempt < 4 && len(s.sockets) > 0
		if again {
			s.fault("envelope %s was not acknowledged within 3 s", e.id)
		}
		s.mu.Unlock()
		if again {
			s.deliver(e)
		}
	})
}

func (c *socket) write(v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.conn.WriteJSON(v)
}

// link is the websocket.
func (s *Slack) link(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &socket{conn: conn}
	c.write(map[string]any{"type": "hello", "num_connections": 1, "connection_info": map[string]any{"app_id": "A1"}, "debug_info": map[string]any{"approximate_connection_time": 3600}})
	stop := make(chan struct{})
	go func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			_ = conn.WriteControl(websocket.PingMessage, []byte("ping"), time.Now().Add(time.Second))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	var waiting []*envelope
	s.change(func() {
		s.sockets = append(s.sockets, c)
		waiting = append(waiting, s.pending...)
	})
	for _, e := range waiting {
		s.deliver(e)
	}
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			break
		}
		s.acked(raw)
	}
	close(stop)
	_ = conn.Close()
	s.change(func() {
		for i, x := range s.sockets {
			if x == c {
				s.sockets = append(s.sockets[:i], s.sockets[i+1:]...)
				break
			}
		}
	})
}

func (s *Slack) acked(raw []byte) {
	var a struct {
		Envelope string         `json:"envelope_id"`
		Payload  map[string]any `json:"payload"`
	}
	s.change(func() {
		if err := json.Unmarshal(raw, &a); err != nil || a.Envelope == "" {
			s.fault("an acknowledgement that cannot be read: %.100q", raw)
			return
		}
		if len(raw) >= 20<<10 {
			s.fault("an acknowledgement of %d octets is dropped", len(raw))
			return
		}
		for i, e := range s.pending {
			if e.id == a.Envelope {
				s.acks = append(s.acks, Ack{Envelope: e.id, After: time.Since(e.delivered), Payload: a.Payload, Attempt: e.attempt})
				s.pending = append(s.pending[:i], s.pending[i+1:]...)
				return
			}
		}
	})
}

// Acks is every acknowledgement so far.
func (s *Slack) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Ack(nil), s.acks...)
}

// Sockets is how many connections stand.
func (s *Slack) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Disconnect asks every connection to come again, as Slack does before it refreshes one; Cut breaks them without a word.
func (s *Slack) Disconnect() {
	for _, c := range s.all() {
		c.write(map[string]any{"type": "disconnect", "reason": "refresh_requested", "debug_info": map[string]any{"host": "fake"}})
	}
}

// Cut breaks every connection.
func (s *Slack) Cut() {
	for _, c := range s.all() {
		_ = c.conn.Close()
	}
}

func (s *Slack) all() []*socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*socket(nil), s.sockets...)
}
