package acts

import (
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

// Assign gives the case to somebody.
func Assign(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	m := intent.UserID.FindStringSubmatch(strings.TrimSpace(intent.Without("assign-to", o.Words)))
	who := ""
	switch {
	case m != nil:
		who = m[1] + m[2]
	case slices.Contains(chat.Words("me"), chat.Fold(intent.Without("assign-to", o.Words))):
		who = k.Req.User
	default:
		return work.Wrong("case.whom", nil)
	}
	if k.Left(ctx, who) {
		return work.Wrong("case.person-left", nil)
	}
	return k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Assign(k.Act(ctx, o), who)
	}, "case.assigned", nil, k.Stays(c), func(r *chat.Reply) {
		whom := func(lang language.Tag) []chat.Section {
			return []chat.Section{{Fields: []chat.Field{{Label: chat.Text(lang, "case.label.assignee", nil), Person: who}}}}
		}
		r.Sections = append(whom(k.Req.Lang), r.Sections...)
		if len(r.Outbox) > 1 { // so that Slack tells that one
			r.Outbox[1].Reply.Sections = append(whom(r.Outbox[1].Lang), r.Outbox[1].Reply.Sections...)
		}
	})
}
