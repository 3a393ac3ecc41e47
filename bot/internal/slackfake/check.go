package slackfake

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// checkMessage holds a message against the limits.
func (s *Slack) checkMessage(where string, p params) ([]map[string]any, error) {
	text := p.str("text")
	blocks, err := p.blocks("blocks")
	switch {
	case err != nil:
		return nil, err
	case text == "":
		return nil, errors.New("no text for notifications and screen readers")
	case utf8.RuneCountInString(text) > 4000:
		return nil, fmt.Errorf("text of %d characters", utf8.RuneCountInString(text))
	case len(blocks) > 50:
		return nil, fmt.Errorf("%d blocks", len(blocks))
	}
	s.checkMrkdwn(where, text)
	size := 0
	for i, b := range blocks {
		raw, _ := json.Marshal(b)
		size += utf8.RuneCount(raw)
		if err := s.checkBlock(where, b, false); err != nil {
			return nil, fmt.Errorf("block %d: %w", i, err)
		}
	}
	if size > 13_000 {
		return nil, fmt.Errorf("blocks of %d characters in all", size)
	}
	return blocks, errors.Join(oneTable(blocks), uniqueIDs(blocks))
}

func (s *Slack) checkView(v map[string]any) error {
	blocks, err := params(v).blocks("blocks")
	switch {
	case err != nil:
		return err
	case v["type"] != "modal" && v["type"] != "home":
		return fmt.Errorf("view of type %v", v["type"])
	case len(blocks) == 0 || len(blocks) > 100:
		return fmt.Errorf("%d blocks", len(blocks))
	case len(str(v["private_metadata"])) > 3000 || len(str(v["callback_id"])) > 255 || len(str(v["external_id"])) > 255:
		return errors.New("metadata or id too long")
	}
	for _, key := range []string{"title", "close", "submit"} {
		if v[key] == nil && (key != "title" || v["type"] == "home") {
			continue
		}
		if err := s.text("view", v[key], 24, "plain_text"); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	raw, _ := json.Marshal(v)
	if len(raw) > 250_000 {
		return fmt.Errorf("view of %d octets", len(raw))
	}
	for i, b := range blocks {
		if err := s.checkBlock("view", b, true); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		if b["type"] == "input" && (v["submit"] == nil || str(b["block_id"]) == "") {
			return fmt.Errorf("block %d: an input without a block_id, or in a view without submit", i)
		}
	}
	return uniqueIDs(blocks)
}

func (s *Slack) checkBlock(where string, b map[string]any, view bool) error {
	if len(str(b["block_id"])) > 255 {
		return errors.New("block_id too long")
	}
	elements, _ := b["elements"].([]any)
	fields, _ := b["fields"].([]any)
	switch b["type"] {
	case "header":
		return s.text(where, b["text"], 150, "plain_text")
	case "divider":
		return nil
	case "table":
		return s.checkTable(where, b, view)
	case "plan":
		return s.checkPlan(where, b, view)
	case "section":
		if b["text"] == nil && len(fields) == 0 {
			return errors.New("section without text")
		}
		if b["text"] != nil {
			if err := s.text(where, b["text"], 3000, ""); err != nil {
				return err
			}
		}
		if len(fields) > 10 {
			return fmt.Errorf("%d fields", len(fields))
		}
		for _, f := range fields {
			if err := s.text(where, f, 2000, ""); err != nil {
				return err
			}
		}
		return nil
	case "context":
		if len(elements) == 0 || len(elements) > 10 {
			return fmt.Errorf("%d context elements", len(elements))
		}
		for _, e := range elements {
			if err := s.text(where, e, 3000, ""); err != nil {
				return err
			}
		}
		return nil
	case "actions":
		if len(elements) == 0 || len(elements) > 25 {
			return fmt.Errorf("%d actions", len(elements))
		}
		for _, e := range elements {
			if err := s.checkElement(where, e); err != nil {
				return err
			}
		}
		return nil
	case "input":
		if !view {
			return errors.New("input block in a message")
		}
		if b["hint"] != nil {
			if err := s.text(where, b["hint"], 2000, "plain_text"); err != nil {
				return fmt.Errorf("hint: %w", err)
			}
		}
		if err := s.text(where, b["label"], 2000, "plain_text"); err != nil {
			return fmt.Errorf("label: %w", err)
		}
		return s.checkInput(where, b["element"])
	}
	return fmt.Errorf("block of type %v", b["type"])
}

// checkInput holds the element of an input block against the limits.
func (s *Slack) checkInput(where string, e any) error {
	m, _ := e.(map[string]any)
	if str(m["action_id"]) == "" || len(str(m["action_id"])) > 255 {
		return errors.New("action_id missing or too long")
	}
	switch m["type"] {
	case "plain_text_input":
		most, _ := m["max_length"].(float64)
		if most < 0 || most > 3000 {
			return fmt.Errorf("max_length of %v", most)
		}
		if n := utf8.RuneCountInString(str(m["initial_value"])); n > 3000 || most > 0 && n > int(most) {
			return fmt.Errorf("initial_value of %d characters", n)
		}
		return nil
	case "static_select":
		options, _ := m["options"].([]any)
		if len(options) == 0 || len(options) > 100 {
			return fmt.Errorf("%d options", len(options))
		}
		initial, _ := json.Marshal(m["initial_option"])
		found := m["initial_option"] == nil
		for _, o := range options {
			x, _ := o.(map[string]any)
			if v := str(x["value"]); v == "" || utf8.RuneCountInString(v) > 75 {
				return fmt.Errorf("option value %q", v)
			}
			if err := s.text(where, x["text"], 75, "plain_text"); err != nil {
				return fmt.Errorf("option: %w", err)
			}
			raw, _ := json.Marshal(o)
			found = found || string(raw) == string(initial)
		}
		if !found {
			return errors.New("initial_option is none of the options")
		}
		return nil
	}
	return fmt.Errorf("input element of type %v", m["type"])
}

func (s *Slack) checkElement(where string, e any) error {
	m, ok := e.(map[string]any)
	if ok && m["type"] == "overflow" {
		options, _ := m["options"].([]any)
		if len(options) == 0 || len(options) > 5 || str(m["action_id"]) == "" {
			return fmt.Errorf("overflow of %d options", len(options))
		}
		for _, o := range options {
			x, _ := o.(map[string]any)
			if v := str(x["value"]); v == "" || utf8.RuneCountInString(v) > 75 {
				return fmt.Errorf("option value %q", v)
			}
			if err := s.text(where, x["text"], 75, "plain_text"); err != nil {
				return err
			}
		}
		return nil
	}
	if !ok || m["type"] != "button" {
		return fmt.Errorf("element of type %v", m["type"])
	}
	switch {
	case len(str(m["action_id"])) > 255 || m["action_id"] == "":
		return errors.New("action_id missing or too long")
	case utf8.RuneCountInString(str(m["value"])) > 2000:
		return errors.New("button value too long")
	case len(str(m["url"])) > 3000:
		return errors.New("button url too long")
	}
	if label, _ := m["text"].(map[string]any); utf8.RuneCountInString(str(label["text"])) > 30 {
		s.fault("%s: the label %q is over 30 characters", where, label["text"])
	}
	if c, ok := m["confirm"].(map[string]any); ok {
		for key, limit := range map[string]int{"title": 100, "text": 300, "confirm": 30, "deny": 30} {
			if err := s.text(where, c[key], limit, ""); err != nil {
				return fmt.Errorf("confirm %s: %w", key, err)
			}
		}
	} else if m["style"] == "danger" {
		s.fault("%s: a danger button asks no confirmation", where)
	}
	return s.text(where, m["text"], 75, "plain_text")
}

// text holds a text object against a limit.
func (s *Slack) text(where string, v any, limit int, kind string) error {
	m, ok := v.(map[string]any)
	if !ok {
		return errors.New("no text object")
	}
	t := str(m["text"])
	switch {
	case m["type"] != "mrkdwn" && m["type"] != "plain_text", kind != "" && m["type"] != kind:
		return fmt.Errorf("text of type %v", m["type"])
	case t == "":
		return errors.New("empty text")
	case utf8.RuneCountInString(t) > limit:
		return fmt.Errorf("text of %d characters, %d are allowed", utf8.RuneCountInString(t), limit)
	}
	s.checkMrkdwn(where, t)
	return nil
}

// uniqueIDs holds Slack's rule that ids are unique within a message or view.
func uniqueIDs(blocks []map[string]any) error {
	seen := map[string]bool{}
	for _, b := range Buttons(blocks) {
		if b.Menu {
			continue // one element of several options
		}
		if seen[b.ActionID] {
			return fmt.Errorf("action_id %q twice", b.ActionID)
		}
		seen[b.ActionID] = true
	}
	return nil
}

// Judge holds a message against all that the fake demands, outside of a running Slack: a text, and blocks as JSON.
func Judge(text string, blocks []byte) []string {
	s := &Slack{}
	if _, err := s.checkMessage("message", params{"text": text, "blocks": string(blocks)}); err != nil {
		s.fault("%v", err)
	}
	return s.faults
}

// JudgeView does the same with a view as JSON.
func JudgeView(raw []byte) []string {
	s := &Slack{}
	var v map[string]any
	if err := json.Unmarshal(raw, &v); err != nil {
		return []string{err.Error()}
	}
	if err := s.checkView(v); err != nil {
		s.fault("%v", err)
	}
	return s.faults
}
