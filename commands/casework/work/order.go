package work

import (
	"context"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// Order is what was asked about cases, read once: what the line says, the fields beside it, and the case that is meant.
type Order struct {
	intent.Order
	Values map[string]string // the fields of a form, or those that were typed
	Form   bool              // the form was asked for
	Case   *cases.Case       // nil where it is about the casebook
	// Moved is the case that was named, where the work goes on in Case, which it is part of.
	Moved *cases.Case
	Seen  int64 // the revision of the case that the asker has seen
}

// field is what was said for a field; what else the line says where nothing was.
func (o Order) field(name string) string {
	if v := strings.TrimSpace(o.Values[name]); v != "" {
		return v
	}
	return o.Words
}

// Bare reports whether neither words nor fields say anything.
func (o Order) Bare() bool { return o.Words == "" && o.Fieldless() }

// Fieldless reports whether nothing was typed for any field.
func (o Order) Fieldless() bool {
	for _, v := range o.Values {
		if strings.TrimSpace(v) != "" {
			return false
		}
	}
	return true
}

// Verb carries out an order, in a file of its name. Its Reply is the answer, with what is to be said
// elsewhere in its Outbox; an error that is a *WrongOrder tells the asker what was wrong.
type Verb func(ctx context.Context, k *Work, o Order) (chat.Reply, error)
