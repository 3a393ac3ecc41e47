package answers

import (
	"slices"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/kb"

	"golang.org/x/text/language"
)

// advice is what a recommendation is made of.
type advice struct {
	b          *kb.Base
	lang       language.Tag
	s          kb.Situation
	report     *diag.Report
	text       string // as it was asked, for the buttons
	account    string // the workspace's, where it said so
	domain     string // the same
	now        time.Time
	experience map[string]string
	bySite     bool // the region is that of the domain's MX
	taken      bool // the region is that of what was asked for
	more       bool // all of it at once
}

func (a advice) say(id string, args map[string]any) string { return chat.Text(a.lang, id, args) }

// hereFirst puts what helps in the asker's region first, where none of the kinds that were asked for is known there.
// Lacking is the names of those kinds, and spare the place of one for elsewhere; -1: none.
func (a advice) hereFirst(ranked []kb.Recommendation) (out []kb.Recommendation, lacking []string, spare int) {
	wanted := func(x kb.Recommendation) bool { return slices.Contains(a.s.Wants, x.Channel.Kind) }
	covered := func(x kb.Recommendation) bool {
		return a.s.Covers(x.Channel) || a.s.Region == "" && x.Channel.Kind == kb.Phone
	}
	if !a.s.Asks || len(a.s.Wants) == 0 ||
		slices.ContainsFunc(ranked, func(x kb.Recommendation) bool { return wanted(x) && covered(x) }) {
		return ranked, nil, -1
	}
	for _, kind := range a.s.Wants {
		name := a.b.ChannelText(a.lang, "kind."+kind, nil)
		if id := "mailhelp.lacking." + kind; chat.Has(id) {
			name = a.say(id, nil)
		}
		lacking = append(lacking, name)
	}
	var elsewhere []kb.Recommendation
	for _, x := range ranked {
		if wanted(x) {
			elsewhere = append(elsewhere, x)
		} else {
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return ranked, lacking, -1
	}
	if len(elsewhere) == 0 {
		return out, lacking, -1
	}
	return append(out, elsewhere...), lacking, len(out)
}

// seeksConsole reports that where administrators sign in was asked for, and nothing else.
func (a advice) seeksConsole() bool { return slices.Equal(a.s.Wants, []string{kb.Console}) }

// afterHelp is what follows the documents for who is new: a ticket, and a call that names its number where there is a
// line.
func (a advice) afterHelp(ranked []kb.Recommendation) []chat.Section {
	reach := func(kind string) string {
		for _, x := range ranked {
			if x.Channel.Kind == kind && a.s.Covers(x.Channel) {
				return reachText(a.b, a.lang, x.Channel)
			}
		}
		return ""
	}
	ticket, phone := reach(kb.Ticket), reach(kb.Phone)
	if ticket == "" && phone == "" {
		return nil
	}
	return []chat.Section{{Text: a.say("mailhelp.after-help", map[string]any{"ticket": ticket, "phone": phone})}}
}

// foremost is how many providers' ways are told to who named none.
const foremost = 5

// ofForemost is what was asked for at the providers that are asked about most, for who named none.
func ofForemost(b *kb.Base, lang language.Tag, s kb.Situation, now time.Time) []chat.Section {
	if !s.Asks || len(s.Wants) == 0 {
		return nil
	}
	var items []string
	for _, id := range b.Asked() {
		s.Provider = id
		i, ranked := -1, b.Rank(s, now)
		for _, kind := range s.Wants {
			if i < 0 {
				i = slices.IndexFunc(ranked, func(x kb.Recommendation) bool {
					return x.Channel.Kind == kind && (s.Region == "" || s.Covers(x.Channel))
				})
			}
		}
		if i < 0 || len(items) == foremost {
			continue
		}
		c := ranked[i].Channel
		reach := reachText(b, lang, c)
		if where := b.Provider(id).SelfHelp.In(b, lang); c.Kind == kb.HelpCentre && where != "" {
			reach = where
		}
		args := map[string]any{"provider": shortName(b, lang, id), "reach": strings.TrimRight(reach, ".\u3002"), "region": "",
			"seen": c.Seen, "unconfirmed": c.Unconfirmed()}
		if c.Region != "" {
			args["region"] = regionText(lang, c.Region)
		}
		items = append(items, chat.Text(lang, "mailhelp.of-provider", args))
	}
	if len(items) == 0 {
		return nil
	}
	return []chat.Section{{Items: items}}
}

// diagnosisAction is the button to the whole diagnosis.
func diagnosisAction(lang language.Tag, r *diag.Report) chat.Action {
	return chat.Action{ID: "diagnosis", Label: chat.Text(lang, "action.diagnosis", nil), Command: chat.Check,
		Text: r.Domain}
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
	return []chat.Section{{Tone: chat.Bad,
		Heading: chat.Text(lang, "mailhelp.mend-first", map[string]any{"domain": r.Unicode}), Items: items}}
}

// statusPages is where the provider tells of outages and changes, in the asker's region first; only those of no other
// region.
func statusPages(b *kb.Base, lang language.Tag, s kb.Situation, p *kb.Provider) []chat.Section {
	var items []string
	for _, c := range p.Channels {
		if (c.Kind == kb.Status || c.Kind == kb.Announcements) && s.Covers(c) {
			items = append(items, chat.Text(lang, "mailhelp.page",
				map[string]any{"kind": b.ChannelText(lang, "kind."+c.Kind, nil), "url": c.URL}))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []chat.Section{{Heading: chat.Text(lang, "mailhelp.pages", nil), Items: items}}
}

// together reports whether a ticket and a call belong together: it is urgent, or logs are to be read, which a ticket
// carries and a call hastens.
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

// warnings speaks up where a number of the deny list was pasted.
func warnings(lang language.Tag, s kb.Situation) []chat.Section {
	if len(s.Warned) == 0 {
		return nil
	}
	return []chat.Section{{Tone: chat.Caution,
		Heading: chat.Text(lang, "mailhelp.not-official", map[string]any{"numbers": s.Warned}),
		Text:    chat.Text(lang, "mailhelp.not-official.why", nil)}}
}

// shownFaults is how many faults are shown before "more".
const shownFaults = 3

// shortName is a provider's name without what stands in brackets.
func shortName(b *kb.Base, lang language.Tag, id string) string {
	name := b.ProviderName(lang, id)
	for _, cut := range []string{" (", " / ", "\uFF08"} {
		name, _, _ = strings.Cut(name, cut)
	}
	return name
}
