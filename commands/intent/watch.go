package intent

import (
	"slices"
	"strings"

	"signpost/commands/chat"
	"signpost/commands/intent/template"
)

// watchIn reads a sentence that asks for something to be watched: "keep an eye on example.com", "let me know when the
// MX is live".
func watchIn(said string) (command, rest string, ok bool) {
	if len(said) > chat.MaxText || strings.HasPrefix(said, "/") {
		return "", "", false
	}
	for _, x := range unadorned(said) {
		if command, rest, ok = watchSentence(template.Ready(x)); ok {
			return command, rest, true
		}
	}
	return "", "", false
}

// unadorned is a sentence as it is, then without what is said around it out of politeness: a greeting and a please
// before it, thanks and signs behind it.
func unadorned(said string) []string {
	out := []string{said}
	for range maxAdorned {
		bare := strings.Trim(said, signs+" ")
		if v, ok := matchSaid("polite-behind", bare); ok {
			bare = strings.Trim(v["any"], signs+" ")
		}
		if first, rest := chat.CutWord(bare); rest != "" && greets(strings.Trim(chat.Fold(first), signs)) {
			bare = rest
		}
		if v, ok := matchSaid("polite", bare); ok {
			out, bare = append(out, bare), strings.TrimSpace(v["rest"])
		}
		if bare == said || bare == "" {
			break
		}
		said = bare
		out = append(out, said)
	}
	return out
}

// greets reports whether a word begins what somebody says and means nothing by itself: "hi", "ok".
func greets(word string) bool {
	return slices.Contains(chat.Words("hello"), word) || slices.Contains(chat.Words("smalltalk"), word)
}

// maxAdorned is how often something polite is taken off a sentence.
const maxAdorned = 4

// watchSentence reads a sentence that is ready for templates.
func watchSentence(ready template.Text) (command, rest string, ok bool) {
	for _, s := range watchSentences {
		v, ok := sentences().Match(s.name, ready)
		if !ok {
			continue
		}
		words := []string{s.verb, v["domain"], strings.TrimSpace(v["provider"]), intervalIn(v["every"])}
		if kind := recordIn(v["changing"]); s.name == "watch-changed" && kind != "" {
			words = append(words, "changed="+kind)
		}
		if s.name == "watch-feed-off" {
			words = append(words, "off")
		}
		words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
		return chat.Watch, strings.Join(words, " "), true
	}
	return "", "", false
}
