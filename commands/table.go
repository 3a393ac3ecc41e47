package commands

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/diag/cause"

	"golang.org/x/text/language"
)

// Validate tells whether the sentences are whole, and every cause of an unknown result has its own.
func Validate() error {
	errs := []error{chat.Whole()}
	for _, code := range cause.Codes() {
		if id := "cause." + string(code); !chat.Has(id) {
			errs = append(errs, fmt.Errorf("commands: no words for %s", id))
		}
	}
	return errors.Join(errs...)
}

// Table is every command, in the order in which help lists them.
func Table() []*Command {
	return []*Command{mailcheck, mailhelp, mailask, mailticket, mailbounce, mailcase, mailset, handover, thanks, quiet, demo}
}

// How many octets of a request's text are read: of a command, and of what is pasted into one that takes long texts.
const (
	maxText  = 4000
	maxPaste = 160_000
)

// Handle runs the request: finds the command (or answers with the nearest match and an example), recovers panics, and always
// ends with one Final reply. An error is only returned where trying again later may help.
func Handle(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) (err error) {
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
	most := maxText
	if c := named(name); c != nil && c.Pastes {
		most = maxPaste
	}
	if len(r.Text) > most {
		r.Text, r.Cut = strings.ToValidUTF8(r.Text[:most], ""), true
	}
	r.Text, r.Lang = chat.ChooseLanguage(r.Text, r.Lang)
	carries = chat.NamesLanguage(asked[:min(len(asked), maxPaste)])
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
			if first, about := chat.CutWord(r.Text); c.help != nil && wantsHelp(first) {
				say(c.help(r.Lang, about))
				return nil
			}
			if wantsHelp(r.Text) && c == mailhelp {
				say(helpReply(r.Lang, d))
				return nil
			}
			if wantsHelp(r.Text) {
				say(commandHelp(r.Lang, c))
				return nil
			}
			if _, form := wantsForm(r.Text); c == mailhelp && len(r.Values) == 0 && (form || r.Text == "") {
				x := helpReply(r.Lang, d)
				x.Form = helpForm(d.KB, r.Lang)
				say(x)
				return nil
			}
			r.Asker = r.Lang
			if c.Shared && !carries {
				r.Lang = sharedLanguage(ctx, d, r)
			}
			err := c.Run(ctx, d, r, func(x chat.Reply) {
				if x.Final && !ended {
					remember(ctx, d, r, c, x)
					x.Sections = append(x.Sections, strange...)
					x.Sections = append(x.Sections, aboutSecrets(r.Lang, secretsSaid(r, c), "secret.seen")...)
				}
				if r.Public && c.Public {
					x.Audience = chat.Channel
				}
				say(x)
			})
			if slow := asSlowDown(err); slow != nil {
				say(slowDown(r.Asker, slow))
				return nil
			}
			return err
		}
	}
	near := mailcheck
	for _, c := range Table() {
		if !c.Hidden && name != "" && distance(name, c.Name) < distance(name, near.Name) {
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
func meant(ctx context.Context, d Deps, r chat.Request) (command, text string) {
	command, rest := FromWords(r.Text, len(r.Files) > 0)
	text = strings.TrimSpace(leadingMention.ReplaceAllString(r.Text, ""))
	if d.Book == nil || r.Thread == "" || text == "" || strings.HasPrefix(text, "/") {
		return command, rest
	}
	switch _, err := d.Book.InThread(ctx, r.Team, r.Channel, r.Thread); {
	case errors.Is(err, cases.ErrNone):
	case err != nil:
		slog.Warn("the thread's case is not known", "request_id", r.ID, "error", err)
	case readOrder(text).verb != "":
		return chat.Case, text
	case command == chat.Help && !wantsHelp(rest):
		return chat.Case, noted(text)
	case named(command) == nil: // a slip of the pen: it is told what was near
		return chat.Case, text
	}
	return command, rest
}

// noted is what somebody says in a case's thread, as a line about the case: who tells of a call or chat keeps a contact, "urgent" is the priority, all else is a note.
func noted(text string) string {
	if p, ok := priorityIn(text); ok {
		return "priority " + string(p)
	}
	if first, _ := chat.CutWord(text); slices.Contains(chat.Words("contacted"), strings.TrimRight(chat.Fold(first), ":,")) {
		return "contact " + text
	}
	return "note " + text
}

var leadingMention = regexp.MustCompile(`^\s*(?:<@[A-Z0-9|]+>\s*)+`)

// sharedLanguage is the language of what everybody in the channel reads: as the channel has chosen, otherwise the asker's.
func sharedLanguage(ctx context.Context, d Deps, r chat.Request) language.Tag {
	if d.Book == nil {
		return r.Lang
	}
	s, err := d.Book.Channel(ctx, r.Team, r.Channel)
	if err != nil {
		slog.Warn("the channel's language is not known", "request_id", r.ID, "error", err)
	}
	if s.Language == "" {
		return r.Lang
	}
	return chat.Match(language.Make(s.Language))
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

func wantsHelp(text string) bool {
	return slices.Contains(chat.Words("help"), strings.ToLower(strings.Trim(strings.TrimSpace(text), "-")))
}

// distance is how many letters two short words differ by; two that changed places are one slip.
func distance(a, b string) int {
	x, y := []rune(chat.Clip(a, 30)), []rune(chat.Clip(b, 30))
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range y {
		rows[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			least := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				least = min(least, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = least
		}
	}
	return rows[len(x)][len(y)]
}
