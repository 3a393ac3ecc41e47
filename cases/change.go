package cases

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// markLife is how long a request's mark is kept: what repeats it within that time changes nothing more.
	markLife = 48 * time.Hour
	// maxTries is how often a change is made anew because somebody else was faster.
	maxTries = 50
)

// Case is a case as it stands; ErrNone where there is none of that number in the workspace.
func (b *Book) Case(ctx context.Context, team string, number int64) (*Case, error) {
	v, err := redisOf(b).HMGet(ctx, caseKey(team, number), "rev", "data").Result()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBook, err)
	}
	return readCase(team, number, v)
}

func readCase(team string, number int64, v []any) (*Case, error) {
	rev, _ := v[0].(string)
	data, ok := v[1].(string)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNone, Name(number))
	}
	c := &Case{}
	if err := json.Unmarshal([]byte(data), c); err != nil {
		return nil, fmt.Errorf("%w: %s cannot be read: %w", ErrBook, Name(number), err)
	}
	c.Team, c.Number = team, number
	c.Rev, _ = strconv.ParseInt(rev, 10, 64)
	return c, c.upgrade()
}

// Measure is one measurement for the statistics: a name, and how long something took.
type Measure struct {
	What    string
	Seconds int64
}

// AnswerMeasure is the measurement of a first response: how long a provider took to answer by a channel.
func AnswerMeasure(provider, channel string, wait time.Duration) Measure {
	return Measure{What: "answer:" + cmp.Or(provider, "-") + ":" + channel, Seconds: int64(wait.Seconds())}
}

// SolveMeasures is the measurements of a solved case: for its provider, for each channel by which support was
// contacted, and for each finding of the diagnosis at opening.
func (c *Case) SolveMeasures(took time.Duration, contacts []Contact) []Measure {
	solve, seconds := "solve:"+cmp.Or(c.Provider, "-"), int64(took.Seconds())
	out := []Measure{{solve, seconds}}
	for _, x := range contacts {
		if m := (Measure{solve + ":" + x.Channel, seconds}); !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, code := range c.First.Codes() {
		out = append(out, Measure{"fault:" + code, seconds})
	}
	return out
}

// measureList is measures as the scripts take them.
func measureList(measures []Measure) string {
	out := [][]string{}
	for _, m := range measures {
		out = append(out, []string{m.What, strconv.FormatInt(m.Seconds, 10)})
	}
	raw, _ := json.Marshal(out)
	return string(raw)
}

// Edit is what is written together with a changed record.
type Edit struct {
	Entries  []Entry
	Contact  *Contact // written under its ID
	Measures []Measure
}

// Change reads a case, lets edit change it in place, and writes it with the Edit that it gives. If somebody else
// has changed the case in between, edit is called again with the newer case; an error of edit ends the change and
// is returned as it is. A request changes a case once: repeated reports that it had done so before. Without a
// request nothing is remembered.
func (b *Book) Change(ctx context.Context, team string, number int64, request string,
	edit func(*Case) (Edit, error)) (c *Case, repeated bool, err error) {
	for range maxTries {
		if c, err = b.Case(ctx, team, number); err != nil {
			return nil, false, err
		}
		if request != "" {
			// A refusal must not stand in the way of knowing that it was carried out before.
			if did, err := b.did(ctx, team, number, request); err != nil || did {
				return c, did, err
			}
		}
		before := *c
		before.Tickets, before.Tags, before.Domains, before.Reminders = slices.Clone(c.Tickets), slices.Clone(c.Tags),
			slices.Clone(c.Domains), slices.Clone(c.Reminders)
		e, err := edit(c)
		if err != nil {
			return nil, false, err
		}
		word, err := b.commit(ctx, &before, c, request, e)
		switch {
		case err != nil:
			return nil, false, err
		case word == "changed":
			c.Rev = before.Rev + 1
			return c, false, nil
		case word == "done":
			c, err = b.Case(ctx, team, number)
			return c, true, err
		case word == "none":
			return nil, false, fmt.Errorf("%w: %s", ErrNone, Name(number))
		}
	}
	return nil, false, fmt.Errorf("%w: %s", ErrConflict, Name(number))
}

func contactsOf(e Edit) []Contact {
	if e.Contact == nil {
		return nil
	}
	return []Contact{*e.Contact}
}

func changeMark(number int64, request string) string { return Name(number) + " " + request }

func (b *Book) commit(ctx context.Context, before, c *Case, request string, e Edit) (string, error) {
	now := b.now().UTC().Round(time.Second)
	c.Changed = now
	data, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("%w: change: %w", ErrBook, err)
	}
	was, is := before.Terms(), c.Terms()
	// What was once said of a case finds it for good; only fields are taken off.
	off := slices.DeleteFunc(slices.Clone(was), func(t string) bool {
		return slices.Contains(is, t) ||
			!strings.Contains(t, ":")
	})
	on := slices.DeleteFunc(slices.Clone(is), func(t string) bool { return slices.Contains(was, t) })
	for _, t := range spokenTerms(e.Entries, contactsOf(e)) {
		if !slices.Contains(was, t) && !slices.Contains(on, t) {
			on = append(on, t)
		}
	}
	contactID, contact := "", ""
	if e.Contact != nil {
		raw, err := json.Marshal(e.Contact)
		if err != nil {
			return "", fmt.Errorf("%w: contact: %w", ErrBook, err)
		}
		contactID, contact = strconv.FormatInt(e.Contact.ID, 10), string(raw)
	}
	left := slices.DeleteFunc(slices.Clone(before.AllDomains()),
		func(d string) bool { return slices.Contains(c.AllDomains(), d) })
	isOpen := ""
	if c.State.Open() {
		isOpen = "1"
	}
	thread := ""
	if c.Thread != before.Thread {
		thread = threadField(c.Channel, c.Thread)
	}
	mark, life := doneKey(c.Team, changeMark(c.Number, request)), int(markLife.Seconds())
	if request == "" {
		life = 0
	}
	at := b.index.Place(c.Number)
	keys := []string{
		caseKey(c.Team, c.Number), contactsKey(c.Team, c.Number), timelineKey(c.Team, c.Number), blockKey(c.Team, at),
		superblockKey(c.Team, at), mark,
		domainsKey(c.Team), countsKey(c.Team), threadsKey(c.Team), measureNamesKey(c.Team),
	}
	res, err := changeScript.Run(ctx, redisOf(b), keys,
		before.Rev, data, c.Number, at.At, at.BlockAt, list(off), list(on), entriesList(e.Entries, now), contactID,
		contact,
		measureList(e.Measures), measuresKey(c.Team, ""), list(c.AllDomains()), list(left), isOpen,
		string(before.State), string(c.State), thread, life,
	).StringSlice()
	if err != nil {
		return "", fmt.Errorf("%w: change: %w", ErrBook, err)
	}
	return res[0], nil
}

// list is a JSON list of texts: never null.
func list(texts []string) string {
	if len(texts) == 0 {
		return "[]"
	}
	raw, _ := json.Marshal(texts)
	return string(raw)
}

// entriesList is entries as a stream keeps them.
func entriesList(entries []Entry, now time.Time) string {
	var out []string
	for _, e := range entries {
		if e.At.IsZero() {
			e.At = now
		}
		e.ID = ""
		raw, _ := json.Marshal(e)
		out = append(out, string(raw))
	}
	return list(out)
}

// Timeline is the timeline of a case, oldest first: at most so many entries after an id ("": from the beginning).
func (b *Book) Timeline(ctx context.Context, team string, number int64, after string, most int) ([]Entry, error) {
	start := "-"
	if after != "" {
		start = "(" + after
	}
	res, err := redisOf(b).XRangeN(ctx, timelineKey(team, number), start, "+", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: timeline: %w", ErrBook, err)
	}
	return entries(res), nil
}

// Recent is the latest entries of a case, oldest first.
func (b *Book) Recent(ctx context.Context, team string, number int64, most int) ([]Entry, error) {
	res, err := redisOf(b).XRevRangeN(ctx, timelineKey(team, number), "+", "-", int64(most)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: timeline: %w", ErrBook, err)
	}
	slices.Reverse(res)
	return entries(res), nil
}

func entries(list []redis.XMessage) []Entry {
	var out []Entry
	for _, m := range list {
		raw, _ := m.Values["e"].(string)
		var e Entry
		if json.Unmarshal([]byte(raw), &e) == nil {
			e.ID = m.ID
			out = append(out, e)
		}
	}
	return out
}

// Contacts is the contacts of a case, in the order in which they were put down.
func (b *Book) Contacts(ctx context.Context, team string, number int64) ([]Contact, error) {
	all, err := b.allContacts(ctx, team, number)
	return present(all), err
}

// present leaves out the contacts that went away with their case when it was reopened.
func present(contacts []Contact) []Contact {
	return slices.DeleteFunc(slices.Clone(contacts), func(x Contact) bool { return x.Away })
}

func (b *Book) allContacts(ctx context.Context, team string, number int64) ([]Contact, error) {
	res, err := redisOf(b).HGetAll(ctx, contactsKey(team, number)).Result()
	if err != nil {
		return nil, fmt.Errorf("%w: contacts: %w", ErrBook, err)
	}
	return readContacts(res), nil
}

// readContacts is contacts as their hash holds them, in the order in which they were put down.
func readContacts(hash map[string]string) []Contact {
	out := make([]Contact, 0, len(hash))
	for _, raw := range hash {
		var c Contact
		if json.Unmarshal([]byte(raw), &c) == nil {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(x, y Contact) int { return int(x.ID - y.ID) })
	return out
}

// InThread is the number of the case that is followed in a thread; ErrNone where there is none.
func (b *Book) InThread(ctx context.Context, team, channel, thread string) (int64, error) {
	n, err := redisOf(b).HGet(ctx, threadsKey(team), threadField(channel, thread)).Int64()
	switch {
	case errors.Is(err, redis.Nil):
		return 0, ErrNone
	case err != nil:
		return 0, fmt.Errorf("%w: thread: %w", ErrBook, err)
	}
	return n, nil
}

// OpenOf is the number of a domain's open case; ErrNone where it has none.
func (b *Book) OpenOf(ctx context.Context, team, domain string) (int64, error) {
	n, err := redisOf(b).HGet(ctx, domainsKey(team), domain).Int64()
	switch {
	case errors.Is(err, redis.Nil):
		return 0, ErrNone
	case err != nil:
		return 0, fmt.Errorf("%w: domain: %w", ErrBook, err)
	}
	return n, nil
}

// Spoken remembers for a day which case was last mentioned in a conversation, so that "close" alone means that
// one.
func (b *Book) Spoken(ctx context.Context, w Where, number int64) error {
	if err := redisOf(b).Set(ctx, lastSpokenKey(w), number, talkLife).Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrBook, err)
	}
	return nil
}

// LastSpoken is the case that Spoken remembered; ErrNone if there is none.
func (b *Book) LastSpoken(ctx context.Context, w Where) (int64, error) {
	n, err := redisOf(b).Get(ctx, lastSpokenKey(w)).Int64()
	switch {
	case errors.Is(err, redis.Nil):
		return 0, ErrNone
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrBook, err)
	}
	return n, nil
}

// did reports whether a request has already changed a case.
func (b *Book) did(ctx context.Context, team string, number int64, request string) (bool, error) {
	n, err := redisOf(b).Exists(ctx, doneKey(team, changeMark(number, request))).Result()
	if err != nil {
		return false, fmt.Errorf("%w: %w", ErrBook, err)
	}
	return n > 0, nil
}
