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
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Delivery is one thing that a person does, ready to be delivered over a socket or signed HTTP, once or again.
type Delivery struct {
	Kind    string // slash_commands, interactive, events_api
	Payload map[string]any
	form    url.Values
	path    string
}

// Of is the delivery as it would come from another workspace, which may belong to an organisation ("": none).
func (d Delivery) Of(team, enterprise string) Delivery {
	p := maps.Clone(d.Payload)
	switch d.Kind {
	case "slash_commands":
		d.form = maps.Clone(d.form)
		d.form.Set("team_id", team)
		p["team_id"] = team
		if enterprise != "" {
			d.form.Set("enterprise_id", enterprise)
			p["enterprise_id"] = enterprise
		}
	case "interactive":
		p["team"] = map[string]any{"id": team}
		user, _ := p["user"].(map[string]any)
		user = maps.Clone(user)
		user["team_id"] = team
		p["user"] = user
		if enterprise != "" {
			p["enterprise"] = map[string]any{"id": enterprise, "name": enterprise}
		}
		of := interactive(p)
		d.form = of.form
	default:
		p["team_id"] = team
		bot := map[string]any{"team_id": team, "user_id": BotUser, "is_bot": true}
		if enterprise != "" {
			p["enterprise_id"], bot["enterprise_id"] = enterprise, enterprise
		}
		p["authorizations"] = []any{bot}
	}
	d.Payload = p
	return d
}

// Command is a slash command, with a fresh trigger and response_url.
func (s *Slack) Command(user, channel, command, text string) Delivery {
	var d Delivery
	s.change(func() {
		trigger, respond := s.reach(user, channel)
		d = Delivery{Kind: "slash_commands", path: "/slack/commands", form: url.Values{
			"token": {"legacy"}, "team_id": {Team}, "team_domain": {"team"}, "channel_id": {channel},
			"channel_name": {"general"}, "user_id": {user},
			"user_name": {"somebody"}, "command": {command}, "text": {s.typed(command, text)}, "response_url": {respond},
			"trigger_id": {trigger}, "api_app_id": {"A1"},
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
		"type": "block_actions", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1",
		"token":   "legacy",
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
		"type": "view_submission", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1",
		"token": "legacy",
		"view": map[string]any{
			"id": v.ID, "type": "modal", "callback_id": v.Body["callback_id"], "private_metadata": v.Body["private_metadata"],
			"hash":  "h" + s.stamp(),
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
		"type": "message_action", "callback_id": callback, "team": map[string]any{"id": Team},
		"user": map[string]any{"id": user}, "api_app_id": "A1", "token": "legacy",
		"channel":    map[string]any{"id": channel},
		"message":    map[string]any{"type": "message", "user": "U9", "ts": s.stamp(), "text": text, "files": files},
		"message_ts": s.stamp(), "action_ts": s.stamp(),
	}
	s.change(func() {
		trigger, respond := s.reach(user, channel)
		p["trigger_id"], p["response_url"] = trigger, respond
	})
	return interactive(p)
}

func interactive(p map[string]any) Delivery {
	raw, _ := json.Marshal(p)
	return Delivery{Kind: "interactive", Payload: p, path: "/slack/interactions",
		form: url.Values{"payload": {string(raw)}}}
}

func action(b Button) map[string]any {
	out := map[string]any{"type": "button", "action_id": b.ActionID, "block_id": "b1",
		"action_ts": fmt.Sprint(time.Now().UnixNano())}
	if b.Menu {
		out["type"], out["selected_option"] = "overflow",
			map[string]any{"value": b.Value, "text": map[string]any{"type": "plain_text", "text": b.Label}}
	} else {
		out["value"] = b.Value
	}
	return out
}

// HomeClick is a click on a button of a person's own page.
func (s *Slack) HomeClick(user string, b Button) Delivery {
	p := map[string]any{
		"type": "block_actions", "team": map[string]any{"id": Team}, "user": map[string]any{"id": user}, "api_app_id": "A1",
		"token": "legacy", "actions": []any{action(b)},
		"view":      map[string]any{"id": "VHOME" + user, "type": "home"},
		"container": map[string]any{"type": "view", "view_id": "VHOME" + user},
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
	p := map[string]any{"type": "event_callback", "token": "legacy", "team_id": Team, "api_app_id": "A1", "event_id": id,
		"event_time": time.Now().Unix(), "event": inner}
	return Delivery{Kind: "events_api", Payload: p, path: "/slack/events"}
}

// Envelope is a delivery of the Events API that is no event of a workspace.
func (s *Slack) Envelope(outer map[string]any) Delivery {
	return Delivery{Kind: "events_api", Payload: outer, path: "/slack/events"}
}

// Mention is a message in a channel that names the bot; Direct one in the conversation with it.
func (s *Slack) Mention(user, channel, text string) Delivery {
	return s.Event(map[string]any{"type": "app_mention", "user": user, "channel": channel,
		"text": "<@" + BotUser + "> " + text, "ts": s.stamp(), "event_ts": s.stamp()})
}

// Reply is a message in a thread that has begun, naming the bot.
func (s *Slack) Reply(user, channel, thread, text string) Delivery {
	s.change(func() { s.begun[thread] = true })
	return s.Event(map[string]any{
		"type": "app_mention", "user": user, "channel": channel, "text": "<@" + BotUser + "> " + text, "ts": s.stamp(),
		"event_ts": s.stamp(), "thread_ts": thread,
	})
}

// Direct is a direct message to the bot.
func (s *Slack) Direct(user, channel, text string) Delivery {
	return s.Event(map[string]any{"type": "message", "channel_type": "im", "user": user, "channel": channel, "text": text,
		"ts": s.stamp(), "event_ts": s.stamp()})
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

// PostSigned delivers over signed HTTP to the bot at base, such as http://127.0.0.1:8080. It gives the status, the body
// and how long the bot took; an acknowledgement over 3 s is a Fault.
func (s *Slack) PostSigned(ctx context.Context, base string, d Delivery) (status int, body []byte, took time.Duration,
	err error) {
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
