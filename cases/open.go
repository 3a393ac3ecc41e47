package cases

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"signpost/cases/index"
)

// Opening is what a new case begins with.
type Opening struct {
	Request string // the request's identity: the same opens one case
	Case    Case
	Said    string  // all that was said of it, where the title is a part of that; "" where the diagnosis says it
	Asked   []Entry // what was asked and answered about it before
	Second  bool    // although the domain has an open case
}

// Opened is what became of it. Existing says that the domain has an open case already, which is given instead.
type Opened struct {
	Case     *Case
	Existing bool
	Repeated bool
}

// Begin is the case that an opening makes and the first entries of its timeline: what was said, what was asked
// before, and the diagnosis. It refuses one that says nothing, and what no case may have.
func (o Opening) Begin(at time.Time) (*Case, []Entry, error) {
	c := o.Case
	c.Title = cut(strings.Join(strings.Fields(c.Title), " "), MaxTitle)
	if c.Title == "" {
		return nil, nil, refuse(Missing)
	}
	if c.State == "" {
		c.State = New
	}
	if c.Priority == "" {
		c.Priority = Normal
	}
	if !slices.Contains(States, c.State) || !slices.Contains(Priorities, c.Priority) {
		return nil, nil, refuse(Invalid)
	}
	tags := c.Tags
	c.Tags = nil
	for _, t := range tags {
		if t = cut(t, MaxTag); t != "" && !slices.Contains(c.Tags, t) && len(c.Tags) < MaxTags {
			c.Tags = append(c.Tags, t)
		}
	}
	if c.Latest == nil {
		c.Latest = c.First
	}
	c.Began = cut(c.Began, MaxBegan)
	c.Shape, c.Opened, c.Changed, c.Since = shape, at, at, at
	entries := append(Entries("opened", c.By, o.Said), o.Asked...)
	if c.First != nil {
		entries = append(entries, Diagnosed("diagnosis", "", c.First))
	}
	return &c, entries, nil
}

// Open opens a case. The error wraps ErrBook, or is a *Refusal.
func (b *Book) Open(ctx context.Context, team string, o Opening) (Opened, error) {
	now := b.now().UTC().Round(time.Second)
	c, entries, err := o.Begin(now)
	if err != nil {
		return Opened{}, err
	}
	c.Team = team
	data, err := json.Marshal(c)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: open: %w", ErrBook, err)
	}
	second := ""
	if o.Second {
		second = "1"
	}
	res, err := openScript.Run(ctx, redisOf(b), []string{lastKey(team), doneKey(team, o.Request), domainsKey(team),
		countsKey(team), indexKey(team)},
		data, list(allTerms(c, entries, nil)), entriesList(entries, now), c.Domain, second, string(c.State),
		int(markLife.Seconds()), b.index.Size, index.Version,
		teamKey(team, "case", ""), teamKey(team, "timeline", ""), indexKeys(team).Block, indexKeys(team).Superblock,
	).StringSlice()
	if err != nil {
		return Opened{}, fmt.Errorf("%w: open: %w", ErrBook, err)
	}
	n, err := strconv.ParseInt(res[1], 10, 64)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: open: %w", ErrBook, err)
	}
	out := Opened{Existing: res[0] == "there", Repeated: res[0] == "done"}
	if out.Case, err = b.Case(ctx, team, n); errors.Is(err, ErrNone) && out.Existing {
		// The domain's mark outlived its case.
		if err := redisOf(b).HDel(ctx, domainsKey(team), c.Domain).Err(); err != nil {
			return Opened{}, fmt.Errorf("%w: open: %w", ErrBook, err)
		}
		return b.Open(ctx, team, o)
	}
	return out, err
}
