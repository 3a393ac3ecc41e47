package intent

import (
	"slices"
	"strings"

	"signpost/cases"
	"signpost/commands/chat"
)

// stateWord is a state by the name that records have, where a word names one: behind a day it is no word of a sentence.
func stateWord(w string) string {
	if s, ok := StateIn(w); ok {
		return string(s)
	}
	return w
}

// StateIn is the state that words name, in either language.
func StateIn(words string) (cases.State, bool) {
	plain := func(s string) string { return strings.NewReplacer(" ", "", "-", "").Replace(chat.Fold(s)) }
	said := plain(words)
	for _, s := range cases.States {
		if said == plain(string(s)) ||
			slices.ContainsFunc(chat.Words("state."+string(s)), func(w string) bool { return plain(w) == said }) {
			return s, true
		}
	}
	return "", false
}

// PriorityIn is the priority that words name, in either language.
func PriorityIn(said string) (cases.Priority, bool) {
	said = strings.Trim(chat.Fold(said), signs+" ")
	for _, p := range cases.Priorities {
		if said == string(p) || slices.Contains(chat.Words("priority."+string(p)), said) {
			return p, true
		}
	}
	return "", false
}
