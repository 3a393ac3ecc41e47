package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Gone is what stands in the place of a person whose data was deleted.
const Gone = "gone"

// Forget takes a person out of every case, contact and timeline of a workspace, and out of its audit: their id is replaced by Gone wherever it stands. It gives how many cases named
// them. A case is changed as a whole or not at all; after an error the rest is done by forgetting them again.
func (b *Book) Forget(ctx context.Context, team, person, by string) (int, error) {
	id := regexp.QuoteMeta(person)
	named, err := regexp.Compile(`<@` + id + `(?:\|[^<>]*)?>|\b` + id + `\b`) // a name beside the id goes too
	if err != nil || person == "" {
		return 0, fmt.Errorf("%w: forget: no such person: %.40q", ErrFormat, person)
	}
	count := 0
	err = b.each(ctx, team, func(r *Record) error {
		if !r.without(named) {
			return nil
		}
		hit, err := b.forgetIn(ctx, team, r.Number, named)
		if hit {
			count++
		}
		if errors.Is(err, ErrNone) {
			return nil
		}
		return err
	})
	if err != nil {
		return count, err
	}
	if err := b.forgetInAudit(ctx, team, named); err != nil {
		return count, err
	}
	return count, b.Audit(ctx, team, by, "forget a person")
}

// forgetInAudit takes a person out of the audit: that something was done stays, and when.
func (b *Book) forgetInAudit(ctx context.Context, team string, named *regexp.Regexp) error {
	for range maxTries {
		res, err := b.redis.XRange(ctx, auditKey(team), "-", "+").Result()
		if err != nil {
			return fmt.Errorf("%w: audit: %w", ErrBook, err)
		}
		r := &Record{Case: &Case{}, Timeline: entries(res)}
		if !r.without(named) {
			return nil
		}
		word, err := auditScript.Run(ctx, b.redis, []string{auditKey(team)}, res[len(res)-1].ID, pairs(r.entryPairs())).StringSlice()
		if err != nil {
			return fmt.Errorf("%w: audit: %w", ErrBook, err)
		}
		if word[0] == "changed" {
			return nil
		}
	}
	return fmt.Errorf("%w: the audit", ErrConflict)
}

// forgetIn takes a person out of one case; hit is false where it does not name them.
func (b *Book) forgetIn(ctx context.Context, team string, number int64, named *regexp.Regexp) (hit bool, err error) {
	for range maxTries {
		r, err := b.record(ctx, team, number)
		if err != nil {
			return false, err
		}
		c, before := r.Case, allTerms(r.Case, r.Timeline, r.Contacts)
		if !r.without(named) {
			return false, nil
		}
		now := allTerms(c, r.Timeline, r.Contacts)
		off := slices.DeleteFunc(slices.Clone(before), func(t string) bool { _, there := slices.BinarySearch(now, t); return there })
		on := slices.DeleteFunc(now, func(t string) bool { _, there := slices.BinarySearch(before, t); return there })
		data, err := json.Marshal(c)
		if err != nil {
			return false, fmt.Errorf("%w: forget: %w", ErrBook, err)
		}
		staged, err := b.stage(ctx, team, r)
		if err != nil {
			return false, err
		}
		contacts, entries := "[]", "[]"
		if staged == "" {
			contacts, entries = pairs(r.contactPairs()), pairs(r.entryPairs())
		}
		at := b.index.Place(number)
		res, err := rewriteScript.Run(ctx, b.redis, []string{
			caseKey(team, number), contactsKey(team, number), timelineKey(team, number), blockKey(team, at), superblockKey(team, at),
			stagedKey(team, staged, "contacts"), stagedKey(team, staged, "timeline"),
		}, r.Rev, data, contacts, entries, list(off), list(on), at.At, at.BlockAt, staged).StringSlice()
		if err != nil {
			return false, fmt.Errorf("%w: forget: %s: %w", ErrBook, Name(number), err)
		}
		if res[0] == "changed" {
			return true, nil
		}
	}
	return false, fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

// without takes a person out of a record; hit is false where it does not name them.
func (r *Record) without(named *regexp.Regexp) (hit bool) {
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
