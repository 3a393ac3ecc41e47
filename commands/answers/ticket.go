package answers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/commands/secrets"
	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

var TicketInputs = []chat.Input{
	{Name: "domain", Kind: chat.Domain}, {Name: "provider", Kind: chat.Choice, Optional: true},
	{Name: "category", Optional: true}, {Name: "account", Optional: true},
	{Name: "problem", Kind: chat.Lines}, {Name: "since", Optional: true}, {Name: "impact", Optional: true},
	{Name: "tried", Kind: chat.Lines, Optional: true},
	{Name: "attached", Kind: chat.Lines, Optional: true}, {Name: "text", Kind: chat.Choice, Optional: true},
}

const (
	TicketLimit    = 3000 // characters, where a form's own limit is not known
	ticketFindings = 8
	ticketAnswers  = 2 // quoted of each finding
)

// ticket is what a ticket is written from.
type ticket struct {
	report    *diag.Report
	situation kb.Situation
	channel   *kb.Recommendation // where it is handed in; nil: not known
	said      map[string]string  // by field
	secrets   []string           // kinds of what was taken out of said
	asker     language.Tag
}

// Ticket drafts the text of a ticket from what is said and what a diagnosis shows. A domain alone asks for the rest.
func Ticket(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	text, wantsForm := intent.WantsForm(r.Text)
	text = strings.Join(strings.Fields(text), " ")
	r.Lang = chat.LanguageOf(text+" "+r.Values["problem"], r.Lang)
	t, ok := intent.DomainIn(cmp.Or(r.Values["domain"], text))
	if !ok && r.Values["domain"] != "" {
		var err error
		t, err = diag.ParseTarget(r.Values["domain"])
		ok = err == nil
	}
	own := ownSettings(ctx, d, r)
	if !ok && text != "" {
		t, ok = ownTarget(own)
	}
	if !ok {
		out := chat.Reply{Tone: chat.Caution, Title: chat.Text(r.Lang, "ticket.which-domain", nil),
			Sections: []chat.Section{{Text: chat.Text(r.Lang, "try",
				map[string]any{"example": chat.ExampleOf(r.Lang, chat.Ticket)})}}, Final: true}
		if r.Values == nil {
			out.Actions = []chat.Action{{ID: "form", Label: chat.Text(r.Lang, "help.button.form", nil), Command: chat.Ticket,
				Text: strings.TrimSpace(chat.Clip(text, 1000) + " " + chat.FormWord)}}
			out.Form = chat.NewForm(chat.Ticket, TicketInputs, r.Lang, map[string]string{"problem": text, "text": "auto"},
				ticketChoices(d.KB, r.Lang, ""))
		}
		reply(out)
		return nil
	}
	reply(chat.Reply{Title: chat.Text(r.Lang, "ticket.looking", map[string]any{"domain": t.Unicode})})
	report, err := Diagnose(ctx, d, r, intent.Question{Target: t}, nil)
	if err != nil {
		return err
	}
	k := ticket{report: report, said: map[string]string{}, asker: r.Lang}
	words := WithoutDomain(text, t)
	for _, in := range TicketInputs {
		clean, kinds := secrets.Mask(r.Values[in.Name])
		if in.Name == "problem" && clean == "" {
			clean, kinds = secrets.Mask(words)
		}
		k.said[in.Name] = strings.TrimSpace(clean)
		for _, kind := range kinds {
			if !slices.Contains(k.secrets, kind) {
				k.secrets = append(k.secrets, kind)
			}
		}
	}
	k.situation = d.KB.Understand(text+" "+k.said["problem"]+" "+k.said["impact"], r.Lang)
	k.situation.Provider = cmp.Or(strings.ToLower(k.said["provider"]), mailboxOf(k.report), k.situation.Provider)
	if slices.Contains(own.Domains, t.Domain) || k.situation.Provider == own.Provider {
		k.situation.Provider = cmp.Or(k.situation.Provider, own.Provider)
		k.said["account"] = cmp.Or(k.said["account"], own.Account)
	}
	k.situation.Region = cmp.Or(k.situation.Region, own.Region)
	k.situation.Ours, k.situation.Theirs = hands(d.KB, r.Lang, k.report)
	now := datetime.In(d.Now(), r.Zone)
	for _, x := range d.KB.Rank(k.situation, now) {
		if x.Channel.Kind == kb.Ticket {
			k.channel = &x
		}
	}
	out := k.reply(d.KB, r.Lang, now)
	if wantsForm || words == "" && len(r.Values) == 0 {
		out.Form = chat.NewForm(chat.Ticket, TicketInputs, r.Lang, k.initial(d.KB, r.Lang),
			ticketChoices(d.KB, r.Lang, k.situation.Provider))
	}
	reply(out)
	return nil
}

// ticketChoices is what may be chosen in the form.
func ticketChoices(b *kb.Base, lang language.Tag, provider string) map[string][]chat.Option {
	languages := []chat.Option{{Value: "auto", Label: chat.Text(lang, "form.text.auto", nil)},
		{Value: "both", Label: chat.Text(lang, "form.text.both", nil)}}
	for _, tag := range chat.Languages() {
		languages = append(languages, chat.Option{Value: tag.String(), Label: chat.Text(tag, "language", nil)})
	}
	return map[string][]chat.Option{"provider": ProviderOptions(b, lang, provider), "text": languages}
}

// initial is the form filled in: from what was said, and what the diagnosis knows.
func (k ticket) initial(b *kb.Base, lang language.Tag) map[string]string {
	out := k.known(b, lang)
	for name, v := range k.said {
		if v != "" {
			out[name] = v
		}
	}
	return out
}

// known is the form filled in from the diagnosis alone.
func (k ticket) known(b *kb.Base, lang language.Tag) map[string]string {
	out := map[string]string{"domain": k.report.Unicode, "provider": k.situation.Provider, "text": "auto",
		"tried": chat.Text(lang, "ticket.draft.diagnosed", nil)}
	var titles []string
	for _, f := range SortedFindings(b, k.report) {
		if f.Severity >= diag.Warning && len(titles) < 3 {
			titles = append(titles, b.Advise(lang, k.report, f).Title)
		}
	}
	if len(titles) > 0 {
		out["problem"] = chat.Text(lang, "ticket.draft.found", map[string]any{"findings": titles})
	}
	if k.channel != nil {
		out["category"] = k.channel.Channel.Category.In(b, lang)
		if bills := k.channel.Channel.Billing.Category.In(b, lang); bills != "" &&
			slices.Contains(k.situation.Topics, "billing") {
			out["category"] = bills
		}
	}
	if k.situation.Urgent {
		out["impact"] = chat.Text(lang, "ticket.draft.urgent", nil)
	}
	return out
}

// WithoutDomain is what was said beside the domain.
func WithoutDomain(text string, t diag.Target) string {
	var words []string
	for _, w := range strings.Fields(text) {
		if other, err := diag.ParseTarget(w); err == nil && other.Domain == t.Domain && !strings.Contains(w, "@") {
			continue
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

func (k ticket) reply(b *kb.Base, lang language.Tag, now time.Time) chat.Reply {
	r := k.report
	out := chat.Reply{Title: chat.Text(lang, "ticket.title", map[string]any{"domain": r.Unicode}), Final: true}
	out.Sections = append(out.Sections, mendFirst(b, lang, k.situation, r)...)
	out.Sections = append(out.Sections, chat.AboutSecrets(lang, k.secrets, "ticket.secrets")...)
	limit := TicketLimit
	var long []chat.Section
	switch {
	case k.channel != nil:
		full := ChannelSection(b, lang, 1, *k.channel, now)
		long = append(long, full)
		out.Sections = append(out.Sections, ticketForm(b, lang, k.channel.Channel, k.situation))
		limit = cmp.Or(k.channel.Channel.Limit, limit)
		if k.channel.Channel.URL != "" {
			out.Actions = append(out.Actions,
				chat.Action{ID: "ticket-page", Label: chat.Text(lang, "ticket.page", nil), URL: k.channel.Channel.URL})
		}
	case b.Provider(k.situation.Provider) == nil:
		out.Sections = append(out.Sections,
			chat.Section{Muted: true, Text: chat.Text(lang, "ticket.no-provider",
				map[string]any{"example": "/mailticket " + r.Domain + " provider=" + b.Asked()[0]})})
	}
	languages := k.languages(lang)
	var drafts []string
	for _, in := range languages {
		draft := k.draft(b, in, limit/len(languages)) // together they are pasted into one form
		heading := chat.Text(lang, "ticket.text",
			map[string]any{"language": chat.Text(in, "language", nil), "count": len([]rune(draft)),
				"limit": limit / len(languages)})
		drafts = append(drafts, draft)
		out.Sections = append(out.Sections, chat.Section{Fields: []chat.Field{{Label: heading}}, Code: draft})
	}
	attach := chat.Section{Heading: chat.Text(lang, "ticket.attach", nil)}
	for _, id := range []string{"screenshot", "headers", "bounce", "times", "never"} {
		attach.Items = append(attach.Items, chat.Text(lang, "ticket.attach."+id, nil))
	}
	out.Sections = append(out.Sections,
		chat.Section{Text: chat.Text(lang, "ticket.attach-line",
			map[string]any{"what": strings.Join(attach.Items, chat.Text(lang, "list-separator", nil))})})
	out.Detail = &chat.Detail{Title: out.Title, Sections: append(long, attach)}
	out.Actions = append(out.Actions,
		chat.Action{ID: "edit", Label: chat.Text(lang, "ticket.edit", nil), Command: chat.Ticket,
			Text: k.words() + " " + chat.FormWord}, diagnosisAction(lang, r))
	out.Data = map[string]any{"ticket": strings.Join(drafts, "\n\n"), "domain": r.Domain, "provider": k.situation.Provider}
	return out
}

// ticketForm is where a ticket is handed in and under which category.
func ticketForm(b *kb.Base, lang language.Tag, c kb.Channel, s kb.Situation) chat.Section {
	category := c.Category
	if slices.Contains(s.Topics, "billing") && len(c.Billing.Category) > 0 {
		category = c.Billing.Category
	}
	out := chat.Section{Fields: []chat.Field{{Label: chat.Text(lang, "channel.reach", nil), Value: reachText(b, lang, c)}}}
	if text := category.In(b, lang); text != "" {
		out.Fields = append(out.Fields, chat.Field{Label: chat.Text(lang, "channel.category", nil), Value: text})
	}
	return out
}

// words is the ticket as a typed line, for the button that opens the form again: what does not fit into a button is
// left to be written anew.
func (k ticket) words() string {
	out := k.report.Domain
	for _, in := range TicketInputs {
		if v := k.said[in.Name]; v != "" && in.Name != "domain" && len(out) < 1200 {
			out += " " + chat.Quoted(in.Name, chat.Clip(v, 300))
		}
	}
	return out
}

// languages is those of the text: as chosen, otherwise the asker's where the provider reads it, and the provider's own
// where not.
func (k ticket) languages(lang language.Tag) []language.Tag {
	lang = chat.Match(lang)
	var theirs []language.Tag
	if k.channel != nil {
		for _, l := range k.channel.Channel.Languages {
			if tag, err := language.Parse(l); err == nil && chat.Match(tag) != lang &&
				slices.Contains(chat.Languages(), chat.Match(tag)) && chat.SameBase(tag, chat.Match(tag)) {
				theirs = append(theirs, chat.Match(tag))
			}
		}
	}
	switch chosen := strings.ToLower(k.said["text"]); chosen {
	case "", "auto":
		if len(theirs) > 0 && !slices.ContainsFunc(k.channel.Channel.Languages,
			func(l string) bool { tag, err := language.Parse(l); return err == nil && chat.SameBase(tag, lang) }) {
			return theirs[:1]
		}
	case "both":
		other := language.Chinese
		if chat.SameBase(lang, language.Chinese) {
			other = language.English
		}
		if len(theirs) > 0 {
			other = theirs[0]
		}
		return []language.Tag{lang, chat.Match(other)}
	default:
		if tag, err := language.Parse(chosen); err == nil {
			return []language.Tag{chat.Match(tag)}
		}
	}
	return []language.Tag{lang}
}

// inShort says what was understood of words in another language than the text's, so that whoever reads the one need not
// read the other.
func (k ticket) inShort(lang language.Tag, words string) string {
	if words == "" || chat.SameBase(chat.LanguageOf(words, language.English), lang) {
		return ""
	}
	var what []string
	for _, topic := range k.situation.Topics {
		if id := "ticket.topic." + topic; chat.Has(id) {
			what = append(what, chat.Text(lang, id, nil))
		}
	}
	what = append(what, kb.Figures(words)...)
	if len(what) == 0 {
		return ""
	}
	return chat.Text(lang, "ticket.draft.in-short",
		map[string]any{"what": strings.Join(what, chat.Text(lang, "list-separator", nil)),
			"language": chat.Text(lang, "ticket.language."+baseOf(chat.LanguageOf(words, language.English)), nil)})
}

func baseOf(tag language.Tag) string {
	base, _ := tag.Base()
	return base.String()
}

// draft is the ticket's text: what is asked, then what was found with its evidence, which is left out from the end
// where the form's limit is near.
func (k ticket) draft(b *kb.Base, lang language.Tag, limit int) string {
	var head, body []string
	said, ours, theirs := maps.Clone(k.said), k.known(b, k.asker), k.known(b, lang)
	for name, v := range said {
		if v == ours[name] { // our own words, left as they stood in the form
			said[name] = theirs[name]
		}
	}
	say := func(id string, args map[string]any) string { return chat.Text(lang, "ticket.draft."+id, args) }
	head = append(head, say("domain", map[string]any{"domain": k.report.Unicode, "alabel": k.report.Domain}))
	if said["category"] != "" {
		head = append(head, say("category", map[string]any{"category": said["category"]}))
	}
	head = append(head, say("account", map[string]any{"account": said["account"]}),
		say("problem", map[string]any{"said": chat.Clip(said["problem"], 800)}))
	if short := k.inShort(lang, said["problem"]); short != "" {
		head = append(head, short)
	}
	for _, name := range []string{"since", "impact", "tried", "attached"} {
		if v := said[name]; v != "" {
			head = append(head, say(name, map[string]any{name: chat.Clip(v, 400)}))
		}
	}
	head = append(head, say("checked", map[string]any{"time": k.report.Started.UTC().Format(time.DateTime)}))
	shown := 0
	for _, f := range SortedFindings(b, k.report) {
		if f.Severity < diag.Warning || shown == ticketFindings {
			continue
		}
		shown++
		body = append(body, fmt.Sprintf("%d. %s [%s]", shown, b.Advise(lang, k.report, f).Title, f.Code))
		for _, e := range f.Evidence[:min(len(f.Evidence), ticketAnswers)] {
			if e.Question != "" {
				body = append(body, fmt.Sprintf("   %s -> %s (%s)", chat.Clip(e.Question, 120),
					chat.Clip(strings.Join(strings.Fields(e.Answer), " "), 200), e.Server))
			}
		}
	}
	if shown == 0 {
		body = append(body, say("nothing", nil))
	}
	tail := say("ask", nil)
	room := limit - len([]rune(tail)) - 1
	var out strings.Builder
	used := 0
	for _, l := range append(head, body...) {
		n := len([]rune(l)) + 1
		if used+n > room {
			break
		}
		used += n
		out.WriteString(l + "\n")
	}
	text := out.String() + tail
	if len([]rune(text)) > limit {
		text = chat.Clip(text, limit-1)
	}
	return text
}
