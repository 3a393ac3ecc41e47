package slackfake

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Refuse has messages with blocks of such types answered with invalid_blocks, as by a workspace that has them not yet.
func (s *Slack) Refuse(types ...string) { s.change(func() { s.unserved = types }) }

// refused reports whether a message has a block of a type that this workspace does not take.
func (s *Slack) refused(blocks []map[string]any) bool {
	return slices.ContainsFunc(blocks, func(b map[string]any) bool { return slices.Contains(s.unserved, str(b["type"])) })
}

// checkTable holds a table against the limits. Source:
// https://docs.slack.dev/reference/block-kit/blocks/table-block. Slack lets rows differ in length; a reader would not
// know what such a cell belongs to.
func (s *Slack) checkTable(where string, b map[string]any, view bool) error {
	rows, _ := b["rows"].([]any)
	columns, _ := b["column_settings"].([]any)
	switch {
	case view:
		return errors.New("a table in a view")
	case len(rows) < 2 || len(rows) > 100:
		return fmt.Errorf("a table of %d rows", len(rows))
	case len(columns) > 20:
		return fmt.Errorf("%d column_settings", len(columns))
	}
	for _, c := range columns {
		m, _ := c.(map[string]any)
		if !slices.Contains([]string{"left", "center", "right"}, str(m["align"])) {
			return fmt.Errorf("a column aligned to %v", m["align"])
		}
	}
	first, _ := rows[0].([]any)
	size := 0
	for n, r := range rows {
		row, _ := r.([]any)
		if len(row) == 0 || len(row) > 20 || len(row) != len(first) {
			return fmt.Errorf("row %d has %d cells, the first %d", n, len(row), len(first))
		}
		for _, c := range row {
			text, err := s.checkCell(where, c)
			if err != nil {
				return fmt.Errorf("row %d: %w", n, err)
			}
			size += utf8.RuneCountInString(text)
		}
	}
	if size > 10_000 {
		return fmt.Errorf("a table of %d characters", size)
	}
	return nil
}

// checkCell gives what a cell says.
func (s *Slack) checkCell(where string, cell any) (text string, err error) {
	m, _ := cell.(map[string]any)
	switch m["type"] {
	case "raw_text":
		text = str(m["text"])
		s.checkMrkdwn(where, text)
	case "rich_text":
		text, err = s.checkRich(where, m)
	default:
		return "", fmt.Errorf("cell of type %v", m["type"])
	}
	if err == nil && text == "" {
		err = errors.New("an empty cell")
	}
	return text, err
}

// checkRich gives what a rich text of plain runs says.
func (s *Slack) checkRich(where string, m map[string]any) (text string, err error) {
	parts, _ := m["elements"].([]any)
	for _, p := range parts {
		part, _ := p.(map[string]any)
		if part["type"] != "rich_text_section" {
			return "", fmt.Errorf("rich text of %v", part["type"])
		}
		runs, _ := part["elements"].([]any)
		for _, r := range runs {
			run, _ := r.(map[string]any)
			if run["type"] != "text" || str(run["text"]) == "" {
				return "", fmt.Errorf("rich text with %v", run)
			}
			s.checkMrkdwn(where, str(run["text"]))
			text += str(run["text"])
		}
	}
	return text, nil
}

// checkPlan holds a plan against the limits. Source:
// https://docs.slack.dev/reference/block-kit/blocks/plan-block and task-card-block. Slack takes a task without a state;
// a reader would not know how far it is.
func (s *Slack) checkPlan(where string, b map[string]any, view bool) error {
	tasks, _ := b["tasks"].([]any)
	switch {
	case view:
		return errors.New("a plan in a view")
	case str(b["title"]) == "":
		return errors.New("a plan without a title")
	case len(tasks) == 0 || len(tasks) > 50:
		return fmt.Errorf("a plan of %d tasks", len(tasks))
	}
	s.checkMrkdwn(where, str(b["title"]))
	seen := map[string]bool{}
	for _, t := range tasks {
		task, _ := t.(map[string]any)
		id, title := str(task["task_id"]), str(task["title"])
		switch {
		case task["type"] != "task_card" || id == "" || title == "":
			return fmt.Errorf("task of type %v, id %q, title %q", task["type"], id, title)
		case seen[id]:
			return fmt.Errorf("task_id %q twice", id)
		case !slices.Contains([]string{"pending", "in_progress", "complete", "error"}, str(task["status"])):
			return fmt.Errorf("task with status %v", task["status"])
		}
		seen[id] = true
		s.checkMrkdwn(where, title)
	}
	return nil
}

// oneTable holds Slack's rule that a message has one table.
func oneTable(blocks []map[string]any) error {
	n := 0
	for _, b := range blocks {
		if b["type"] == "table" {
			n++
		}
	}
	if n > 1 {
		return fmt.Errorf("%d tables: only_one_table_allowed", n)
	}
	return nil
}

// checkMrkdwn looks for what was not escaped.
func (s *Slack) checkMrkdwn(where, t string) {
	for _, m := range mention.FindAllString(t, -1) {
		if !date.MatchString(m) && !s.present[strings.Trim(m, "<>@#")] {
			s.fault("%s: %q is not escaped", where, m)
		}
	}
	rest := stray.ReplaceAllString(mention.ReplaceAllString(t, ""), "")
	for _, r := range rest {
		if r == '<' || r == '>' {
			s.fault("%s: a bracket is not escaped in %.100q", where, t)
			return
		}
	}
}

var date = regexp.MustCompile(`^<!date\^`)

// mention is what notifies somebody or makes a link; a date is the one form that a bot writes on purpose.
var mention = regexp.MustCompile(`<([!@#][^>]*|[a-z]+:[^>]*)>`)

// stray is an & that is no entity, or a bracket that is neither.
var stray = regexp.MustCompile(`&(amp|lt|gt);`)
