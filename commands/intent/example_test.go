package intent_test

import (
	"fmt"

	"signpost/commands/intent"
)

// Words become an order: what is to be done, with which case, and what else was said.
func ExampleRead() {
	for _, said := range []string{
		"note 42 they called", "Could you please mark MAIL-42 as solved?", "tomorrow 9:00, remind me about case 7",
		"close 1 2 3", "good morning",
	} {
		o := intent.Read(said)
		fmt.Printf("%q: verb %q, case %d, more %v, words %q\n", said, o.Verb, o.Number, o.More, o.Words)
	}
	// Output:
	// "note 42 they called": verb "note", case 42, more [], words "they called"
	// "Could you please mark MAIL-42 as solved?": verb "solve", case 42, more [], words ""
	// "tomorrow 9:00, remind me about case 7": verb "remind", case 7, more [], words "tomorrow 9:00"
	// "close 1 2 3": verb "close", case 1, more [2 3], words "2 3"
	// "good morning": verb "", case 0, more [], words "good morning"
}

// A message without a command's name still asks for one.
func ExampleFromWords() {
	for _, said := range []string{"is example.com ok?", "MAIL-42 is solved", "how do I set up SPF?",
		"550 5.1.1 user unknown", "ok"} {
		command, rest := intent.FromWords(said, false)
		fmt.Printf("%s: %s\n", command, rest)
	}
	// Output:
	// mailcheck: example.com
	// mailcase: MAIL-42 is solved
	// mailask: how do I set up SPF?
	// mailbounce: 550 5.1.1 user unknown
	// nothing-asked:
}
