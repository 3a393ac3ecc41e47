package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/commands/when"
	"signpost/diag"
	"signpost/kb"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var mailhelp = &Command{
	Name: Help, Summary: "summary.mailhelp", Public: true, Run: runMailhelp, // without words Handle lists the commands and asks back
	Inputs:   helpInputs,
	asksBack: func(text string) bool { return text == "" },
}

// Help is the command that recommends a support channel, and lists all commands.
const Help = "mailhelp"

var helpInputs = []Input{
	{Name: "problem", Kind: Lines}, {Name: "domain", Kind: Domain, Optional: true}, {Name: "provider", Kind: Choice, Optional: true},
	{Name: "region", Optional: true}, {Name: "urgent", Kind: Choice, Optional: true},
}

// runMailhelp recommends a support channel for what somebody describes, and says why.
func runMailhelp(ctx context.Context, d Deps, r Request, reply func(Reply)) error {
	if about, ok := wantsPerson(r.Text); ok {
		r.Text = about
		return runHandover(ctx, d, r, reply)
	}
	text, chosen := strings.TrimSpace(strings.Join([]string{r.Values["problem"], r.Text, r.Values["domain"], r.Values["region"]}, " ")), strings.ToLower(r.Values["provider"])
	s := d.KB.Understand(text, r.Lang)
	if chosen != "" {
		s.Provider = chosen
	}
	switch r.Values["urgent"] {
	case "yes":
		s.Urgent, s.Calm = true, false
	case "no":
		s.Urgent, s.Calm = false, true
	}
	var report *diag.Report
	if t, ok := domainIn(text); ok {
		reply(Reply{Title: texts.Text(r.Lang, "mailhelp.looking", map[string]any{"domain": t.Unicode})})
		var err error
		if report, err = diagnose(ctx, d, r, question{target: t}, nil); err != nil {
			return err
		}
		if id := mailboxOf(report); id != "" && chosen == "" {
			s.Provider = id
		}
		s.Ours, s.Theirs = hands(d.KB, r.Lang, report)
	}
	if d.KB.Provider(s.Provider) == nil {
		reply(askProvider(d.KB, r.Lang, text, s, report, d.Now()))
		return nil
	}
	reply(recommend(d.KB, r.Lang, s, report, text, when.In(d.Now(), r.Zone), experienced(ctx, d, r, s.Provider)))
	return nil
}

// helpForm asks for what a recommendation needs.
func helpForm(b *kb.Base, lang language.Tag) *Form {
	return newForm(Help, helpInputs, lang, map[string]string{"urgent": "no"}, map[string][]Option{
		"provider": providerOptions(b, lang, ""),
		"urgent":   {{"yes", texts.Text(lang, "form.yes", nil)}, {"no", texts.Text(lang, "form.no", nil)}},
	})
}

// providerOptions is the mailbox providers, those asked for most first, and in any case the one that is known already.
func providerOptions(b *kb.Base, lang language.Tag, known string) []Option {
	var out []Option
	add := func(id string) {
		if !slices.ContainsFunc(out, func(o Option) bool { return o.Value == id }) && b.Provider(id) != nil {
			out = append(out, Option{id, b.ProviderName(lang, id)})
		}
	}
	add(known)
	for _, id := range b.Asked() {
		add(id)
	}
	for _, p := range b.Providers() {
		if p.Role == "mailbox" {
			add(p.ID)
		}
	}
	return out[:min(len(out), 100)]
}

// domainIn is the first word of a text that is a domain under a suffix that there is (or one of the lab's).
func domainIn(text string) (diag.Target, bool) {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n,，、;；（）()", r) }) {
		if !strings.ContainsAny(w, ".。．") {
			continue
		}
		t, err := diag.ParseTarget(w)
		if err != nil {
			continue
		}
		suffix, icann := publicsuffix.PublicSuffix(t.Domain)
		if t.Domain != suffix && (icann || slices.Contains([]string{"example", "test"}, suffix)) {
			return t, true
		}
	}
	return diag.Target{}, false
}

// mailboxOf is the provider whose hosts take the domain's mail.
func mailboxOf(r *diag.Report) string {
	for _, p := range r.Providers {
		if p.Role == "mailbox" && p.By == "mx" {
			return p.ID
		}
	}
	return ""
}

// providerOf is the domain's provider, as far as its diagnosis tells: whose hosts take its mail, otherwise whom its other records name.
func providerOf(r *diag.Report) string {
	if id := mailboxOf(r); id != "" {
		return id
	}
	for _, p := range r.Providers {
		if p.Role == "mailbox" {
			return p.ID
		}
	}
	return ""
}

// hands tells in whose hands the faults lie that block mail.
func hands(b *kb.Base, lang language.Tag, r *diag.Report) (ours, theirs bool) {
	for _, f := range r.Findings() {
		if f.Severity < diag.Error {
			continue
		}
		switch b.Advise(lang, r, f).Who {
		case kb.Vendor:
			theirs = true
		case kb.Nobody:
		default:
			ours = true
		}
	}
	return ours, theirs
}

// askProvider asks for the one thing that nothing told.
func askProvider(b *kb.Base, lang language.Tag, text string, s kb.Situation, r *diag.Report, now time.Time) Reply {
	out := Reply{Title: texts.Text(lang, "mailhelp.which-provider", nil), Final: true}
	for _, id := range b.Asked() {
		if len(out.Actions) == 5 {
			break
		}
		name, _, _ := strings.Cut(b.ProviderName(lang, id), " (")
		name, _, _ = strings.Cut(name, " / ")
		name, _, _ = strings.Cut(name, "（")
		out.Actions = append(out.Actions, Action{ID: "provider-" + id, Label: clip(name, 29), Command: Help, Text: clip(text, 1500) + " provider=" + id})
	}
	if s.Ours {
		out.Tone, out.Title = Caution, texts.Text(lang, "mailhelp.ours", map[string]any{"domain": r.Unicode})
		out.Actions = append([]Action{diagnosisAction(lang, r)}, out.Actions[:min(len(out.Actions), 4)]...)
	}
	out.Sections = append(append(append(warnings(lang, s), mendFirst(b, lang, s, r)...), kindsSection(b, lang, s, now)...), Section{Text: texts.Text(lang, "mailhelp.name-provider", map[string]any{"example": "/mailhelp " + clip(text, 60) + " provider=" + b.Asked()[0]})})
	return out
}

// kindsSection is which kind of channel suits, whoever the provider is.
func kindsSection(b *kb.Base, lang language.Tag, s kb.Situation, now time.Time) []Section {
	var items []string
	for _, x := range b.RankKinds(s, now) {
		if len(x.Reasons) > 0 && len(items) < 3 {
			items = append(items, texts.Text(lang, "mailhelp.kind", map[string]any{"kind": b.ChannelText(lang, "kind."+x.Channel.Kind, nil), "why": reasons(b, lang, x.Reasons)}))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []Section{{Heading: texts.Text(lang, "mailhelp.kinds", nil), Items: items}}
}

func reasons(b *kb.Base, lang language.Tag, ids []string) string {
	var why []string
	for _, w := range ids {
		why = append(why, b.ChannelText(lang, "reason."+w, nil))
	}
	return strings.Join(why, texts.Text(lang, "list-separator", nil))
}

// warnings speaks up where a number of the deny list was pasted.
func warnings(lang language.Tag, s kb.Situation) []Section {
	if len(s.Warned) == 0 {
		return nil
	}
	return []Section{{Tone: Caution, Heading: texts.Text(lang, "mailhelp.not-official", map[string]any{"numbers": s.Warned}), Text: texts.Text(lang, "mailhelp.not-official.why", nil)}}
}

// recommend is the answer: what to mend first, which channel and why, what to have at hand.
func recommend(b *kb.Base, lang language.Tag, s kb.Situation, r *diag.Report, text string, now time.Time, experience map[string]string) Reply {
	p := b.Provider(s.Provider)
	name := b.ProviderName(lang, p.ID)
	ranked := b.Rank(s, now)
	out := Reply{Final: true, Data: ranked}
	out.Sections = append(out.Sections, warnings(lang, s)...)
	out.Sections = append(out.Sections, mendFirst(b, lang, s, r)...)
	if len(ranked) == 0 {
		out.Tone = Caution
		out.Title = texts.Text(lang, "mailhelp.nothing-known", map[string]any{"provider": name})
		out.Sections = append(out.Sections, preparation(b, lang, s, r, text))
		return out
	}
	first := b.ChannelText(lang, "kind."+ranked[0].Channel.Kind, nil)
	out.Title = texts.Text(lang, "mailhelp.title", map[string]any{"provider": name, "channel": first})
	if s.Ours {
		out.Tone, out.Title = Caution, texts.Text(lang, "mailhelp.title-ours", map[string]any{"provider": name, "channel": first})
	}
	if together(ranked, s) {
		out.Sections = append(out.Sections, Section{Text: texts.Text(lang, "mailhelp.together", nil)})
	}
	for i, x := range ranked[:min(len(ranked), 4)] {
		s := channelSection(b, lang, i+1, x, now)
		if e := experience[x.Channel.Kind]; e != "" {
			s.Fields = append(s.Fields, Field{Label: texts.Text(lang, "channel.experience", nil), Value: e})
		}
		out.Sections = append(out.Sections, s)
	}
	out.Sections = append(out.Sections, statusPages(b, lang, s, p)...)
	if where := p.Console.In(b, lang); where != "" {
		out.Sections = append(out.Sections, Section{Muted: true, Text: texts.Text(lang, "mailhelp.console", map[string]any{"path": where})})
	}
	if !slices.ContainsFunc(ranked, func(x kb.Recommendation) bool {
		return x.Channel.Kind == kb.Phone && !slices.Contains(x.Reasons, "foreign")
	}) {
		out.Sections = append(out.Sections, Section{Muted: true, Text: texts.Text(lang, "mailhelp.no-number", nil)})
	}
	out.Sections = append(out.Sections, preparation(b, lang, s, r, text))
	if r != nil {
		out.Actions = append(out.Actions, diagnosisAction(lang, r))
	}
	return out
}

func diagnosisAction(lang language.Tag, r *diag.Report) Action {
	return Action{ID: "diagnosis", Label: texts.Text(lang, "action.diagnosis", nil), Command: mailcheckName, Text: r.Domain}
}

// statusPages is where the provider tells of outages and changes, in the asker's region first; only those of no other region.
func statusPages(b *kb.Base, lang language.Tag, s kb.Situation, p *kb.Provider) []Section {
	var items []string
	for _, c := range p.Channels {
		if (c.Kind == kb.Status || c.Kind == kb.Announcements) && s.Covers(c) {
			items = append(items, texts.Text(lang, "mailhelp.page", map[string]any{"kind": b.ChannelText(lang, "kind."+c.Kind, nil), "url": c.URL}))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []Section{{Heading: texts.Text(lang, "mailhelp.pages", nil), Items: items}}
}

// together reports whether a ticket and a call belong together: urgent, and logs or a record are wanted.
func together(ranked []kb.Recommendation, s kb.Situation) bool {
	has := func(kind string) bool {
		return slices.ContainsFunc(ranked[:min(len(ranked), 2)], func(x kb.Recommendation) bool {
			return x.Channel.Kind == kind && !slices.Contains(x.Reasons, "foreign") && !slices.Contains(x.Reasons, "closed")
		})
	}
	return s.Urgent && has(kb.Phone) && has(kb.Ticket)
}

// mendFirst names what no support is needed for.
func mendFirst(b *kb.Base, lang language.Tag, s kb.Situation, r *diag.Report) []Section {
	if r == nil || !s.Ours {
		return nil
	}
	var items []string
	for _, f := range sortedFindings(b, r) {
		a := b.Advise(lang, r, f)
		if f.Severity < diag.Error || a.Who == kb.Vendor || a.Who == kb.Nobody || len(items) == 5 {
			continue
		}
		items = append(items, texts.Text(lang, "mailhelp.mend-item", map[string]any{"title": a.Title, "who": a.WhoText}))
	}
	return []Section{{Tone: Bad, Heading: texts.Text(lang, "mailhelp.mend-first", map[string]any{"domain": r.Unicode}), Items: items}}
}

// channelSection is one channel: how it is reached, why, when, in which languages, and where that is known from.
func channelSection(b *kb.Base, lang language.Tag, place int, x kb.Recommendation, now time.Time) Section {
	c := x.Channel
	s := Section{Heading: fmt.Sprintf("%d. %s", place, b.ChannelText(lang, "kind."+c.Kind, nil))}
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, Field{Label: texts.Text(lang, "channel."+label, nil), Value: value})
		}
	}
	var reach []string
	for _, w := range []string{c.Number, c.Address, c.URL, c.Path.In(b, lang)} {
		if w != "" {
			reach = append(reach, w)
		}
	}
	add("reach", strings.Join(reach, " · "))
	add("region", regionText(lang, c.Region))
	add("category", c.Category.In(b, lang))
	add("why", reasons(b, lang, x.Reasons))
	add("hours", openText(lang, c.Hours, x.Opening, now))
	var spoken []string
	for _, l := range c.Languages {
		spoken = append(spoken, languageText(lang, l))
	}
	add("languages", strings.Join(spoken, texts.Text(lang, "list-comma", nil)))
	add("note", c.Note.In(b, lang))
	known := map[string]any{"seen": c.Seen, "source": clip(c.Source, 160)}
	switch {
	case c.Stale(now):
		add("source", texts.Text(lang, "channel.stale", known))
	case c.Unconfirmed():
		add("source", texts.Text(lang, "channel.unconfirmed", known))
	default:
		add("source", texts.Text(lang, "channel.confirmed", known))
	}
	return s
}

// openText is whether somebody answers now, and when next by the asker's clock; the hours stand by the channel's own.
func openText(lang language.Tag, h *kb.Hours, o kb.Opening, now time.Time) string {
	switch {
	case !o.Known:
		return texts.Text(lang, "open.unknown", nil)
	case h.Always:
		return texts.Text(lang, "open.always", nil)
	}
	args := map[string]any{"days": daysText(lang, h.Days), "from": h.Open, "till": h.Close, "zone": h.Zone, "holidays": o.Holidays, "holiday": o.Holiday}
	if o.Open {
		return texts.Text(lang, "open.now", args)
	}
	args["next"] = o.Next.In(now.Location()).Format("2006-01-02 15:04 -07:00")
	return texts.Text(lang, "open.later", args)
}

// daysText is days such as "mon-fri" in words.
func daysText(lang language.Tag, days string) string {
	from, till, ok := strings.Cut(days, "-")
	if !ok {
		return texts.Text(lang, "day."+from, nil)
	}
	return texts.Text(lang, "days", map[string]any{"from": texts.Text(lang, "day."+from, nil), "till": texts.Text(lang, "day."+till, nil)})
}

// regionText is the name of a region: ISO 3166, or intl.
func regionText(lang language.Tag, code string) string {
	if id := "region." + code; texts.Has(id) {
		return texts.Text(lang, id, nil)
	}
	if r, err := language.ParseRegion(code); err == nil {
		if name := display.Regions(texts.Match(lang)).Name(r); name != "" {
			return name
		}
	}
	return code
}

// languageText is the name of a language.
func languageText(lang language.Tag, code string) string {
	if tag, err := language.Parse(code); err == nil {
		if name := display.Languages(texts.Match(lang)).Name(tag); name != "" {
			return name
		}
	}
	return code
}

// preparation is what to have at hand before calling or writing; what is known already is ticked.
func preparation(b *kb.Base, lang language.Tag, s kb.Situation, r *diag.Report, text string) Section {
	out := Section{Heading: texts.Text(lang, "prepare.title", nil)}
	item := func(done bool, id string, args map[string]any) {
		box := "☐ "
		if done {
			box = "☑ "
		}
		out.Items = append(out.Items, box+texts.Text(lang, "prepare."+id, args))
	}
	domain, records := "", ""
	if r != nil {
		domain = r.Unicode
		var checks []string
		for _, res := range r.Results {
			if slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Severity >= diag.Warning }) {
				checks = append(checks, b.CheckTitle(lang, res.Check))
			}
		}
		records = strings.Join(checks, ", ")
		if records == "" {
			records = texts.Text(lang, "prepare.no-records", nil)
		}
	}
	item(r != nil, "domain", map[string]any{"domain": domain})
	item(false, "account", nil)
	item(len([]rune(text)) >= 20, "description", nil)
	item(false, "screenshots", nil)
	item(r != nil, "records", map[string]any{"records": records})
	item(s.Urgent, "impact", map[string]any{"urgent": s.Urgent})
	return out
}
