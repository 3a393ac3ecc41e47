package answers

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/commands/intent/datetime"
	"signpost/diag"
	"signpost/diag/pattern"
	"signpost/kb"

	"golang.org/x/text/language"
)

var HelpInputs = []chat.Input{
	{Name: "problem", Kind: chat.Lines}, {Name: "domain", Kind: chat.Domain, Optional: true},
	{Name: "provider", Kind: chat.Choice, Optional: true},
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
	t, named := intent.OwnDomainIn(text, d.KB.PublicMail)
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
	if s.Region == "" {
		s.Region = d.KB.SiteRegion(s.Provider, a.report)
		a.bySite = s.Region != ""
	}
	a.s = s
	if own.Provider == "" || own.Provider == s.Provider { // an account is one provider's
		a.account = own.Account
		if len(own.Domains) > 0 {
			a.domain = own.Domains[0]
		}
	}
	var out chat.Reply
	if d.KB.Provider(s.Provider) == nil {
		out = askProvider(d.KB, r.Lang, text, s, a.report, d.Now())
		out.Sections = append(a.firstAid(), out.Sections...)
	} else {
		a.experience = experienced(ctx, d, r, s.Provider)
		out = recommend(a)
	}
	providers := []string{s.Provider}
	if a.report != nil {
		providers = append(providers, providersOf(a.report)...)
	}
	first := append(unknownProvider(r.Lang, unknown), IncidentSections(ctx, d, r, providers)...)
	out.Sections = append(append(first, bounceIn(d.KB, r.Lang, text)...), out.Sections...)
	reply(out)
	return nil
}

func unknownProvider(lang language.Tag, given string) []chat.Section {
	if given == "" {
		return nil
	}
	return []chat.Section{{Tone: chat.Caution,
		Text: chat.Text(lang, "mailhelp.unknown-provider", map[string]any{"given": chat.Clip(given, 60)})}}
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

// aReply is an SMTP reply code that refuses a mail (RFC 5321 4.2.3, RFC 4954 6) with words behind it, as it stands
// inside a sentence.
var aReply = pattern.New(`(?:^|[^0-9.])(?:421|45[0-5]|50[1-4]|53[0-8]|55[0-9]|571)[ :-]+(?:[45]\.\d{1,3}\.\d{1,3} +)?([A-Za-z<].{7,})`)

// quoted is what somebody says that a server said.
var quoted = pattern.New("[\"\u201c\u300c]([A-Za-z][^\"\u201d\u300d]{15,300})[\"\u201d\u300d]")

// HoldsBounce reports a reply of a server inside a sentence, with words that say why: "they return it with 550 Mail
// content denied".
func HoldsBounce(b *kb.Base, text string) bool {
	text = text[:min(len(text), chat.MaxText)]
	for _, form := range []*pattern.Pattern{aReply, quoted} {
		if m := form.FindStringSubmatch(text); m != nil {
			if _, known := b.ReadBounce(m[1]); known { // its words tell, without the number: "450 users" is none
				return true
			}
		}
	}
	return false
}

// bounceIn is what a bounce that stands among the words means.
func bounceIn(b *kb.Base, lang language.Tag, text string) []chat.Section {
	if !intent.LooksLikeBounce.MatchString(text) && !HoldsBounce(b, text) {
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
		"urgent": {{Value: "words", Label: chat.Text(lang, "form.urgent.words", nil)},
			{Value: "yes", Label: chat.Text(lang, "form.yes", nil)}, {Value: "no", Label: chat.Text(lang, "form.no", nil)}},
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

// ProviderOf is the domain's provider, as far as its diagnosis tells: whose hosts take its mail, otherwise whom its
// other records name.
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
		out.Actions = append(out.Actions,
			chat.Action{ID: "provider-" + id, Label: chat.Clip(shortName(b, lang, id), 29), Command: chat.Help,
				Text: chat.Clip(text, 1500) + " provider=" + id})
	}
	if s.Ours {
		out.Tone, out.Title = chat.Caution, chat.Text(lang, "mailhelp.ours", map[string]any{"domain": r.Unicode})
		out.Actions = append([]chat.Action{diagnosisAction(lang, r)}, out.Actions[:min(len(out.Actions), 4)]...)
	}
	known := ofForemost(b, lang, s, now)
	if len(known) == 0 {
		known = kindsSection(b, lang, s, now)
	}
	out.Sections = append(append(append(warnings(lang, s), mendFirst(b, lang, s, r)...), known...),
		chat.Section{Text: chat.Text(lang, "mailhelp.name-provider",
			map[string]any{"example": "/mailhelp " + chat.Clip(text, 60) + " provider=" + b.Asked()[0]})})
	return out
}

// kindsSection is which kind of channel suits, whoever the provider is.
func kindsSection(b *kb.Base, lang language.Tag, s kb.Situation, now time.Time) []chat.Section {
	var items []string
	for _, x := range b.RankKinds(s, now) {
		if len(x.Reasons) > 0 && len(items) < 3 {
			items = append(items, chat.Text(lang, "mailhelp.kind",
				map[string]any{"kind": b.ChannelText(lang, "kind."+x.Channel.Kind, nil), "why": reasons(b, lang, x.Reasons)}))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []chat.Section{{Heading: chat.Text(lang, "mailhelp.kinds", nil), Items: items}}
}
