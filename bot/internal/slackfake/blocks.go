package slackfake

import (
	"encoding/json"
	"strings"
)

// AllText is every text in a message's blocks, a line each.
func AllText(blocks []map[string]any) string {
	var out []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if t, ok := v["text"].(string); ok {
				out = append(out, t)
			}
			if t, ok := v["title"].(string); ok {
				out = append(out, t)
			}
			for _, key := range []string{"text", "elements", "fields", "label", "rows", "tasks"} {
				if _, isText := v[key].(string); !isText {
					walk(v[key])
				}
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	for _, b := range blocks {
		walk(b)
	}
	return strings.Join(out, "\n")
}

// Button is a button found in a message or view.
type Button struct {
	ActionID, Value, Label string
	Menu                   bool // an option of the menu behind the buttons
}

// Buttons is the buttons among some blocks.
func Buttons(blocks []map[string]any) []Button {
	var out []Button
	for _, b := range blocks {
		elements, _ := b["elements"].([]any)
		for _, e := range elements {
			m, _ := e.(map[string]any)
			if options, _ := m["options"].([]any); m["type"] == "overflow" {
				for _, o := range options {
					x, _ := o.(map[string]any)
					text, _ := x["text"].(map[string]any)
					out = append(out, Button{ActionID: str(m["action_id"]), Value: str(x["value"]), Label: str(text["text"]),
						Menu: true})
				}
			}
			if m["type"] != "button" {
				continue
			}
			text, _ := m["text"].(map[string]any)
			out = append(out, Button{ActionID: str(m["action_id"]), Value: str(m["value"]), Label: str(text["text"])})
		}
	}
	return out
}

func str(v any) string { s, _ := v.(string); return s }

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
