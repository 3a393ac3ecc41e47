package commands

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag/cause"
)

// Validate tells what the tables lack that they promise: every sentence in every language, words for every cause of an unknown result, a summary,
// usage and example for every command, and all that a verb of cases needs.
func Validate() error {
	errs := []error{chat.Whole(), validateCommands(Table()), casework.Validate(), datetime.Validate()}
	for _, code := range cause.Codes() {
		if id := "cause." + string(code); !chat.Has(id) {
			errs = append(errs, fmt.Errorf("commands: no words for %s", id))
		}
	}
	return errors.Join(errs...)
}

func validateCommands(table []*Command) error {
	var errs []error
	for _, c := range table {
		ids := []string{c.Summary}
		if !c.Hidden {
			ids = append(ids, "usage."+c.Name, "example."+c.Name)
		}
		for _, id := range ids {
			if !chat.Has(id) {
				errs = append(errs, fmt.Errorf("commands: /%s lacks the sentence %q", c.Name, id))
			}
		}
		if c.Run == nil || !slices.Contains(chat.Names, c.Name) {
			errs = append(errs, fmt.Errorf("commands: /%s lacks a handler or its name among chat.Names", c.Name))
		}
	}
	return errors.Join(errs...)
}

// Table is every command, in the order in which help lists them.
func Table() []*Command {
	return []*Command{mailcheck, mailhelp, mailask, mailticket, mailbounce, mailcase, mailset, handover, thanks, quiet, demo}
}

// Handle runs the request: finds the command (or answers with the nearest match and an example), recovers panics, and always
// ends with one Final reply. An error is only returned where trying again later may help.
func Handle(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) (err error) {
	ended, carries := false, false
	say := func(x chat.Reply) {
		if ended {
			return
		}
		ended = x.Final
		x.Lang = r.Lang
		if x.Form != nil && carries {
			form := *x.Form
			form.Text += " lang=" + r.Lang.String()
			x.Form = &form
		}
		if carries { // who chose a language keeps it with the buttons
			x.Actions = slices.Clone(x.Actions)
			for i := range x.Actions {
				if x.Actions[i].Command != "" {
					x.Actions[i].Text += " lang=" + r.Lang.String()
				}
			}
		}
		reply(x)
	}
	asked, free := r.Text, r.Command == ""
	if free {
		r.Text, r.Lang = chat.ChooseLanguage(r.Text, r.Lang)
		r.Command, r.Text = meant(ctx, d, r)
	}
	name := strings.ToLower(strings.TrimPrefix(strings.TrimSpace(r.Command), "/"))
	again, strange := false, []chat.Section(nil)
	if c := named(name); free && asksMore(asked) || asksMore(name) && r.Text == "" || c != nil && c.Name != chat.Case && asksMore(r.Text) {
		if r, again = moreOf(ctx, d, r); !again {
			say(moreOfWhat(r))
			return nil
		}
		name = r.Command
	}
	most := chat.MaxText
	if chat.Pastes(name) {
		most = chat.MaxPaste
	}
	if len(r.Text) > most {
		r.Text, r.Cut = strings.ToValidUTF8(r.Text[:most], ""), true
	}
	r.Text, r.Lang = chat.ChooseLanguage(r.Text, r.Lang)
	carries = chat.NamesLanguage(asked[:min(len(asked), chat.MaxPaste)])
	if c := named(name); c != nil && !again {
		rest, typed := readValues(c, r.Text)
		r.Text = rest
		if len(typed) > 0 {
			maps.Copy(typed, r.Values)
			r.Values = typed
			strange = aboutStrangeFields(r.Lang, c, strangeFields(c, rest))
		}
	}
	defer func() {
		if v := recover(); v != nil {
			ref := reference()
			slog.Error("command failed", "command", r.Command, "request_id", r.ID, "reference", ref, "panic", v, "stack", string(debug.Stack()))
			say(chat.Reply{Tone: chat.Bad, Title: chat.Text(r.Lang, "failed", map[string]any{"reference": ref}), Final: true})
		}
	}()
	if d.Latest != nil {
		d.KB = d.Latest()
	}
	for _, c := range Table() {
		if c.Name == name && (!c.Local || d.Demo != nil) {
			if first, about := chat.CutWord(r.Text); c.help != nil && intent.WantsHelp(first) {
				say(c.help(r.Lang, about))
				return nil
			}
			if intent.WantsHelp(r.Text) && c == mailhelp {
				say(helpReply(r.Lang, d))
				return nil
			}
			if intent.WantsHelp(r.Text) {
				say(commandHelp(r.Lang, c))
				return nil
			}
			if _, form := intent.WantsForm(r.Text); c == mailhelp && len(r.Values) == 0 && (form || r.Text == "") {
				x := helpReply(r.Lang, d)
				x.Form = answers.HelpForm(d.KB, r.Lang)
				say(x)
				return nil
			}
			r.Asker = r.Lang
			if c.Shared && !carries {
				r.Lang = answers.SharedLanguage(ctx, d, r)
			}
			run := c.Run
			if about, ok := intent.WantsPerson(r.Text); ok && c.Persons && r.Values["guide"] == "" {
				r.Text, run = about, casework.Handover
			}
			err := run(ctx, d, r, func(x chat.Reply) {
				if x.Final && !ended {
					remember(ctx, d, r, c, x)
					x.Sections = append(x.Sections, strange...)
					x.Sections = append(x.Sections, chat.AboutSecrets(r.Lang, secretsSaid(r, c), "secret.seen")...)
				}
				if r.Public && c.Public {
					x.Audience = chat.Channel
				}
				say(x)
			})
			if slow := answers.AsSlowDown(err); slow != nil {
				say(answers.SlowReply(r.Asker, slow))
				return nil
			}
			return err
		}
	}
	near := mailcheck
	for _, c := range Table() {
		if !c.Hidden && name != "" && intent.Distance(name, c.Name) < intent.Distance(name, near.Name) {
			near = c
		}
	}
	say(chat.Reply{
		Tone: chat.Caution, Title: chat.Text(r.Lang, "unknown-command", map[string]any{"command": chat.Clip(r.Command, 40), "nearest": "/" + near.Name}),
		Sections: []chat.Section{{Text: chat.Text(r.Lang, "try", map[string]any{"example": chat.ExampleOf(r.Lang, near.Name)})}}, Final: true,
	})
	return nil
}

// meant is the command and text of what somebody wrote to the bot: in the thread of a case what is done with it, and what asks for nothing else is a note, since
// nothing that is said there must be lost; elsewhere as FromWords has it.
func meant(ctx context.Context, d answers.Deps, r chat.Request) (command, text string) {
	command, rest := intent.FromWords(r.Text, len(r.Files) > 0)
	text = strings.TrimSpace(intent.LeadingMention.ReplaceAllString(r.Text, ""))
	if d.Book == nil || r.Thread == "" || text == "" || strings.HasPrefix(text, "/") {
		return command, rest
	}
	switch _, err := d.Book.InThread(ctx, r.Team, r.Channel, r.Thread); {
	case errors.Is(err, cases.ErrNone):
	case err != nil:
		slog.Warn("the thread's case is not known", "request_id", r.ID, "error", err)
	case intent.Read(text).Verb != "":
		return chat.Case, text
	case command == chat.Help && !intent.WantsHelp(rest):
		return chat.Case, noted(text)
	case named(command) == nil: // a slip of the pen: it is told what was near
		return chat.Case, text
	}
	return command, rest
}

// noted is what somebody says in a case's thread, as a line about the case: who tells of a call or chat keeps a contact, "urgent" is the priority, all else is a note.
func noted(text string) string {
	if p, ok := intent.PriorityIn(text); ok {
		return "priority " + string(p)
	}
	if first, _ := chat.CutWord(text); slices.Contains(chat.Words("contacted"), strings.TrimRight(chat.Fold(first), ":,")) {
		return "contact " + text
	}
	return "note " + text
}

// named is the command of a name, or nil.
func named(name string) *Command {
	for _, c := range Table() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func reference() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
