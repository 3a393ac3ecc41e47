package commands

import (
	"context"
	"log/slog"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/secrets"
)

const (
	maxPasted = 300  // characters of a pasted text that are remembered
	maxAnswer = 1500 // of an answer
)

// remember keeps a question and its answer for whoever takes over. Nothing secret is kept.
func remember(ctx context.Context, d answers.Deps, r chat.Request, c *Command, answer chat.Reply) {
	if d.Book == nil || c.Hidden || c.Name == chat.Case || answer.Form != nil || intent.WantsHelp(r.Text) {
		return
	}
	most := casework.MaxSaid
	if chat.Pastes(c.Name) {
		most = maxPasted
	}
	said := r.Text
	for _, in := range c.Inputs {
		if v := r.Values[in.Name]; v != "" {
			said += " " + chat.Quoted(in.Name, v)
		}
	}
	said = chat.Clip(secrets.Masked(said), most)
	turn := cases.Turn{At: d.Now().UTC(), User: r.User,
		Said:   strings.TrimSpace("/" + c.Name + " " + strings.TrimSpace(said)),
		Answer: chat.Clip(secrets.Masked(answer.Lines()), maxAnswer)}
	if err := d.Book.Remember(ctx, answers.Where(r), turn); err != nil {
		slog.Warn("conversation is not remembered", "request_id", r.ID, "error", err)
	}
}

// secretsSaid is the kinds of secrets in what somebody typed or filled in, for commands that do not take them out
// themselves.
func secretsSaid(r chat.Request, c *Command) []string {
	if c.Name == chat.Ticket || c.Name == chat.Case || c.Hidden {
		return nil
	}
	text := r.Text
	for _, in := range c.Inputs {
		if v := r.Values[in.Name]; v != "" {
			text += "\n" + in.Name + " " + v
		}
	}
	_, kinds := secrets.Mask(text)
	return kinds
}
