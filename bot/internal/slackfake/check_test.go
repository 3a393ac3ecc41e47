package slackfake

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestStrict shows that the fake refuses what it must: a fake that takes everything proves nothing.
func TestStrict(t *testing.T) {
	text := func(kind, s string) map[string]any { return map[string]any{"type": kind, "text": s} }
	section := func(s string) map[string]any {
		return map[string]any{"type": "section", "text": text("mrkdwn", s)}
	}
	button := map[string]any{"type": "button", "action_id": "a", "value": "v", "text": text("plain_text", "x")}
	many := func(n int, b map[string]any) (out []map[string]any) {
		for range n {
			out = append(out, b)
		}
		return out
	}
	for _, c := range []struct {
		name, text string
		blocks     []map[string]any
		ok         bool
	}{
		{"good", "hi", []map[string]any{section("hello &lt;!channel&gt;")}, true},
		{"a date", "hi", []map[string]any{section("<!date^1392734382^{date}|then>")}, true},
		{"no text", "", nil, false},
		{"a mention", "hi", []map[string]any{section("<!channel>")}, false},
		{"a user", "<@U123>", nil, false},
		{"a link", "hi", []map[string]any{section("<https://x|y>")}, false},
		{"a bracket", "a > b", nil, false},
		{"51 blocks", "hi", many(51, section("x")), false},
		{"a long section", "hi", []map[string]any{section(strings.Repeat("x", 3001))}, false},
		{"14,000 characters", "hi", many(5, section(strings.Repeat("x", 2800))), false},
		{"a long header", "hi", []map[string]any{{"type": "header", "text": text("plain_text", strings.Repeat("x", 151))}},
			false},
		{"a header in mrkdwn", "hi", []map[string]any{{"type": "header", "text": text("mrkdwn", "x")}}, false},
		{"an empty section", "hi", []map[string]any{section("")}, false},
		{"an input", "hi", []map[string]any{{"type": "input", "label": text("plain_text", "x")}}, false},
		{"no elements", "hi", []map[string]any{{"type": "actions", "elements": []any{}}}, false},
		{"an action_id twice", "hi", []map[string]any{{"type": "actions", "elements": []any{button, button}}}, false},
		{"an unknown block", "hi", []map[string]any{{"type": "secret"}}, false},
	} {
		raw, err := json.Marshal(c.blocks)
		if err != nil {
			t.Fatal(err)
		}
		if faults := Judge(c.text, raw); (len(faults) == 0) != c.ok {
			t.Errorf("%s: %v", c.name, faults)
		}
	}
	if faults := JudgeView([]byte(`{"type":"modal","title":{"type":"plain_text","text":"a title of over 24 characters"},"blocks":[]}`)); len(faults) == 0 {
		t.Error("a long title and no blocks pass")
	}
}
