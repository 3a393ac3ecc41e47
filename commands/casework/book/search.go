package book

import (
	"context"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag/pattern"
)

var fieldWord = pattern.New(`^(\p{L}[\p{L}-]{1,29})[:=](.*)$`)

// searchFor finds the cases that are sought, the newest first: by what the line may mean, and where that finds none, by
// its words.
func searchFor(ctx context.Context, k *work.Work, s sought, below int64) (found []*cases.Case, next int64, err error) {
	s.q.Seen = k.Seen
	if s.only != nil {
		s.q.Seen = func(c *cases.Case) bool { return k.Seen(c) && s.only(c) }
	}
	s.q.Ended = !s.q.From.IsZero() && (s.q.State == cases.Solved || s.q.State == cases.Closed)
	found, next, err = k.Deps.Book.Find(ctx, k.Req.Team, s.q, below, pageSize)
	if err != nil || len(found) > 0 {
		return found, next, err
	}
	if tag := chat.Fold(s.q.Text); len(s.plain) == 0 && tag != "" && !strings.Contains(tag, " ") {
		return k.Deps.Book.Find(ctx, k.Req.Team, cases.Query{Tag: tag, Open: s.q.Open, Assignee: s.q.Assignee, Seen: k.Seen},
			below, pageSize)
	}
	if len(s.plain) == 0 {
		return found, next, nil
	}
	q := cases.Query{Text: strings.Join(s.plain, " "), Open: s.q.Open, Assignee: s.q.Assignee, Seen: k.Seen}
	if q.Empty() {
		return found, next, nil
	}
	return k.Deps.Book.Find(ctx, k.Req.Team, q, below, pageSize)
}

// readSearch reads what cases are looked for by: domains, codes, ticket numbers, days, states, priorities, people,
// providers; the rest is words.
func readSearch(k *work.Work, text string) (s sought, err error) {
	var words []string
	for _, w := range strings.Fields(text) {
		words = append(words, intent.SplitHan(w)...)
	}
	var free []string
	for i := 0; i < len(words); {
		if m := fieldWord.FindStringSubmatch(chat.Fold(words[i])); m != nil {
			if field := searchField(m[1]); field != "" {
				_, value, _ := strings.Cut(strings.Replace(words[i], "\uFF1A", ":", 1), ":")
				if !strings.ContainsAny(words[i], ":\uFF1A") {
					_, value, _ = strings.Cut(words[i], "=")
				}
				used := 1
				if value == "" && i+1 < len(words) { // "state: solved"
					value, used = words[i+1], 2
				}
				value, more := quotedValue(value, words[i+used:])
				used += more
				if err := takeField(k, &s, field, strings.Trim(value, `"“”`)); err != nil {
					return s, err
				}
				s.plain = append(s.plain, strings.Trim(value, `"“”`))
				i += used
				continue
			}
		}
		if strings.HasPrefix(words[i], "@") {
			return s, badSearch("case.whom", nil)
		}
		if datetime.LooksLikeDay(words[i]) && s.q.From.IsZero() {
			if _, _, n := daysIn(k, words[i:i+1]); n == 0 {
				return s, badSearch("case.bad-choice",
					map[string]any{"field": k.Text("case.search.date", nil), "what": chat.Clip(words[i], 40),
						"choices": dayExamples(k)})
			}
		}
		n := takePhrase(k, &s, words[i:], len(words))
		if n == 0 {
			free, n = append(free, words[i]), 1
		}
		s.plain = append(s.plain, words[i:i+n]...)
		i += n
	}
	s.q.Text = strings.Join(free, " ")
	if len(free) == len(s.plain) {
		s.plain = nil // nothing was guessed
	}
	return s, nil
}

// quotedValue is a value that goes on in the words after it: state:"waiting for DNS".
func quotedValue(first string, more []string) (value string, used int) {
	if !strings.HasPrefix(first, `"`) && !strings.HasPrefix(first, "“") || strings.HasSuffix(first, `"`) &&
		len(first) > 1 || strings.HasSuffix(first, "”") {
		return first, 0
	}
	value = first
	for i, w := range more[:min(len(more), 6)] {
		value += " " + w
		if strings.HasSuffix(w, `"`) || strings.HasSuffix(w, "”") {
			return value, i + 1
		}
	}
	return first, 0
}

const pageSize = 10 // cases on a page, each with a button
