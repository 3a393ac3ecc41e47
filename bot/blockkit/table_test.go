package blockkit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"signpost/bot/internal/slackfake"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// listOf is a section with a table of so many rows, whose last column repeats a word so often.
func listOf(rows, wide int) chat.Section {
	s := chat.Section{Heading: "Domains", Table: chat.NewTable("Domain | #Count | Said")}
	for i := range rows {
		name, said := fmt.Sprintf("d%d.example", i), strings.Repeat("字", wide)
		s.Items = append(s.Items, name+": "+said)
		s.Table.Add(name, fmt.Sprint(i), said)
	}
	return s
}

func kinds(blocks []map[string]any) (out []string) {
	for _, b := range blocks {
		out = append(out, fmt.Sprint(b["type"]))
	}
	return out
}

// TestTable: a table is a table block where it fits; where not, and for a workspace that does not take it, it is the
// same in lines. The text for notifications and screen readers says it in either case.
func TestTable(t *testing.T) {
	long := listOf(2, 2)
	long.Table.Rows[1][2] = strings.Repeat("x", maxCell+1)
	for name, x := range map[string]struct {
		sections []chat.Section
		refused  Newer
		tables   int
	}{
		"one":             {[]chat.Section{listOf(3, 2)}, Newer{}, 1},
		"a cell without":  {[]chat.Section{listOf(3, 0)}, Newer{}, 1},
		"most rows":       {[]chat.Section{listOf(99, 2)}, Newer{}, 1},
		"too many rows":   {[]chat.Section{listOf(100, 2)}, Newer{}, 0},
		"a long cell":     {[]chat.Section{long}, Newer{}, 0},
		"too much":        {[]chat.Section{listOf(50, 250)}, Newer{}, 0},
		"the second too":  {[]chat.Section{listOf(3, 2), listOf(4, 2)}, Newer{}, 1},
		"the second fits": {[]chat.Section{long, listOf(4, 2)}, Newer{}, 1},
		"not taken":       {[]chat.Section{listOf(3, 2)}, Newer{Table: true}, 0},
		"no rows":         {[]chat.Section{{Text: "none", Table: chat.NewTable("A | B")}}, Newer{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := RenderWithout(x.refused, language.Chinese, chat.Reply{Title: "All", Sections: x.sections, Final: true}, "")
			raw, err := json.Marshal(m.Blocks)
			if err != nil {
				t.Fatal(err)
			}
			if faults := slackfake.Judge(m.Text, raw); len(faults) > 0 {
				t.Errorf("%v", faults)
			}
			sent := asSent(t, m.Blocks)
			n := strings.Count(strings.Join(kinds(sent), " "), "table")
			if n != x.tables || m.Newer.Table != (n > 0) {
				t.Errorf("%d tables, told %v: %v", n, m.Newer, kinds(sent))
			}
			all := slackfake.AllText(sent)
			if name != "too much" && name != "no rows" && !strings.Contains(all, "d1.example") {
				t.Errorf("a row is lost: %.300s", all)
			}
			if n > 0 && !strings.Contains(m.Text, "\nd1.example:") {
				t.Errorf("for screen readers: %q", m.Text)
			}
			if strings.Count(all, "d1.example") > len(x.sections) {
				t.Errorf("a row is said twice: %.300s", all)
			}
		})
	}
}

// TestTableInAView: a modal and the page of a person show no table.
func TestTableInAView(t *testing.T) {
	view, _ := Page(language.English, "All", []chat.Section{listOf(3, 2)}, "kept", 0)
	raw, err := json.Marshal(view)
	if err != nil {
		t.Fatal(err)
	}
	if faults := slackfake.JudgeView(raw); len(faults) > 0 {
		t.Errorf("%v", faults)
	}
	if text := slackfake.AllText(asSent(t, view.Blocks.BlockSet)); !strings.Contains(text, "d2.example: 字字") {
		t.Errorf("%s", text)
	}
}

// TestTableIsLiteral: what strangers put into a cell calls nobody.
func TestTableIsLiteral(t *testing.T) {
	s := chat.Section{Table: chat.NewTable("<!here>|B"), Items: []string{"<!channel>: x"}}
	s.Table.Add("<!channel>\x1b[2J", "a\nb")
	m := Render(language.English, chat.Reply{Title: "x", Sections: []chat.Section{s}, Final: true}, "")
	raw, err := json.Marshal(m.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	if faults := slackfake.Judge(m.Text, raw); len(faults) > 0 || strings.Contains(string(raw), "\\u001b") {
		t.Errorf("%v: %s", faults, raw)
	}
}

// TestPlan: progress is a plan with a card for each task where it fits and is taken, and today's lines otherwise. A
// task that told nothing is not shown as done, and the answer holds no plan.
func TestPlan(t *testing.T) {
	tasks := func(n int) (out []chat.Task) {
		for i := range n {
			out = append(out, chat.Task{ID: fmt.Sprint("c", i), Title: "检查 <!here>", State: chat.TaskState(i % 3)})
		}
		return out
	}
	for name, x := range map[string]struct {
		tasks   []chat.Task
		refused Newer
		final   bool
		want    string
	}{
		"under way":  {tasks(3), Newer{}, false, "plan"},
		"most":       {tasks(50), Newer{}, false, "plan"},
		"too many":   {tasks(51), Newer{}, false, "section context"},
		"unnamed":    {[]chat.Task{{ID: "a"}}, Newer{}, false, "section context"},
		"not taken":  {tasks(3), Newer{Plan: true}, false, "section context"},
		"none":       {nil, Newer{}, false, "section context"},
		"the answer": {tasks(3), Newer{}, true, "header context"},
	} {
		t.Run(name, func(t *testing.T) {
			m := RenderWithout(x.refused, language.English, chat.Reply{Title: "Checking <!channel> a.example: 3 of 20",
				Tasks: x.tasks, Final: x.final, Sections: []chat.Section{{Muted: true, Text: "Waiting for MX"}}}, "")
			raw, err := json.Marshal(m.Blocks)
			if err != nil {
				t.Fatal(err)
			}
			if faults := slackfake.Judge(m.Text, raw); len(faults) > 0 {
				t.Errorf("%v", faults)
			}
			got := strings.Join(kinds(asSent(t, m.Blocks)), " ")
			if got != x.want || m.Newer.Plan != (got == "plan") || !strings.Contains(m.Text, "a.example") {
				t.Errorf("%s, told %+v: %s", got, m.Newer, m.Text)
			}
			for state, status := range map[int]string{0: "in_progress", 1: "complete", 2: "error"} {
				if want := fmt.Sprintf(`"task_id":"c%d","title":"检查 ‹!here›","status":%q`, state, status); got == "plan" &&
					!strings.Contains(string(raw), want) {
					t.Errorf("%s is not in %s", want, raw)
				}
			}
		})
	}
}
