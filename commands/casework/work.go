package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Work is a request about cases at work.
type Work struct {
	d     answers.Deps
	r     chat.Request
	say   func(chat.Reply)
	order intent.Order
	verb  string
	words string // what follows verb and number
	form  bool   // the form was asked for
	rev   int64  // the case's revision that the asker has seen
	now   time.Time
	// moved is the case that was named, where the work goes on in the one that it is part of.
	moved *cases.Case
	works *cases.BusinessHours // when the team works, once it was asked
	// masked says that something secret was taken out of a text.
	masked bool
}

func (k *Work) text(id string, args map[string]any) string { return chat.Text(k.r.Lang, id, args) }

// errSaid says that the answer has been given.
var errSaid = errors.New("commands: said")

// Run carries out what is asked about cases.
func Run(ctx context.Context, d answers.Deps, r chat.Request, reply func(chat.Reply)) error {
	if d.Book == nil {
		reply(chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "set.no-store", nil), Final: true})
		return nil
	}
	text, form := intent.WantsForm(r.Text)
	k := &Work{d: d, r: r, say: reply, form: form, now: d.Now().UTC().Round(time.Second)}
	if e, ok := EventOf(r); ok {
		return k.happens(ctx, e)
	}
	k.order = intent.Read(text)
	if first, rest := chat.CutWord(text); r.Internal && intent.InsideOnly(first) {
		k.order = intent.Numbered(first, rest)
	}
	k.verb, k.words = k.order.Verb, k.order.Words
	if ended, ok := intent.StateIn(k.words); ok && !ended.Open() && k.verb == "state" { // "state 42 solved"
		k.verb, k.words = map[cases.State]string{cases.Solved: "solve", cases.Closed: "close"}[ended], ""
	}
	if first, _ := chat.CutWord(text); k.verb == "state" && k.words == "" && chat.Fold(first) == "status" && !form { // a question
		k.verb = "show"
	}
	switch {
	case k.verb == "" && text == "":
		k.verb = "list"
	case k.verb == "" && slices.Contains(chat.Words("case.all"), chat.Fold(text)):
		k.verb = "list"
	case k.verb == "":
		k.unknown(text)
		return nil
	case intent.WantsHelp(k.words) && k.order.Number == 0 && !r.Internal:
		reply(Help(r.Lang, k.verb))
		return nil
	}
	err := k.run(ctx)
	switch {
	case err == nil, errors.Is(err, errSaid):
		return nil
	case errors.Is(err, cases.ErrNone):
		_, what, _ := strings.Cut(err.Error(), ": no such case: ")
		k.wrong("case.none", map[string]any{"what": cmp.Or(what, chat.Clip(k.words, 40))})
		return nil
	case errors.Is(err, cases.ErrConflict):
		k.wrong("case.busy", nil)
		return nil
	case errors.Is(err, cases.ErrFull):
		k.wrong("case.full", nil)
		return nil
	case errors.Is(err, cases.ErrState):
		k.wrong("case.merged-already", nil)
		return nil
	}
	return err
}

// run carries out the verb: on the book as a whole, on several cases, or on the one that is meant, of which a form asks for what is lacking.
func (k *Work) run(ctx context.Context) error {
	do := handlers()[k.verb]
	if do.ofBook != nil {
		return do.ofBook(k, ctx)
	}
	if len(k.order.More) > 0 {
		if err := k.several(ctx); !errors.Is(err, errWords) {
			return err
		}
	}
	c, err := k.find(ctx)
	if err != nil {
		return err
	}
	if f := intent.FormOf(k.verb); f != nil && (k.form || k.words == "" && emptyValues(k.r.Values)) {
		return k.ask(c)
	}
	if !k.fit() {
		return nil
	}
	k.rev = k.seenRev(c)
	return do.ofCase(k, ctx, c)
}

// wrong says what was wrong, with an example of what was to be done.
func (k *Work) wrong(id string, args map[string]any) { k.wrongly(k.verb, id, args) }

func (k *Work) wrongly(verb, id string, args map[string]any) {
	out := chat.Reply{Tone: chat.Caution, Title: k.text(id, args), Final: true}
	if example := "case.example." + verb; chat.Has(example) {
		out.Sections = []chat.Section{{Text: k.text("try", map[string]any{"example": k.text(example, nil)})}}
	}
	k.say(out)
}

// unknown answers a line that names nothing that can be done, with what may have been meant.
func (k *Work) unknown(text string) {
	first, _ := chat.CutWord(text)
	if name := intent.NamedCase.FindString(text); name != "" { // it is known of which case, and not what is to be done
		name = strings.ToUpper(name)
		k.say(chat.Reply{
			Tone: chat.Caution, Title: k.text("case.unknown-verb", map[string]any{"what": chat.Clip(text, 60)}), Final: true,
			Sections: []chat.Section{{Text: k.text("case.unknown-with", map[string]any{"case": name}), Items: []string{
				fmt.Sprintf("/%s state %s waiting-provider", chat.Case, name), fmt.Sprintf("/%s note %s …", chat.Case, name), fmt.Sprintf("/%s close %s …", chat.Case, name), "/" + chat.Case + " help",
			}}},
			Actions: []chat.Action{{ID: "show", Label: k.text("case.button.show", nil), Command: chat.Case, Text: "show " + name}, {ID: "note", Label: k.text("case.button.note", nil), Command: chat.Case, Text: "note " + name + " " + chat.Clip(text, 1200)}},
		})
		return
	}
	if near := intent.NearestVerb(first); near != "" {
		k.wrongly(intent.VerbNamed(near), "case.unknown-near", map[string]any{"what": chat.Clip(text, 40), "near": near})
		return
	}
	k.wrongly("note", "case.unknown-verb", map[string]any{"what": chat.Clip(text, 40)})
}
