package work

import "signpost/commands/chat"

// WrongOrder is the error of an order that cannot be carried out as it was given: the sentence that tells why.
type WrongOrder struct {
	ID   string
	Args map[string]any
	Verb string // whose example is shown; "": that of the order
}

func (w *WrongOrder) Error() string { return "casework: " + w.ID }

// Wrong is no answer, but what was wrong with the order.
func Wrong(id string, args map[string]any) (chat.Reply, error) {
	return chat.Reply{}, &WrongOrder{ID: id, Args: args}
}

// Wrongly says what was wrong, with an example of what was to be done.
func Wrongly(k *Work, w WrongOrder) chat.Reply {
	out := chat.Reply{Tone: chat.Caution, Title: k.Text(w.ID, w.Args), Final: true}
	if example := "case.example." + w.Verb; chat.Has(example) {
		out.Sections = []chat.Section{{Text: k.Text("try", map[string]any{"example": k.Text(example, nil)})}}
	}
	return out
}
