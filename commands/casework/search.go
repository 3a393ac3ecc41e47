package casework

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
)

// sought is what a line looks for.
type sought struct {
	q cases.Query
	// plain is the line's own words for what was taken for a ticket, a code, a domain, a state ...: where nothing fits they are looked for as words.
	plain []string
	// stated says that the line itself tells in which state the cases are.
	stated bool
	// only, if set, says which of the cases are meant, beside what the query says.
	only func(*cases.Case) bool
}

func (s sought) empty() bool { return s.q.Empty() && s.only == nil }

// badSearch is what a line says that cannot be looked for, as a sentence of the catalogue.
type badSearch struct {
	id   string
	args map[string]any
}

var (
	aCode     = regexp.MustCompile(`^[a-z]+\.[a-z0-9-]+$`)
	fieldWord = regexp.MustCompile(`^([a-z]+|[\p{Han}]{2,4})[:=](.*)$`)
)

// searchFields is the fields of a search; what each is called besides is in the catalogues.
var searchFields = []string{"domain", "code", "provider", "tag", "ticket", "assignee", "by", "date", "priority", "state"}

// look finds the cases that are sought, the newest first: by what the line may mean, and where that finds none, by its words.
func (k *Work) look(ctx context.Context, s sought, below int64) (found []*cases.Case, next int64, err error) {
	s.q.Seen = k.seen
	if s.only != nil {
		s.q.Seen = func(c *cases.Case) bool { return k.seen(c) && s.only(c) }
	}
	s.q.Ended = !s.q.From.IsZero() && (s.q.State == cases.Solved || s.q.State == cases.Closed)
	found, next, err = k.d.Book.Find(ctx, k.r.Team, s.q, below, pageSize)
	if err != nil || len(found) > 0 {
		return found, next, err
	}
	if tag := chat.Fold(s.q.Text); len(s.plain) == 0 && tag != "" && !strings.Contains(tag, " ") {
		return k.d.Book.Find(ctx, k.r.Team, cases.Query{Tag: tag, Open: s.q.Open, Assignee: s.q.Assignee, Seen: k.seen}, below, pageSize)
	}
	if len(s.plain) == 0 {
		return found, next, nil
	}
	q := cases.Query{Text: strings.Join(s.plain, " "), Open: s.q.Open, Assignee: s.q.Assignee, Seen: k.seen}
	if q.Empty() {
		return found, next, nil
	}
	return k.d.Book.Find(ctx, k.r.Team, q, below, pageSize)
}

// query reads what cases are looked for by: domains, codes, ticket numbers, days, states, priorities, people, providers; the rest is words.
func (k *Work) query(text string) (s sought, wrong *badSearch) {
	var words []string
	for _, w := range strings.Fields(text) {
		words = append(words, intent.SplitHan(w)...)
	}
	var free []string
	for i := 0; i < len(words); {
		if m := fieldWord.FindStringSubmatch(chat.Fold(words[i])); m != nil {
			if field := searchField(m[1]); field != "" {
				_, value, _ := strings.Cut(strings.Replace(words[i], "：", ":", 1), ":")
				if !strings.ContainsAny(words[i], ":：") {
					_, value, _ = strings.Cut(words[i], "=")
				}
				used := 1
				if value == "" && i+1 < len(words) { // "state: solved"
					value, used = words[i+1], 2
				}
				value, more := quotedValue(value, words[i+used:])
				used += more
				if wrong := k.field(&s, field, strings.Trim(value, `"“”`)); wrong != nil {
					return s, wrong
				}
				s.plain = append(s.plain, strings.Trim(value, `"“”`))
				i += used
				continue
			}
		}
		if strings.HasPrefix(words[i], "@") {
			return s, &badSearch{"case.whom", nil}
		}
		if datetime.LooksLikeDay(words[i]) && s.q.From.IsZero() {
			if _, _, n := k.days(words[i : i+1]); n == 0 {
				return s, &badSearch{"case.bad-choice", map[string]any{"field": k.text("case.search.date", nil), "what": chat.Clip(words[i], 40), "choices": k.dayExamples()}}
			}
		}
		n := k.phrase(&s, words[i:], len(words))
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
	if !strings.HasPrefix(first, `"`) && !strings.HasPrefix(first, "“") || strings.HasSuffix(first, `"`) && len(first) > 1 || strings.HasSuffix(first, "”") {
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

func searchField(name string) string {
	for _, field := range searchFields {
		if name == field || slices.Contains(chat.Words("search."+field), name) {
			return field
		}
	}
	return ""
}

// field takes what a field says into the query.
func (k *Work) field(s *sought, field, value string) *badSearch {
	q := &s.q
	bad := func(allowed ...string) *badSearch {
		return &badSearch{"case.bad-choice", map[string]any{"field": field, "what": chat.Clip(value, 40), "choices": allowed}}
	}
	low := chat.Fold(value)
	if low == "" {
		return bad()
	}
	switch field {
	case "domain":
		if q.Domain = low; strings.Contains(low, ".") {
			if t, ok := intent.DomainIn(value); ok {
				q.Domain = t.Domain
			}
		}
	case "code":
		q.Code = low
	case "tag":
		q.Tag = strings.TrimPrefix(low, "#")
	case "provider":
		if q.Provider = k.providerIn(value); q.Provider == "" {
			return bad()
		}
	case "ticket":
		number, ok := intent.ReadTicket(value)
		if !ok {
			return bad()
		}
		q.Ticket = number
	case "assignee", "by":
		who := ""
		if m := intent.UserID.FindStringSubmatch(value); m != nil {
			who = m[1] + m[2]
		} else if slices.Contains(chat.Words("me"), low) {
			who = k.r.User
		}
		if who == "" {
			return &badSearch{"case.whom", nil}
		}
		if field == "by" {
			q.By = who
		} else {
			q.Assignee = who
		}
	case "date":
		from, till, n := k.days([]string{value})
		if n == 0 {
			return bad(k.dayExamples()...)
		}
		q.From, q.Till = from, till
	case "priority":
		p, ok := intent.PriorityIn(value)
		if !ok {
			return bad("urgent", "normal", "low")
		}
		q.Priority = p
	case "state":
		state, ok := intent.StateIn(value)
		switch {
		case ok:
			q.State = state
		case slices.Contains(chat.Words("open"), low):
			q.Open = true
		default:
			return bad("new", "waiting-us", "waiting-provider", "waiting-dns", "solved", "closed", "open")
		}
		s.stated = true
	}
	return nil
}

func (k *Work) dayExamples() []string {
	return []string{"2026-11-24", "2026-11", "2026-11-01..2026-11-24", k.text("case.search.today", nil), k.text("case.search.last-days", nil)}
}

// phrase takes what the first words of a line mean beside words; n is how many of them it took, 0 for none. Of all words of the line there are so many.
func (k *Work) phrase(s *sought, words []string, all int) (n int) {
	q := &s.q
	if q.From.IsZero() {
		if from, till, n := k.days(words); n > 0 {
			q.From, q.Till = from, till
			return n
		}
	}
	for n := min(len(words), 7); n > 0; n-- {
		said := strings.Join(words[:n], " ")
		if state, ok := intent.StateIn(said); ok && q.State == "" && (n > 1 || n == all || spelledState(said)) {
			q.State, s.stated = state, true
			return n
		}
		if id := k.providerCalled(said); id != "" && q.Provider == "" {
			q.Provider = id
			return n
		}
	}
	w := words[0]
	low := chat.Fold(w)
	if searchField(low) == "ticket" && len(words) > 1 && intent.LooksLikeTicket(strings.ToUpper(words[1])) && q.Ticket == "" {
		q.Ticket, _ = intent.ReadTicket(words[1])
		return 2
	}
	if m := intent.UserID.FindStringSubmatch(w); m != nil && strings.HasPrefix(w, "<@") && q.Assignee == "" {
		q.Assignee = m[1]
		return 1
	}
	switch p, isPriority := intent.PriorityIn(w); {
	case slices.Contains(chat.Words("me"), low) && q.Assignee == "":
		q.Assignee = k.r.User
	case slices.Contains(chat.Words("open"), low) && !q.Open:
		q.Open, s.stated = true, true
	case isPriority && (p == cases.Urgent || all == 1) && q.Priority == "":
		q.Priority = p
	case slices.Contains(chat.Words("unassigned"), low) && s.only == nil:
		q.Open, s.stated = true, true
		s.only = func(c *cases.Case) bool { return c.Assignee == "" }
	case slices.Contains(chat.Words("waiting"), low) && (all == 1 || low[0] >= 0x80) && s.only == nil:
		q.Open, s.stated = true, true
		s.only = func(c *cases.Case) bool { return c.State != cases.New }
	case q.Code == "" && k.isCode(low):
		q.Code = low
	case q.Ticket == "" && len(low) >= 5 && intent.LooksLikeTicket(strings.ToUpper(low)):
		q.Ticket, _ = intent.ReadTicket(low)
	case strings.HasPrefix(w, "#") && len(w) > 1 && q.Tag == "":
		q.Tag = low[1:]
	case q.Provider == "" && !strings.Contains(w, ".") && k.providerAlone(w) != "":
		q.Provider = k.providerAlone(w)
	default:
		t, ok := intent.DomainIn(w)
		if !ok || q.Domain != "" {
			return 0
		}
		q.Domain = t.Domain
	}
	return 1
}

// spelledState reports whether one word by itself is the name of a state rather than a word of a sentence.
func spelledState(said string) bool {
	return strings.Contains(said, "-") || strings.HasPrefix(said, "等待") || slices.Contains([]string{"solved", "closed", "已解决", "已关闭"}, chat.Fold(said))
}

func (k *Work) isCode(w string) bool {
	return aCode.MatchString(w) && slices.Contains(k.d.KB.Codes(), w)
}

// providerCalled is the provider of that id or name.
func (k *Work) providerCalled(said string) string {
	low := chat.Fold(said)
	for _, p := range k.d.KB.Providers() {
		if low == p.ID {
			return p.ID
		}
		for _, lang := range chat.Languages() {
			if low == chat.Fold(k.d.KB.ProviderName(lang, p.ID)) {
				return p.ID
			}
		}
	}
	return ""
}

// providerAlone is the provider that a word by itself stands for: Alibaba, 腾讯; "" where it may mean anything.
func (k *Work) providerAlone(w string) string {
	if utf8.RuneCountInString(w) < 2 || aCode.MatchString(chat.Fold(w)) {
		return ""
	}
	return k.d.KB.Understand(w, k.r.Lang).Provider
}

// days reads the days that the first words name, by the asker's clock: "today", "last week", "2026-11", "2026-11-01..2026-11-24". N is how many words were taken, 0 for none.
func (k *Work) days(words []string) (from, till time.Time, n int) {
	return datetime.Days(words, datetime.In(k.now, k.r.Zone))
}
