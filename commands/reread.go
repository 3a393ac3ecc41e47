package commands

import (
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/kb"

	"golang.org/x/text/language"
)

// reread takes what FromWords made of a sentence once more, by what the knowledge base knows: the words of a bounce
// inside it are a bounce, the domain of a public mail service is nobody's own, and a sentence with a domain in it that
// asks what no diagnosis answers is a question. Language is that of the words.
func reread(d answers.Deps, said, command, rest string, lang language.Tag) (string, string) {
	if command != chat.Check && command != chat.Help && command != chat.Ask || !intent.IsSentence(said) {
		return command, rest
	}
	if answers.HoldsBounce(d.KB, said) {
		return chat.Bounce, said
	}
	if command != chat.Check {
		return command, rest
	}
	t, own := intent.OwnDomainIn(said, d.KB.PublicMail)
	if own && !asksOtherwise(d.KB, said, lang) {
		return command, t.Domain
	}
	return chat.Ask, said
}

// asksOtherwise reports a sentence that a guide surely answers, and that the records of a domain do not.
func asksOtherwise(b *kb.Base, said string, lang language.Tag) bool {
	found, err := b.Search(said)
	return err == nil && len(found) > 0 && found[0].Surely && !found[0].Guide.Diagnosis && answers.AsksGuide(b, said, lang)
}
