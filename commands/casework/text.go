package casework

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/kb"

	"golang.org/x/text/language"
)

// title is what a case is called in the reader's language: a finding that it was named after is told as the catalogue has it.
func (k *Work) title(c *cases.Case) string { return k.titleIn(k.r.Lang, c) }

func (k *Work) titleIn(lang language.Tag, c *cases.Case) string {
	return answers.CaseTitle(k.d.KB, lang, c)
}

// entryText is what an entry of a timeline says, in a language: what records hold in codes is put into words.
func (k *Work) entryText(lang language.Tag, e cases.Entry) string {
	word := func(id, value string) string {
		if chat.Has(id + value) {
			return chat.Text(lang, id+value, nil)
		}
		return value
	}
	first, rest, _ := strings.Cut(e.Text, ": ")
	from := "" // of another case that was put into this one
	if _, ok := cases.ParseName(first); ok && strings.HasPrefix(first, "MAIL-") && first != e.Text {
		from = first + ": "
	} else {
		rest = e.Text
	}
	text := rest
	switch e.Kind {
	case "state":
		text = word("case.state.", rest)
	case "priority":
		text = word("case.priority.", rest)
	case "assigned":
		text = "" // Whom has it
	case "tags":
		text = cmp.Or(rest, chat.Text(lang, "case.no-tags", nil))
	case "diagnosis", "recheck":
		if e.With["verdict"] != "" {
			text = chat.Text(lang, "case.entry.found", map[string]any{"domain": strings.Join(unicodes(strings.Fields(e.With["domain"])), ""), "verdict": word("case.verdict.", e.With["verdict"]), "codes": strings.Fields(e.With["codes"])})
		}
	case "contact", "answered":
		if e.With["channel"] != "" {
			partner := ""
			if e.With["partner"] != "" {
				partner = strings.TrimSpace(word("case.partner.", e.With["partner"]) + " " + e.With["who"])
			}
			text = chat.Text(lang, "case.entry.channel", map[string]any{
				"channel": k.channelName(lang, e.With["channel"], e.With["ticket"]), "text": rest, "partner": partner,
			})
		}
	}
	switch {
	case from == "":
		return text
	case text == "":
		return strings.TrimSuffix(from, ": ")
	}
	return chat.Text(lang, "case.entry", map[string]any{"what": strings.TrimSuffix(from, ": "), "text": text})
}

// entries is a timeline in the reader's language.
func (k *Work) entries(list []cases.Entry) []chat.Entry {
	var out []chat.Entry
	for i, e := range list {
		if i > 0 && e.Kind == list[i-1].Kind && e.By == list[i-1].By && utf8.RuneCountInString(list[i-1].Text) >= cases.MaxText && e.At.Sub(list[i-1].At).Abs() < time.Second {
			continue // the rest of a long text
		}
		kind := "case.entry." + e.Kind
		if !chat.Has(kind) {
			kind = "case.entry.note"
		}
		text := chat.Clip(strings.Join(strings.Fields(k.entryText(k.r.Lang, e)), " "), 300)
		line := chat.Entry{At: e.At, Text: k.text("case.entry", map[string]any{"what": k.text(kind, nil), "text": text}), By: e.By, Mentions: e.By != ""}
		if e.Kind == "assigned" {
			_, id, ok := strings.Cut(e.Text, ": ")
			if line.Whom = e.Text; ok {
				line.Whom = id
			}
		}
		out = append(out, line)
	}
	return out
}

// channelName is a channel, with its ticket where there is one: "phone", "ticket 0003Y5YJCP", "phone, ticket 0003Y5YJCP".
func (k *Work) channelName(lang language.Tag, kind, ticket string) string {
	name := k.d.KB.ChannelText(lang, "kind."+kind, nil)
	switch {
	case ticket == "":
		return name
	case kind == kb.Ticket:
		return name + " " + ticket
	}
	return chat.Text(lang, "case.channel-ticket", map[string]any{"channel": name, "ticket": ticket})
}

// providerIn is the provider that somebody names by its id, by its name in any language, or by one of the words that stand for it; "" where there is none.
func (k *Work) providerIn(said string) string {
	said = strings.TrimSpace(said)
	if said == "" || k.d.KB == nil {
		return ""
	}
	if id := k.providerCalled(said); id != "" {
		return id
	}
	if len(strings.Fields(said)) > 4 {
		return ""
	}
	return k.d.KB.Understand(said, k.r.Lang).Provider
}

// Help tells what can be done with cases, or how one of it is written.
func Help(lang language.Tag, about string) chat.Reply {
	text := func(id string) string {
		if !chat.Has(id) {
			return ""
		}
		return chat.Text(lang, id, nil)
	}
	if verb := intent.VerbNamed(about); verb != "" {
		return chat.Reply{Title: text("case.help." + verb), Final: true, Sections: []chat.Section{{Items: []string{text("case.example." + verb)}}, {Muted: true, Text: chat.Text(lang, "case.help.words", map[string]any{"words": wordsFor(verb)})}}}
	}
	out := chat.Reply{Title: text("case.help.title"), Final: true}
	group := ""
	for _, v := range intent.Verbs {
		if v.Group == "" {
			continue
		}
		if v.Group != group {
			group = v.Group
			out.Sections = append(out.Sections, chat.Section{Heading: text("case.help.group." + group)})
		}
		s := &out.Sections[len(out.Sections)-1]
		s.Fields = append(s.Fields, chat.Field{Label: text("case.example." + v.Name), Value: text("case.help." + v.Name)})
	}
	out.Sections = append(out.Sections, chat.Section{Muted: true, Text: text("case.help.foot")})
	out.Actions = []chat.Action{
		{ID: "open", Label: text("case.button.open"), Command: chat.Case, Text: "open"}, {ID: "list", Label: text("case.button.list"), Command: chat.Case, Text: "list"},
		{ID: "mine", Label: text("case.button.mine"), Command: chat.Case, Text: "mine"},
	}
	return out
}

// wordsFor is every word by which a verb is called.
func wordsFor(verb string) []string {
	out := []string{verb}
	for _, w := range chat.Words("case." + verb) {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// emptyValues reports whether nothing was typed for any field.
func emptyValues(values map[string]string) bool {
	for v := range maps.Values(values) {
		if strings.TrimSpace(v) != "" {
			return false
		}
	}
	return true
}
