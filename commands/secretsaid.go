package commands

import (
	"signpost/commands/secrets"

	"golang.org/x/text/language"
)

// aboutSecrets tells that something secret was in what somebody wrote, of which kinds, and to change it; nothing
// where there was none. Heading is the sentence for it: taken out, or merely read.
func aboutSecrets(lang language.Tag, kinds []string, heading string) []Section {
	if len(kinds) == 0 {
		return nil
	}
	var words []string
	for _, kind := range kinds {
		words = append(words, texts.Text(lang, "secret."+kind, nil))
	}
	return []Section{{Tone: Caution, Heading: texts.Text(lang, heading, map[string]any{"kinds": words}), Text: texts.Text(lang, "ticket.secrets.why", nil)}}
}

// secretsSaid is the kinds of secrets in what somebody typed or filled in, for commands that do not take them out
// themselves.
func secretsSaid(r Request, c *Command) []string {
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
