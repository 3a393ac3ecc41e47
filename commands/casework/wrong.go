package casework

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// refused tells why an order was not carried out, for the errors that are the asker's to know; nil for others.
func refused(k *work.Work, o work.Order, err error) *chat.Reply {
	var w *work.WrongOrder
	switch {
	case err == nil:
		return nil
	case errors.As(err, &w):
	case errors.Is(err, cases.ErrNone):
		_, what, _ := strings.Cut(err.Error(), ": no such case: ")
		w = &work.WrongOrder{ID: "case.none", Args: map[string]any{"what": cmp.Or(what, chat.Clip(o.Words, 40))}}
	case errors.Is(err, cases.ErrConflict):
		w = &work.WrongOrder{ID: "case.busy"}
	case errors.Is(err, cases.ErrFull):
		w = &work.WrongOrder{ID: "case.full"}
	case errors.Is(err, cases.ErrState):
		w = &work.WrongOrder{ID: "case.merged-already"}
	default:
		return nil
	}
	w.Verb = cmp.Or(w.Verb, o.Verb)
	out := work.Wrongly(k, *w)
	return &out
}

// unknown answers a line that names nothing that can be done, with what may have been meant.
func unknown(k *work.Work, text string) chat.Reply {
	first, _ := chat.CutWord(text)
	if name := intent.NamedCase.FindString(text); name != "" { // it is known of which case, and not what is to be done
		name = strings.ToUpper(name)
		return chat.Reply{
			Tone: chat.Caution, Title: k.Text("case.unknown-verb", map[string]any{"what": chat.Clip(text, 60)}), Final: true,
			Sections: []chat.Section{{Text: k.Text("case.unknown-with", map[string]any{"case": name}), Items: []string{
				fmt.Sprintf("/%s state %s waiting-provider", chat.Case, name), fmt.Sprintf("/%s note %s …", chat.Case, name),
				fmt.Sprintf("/%s close %s …", chat.Case, name), "/" + chat.Case + " help",
			}}},
			Actions: []chat.Action{{ID: "show", Label: k.Text("case.button.show", nil), Command: chat.Case,
				Text: "show " + name}, {ID: "note", Label: k.Text("case.button.note", nil), Command: chat.Case,
				Text: "note " + name + " " + chat.Clip(text, 1200)}},
		}
	}
	what := map[string]any{"what": chat.Clip(text, 40)}
	if near := intent.NearestVerb(first); near != "" {
		what["near"] = near
		return work.Wrongly(k, work.WrongOrder{ID: "case.unknown-near", Args: what, Verb: intent.VerbNamed(near)})
	}
	return work.Wrongly(k, work.WrongOrder{ID: "case.unknown-verb", Args: what, Verb: "note"})
}
