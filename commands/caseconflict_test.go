package commands

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/commands/intent"
	"signpost/diag"
	"signpost/diag/lab"

	"golang.org/x/text/language"
)

// TestSnapshotWords: what a case keeps of a diagnosis says the same in both languages as the diagnosis itself did, also
// after a store has had it.
func TestSnapshotWords(t *testing.T) {
	o := openOffice(t)
	var told atomic.Int64
	beside(o.lab.Domains(), func(_ int, dom lab.Domain) {
		target, err := diag.ParseTarget(dom.Name)
		if err != nil {
			t.Error(err)
			return
		}
		report, err := answers.Diagnose(t.Context(), o.d, chat.Request{}, intent.Question{Target: target}, nil)
		if err != nil {
			t.Error(err)
			return
		}
		var snap cases.Snapshot
		raw, err := json.Marshal(cases.Snap(report))
		if err == nil {
			err = json.Unmarshal(raw, &snap)
		}
		if err != nil {
			t.Error(err)
			return
		}
		if len(raw) > 4000 {
			t.Errorf("%s: %d octets", dom.Name, len(raw))
		}
		seen := map[string]bool{}
		for _, f := range report.Findings() {
			name := strings.TrimSpace(string(f.Code) + " " + f.Subject)
			kept, ok := snap.Finding(name)
			if !ok || seen[name] { // the first of several is told
				continue
			}
			seen[name] = true
			told.Add(1)
			for _, lang := range []language.Tag{language.English, language.Chinese} {
				if was, is := o.d.KB.Title(lang, f), o.d.KB.Title(lang, kept); was != is && len(is) < 100 {
					t.Errorf("%s %s: %q, was %q", dom.Name, f.Code, is, was)
				}
			}
		}
	})
	if n := told.Load(); n < 80 {
		t.Errorf("only %d findings", n)
	}
}

// TestCaseConflicts: who has seen an older case than there is is told, nothing of anybody's is overwritten, and what
// was written comes back with a way on.
func TestCaseConflicts(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	first, second := o.ask("solve 1").Form, o.ask("solve 1", as("U2")).Form
	if first == nil || second == nil || !strings.HasPrefix(first.Text, "solve MAIL-1 rev=") {
		t.Fatalf("%+v", first)
	}
	o.says(first.Text, "MAIL-1 is solved", with(map[string]string{"resolution": "new password", "lesson": ""}))
	late := o.says(second.Text, "nothing was overwritten",
		with(map[string]string{"resolution": "unlocked the account", "lesson": ""}), as("U2"))
	if c := o.record(1); c.Resolution != "new password" || !strings.Contains(words(late), "unlocked the account") {
		t.Errorf("%q\n%s", c.Resolution, words(late))
	}
	o.says(button(t, late, "anyway").Text, "MAIL-1 is solved", as("U2"))
	if c := o.record(1); c.Resolution != "unlocked the account" {
		t.Errorf("%q", c.Resolution)
	}
	a, b := o.ask("lesson 1").Form, o.ask("lesson 1").Form
	o.says(a.Text, "kept", with(map[string]string{"resolution": "lesson a"}))
	o.says(b.Text, "nothing was overwritten", with(map[string]string{"resolution": "lesson b"}))
	if c := o.record(1); c.Lesson != "lesson a" {
		t.Errorf("%q", c.Lesson)
	}
	o.ask("reopen 1")
	state := o.ask("state 1").Form
	o.ask("state 1 waiting-dns")
	o.says(state.Text, "nothing was overwritten", with(map[string]string{"state": "waiting-provider"}))
	o.ask("note 1 rev=3 is the firmware")
	list, err := o.d.Book.Recent(t.Context(), "T1", 1, 1)
	if err != nil || list[0].Text != "rev=3 is the firmware" {
		t.Errorf("%+v, %v", list, err)
	}
}
