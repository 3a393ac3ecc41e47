package slackfake

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestStrictNewer does the same with tables and plans.
func TestStrictNewer(t *testing.T) {
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
	plan := func(idStates ...string) map[string]any {
		tasks := []any{}
		for i := 0; i < len(idStates); i += 2 {
			tasks = append(tasks, map[string]any{"type": "task_card", "task_id": idStates[i], "title": "MX",
				"status": idStates[i+1]})
		}
		return map[string]any{"type": "plan", "title": "Checking", "tasks": tasks}
	}
	for _, c := range []struct {
		name, text string
		blocks     []map[string]any
		ok         bool
	}{
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
		{"a plan", "hi", []map[string]any{plan("a", "in_progress", "b", "error")}, true},
		{"a plan without tasks", "hi", []map[string]any{plan()}, false},
		{"a task twice", "hi", []map[string]any{plan("a", "complete", "a", "complete")}, false},
		{"a task without a state", "hi", []map[string]any{plan("a", "")}, false},
		{"a task without a name", "hi", []map[string]any{plan("", "complete")}, false},
	} {
		raw, err := json.Marshal(c.blocks)
		if err != nil {
			t.Fatal(err)
		}
		if faults := Judge(c.text, raw); (len(faults) == 0) != c.ok {
			t.Errorf("%s: %v", c.name, faults)
		}
	}
}
