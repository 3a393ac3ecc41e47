package casework

import (
	"context"
	"errors"
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
)

// recheck diagnoses the domain again, and tells the difference to the diagnosis at opening.
func (k *Work) recheck(ctx context.Context, c *cases.Case) error {
	all := c.AllDomains()
	if len(all) == 0 {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return errSaid
	}
	domain := all[0]
	if said := strings.TrimSpace(k.words); strings.ContainsAny(said, ".。") && intent.LooksLikeDomain(said) {
		named, ok := intent.DomainIn(said)
		if !ok || !slices.Contains(all, named.Domain) {
			k.wrong("case.not-its-domain", map[string]any{"case": c.Name(), "what": chat.Clip(said, 60), "domains": unicodes(all)})
			return errSaid
		}
		domain = named.Domain
	}
	t, err := diag.ParseTarget(domain)
	if err != nil {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return errSaid
	}
	own := domain == c.Domain // one that came with a merger was diagnosed where it came from
	first := c.First
	if !own {
		if first, err = k.firstOf(ctx, c, domain); err != nil {
			return err
		}
	}
	k.say(chat.Reply{Title: k.text("mailhelp.looking", map[string]any{"domain": t.Unicode})})
	report, err := answers.Diagnose(ctx, k.d, k.r, intent.Question{Target: t}, nil)
	if err != nil {
		return err
	}
	snap := cases.Snap(report)
	d := diag.Compare(first.Outcome(), snap.Outcome())
	sections := k.difference(d, first, snap)
	return k.change(ctx, c, func(c *cases.Case) (cases.Edit, error) {
		return c.Recheck(k.act(ctx), domain, snap)
	}, "case.rechecked", map[string]any{"domain": t.Unicode, "verdict": k.text("case.verdict."+string(snap.Verdict), nil)}, func(r *chat.Reply) {
		r.Sections = sections
		if own && len(d.Fixed) > 0 && len(d.Same)+len(d.New)+len(d.Unsure) == 0 {
			r.Actions = append(r.Actions, chat.Action{ID: "solve", Label: k.text("case.button.solve", nil), Command: chat.Case, Text: "solve " + c.Name()})
		}
		if len(r.Outbox) > 1 {
			r.Outbox[1].Reply.Sections = append(sections, r.Outbox[1].Reply.Sections...)
		}
	})
}

// firstOf is the diagnosis at opening of a domain that came along with a merger; nil where it has none.
func (k *Work) firstOf(ctx context.Context, c *cases.Case, domain string) (*cases.Snapshot, error) {
	for from := slices.Clone(c.From); len(from) > 0; from = from[1:] {
		x, err := k.d.Book.Case(ctx, k.r.Team, from[0])
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

// unicodes is domains as people read them.
func unicodes(domains []string) (out []string) {
	for _, d := range domains {
		out = append(out, shown(d))
	}
	return out
}

// shown is a domain as people read it.
func shown(domain string) string {
	if t, err := diag.ParseTarget(domain); err == nil {
		return t.Unicode
	}
	return domain
}

// found is findings in words, each with its code, from the snapshots that know them.
func (k *Work) found(list []diag.Mark, from ...*cases.Snapshot) []string {
	var out []string
	for _, m := range list[:min(len(list), 10)] {
		line := string(m.Code)
		for _, s := range from {
			if f, ok := s.Marked(m); ok {
				line = k.text("case.finding", map[string]any{"title": chat.Clip(k.d.KB.Title(k.r.Lang, f), 200), "code": string(f.Code)})
				break
			}
		}
		out = append(out, line)
	}
	return out
}

func (k *Work) difference(d diag.Difference, from ...*cases.Snapshot) []chat.Section {
	var out []chat.Section
	worse := chat.Caution
	if last := from[len(from)-1]; last != nil && last.Verdict == diag.Broken {
		worse = chat.Bad
	}
	for _, part := range []struct {
		id   string
		tone chat.Tone
		list []diag.Mark
	}{{"fixed", chat.Good, d.Fixed}, {"new", worse, d.New}, {"still", chat.Caution, d.Same}, {"unsure", chat.Unsure, d.Unsure}} {
		if len(part.list) > 0 {
			out = append(out, chat.Section{Tone: part.tone, Heading: k.text("case.diff."+part.id, map[string]any{"count": len(part.list)}), Items: k.found(part.list, from...)})
		}
	}
	if len(out) == 0 {
		out = append(out, chat.Section{Text: k.text("case.diff.none", nil)})
	}
	return out
}

// draft drafts the ticket of the case: /mailticket with what the case knows.
func (k *Work) draft(ctx context.Context, c *cases.Case) error {
	domains := c.AllDomains()
	if len(domains) == 0 {
		k.wrong("case.no-domain", map[string]any{"case": c.Name()})
		return nil
	}
	r := k.r
	given := r.Values
	r.Command, r.Text = chat.Ticket, k.title(c)
	r.Values = map[string]string{"domain": domains[0], "problem": k.title(c), "provider": c.Provider, "since": k.text("case.since-at-latest", map[string]any{"time": k.clock(c.Opened)})}
	if c.Began != "" {
		r.Values["since"] = k.began(c)
	}
	if text := given["text"]; text != "" {
		r.Values["text"] = text
	}
	if c.Priority == cases.Urgent {
		r.Values["impact"] = k.text("ticket.draft.urgent", nil)
	}
	if len(c.Tickets) > 0 {
		r.Values["tried"] = k.text("case.earlier-tickets", map[string]any{"tickets": c.Tickets})
	}
	return answers.Ticket(ctx, k.d, r, k.say)
}
