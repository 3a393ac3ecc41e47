package commands

import (
	"signpost/commands/chat"
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// aboutSecrets tells that something secret was in what somebody wrote, of which kinds, and to change it; nothing
// where there was none. Heading is the sentence for it: taken out, or merely read.
func aboutSecrets(lang language.Tag, kinds []string, heading string) []chat.Section {
	if len(kinds) == 0 {
		return nil
	}
	var words []string
	for _, kind := range kinds {
		words = append(words, chat.Text(lang, "secret."+kind, nil))
	}
	return []chat.Section{{Tone: chat.Caution, Heading: chat.Text(lang, heading, map[string]any{"kinds": words}), Text: chat.Text(lang, "ticket.secrets.why", nil)}}
}

// secretsSaid is the kinds of secrets in what somebody typed or filled in, for commands that do not take them out
// themselves.
func secretsSaid(r chat.Request, c *Command) []string {
	if c == mailticket || c == mailcase || c.Hidden {
		return nil
	}
	text := r.Text
	for _, in := range c.Inputs {
		if v := r.Values[in.Name]; v != "" {
			text += "\n" + in.Name + " " + v
		}
	}
	_, kinds := secrets.Mask(text)
	return kinds
}
