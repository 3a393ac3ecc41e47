package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

const (
	mergeChunk = 300 // entries of a timeline that go along at once
	maxMerged  = 50  // cases in a row, each part of the next
)

// Survivor follows the mergers of a case to the case that it is now part of; that is the case itself if it was
// never merged. With a request it stops at the first case on the way that the request has already changed, so that
// a repeated request changes no other case. The error wraps ErrNone if a case on the way was deleted.
func (b *Book) Survivor(ctx context.Context, team string, c *Case, request string) (*Case, error) {
	for range maxMerged {
		if c.Merged == 0 {
			return c, nil
		}
		if request != "" {
			if did, err := b.did(ctx, team, c.Number, request); did || err != nil {
				return c, err
			}
		}
		next, err := b.Case(ctx, team, c.Merged)
		if err != nil {
			return nil, err
		}
		c = next
	}
	return nil, fmt.Errorf("%w: %s", ErrNone, c.Name())
}

// Merge puts a case into another open case: it copies contacts, tickets, tags, followers, domains and the
// timeline, and closes the merged case. Each step is carried out once per request, so that a repetition after a
// crash goes on where it stopped. The error is a *Refusal, or wraps ErrState, if one of the two is part of another
// case or the target is ended.
func (b *Book) Merge(ctx context.Context, team string, from, into int64, request string, a Act) (*Case, error) {
	gone, err := b.Case(ctx, team, from)
	if err != nil {
		return nil, err
	}
	if gone.Merged != 0 {
		if did, err := b.did(ctx, team, from, request+" from"); err != nil {
			return nil, err
		} else if did && gone.Merged == into {
			return b.settle(ctx, team, into, request)
		}
		return nil, fmt.Errorf("%w: %s is part of %s", ErrState, gone.Name(), Name(gone.Merged))
	}
	_, _, err = b.Change(ctx, team, into, request+" into", func(c *Case) (Edit, error) {
		return c.absorb(a, gone)
	})
	if err != nil {
		return nil, err
	}
	if err := b.moveContacts(ctx, team, gone, into, request); err != nil {
		return nil, err
	}
	last, err := b.moveTimeline(ctx, team, gone, into, request)
	if err != nil {
		return nil, err
	}
	_, _, err = b.Change(ctx, team, from, request+" from", func(c *Case) (Edit, error) {
		// at the same time somebody puts the other into this one: that with the lower number stays
		if i := slices.Index(c.From, into); i >= 0 {
			if from < into {
				return Edit{}, fmt.Errorf("%w: %s is part of %s", ErrState, Name(into), c.Name())
			}
			c.From = slices.Delete(slices.Clone(c.From), i, i+1)
			delete(c.MergedFrom, into)
		}
		if c.Moved == nil {
			c.Moved = map[int64]string{}
		}
		c.Moved[into] = last
		return c.Merge(a, into)
	})
	if err != nil {
		return nil, err
	}
	return b.settle(ctx, team, into, request)
}

// settle makes the surviving case the open case of its domains.
func (b *Book) settle(ctx context.Context, team string, into int64, request string) (*Case, error) {
	c, _, err := b.Change(ctx, team, into, request+" settled", func(*Case) (Edit, error) { return Edit{}, nil })
	return c, err
}

// absorb adds to a case what the record of a merged case holds, and notes in MergedFrom what was not there before.
func (c *Case) absorb(a Act, gone *Case) (Edit, error) {
	if err := gone.MayMerge(c); err != nil {
		return Edit{}, err
	}
	if c.MergedFrom == nil {
		c.MergedFrom = map[int64]Inherited{}
	}
	took := Inherited{}
	add := func(list, noted *[]string, of func(*Inherited) *[]string, value string, most int) {
		there := slices.Contains(*list, value)
		if value == "" || !there && len(*list) >= most || there && !c.inherited(of, value) {
			return
		}
		if !there {
			*list = append(*list, value)
		}
		*noted = append(*noted, value)
	}
	for _, t := range gone.Tickets {
		add(&c.Tickets, &took.Tickets, tickets, t, MaxContacts)
	}
	for _, t := range gone.Tags {
		add(&c.Tags, &took.Tags, tags, t, MaxTags)
	}
	for _, f := range append(slices.Clone(gone.Followers), gone.By, gone.Assignee) {
		if f != c.By && f != c.Assignee && !slices.Contains(took.Followers, f) {
			add(&c.Followers, &took.Followers, followers, f, MaxFollowers)
		}
	}
	for _, d := range gone.AllDomains() {
		if d != c.Domain {
			add(&c.Domains, &took.Domains, domains, d, MaxTags)
		}
	}
	c.MergedFrom[gone.Number] = took
	if !slices.Contains(c.From, gone.Number) {
		c.From = append(c.From, gone.Number)
	}
	return Edit{Entries: []Entry{{Kind: "merged", By: a.By, Text: gone.Name() + " " + gone.Title}}}, nil
}

func tickets(t *Inherited) *[]string   { return &t.Tickets }
func tags(t *Inherited) *[]string      { return &t.Tags }
func followers(t *Inherited) *[]string { return &t.Followers }
func domains(t *Inherited) *[]string   { return &t.Domains }

// inherited reports whether a value came with a case that was merged into this one.
func (c *Case) inherited(of func(*Inherited) *[]string, value string) bool {
	for _, t := range c.MergedFrom {
		if slices.Contains(*of(&t), value) {
			return true
		}
	}
	return false
}

// release takes off what came with a merged case, unless another one brought it too.
func (c *Case) release(number int64, back Inherited) {
	t, ok := c.MergedFrom[number]
	if !ok {
		return // put into this one before that was noted
	}
	for _, part := range []struct {
		of   func(*Inherited) *[]string
		list *[]string
	}{{tickets, &c.Tickets}, {tags, &c.Tags}, {followers, &c.Followers}, {domains, &c.Domains}} {
		gone := *part.of(&back)
		from := part.of(&t)
		came := slices.Clone(*from)
		*from = slices.DeleteFunc(slices.Clone(*from), func(v string) bool { return slices.Contains(gone, v) })
		c.MergedFrom[number] = t
		*part.list = slices.DeleteFunc(slices.Clone(*part.list), func(v string) bool {
			return slices.Contains(gone, v) && slices.Contains(came, v) && !c.inherited(part.of, v)
		})
	}
}

// moveContacts copies the contacts of a merged case, each once, however often the two are merged and parted again.
func (b *Book) moveContacts(ctx context.Context, team string, gone *Case, into int64, request string) error {
	contacts, err := b.Contacts(ctx, team, gone.Number)
	if err != nil {
		return err
	}
	there, err := b.allContacts(ctx, team, into)
	if err != nil {
		return err
	}
	for _, x := range contacts {
		x.Origin, x.Counted = x.origin(gone), false
		if i := slices.IndexFunc(there, func(t Contact) bool {
			return t.Origin == x.Origin || fmt.Sprintf("%s %d", Name(into), t.ID) == x.Origin
		}); i >= 0 {
			// it comes back, or was answered while they were parted
			if there[i].Away || there[i].Answered.IsZero() && !x.Answered.IsZero() {
				x.ID, x.Origin = there[i].ID, there[i].Origin
				if _, _, err := b.Change(ctx, team, into, fmt.Sprintf("%s answer %d", request, x.ID),
					func(*Case) (Edit, error) { return Edit{Contact: &x}, nil }); err != nil {
					return err
				}
			}
			continue
		}
		_, _, err := b.Change(ctx, team, into, fmt.Sprintf("%s contact %s", request, x.Origin),
			func(c *Case) (Edit, error) {
				if c.Contacts >= MaxContacts {
					return Edit{}, ErrFull
				}
				c.Contacts++
				x.ID = int64(c.Contacts)
				return Edit{Contact: &x}, nil
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// moveTimeline copies the timeline of a merged case, starting where an earlier merger of the two ended. It gives
// the id of the last entry that was copied.
func (b *Book) moveTimeline(ctx context.Context, team string, gone *Case, into int64, request string) (last string,
	err error) {
	for last = gone.Moved[into]; ; {
		history, err := b.Timeline(ctx, team, gone.Number, last, mergeChunk)
		if err != nil || len(history) == 0 {
			return last, err
		}
		request := request + " timeline " + last
		last = history[len(history)-1].ID
		// of a merger of these two
		history = slices.DeleteFunc(history, func(e Entry) bool { return e.Kind == "merged" && e.Text == Name(into) })
		for i := range history {
			history[i].Text = gone.Name() + ": " + history[i].Text
		}
		if _, _, err = b.Change(ctx, team, into, request,
			func(*Case) (Edit, error) { return Edit{Entries: history}, nil }); err != nil {
			return "", err
		}
	}
}

// origin names the case and id under which a contact was first recorded.
func (c *Contact) origin(of *Case) string {
	if c.Origin != "" {
		return c.Origin
	}
	return fmt.Sprintf("%s %d", of.Name(), c.ID)
}

// Part undoes a merger before a case is reopened: contacts, tickets, tags, followers and domains are taken off the
// case that it was merged into, and off those that that one was merged into. First responses that were recorded
// there in the meantime are copied back. Timeline entries stay where they were copied. It does nothing for a case
// that is not merged.
func (b *Book) Part(ctx context.Context, team string, c *Case, request, by string) error {
	if c.Merged == 0 {
		return nil
	}
	back := Inherited{Tickets: c.Tickets, Tags: c.Tags, Followers: append(slices.Clone(c.Followers), c.By, c.Assignee),
		Domains: c.AllDomains()}
	from, next := c.Number, c.Merged
	for range maxMerged {
		if next == 0 {
			return nil
		}
		err := b.returnContacts(ctx, team, c, next, request)
		var into *Case
		if err == nil {
			into, _, err = b.Change(ctx, team, next, fmt.Sprintf("%s parted %d", request, from),
				func(into *Case) (Edit, error) {
					into.release(from, back)
					if from != c.Number { // its part is parted
						return Edit{}, nil
					}
					into.From = slices.DeleteFunc(slices.Clone(into.From), func(n int64) bool { return n == c.Number })
					delete(into.MergedFrom, c.Number)
					return Edit{Entries: []Entry{{Kind: "parted", By: by, Text: c.Name()}}}, nil
				})
		}
		if errors.Is(err, ErrNone) {
			return nil // deleted since
		}
		if err != nil {
			return err
		}
		from, next = into.Number, into.Merged
	}
	return nil
}

// returnContacts marks the copies of a case's contacts in another case as gone, and copies first responses back.
func (b *Book) returnContacts(ctx context.Context, team string, c *Case, into int64, request string) error {
	own, err := b.Contacts(ctx, team, c.Number)
	if err != nil {
		return err
	}
	there, err := b.Contacts(ctx, team, into)
	if err != nil {
		return err
	}
	for _, x := range there {
		i := slices.IndexFunc(own, func(o Contact) bool { return x.Origin != "" && o.origin(c) == x.Origin })
		if i < 0 {
			continue
		}
		if own[i].Answered.IsZero() && !x.Answered.IsZero() {
			home := own[i]
			home.Answered, home.Counted = x.Answered, x.Counted
			if _, _, err := b.Change(ctx, team, c.Number, fmt.Sprintf("%s answer %d of %d", request, x.ID, into),
				func(*Case) (Edit, error) { return Edit{Contact: &home}, nil }); err != nil {
				return err
			}
		}
		x.Away = true
		if _, _, err := b.Change(ctx, team, into, fmt.Sprintf("%s away %d", request, x.ID),
			func(*Case) (Edit, error) { return Edit{Contact: &x}, nil }); err != nil {
			return err
		}
	}
	return nil
}
