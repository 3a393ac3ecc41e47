package commands

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
)

// handsOver hands a file over in a conversation of two.
func handsOver(content string) func(*chat.Request) {
	return func(r *chat.Request) {
		directly(r)
		r.Files = []chat.File{{Name: "casebook.json", Size: int64(len(content)),
			Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}}
	}
}

// TestImportTold: what of a file is refused is told by its line, with the reason, and costs nothing afterwards.
func TestImportTold(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	stamp := `"opened":"2026-11-23T02:00:00Z","changed":"2026-11-23T02:00:00Z","in_state_since":"2026-11-23T02:00:00Z"`
	file := `{"number":2,"case":{"version":1,"title":"second","state":"new",` + stamp + "}}\n" +
		`{"number":999999999,"case":{"version":1,"title":"far","state":"new",` + stamp + "}}\n" +
		`{"number":3,"case":{"version":1,"title":"third","state":"new","domain":"<!channel>",` + stamp + "}}\n" +
		`{"number":4,"case":{"version":1,"title":"fourth","state":"flying",` + stamp + "}}\n"
	got := words(o.ask("import", handsOver(file)))
	for _, want := range []string{"Taken in: 1 cases", "Refused: 3 records",
		"Line 2: the number MAIL-999999999 lies far above the last one", "Line 3: a field of record 3", "domain",
		"Line 4: record 4 is in a state"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	begun := time.Now()
	if out := o.ask("export json", directly); strings.Count(string(out.File.Content), "\n") != 2 {
		t.Errorf("%s", out.File.Content)
	}
	o.says("forget <@U9> yes", "Taken out of 0 cases")
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("after the refusal export and forgetting took %v", took)
	}
}

// TestImportTakesNoThread: what is said about a case that was read in goes to the one who read it in, whatever thread
// the file names, and nothing in it reminds others.
func TestImportTakesNoThread(t *testing.T) {
	o := openOffice(t)
	o.ask("open the merger", in("C9"), as("U8"))
	if _, _, err := o.d.Book.Change(t.Context(), "T1", 1, "p",
		func(c *cases.Case) (cases.Edit, error) { return c.Posted("C9", "9.1") }); err != nil {
		t.Fatal(err)
	}
	stamp := `"opened":"2026-11-23T02:00:00Z","changed":"2026-11-23T02:00:00Z","in_state_since":"2026-11-23T02:00:00Z"`
	file := `{"number":5,"case":{"version":1,"title":"lure","state":"new","channel":"C9","thread":"9.1",` +
		`"opened_by":"U8","assignee":"U8","restricted":true,"followers":["U8"],` +
		`"reminders":[{"id":"r","by":"U8","at":"2026-11-24T02:00:00Z","what":"pay"}],` + stamp + "}}\n"
	got := o.ask("import", handsOver(file), as("U66"))
	if !strings.Contains(words(got), "Taken in: 1 cases") {
		t.Fatal(words(got))
	}
	for _, e := range got.Scheduled {
		if e.Case == 5 && strings.Contains(e.Key(), "remind") {
			t.Errorf("a reminder of another: %+v", e)
		}
	}
	heard := o.ask("", asked(chat.Inside{Kind: chat.ThreadReply, Words: "secret words"}), in("C9"), as("U8"),
		func(r *chat.Request) { r.Thread = "9.1" })
	note := o.ask("note 5 mine", directly, as("U66"))
	for _, m := range append(heard.Outbox, note.Outbox...) {
		if m.Channel == "C9" && (underCase(m, 5) || m.Shows != nil && m.Shows.Case == 5) {
			t.Errorf("said in another's channel: %+v", m)
		}
	}
	c := o.record(5)
	if c.By != "U66" || c.Channel == "C9" || c.Thread != "" || c.Restricted || c.Assignee != "" ||
		len(c.Followers)+len(c.Reminders) > 0 {
		t.Errorf("%+v", *c)
	}
	if n, err := o.d.Book.InThread(t.Context(), "T1", "C9", "9.1"); n != 1 || err != nil {
		t.Errorf("the thread belongs to %d, %v", n, err)
	}
}

// TestForgottenEverywhere: when somebody is taken out, every message in the channels about a case that named them is
// brought up to date, and shows them no more.
func TestForgottenEverywhere(t *testing.T) {
	o := openOffice(t)
	o.ask("open the printer is slow", as("U7"))
	o.ask("open assigned to somebody")
	o.ask("assign 2 <@U7>")
	o.ask("open nothing to do with it")
	o.ask("open never posted, by <@U7>")
	for n := int64(1); n <= 3; n++ {
		if _, _, err := o.d.Book.Change(t.Context(), "T1", n, "p",
			func(c *cases.Case) (cases.Edit, error) { return c.Posted("C1", "1."+string(rune('0'+n))) }); err != nil {
			t.Fatal(err)
		}
	}
	cards := func() map[int64]string {
		shown := map[int64]string{}
		for _, m := range o.ask("forget <@U7> yes", func(r *chat.Request) { r.ID = "f" }).Outbox {
			root := o.ask("", asked(chat.Inside{Kind: chat.ShowCard, Card: *m.Shows}), inside)
			shown[m.Shows.Case] = words(root)
			if m.Channel != "C1" || root.Location == nil || strings.Contains(words(root), "U7") {
				t.Errorf("%+v: %s", m, words(root))
			}
		}
		return shown
	}
	for range 2 { // the second time as after a crash
		if got := cards(); len(got) != 2 || got[1] == "" || got[2] == "" {
			t.Errorf("%v", got)
		}
	}
}
