package watching

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// verbs is what can be asked, by the name of its list of words.
func verbs() map[string]func(*work, context.Context) error {
	return map[string]func(*work, context.Context) error{
		"add": (*work).add, "list": (*work).list, "remove": (*work).remove, "mute": (*work).mute,
		"baseline": (*work).baseline, "expect": (*work).expect, "accept": (*work).accept,
		"why": (*work).why, "until": (*work).until, "feed": (*work).feed, "feeds": (*work).feeds,
	}
}

// verbNames is their order, in which a word that several lists hold is read.
var verbNames = []string{"add", "list", "remove", "mute", "baseline", "expect", "accept", "why", "until",
	"feed", "feeds"}

// Run carries out what is asked about watches.
func Run(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	k := &work{d: d, r: r, say: reply, now: d.Now().UTC()}
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: k.text("set.no-store", nil), Final: true})
		return nil
	}
	if r.Inside != nil {
		return k.inside(ctx, *r.Inside)
	}
	verb, rest := readVerb(r.Text)
	k.words = fieldsOf(rest)
	if verb == "" {
		return k.unread()
	}
	err := verbs()[verb](k, ctx)
	switch {
	case errors.Is(err, cases.ErrConflict):
		k.wrong(verb, "watch.busy", nil)
		return nil
	case errors.Is(err, errSaid):
		return nil
	}
	return err
}

// LooksNow reports whether a text asks for something that looks at a domain at once.
func LooksNow(text string) bool {
	verb, _ := readVerb(text)
	return verb == "baseline" || verb == "until" || verb == "feed"
}

// OnlyTells reports whether a text asks to be told something, and changes nothing.
func OnlyTells(text string) bool {
	verb, _ := readVerb(text)
	return verb == "list" || verb == "feeds" || verb == "why"
}

// readVerb takes the verb off a text. Without a verb a list is asked for where nothing is said, and a domain is added
// where an interval is.
func readVerb(text string) (verb, rest string) {
	first, rest := chat.CutWord(text)
	if first == "" {
		return "list", ""
	}
	folded := chat.Fold(first)
	for _, name := range verbNames {
		for _, w := range wordsFor(name) {
			if folded == w {
				return name, rest
			}
		}
	}
	for _, name := range verbNames { // Chinese has no blank behind the verb
		for _, w := range wordsFor(name) {
			if tail, ok := strings.CutPrefix(folded, w); ok && len(w) > utf8.RuneCountInString(w) &&
				(intent.LooksLikeDomain(tail) || name == "feed" && tail != "") {
				return name, tail + " " + rest
			}
		}
	}
	for _, w := range fieldsOf(text) {
		if intervalOf(w) != "" {
			return "add", text
		}
	}
	if intent.LooksLikeDomain(first) { // the domain alone: is what was changed there live?
		return "until", text
	}
	return "", ""
}

// wordsFor is the words for a verb. Until is also a word before a time.
func wordsFor(verb string) []string {
	if verb == "until" {
		return chat.Words("watch.until-verb")
	}
	return chat.Words("watch." + verb)
}

// unread answers what begins with no verb.
func (k *work) unread() error {
	if _, ok := intent.DomainIn(k.r.Text); ok {
		k.wrong("add", "watch.what", map[string]any{"what": chat.Clip(k.r.Text, 60)})
		return nil
	}
	k.wrong("add", "watch.unknown-verb", map[string]any{"what": chat.Clip(k.r.Text, 60)})
	return nil
}
