package chat

import "golang.org/x/text/language"

// AboutSecrets tells that something secret was in what somebody wrote, of which kinds, and to change it; nothing
// where there was none. Heading is the sentence for it: taken out, or merely read.
func AboutSecrets(lang language.Tag, kinds []string, heading string) []Section {
	if len(kinds) == 0 {
		return nil
	}
	var words []string
	for _, kind := range kinds {
		words = append(words, Text(lang, "secret."+kind, nil))
	}
	return []Section{{Tone: Caution, Heading: Text(lang, heading, map[string]any{"kinds": words}),
		Text: Text(lang, "ticket.secrets.why", nil)}}
}
