package work

import (
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/diag"
	"signpost/kb"
)

// contactKinds is the channels of a contact, in the order in which they are offered.
var contactKinds = []string{kb.Ticket, kb.Phone, kb.Chat, kb.Email, kb.Manager, kb.HelpCentre}

// KindIn takes the channel off the beginning of words; "" where they begin with none. "by" before it is no part of it.
func (k *Work) KindIn(words string) (kind, rest string) {
	first, rest := chat.CutWord(words)
	if slices.Contains(chat.Words("by"), chat.Fold(first)) {
		first, rest = chat.CutWord(rest)
	}
	if second, after := chat.CutWord(rest); second != "" {
		if kind := k.kindNamed(first + " " + second); kind != "" {
			return kind, after
		}
	}
	if kind := k.kindNamed(first); kind != "" {
		return kind, rest
	}
	return "", words
}

// kindNamed is the channel of that name in any language; "" where there is none.
func (k *Work) kindNamed(said string) string {
	said = strings.Trim(chat.Fold(said), ":,.;\u3001\u3002 ")
	for _, kind := range contactKinds {
		if said == kind || slices.Contains(chat.Words("kind."+kind), said) {
			return kind
		}
		for _, lang := range chat.Languages() {
			if said == chat.Fold(k.Deps.KB.ChannelText(lang, "kind."+kind, nil)) {
				return kind
			}
		}
	}
	return ""
}

func (k *Work) KindNames() (out []string) {
	for _, kind := range contactKinds {
		name := k.Deps.KB.ChannelText(k.Req.Lang, "kind."+kind, nil)
		if !strings.EqualFold(name, kind) {
			name = kind + " (" + name + ")"
		}
		out = append(out, name)
	}
	return out
}

// ProviderCalled is the provider of that id or name.
func (k *Work) ProviderCalled(said string) string {
	low := chat.Fold(said)
	for _, p := range k.Deps.KB.Providers() {
		if low == p.ID {
			return p.ID
		}
		for _, lang := range chat.Languages() {
			if low == chat.Fold(k.Deps.KB.ProviderName(lang, p.ID)) {
				return p.ID
			}
		}
	}
	return ""
}

// ProviderIn is the provider that somebody names by its id, by its name in any language, or by one of the words that
// stand for it; "" where there is none.
func (k *Work) ProviderIn(said string) string {
	said = strings.TrimSpace(said)
	if said == "" || k.Deps.KB == nil {
		return ""
	}
	if id := k.ProviderCalled(said); id != "" {
		return id
	}
	if len(strings.Fields(said)) > 4 {
		return ""
	}
	return k.Deps.KB.Understand(said, k.Req.Lang).Provider
}

// Unicodes is domains as people read them.
func Unicodes(domains []string) (out []string) {
	for _, d := range domains {
		out = append(out, Shown(d))
	}
	return out
}

// Shown is a domain as people read it.
func Shown(domain string) string {
	if t, err := diag.ParseTarget(domain); err == nil {
		return t.Unicode
	}
	return domain
}
