package answers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

var HelpInputs = []chat.Input{
	{Name: "problem", Kind: chat.Lines}, {Name: "domain", Kind: chat.Domain, Optional: true}, {Name: "provider", Kind: chat.Choice, Optional: true},
	{Name: "region", Optional: true}, {Name: "urgent", Kind: chat.Choice, Optional: true},
}

// Help recommends a support channel for what somebody describes, and says why.
func Help(ctx context.Context, d Deps, r chat.Request, reply func(chat.Reply)) error {
	text := strings.TrimSpace(strings.Join([]string{r.Values["problem"], r.Text, r.Values["domain"]}, " "))
	r.Lang = chat.LanguageOf(text, r.Lang)
	own := ownSettings(ctx, d, r)
	s := d.KB.Understand(text+" "+r.Values["region"], r.Lang)
	if code := d.KB.Region(r.Values["region"]); code != "" {
		s.Region = code
	}
	s.Region = cmp.Or(s.Region, own.Region)
	switch r.Values["urgent"] {
	case "yes":
		s.Urgent, s.Calm, s.Impact = true, false, true
	case "no":
		s.Urgent, s.Calm = false, true
	}
	chosen, unknown := chosenProvider(d.KB, r)
	s.Provider = cmp.Or(chosen, s.Provider)
	a := advice{b: d.KB, lang: r.Lang, text: restated(r), now: datetime.In(d.Now(), r.Zone), more: r.Values["more"] != ""}
	t, named := intent.OwnDomainIn(text)
	if !named && (s.What || !s.Asks) && (s.Provider == "" || s.Provider == own.Provider) {
		t, named = ownTarget(own)
	}
	if named {
		reply(chat.Reply{Title: chat.Text(r.Lang, "mailhelp.looking", map[string]any{"domain": t.Unicode})})
		var err error
		if a.report, err = Diagnose(ctx, d, r, intent.Question{Target: t}, nil); err != nil {
			return err
		}
		if id := mailboxOf(a.report); id != "" && chosen == "" {
			s.Provider = id
		}
		s.Ours, s.Theirs = hands(d.KB, r.Lang, a.report)
		s.Provider = cmp.Or(s.Provider, ProviderOf(a.report))
	}
	s.Provider = cmp.Or(s.Provider, own.Provider)
	a.s = s
	if own.Provider == "" || own.Provider == s.Provider { // an account is one provider's
		a.account = own.Account
	}
	var out chat.Reply
	if d.KB.Provider(s.Provider) == nil {
		out = askProvider(d.KB, r.Lang, text, s, a.report, d.Now())
		out.Sections = append(a.firstAid(), out.Sections...)
	} else {
		a.experience = experienced(ctx, d, r, s.Provider)
		out = recommend(a)
	}
	out.Sections = append(append(unknownProvider(r.Lang, unknown), bounceIn(d.KB, r.Lang, text)...), out.Sections...)
	reply(out)
	return nil
}

// chosenProvider is the provider that was chosen: by its id or a name that it has. Unknown is what was given and is no such.
func chosenProvider(b *kb.Base, r chat.Request) (id, unknown string) {
	given := strings.TrimSpace(r.Values["provider"])
	if given == "" {
		return "", ""
	}
	if low := strings.ToLower(given); b.Provider(low) != nil {
		return low, ""
	}
	if id := b.Understand(given, r.Lang).Provider; id != "" {
		return id, ""
	}
	return "", given
}

func unknownProvider(lang language.Tag, given string) []chat.Section {
	if given == "" {
		return nil
	}
	return []chat.Section{{Tone: chat.Caution, Text: chat.Text(lang, "mailhelp.unknown-provider", map[string]any{"given": chat.Clip(given, 60)})}}
}

// restated is a request as a typed line without its region, for the buttons that ask the same in another way.
func restated(r chat.Request) string {
	out := strings.TrimSpace(r.Values["problem"] + " " + r.Text)
	for _, name := range []string{"domain", "provider", "urgent"} {
		if v := r.Values[name]; v != "" && v != "words" {
			out += " " + chat.Quoted(name, v)
		}
	}
	return strings.Join(strings.Fields(out), " ")
}

// bounceIn is what a bounce that stands among the words means.
func bounceIn(b *kb.Base, lang language.Tag, text string) []chat.Section {
	if !intent.LooksLikeBounce.MatchString(text) {
		return nil
	}
	m := b.Read(text)
	if len(m.Bounces) == 0 || !m.Bounces[0].Known() {
		return nil
	}
	x := bounceReply(b, lang, m.Bounces[0])
	out := chat.Section{Heading: x.Title}
	for _, s := range x.Sections {
		if out.Text == "" && s.Text != "" {
			out.Text = s.Text
		}
		if len(out.Items) == 0 && len(s.Items) > 0 {
			out.Items = s.Items[:min(len(s.Items), 2)]
		}
	}
	return []chat.Section{out}
}

// HelpForm asks for what a recommendation needs.
func HelpForm(b *kb.Base, lang language.Tag) *chat.Form {
	return chat.NewForm(chat.Help, HelpInputs, lang, map[string]string{"urgent": "words"}, map[string][]chat.Option{
		"provider": ProviderOptions(b, lang, ""),
		"urgent":   {{Value: "words", Label: chat.Text(lang, "form.urgent.words", nil)}, {Value: "yes", Label: chat.Text(lang, "form.yes", nil)}, {Value: "no", Label: chat.Text(lang, "form.no", nil)}},
	})
}

// ProviderOptions is the mailbox providers, those asked for most first, and in any case the one that is known already.
func ProviderOptions(b *kb.Base, lang language.Tag, known string) []chat.Option {
	var out []chat.Option
	add := func(id string) {
		if !slices.ContainsFunc(out, func(o chat.Option) bool { return o.Value == id }) && b.Provider(id) != nil {
			out = append(out, chat.Option{Value: id, Label: b.ProviderName(lang, id)})
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

// mailboxOf is the provider whose hosts take the domain's mail.
func mailboxOf(r *diag.Report) string {
	for _, p := range r.Providers {
		if p.Role == "mailbox" && p.By == "mx" {
			return p.ID
		}
	}
	return ""
}

// ProviderOf is the domain's provider, as far as its diagnosis tells: whose hosts take its mail, otherwise whom its other records name.
func ProviderOf(r *diag.Report) string {
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
func askProvider(b *kb.Base, lang language.Tag, text string, s kb.Situation, r *diag.Report, now time.Time) chat.Reply {
	out := chat.Reply{Title: chat.Text(lang, "mailhelp.which-provider", nil), Final: true}
	for _, id := range b.Asked() {
		if len(out.Actions) == 5 {
			break
		}
		out.Actions = append(out.Actions, chat.Action{ID: "provider-" + id, Label: chat.Clip(shortName(b, lang, id), 29), Command: chat.Help, Text: chat.Clip(text, 1500) + " provider=" + id})
	}
	if s.Ours {
		out.Tone, out.Title = chat.Caution, chat.Text(lang, "mailhelp.ours", map[string]any{"domain": r.Unicode})
		out.Actions = append([]chat.Action{diagnosisAction(lang, r)}, out.Actions[:min(len(out.Actions), 4)]...)
	}
	out.Sections = append(append(append(warnings(lang, s), mendFirst(b, lang, s, r)...), kindsSection(b, lang, s, now)...), chat.Section{Text: chat.Text(lang, "mailhelp.name-provider", map[string]any{"example": "/mailhelp " + chat.Clip(text, 60) + " provider=" + b.Asked()[0]})})
	return out
}

// kindsSection is which kind of channel suits, whoever the provider is.
func kindsSection(b *kb.Base, lang language.Tag, s kb.Situation, now time.Time) []chat.Section {
	var items []string
	for _, x := range b.RankKinds(s, now) {
		if len(x.Reasons) > 0 && len(items) < 3 {
			items = append(items, chat.Text(lang, "mailhelp.kind", map[string]any{"kind": b.ChannelText(lang, "kind."+x.Channel.Kind, nil), "why": reasons(b, lang, x.Reasons)}))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []chat.Section{{Heading: chat.Text(lang, "mailhelp.kinds", nil), Items: items}}
}

func reasons(b *kb.Base, lang language.Tag, ids []string) string {
	var why []string
	for _, w := range ids {
		why = append(why, b.ChannelText(lang, "reason."+w, nil))
	}
	return strings.Join(why, chat.Text(lang, "list-separator", nil))
}

// warnings speaks up where a number of the deny list was pasted.
func warnings(lang language.Tag, s kb.Situation) []chat.Section {
	if len(s.Warned) == 0 {
		return nil
	}
	return []chat.Section{{Tone: chat.Caution, Heading: chat.Text(lang, "mailhelp.not-official", map[string]any{"numbers": s.Warned}), Text: chat.Text(lang, "mailhelp.not-official.why", nil)}}
}

func diagnosisAction(lang language.Tag, r *diag.Report) chat.Action {
	return chat.Action{ID: "diagnosis", Label: chat.Text(lang, "action.diagnosis", nil), Command: chat.Check, Text: r.Domain}
}

// statusPages is where the provider tells of outages and changes, in the asker's region first; only those of no other region.
func statusPages(b *kb.Base, lang language.Tag, s kb.Situation, p *kb.Provider) []chat.Section {
	var items []string
	for _, c := range p.Channels {
		if (c.Kind == kb.Status || c.Kind == kb.Announcements) && s.Covers(c) {
			items = append(items, chat.Text(lang, "mailhelp.page", map[string]any{"kind": b.ChannelText(lang, "kind."+c.Kind, nil), "url": c.URL}))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []chat.Section{{Heading: chat.Text(lang, "mailhelp.pages", nil), Items: items}}
}

// together reports whether a ticket and a call belong together: it is urgent, or logs are to be read, which a ticket carries and a call hastens.
func together(ranked []kb.Recommendation, s kb.Situation) bool {
	logs, among := slices.Contains(s.Topics, "logs"), 2
	if logs {
		among = 4
	}
	has := func(kind string) bool {
		return slices.ContainsFunc(ranked[:min(len(ranked), among)], func(x kb.Recommendation) bool {
			return x.Channel.Kind == kind && !slices.Contains(x.Reasons, "foreign") && !slices.Contains(x.Reasons, "closed")
		})
	}
	return (s.Urgent || logs && !s.Calm) && has(kb.Phone) && has(kb.Ticket)
}

// mendFirst names what no support is needed for.
func mendFirst(b *kb.Base, lang language.Tag, s kb.Situation, r *diag.Report) []chat.Section {
	if r == nil || !s.Ours {
		return nil
	}
	var items []string
	for _, f := range SortedFindings(b, r) {
		a := b.Advise(lang, r, f)
		if f.Severity < diag.Error || a.Who == kb.Vendor || a.Who == kb.Nobody || len(items) == shownFaults {
			continue
		}
		items = append(items, chat.Text(lang, "mailhelp.mend-item", map[string]any{"title": a.Title, "who": a.WhoText}))
	}
	return []chat.Section{{Tone: chat.Bad, Heading: chat.Text(lang, "mailhelp.mend-first", map[string]any{"domain": r.Unicode}), Items: items}}
}

// ChannelSection is one channel: how it is reached, why, when, in which languages, and where that is known from.
func ChannelSection(b *kb.Base, lang language.Tag, place int, x kb.Recommendation, now time.Time) chat.Section {
	c := x.Channel
	s := chat.Section{Heading: fmt.Sprintf("%d. %s", place, b.ChannelText(lang, "kind."+c.Kind, nil))}
	add := func(label, value string) {
		if value != "" {
			s.Fields = append(s.Fields, chat.Field{Label: chat.Text(lang, "channel."+label, nil), Value: value})
		}
	}
	add("reach", reachText(b, lang, c))
	add("menu", c.Menu.In(b, lang))
	add("plan", c.Plan.In(b, lang))
	add("region", regionText(lang, c.Region))
	add("category", c.Category.In(b, lang))
	add("why", reasons(b, lang, x.Reasons))
	add("hours", openText(lang, c.Hours, x.Opening, now))
	var spoken []string
	for _, l := range c.Languages {
		spoken = append(spoken, languageText(lang, l))
	}
	add("languages", strings.Join(spoken, chat.Text(lang, "list-comma", nil)))
	add("note", c.Note.In(b, lang))
	known := map[string]any{"seen": c.Seen, "source": chat.Clip(c.Source, 160), "page": c.PageDate}
	switch {
	case c.Stale(now):
		add("source", chat.Text(lang, "channel.stale", known))
	case c.Unconfirmed():
		add("source", chat.Text(lang, "channel.unconfirmed", known))
	default:
		add("source", chat.Text(lang, "channel.confirmed", known))
	}
	return s
}

// openText is whether somebody answers now, and when next by the asker's clock; the hours stand by the channel's own.
func openText(lang language.Tag, h *kb.Hours, o kb.Opening, now time.Time) string {
	switch {
	case !o.Known:
		return chat.Text(lang, "open.unknown", nil)
	case h.Always:
		return chat.Text(lang, "open.always", nil)
	}
	args := map[string]any{"days": daysText(lang, h.Days), "from": h.Open, "till": h.Close, "zone": h.Zone, "holidays": o.Holidays, "holiday": o.Holiday}
	if o.Open {
		return chat.Text(lang, "open.now", args)
	}
	args["next"] = o.Next.In(now.Location()).Format("2006-01-02 15:04 -07:00")
	return chat.Text(lang, "open.later", args)
}

// daysText is days such as "mon-fri" in words.
func daysText(lang language.Tag, days string) string {
	from, till, ok := strings.Cut(days, "-")
	if !ok {
		return chat.Text(lang, "day."+from, nil)
	}
	return chat.Text(lang, "days", map[string]any{"from": chat.Text(lang, "day."+from, nil), "till": chat.Text(lang, "day."+till, nil)})
}

// regionText is the name of a region: ISO 3166, or intl.
func regionText(lang language.Tag, code string) string {
	if id := "region." + code; chat.Has(id) {
		return chat.Text(lang, id, nil)
	}
	if r, err := language.ParseRegion(code); err == nil {
		if name := display.Regions(chat.Match(lang)).Name(r); name != "" {
			return name
		}
	}
	return code
}

// languageText is the name of a language.
func languageText(lang language.Tag, code string) string {
	if tag, err := language.Parse(code); err == nil {
		if name := display.Languages(chat.Match(lang)).Name(tag); name != "" {
			return name
		}
	}
	return code
}
