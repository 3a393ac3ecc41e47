package watching

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag"
)

// work is one request about watches.
type work struct {
	d     answers.Deps
	r     chat.Request
	say   func(chat.Reply)
	words []string // what follows the verb
	now   time.Time
}

func (k *work) text(id string, args map[string]any) string { return chat.Text(k.r.Lang, id, args) }

// domain takes the first word that is a domain off the words; errSaid where there is none, and somebody was told.
func (k *work) domain(verb string) (diag.Target, error) {
	for i, w := range k.words {
		if !intent.LooksLikeDomain(w) {
			continue
		}
		t, err := diag.ParseTarget(w)
		if err != nil {
			break
		}
		k.words = slices.Delete(slices.Clone(k.words), i, i+1)
		return t, nil
	}
	k.wrong(verb, "watch.which", nil)
	return diag.Target{}, errSaid
}

// domainMeant is domain, and where none is named the one that is spoken of here.
func (k *work) domainMeant(ctx context.Context, verb string) (diag.Target, error) {
	if !slices.ContainsFunc(k.words, intent.LooksLikeDomain) {
		if t, ok := k.spokenOf(ctx); ok {
			return t, nil
		}
	}
	return k.domain(verb)
}

// spokenOf is the domain that is meant where none is named: that of the thread's case; that which was named last in the
// thread, or in a conversation of two; the first of the workspace's own.
func (k *work) spokenOf(ctx context.Context) (diag.Target, bool) {
	if k.r.Thread != "" {
		if number, err := k.d.Book.InThread(ctx, k.r.Team, k.r.Channel, k.r.Thread); err == nil {
			if c, err := k.d.Book.Case(ctx, k.r.Team, number); err == nil && c.Domain != "" {
				t, err := diag.ParseTarget(c.Domain)
				return t, err == nil
			}
		}
	}
	if k.r.Thread != "" || k.r.Direct { // what somebody asked elsewhere in a channel need not belong to it
		if t, ok := k.named(ctx); ok {
			return t, true
		}
	}
	if team, err := k.d.Book.Team(ctx, k.r.Team); err == nil && len(team.Own.Domains) > 0 {
		if t, err := diag.ParseTarget(team.Own.Domains[0]); err == nil {
			return t, true
		}
	}
	return diag.Target{}, false
}

// remembers is how long a domain that was named counts in a conversation of two.
const remembers = 30 * time.Minute

// named is the domain that was named last in the conversation. What was pasted names those of strangers.
func (k *work) named(ctx context.Context) (diag.Target, bool) {
	turns, err := k.d.Book.Conversation(ctx, answers.Where(k.r))
	if err != nil {
		return diag.Target{}, false
	}
	for _, t := range slices.Backward(turns) {
		command, said := chat.CutWord(strings.TrimPrefix(t.Said, "/"))
		if chat.Pastes(command) || k.r.Thread == "" && k.now.Sub(t.At) > remembers {
			continue
		}
		for _, word := range fieldsOf(said) {
			if d, err := diag.ParseTarget(word); err == nil && intent.LooksLikeDomain(word) {
				return d, true
			}
		}
	}
	return diag.Target{}, false
}

// done is an answer to a change that was made.
func (k *work) done(tone chat.Tone, id string, args map[string]any, data any) {
	k.say(chat.Reply{Tone: tone, Title: k.text(id, args), Final: true, Data: data})
}

// clock is a time by the asker's clock.
func (k *work) clock(at time.Time) string {
	local := datetime.In(at, k.r.Zone)
	if _, offset := local.Zone(); offset == 0 {
		return chat.Stamp(at)
	}
	return local.Format("2006-01-02 15:04 -07:00")
}

// wrong says what was wrong, with an example.
func (k *work) wrong(verb, id string, args map[string]any) {
	out := chat.Reply{Tone: chat.Caution, Title: k.text(id, args), Final: true}
	example := map[string]any{"example": k.text("watch.example."+verb, nil)}
	out.Sections = []chat.Section{{Text: k.text("try", example)}}
	k.say(out)
}

// errSaid says that the answer has been given.
var errSaid = errors.New("watching: said")

// fieldsOf is the words of a text, however they are parted.
func fieldsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n,;\u3001\uff0c\uff1b\u3000", r)
	})
}
