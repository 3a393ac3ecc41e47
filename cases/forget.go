package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

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
		at := b.index.Place(number)
		terms := slices.Collect(slices.Chunk(allTerms(c, r.Timeline, r.Contacts), entriesAtOnce))
		res, err := removeScript.Run(ctx, redisOf(b), []string{
			caseKey(team, number), contactsKey(team, number), timelineKey(team, number), blockKey(team, at),
			superblockKey(team, at), domainsKey(team), countsKey(team),
			threadsKey(team), auditKey(team),
		}, r.Rev, number, list(terms[0]), at.At, at.BlockAt, list(c.AllDomains()), string(c.State), thread, told,
			maxAudit).StringSlice()
		if err != nil {
			return fmt.Errorf("%w: delete: %w", ErrBook, err)
		}
		if res[0] == "conflict" {
			continue
		}
		for _, more := range terms[1:] { // what it said is found no more; that it is gone is told already
			keys := []string{caseKey(team, number), blockKey(team, at), superblockKey(team, at)}
			if err := termsScript.Run(ctx, redisOf(b), keys, list(more), at.At, at.BlockAt).Err(); err != nil {
				return fmt.Errorf("%w: delete: %w", ErrBook, err)
			}
		}
		return nil
	}
	return fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

const maxAudit = 10_000 // entries of the audit, about

// Audit puts down who did what to the casebook as a whole; what is done to a case stands in its timeline.
func (b *Book) Audit(ctx context.Context, team, by, what string) error {
	raw, _ := json.Marshal(Entry{At: b.now().UTC(), By: by, Kind: "audit", Text: what})
	if err := redisOf(b).XAdd(ctx, &redis.XAddArgs{Stream: auditKey(team), MaxLen: maxAudit, Approx: true,
		Values: []any{"e", raw}}).Err(); err != nil {
		return fmt.Errorf("%w: audit: %w", ErrBook, err)
	}
	return nil
}

// Audits is the latest of the audit, oldest first.
func (b *Book) Audits(ctx context.Context, team string, most int) ([]Entry, error) {
	res, err := redisOf(b).XRevRangeN(ctx, auditKey(team), "+", "-", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: audit: %w", ErrBook, err)
	}
	slices.Reverse(res)
	return entries(res), nil
}

// Expired deletes cases that were ended and not changed since a time. It looks at so many cases from a number on,
// and gives how many it deleted and where to go on (0: all were looked at).
func (b *Book) Expired(ctx context.Context, team string, before time.Time, from int64, most int) (deleted int,
	next int64, err error) {
	numbers, next, err := b.existing(ctx, team, from, most)
	if err != nil {
		return 0, from, err
	}
	for chunk := range slices.Chunk(numbers, maxFound) {
		list, err := b.Cases(ctx, team, chunk)
		if err != nil {
			return deleted, chunk[0], err
		}
		for _, c := range list {
			if c.State.Open() || c.Changed.After(before) {
				continue
			}
			if err := b.Delete(ctx, team, c.Number, "retention"); err != nil && !errors.Is(err, ErrNone) {
				return deleted, chunk[0], err
			}
			deleted++
		}
	}
	return deleted, next, nil
}

// Gone takes the place of the id of a person whose data was deleted.
const Gone = "gone"

// forgottenFor is how long it is known which cases a request touched that takes a person out.
const forgottenFor = 24 * time.Hour

// Forget removes a person from all cases, contacts and timelines of a workspace and from its audit: Gone takes the
// place of their id. It gives the numbers of the cases that named them, so that what was said about these elsewhere can
// be mended. Each case is rewritten as a whole or not at all; after an error call it again for the same request, which
// gives the cases of the attempts before as well.
func (b *Book) Forget(ctx context.Context, team, person, by, request string) ([]int64, error) {
	id := regexp.QuoteMeta(person)
	named, err := regexp.Compile(`<@` + id + `(?:\|[^<>]*)?>|\b` + id + `\b`) // a name beside the id goes too
	if err != nil || person == "" {
		return nil, fmt.Errorf("%w: forget: no such person: %.40q", ErrFormat, person)
	}
	touched := forgottenKey(team, request)
	err = b.each(ctx, team, func(r *Record) error {
		if !r.redact(named) {
			return nil
		}
		// Noted before: once the case does not name them any more, nobody could tell that it did.
		if err := b.noteTouched(ctx, touched, r.Number); err != nil {
			return err
		}
		if err := b.forgetIn(ctx, team, r.Number, named); !errors.Is(err, ErrNone) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := b.forgetInAudit(ctx, team, named); err != nil {
		return nil, err
	}
	for _, key := range []string{watchesKey(team), livesKey(team), feedsKey(team)} {
		if err := b.forgetInList(ctx, key, named); err != nil {
			return nil, err
		}
	}
	if err := b.Audit(ctx, team, by, "forget a person"); err != nil {
		return nil, err
	}
	var numbers []int64
	if err := redisOf(b).SMembers(ctx, touched).ScanSlice(&numbers); err != nil {
		return nil, fmt.Errorf("%w: forget: %w", ErrBook, err)
	}
	slices.Sort(numbers)
	return numbers, nil
}

// noteTouched keeps that a request takes somebody out of a case.
func (b *Book) noteTouched(ctx context.Context, key string, number int64) error {
	_, err := redisOf(b).Pipelined(ctx, func(p redis.Pipeliner) error {
		p.SAdd(ctx, key, number)
		p.Expire(ctx, key, forgottenFor)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w: forget: %w", ErrBook, err)
	}
	return nil
}

// forgetInAudit removes a person from the audit. What was done, and when, stays.
func (b *Book) forgetInAudit(ctx context.Context, team string, named *regexp.Regexp) error {
	for range maxTries {
		res, err := redisOf(b).XRange(ctx, auditKey(team), "-", "+").Result()
		if err != nil {
			return fmt.Errorf("%w: audit: %w", ErrBook, err)
		}
		r := &Record{Case: &Case{}, Timeline: entries(res)}
		if !r.redact(named) {
			return nil
		}
		word, err := auditScript.Run(ctx, redisOf(b), []string{auditKey(team)}, res[len(res)-1].ID,
			pairs(r.entryPairs())).StringSlice()
		if err != nil {
			return fmt.Errorf("%w: audit: %w", ErrBook, err)
		}
		if word[0] == "changed" {
			return nil
		}
	}
	return fmt.Errorf("%w: the audit", ErrConflict)
}

// forgetInList takes a person out of a list: what they asked for goes on in its channel, and nothing is said to them of
// it any more.
func (b *Book) forgetInList(ctx context.Context, key string, named *regexp.Regexp) error {
	fields, err := redisOf(b).HKeys(ctx, key).Result()
	if err != nil {
		return fmt.Errorf("%w: forget: %w", ErrBook, err)
	}
	for _, field := range fields {
		err := ErrConflict
		for try := 0; try < maxTries && errors.Is(err, ErrConflict); try++ {
			var record map[string]json.RawMessage
			var rev int64
			if rev, err = b.listed(ctx, key, field, &record); errors.Is(err, ErrNone) {
				err = nil
				break
			} else if err != nil {
				return err
			}
			hit := false
			for name, value := range record {
				value, redacted, err := withoutPerson(value, named)
				if err != nil {
					return err
				}
				record[name], hit = value, hit || redacted
			}
			if hit {
				err = b.listMost(ctx, key, field, rev, record, len(fields))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// withoutPerson takes a person out of the texts of a JSON value: a text that is their id alone becomes empty.
func withoutPerson(raw json.RawMessage, named *regexp.Regexp) (_ json.RawMessage, hit bool, err error) {
	var value any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, false, fmt.Errorf("%w: forget: %w", ErrBook, err)
	}
	var walk func(any) any
	walk = func(v any) any {
		switch v := v.(type) {
		case string:
			if found := named.FindString(v); found != "" {
				if hit = true; found == v {
					return ""
				}
				return named.ReplaceAllString(v, Gone)
			}
		case []any:
			for i := range v {
				v[i] = walk(v[i])
			}
		case map[string]any:
			for name := range v {
				v[name] = walk(v[name])
			}
		}
		return v
	}
	if value = walk(value); !hit {
		return raw, false, nil
	}
	raw, err = json.Marshal(value)
	return raw, true, err
}

// forgetIn takes a person out of one case.
func (b *Book) forgetIn(ctx context.Context, team string, number int64, named *regexp.Regexp) error {
	for range maxTries {
		r, err := b.record(ctx, team, number)
		if err != nil {
			return err
		}
		c, before := r.Case, allTerms(r.Case, r.Timeline, r.Contacts)
		if !r.redact(named) {
			return nil
		}
		now := allTerms(c, r.Timeline, r.Contacts)
		off := slices.DeleteFunc(slices.Clone(before),
			func(t string) bool { _, there := slices.BinarySearch(now, t); return there })
		on := slices.DeleteFunc(now, func(t string) bool { _, there := slices.BinarySearch(before, t); return there })
		data, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("%w: forget: %w", ErrBook, err)
		}
		staged, err := b.stage(ctx, team, r)
		if err != nil {
			return err
		}
		contacts, entries := "[]", "[]"
		if staged == "" {
			contacts, entries = pairs(r.contactPairs()), pairs(r.entryPairs())
		}
		at := b.index.Place(number)
		res, err := rewriteScript.Run(ctx, redisOf(b), []string{
			caseKey(team, number), contactsKey(team, number), timelineKey(team, number), blockKey(team, at),
			superblockKey(team, at),
			stagedKey(team, staged, "contacts"), stagedKey(team, staged, "timeline"),
		}, r.Rev, data, contacts, entries, list(off), list(on), at.At, at.BlockAt, staged).StringSlice()
		if err != nil {
			return fmt.Errorf("%w: forget: %s: %w", ErrBook, Name(number), err)
		}
		if res[0] == "changed" {
			return nil
		}
	}
	return fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

// redact removes a person from a record; hit reports whether they were named in it.
func (r *Record) redact(named *regexp.Regexp) (hit bool) {
	swap := func(s *string) {
		if named.MatchString(*s) {
			*s, hit = named.ReplaceAllString(*s, Gone), true
		}
	}
	c := r.Case
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
	return hit
}
