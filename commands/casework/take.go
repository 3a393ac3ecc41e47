package casework

import (
	"context"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent"

	"golang.org/x/text/language"
)

// take makes the asker the one who works on the case. Where somebody else has taken it since the button was shown, the asker is told.
func (k *Work) take(ctx context.Context, c *cases.Case) error {
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Take(k.act(ctx))
	}, "case.taken", nil, k.stays(c))
	switch why := cases.Why(err); why.Reason {
	case cases.Unchanged:
		return k.same(ctx, c, "case.taken", nil)
	case cases.Taken:
		k.say(chat.Reply{
			Tone: chat.Caution, Title: k.text("case.taken-already", map[string]any{"case": c.Name()}), Final: true, Sections: []chat.Section{{Fields: []chat.Field{{Label: k.text("case.label.assignee", nil), Person: why.By}}}},
			Actions: []chat.Action{{ID: "take", Label: k.text("case.button.take-over", nil), Command: chat.Case, Text: "take " + c.Name()}},
		})
		return nil
	}
	return err
}

// assign gives the case to somebody.
func (k *Work) assign(ctx context.Context, c *cases.Case) error {
	m := intent.UserID.FindStringSubmatch(strings.TrimSpace(intent.AssignTo.ReplaceAllString(k.words, "")))
	who := ""
	switch {
	case m != nil:
		who = m[1] + m[2]
	case slices.Contains(chat.Words("me"), chat.Fold(intent.AssignTo.ReplaceAllString(k.words, ""))):
		who = k.r.User
	default:
		k.wrong("case.whom", nil)
		return nil
	}
	if k.left(ctx, who) {
		k.wrong("case.person-left", nil)
		return nil
	}
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Assign(k.act(ctx), who)
	}, "case.assigned", nil, k.stays(c), func(r *chat.Reply) {
		whom := func(lang language.Tag) []chat.Section {
			return []chat.Section{{Fields: []chat.Field{{Label: chat.Text(lang, "case.label.assignee", nil), Person: who}}}}
		}
		r.Sections = append(whom(k.r.Lang), r.Sections...)
		if len(r.Outbox) > 1 { // so that Slack tells that one
			r.Outbox[1].Reply.Sections = append(whom(r.Outbox[1].Lang), r.Outbox[1].Reply.Sections...)
		}
	})
}

// left reports whether a person is known to be gone from the workspace.
func (k *Work) left(ctx context.Context, user string) bool {
	return user != "" && k.d.HasLeft != nil && k.d.HasLeft(ctx, user)
}

// follow makes the asker hear of the case, or not any more.
func (k *Work) follow(ctx context.Context, c *cases.Case) error {
	rule, told := (*cases.Case).Follow, "case.followed"
	if k.verb == "unfollow" {
		rule, told = (*cases.Case).Unfollow, "case.unfollowed"
	}
	err := k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return rule(c, k.act(ctx))
	}, told, nil, func(r *chat.Reply) { r.Outbox = r.Outbox[:1] }) // nobody else need know
	if cases.Why(err).Reason == cases.Unchanged {
		return k.same(ctx, c, told, nil)
	}
	return err
}
