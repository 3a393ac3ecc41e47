package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// maxSeveral is how many cases a line may change at once.
const maxSeveral = 20

// several does to each of several cases what was asked for all, and answers once.
func (k *Work) several(ctx context.Context) error {
	numbers := append([]int64{k.order.Number}, k.order.More...)
	var names []string
	for _, n := range numbers {
		if name := cases.Name(n); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	args := map[string]any{"cases": names, "count": len(names), "most": maxSeveral, "example": fmt.Sprintf("/%s %s %s", chat.Case, k.verb, strings.Join(names, " "))}
	if len(names) > maxSeveral {
		k.wrong("case.several-too-many", args)
		return nil
	}
	if k.order.Loose { // "close 1 2 users confirm"
		for _, n := range numbers {
			if c, err := k.d.Book.Case(ctx, k.r.Team, n); errors.Is(err, cases.ErrNone) || err == nil && !k.seen(c) {
				k.order.More = nil // it is a word
				return errWords
			} else if err != nil {
				return err
			}
		}
		k.say(chat.Reply{Tone: chat.Caution, Title: k.text("case.several-which", args), Final: true, Actions: []chat.Action{
			{ID: "all", Label: chat.Clip(strings.Join(names, " "), 29), Command: chat.Case, Text: k.verb + " " + strings.Join(names, " ") + " " + chat.Clip(k.order.Rest, 1200)},
			{ID: "first", Label: chat.Clip(names[0]+": "+k.words, 29), Command: chat.Case, Text: k.verb + " " + names[0] + ": " + chat.Clip(k.words, 1200)},
		}})
		return nil
	}
	if f := intent.FormOf(k.verb); f != nil && k.order.Rest == "" && emptyValues(k.r.Values) {
		k.wrong("case.several-words", args)
		return nil
	}
	out := chat.Reply{Tone: chat.Good, Final: true}
	var data []any
	s := chat.Section{}
	for _, name := range names {
		r := k.r
		r.ID, r.Text = k.r.ID+" "+name, strings.TrimSpace(k.verb+" "+name+": "+k.order.Rest)
		err := Run(ctx, k.d, r, func(x chat.Reply) {
			if !x.Final {
				return
			}
			s.Items = append(s.Items, x.Title)
			if x.Tone != chat.Good && x.Tone != chat.Plain {
				out.Tone = chat.Caution
			}
			out.Outbox, out.Scheduled, data = append(out.Outbox, x.Outbox...), append(out.Scheduled, x.Scheduled...), append(data, x.Data)
			out.Actions = append(out.Actions, chat.Action{ID: "show-" + name, Label: name, Command: chat.Case, Text: "show " + name})
		})
		if err != nil {
			return err
		}
	}
	out.Title, out.Sections, out.Data = k.text("case.several", args), []chat.Section{s}, data
	if k.r.Public {
		out.Audience = chat.Channel
	}
	k.say(out)
	return nil
}

// errWords says that the numbers behind the first are words.
var errWords = errors.New("commands: words, no cases")
