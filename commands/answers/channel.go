package answers

import (
	"fmt"
	"strings"
	"time"

	"signpost/commands/chat"
	"signpost/kb"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// moreAction is the button that shows what stands behind an answer; text is the request that tells all of it.
func moreAction(lang language.Tag, command, text string) chat.Action {
	return chat.Action{ID: "more", Label: chat.Text(lang, "action.more", nil), Command: command, Text: text, Detail: true}
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
	add("menu-billing", c.Billing.Menu.In(b, lang))
	add("plan", c.Plan.In(b, lang))
	add("region", regionText(lang, c.Region))
	add("category", c.Category.In(b, lang))
	add("category-billing", c.Billing.Category.In(b, lang))
	add("why", reasons(b, lang, x.Reasons))
	add("hours", openText(lang, c.Hours, x.Opening, now))
	add("languages", spokenText(lang, c.Languages))
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

// spokenText is the names of languages.
func spokenText(lang language.Tag, codes []string) string {
	var spoken []string
	for _, code := range codes {
		spoken = append(spoken, languageText(lang, code))
	}
	return strings.Join(spoken, chat.Text(lang, "list-comma", nil))
}

// openText is whether somebody answers now, and when next by the asker's clock; the hours stand by the channel's own.
func openText(lang language.Tag, h *kb.Hours, o kb.Opening, now time.Time) string {
	switch {
	case !o.Known:
		return chat.Text(lang, "open.unknown", nil)
	case h.Always:
		return chat.Text(lang, "open.always", nil)
	}
	args := map[string]any{"days": daysText(lang, h.Days), "from": h.Open, "till": h.Close, "zone": h.Zone,
		"holidays": o.Holidays, "holiday": o.Holiday}
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
	return chat.Text(lang, "days",
		map[string]any{"from": chat.Text(lang, "day."+from, nil), "till": chat.Text(lang, "day."+till, nil)})
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

func reasons(b *kb.Base, lang language.Tag, ids []string) string {
	var why []string
	for _, w := range ids {
		why = append(why, b.ChannelText(lang, "reason."+w, nil))
	}
	return strings.Join(why, chat.Text(lang, "list-separator", nil))
}

// channelAction asks which channel suits what was asked; without words it asks for them.
func channelAction(lang language.Tag, text string) chat.Action {
	return chat.Action{ID: "channel", Label: chat.Text(lang, "ask.channel", nil), Command: chat.Help,
		Text: chat.Clip(strings.TrimSpace(text), 1000)}
}

// reachText is how a channel is reached.
func reachText(b *kb.Base, lang language.Tag, c kb.Channel) string {
	var reach []string
	for _, w := range []string{c.Number, c.Address, c.URL, c.Path.In(b, lang)} {
		if w != "" {
			reach = append(reach, w)
		}
	}
	return strings.Join(reach, " · ")
}
