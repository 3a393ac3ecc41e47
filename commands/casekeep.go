package commands

import (
	"context"
	"strings"

	"signpost/cases"
)

// export gives the casebook as a file: JSON that can be read in again, CSV, or Markdown.
func (k *desk) export(ctx context.Context) error {
	if !k.r.Direct { // a file in a channel is everybody's
		k.wrong("case.export-direct", nil)
		return nil
	}
	format := strings.ToLower(strings.TrimSpace(k.words))
	if format == "" {
		format = "json"
	}
	data, err := k.d.Book.Export(ctx, k.r.Team, format, k.seen)
	if err != nil {
		if strings.Contains(err.Error(), "format") {
			k.wrong("case.export-format", map[string]any{"what": clip(format, 20)})
			return nil
		}
		return err
	}
	if err := k.d.Book.Audit(ctx, k.r.Team, k.r.User, "export "+format); err != nil {
		return err
	}
	name := "casebook." + format
	k.say(Reply{Title: k.text("case.exported", map[string]any{"size": sizeText(int64(len(data)))}), File: &FileOut{Name: name, Content: data}, Final: true})
	return nil
}

// remove deletes a case: what it held is gone, and that it was deleted, by whom, is on record.
func (k *desk) remove(ctx context.Context, c *cases.Case) error {
	if k.words != "yes" {
		k.say(Reply{Tone: Caution, Title: k.text("case.delete.sure", map[string]any{"case": c.Name(), "title": c.Title}), Final: true, Actions: []Action{{
			ID: "delete", Label: k.text("case.button.delete", nil), Command: mailcaseName, Text: "delete " + c.Name() + " yes", Danger: true, Confirm: k.text("case.delete.confirm", map[string]any{"case": c.Name()}),
		}}})
		return nil
	}
	if err := k.d.Book.Delete(ctx, k.r.Team, c.Number, k.r.User); err != nil {
		return err
	}
	k.say(Reply{Tone: Good, Title: k.text("case.deleted", map[string]any{"case": c.Name()}), Final: true})
	return nil
}
