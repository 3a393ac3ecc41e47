package commands

import (
	"testing"
	"time"

	"signpost/cases/event"
	"signpost/commands/chat"
	"signpost/commands/intent"
)

// TestNoted: what is said in a case's thread and names nothing to do.
func TestNoted(t *testing.T) {
	for text, want := range map[string]string{
		"they promise a fix": "note they promise a fix", "called them, they look": "contact called them, they look",
		"rang: nobody there": "contact rang: nobody there", "call them tomorrow": "note call them tomorrow",
		"致电 他们在查": "contact 致电 他们在查", "urgent": "priority urgent", "紧急！": "priority urgent",
		"urgent matters first": "note urgent matters first",
	} {
		if got := noted(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestWholeBook: what goes through a whole casebook is known however it is asked; a file with the word for it is an
// export, any other a bounce.
func TestWholeBook(t *testing.T) {
	file := []chat.File{{Name: "casebook.json"}}
	for _, x := range []struct {
		r    chat.Request
		want bool
	}{
		{chat.Request{Command: chat.Case, Text: "export csv"}, true}, {chat.Request{Command: chat.Case, Text: "导出"}, true},
		{chat.Request{Command: chat.Case, Text: "forget <@U2> yes"}, true},
		{chat.Request{Command: chat.Case, Text: "arm", Internal: true}, true},
		{chat.Request{Command: chat.Case, Event: &chat.Event{Kind: event.RetentionDue, Due: time.Unix(1, 0), From: 1},
			Internal: true}, true},
		{chat.Request{Text: "export csv"}, true}, {chat.Request{Text: "import", Files: file}, true},
		{chat.Request{Text: "<@UBOT> 导入", Files: file}, true}, {chat.Request{Text: "mailcase import", Files: file}, true},
		{chat.Request{Text: "what is this", Files: file}, false},
		{chat.Request{Command: chat.Case, Text: "note 1 export"}, false},
		{chat.Request{Command: chat.Check, Text: "export"}, false},
	} {
		if got := WholeBook(x.r); got != x.want {
			t.Errorf("%+v: %v", x.r, got)
		}
	}
	for text, want := range map[string]string{"import": chat.Case, "导入": chat.Case, "": chat.Bounce,
		"please import this": chat.Bounce, "what is it?": chat.Bounce} {
		if command, _ := intent.FromWords(text, true); command != want {
			t.Errorf("%q with a file: %s, want %s", text, command, want)
		}
	}
}
