package commands

import (
	"context"
	"strings"

	"signpost/cases"

	"golang.org/x/text/language"
)

var mailset = &Command{
	Name: "mailset", Usage: "[language=en|zh|asker]", Example: "/mailset language=zh", Summary: "summary.mailset", Run: runMailset,
	Inputs: []Input{{Name: "language", Optional: true}},
}

// runMailset shows what the channel has chosen, and changes it.
func runMailset(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	if d.Book == nil {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "set.no-store", nil), Final: true})
		return nil
	}
	chosen, err := d.Book.Channel(ctx, r.Team, r.Channel)
	if err != nil {
		return err
	}
	wanted, given := strings.ToLower(r.Values["language"]), r.Values["language"] != ""
	if r.Text != "" && !given {
		return setWrong(r, reply, r.Text)
	}
	if given {
		next := cases.ChannelSettings{}
		if wanted != "asker" {
			tag, err := language.Parse(wanted)
			if err != nil || !sameBase(tag, texts.Match(tag)) {
				return setWrong(r, reply, wanted)
			}
			next.Language = texts.Match(tag).String()
		}
		if err := d.Book.SetChannel(ctx, r.Team, r.Channel, next); err != nil {
			return err
		}
		chosen = next
	}
	name := texts.Text(r.Lang, "set.asker", nil)
	if chosen.Language != "" {
		name = texts.Text(language.Make(chosen.Language), "language", nil)
	}
	reply(Reply{
		Title:    texts.Text(r.Lang, "set.title", nil),
		Sections: []Section{{Fields: []Field{{Label: texts.Text(r.Lang, "set.language", nil), Value: name}}}, {Muted: true, Text: texts.Text(r.Lang, "try", map[string]any{"example": "/mailset language=zh"})}},
		Final:    true,
	})
	return nil
}

func setWrong(r Request, reply func(Reply), what string) error {
	reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "set.wrong", map[string]any{"what": clip(what, 40)}), Sections: []Section{{Text: texts.Text(r.Lang, "try", map[string]any{"example": "/mailset language=zh"})}}, Final: true})
	return nil
}
