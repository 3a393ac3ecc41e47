package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

var mailticket = &Command{
	Name: "mailticket", Usage: "DOMAIN [what is wrong, since when, who is affected] [provider=ID] [lang=en|zh]", Example: mailticketExample,
	Summary: "summary.mailticket", Pastes: true, Run: runMailticket,
}

const (
	mailticketExample = "/mailticket example.com no mail since 9:00, 40 people affected"
	ticketLimit       = 3000 // characters, where a form's own limit is not known
	ticketEvidence    = 6    // answers quoted
	ticketFindings    = 8
)

// runMailticket drafts the text of a ticket from what is said and what a diagnosis shows.
func runMailticket(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	text, chosen := cutProvider(strings.Join(strings.Fields(r.Text), " "))
	t, ok := domainIn(text)
	if !ok {
		reply(Reply{Tone: Caution, Title: texts.Text(r.Lang, "ticket.which-domain", nil), Sections: []Section{{Text: texts.Text(r.Lang, "try", map[string]any{"example": mailticketExample})}}, Final: true})
		return nil
	}
	reply(Reply{Title: texts.Text(r.Lang, "ticket.looking", map[string]any{"domain": t.Unicode})})
	report := diagnose(ctx, d, question{target: t}, nil)
	s := d.KB.Understand(text, r.Lang)
	switch id := mailboxOf(report); {
	case chosen != "":
		s.Provider = chosen
	case id != "":
		s.Provider = id
	}
	s.Ours, s.Theirs = hands(d.KB, r.Lang, report)
	said, kinds := withoutSecrets(withoutDomain(text, t))
	reply(ticketReply(d.KB, r.Lang, s, report, said, kinds, inZone(d.Now(), r.Zone)))
	return nil
}

// withoutDomain is what was said beside the domain.
func withoutDomain(text string, t diag.Target) string {
	var words []string
	for _, w := range strings.Fields(text) {
		if other, err := diag.ParseTarget(w); err == nil && other.Domain == t.Domain && !strings.Contains(w, "@") {
			continue
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func ticketReply(b *kb.Base, lang language.Tag, s kb.Situation, r *diag.Report, said string, kinds []string, now time.Time) Reply {
	out := Reply{Title: texts.Text(lang, "ticket.title", map[string]any{"domain": r.Unicode}), Final: true}
	out.Sections = append(out.Sections, mendFirst(b, lang, s, r)...)
	if len(kinds) > 0 {
		var words []string
		for _, k := range kinds {
			words = append(words, texts.Text(lang, "secret."+k, nil))
		}
		out.Sections = append(out.Sections, Section{Tone: Caution, Heading: texts.Text(lang, "ticket.secrets", map[string]any{"kinds": words}), Text: texts.Text(lang, "ticket.secrets.why", nil)})
	}
	limit := ticketLimit
	for _, x := range b.Rank(s, now) {
		if x.Channel.Kind == kb.Ticket {
			out.Sections = append(out.Sections, channelSection(b, lang, 1, x, now))
			if x.Channel.Limit > 0 {
				limit = x.Channel.Limit
			}
			if x.Channel.URL != "" {
				out.Actions = append(out.Actions, Action{ID: "ticket-page", Label: texts.Text(lang, "ticket.page", nil), URL: x.Channel.URL})
			}
		}
	}
	if len(out.Actions) == 0 && b.Provider(s.Provider) == nil {
		out.Sections = append(out.Sections, Section{Muted: true, Text: texts.Text(lang, "ticket.no-provider", map[string]any{"example": "/mailticket " + r.Domain + " provider=" + b.Asked()[0]})})
	}
	draft := draftTicket(b, lang, r, said, limit)
	out.Sections = append(out.Sections, Section{Heading: texts.Text(lang, "ticket.text", nil), Code: draft})
	attach := Section{Heading: texts.Text(lang, "ticket.attach", nil)}
	for _, id := range []string{"screenshot", "headers", "bounce", "times", "never"} {
		attach.Items = append(attach.Items, texts.Text(lang, "ticket.attach."+id, nil))
	}
	out.Sections = append(out.Sections, attach)
	out.Actions = append(out.Actions, diagnosisAction(lang, r))
	out.Data = map[string]any{"ticket": draft}
	return out
}

// draftTicket is the ticket's text: what is asked, then what was found with its evidence, cut to the form's limit from the end.
func draftTicket(b *kb.Base, lang language.Tag, r *diag.Report, said string, limit int) string {
	var w strings.Builder
	line := func(id string, args map[string]any) { w.WriteString(texts.Text(lang, "ticket.draft."+id, args) + "\n") }
	line("domain", map[string]any{"domain": r.Unicode, "alabel": r.Domain})
	line("problem", map[string]any{"said": clip(said, 800)})
	line("account", nil)
	line("checked", map[string]any{"time": r.Started.UTC().Format("2006-01-02 15:04:05")})
	shown, quoted := 0, 0
	for _, f := range sortedFindings(b, r) {
		if f.Severity < diag.Warning || shown == ticketFindings {
			continue
		}
		shown++
		fmt.Fprintf(&w, "%d. %s [%s]\n", shown, b.Advise(lang, r, f).Title, f.Code)
		for _, e := range f.Evidence[:min(len(f.Evidence), 2)] {
			if quoted < ticketEvidence && e.Question != "" {
				quoted++
				fmt.Fprintf(&w, "   %s -> %s (%s)\n", clip(e.Question, 120), clip(strings.Join(strings.Fields(e.Answer), " "), 200), e.Server)
			}
		}
	}
	if shown == 0 {
		line("nothing", nil)
	}
	line("ask", nil)
	text := strings.TrimSpace(w.String())
	if len([]rune(text)) > limit {
		text = clip(text, limit-1)
	}
	return text
}
