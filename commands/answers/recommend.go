package answers

import (
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/kb"
)

// aidFields is how many lines of a channel stand below the first aid.
const aidFields = 3

// recommend is the answer: what to mend first, the channel that comes first and why, what to have at hand. The other
// channels and the sources stand behind "more".
func recommend(a advice) chat.Reply {
	p := a.b.Provider(a.s.Provider)
	ranked := a.b.Rank(a.s, a.now)
	if len(ranked) > 0 && a.s.Region == "" && !a.s.Covers(ranked[0].Channel) { // all of the answer is for one region
		a.s.Region, a.taken = ranked[0].Channel.Region, true
		ranked = a.b.Rank(a.s, a.now)
	}
	out := chat.Reply{Final: true, Data: ranked}
	out.Sections = append(warnings(a.lang, a.s), a.firstAid()...)
	out.Sections = append(out.Sections, mendFirst(a.b, a.lang, a.s, a.report)...)
	var long []chat.Section
	if len(ranked) == 0 {
		out.Tone = chat.Caution
		out.Title = a.say("mailhelp.nothing-known", map[string]any{"provider": a.b.ProviderName(a.lang, p.ID)})
		out.Sections = append(out.Sections, chat.Section{Text: a.nextStep(p)}, a.atHand())
		long = append(long, a.preparation())
	} else {
		long = a.channels(&out, p, ranked)
	}
	if a.report != nil {
		out.Actions = append(out.Actions, diagnosisAction(a.lang, a.report))
	}
	if a.more {
		out.Sections = append(out.Sections, long...)
		return out
	}
	out.Detail = &chat.Detail{Title: out.Title, Sections: long}
	out.Actions = append(out.Actions, moreAction(a.lang, chat.Help, chat.Clip(a.text, 1500)+" more=yes"))
	return out
}

// channels puts the channel that comes first into the answer, and gives what stands behind it.
func (a advice) channels(out *chat.Reply, p *kb.Provider, ranked []kb.Recommendation) []chat.Section {
	ranked, lacking, spare := a.hereFirst(ranked)
	first := ranked[0]
	phone := slices.IndexFunc(ranked, func(x kb.Recommendation) bool { return x.Channel.Kind == kb.Phone })
	noPhone := phone < 0 || a.s.Region != "" && !a.s.Covers(ranked[phone].Channel)
	out.Title = a.title(p, first, lacking)
	if a.s.Ours {
		out.Tone = chat.Caution
	}
	channel := a.short(first)
	if slices.Contains(a.s.Topics, "compromised") { // the first aid stands above, and the way to help must still be seen
		channel.Fields = channel.Fields[:min(len(channel.Fields), aidFields)]
	}
	out.Sections = append(out.Sections, channel)
	if noPhone && a.s.Urgent && !a.s.Asks {
		out.Sections = append(out.Sections, chat.Section{Text: a.instead(ranked)})
	}
	// No region was named: a number is not kept from who is in need.
	if a.s.Urgent && a.s.Region == "" && phone > 0 && spare < 0 {
		spare = phone
	}
	if a.s.Newcomer && !a.s.Asks && !a.s.Urgent && first.Channel.Kind == kb.HelpCentre {
		out.Sections = append(out.Sections, a.afterHelp(ranked)...)
	} else if slices.Contains(a.s.Topics, "unanswered") {
		out.Sections = append(out.Sections, chat.Section{Text: a.say("mailhelp.unanswered", nil)})
	} else if together(ranked, a.s) {
		ticket := ranked[slices.IndexFunc(ranked, func(x kb.Recommendation) bool { return x.Channel.Kind == kb.Ticket })]
		args := map[string]any{"ticket": "", "phone": ""} // the one that does not stand above
		if first.Channel.Kind != kb.Ticket {
			args["ticket"] = reachText(a.b, a.lang, ticket.Channel)
		}
		if first.Channel.Kind != kb.Phone {
			args["phone"] = reachText(a.b, a.lang, ranked[phone].Channel)
		}
		out.Sections = append(out.Sections, chat.Section{Text: a.say("mailhelp.together", args)})
	} else if i := a.second(ranked, spare); i > 0 && (!a.s.Ours || a.s.Urgent) && !a.seeksConsole() {
		out.Sections = append(out.Sections,
			chat.Section{Text: a.say("mailhelp.then",
				map[string]any{"kind": a.b.ChannelText(a.lang, "kind."+ranked[i].Channel.Kind, nil),
					"reach": reachText(a.b, a.lang, ranked[i].Channel), "region": regionText(a.lang, ranked[i].Channel.Region)})})
	}
	out.Sections = append(out.Sections, a.next(p)...)
	a.assumed(out, p)
	out.Sections = append(a.ifDown(p), out.Sections...)
	var long []chat.Section
	for i, x := range ranked[:min(len(ranked), 5)] {
		s := ChannelSection(a.b, a.lang, i+1, x, a.now)
		if e := a.experience[x.Channel.Kind]; e != "" {
			s.Fields = append(s.Fields, chat.Field{Label: a.say("channel.experience", nil), Value: e})
		}
		long = append(long, s)
	}
	long = append(long, statusPages(a.b, a.lang, a.s, p)...)
	for _, where := range []ownWords{{"mailhelp.console", p.Console}, {"mailhelp.self-help", p.SelfHelp},
		{"mailhelp.console-billing", p.BillingConsole}} {
		if path := where.text.In(a.b, a.lang); path != "" {
			long = append(long, chat.Section{Muted: true, Text: a.say(where.id, map[string]any{"path": path})})
		}
	}
	if noPhone {
		long = append(long, chat.Section{Muted: true, Text: a.instead(ranked)})
	}
	return append(long, a.preparation())
}

// ownWords is a sentence of the catalogue and the provider's own text for it.
type ownWords struct {
	id   string
	text kb.Text
}

// title is the verdict: the channel, and where somebody asked for it, how it is reached.
func (a advice) title(p *kb.Provider, x kb.Recommendation, lacking []string) string {
	args := map[string]any{
		"provider": shortName(a.b, a.lang, p.ID), "channel": a.b.ChannelText(a.lang, "kind."+x.Channel.Kind, nil),
		"region":  regionText(a.lang, a.s.Region),
		"lacking": strings.Join(lacking, a.say("list-or", nil)), "reach": reachText(a.b, a.lang, x.Channel),
		"where": regionText(a.lang, x.Channel.Region),
	}
	switch {
	case len(lacking) > 0:
		return a.say("mailhelp.title-lacking", args)
	case a.s.Asks && slices.Contains(a.s.Wants, x.Channel.Kind):
		return a.say("mailhelp.title-asked", args)
	case a.s.Ours:
		return a.say("mailhelp.title-ours", args)
	}
	args["why"] = reasons(a.b, a.lang, x.Reasons)
	return a.say("mailhelp.title", args)
}

// second is which channel is named beside the first: another that was asked for, otherwise the next that is open to the
// asker; 0: none.
func (a advice) second(ranked []kb.Recommendation, spare int) int {
	if spare > 0 {
		return spare
	}
	for _, asked := range []bool{true, false} {
		for i, x := range ranked {
			if x.Channel.Kind == kb.Phone && slices.Contains(a.s.Topics, "no-phone") ||
				x.Channel.Presales && !slices.Contains(a.s.Topics, "billing") {
				continue
			}
			if i > 0 && (!asked || slices.Contains(a.s.Wants, x.Channel.Kind)) && !slices.Contains(x.Reasons, "foreign") {
				return i
			}
		}
	}
	return 0
}

// short is a channel in a few rows: how it is reached, when, where, since when that is known.
func (a advice) short(x kb.Recommendation) chat.Section {
	full := ChannelSection(a.b, a.lang, 1, x, a.now)
	var out chat.Section
	menu, category := "menu", "category"
	if slices.Contains(a.s.Topics, "billing") && len(x.Channel.Billing.Menu)+len(x.Channel.Billing.Category) > 0 {
		menu, category = "menu-billing", "category-billing"
	}
	for _, name := range []string{"reach", "hours", "region", menu, category, "note", "source"} {
		label := chat.Text(a.lang, "channel."+name, nil)
		i := slices.IndexFunc(full.Fields, func(f chat.Field) bool { return f.Label == label })
		if i < 0 || name == "reach" && a.s.Asks && slices.Contains(a.s.Wants, x.Channel.Kind) || name == category &&
			x.Channel.Kind != kb.Ticket ||
			name == "hours" && !x.Opening.Known && x.Channel.Kind != kb.Phone || name == "note" && x.Channel.Number != "" {
			continue
		}
		f := full.Fields[i]
		if name == "region" && len(x.Channel.Languages) > 0 {
			f.Value = a.say("channel.region-languages",
				map[string]any{"region": f.Value, "languages": spokenText(a.lang, x.Channel.Languages)})
		}
		out.Fields = append(out.Fields, f)
	}
	if where := a.b.Provider(a.s.Provider).SelfHelp.In(a.b, a.lang); x.Channel.Kind == kb.HelpCentre && where != "" {
		out.Fields = append(out.Fields, chat.Field{Label: a.say("channel.console", nil), Value: where})
	}
	return out
}

// switches is how many buttons there are for other regions.
const switches = 3

// assumed says which region was taken where none was named, with buttons for the provider's others.
func (a advice) assumed(out *chat.Reply, p *kb.Provider) {
	taken := a.s.Assumed()
	var others []string
	for _, c := range p.Channels {
		if c.Kind == kb.Console && !slices.Contains(a.s.Wants, kb.Console) {
			continue // its sites are more than those of support
		}
		if !a.s.Covers(c) && !slices.Contains(others, c.Region) {
			others = append(others, c.Region)
		}
	}
	slices.Sort(others)
	if len(others) == 0 {
		return
	}
	if a.s.Region == "" || a.bySite || a.taken {
		out.Sections = append(out.Sections,
			chat.Section{Muted: true, Text: a.say("mailhelp.assumed",
				map[string]any{"region": regionText(a.lang, taken), "site": a.bySite})})
	}
	// A named region is not one of many to choose from.
	if len(others) > switches && a.s.Region != "" && !a.taken {
		return
	}
	for _, code := range others[:min(len(others), switches)] {
		out.Actions = append(out.Actions,
			chat.Action{ID: "region-" + code,
				Label:   chat.Clip(a.say("action.region", map[string]any{"region": regionText(a.lang, code)}), 29),
				Command: chat.Help, Text: strings.TrimSpace(chat.Clip(a.text, 1400) + " region=" + code)})
	}
}

// ifDown is the status page, where somebody asks whether the provider has a fault.
func (a advice) ifDown(p *kb.Provider) []chat.Section {
	if !slices.Contains(a.s.Topics, "status") {
		return nil
	}
	return statusPages(a.b, a.lang, a.s, p)
}

// nextStep is what to do at a provider of whom no channel is known.
func (a advice) nextStep(p *kb.Provider) string {
	if where := p.Console.In(a.b, a.lang); where != "" {
		return a.say("mailhelp.console", map[string]any{"path": where})
	}
	return a.say("mailhelp.sign-in", map[string]any{"provider": shortName(a.b, a.lang, p.ID)})
}

// instead is which of the ways that are known stand in for a number.
func (a advice) instead(ranked []kb.Recommendation) string {
	var kinds []string
	for _, kind := range []string{kb.Ticket, kb.Chat, kb.HelpCentre, kb.Email} {
		if slices.ContainsFunc(ranked,
			func(x kb.Recommendation) bool { return x.Channel.Kind == kind && !x.Channel.Presales }) {
			kinds = append(kinds, a.b.ChannelText(a.lang, "kind."+kind, nil))
		}
	}
	return a.say("mailhelp.no-number", map[string]any{"kinds": strings.Join(kinds, chat.Text(a.lang, "list-comma", nil))})
}

// firstAid is what to do at once in a mailbox that somebody else is in.
func (a advice) firstAid() []chat.Section {
	if !slices.Contains(a.s.Topics, "compromised") {
		return nil
	}
	out := chat.Section{Tone: chat.Bad, Heading: a.say("first-aid.title", nil), Steps: true}
	for _, step := range []string{"password", "sessions", "rules", "factor", "support"} {
		out.Items = append(out.Items, a.say("first-aid."+step, nil))
	}
	return []chat.Section{out}
}

// prepared is one thing to have at hand, and whether it is known already.
type prepared struct {
	id, text string
	done     bool
}

// prepare is what to have at hand before calling or writing. What is known already is filled in; nothing is called
// known that is not.
func (a advice) prepare() []prepared {
	domain, records, known := a.domain, "", false
	if a.report != nil {
		domain = a.report.Unicode
		records, known = a.records()
	}
	what := map[string]any{"what": !a.s.What, "since": !a.s.Since, "whom": !a.s.Whom}
	item := func(id string, done bool, args map[string]any) prepared {
		return prepared{id, chat.Text(a.lang, "prepare."+id, args), done}
	}
	return []prepared{
		item("domain", domain != "", map[string]any{"domain": domain}),
		item("account", a.account != "", map[string]any{"account": a.account}),
		item("description", a.s.What && a.s.Since && a.s.Whom, what),
		item("screenshots", false, nil),
		item("records", known, map[string]any{"records": records, "domain": domain}),
		item("impact", a.s.Impact, map[string]any{"urgent": a.s.Urgent, "named": a.s.Impact && !a.s.Urgent}),
	}
}

// records is which records have faults, and whether all that matter could be looked at.
func (a advice) records() (words string, known bool) {
	var faulty, unknown []string
	for _, res := range a.report.Results {
		switch {
		case slices.ContainsFunc(res.Findings, func(f diag.Finding) bool { return f.Severity >= diag.Warning }):
			faulty = append(faulty, a.b.CheckTitle(a.lang, res.Check))
		case (res.Status == diag.Unknown || res.Status == diag.Skipped) && slices.Contains(deciding, res.Check):
			unknown = append(unknown, a.b.CheckTitle(a.lang, res.Check))
		}
	}
	words = strings.Join(faulty, chat.Text(a.lang, "list-comma", nil))
	switch {
	case len(unknown) > 0:
		return a.say("prepare.unknown-records",
			map[string]any{"faulty": words, "unknown": strings.Join(unknown, chat.Text(a.lang, "list-comma", nil))}), false
	case words == "":
		return a.say("prepare.no-records", nil), true
	}
	return words, true
}

// deciding are the checks without which nobody can say that the records are in order.
var deciding = []string{"delegation", "mx", "spf", "dkim", "dmarc"}

// atHand is the preparation in two lines.
func (a advice) atHand() chat.Section {
	var have, lack []string
	for _, p := range a.prepare() {
		if p.done {
			have = append(have, p.text)
		} else {
			lack = append(lack, p.text)
		}
	}
	var out chat.Section
	sep := chat.Text(a.lang, "list-separator", nil)
	if len(have) > 0 {
		out.Items = append(out.Items, "☑ "+a.say("prepare.known", map[string]any{"what": strings.Join(have, sep)}))
	}
	if len(lack) > 0 {
		out.Items = append(out.Items, "☐ "+a.say("prepare.lacking", map[string]any{"what": strings.Join(lack, sep)}))
	}
	return out
}

// preparation is the same, a line each.
func (a advice) preparation() chat.Section {
	out := chat.Section{Heading: chat.Text(a.lang, "prepare.title", nil)}
	for _, p := range a.prepare() {
		box := "☐ "
		if p.done {
			box = "☑ "
		}
		out.Items = append(out.Items, box+p.text)
	}
	return out
}

// next is what stands below a channel: the way on inside the console for who looks for it, otherwise what to have at
// hand.
func (a advice) next(p *kb.Provider) []chat.Section {
	if !a.seeksConsole() {
		return []chat.Section{a.atHand()}
	}
	if path := p.Console.In(a.b, a.lang); path != "" {
		return []chat.Section{{Text: a.say("mailhelp.console", map[string]any{"path": path})}}
	}
	return nil
}
