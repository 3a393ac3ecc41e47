package work

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/kb"

	"golang.org/x/text/language"
)

// Title is what a case is called in the reader's language: a finding that it was named after is told as the catalogue
// has it.
func (k *Work) Title(c *cases.Case) string { return k.titleIn(k.Req.Lang, c) }

func (k *Work) titleIn(lang language.Tag, c *cases.Case) string {
	return answers.CaseTitle(k.Deps.KB, lang, c)
}

// EntryText is what an entry of a timeline says, in a language: what records hold in codes is put into words.
func (k *Work) EntryText(lang language.Tag, e cases.Entry) string {
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
			text = chat.Text(lang, "case.entry.found",
				map[string]any{"domain": strings.Join(Unicodes(strings.Fields(e.With["domain"])), ""),
					"verdict": word("case.verdict.", e.With["verdict"]), "codes": strings.Fields(e.With["codes"])})
		}
	case "live":
		if id := "case.entry.live-" + e.With["state"]; chat.Has(id) {
			text = chat.Text(lang, id, map[string]any{"current": e.With["current"], "total": e.With["total"],
				"domain": strings.Join(Unicodes(strings.Fields(e.With["domain"])), "")})
		}
	case "contact", "answered":
		if e.With["channel"] != "" {
			partner := ""
			if e.With["partner"] != "" {
				partner = strings.TrimSpace(word("case.partner.", e.With["partner"]) + " " + e.With["who"])
			}
			text = chat.Text(lang, "case.entry.channel", map[string]any{
				"channel": k.ChannelName(lang, e.With["channel"], e.With["ticket"]), "text": rest, "partner": partner,
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

// Entries is a timeline in the reader's language.
func (k *Work) Entries(list []cases.Entry) []chat.Entry {
	var out []chat.Entry
	for i, e := range list {
		if i > 0 && e.Kind == list[i-1].Kind && e.By == list[i-1].By &&
			utf8.RuneCountInString(list[i-1].Text) >= cases.MaxText && e.At.Sub(list[i-1].At).Abs() < time.Second {
			continue // the rest of a long text
		}
		kind := "case.entry." + e.Kind
		if !chat.Has(kind) {
			kind = "case.entry.note"
		}
		text := chat.Clip(strings.Join(strings.Fields(k.EntryText(k.Req.Lang, e)), " "), 300)
		line := chat.Entry{At: e.At, Text: k.Text("case.entry", map[string]any{"what": k.Text(kind, nil), "text": text}),
			By: e.By, Mentions: e.By != ""}
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

// ChannelName is a channel, with its ticket where there is one: "phone", "ticket 0003Y5YJCP", "phone, ticket
// 0003Y5YJCP".
func (k *Work) ChannelName(lang language.Tag, kind, ticket string) string {
	name := k.Deps.KB.ChannelText(lang, "kind."+kind, nil)
	switch {
	case ticket == "":
		return name
	case kind == kb.Ticket:
		return name + " " + ticket
	}
	return chat.Text(lang, "case.channel-ticket", map[string]any{"channel": name, "ticket": ticket})
}
