package bot

import (
	"encoding/json"
	"testing"

	"signpost/commands/chat"
)

// TestEarlierJobs: what a version before put into the queue in sentences is carried out by this one.
func TestEarlierJobs(t *testing.T) {
	for raw, want := range map[string]request{
		`{"command":"mailcase","text":"home","home":true}`: {Command: chat.Case, Home: true,
			Inside: &chat.Inside{Kind: chat.HomePage}},
		`{"command":"mailcase","text":"heard we wait for them","silent":true}`: {Command: chat.Case, Silent: true,
			Inside: &chat.Inside{Kind: chat.ThreadReply, Words: "we wait for them"}},
		`{"command":"mailcase","text":"react eyes","silent":true}`: {Command: chat.Case, Silent: true,
			Inside: &chat.Inside{Kind: chat.Reaction, Words: "eyes"}},
		`{"command":"mailcase","text":"heard of it"}`:           {Command: chat.Case, Text: "heard of it"}, // a person's
		`{"post":{"ask":"root MAIL-3","then":"posted MAIL-3"}}`: {Post: &post{Shows: chat.CardOf(3)}},
		`{"post":{"ask":"live example.com","then":"posted example.com","of":"mailwatch"}}`: {
			Post: &post{Shows: &chat.Card{Domain: "example.com"}}},
		`{"post":{"under":"root MAIL-12"}}`:        {Post: &post{ThreadOf: chat.CardOf(12)}},
		`{"post":{"card":{"case":4}}}`:             {Post: &post{Shows: chat.CardOf(4)}},
		`{"post":{"thread_of":{"domain":"b.cn"}}}`: {Post: &post{ThreadOf: &chat.Card{Domain: "b.cn"}}},
	} {
		var got request
		if err := json.Unmarshal([]byte(raw), &got); err != nil {
			t.Fatal(raw, err)
		}
		got.earlier()
		text := func(r request) string {
			out, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			return string(out)
		}
		if text(got) != text(want) {
			t.Errorf("%s: %s, want %s", raw, text(got), text(want))
		}
	}
}
