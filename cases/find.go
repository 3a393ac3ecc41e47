package cases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases/index"

	"github.com/redis/go-redis/v9"
)

// Query describes the cases to find: every condition that is set must hold. The zero value finds all cases.
type Query struct {
	Text     string // free words, in Chinese or English
	Domain   string
	Ticket   string
	Code     string
	Provider string
	State    State
	Open     bool // not solved, not closed
	Solved   bool // solved once, and not opened again
	Lesson   bool // somebody wrote down what was learned
	Assignee string
	By       string
	Reminded string // who is to be reminded of it
	Promised bool   // somebody is to be reminded of it, or was lately
	Priority Priority
	Tag      string
	// From and Till, if set, limit the time of opening: not before From, and before Till.
	From, Till time.Time
	// Ended makes From and Till limit the time of the end instead.
	Ended    bool
	SolvedOn string // the day on which it was solved or closed
	// Seen, if set, reports whether the person who asks may see a case.
	Seen func(*Case) bool
	span string // the term of a day or month of opening
}

func (q Query) terms() []string {
	out := []string{}
	add := func(field, value string) {
		if value != "" {
			out = append(out, field+":"+strings.ToLower(value))
		}
	}
	add("d", q.Domain)
	add("t", q.Ticket)
	add("c", q.Code)
	add("p", q.Provider)
	add("s", string(q.State))
	add("a", q.Assignee)
	add("by", q.By)
	add("rem", q.Reminded)
	if q.span != "" {
		out = append(out, q.span)
	}
	add("pr", string(q.Priority))
	add("tag", q.Tag)
	add("so", q.SolvedOn)
	if q.Open {
		out = append(out, "open:")
	}
	if q.Solved {
		out = append(out, "solved:")
	}
	if q.Lesson {
		out = append(out, "lesson:")
	}
	if q.Promised {
		out = append(out, "rem:")
	}
	words := index.Words(q.Text)
	out = append(out, words[:min(len(words), 12)]...)
	if len(out) == 0 {
		out = append(out, "all:")
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// beside is terms that combine several conditions, so that few cases are read where each condition alone has many.
func (q Query) beside() []string {
	if q.Open && q.Assignee != "" {
		return []string{"oa:" + strings.ToLower(q.Assignee)}
	}
	return nil
}

// Empty reports whether the query has no condition.
func (q Query) Empty() bool {
	terms := q.terms()
	return len(terms) == 1 && terms[0] == "all:" && q.From.IsZero() && q.Till.IsZero()
}

// spans is the terms of the days and whole months between From and Till, the newest first. It gives at most
// maxSpans of them and leaves out the oldest.
func (q Query) spans() []string {
	var out []string
	first := q.From.UTC().Truncate(24 * time.Hour)
	for day := q.Till.UTC().Add(-time.Nanosecond).Truncate(24 * time.Hour); !day.Before(first) && len(out) < maxSpans; {
		begin := day.AddDate(0, 0, 1-day.Day())
		if q.Ended {
			out = append(out, "so:"+day.Format(time.DateOnly))
			day = day.AddDate(0, 0, -1)
			continue
		}
		if day.AddDate(0, 0, 1).Day() == 1 && !begin.Before(q.From.UTC()) {
			out = append(out, "o:"+day.Format("2006-01"))
			day = begin.AddDate(0, 0, -1)
			continue
		}
		out = append(out, "o:"+day.Format(time.DateOnly))
		day = day.AddDate(0, 0, -1)
	}
	return out
}

// findIn is Find for a query with From and Till: it looks up each day and month by itself.
func (b *Book) findIn(ctx context.Context, team string, q Query, below int64, most int) (found []*Case, next int64,
	err error) {
	seen := q.Seen
	from, till, ended := q.From, q.Till, q.Ended
	spans := q.spans()
	q.From, q.Till = time.Time{}, time.Time{}
	q.Seen = func(c *Case) bool {
		at := c.Opened
		if ended {
			at = c.SolvedAt
		}
		return !at.Before(from) && at.Before(till) && (seen == nil || seen(c))
	}
	for _, span := range spans {
		q.span = span
		part, on, err := b.Find(ctx, team, q, below, most)
		if err != nil {
			return nil, 0, err
		}
		found, next = append(found, part...), max(next, on)
	}
	slices.SortFunc(found, func(x, y *Case) int { return cmp.Compare(y.Number, x.Number) })
	// below it not every span was looked at
	found = slices.DeleteFunc(found, func(c *Case) bool { return c.Number < next })
	if len(found) > most {
		found = found[:most]
		next = found[most-1].Number
	}
	return found, next, nil
}

const maxSpans = 120 // days and months that one question looks at

const maxFound = 50 // cases of one answer

// Find gives the newest cases that match, below a number (0: from the newest), at most 50 at a time. Next is the
// number to pass as below for the rest; 0 means that there are no more.
func (b *Book) Find(ctx context.Context, team string, q Query, below int64, most int) (found []*Case, next int64,
	err error) {
	most = min(max(most, 1), maxFound)
	if !q.From.IsZero() && !q.Till.IsZero() {
		return b.findIn(ctx, team, q, below, most)
	}
	for rounds := 0; len(found) < most && rounds < 20; rounds++ {
		numbers, on, err := b.index.Find(reading(ctx), indexKeys(team),
			index.Query{Terms: q.terms(), Also: q.beside(), Below: below, Most: most - len(found)})
		if err != nil {
			return nil, 0, fmt.Errorf("%w: find: %w", ErrBook, err)
		}
		list, err := b.Cases(ctx, team, numbers)
		if err != nil {
			return nil, 0, err
		}
		for _, c := range list {
			if q.Seen == nil || q.Seen(c) {
				found = append(found, c)
			}
		}
		if below = on; on == 0 {
			return found, 0, nil
		}
	}
	return found, below, nil
}

// Cases reads several cases, in the order given. Deleted ones are left out.
func (b *Book) Cases(ctx context.Context, team string, numbers []int64) ([]*Case, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	replies := make([]*redis.SliceCmd, len(numbers))
	_, err := redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, n := range numbers {
			replies[i] = p.HMGet(ctx, caseKey(team, n), "rev", "data")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBook, err)
	}
	var out []*Case
	for i, n := range numbers {
		c, err := readCase(team, n, replies[i].Val())
		switch {
		case errors.Is(err, ErrNone):
		case err != nil: // the others are none the worse for it
			slog.ErrorContext(ctx, "a case cannot be read", "case", Name(n), "error", err)
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

// Similar gives solved cases whose solution may help with this one: first of the same domain, then with the same
// finding at the same provider, with the same finding, and with the same words.
func (b *Book) Similar(ctx context.Context, team string, c *Case, most int, seen func(*Case) bool) ([]*Case, error) {
	var queries []Query
	add := func(q Query) {
		q.Solved, q.Seen = true, seen
		queries = append(queries, q)
	}
	if c.Domain != "" {
		add(Query{Domain: c.Domain})
	}
	codes := c.First.Codes()
	for _, code := range codes[:min(len(codes), 3)] {
		if c.Provider != "" {
			add(Query{Code: code, Provider: c.Provider})
		}
		add(Query{Code: code})
	}
	if words := index.Words(strings.ReplaceAll(c.Title, c.Domain, "")); len(words) > 1 {
		add(Query{Text: strings.Join(words[:min(len(words), 4)], " ")})
	}
	var out []*Case
	for _, q := range queries {
		found, _, err := b.Find(ctx, team, q, 0, most+1)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if len(out) < most && f.Number != c.Number &&
				!slices.ContainsFunc(out, func(o *Case) bool { return o.Number == f.Number }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// Lessons gives cases with a lesson that match a question, those with the most words in common first. Of a
// question with several words at least two must match.
func (b *Book) Lessons(ctx context.Context, team, question string, most int, seen func(*Case) bool) ([]*Case, error) {
	words := index.Words(question)
	slices.SortStableFunc(words, func(x, y string) int { return len(y) - len(x) })
	words = words[:min(len(words), 8)]
	type hit struct {
		c     *Case
		words int
	}
	var hits []hit
	for _, w := range words {
		found, _, err := b.Find(ctx, team, Query{Text: w, Lesson: true, Seen: seen}, 0, 20)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if i := slices.IndexFunc(hits, func(h hit) bool { return h.c.Number == c.Number }); i >= 0 {
				hits[i].words++
			} else {
				hits = append(hits, hit{c, 1})
			}
		}
	}
	slices.SortStableFunc(hits, func(x, y hit) int { return y.words - x.words })
	var out []*Case
	for _, h := range hits {
		if len(out) < most && h.words >= min(2, len(words)) {
			out = append(out, h.c)
		}
	}
	return out, nil
}

// countsAtOnce is of how many workspaces one pipeline asks the counts.
const countsAtOnce = 500

// Counts is how many cases are in each state, in all of the workspaces together.
func (b *Book) Counts(ctx context.Context, teams ...string) (map[State]int64, error) {
	out := map[State]int64{}
	for some := range slices.Chunk(teams, countsAtOnce) {
		replies, err := redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, team := range some {
				p.HGetAll(ctx, countsKey(team))
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("%w: counts: %w", ErrBook, err)
		}
		for _, r := range replies {
			for k, v := range r.(*redis.MapStringStringCmd).Val() {
				n, _ := strconv.ParseInt(v, 10, 64)
				out[State(k)] += n
			}
		}
	}
	return out, nil
}

// Stat is the median of the latest 200 measurements under one name, and how many there are.
type Stat struct {
	What   string
	Median time.Duration
	Count  int
}

// Stats is the statistics of all measurements whose name has a prefix, sorted by name.
func (b *Book) Stats(ctx context.Context, team, prefix string) ([]Stat, error) {
	names, err := redisOf(b).SMembers(ctx, measureNamesKey(team)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: stats: %w", ErrBook, err)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix) })
	names = names[:min(len(names), 200)]
	replies := make([]*redis.StringSliceCmd, len(names))
	_, err = redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, n := range names {
			replies[i] = p.LRange(ctx, measuresKey(team, n), 0, -1)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%w: stats: %w", ErrBook, err)
	}
	var out []Stat
	for i, n := range names {
		var all []int64
		for _, v := range replies[i].Val() {
			if s, err := strconv.ParseInt(v, 10, 64); err == nil {
				all = append(all, s)
			}
		}
		if len(all) > 0 {
			slices.Sort(all)
			out = append(out, Stat{What: n,
				Median: time.Duration((all[(len(all)-1)/2]+all[len(all)/2])/2) * time.Second, Count: len(all)})
		}
	}
	return out, nil
}
