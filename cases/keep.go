package cases

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Record is a whole case, as an export holds it.
type Record struct {
	Number, Rev int64
	Case        *Case
	Contacts    []Contact
	Timeline    []Entry
}

const maxTimeline = 100_000 // entries of one case in an import

// ErrFormat says that there is no such form of an export.
var ErrFormat = errors.New("cases: no such format")

// Formats is the forms of an export.
var Formats = []string{"json", "csv", "md"}

// Export gives every case that seen allows (nil: all), oldest first: as JSON lines, which Import reads, as CSV with one line a case, or as Markdown.
func (b *Book) Export(ctx context.Context, team, format string, seen func(*Case) bool) ([]byte, error) {
	if !slices.Contains(Formats, format) {
		return nil, fmt.Errorf("%w: %.20q: format is one of %s", ErrFormat, format, strings.Join(Formats, ", "))
	}
	last, err := b.Last(ctx, team)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	var rows *csv.Writer
	if format == "csv" {
		rows = table(&out)
	}
	for n := int64(1); n <= last; n++ {
		r, err := b.record(ctx, team, n)
		switch {
		case errors.Is(err, ErrNone):
			continue
		case err != nil:
			return nil, err
		case seen != nil && !seen(r.Case):
			continue
		}
		switch format {
		case "json":
			if err := json.NewEncoder(&out).Encode(r.exported()); err != nil {
				return nil, fmt.Errorf("%w: export: %w", ErrBook, err)
			}
		case "csv":
			_ = rows.Write(row(r)) // what goes wrong is told at the end
		case "md":
			page(&out, r)
		}
	}
	if rows != nil {
		rows.Flush()
		err = rows.Error()
	}
	return out.Bytes(), err
}

// Last is the last number given in a workspace.
func (b *Book) Last(ctx context.Context, team string) (int64, error) {
	n, err := b.redis.Get(ctx, lastKey(team)).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("%w: %w", ErrBook, err)
	}
	return n, nil
}

func (b *Book) record(ctx context.Context, team string, n int64) (*Record, error) {
	c, err := b.Case(ctx, team, n)
	if err != nil {
		return nil, err
	}
	r := &Record{Number: n, Rev: c.Rev, Case: c}
	if r.Contacts, err = b.allContacts(ctx, team, n); err != nil {
		return nil, err
	}
	for after := ""; ; after = r.Timeline[len(r.Timeline)-1].ID {
		page, err := b.Timeline(ctx, team, n, after, 2000)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			return r, nil
		}
		r.Timeline = append(r.Timeline, page...)
	}
}

// Import reads JSON lines of an export into a workspace: the same numbers, contacts and timelines. A number that is taken already is left as it is and counted.
// The error is a *BadExport where the file is no export or holds something that is no case; what was read before stays.
func (b *Book) Import(ctx context.Context, team string, in io.Reader) (taken, left int, err error) {
	head := bufio.NewReader(in)
	if kind := kindOf(head); kind != "" {
		return 0, 0, &BadExport{Kind: kind}
	}
	d := json.NewDecoder(head)
	for {
		var x recordJSON
		err := d.Decode(&x)
		switch {
		case errors.Is(err, io.EOF):
			return taken, left, nil
		case err != nil:
			return taken, left, &BadExport{Record: taken + left + 1, Kind: "json"}
		}
		r := x.record()
		if bad := r.check(); bad != nil {
			bad.Record = taken + left + 1
			return taken, left, bad
		}
		fresh, err := b.put(ctx, team, &r)
		if err != nil {
			return taken, left, err
		}
		if fresh {
			taken++
		} else {
			left++
		}
	}
}

// BadExport says what makes a file no export: Kind is empty, csv, md or other for the whole file, json, nothing, state or full for a record (counted from one), What the part
// of it that is wrong. It wraps ErrFormat.
type BadExport struct {
	Record     int
	Kind, What string
}

func (e *BadExport) Error() string {
	if e.Record == 0 {
		return "cases: import: no export in JSON: " + e.Kind
	}
	return strings.TrimSpace(fmt.Sprintf("cases: import: record %d: %s %s", e.Record, e.Kind, e.What))
}

func (*BadExport) Unwrap() error { return ErrFormat }

// kindOf is what kind of file this is that is no export in JSON; "" where it may be one.
func kindOf(in *bufio.Reader) string {
	head, _ := in.Peek(512)
	switch head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))); {
	case len(head) == 0:
		return "empty"
	case head[0] == '{':
		return ""
	case bytes.HasPrefix(head, []byte("number,")):
		return "csv"
	case head[0] == '#':
		return "md"
	}
	return "other"
}

// check says what makes a record no case. An export may have gone through many hands.
func (r *Record) check() *BadExport {
	switch c := r.Case; {
	case c == nil || r.Number < 1 || r.Number > maxNumber:
		return &BadExport{Kind: "nothing"}
	case !slices.Contains(States, c.State):
		return &BadExport{Kind: "state", What: fmt.Sprintf("%s %.20q", Name(r.Number), c.State)}
	case len(r.Contacts) > MaxContacts || len(r.Timeline) > maxTimeline || len(c.Tickets) > MaxContacts || len(c.Tags) > 10*MaxTags || len(c.Reminders) > MaxReminders:
		return &BadExport{Kind: "full", What: Name(r.Number)}
	}
	return nil
}

// maxNumber is the highest number of a case that is imported: the numbers that follow must stay short.
const maxNumber = 1_000_000_000

// measures is what a record adds to the statistics.
func (r *Record) measures() (out []Measure) {
	c := r.Case
	for _, x := range here(r.Contacts) {
		if wait, ok := x.Wait(); ok {
			out = append(out, AnswerMeasure(x.Provider, x.Channel, wait))
		}
	}
	if c.Measured && !c.SolvedAt.IsZero() {
		out = append(out, c.SolveMeasures(c.SolvedAt.Sub(c.Opened), r.Contacts)...)
	}
	return out
}

// importScript writes a whole case under its number, if there is none.
//
// KEYS: the record, its contacts, its timeline, its shelf, the last number, the hash of open domains, the hash of counts, the hash of threads. ARGV: the record, its terms, the
// place on the shelf, contacts (a JSON list of pairs), entries (a JSON list of pairs of id and entry), the number, the domains (a JSON list, empty unless open), the state, the
// thread's field, the revision, measures (a JSON list of pairs), the team's prefix. Returns 1 where it was written.
var importScript = redis.NewScript(shelving + `
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "rev", ARGV[10], "data", ARGV[1])
measure(ARGV[12], cjson.decode(ARGV[11]))
for _, term in ipairs(cjson.decode(ARGV[2])) do put(KEYS[4], term, tonumber(ARGV[3])) end
for _, c in ipairs(cjson.decode(ARGV[4])) do redis.call("HSET", KEYS[2], c[1], c[2]) end
for _, e in ipairs(cjson.decode(ARGV[5])) do redis.call("XADD", KEYS[3], e[1], "e", e[2]) end
slim(KEYS[3])
if tonumber(redis.call("GET", KEYS[5]) or "0") < tonumber(ARGV[6]) then redis.call("SET", KEYS[5], ARGV[6]) end
for _, domain in ipairs(cjson.decode(ARGV[7])) do redis.call("HSETNX", KEYS[6], domain, ARGV[6]) end
redis.call("HINCRBY", KEYS[7], ARGV[8], 1)
if ARGV[9] ~= "" then redis.call("HSET", KEYS[8], ARGV[9], ARGV[6]) end
return 1`)

func (b *Book) put(ctx context.Context, team string, r *Record) (fresh bool, err error) {
	c := r.Case
	c.Team, c.Number = team, r.Number
	if err := c.upgrade(); err != nil {
		return false, err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return false, fmt.Errorf("%w: import: %w", ErrBook, err)
	}
	var domains []string
	thread := ""
	if c.State.Open() {
		domains = c.AllDomains()
	}
	if c.Thread != "" {
		thread = threadField(c.Channel, c.Thread)
	}
	n, err := importScript.Run(ctx, b.redis, []string{
		caseKey(team, r.Number), contactsKey(team, r.Number), timelineKey(team, r.Number), shelfKey(team, r.Number), lastKey(team), domainsKey(team), countsKey(team), threadsKey(team),
	}, data, list(allTerms(c, r.Timeline, r.Contacts)), r.Number%shelfSize, r.contactPairs(), r.entryPairs(), r.Number, list(domains), string(c.State), thread, max(r.Rev, 1), measureList(r.measures()), teamKey(team)).Int()
	if err != nil {
		return false, fmt.Errorf("%w: import: %s: %w", ErrBook, Name(r.Number), err)
	}
	return n == 1, nil
}

// Delete deletes a case and all that belongs to it; the audit keeps who did it and when.
func (b *Book) Delete(ctx context.Context, team string, number int64, by string) error {
	for range maxTries {
		r, err := b.record(ctx, team, number)
		if err != nil {
			return err
		}
		c, thread := r.Case, ""
		if c.Thread != "" {
			thread = threadField(c.Channel, c.Thread)
		}
		told, _ := json.Marshal(Entry{At: b.now().UTC(), By: by, Kind: "audit", Text: "delete " + c.Name()})
		res, err := removeScript.Run(ctx, b.redis, []string{
			caseKey(team, number), contactsKey(team, number), timelineKey(team, number), shelfKey(team, number), domainsKey(team), countsKey(team), threadsKey(team), auditKey(team),
		}, list(allTerms(c, r.Timeline, r.Contacts)), number%shelfSize, list(c.AllDomains()), number, string(c.State), thread, r.Rev, told, maxAudit).StringSlice()
		if err != nil {
			return fmt.Errorf("%w: delete: %w", ErrBook, err)
		}
		if res[0] != "conflict" {
			return nil
		}
	}
	return fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

const maxAudit = 10_000 // entries of the audit, about

// Audit puts down who did what to the casebook as a whole; what is done to a case stands in its timeline.
func (b *Book) Audit(ctx context.Context, team, by, what string) error {
	raw, _ := json.Marshal(Entry{At: b.now().UTC(), By: by, Kind: "audit", Text: what})
	if err := b.redis.XAdd(ctx, &redis.XAddArgs{Stream: auditKey(team), MaxLen: maxAudit, Approx: true, Values: []any{"e", raw}}).Err(); err != nil {
		return fmt.Errorf("%w: audit: %w", ErrBook, err)
	}
	return nil
}

// Audits is the latest of the audit, oldest first.
func (b *Book) Audits(ctx context.Context, team string, most int) ([]Entry, error) {
	res, err := b.redis.XRevRangeN(ctx, auditKey(team), "+", "-", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: audit: %w", ErrBook, err)
	}
	slices.Reverse(res)
	return entries(res), nil
}

// Gone is what stands in the place of a person whose data was deleted.
const Gone = "gone"

// Forget takes a person out of every case, contact and timeline of a workspace: their id is replaced by Gone wherever it stands. It gives how many cases named
// them. A case is changed as a whole or not at all; after an error the rest is done by forgetting them again.
func (b *Book) Forget(ctx context.Context, team, person, by string) (int, error) {
	last, err := b.Last(ctx, team)
	if err != nil {
		return 0, err
	}
	id := regexp.QuoteMeta(person)
	named, err := regexp.Compile(`<@` + id + `(?:\|[^<>]*)?>|\b` + id + `\b`) // a name beside the id goes too
	if err != nil || person == "" {
		return 0, fmt.Errorf("%w: forget: no such person: %.40q", ErrFormat, person)
	}
	count := 0
	for n := int64(1); n <= last; n++ {
		hit, err := b.forgetIn(ctx, team, n, named)
		if err != nil && !errors.Is(err, ErrNone) {
			return count, err
		}
		if hit {
			count++
		}
	}
	return count, b.Audit(ctx, team, by, "forget a person")
}

// rewriteScript writes a case anew as a whole, if nobody has changed it since it was read. A stream's entries cannot be changed: the timeline is written anew under its
// old ids.
//
// KEYS: the record, its contacts, its timeline, its shelf. ARGV: the revision read, the record, contacts and entries (JSON lists of pairs of id and content), terms
// to take off and to put on (JSON lists), the place on the shelf. Returns {"conflict"} or {"changed"}.
var rewriteScript = redis.NewScript(shelving + `
local rev = redis.call("HGET", KEYS[1], "rev")
if rev ~= ARGV[1] then return {"conflict"} end
redis.call("HSET", KEYS[1], "rev", tonumber(rev) + 1, "data", ARGV[2])
for _, c in ipairs(cjson.decode(ARGV[3])) do redis.call("HSET", KEYS[2], c[1], c[2]) end
redis.call("DEL", KEYS[3])
for _, e in ipairs(cjson.decode(ARGV[4])) do redis.call("XADD", KEYS[3], e[1], "e", e[2]) end
slim(KEYS[3])
for _, term in ipairs(cjson.decode(ARGV[5])) do take(KEYS[4], term, tonumber(ARGV[7])) end
for _, term in ipairs(cjson.decode(ARGV[6])) do put(KEYS[4], term, tonumber(ARGV[7])) end
return {"changed"}`)

// forgetIn takes a person out of one case; hit is false where it does not name them.
func (b *Book) forgetIn(ctx context.Context, team string, number int64, named *regexp.Regexp) (hit bool, err error) {
	swap := func(s *string) {
		if named.MatchString(*s) {
			*s, hit = named.ReplaceAllString(*s, Gone), true
		}
	}
	for range maxTries {
		r, err := b.record(ctx, team, number)
		if err != nil {
			return false, err
		}
		hit = false
		c, before := r.Case, allTerms(r.Case, r.Timeline, r.Contacts)
		for _, s := range []*string{&c.By, &c.Assignee, &c.Title, &c.Resolution, &c.Lesson} {
			swap(s)
		}
		c.Followers = slices.DeleteFunc(c.Followers, func(f string) bool {
			hit = hit || named.MatchString(f)
			return named.MatchString(f)
		})
		c.Reminders = slices.DeleteFunc(c.Reminders, func(m Reminder) bool {
			hit = hit || named.MatchString(m.By)
			return named.MatchString(m.By)
		})
		for i := range c.Reminders {
			swap(&c.Reminders[i].What)
		}
		for i := range r.Contacts {
			x := &r.Contacts[i]
			for _, s := range []*string{&x.By, &x.Gist, &x.Next, &x.Who} {
				swap(s)
			}
		}
		for i := range r.Timeline {
			swap(&r.Timeline[i].By)
			swap(&r.Timeline[i].Text)
			for name, v := range r.Timeline[i].With {
				swap(&v)
				r.Timeline[i].With[name] = v
			}
		}
		if !hit {
			return false, nil
		}
		now := allTerms(c, r.Timeline, r.Contacts)
		off := slices.DeleteFunc(before, func(t string) bool { return slices.Contains(now, t) })
		data, err := json.Marshal(c)
		if err != nil {
			return false, fmt.Errorf("%w: forget: %w", ErrBook, err)
		}
		res, err := rewriteScript.Run(ctx, b.redis, []string{caseKey(team, number), contactsKey(team, number), timelineKey(team, number), shelfKey(team, number)},
			r.Rev, data, r.contactPairs(), r.entryPairs(), list(off), list(now), number%shelfSize).StringSlice()
		if err != nil {
			return false, fmt.Errorf("%w: forget: %s: %w", ErrBook, Name(number), err)
		}
		if res[0] == "changed" {
			return true, nil
		}
	}
	return false, fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

// contactPairs and entryPairs are a record's contacts and timeline as the scripts take them.
func (r *Record) contactPairs() string {
	out := [][]string{}
	for _, x := range r.Contacts {
		raw, _ := json.Marshal(x)
		out = append(out, []string{strconv.FormatInt(x.ID, 10), string(raw)})
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

func (r *Record) entryPairs() string {
	out := [][]string{}
	for i, e := range r.Timeline {
		id := e.ID
		if id == "" {
			id = fmt.Sprintf("%d-%d", e.At.UnixMilli(), i)
		}
		e.ID = ""
		raw, _ := json.Marshal(e)
		out = append(out, []string{id, string(raw)})
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

// Expired deletes the cases of a workspace that were ended and not changed since a time, looking at most at so many numbers from one on. It gives how many
// were deleted, and from which number to go on (0: all were looked at).
func (b *Book) Expired(ctx context.Context, team string, before time.Time, from int64, most int) (deleted int, next int64, err error) {
	last, err := b.Last(ctx, team)
	if err != nil {
		return 0, 0, err
	}
	from = max(from, 1)
	till := min(last, from+int64(most)-1)
	for n := from; n <= till; n += maxFound {
		var numbers []int64
		for i := n; i <= till && i < n+maxFound; i++ {
			numbers = append(numbers, i)
		}
		list, err := b.Cases(ctx, team, numbers)
		if err != nil {
			return deleted, n, err
		}
		for _, c := range list {
			if c.State.Open() || c.Changed.After(before) {
				continue
			}
			if err := b.Delete(ctx, team, c.Number, "retention"); err != nil && !errors.Is(err, ErrNone) {
				return deleted, n, err
			}
			deleted++
		}
	}
	if till < last {
		return deleted, till + 1, nil
	}
	return deleted, 0, nil
}
