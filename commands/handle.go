package commands

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
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
	"signpost/diag/distance"
)

// Handle runs the request: finds the command (or answers with the nearest match and an example), recovers panics, and
// always ends with one Final reply. An error is only returned where trying again later may help.
func Handle(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	h := &handling{d: d, r: r, reply: reply}
	defer h.recovers()
	name, ok := h.read(ctx)
	if !ok {
		return nil
	}
	if d.Latest != nil {
		h.d.KB = d.Latest()
	}
	c := named(name)
	if c == nil || c.Local && d.Demo == nil {
		h.say(notACommand(h.r, name))
		return nil
	}
	if x, ok := h.help(c); ok {
		h.say(x)
		return nil
	}
	return h.run(ctx, c)
}

// handling is one request on its way to its answer.
type handling struct {
	d     answers.Deps
	r     chat.Request
	reply func(chat.Reply)
	ended bool // the Final reply was given
	// carries says that the asker chose a language in the text, which goes on with the buttons.
	carries bool
	unknown []chat.Section // about names that no field has
}

// say gives a Reply, until the Final one was given.
func (h *handling) say(x chat.Reply) {
	if h.ended {
		return
	}
	h.ended = x.Final
	x.Lang = h.r.Lang
	if x.Form != nil && h.carries {
		form := *x.Form
		form.Text += " lang=" + h.r.Lang.String()
		x.Form = &form
	}
	if h.carries {
		x.Actions = slices.Clone(x.Actions)
		for i := range x.Actions {
			if x.Actions[i].Command != "" {
				x.Actions[i].Text += " lang=" + h.r.Lang.String()
			}
		}
	}
	h.reply(x)
}

// recovers answers in place of a command that panicked.
func (h *handling) recovers() {
	v := recover()
	if v == nil {
		return
	}
	ref := reference()
	slog.Error("command failed", "command", h.r.Command, "request_id", h.r.ID, "reference", ref, "panic", v, "stack",
		string(debug.Stack()))
	h.say(chat.Reply{Tone: chat.Bad, Title: chat.Text(h.r.Lang, "failed", map[string]any{"reference": ref}), Final: true})
}

// read reads the request: the command's name, the language, and the fields in the text. It is false where that has been
// answered.
func (h *handling) read(ctx context.Context) (name string, ok bool) {
	r := &h.r
	asked, free := r.Text, r.Command == ""
	if free {
		*r = Meant(ctx, h.d, *r)
	}
	name = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(r.Command), "/"))
	again := false
	if c := named(name); free && asksMore(asked) || asksMore(name) && r.Text == "" || c != nil && c.Name != chat.Case &&
		asksMore(r.Text) {
		if *r, again = moreOf(ctx, h.d, *r); !again {
			h.say(moreOfWhat(*r))
			return "", false
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
	h.carries = chat.NamesLanguage(asked[:min(len(asked), chat.MaxPaste)])
	if c := named(name); c != nil && !again {
		h.readFields(c)
	}
	return name, true
}

// readFields takes the fields off the text, and finds the names that no field has.
func (h *handling) readFields(c *Command) {
	rest, typed := readValues(c, h.r.Text)
	h.r.Text = rest
	if len(typed) > 0 {
		maps.Copy(typed, h.r.Values)
		h.r.Values = typed
	}
	if !h.r.Internal {
		h.unknown = aboutUnknown(h.r.Lang, c, rest, unknownFields(c, rest, len(typed) > 0))
	}
}

// help is the answer where help with the command is asked for, or the form that stands for it.
func (h *handling) help(c *Command) (x chat.Reply, ok bool) {
	if first, about := chat.CutWord(h.r.Text); c.help != nil && intent.WantsHelp(first) {
		return c.help(h.r.Lang, about), true
	}
	if intent.WantsHelp(h.r.Text) && c == mailhelp {
		return helpReply(h.r.Lang, h.d), true
	}
	if intent.WantsHelp(h.r.Text) {
		return commandHelp(h.r.Lang, c), true
	}
	if _, form := intent.WantsForm(h.r.Text); c == mailhelp && len(h.r.Values) == 0 && (form || h.r.Text == "") {
		x := helpReply(h.r.Lang, h.d)
		x.Form = answers.HelpForm(h.d.KB, h.r.Lang)
		return x, true
	}
	return chat.Reply{}, false
}

// run has the command answer.
func (h *handling) run(ctx context.Context, c *Command) error {
	r := &h.r
	r.Asker = r.Lang
	if c.Shared && !h.carries {
		r.Lang = answers.SharedLanguage(ctx, h.d, *r)
	}
	run := c.Run
	if about, ok := intent.WantsPerson(r.Text); ok && c.Persons && r.Values["guide"] == "" {
		r.Lang = chat.LanguageOf(r.Text, r.Lang)
		r.Text, run = about, casework.Handover
	}
	err := run(ctx, h.d, *r, func(x chat.Reply) {
		if x.Final && !h.ended {
			remember(ctx, h.d, *r, c, x)
			x.Sections = append(x.Sections, h.unknown...)
			x.Sections = append(x.Sections, chat.AboutSecrets(r.Lang, secretsSaid(*r, c), "secret.seen")...)
		}
		switch {
		case x.Final && c.Brief:
			x = inShort(x, *r, c)
		case x.Final && c.Lists && !r.Internal && r.Inside == nil:
			x = inShortLists(x, *r, c)
		}
		if r.Public && c.Public {
			x.Audience = chat.Channel
		}
		h.say(x)
	})
	if slow := answers.AsSlowDown(err); slow != nil {
		h.say(answers.SlowReply(r.Asker, slow))
		return nil
	}
	return err
}

// notACommand answers a request for a command that there is not, with the nearest that there is.
func notACommand(r chat.Request, name string) chat.Reply {
	if name == chat.Demo {
		return chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "demo.not-here", nil), Final: true}
	}
	near := mailcheck
	for _, c := range Table() {
		if !c.Hidden && !c.Local && name != "" && distance.Of(name, c.Name) < distance.Of(name, near.Name) {
			near = c
		}
	}
	return chat.Reply{
		Tone: chat.Caution, Title: chat.Text(r.Lang, "unknown-command",
			map[string]any{"command": chat.Clip(r.Command, 40), "nearest": "/" + near.Name}),
		Sections: []chat.Section{{Text: chat.Text(r.Lang, "try",
			map[string]any{"example": chat.ExampleOf(r.Lang, near.Name)})}}, Final: true,
	}
}

// Meant is the request that a message makes which names no command: its command, its text, and the language that it is
// written in. A language that it asks for stays in the text.
func Meant(ctx context.Context, d answers.Deps, r chat.Request) chat.Request {
	said := strings.TrimSpace(r.Text)
	chosen := chat.NamesLanguage(said[:min(len(said), chat.MaxPaste)])
	if !strings.HasPrefix(said, "/") {
		r.Lang = chat.LanguageOf(r.Text[:min(len(r.Text), chat.MaxText)], r.Lang)
	}
	if chosen {
		r.Text, r.Lang = chat.ChooseLanguage(r.Text, r.Lang)
	}
	r.Command, r.Text = meant(ctx, d, r)
	r.Command, r.Text = reread(d, said, r.Command, r.Text, r.Lang)
	if r.Command == chat.Help && !strings.HasPrefix(said, "/") && !intent.WantsHelp(r.Text) &&
		answers.AsksGuide(d.KB, r.Text, r.Lang) {
		r.Command = chat.Ask
	}
	if chosen {
		r.Text += " lang=" + r.Lang.String()
	}
	return r
}

// meant is the command and text of what somebody wrote to the bot: in the thread of a case what is done with it, and
// what asks for nothing else is a note, since nothing that is said there must be lost; elsewhere as FromWords has it.
func meant(ctx context.Context, d answers.Deps, r chat.Request) (command, text string) {
	command, rest := intent.FromWords(r.Text, len(r.Files) > 0)
	if command == chat.Bounce && rest == "" && answers.NamedAsReports(r.Files) {
		return chat.Report, ""
	}
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

// noted is what somebody says in a case's thread, as a line about the case: who tells of a call or chat keeps a
// contact, "urgent" is the priority, all else is a note.
func noted(text string) string {
	if p, ok := intent.PriorityIn(text); ok {
		return "priority " + string(p)
	}
	if first, _ := chat.CutWord(text); slices.Contains(chat.Words("contacted"),
		strings.TrimRight(chat.Fold(first), ":,")) {
		return "contact " + text
	}
	return "note " + text
}

func reference() string {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
