package book

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/acts"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag/pattern"
)

var belowArg = pattern.New(`(?:^|\s)below=(\d{1,12})`)

// List lists cases: those that are open, the asker's own, or those that words and fields describe.
func List(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	var below int64
	if m := belowArg.FindStringSubmatch(o.Words); m != nil {
		below, _ = strconv.ParseInt(m[1], 10, 64)
		o.Words = strings.TrimSpace(belowArg.ReplaceAllString(o.Words, ""))
	}
	if n, _, rest, ok := intent.CaseIn(o.Words, true); o.Verb == "search" && ok && rest == "" {
		if c, err := k.Deps.Book.Case(ctx, k.Req.Team, n); err == nil && k.Seen(c) {
			o.Case = c
			return acts.Show(ctx, k, o)
		} else if err != nil && !errors.Is(err, cases.ErrNone) {
			return chat.Reply{}, err
		}
	}
	all := slices.Contains(chat.Words("case.all"), chat.Fold(o.Words))
	if all {
		o.Words = ""
	}
	sought, err := readSearch(k, o.Words)
	if err != nil {
		return chat.Reply{}, err
	}
	switch {
	case sought.empty() && o.Verb == "search" && !all:
		return work.Wrong("case.search-what", nil)
	case o.Verb == "mine":
		sought.q.Open, sought.q.Assignee = true, k.Req.User
	case o.Verb == "list" && !all && !sought.stated:
		sought.q.Open = true
	}
	found, next, err := searchFor(ctx, k, sought, below)
	if err != nil {
		return chat.Reply{}, err
	}
	count := strconv.Itoa(len(found))
	if next > 0 {
		count += "+"
	}
	heading := o.Verb
	switch {
	case o.Verb == "list" && all:
		heading = "all"
	case o.Verb == "list" && o.Words != "":
		heading = "search"
	}
	said := chat.Clip(o.Words, 80)
	if state, ok := intent.StateIn(said); ok {
		said = k.Text("case.state."+string(state), nil)
	}
	out := chat.Reply{Title: k.Text("case.list."+heading, map[string]any{"count": count, "words": said}), Final: true}
	s := k.List(found)
	data := []map[string]any{}
	for _, c := range found {
		data = append(data, work.CaseData(c))
		out.Actions = append(out.Actions,
			chat.Action{ID: "show-" + c.Name(), Label: c.Name(), Command: chat.Case, Text: "show " + c.Name()})
	}
	out.Data = data
	switch {
	case len(found) == 0 && o.Words != "":
		s.Text = k.Text("case.search.none", nil)
		s.Items = []string{k.Text("case.example.search", nil), k.Text("case.example.search-2", nil)}
	case len(found) == 0:
		s.Text = k.Text("case.list.none", map[string]any{"example": k.Text("case.example.open", nil)})
	}
	if next > 0 {
		out.Actions = append(out.Actions,
			chat.Action{ID: "more", Label: k.Text("case.button.more", nil), Command: chat.Case,
				Text: strings.Join(strings.Fields(fmt.Sprintf("%s %s below=%d", o.Verb, o.Words, next)), " ")})
	}
	out.Sections = []chat.Section{s}
	return out, nil
}
