package book

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag/pattern"
)

// sought is what a line looks for.
type sought struct {
	q cases.Query
	// plain is the line's own words for what was taken for a ticket, a code, a domain, a state ...: where nothing fits
	// they are looked for as words.
	plain []string
	// stated says that the line itself tells in which state the cases are.
	stated bool
	// only, if set, says which of the cases are meant, beside what the query says.
	only func(*cases.Case) bool
}

func (s sought) empty() bool { return s.q.Empty() && s.only == nil }

// badSearch is the error of what a line says that cannot be looked for.
func badSearch(id string, args map[string]any) error {
	return &work.WrongOrder{ID: id, Args: args, Verb: "search"}
}

// SearchFields is the fields of a search; what each is called besides is in the catalogues.
var SearchFields = []string{"domain", "code", "provider", "tag", "ticket", "assignee", "by", "date", "priority",
	"state"}

func searchField(name string) string {
	for _, field := range SearchFields {
		if name == field || slices.Contains(chat.Words("search."+field), name) {
			return field
		}
	}
	return ""
}

var aCode = pattern.New(`^[a-z]+\.[a-z0-9-]+$`)

// takeField takes what a field says into the query.
func takeField(k *work.Work, s *sought, field, value string) error {
	q := &s.q
	bad := func(allowed ...string) error {
		return badSearch("case.bad-choice", map[string]any{"field": field, "what": chat.Clip(value, 40), "choices": allowed})
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
		if q.Provider = k.ProviderIn(value); q.Provider == "" {
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
			who = k.Req.User
		}
		if who == "" {
			return badSearch("case.whom", nil)
		}
		if field == "by" {
			q.By = who
		} else {
			q.Assignee = who
		}
	case "date":
		from, till, n := daysIn(k, []string{value})
		if n == 0 {
			return bad(dayExamples(k)...)
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

func dayExamples(k *work.Work) []string {
	return []string{"2026-11-24", "2026-11", "2026-11-01..2026-11-24", k.Text("case.search.today", nil),
		k.Text("case.search.last-days", nil)}
}

// takePhrase takes what the first words of a line mean beside words; n is how many of them it took, 0 for none. Of all
// words of the line there are so many.
func takePhrase(k *work.Work, s *sought, words []string, all int) (n int) {
	q := &s.q
	if q.From.IsZero() {
		if from, till, n := daysIn(k, words); n > 0 {
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
		if id := k.ProviderCalled(said); id != "" && q.Provider == "" {
			q.Provider = id
			return n
		}
	}
	w := words[0]
	low := chat.Fold(w)
	if searchField(low) == "ticket" && len(words) > 1 && intent.LooksLikeTicket(strings.ToUpper(words[1])) &&
		q.Ticket == "" {
		q.Ticket, _ = intent.ReadTicket(words[1])
		return 2
	}
	if m := intent.UserID.FindStringSubmatch(w); m != nil && strings.HasPrefix(w, "<@") && q.Assignee == "" {
		q.Assignee = m[1]
		return 1
	}
	switch p, isPriority := intent.PriorityIn(w); {
	case slices.Contains(chat.Words("me"), low) && q.Assignee == "":
		q.Assignee = k.Req.User
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
	case q.Code == "" && isCode(k, low):
		q.Code = low
	case q.Ticket == "" && len(low) >= 5 && intent.LooksLikeTicket(strings.ToUpper(low)):
		q.Ticket, _ = intent.ReadTicket(low)
	case strings.HasPrefix(w, "#") && len(w) > 1 && q.Tag == "":
		q.Tag = low[1:]
	case q.Provider == "" && !strings.Contains(w, ".") && providerAlone(k, w) != "":
		q.Provider = providerAlone(k, w)
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
	return strings.Contains(said, "-") || intent.StateAlone(said)
}

func isCode(k *work.Work, w string) bool {
	return aCode.MatchString(w) && slices.Contains(k.Deps.KB.Codes(), w)
}

// providerAlone is the provider that a word by itself stands for ("Alibaba"); "" where it may mean anything.
func providerAlone(k *work.Work, w string) string {
	if utf8.RuneCountInString(w) < 2 || aCode.MatchString(chat.Fold(w)) {
		return ""
	}
	return k.Deps.KB.Understand(w, k.Req.Lang).Provider
}

// daysIn reads the days that the first words name, by the asker's clock: "today", "last week", "2026-11",
// "2026-11-01..2026-11-24". N is how many words were taken, 0 for none.
func daysIn(k *work.Work, words []string) (from, till time.Time, n int) {
	return datetime.Days(words, datetime.In(k.Now, k.Req.Zone))
}
