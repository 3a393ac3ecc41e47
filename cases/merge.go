package cases

import (
	"context"
	"fmt"
	"slices"
)

// mergeChunk is how many entries of a timeline go along at once.
const mergeChunk = 300

// Merge puts a case into another: contacts, tickets, tags and followers go along, its timeline is told there, and it is closed with a word of where it went. Each
// step is done once for the request, so that a repetition after a crash goes on where it stopped.
func (b *Book) Merge(ctx context.Context, team string, from, into int64, request, by string) (*Case, error) {
	gone, err := b.Case(ctx, team, from)
	if err != nil {
		return nil, err
	}
	if gone.Merged != 0 && gone.Merged != into {
		return nil, fmt.Errorf("%w: %s is part of %s", ErrState, gone.Name(), Name(gone.Merged))
	}
	contacts, err := b.Contacts(ctx, team, from)
	if err != nil {
		return nil, err
	}
	for i, x := range contacts {
		_, _, err := b.Change(ctx, team, into, fmt.Sprintf("%s contact %d %d", request, from, x.ID), func(c *Case) (Edit, error) {
			if c.Contacts >= MaxContacts {
				return Edit{}, ErrFull
			}
			c.Contacts++
			copied := contacts[i]
			copied.ID = int64(c.Contacts)
			return Edit{Contact: &copied}, nil
		})
		if err != nil {
			return nil, err
		}
	}
	target, _, err := b.Change(ctx, team, into, request+" into", func(c *Case) (Edit, error) {
		for _, t := range gone.Tickets {
			if !slices.Contains(c.Tickets, t) {
				c.Tickets = append(c.Tickets, t)
			}
		}
		for _, t := range gone.Tags {
			if !slices.Contains(c.Tags, t) && len(c.Tags) < MaxTags {
				c.Tags = append(c.Tags, t)
			}
		}
		for _, f := range append(slices.Clone(gone.Followers), gone.By) {
			if f != "" && !slices.Contains(c.Followers, f) && f != c.By {
				c.Followers = append(c.Followers, f)
			}
		}
		if !slices.Contains(c.From, from) {
			c.From = append(c.From, from)
		}
		return Edit{Entries: []Entry{{Kind: "merged", By: by, Text: gone.Name() + " " + gone.Title}}}, nil
	})
	if err != nil {
		return nil, err
	}
	for after := ""; ; {
		history, err := b.Timeline(ctx, team, from, after, mergeChunk)
		if err != nil {
			return nil, err
		}
		if len(history) == 0 {
			break
		}
		request := request + " timeline " + after
		after = history[len(history)-1].ID
		history = slices.DeleteFunc(history, func(e Entry) bool { return e.Kind == "merged" && e.Text == Name(into) }) // of this very merger
		for i := range history {
			history[i].Text = gone.Name() + ": " + history[i].Text
		}
		if target, _, err = b.Change(ctx, team, into, request, func(*Case) (Edit, error) { return Edit{Entries: history}, nil }); err != nil {
			return nil, err
		}
	}
	_, _, err = b.Change(ctx, team, from, request+" from", func(c *Case) (Edit, error) {
		c.SetState(Closed, b.now().UTC(), Business{})
		c.Merged, c.Resolution = into, Name(into)
		return Edit{Entries: []Entry{{Kind: "merged", By: by, Text: Name(into)}}}, nil
	})
	return target, err
}
