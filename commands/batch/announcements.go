package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/visible"
	"signpost/feeds"

	"golang.org/x/text/language"
)

// Announcements is one run of the announcements command.
type Announcements struct {
	Places   []string // addresses, names of files, "-": In
	State    string   // the file in which is remembered what was told; empty: none
	In       io.Reader
	Out, Err io.Writer
	JSON     bool
	Text     func(chat.Reply) string
	Lang     language.Tag
	Timeout  time.Duration
	Deps     answers.Deps
}

// announced is what one place says, as it is printed in JSON.
type announced struct {
	Place     string       `json:"place"`
	Feed      string       `json:"feed,omitempty"`
	Link      string       `json:"link,omitempty"`
	Format    feeds.Format `json:"format,omitempty"`
	Providers []string     `json:"providers,omitempty"` // whose status page this is
	Items     []feeds.Told `json:"items"`
	// Address, host, status, redirect, large, format, soon, private, file, unknown.
	Error  string `json:"error,omitempty"`
	detail string
}

const (
	announcementsShown = 10
	maxState           = 16 << 20 // octets of a file of state
)

// Run looks at every place and prints what is announced. It gives the exit code.
func (c *Announcements) Run(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	memory, err := c.remembered()
	if err != nil {
		fmt.Fprintf(c.Err, "signpost: --state %s: %v\n", visible.Text(c.State), err)
		return ExitUsage
	}
	looker := &feeds.Looker{Net: c.Deps.Net, Now: c.Deps.Now}
	found, unread := 0, 0
	for _, place := range c.Places {
		out := c.look(ctx, looker, place, memory)
		found += len(out.Items)
		if out.Error != "" {
			unread++
		}
		if c.JSON {
			_ = visible.Encode(c.Out, out)
		} else {
			fmt.Fprintln(c.Out, c.Text(c.reply(out)))
		}
	}
	if err := c.remember(memory); err != nil {
		fmt.Fprintf(c.Err, "signpost: --state %s: %v: what was told now will be told again\n", visible.Text(c.State), err)
		return ExitUnknown
	}
	switch {
	case found > 0:
		return ExitFound
	case unread > 0:
		return ExitUnknown
	}
	return ExitOK
}

// look is what one place says; memory learns of it.
func (c *Announcements) look(ctx context.Context, l *feeds.Looker, place string,
	memory map[string]feeds.Memory) announced {
	out := announced{Place: place, Items: []feeds.Told{}}
	var told []feeds.Told
	var f feeds.Feed
	var err error
	from := "" // the address, where it is one
	before := memory[place]
	after := before
	if file, ok := c.file(place); ok {
		var raw []byte
		if raw, err = file(); err == nil {
			if f, err = feeds.Read(raw, "", ""); err == nil {
				told, after = feeds.Fresh(before, f, c.Deps.Now())
			}
		}
	} else if from, err = feeds.CheckAddress(place); err == nil {
		told, f, after, err = l.Look(ctx, from, before)
	}
	memory[place] = after
	if err != nil {
		out.Error, out.detail = announcementError(err, after)
		return out
	}
	if c.State == "" { // nothing is remembered: all that stands there
		told = nil
		for _, x := range f.Items {
			if f.Format != feeds.Page {
				told = append(told, feeds.Told{Item: x, Change: feeds.New})
			}
		}
	}
	out.Feed, out.Link, out.Format = f.Title, f.Link, f.Format
	out.Items = append(out.Items, told...)
	if out.Providers = c.Deps.KB.AnnouncesAt(from); out.Providers == nil {
		out.Providers = c.Deps.KB.AnnouncesAt(f.Link)
	}
	return out
}

// file is how a place is read that is none of the network.
func (c *Announcements) file(place string) (read func() ([]byte, error), ok bool) {
	if place == "-" {
		return func() ([]byte, error) { return io.ReadAll(io.LimitReader(c.In, feeds.MaxBody+1)) }, true
	}
	if strings.Contains(place, "://") {
		return nil, false
	}
	if _, err := os.Stat(place); err != nil && !strings.ContainsAny(place, `/\`) {
		return nil, false
	}
	return func() ([]byte, error) {
		f, err := os.Open(place)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, feeds.MaxBody+1))
	}, true
}

// announcementError is why a place could not be read, as a code, and what is to be said with it.
func announcementError(err error, after feeds.Memory) (code, detail string) {
	var path *fs.PathError
	if errors.As(err, &path) {
		return "file", ""
	}
	code = answers.UnreadCode(err)
	switch code {
	case "status":
		return code, strings.TrimPrefix(err.Error(), feeds.ErrStatus.Error()+": ")
	case "soon":
		return code, after.NotUntil.UTC().Format("2006-01-02 15:04 MST")
	}
	return code, ""
}

// reply is what one place says, for a person.
func (c *Announcements) reply(a announced) chat.Reply {
	name := visible.Text(a.Feed)
	if name == "" {
		name = visible.Text(a.Place)
	}
	args := map[string]any{"name": name, "count": len(a.Items), "fresh": c.State != ""}
	say := func(id string) string { return chat.Text(c.Lang, "announced."+id, args) }
	out := chat.Reply{Tone: chat.Good, Title: say("none"), Final: true}
	if a.Error != "" {
		args["detail"], args["most"] = a.detail, chat.Size(feeds.MaxBody)
		return chat.Reply{Tone: chat.Unsure, Title: say("unread"), Final: true,
			Sections: []chat.Section{{Text: say("why." + a.Error)}}}
	}
	switch {
	case len(a.Items) > 0:
		out.Tone, out.Title = chat.Plain, say("news")
	case a.Format == feeds.Page && c.State == "":
		out.Tone, out.Title = chat.Plain, chat.Text(c.Lang, "announced.watched", args)
	}
	for i, t := range a.Items {
		if i == announcementsShown {
			args["count"], args["link"] = len(a.Items)-i, a.Link
			out.Sections = append(out.Sections, chat.Section{Muted: true, Text: say("more")})
			break
		}
		out.Sections = append(out.Sections, answers.AnnouncedSection(c.Lang, a.Format, t))
	}
	if len(a.Items) > 0 && len(a.Providers) > 0 {
		args["providers"] = answers.ProviderNames(c.Deps.KB, c.Lang, a.Providers)
		out.Sections = append(out.Sections, chat.Section{Muted: true, Text: say("concerns")})
	}
	return out
}

// remembered is what was told before, by place.
func (c *Announcements) remembered() (map[string]feeds.Memory, error) {
	out := map[string]feeds.Memory{}
	if c.State == "" {
		return out, nil
	}
	if err := readState(c.State, maxState, &out); err != nil {
		return nil, err
	}
	return out, nil
}

// remember writes what was told.
func (c *Announcements) remember(memory map[string]feeds.Memory) error {
	if c.State == "" {
		return nil
	}
	return writeState(c.State, memory)
}
