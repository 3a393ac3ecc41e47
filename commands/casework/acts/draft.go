package acts

import (
	"context"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
)

// Draft drafts the ticket of the case: /mailticket with what the case knows.
func Draft(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	domains := c.AllDomains()
	if len(domains) == 0 {
		return work.Wrong("case.no-domain", map[string]any{"case": c.Name()})
	}
	r := k.Req
	r.Command, r.Text = chat.Ticket, k.Title(c)
	r.Values = map[string]string{"domain": domains[0], "problem": k.Title(c), "provider": c.Provider,
		"since": k.Text("case.since-at-latest", map[string]any{"time": k.Clock(c.Opened)})}
	if c.Began != "" {
		r.Values["since"] = k.Began(c)
	}
	if text := o.Values["text"]; text != "" {
		r.Values["text"] = text
	}
	if c.Priority == cases.Urgent {
		r.Values["impact"] = k.Text("ticket.draft.urgent", nil)
	}
	if len(c.Tickets) > 0 {
		r.Values["tried"] = k.Text("case.earlier-tickets", map[string]any{"tickets": c.Tickets})
	}
	var out chat.Reply
	err := answers.Ticket(ctx, k.Deps, r, func(x chat.Reply) {
		if out = x; !x.Final {
			k.Tell(x)
		}
	})
	return out, err
}
