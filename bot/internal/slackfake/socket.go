package slackfake

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Send delivers over a socket, now or when there is one, and again when it is not acknowledged within 3 s. It gives the
// envelope's id.
func (s *Slack) Send(d Delivery) string { return s.SendRaw(d.Kind, d.Payload) }

// SendRaw delivers an envelope of any type.
func (s *Slack) SendRaw(kind string, payload any) string {
	var id string
	s.change(func() { id = "env-" + s.nextTS() })
	e := &envelope{id: id, body: map[string]any{"type": kind, "envelope_id": id, "payload": payload,
		"accepts_response_payload": kind == "slash_commands"}}
	s.change(func() { s.pending = append(s.pending, e) })
	s.deliver(e)
	return id
}

// Resend delivers an acknowledged envelope's content once more under its old id, as Slack does when an acknowledgement
// was lost.
func (s *Slack) Resend(id string, d Delivery) {
	e := &envelope{id: id, attempt: 1,
		body: map[string]any{"type": d.Kind, "envelope_id": id, "payload": d.Payload, "retry_attempt": 1,
			"retry_reason": "timeout"}}
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
	c.write(map[string]any{"type": "hello", "num_connections": 1, "connection_info": map[string]any{"app_id": "A1"},
		"debug_info": map[string]any{"approximate_connection_time": 3600}})
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

// Disconnect asks every connection to come again, as Slack does before it refreshes one; Cut breaks them without a
// word.
func (s *Slack) Disconnect() {
	for _, c := range s.all() {
		c.write(map[string]any{"type": "disconnect", "reason": "refresh_requested",
			"debug_info": map[string]any{"host": "fake"}})
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
