package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"

	"golang.org/x/text/language"
)

// TestCaseAccess keeps a restricted case in its channel: nobody elsewhere sees it in a list, a search, a lesson, a
// digest, an export or by its number, but those who work on it.
func TestCaseAccess(t *testing.T) {
	o := openOffice(t)
	o.says("access=channel", "only who is in this channel", by(chat.Set), in("C9"))
	o.ask("open mx-none.example secret merger mail", in("C9"), as("U8"))
	o.ask("lesson 1 merger secret lesson words", in("C9"), as("U8"))
	o.ask("open public matter")
	for _, text := range []string{"show 1", "note 1 x", "merge 2 1", "review 1", "delete 1", "take 1"} {
		if got := o.ask(text); got.Tone != chat.Caution || !strings.Contains(words(got), "no such case") {
			t.Errorf("%s: %s", text, words(got))
		}
	}
	for _, text := range []string{"list", "search merger", "search mx-none.example"} {
		if got := words(o.ask(text)); strings.Contains(got, "merger mail") {
			t.Errorf("%s: %s", text, got)
		}
		if got := words(o.ask(text, in("C9"))); !strings.Contains(got, "merger mail") {
			t.Errorf("%s in its channel: %s", text, got)
		}
		if got := words(o.ask(text, as("U8"))); !strings.Contains(got, "merger mail") {
			t.Errorf("%s by who opened it: %s", text, got)
		}
	}
	if got := words(o.ask("merger secret lesson?", by(chat.Ask))); strings.Contains(got, "lesson words") {
		t.Errorf("learned elsewhere: %s", got)
	}
	if got := words(o.ask("merger secret lesson?", by(chat.Ask), in("C9"))); !strings.Contains(got, "lesson words") {
		t.Errorf("not learned in its channel: %s", got)
	}
	if got := o.ask("export json", directly); strings.Contains(string(got.File.Content), "merger") ||
		!strings.Contains(string(got.File.Content), "public matter") {
		t.Errorf("%s", got.File.Content)
	}
	if got := o.ask("", asked(chat.Inside{Kind: chat.HomePage}),
		func(r *chat.Request) { r.User, r.Direct, r.Channel = "U1", true, "U1" }); strings.Contains(words(got), "merger") {
		t.Errorf("%s", words(got))
	}
	// That the domain has such a case is not told either: another is opened.
	if got := o.ask("open mx-none.example nothing arrives"); got.Tone != chat.Good ||
		o.record(3).Domain != "mx-none.example" {
		t.Errorf("%s", words(got))
	}
	o.says("merge 1 2", "cannot be merged", in("C9"))
	digest := o.handle(chat.Request{ID: "d", Team: "T1", Channel: "C1", Command: chat.Case,
		Text: "digest daily 2026-11-23", Internal: true, Lang: language.English})
	if len(digest.Outbox) != 0 {
		t.Errorf("a digest that nobody wants: %+v", digest)
	}
	// Another workspace sees nothing.
	for _, text := range []string{"show 2", "list", "search public"} {
		if got := words(o.ask(text, func(r *chat.Request) { r.Team = "T2" })); strings.Contains(got, "matter") {
			t.Errorf("T2 %s: %s", text, got)
		}
	}
}

// TestDigest posts what happened to a channel each morning by its own clock, once, and not on the team's days off.
func TestDigest(t *testing.T) {
	o := openOffice(t)
	set := o.says("digest=daily language=zh", "every day at 9:00", by(chat.Set))
	if len(set.Scheduled) != 1 || !set.Scheduled[0].Due.Equal(time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v", set.Scheduled)
	}
	o.ask("open login broken, urgent")
	o.ask("open slow mail")
	o.ask("solve 2 by waiting")
	o.ask("open hidden thing", in("C2"), func(*chat.Request) {
		if err := o.d.Book.SetChannel(t.Context(), "T1", "C2", cases.ChannelSettings{Access: "channel"}); err != nil {
			t.Fatal(err)
		}
	})
	first := o.due(set.Scheduled[0])
	if len(first.Outbox) != 1 || first.Outbox[0].Channel != "C1" || len(first.Scheduled) != 1 ||
		!first.Scheduled[0].Due.Equal(o.now.Add(24*time.Hour)) {
		t.Fatalf("%+v", first)
	}
	got := words(first.Outbox[0].Reply)
	for _, want := range []string{"未结 1 个，紧急 1 个，新解决 1 个", "login broken", "slow mail"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "hidden") {
		t.Errorf("%s", got)
	}
	if armed := o.handle(chat.Request{ID: "a", Team: "T1", Command: chat.Case, Text: "arm",
		Internal: true}); !slices.Contains(armed.Scheduled, first.Scheduled[0]) {
		t.Errorf("armed anew under another name: %+v, %+v", armed.Scheduled, first.Scheduled)
	}
	o.ask(`hours="mon-fri 09:00-18:00 Asia/Shanghai CN"`, by(chat.Set))
	o.now = time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC) // a Saturday
	if off := o.due(first.Scheduled[0]); len(off.Outbox) != 0 || len(off.Scheduled) != 1 {
		t.Errorf("on a day off: %+v", off)
	}
	weekly := o.ask("digest=weekly", by(chat.Set))
	if len(weekly.Scheduled) != 1 || weekly.Scheduled[0].Due.Weekday() != time.Monday {
		t.Errorf("%+v", weekly.Scheduled)
	}
	if old := o.due(first.Scheduled[0]); len(old.Outbox)+len(old.Scheduled) != 0 {
		t.Errorf("the daily digest goes on: %+v", old)
	}
	o.ask("digest=off", by(chat.Set))
	if old := o.due(weekly.Scheduled[0]); len(old.Outbox)+len(old.Scheduled) != 0 {
		t.Errorf("the digest goes on: %+v", old)
	}
	o.ask("record=yes 语言=英文 摘要=每周 hours=周一至周五 9:00-18:00 Asia/Shanghai 保留=1y", by(chat.Set))
	set2 := o.ask("", by(chat.Set)).Data.(map[string]string)
	for name, want := range map[string]string{"record": "on", "language": "en", "digest": "weekly",
		"hours": "mon-fri 09:00-18:00 Asia/Shanghai", "retention": "365d"} {
		if set2[name] != want {
			t.Errorf("%s is %q, want %q", name, set2[name], want)
		}
	}
	o.ask("digest=off retention=off", by(chat.Set))
	for _, text := range []string{"digest=hourly", "hours=sometimes", "hours=\"mon-fri 9:00-9:00\"", "hours=mon-fro",
		"retention=1d", "retention=forever", "access=me", "record=maybe", "colour=red", "language=xx"} {
		if got := o.ask(text, by(chat.Set)); got.Tone != chat.Caution || !strings.Contains(words(got), "Not taken") {
			t.Errorf("%s: %s", text, words(got))
		}
	}
	if form := o.ask("form", by(chat.Set)).Form; form == nil || len(form.Fields) != len(answers.SetInputs) {
		t.Errorf("%+v", form)
	}
}

// TestCaseStatisticsMove: an import gives the same statistics, mergers and answers that came after them counted once.
func TestCaseStatisticsMove(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken provider=alimail")
	o.ask("contact 1 ticket please look")
	o.now = o.now.Add(time.Hour)
	o.ask("answered 1 ticket they look")
	o.ask("contact 1 phone they promise answered=yes")
	o.ask("contact 1 chat anybody there")
	o.ask("open login still broken provider=alimail")
	o.ask("merge 1 2")
	o.now = o.now.Add(time.Hour)
	o.says("answered 2 chat here we are", "first answer by online chat")
	o.ask("solve 2 new password")
	o.ask("open third provider=alimail")
	o.ask("solve 3 nothing was wrong")
	export := o.ask("export json", directly).File.Content
	if got, err := o.d.Book.Import(t.Context(), "T2", strings.NewReader(string(export)), nil); err != nil ||
		got.Taken != 3 {
		t.Fatal(got, err)
	}
	here, err := o.d.Book.Stats(t.Context(), "T1", "")
	if err != nil {
		t.Fatal(err)
	}
	there, err := o.d.Book.Stats(t.Context(), "T2", "")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(here, there) || len(here) < 5 {
		t.Errorf("there:\n%+v\nhere:\n%+v", there, here)
	}
}

// TestCaseHomePage: a person's own page has their cases, their reminders, and the team's by who has to act; what others
// alone may see is not there, and does not count.
func TestCaseHomePage(t *testing.T) {
	o := openOffice(t)
	home := func(user string) chat.Reply {
		return o.ask("", asked(chat.Inside{Kind: chat.HomePage}),
			func(r *chat.Request) { r.User, r.Direct, r.Channel = user, true, user })
	}
	if got := words(home("U1")); !strings.Contains(got, "Yours (0)") || strings.Contains(got, "reminded") {
		t.Error(got)
	}
	o.ask("open login broken")
	o.ask("take 1")
	o.ask("remind 1 2h call <@U2>")
	o.ask("access=channel", by(chat.Set))
	o.ask("open the payroll leaks", as("U3"))
	mine := home("U1")
	for _, want := range []string{"Yours (1)", "What you will be reminded of", "2026-11-23 04:00 UTC MAIL-1 call <@U2>",
		"waiting for us (1)"} {
		if !strings.Contains(words(mine), want) {
			t.Errorf("%q is missing in\n%s", want, words(mine))
		}
	}
	if strings.Contains(words(mine), "payroll") || strings.Contains(words(mine), "new (1)") {
		t.Errorf("not for U1:\n%s", words(mine))
	}
	if got := words(home("U3")); !strings.Contains(got, "payroll") || strings.Contains(got, "reminded") {
		t.Error(got)
	}
	o.says(button(t, mine, "reminders").Text, "call <@U2>")
	o.says(button(t, mine, "list").Text, "MAIL-1")
}

// TestCaseKeeping: retention, an audit of it, a person forgotten, a case deleted with its message, an export read in
// elsewhere.
func TestCaseKeeping(t *testing.T) {
	o := openOffice(t)
	o.ask("open the printer of <@U7> is slow", as("U7"))
	o.ask("open second thing")
	o.ask("note 2 said U7")
	o.says("note 2 the token=abcdefgh12345678 of <@U8|carol>, code=123456", "secret was taken out")
	if raw := string(o.ask("export json", directly).File.Content); strings.Contains(raw, "carol") ||
		strings.Contains(raw, "123456") {
		t.Error(raw)
	}
	o.ask("close 2 done")
	export := o.says("export json", "The casebook", directly)
	o.says("export json", "direct message")
	o.says("export exe", "exe", directly)
	file := func(content string) func(*chat.Request) {
		return func(r *chat.Request) {
			directly(r)
			r.Files = []chat.File{{Name: "casebook.json", Size: int64(len(content)),
				Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}}
		}
	}
	o.says("import", "Taken in: 2 cases", file(string(export.File.Content)), func(r *chat.Request) { r.Team = "T2" })
	o.says("import", "Left as they are, since their numbers are taken: 2", file(string(export.File.Content)))
	o.says("import", "Line 2: record 2 is not whole", file(string(export.File.Content[:len(export.File.Content)-20])),
		func(r *chat.Request) { r.Team = "T3" })
	o.says("import", "Attach one file", directly)
	o.says("import", "direct message", file("{}"), in("C1"), func(r *chat.Request) { r.Direct = false })

	if got := o.says("forget <@U7>", "There is no way back"); button(t, got, "forget").Confirm == "" {
		t.Error("not asked before")
	}
	o.says(button(t, o.ask("forget <@U7>"), "forget").Text, "Taken out of 2 cases")
	after := o.ask("export json", directly)
	if strings.Contains(string(after.File.Content), "U7") {
		t.Errorf("%s", after.File.Content)
	}
	o.says("forget everybody", "Whose data")
	o.ask("export csv", directly, as("U6"))
	if got := words(o.ask("audit")); !strings.Contains(got, "export csv U6") {
		t.Error(got)
	}
	o.ask("forget <@U6> yes")
	if got := words(o.ask("audit")); strings.Contains(got, "U6") || !strings.Contains(got, "export csv gone") {
		t.Errorf("in the audit:\n%s", got)
	}

	if _, _, err := o.d.Book.Change(t.Context(), "T1", 1, "p",
		func(c *cases.Case) (cases.Edit, error) { c.Thread = "1.1"; return cases.Edit{}, nil }); err != nil {
		t.Fatal(err)
	}
	sure := o.says("delete 1", "MAIL-1")
	gone := o.ask(button(t, sure, "delete").Text)
	if len(gone.Outbox) != 1 || gone.Outbox[0].Reply.Location == nil ||
		*gone.Outbox[0].Reply.Location != (chat.Location{Channel: "C1", TS: "1.1"}) {
		t.Errorf("%+v", gone.Outbox)
	}
	o.says("show 1", "no such case")

	set := o.says("retention=30d", "30 days", by(chat.Set))
	if len(set.Scheduled) != 1 {
		t.Fatal(set.Scheduled)
	}
	if swept := o.due(set.Scheduled[0]); len(swept.Scheduled) != 1 || o.record(2) == nil {
		t.Errorf("%+v", swept)
	}
	o.now = o.now.AddDate(0, 0, 31)
	swept := o.line("sweep 2026-12-24 1")
	if fmt.Sprint(swept.Data) != "map[deleted:1]" {
		t.Errorf("%+v", swept.Data)
	}
	o.says("show 2", "no such case")
	audit := words(o.ask("audit"))
	for _, want := range []string{"delete MAIL-2", "delete MAIL-1", "forget a person", "export json",
		"set C1 retention=30d"} {
		if !strings.Contains(audit, want) {
			t.Errorf("%q is missing in\n%s", want, audit)
		}
	}
}
