package cases

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

const maxTimeline = 100_000 // entries of one case in an import

// Import reads JSON lines of an export into a workspace: the same numbers, contacts and timelines. A number that is taken already is left as it is and counted.
// The error is a *BadExport where the file is no export or holds something that is no case; what was read before stays.
func (b *Book) Import(ctx context.Context, team string, in io.Reader) (taken, left int, err error) {
	head := bufio.NewReader(in)
	if kind := kindOf(head); kind != "" {
		return 0, 0, &BadExport{Kind: kind}
	}
	var batch []*Record
	keep := func() error {
		fresh, err := b.put(ctx, team, batch)
		taken += fresh
		if err == nil {
			left += len(batch) - fresh
		}
		batch = nil
		return err
	}
	d := json.NewDecoder(head)
	for count := 1; ; count++ {
		var x recordJSON
		err := d.Decode(&x)
		if errors.Is(err, io.EOF) {
			err = keep()
			return taken, left, err
		}
		var bad *BadExport
		if err != nil {
			bad = &BadExport{Kind: "json"}
		} else {
			r := x.record()
			bad = r.check()
			batch = append(batch, &r)
		}
		if bad != nil { // what was read before it stays
			bad.Record = count
			if err == nil {
				batch = batch[:len(batch)-1]
			}
			if err := keep(); err != nil {
				return taken, left, err
			}
			return taken, left, bad
		}
		if len(batch) == recordsAtOnce {
			if err := keep(); err != nil {
				return taken, left, err
			}
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
		if wait, ok := x.Wait(); ok && (x.Counted || x.Origin == "") {
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
// thread's field, the revision, measures (a JSON list of pairs), the team's prefix, the shelf's place on the
// floor, this version of the index. Returns 1 where it was written.
var importScript = redis.NewScript(shelving + `
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "rev", ARGV[10], "data", ARGV[1])
measure(ARGV[12], cjson.decode(ARGV[11]))
shelve(KEYS[4], KEYS[9], ARGV[3], ARGV[13], cjson.decode(ARGV[2]))
for _, c in ipairs(cjson.decode(ARGV[4])) do redis.call("HSET", KEYS[2], c[1], c[2]) end
for _, e in ipairs(cjson.decode(ARGV[5])) do redis.call("XADD", KEYS[3], e[1], "e", e[2]) end
slim(KEYS[3])
if redis.call("EXISTS", KEYS[5]) == 0 then redis.call("SET", KEYS[10], ARGV[14]) end
if tonumber(redis.call("GET", KEYS[5]) or "0") < tonumber(ARGV[6]) then redis.call("SET", KEYS[5], ARGV[6]) end
for _, domain in ipairs(cjson.decode(ARGV[7])) do redis.call("HSETNX", KEYS[6], domain, ARGV[6]) end
redis.call("HINCRBY", KEYS[7], ARGV[8], 1)
if ARGV[9] ~= "" then redis.call("HSET", KEYS[8], ARGV[9], ARGV[6]) end
return 1`)

// put writes whole cases in one round trip, each as a whole or not at all; fresh is how many of them were not there before.
func (b *Book) put(ctx context.Context, team string, records []*Record) (fresh int, err error) {
	var calls []call
	for _, r := range records {
		c, err := b.importCall(team, r)
		if err != nil {
			return 0, err
		}
		calls = append(calls, c)
	}
	for i, answer := range b.runEach(ctx, importScript, calls) {
		n, err := answer.Int()
		if err != nil {
			return fresh, fmt.Errorf("%w: import: %s: %w", ErrBook, Name(records[i].Number), err)
		}
		fresh += n
	}
	return fresh, nil
}

// importCall is what importScript takes for a record.
func (b *Book) importCall(team string, r *Record) (call, error) {
	c := r.Case
	c.Team, c.Number = team, r.Number
	if err := c.upgrade(); err != nil {
		return call{}, err
	}
	data, err := json.Marshal(c)
	if err != nil {
		return call{}, fmt.Errorf("%w: import: %w", ErrBook, err)
	}
	var domains []string
	thread := ""
	if c.State.Open() {
		domains = c.AllDomains()
	}
	if c.Thread != "" {
		thread = threadField(c.Channel, c.Thread)
	}
	onShelf, onFloor := b.places(r.Number)
	keys := []string{caseKey(team, r.Number), contactsKey(team, r.Number), timelineKey(team, r.Number), b.shelfKey(team, r.Number), lastKey(team), domainsKey(team), countsKey(team), threadsKey(team), b.floorKey(team, r.Number), indexKey(team)}
	args := []any{
		data, list(allTerms(c, r.Timeline, r.Contacts)), onShelf, r.contactPairs(), r.entryPairs(), r.Number, list(domains), string(c.State), thread, max(r.Rev, 1), measureList(r.measures()), teamKey(team), onFloor, indexVersion,
	}
	return call{keys, args}, nil
}
