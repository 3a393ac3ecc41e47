package cases

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"signpost/cases/index"
)

const (
	maxCase   = 32 << 20 // octets of one case in an import
	stagedFor = 3600     // seconds after which what was laid ready for a case that did not come goes
)

// Importer is a person who imports an export, and the channel in which its cases are followed. Everything in the
// file then counts as written by that person, and no thread, restriction, reminder, follower or merger is taken. A
// nil Importer is the operator of the program, for whom everything is taken as it is.
type Importer struct{ By, Channel string }

// Imported is the result of an import: how many cases were taken, left because their numbers exist, and refused.
// Why gives the reasons of the first few refusals.
type Imported struct {
	Taken, Left, Refused int
	Why                  []*BadExport
}

func (i *Imported) refuse(bad *BadExport) {
	if i.Refused++; len(i.Why) < maxRefused {
		i.Why = append(i.Why, bad)
	}
}

// Import reads the JSON lines of an export into a workspace, with the same numbers, contacts and timelines. An
// existing case is left as it is. A record with anything that no command would have put into a case is refused,
// and the others are read. The error is a *BadExport if the file as a whole is no export.
func (b *Book) Import(ctx context.Context, team string, in io.Reader, as *Importer) (Imported, error) {
	head := bufio.NewReaderSize(in, 1<<16)
	if kind := kindOf(head); kind != "" {
		return Imported{}, &BadExport{Kind: kind}
	}
	last, err := b.Last(ctx, team)
	if err != nil {
		return Imported{}, err
	}
	i := importing{book: b, team: team, as: as, last: last}
	reader := recordReader{in: head}
	for {
		raw, line, bad, err := reader.next()
		if errors.Is(err, io.EOF) {
			return i.out, i.flush(ctx)
		}
		if err != nil {
			return i.out, errors.Join(fmt.Errorf("%w: import: %w", ErrBook, err), i.flush(ctx))
		}
		if bad == nil {
			if bad, err = i.add(ctx, raw); err != nil {
				return i.out, err
			}
		}
		if bad != nil {
			bad.Record, bad.Line = reader.record, line
			i.out.refuse(bad)
		}
	}
}

// importing is the state of an import. Records are written in batches; the latest one may go on with the next
// line.
type importing struct {
	book   *Book
	team   string
	as     *Importer
	out    Imported
	last   int64 // the highest number so far
	batch  []*Record
	octets int     // of the batch
	open   *Record // the latest record; nil after one that was refused
	size   int     // octets of that one
}

// add takes in what a line holds; bad says why it is refused.
func (i *importing) add(ctx context.Context, raw []byte) (bad *BadExport, err error) {
	r, more, bad := readRecord(raw)
	switch {
	case bad != nil:
		i.open = nil
		return bad, nil
	case more:
		if i.size += len(raw); i.size > maxCase {
			return &BadExport{Kind: "full", What: Name(r.Number)}, nil
		}
		i.octets += len(raw)
		return i.open.goOn(r, i.as), nil
	}
	if bad := r.check(i.last); bad != nil {
		i.open = nil
		return bad, nil
	}
	if len(i.batch) == recordsAtOnce || i.octets > octetsAtOnce {
		if err := i.flush(ctx); err != nil {
			return nil, err
		}
	}
	r.own(i.as)
	i.open, i.size, i.last = r, len(raw), max(i.last, r.Number)
	i.batch, i.octets = append(i.batch, r), i.octets+len(raw)
	return nil, nil
}

// flush writes the batch.
func (i *importing) flush(ctx context.Context) error {
	fresh, err := i.book.write(ctx, i.team, i.batch)
	i.out.Taken += fresh
	if err == nil {
		i.out.Left += len(i.batch) - fresh
	}
	i.batch, i.octets = nil, 0
	return err
}

// readRecord reads a record. More says that it goes on with the one before.
func readRecord(raw []byte) (r *Record, more bool, bad *BadExport) {
	var x recordJSON
	if json.Unmarshal(raw, &x) != nil {
		return nil, false, &BadExport{Kind: "json"}
	}
	out := x.record()
	return &out, x.Continued, nil
}

// goOn adds what a further line has of the same case.
func (r *Record) goOn(more *Record, as *Importer) *BadExport {
	switch {
	case r == nil || more.Number != r.Number || more.Case != nil:
		return &BadExport{Kind: "nothing"}
	case len(r.Timeline)+len(more.Timeline) > maxTimeline, len(r.Contacts)+len(more.Contacts) > MaxContacts:
		return &BadExport{Kind: "full", What: Name(r.Number)}
	}
	if what := more.parts(); what != "" {
		return &BadExport{Kind: "value", What: Name(r.Number) + " " + what}
	}
	if as != nil {
		more.ownParts(as)
	}
	r.Contacts, r.Timeline = append(r.Contacts, more.Contacts...), append(r.Timeline, more.Timeline...)
	return nil
}

// own replaces the people in a record by the importer, and drops what speaks for others.
func (r *Record) own(as *Importer) {
	if as == nil {
		return
	}
	c := r.Case
	c.By, c.Channel, c.Thread, c.Restricted = as.By, as.Channel, "", false
	c.Assignee, c.Followers, c.Reminders = "", nil, nil
	c.Merged, c.From, c.MergedFrom, c.Moved = 0, nil, nil, nil
	r.Rev, c.StateRev, c.TakenRev, c.LessonRev = 1, 0, 0, 0
	r.ownParts(as)
}

func (r *Record) ownParts(as *Importer) {
	for i := range r.Contacts {
		r.Contacts[i].By, r.Contacts[i].Origin = as.By, ""
	}
	for i := range r.Timeline {
		r.Timeline[i].By = as.By
	}
}

// measures is what a record adds to the statistics.
func (r *Record) measures() (out []Measure) {
	c := r.Case
	for _, x := range present(r.Contacts) {
		if wait, ok := x.Wait(); ok && (x.Counted || x.Origin == "") {
			out = append(out, AnswerMeasure(x.Provider, x.Channel, wait))
		}
	}
	if c.Measured && !c.SolvedAt.IsZero() {
		out = append(out, c.SolveMeasures(c.SolvedAt.Sub(c.Opened), r.Contacts)...)
	}
	return out
}

// write writes whole cases in one round trip, each as a whole or not at all; fresh is how many of them were not there
// before. What of a case is more than one call takes is laid ready before.
func (b *Book) write(ctx context.Context, team string, records []*Record) (fresh int, err error) {
	var calls []call
	for _, r := range records {
		r.Case.Team, r.Case.Number = team, r.Number
		for _, x := range r.Contacts { // the next one has a number of its own
			r.Case.Contacts = max(r.Case.Contacts, int(x.ID))
		}
		if err := r.Case.upgrade(); err != nil {
			return 0, err
		}
		staged, err := b.stage(ctx, team, r)
		if err != nil {
			return 0, err
		}
		c, err := b.importCall(team, r, staged)
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

// stage writes what one call of a script should not take to temporary keys and gives their name; "" if the record
// is small.
func (b *Book) stage(ctx context.Context, team string, r *Record) (name string, err error) {
	contacts, entries := r.contactPairs(), r.entryPairs()
	if n, m := portion(contacts, entries); n == len(contacts) && m == len(entries) {
		return "", nil
	}
	name = rand.Text()
	keys := []string{stagedKey(team, name, "contacts"), stagedKey(team, name, "timeline")}
	for len(contacts)+len(entries) > 0 {
		n, m := portion(contacts, entries)
		if err := stageScript.Run(ctx, redisOf(b), keys, pairs(contacts[:n]), pairs(entries[:m]),
			stagedFor).Err(); err != nil {
			return "", fmt.Errorf("%w: import: %s: %w", ErrBook, Name(r.Number), err)
		}
		contacts, entries = contacts[n:], entries[m:]
	}
	return name, nil
}

// portion is how many of the contacts and entries one call of a script takes: at least one of them.
func portion(contacts, entries [][]string) (n, m int) {
	octets := 0
	fits := func(pair []string) bool {
		octets += len(pair[1])
		return n+m == 0 || n+m < entriesAtOnce && octets <= octetsAtOnce
	}
	for n < len(contacts) && fits(contacts[n]) {
		n++
	}
	for n == len(contacts) && m < len(entries) && fits(entries[m]) {
		m++
	}
	return n, m
}

// importCall is what importScript takes for a record.
func (b *Book) importCall(team string, r *Record, staged string) (call, error) {
	c := r.Case
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
	contacts, entries, isStaged := "[]", "[]", "1"
	if staged == "" {
		contacts, entries, isStaged = pairs(r.contactPairs()), pairs(r.entryPairs()), ""
	}
	at := b.index.Place(r.Number)
	keys := []string{
		caseKey(team, r.Number), contactsKey(team, r.Number), timelineKey(team, r.Number), blockKey(team, at),
		superblockKey(team, at), lastKey(team), indexKey(team),
		domainsKey(team), countsKey(team), threadsKey(team), measureNamesKey(team),
		stagedKey(team, staged, "contacts"), stagedKey(team, staged, "timeline"),
	}
	args := []any{
		data, max(r.Rev, 1), r.Number, list(importTerms(r)), at.At, at.BlockAt, contacts, entries, isStaged,
		list(domains), string(c.State), thread,
		measureList(r.measures()), measuresKey(team, ""), index.Version,
	}
	return call{keys, args}, nil
}

// importTerms is allTerms for an import: as many words of the timeline as one call of a script should take.
func importTerms(r *Record) []string {
	fields, spoken := r.Case.Terms(), spokenTerms(r.Timeline, r.Contacts)
	out := append(fields, spoken[:min(len(spoken), 2*entriesAtOnce)]...)
	slices.Sort(out)
	return slices.Compact(out)
}
