package acts

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/casework/work"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
)

// Recheck diagnoses the domain again, and tells the difference to the diagnosis at opening.
func Recheck(ctx context.Context, k *work.Work, o work.Order) (chat.Reply, error) {
	c := o.Case
	all := c.AllDomains()
	if len(all) == 0 {
		return work.Wrong("case.no-domain", map[string]any{"case": c.Name()})
	}
	domain := all[0]
	if said := strings.TrimSpace(o.Words); strings.ContainsAny(said, ".\u3002") && intent.LooksLikeDomain(said) {
		named, ok := intent.DomainIn(said)
		if !ok || !slices.Contains(all, named.Domain) {
			return work.Wrong("case.not-its-domain",
				map[string]any{"case": c.Name(), "what": chat.Clip(said, 60), "domains": work.Unicodes(all)})
		}
		domain = named.Domain
	}
	t, err := diag.ParseTarget(domain)
	if err != nil {
		return work.Wrong("case.no-domain", map[string]any{"case": c.Name()})
	}
	own := domain == c.Domain // one that came with a merger was diagnosed where it came from
	first := c.First
	if !own {
		if first, err = firstOf(ctx, k, c, domain); err != nil {
			return chat.Reply{}, err
		}
	}
	k.Tell(chat.Reply{Title: k.Text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
	report, err := answers.Diagnose(ctx, k.Deps, k.Req, intent.Question{Target: t}, nil)
	if err != nil {
		return chat.Reply{}, err
	}
	snap := cases.Snap(report)
	d := diag.Compare(first.Outcome(), snap.Outcome())
	sections := k.Difference(d, first, snap)
	return k.Change(ctx, o, func(c *cases.Case) (cases.Edit, error) {
		return c.Recheck(k.Act(ctx, o), domain, snap)
	}, "case.rechecked", map[string]any{"domain": t.Unicode, "verdict": k.Text("case.verdict."+string(snap.Verdict), nil)},
		func(r *chat.Reply) {
			r.Sections = sections
			if own && len(d.Fixed) > 0 && len(d.Same)+len(d.New)+len(d.Unsure) == 0 {
				r.Actions = append(r.Actions,
					chat.Action{ID: "solve", Label: k.Text("case.button.solve", nil), Command: chat.Case, Text: "solve " + c.Name()})
			}
			r.Actions = append(r.Actions, answers.LiveOf(k.Deps, k.Req.Lang, report)...)
			if len(r.Outbox) > 1 {
				told := &r.Outbox[1].Reply
				told.Sections = append(sections, told.Sections...)
				told.Actions = append(told.Actions, answers.LiveOf(k.Deps, k.CaseLang(c), report)...)
			}
		})
}

// firstOf is the diagnosis at opening of a domain that came along with a merger; nil where it has none.
func firstOf(ctx context.Context, k *work.Work, c *cases.Case, domain string) (*cases.Snapshot, error) {
	for from := slices.Clone(c.From); len(from) > 0; from = from[1:] {
		x, err := k.Deps.Book.Case(ctx, k.Req.Team, from[0])
		switch {
		case errors.Is(err, cases.ErrNone):
		case err != nil:
			return nil, err
		case x.Domain == domain:
			return x.First, nil
		case len(from) < cases.MaxTags:
			from = append(from, x.From...)
		}
	}
	return nil, nil
}
