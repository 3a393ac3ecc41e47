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
	cell := func(s string) map[string]any { return map[string]any{"type": "raw_text", "text": s} }
	table := func(rows, cells int, said string) map[string]any {
		all := []any{}
		for range rows {
			row := []any{}
			for range cells {
				row = append(row, cell(said))
			}
			all = append(all, row)
		}
		return map[string]any{"type": "table", "rows": all, "column_settings": []any{map[string]any{"align": "right"}}}
	}
	uneven, askew := table(3, 2, "x"), table(3, 2, "x")
	uneven["rows"] = append(uneven["rows"].([]any), []any{cell("x")})
	askew["column_settings"] = []any{map[string]any{"align": "up"}}
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
		{"a table", "hi", []map[string]any{table(100, 2, "x")}, true},
		{"two tables", "hi", []map[string]any{table(2, 2, "x"), table(2, 2, "x")}, false},
		{"a table of 101 rows", "hi", []map[string]any{table(101, 1, "x")}, false},
		{"a table of 21 cells in a row", "hi", []map[string]any{table(2, 21, "x")}, false},
		{"a table of 10,001 characters", "hi", []map[string]any{table(73, 1, strings.Repeat("x", 137))}, false},
		{"a table with a name and no row", "hi", []map[string]any{table(1, 2, "x")}, false},
		{"an empty cell", "hi", []map[string]any{table(2, 2, "")}, false},
		{"a mention in a cell", "hi", []map[string]any{table(2, 2, "<!here>")}, false},
		{"a row of its own length", "hi", []map[string]any{uneven}, false},
		{"a column aligned upwards", "hi", []map[string]any{askew}, false},
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
