package commands

import (
	"strings"
	"testing"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
)

// TestNoSecretIsKept writes one into every text of a case and of a conversation: no export, hand-over or message holds
// it, and whoever wrote it is told.
func TestNoSecretIsKept(t *testing.T) {
	o := openOffice(t)
	for _, text := range []string{
		"open mx-none.example 密码 Tiger77x 登录不了", "note 1 the password is Tiger77x",
		"contact 1 phone they asked, pw: Tiger77x",
		"contact 1 phone title gist=\"asked\" next=\"send them password Tiger77x\" partner=dns who=\"admin:Tiger77x@ns.example.com\"",
		"answered 1 phone they say 密码：Tiger77x", "remind 1 tomorrow 10:00 try password=Tiger77x", "tag 1 password:Tiger77x",
		"solve 1 the new password is Tiger77x", "lesson 1 口令 Tiger77x was old",
	} {
		got := o.ask(text)
		if !strings.Contains(words(got), "taken out") && !strings.HasPrefix(text, "tag") {
			t.Errorf("%s: nothing is said of it:\n%s", text, words(got))
		}
		for _, post := range got.Outbox {
			if strings.Contains(words(post.Reply), "Tiger77x") {
				t.Errorf("%s: posted in\n%s", text, words(post.Reply))
			}
		}
	}
	for command, text := range map[string]string{
		chat.Ask:     "why is my password Tiger77x refused?",
		"mailhelp":   "alimail in China, login admin@example.com / Tiger77x fails",
		"mailbounce": "535 5.7.8 AUTH PLAIN AGJvYgBUaWdlcjc3eA== failed",
	} {
		if got := words(o.ask(text, by(command))); !strings.Contains(got, "In your words there is a password") {
			t.Errorf("%s %s: nothing is said of it:\n%s", command, text, got)
		}
	}
	turns, err := o.d.Book.Conversation(t.Context(), answers.Where(o.request("")))
	if err != nil || len(turns) < 3 {
		t.Fatal(turns, err)
	}
	for _, turn := range turns {
		if strings.Contains(turn.Said+turn.Answer, "Tiger77x") || strings.Contains(turn.Said+turn.Answer, "AGJvYgBU") {
			t.Errorf("kept: %+v", turn)
		}
	}
	o.ask("human please, password Tiger77x", by(chat.Handover))
	for _, format := range cases.Formats {
		data, err := o.d.Book.Export(t.Context(), "T1", format, nil)
		if err != nil || len(data) == 0 {
			t.Fatal(format, err)
		}
		if strings.Contains(string(data), "Tiger77x") || strings.Contains(string(data), "AGJvYgBU") {
			t.Errorf("%s holds it:\n%s", format, data)
		}
	}
	// What was kept before anybody looked for secrets leaves without them.
	opened, err := o.d.Book.Open(t.Context(), "T1", cases.Opening{
		Request: "old", Second: true, Case: cases.Case{By: "U1", Channel: "C1", Title: "old, 密码 Tiger77x"},
		Asked: []cases.Entry{{Kind: "asked", By: "U1", Text: "password: Tiger77x"}},
	})
	if err != nil || !strings.Contains(opened.Case.Title, "Tiger77x") {
		t.Fatal(opened.Case, err)
	}
	for _, format := range cases.Formats {
		file := o.ask("export "+format, func(r *chat.Request) { r.Direct = true }).File
		if file == nil || len(file.Content) == 0 || strings.Contains(string(file.Content), "Tiger77x") {
			t.Errorf("export %s: %+v", format, file)
		}
	}
}
