package intent

import (
	"slices"
	"strings"

	"signpost/cases/event"
	"signpost/commands/chat"
	"signpost/commands/intent/template"
	"signpost/diag"
)

// watchSentences are what is asked of watches in whole sentences, with the verb that each stands for, in the order in
// which they are tried.
var watchSentences = []struct{ name, verb string }{
	{"watch-feed-off", "feed"}, {"watch-feed", "feed"}, {"watch-remove", "remove"}, {"watch-until", "until"},
	{"watch-add", "add"},
}

func watchSentenceNames() (out []string) {
	for _, s := range watchSentences {
		out = append(out, s.name)
	}
	return out
}

// watchIn reads a sentence that asks for something to be watched: "keep an eye on example.com", "let me know when the
// MX is live".
func watchIn(said string) (command, rest string, ok bool) {
	if len(said) > chat.MaxText || strings.HasPrefix(said, "/") {
		return "", "", false
	}
	ready := template.Ready(said)
	for _, s := range watchSentences {
		v, ok := sentences().Match(s.name, ready)
		if !ok {
			continue
		}
		words := []string{s.verb, v["domain"], strings.TrimSpace(v["provider"]), intervalIn(v["every"])}
		if s.name == "watch-feed-off" {
			words = append(words, "off")
		}
		words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
		return chat.Watch, strings.Join(words, " "), true
	}
	return "", "", false
}

// intervalIn is the interval that words name, as the command has it; empty where they name none.
func intervalIn(said string) string {
	for _, e := range []string{"hourly", event.Daily, event.Weekly} {
		if w := chat.Fold(said); w == e || slices.Contains(chat.Words("watch.every."+e), w) {
			return e
		}
	}
	return ""
}

// isDomain reports whether a text is a domain and nothing else.
func isDomain(said string) bool {
	_, err := diag.ParseTarget(said)
	return err == nil && LooksLikeDomain(said)
}
