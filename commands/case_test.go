package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/cases/redistest"
	"signpost/diag"
	"signpost/diag/lab"
	"signpost/kb"

	"golang.org/x/text/language"
)

// office is a casebook with people around it, and a clock that the test turns.
type office struct {
	t    testing.TB
	d    Deps
	lab  *lab.Lab
	now  time.Time
	asks int
}

func openOffice(t testing.TB) *office {
	t.Helper()
	l, err := lab.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	base, err := kb.Load()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, lab: l, now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)} // a Monday, ten in the morning in Shanghai
	clock := func() time.Time { return o.now }
	o.d = Deps{KB: base, Net: l.Net(), Now: clock, Book: cases.OpenBook(redistest.Embedded(t), clock)}
	return o
}

// request is what U1 asks in English in C1, unless the test says otherwise.
func (o *office) request(text string, with ...func(*Request)) Request {
	o.asks++
	r := Request{ID: fmt.Sprint("r", o.asks), Team: "T1", User: "U1", Channel: "C1", Command: mailcaseName, Text: text, Lang: language.English, Zone: "Asia/Shanghai"}
	for _, f := range with {
		f(&r)
	}
	return r
}

// ask gives the final reply.
func (o *office) ask(text string, with ...func(*Request)) Reply {
	o.t.Helper()
	return o.handle(o.request(text, with...))
}

func (o *office) handle(r Request) Reply {
	o.t.Helper()
	var last Reply
	if err := Handle(context.Background(), o.d, r, func(x Reply) {
		if x.Final {
			last = x
		}
	}); err != nil || !last.Final {
		o.t.Fatalf("%s %s: %v, final %v", r.Command, r.Text, err, last.Final)
	}
	if strings.Contains(last.Title, "on our side") || strings.Contains(last.Title, "我们这边出了问题") {
		o.t.Fatalf("%s %s failed: %s", r.Command, r.Text, last.Title)
	}
	return last
}

// says asks, and looks for words in the answer.
func (o *office) says(text string, want string, with ...func(*Request)) Reply {
	o.t.Helper()
	r := o.ask(text, with...)
	if got := words(r); !strings.Contains(got, want) {
		o.t.Errorf("%s: %q is missing in\n%s", text, want, got)
	}
	return r
}

func (o *office) record(n int64) *cases.Case {
	o.t.Helper()
	c, err := o.d.Book.Case(context.Background(), "T1", n)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// due makes a request whose time has come, as the queue does.
func (o *office) due(l Later) Reply {
	o.t.Helper()
	if l.At.After(o.now) {
		o.now = l.At
	}
	return o.handle(Request{ID: "later " + l.Key, Team: "T1", Channel: l.Channel, Thread: l.Thread, Command: l.Command, Text: l.Text, Inside: true, Lang: language.English})
}

func in(channel string) func(*Request)        { return func(r *Request) { r.Channel = channel } }
func as(user string) func(*Request)           { return func(r *Request) { r.User = user } }
func chinese(r *Request)                      { r.Lang = language.Chinese }
func directly(r *Request)                     { r.Channel, r.Direct = "D1", true }
func inside(r *Request)                       { r.Inside, r.User = true, "" }
func by(command string) func(*Request)        { return func(r *Request) { r.Command = command } }
func with(v map[string]string) func(*Request) { return func(r *Request) { r.Values = v } }
func button(t testing.TB, r Reply, id string) Action {
	t.Helper()
	for _, a := range r.Actions {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("no button %s in %s: %+v", id, r.Title, r.Actions)
	return Action{}
}

// TestCaseInBothLanguages leads one case in English and one in Chinese through the same steps: their records are the same.
func TestCaseInBothLanguages(t *testing.T) {
	o := openOffice(t)
	steps := [][2]string{
		{"open spf-no-provider.example no mail to Gmail, urgent", "开启 spf-no-provider.example 发 Gmail 的邮件收不到，紧急"},
		{"take %d", "接手 %d"},
		{"contact %d phone", "联系 %d 电话"},
		{"ticket %d 0003Y5YJCP", "工单 %d 0003Y5YJCP"},
		{"answered %d", "已回复 %d"},
		{"state %d waiting for dns", "状态 %d 等待dns"},
		{"tag %d vip move", "标签 %d vip，move"},
		{"priority %d low", "优先级 %d 低"},
		{"note %d they look into it", "备注 %d 他们在查"},
		{"follow %d", "关注 %d"},
		{"remind %d 2h call them", "提醒 %d 2小时 打电话"},
		{"solve %d published the include", "解决 %d 补上了 include"},
		{"lesson %d look at SPF first", "经验 %d 先看 SPF"},
		{"reopen %d", "重开 %d"},
		{"close %d", "关闭 %d"},
	}
	for i, step := range steps {
		o.now = o.now.Add(10 * time.Minute)
		for lang, text := range step {
			number := int64(lang + 1)
			if i > 0 {
				text = fmt.Sprintf(text, number)
			} else if lang == 1 {
				text += " second=yes"
			}
			r := o.request(text)
			if lang == 1 {
				r.Lang = language.Chinese
			}
			switch {
			case strings.HasPrefix(step[0], "contact"):
				r.Values = map[string]string{"channel": "phone", "gist": "asked why", "answered": "no", "partner": "dns", "who": "HiChina"}
			case strings.HasPrefix(step[0], "close"):
				r.Values = map[string]string{"resolution": "for good", "lesson": ""}
			}
			if got := o.handle(r); got.Tone == Caution && i > 0 {
				t.Errorf("%s: %s", text, words(got))
			}
		}
	}
	kinds := func(n int64) (out []string) {
		list, err := o.d.Book.Timeline(t.Context(), "T1", n, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			out = append(out, e.Kind)
		}
		return out
	}
	x, y := o.record(1), o.record(2)
	if a, b := kinds(1), kinds(2); !slices.Equal(a, b) || len(a) < 13 {
		t.Errorf("timelines differ:\n%v\n%v", a, b)
	}
	if x.State != cases.Closed || x.State != y.State || x.Priority != cases.Low || y.Priority != cases.Low || !slices.Equal(x.Tags, y.Tags) || x.Assignee != y.Assignee || x.Provider != "alimail" ||
		x.Provider != y.Provider || !slices.Equal(x.Tickets, y.Tickets) || x.Contacts != 2 || y.Contacts != 2 || x.Domain != y.Domain || len(x.Followers) != 1 || !slices.Equal(x.First.Codes(), y.First.Codes()) {
		t.Errorf("records differ:\n%+v\n%+v", x, y)
	}
	cx, _ := o.d.Book.Contacts(t.Context(), "T1", 1)
	cy, _ := o.d.Book.Contacts(t.Context(), "T1", 2)
	for i := range cx {
		cx[i].Who, cy[i].Who = cx[i].Who+cx[i].Gist, cy[i].Who+cy[i].Gist
		if fmt.Sprint(cx[i]) != fmt.Sprint(cy[i]) || len(cx) != len(cy) {
			t.Errorf("contacts differ:\n%+v\n%+v", cx[i], cy[i])
		}
	}
	if !cx[0].Answered.IsZero() || cx[1].Ticket != "0003Y5YJCP" || cx[1].Answered.IsZero() {
		t.Errorf("the answer belongs to the ticket: %+v", cx)
	}
	en, zh := o.ask("review 1"), o.ask("复盘 2", chinese)
	if !strings.Contains(words(en), "look at SPF first") || !strings.Contains(words(zh), "先看 SPF") || len(en.Sections) != len(zh.Sections) {
		t.Errorf("reviews differ:\n%s\n%s", words(en), words(zh))
	}
}

// TestCaseMeasures: how long answers took is told by stats, and beside the channel in /mailhelp; waiting for others is not counted as ours.
func TestCaseMeasures(t *testing.T) {
	o := openOffice(t)
	for i, wait := range []time.Duration{2 * time.Hour, 3 * time.Hour, 4 * time.Hour} {
		o.ask(fmt.Sprintf("open alimail problem %d", i), with(map[string]string{"title": "cannot log in", "provider": "alimail"}))
		o.now = o.now.Add(time.Hour)
		o.ask(fmt.Sprintf("ticket %d 0003Y5YJC%d", i+1, i))
		o.now = o.now.Add(wait)
		o.ask(fmt.Sprintf("answered %d", i+1))
		o.now = o.now.Add(30 * time.Minute)
		o.ask(fmt.Sprintf("solve %d new password", i+1))
	}
	got := words(o.ask("stats"))
	for _, want := range []string{"Enterprise Mail) · ticket: 3 h (3×)", "3 h", "4 h 30 min"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if help := full(o.ask("cannot log in to Alibaba Mail, ticket please", by(Help))); !strings.Contains(help, "3 h") {
		t.Errorf("the experience is missing in\n%s", help)
	}
	c := o.record(1)
	if ours := c.Ours(o.now, cases.Business{}); ours != 90*time.Minute {
		t.Errorf("ours %v, want an hour before the ticket and half an hour after the answer", ours)
	}
	// A team that works office hours only: a night does not count.
	o.says(`hours="mon-fri 09:00-18:00 Asia/Shanghai"`, "mon-fri 09:00-18:00 Asia/Shanghai", by(mailsetName))
	o.now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC) // five in the afternoon in Shanghai
	o.ask("open slow mail")
	o.now = o.now.Add(17 * time.Hour) // ten the next morning
	o.ask("state 4 waiting-provider")
	if spent := o.record(4).Spent[cases.New]; spent != 2*time.Hour {
		t.Errorf("%v of office time, want 2 h", spent)
	}
	card := words(o.ask("show 4"))
	if !strings.Contains(card, "Waited for us: 2 h") {
		t.Errorf("our own time is missing in\n%s", card)
	}
}

// TestCaseTimes turns the clock: reminders, snoozing, an unanswered ticket with another channel proposed, a case that nobody touches.
func TestCaseTimes(t *testing.T) {
	o := openOffice(t)
	opened := o.ask("open cannot log in, urgent, since 9:00", with(map[string]string{"provider": "alimail"}))
	if len(opened.Laters) != 2 || opened.Laters[0].At.Sub(o.now) != staleAfter || opened.Laters[1].At.Sub(o.now) != urgentFor {
		t.Fatalf("%+v", opened.Laters)
	}
	untaken := opened.Laters[1]
	if got := o.due(untaken).Posts; len(got) != 2 || !strings.Contains(words(got[1].Reply), "nobody has taken it") || button(t, got[1].Reply, "take").Text != "take MAIL-1 rev=1" {
		t.Errorf("%+v", got)
	}
	o.now = o.now.Add(-urgentFor)
	defer func() {
		if got := o.due(untaken); len(got.Posts) != 0 {
			t.Errorf("somebody works on it: %+v", got.Posts)
		}
	}()
	stale := opened.Laters[0]
	reminder := o.says("remind 1 90m call them", "2026-11-23 11:30 +08:00")
	if len(reminder.Laters) != 1 {
		t.Fatal(reminder.Laters)
	}
	ticket := o.ask("ticket 1 0003Y5YJCP")
	post := o.due(reminder.Laters[0]).Posts
	if len(post) != 2 || post[1].Under != "root MAIL-1" || post[1].Else != "U1" || !strings.Contains(words(post[1].Reply), "call them") || post[1].Reply.Sections[1].Fields[0].Person != "U1" {
		t.Errorf("%+v", post)
	}
	snoozed := o.ask(button(t, post[1].Reply, "snooze").Text)
	if len(snoozed.Laters) != 1 || !snoozed.Laters[0].At.Equal(o.now.Add(2*time.Hour)) {
		t.Errorf("%+v", snoozed.Laters)
	}
	if len(ticket.Laters) != 1 || ticket.Laters[0].At.Sub(o.now.Add(-90*time.Minute)) != answerWithin {
		t.Fatalf("%+v", ticket.Laters)
	}
	unanswered := o.due(ticket.Laters[0]).Posts
	if len(unanswered) != 2 {
		t.Fatalf("%+v", unanswered)
	}
	for _, want := range []string{"0003Y5YJCP", "unanswered for 8 h.", "4008013260"} {
		if got := full(unanswered[1].Reply); !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	late := o.ask("ticket 1 0003Y5YJCQ")
	o.ask("answered 1 0003Y5YJCQ")
	if got := o.due(late.Laters[len(late.Laters)-1]); len(got.Posts) != 0 {
		t.Errorf("an answered ticket is not answered: %+v", got.Posts)
	}
	// Touched since: looked at again later. Then nothing happens for three days.
	again := o.due(stale)
	if len(again.Posts) != 0 || len(again.Laters) != 1 {
		t.Fatalf("%+v", again)
	}
	asked := o.due(again.Laters[0])
	if len(asked.Posts) != 2 || len(asked.Laters) != 1 || !strings.Contains(words(asked.Posts[1].Reply), "3 d") {
		t.Errorf("%+v", asked)
	}
	// Whoever worked on it has left.
	o.d.Left = func(_ context.Context, user string) bool { return user == "U7" }
	o.says("assign 1 <@U7>", "has left the workspace")
	o.d.Left = nil
	o.ask("assign 1 <@U7>")
	o.d.Left = func(_ context.Context, user string) bool { return user == "U7" }
	o.now = o.now.Add(staleAfter)
	left := o.due(asked.Laters[0]).Posts
	if len(left) == 0 {
		left = o.due(Later{Key: "s", Command: mailcaseName, Text: "due MAIL-1 stale", At: o.now.Add(staleAfter)}).Posts
	}
	if len(left) != 2 || !strings.Contains(words(left[1].Reply), "has left the workspace") || left[1].Else != "U1" {
		t.Errorf("%+v", left)
	}
	o.ask("close 1 done")
	if got := o.due(reminder.Laters[0]); len(got.Posts) != 2 || !strings.Contains(words(got.Posts[1].Reply), "closed") {
		t.Errorf("a reminder is lost with its case: %+v", got)
	}
	for _, l := range []Later{ticket.Laters[0], asked.Laters[0]} {
		if got := o.due(l); len(got.Posts) != 0 || len(got.Laters) != 0 {
			t.Errorf("a closed case speaks: %+v", got)
		}
	}
	// Nobody else may ask what the program asks itself.
	for _, text := range []string{"due 1 stale", "posted 1", "root 1", "sweep 2026-01-01 1", "react eyes"} {
		o.says(text, "I do not know what to do with")
	}
}

// TestCaseAccess keeps a restricted case in its channel: nobody elsewhere sees it in a list, a search, a lesson, a digest, an export or by its number, but those who work on it.
func TestCaseAccess(t *testing.T) {
	o := openOffice(t)
	o.says("access=channel", "only who is in this channel", by(mailsetName), in("C9"))
	o.ask("open mx-none.example secret merger mail", in("C9"), as("U8"))
	o.ask("lesson 1 merger secret lesson words", in("C9"), as("U8"))
	o.ask("open public matter")
	for _, text := range []string{"show 1", "note 1 x", "merge 2 1", "review 1", "delete 1", "take 1"} {
		if got := o.ask(text); got.Tone != Caution || !strings.Contains(words(got), "no such case") {
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
	if got := words(o.ask("merger secret lesson?", by(mailaskName))); strings.Contains(got, "lesson words") {
		t.Errorf("learned elsewhere: %s", got)
	}
	if got := words(o.ask("merger secret lesson?", by(mailaskName), in("C9"))); !strings.Contains(got, "lesson words") {
		t.Errorf("not learned in its channel: %s", got)
	}
	if got := o.ask("export json", directly); strings.Contains(string(got.File.Content), "merger") || !strings.Contains(string(got.File.Content), "public matter") {
		t.Errorf("%s", got.File.Content)
	}
	if got := o.ask("home", inside, func(r *Request) { r.User, r.Direct, r.Channel = "U1", true, "U1" }); strings.Contains(words(got), "merger") {
		t.Errorf("%s", words(got))
	}
	// That the domain has such a case is not told either: another is opened.
	if got := o.ask("open mx-none.example nothing arrives"); got.Tone != Good || o.record(3).Domain != "mx-none.example" {
		t.Errorf("%s", words(got))
	}
	o.says("merge 1 2", "cannot be merged", in("C9"))
	digest := o.handle(Request{ID: "d", Team: "T1", Channel: "C1", Command: mailcaseName, Text: "digest daily 2026-11-23", Inside: true, Lang: language.English})
	if len(digest.Posts) != 0 {
		t.Errorf("a digest that nobody wants: %+v", digest)
	}
	// Another workspace sees nothing.
	for _, text := range []string{"show 2", "list", "search public"} {
		if got := words(o.ask(text, func(r *Request) { r.Team = "T2" })); strings.Contains(got, "matter") {
			t.Errorf("T2 %s: %s", text, got)
		}
	}
}

// TestDigest posts what happened to a channel each morning by its own clock, once, and not on the team's days off.
func TestDigest(t *testing.T) {
	o := openOffice(t)
	set := o.says("digest=daily language=zh", "every day at 9:00", by(mailsetName))
	if len(set.Laters) != 1 || !set.Laters[0].At.Equal(time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC)) {
		t.Fatalf("%+v", set.Laters)
	}
	o.ask("open login broken, urgent")
	o.ask("open slow mail")
	o.ask("solve 2 by waiting")
	o.ask("open hidden thing", in("C2"), func(*Request) {
		if err := o.d.Book.SetChannel(t.Context(), "T1", "C2", cases.ChannelSettings{Access: "channel"}); err != nil {
			t.Fatal(err)
		}
	})
	first := o.due(set.Laters[0])
	if len(first.Posts) != 1 || first.Posts[0].Channel != "C1" || len(first.Laters) != 1 || !first.Laters[0].At.Equal(o.now.Add(24*time.Hour)) {
		t.Fatalf("%+v", first)
	}
	got := words(first.Posts[0].Reply)
	for _, want := range []string{"未结 1 个，紧急 1 个，新解决 1 个", "login broken", "slow mail"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	if strings.Contains(got, "hidden") {
		t.Errorf("%s", got)
	}
	if armed := o.handle(Request{ID: "a", Team: "T1", Command: mailcaseName, Text: "arm", Inside: true}); !slices.Contains(armed.Laters, first.Laters[0]) {
		t.Errorf("armed anew under another name: %+v, %+v", armed.Laters, first.Laters)
	}
	o.ask(`hours="mon-fri 09:00-18:00 Asia/Shanghai CN"`, by(mailsetName))
	o.now = time.Date(2026, 11, 28, 1, 0, 0, 0, time.UTC) // a Saturday
	if off := o.due(first.Laters[0]); len(off.Posts) != 0 || len(off.Laters) != 1 {
		t.Errorf("on a day off: %+v", off)
	}
	weekly := o.ask("digest=weekly", by(mailsetName))
	if len(weekly.Laters) != 1 || weekly.Laters[0].At.Weekday() != time.Monday {
		t.Errorf("%+v", weekly.Laters)
	}
	if old := o.due(first.Laters[0]); len(old.Posts)+len(old.Laters) != 0 {
		t.Errorf("the daily digest goes on: %+v", old)
	}
	o.ask("digest=off", by(mailsetName))
	if old := o.due(weekly.Laters[0]); len(old.Posts)+len(old.Laters) != 0 {
		t.Errorf("the digest goes on: %+v", old)
	}
	o.ask("record=yes 语言=英文 摘要=每周 hours=周一至周五 9:00-18:00 Asia/Shanghai 保留=1y", by(mailsetName))
	set2 := o.ask("", by(mailsetName)).Data.(map[string]string)
	for name, want := range map[string]string{"record": "on", "language": "en", "digest": "weekly", "hours": "mon-fri 09:00-18:00 Asia/Shanghai", "retention": "365d"} {
		if set2[name] != want {
			t.Errorf("%s is %q, want %q", name, set2[name], want)
		}
	}
	o.ask("digest=off retention=off", by(mailsetName))
	for _, text := range []string{"digest=hourly", "hours=sometimes", "hours=\"mon-fri 9:00-9:00\"", "hours=mon-fro", "retention=1d", "retention=forever", "access=me", "record=maybe", "colour=red", "language=xx"} {
		if got := o.ask(text, by(mailsetName)); got.Tone != Caution || !strings.Contains(words(got), "Not taken") {
			t.Errorf("%s: %s", text, words(got))
		}
	}
	if form := o.ask("form", by(mailsetName)).Form; form == nil || len(form.Fields) != len(setInputs) {
		t.Errorf("%+v", form)
	}
}

// TestCasePromises: what was promised is armed again at a start, and where an export is read in, under the name under which it was promised first; what is over is not.
func TestCasePromises(t *testing.T) {
	o := openOffice(t)
	opened := o.ask("open login broken")
	set := o.ask("remind 1 2h call them")
	o.ask("remind 1 3h and again")
	o.ask("remind 1 off")
	later := o.ask("remind 1 tomorrow 9:00 look")
	arm := func(team string) Reply {
		return o.handle(Request{ID: "a", Team: team, Command: mailcaseName, Text: "arm", Inside: true})
	}
	same := func(got []Later, want ...Later) {
		t.Helper()
		got = slices.DeleteFunc(slices.Clone(got), func(l Later) bool { return l.Text == "arm" || strings.HasSuffix(l.Text, " untaken") })
		stale := slices.DeleteFunc(slices.Clone(got), func(l Later) bool { return strings.HasPrefix(l.Text, "due MAIL-1 remind") })
		got = slices.DeleteFunc(got, func(l Later) bool { return !strings.HasPrefix(l.Text, "due MAIL-1 remind") })
		if !slices.Equal(got, want) || len(stale) != 1 {
			t.Errorf("armed:\n%+v\nand %+v, want\n%+v", got, stale, want)
		}
	}
	armed := arm("T1").Laters
	same(armed, later.Laters[0])
	if !slices.Contains(armed, opened.Laters[0]) {
		t.Errorf("looked at under another name: %+v, not %+v", armed, opened.Laters[0])
	}
	if again := armed[len(armed)-1]; again.Text != "arm" || !again.At.After(o.now) || again.At.Sub(o.now) > 48*time.Hour {
		t.Errorf("%+v", again)
	}
	if slices.Contains(armed, set.Laters[0]) {
		t.Error("what was taken back is armed")
	}
	export := o.ask("export json", directly).File.Content
	o.now = o.now.Add(30 * time.Hour)
	same(arm("T1").Laters)
	o.now = o.now.Add(-29 * time.Hour)
	in := o.ask("import", directly, func(r *Request) {
		r.Team = "T2"
		r.Files = []File{{Name: "x.json", Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(string(export))), nil
		}}}
	})
	same(in.Laters, later.Laters[0])
	if due := o.handle(Request{ID: "d", Team: "T2", Command: mailcaseName, Text: in.Laters[0].Text, Inside: true}); len(due.Posts) != 2 || !strings.Contains(words(due.Posts[1].Reply), "look") {
		t.Errorf("%+v", due)
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
	if taken, _, err := o.d.Book.Import(t.Context(), "T2", strings.NewReader(string(export))); err != nil || taken != 3 {
		t.Fatal(taken, err)
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

// TestCaseHomePage: a person's own page has their cases, their reminders, and the team's by who has to act; what others alone may see is not there, and does not count.
func TestCaseHomePage(t *testing.T) {
	o := openOffice(t)
	home := func(user string) Reply {
		return o.ask("home", inside, func(r *Request) { r.User, r.Direct, r.Channel = user, true, user })
	}
	if got := words(home("U1")); !strings.Contains(got, "Yours (0)") || strings.Contains(got, "reminded") {
		t.Error(got)
	}
	o.ask("open login broken")
	o.ask("take 1")
	o.ask("remind 1 2h call <@U2>")
	o.ask("access=channel", by(mailsetName))
	o.ask("open the payroll leaks", as("U3"))
	mine := home("U1")
	for _, want := range []string{"Yours (1)", "What you will be reminded of", "2026-11-23 04:00 UTC MAIL-1 call <@U2>", "waiting for us (1)"} {
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

// TestCaseAtWork: what is not urgent is looked at when somebody of the team works.
func TestCaseAtWork(t *testing.T) {
	o := openOffice(t)
	o.ask(`hours="mon-fri 09:00-18:00 Asia/Shanghai CN"`, by(mailsetName))
	o.now = time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC) // a Friday, four in the afternoon in Shanghai
	monday := time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
	if opened := o.ask("open login broken"); !opened.Laters[0].At.Equal(monday.Add(7 * time.Hour)) { // three days later, which is while they work
		t.Errorf("forgotten at %v", opened.Laters[0].At)
	}
	if asked := o.ask("contact 1 ticket please look"); !asked.Laters[0].At.Equal(monday) {
		t.Errorf("unanswered at %v", asked.Laters[0].At)
	}
	o.ask("open all mail is down urgent")
	if asked := o.ask("contact 2 ticket please look"); !asked.Laters[0].At.Equal(o.now.Add(answerWithin)) {
		t.Errorf("urgent, unanswered at %v", asked.Laters[0].At)
	}
}

// TestCaseKeeping: retention, an audit of it, a person forgotten, a case deleted with its message, an export read in elsewhere.
func TestCaseKeeping(t *testing.T) {
	o := openOffice(t)
	o.ask("open the printer of <@U7> is slow", as("U7"))
	o.ask("open second thing")
	o.ask("note 2 said U7")
	o.says("note 2 the token=abcdefgh12345678 of <@U8|carol>, code=123456", "secret was taken out")
	if raw := string(o.ask("export json", directly).File.Content); strings.Contains(raw, "carol") || strings.Contains(raw, "123456") {
		t.Error(raw)
	}
	o.ask("close 2 done")
	export := o.says("export json", "The casebook", directly)
	o.says("export json", "direct message")
	o.says("export exe", "exe", directly)
	file := func(content string) func(*Request) {
		return func(r *Request) {
			directly(r)
			r.Files = []File{{Name: "casebook.json", Size: int64(len(content)), Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}}
		}
	}
	o.says("import", "Taken in: 2 cases", file(string(export.File.Content)), func(r *Request) { r.Team = "T2" })
	o.says("import", "Left as they are, since their numbers are taken: 2", file(string(export.File.Content)))
	o.says("import", "Record 2 is not whole", file(string(export.File.Content[:len(export.File.Content)-20])), func(r *Request) { r.Team = "T3" })
	o.says("import", "Attach one file", directly)
	o.says("import", "direct message", file("{}"), in("C1"), func(r *Request) { r.Direct = false })

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

	if _, _, err := o.d.Book.Change(t.Context(), "T1", 1, "p", func(c *cases.Case) (cases.Edit, error) { c.Thread = "1.1"; return cases.Edit{}, nil }); err != nil {
		t.Fatal(err)
	}
	sure := o.says("delete 1", "MAIL-1")
	gone := o.ask(button(t, sure, "delete").Text)
	if len(gone.Posts) != 1 || gone.Posts[0].Reply.Stands == nil || *gone.Posts[0].Reply.Stands != (Place{"C1", "1.1"}) {
		t.Errorf("%+v", gone.Posts)
	}
	o.says("show 1", "no such case")

	set := o.says("retention=30d", "30 days", by(mailsetName))
	if len(set.Laters) != 1 {
		t.Fatal(set.Laters)
	}
	if swept := o.due(set.Laters[0]); len(swept.Laters) != 1 || o.record(2) == nil {
		t.Errorf("%+v", swept)
	}
	o.now = o.now.AddDate(0, 0, 31)
	swept := o.due(Later{Key: "x", Command: mailcaseName, Text: "sweep 2026-12-24 1"})
	if fmt.Sprint(swept.Data) != "map[deleted:1]" {
		t.Errorf("%+v", swept.Data)
	}
	o.says("show 2", "no such case")
	audit := words(o.ask("audit"))
	for _, want := range []string{"delete MAIL-2", "delete MAIL-1", "forget a person", "export json", "set C1 retention=30d"} {
		if !strings.Contains(audit, want) {
			t.Errorf("%q is missing in\n%s", want, audit)
		}
	}
}

// TestCaseBounds gives a case what is too much for it: nothing is lost without a word, and nothing panics.
func TestCaseBounds(t *testing.T) {
	o := openOffice(t)
	long := strings.Repeat("收不到信 and more. ", 2500)
	opened := o.says("open "+long, "The text is long")
	if c := o.record(1); len([]rune(c.Title)) > cases.MaxTitle {
		t.Errorf("title of %d characters", len([]rune(c.Title)))
	}
	if n := len([]rune(opened.Title)); n > 400 {
		t.Errorf("an answer's title of %d characters", n)
	}
	o.says("note 1 "+long, "The text is long")
	list, err := o.d.Book.Timeline(t.Context(), "T1", 1, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range list {
		if e.Kind == "note" {
			all.WriteString(e.Text)
		}
		if n := len([]rune(e.Text)); n > cases.MaxText {
			t.Errorf("an entry of %d characters", n)
		}
	}
	if strings.TrimSpace(all.String()) != strings.TrimSpace(long) {
		t.Errorf("%d of %d octets of the note are kept", all.Len(), len(long))
	}
	for i := range 1000 {
		o.ask("contact 1", with(map[string]string{"channel": "ticket", "ticket": fmt.Sprintf("0003Y%05d", i), "gist": "again " + fmt.Sprint(i)}))
	}
	if c := o.record(1); c.Contacts != 1000 || len(c.Tickets) != 1000 {
		t.Errorf("%d contacts, %d tickets", c.Contacts, len(c.Tickets))
	}
	o.says("review 1", "0003Y00999")
	for _, text := range []string{"show 1", "review 1", "list", "stats"} {
		if got := o.ask(text); len(words(got)) > 40_000 {
			t.Errorf("%s: %d octets", text, len(words(got)))
		}
	}
	if got := words(o.ask("show 1")); !strings.Contains(got, "995") {
		t.Errorf("how many more wait is missing in\n%s", got)
	}
	for range cases.MaxContacts - 1000 {
		if _, _, err := o.d.Book.Change(t.Context(), "T1", 1, "", func(c *cases.Case) (cases.Edit, error) {
			c.Contacts++
			return cases.Edit{Contact: &cases.Contact{ID: int64(c.Contacts), Answered: o.now, At: o.now}}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	o.says("contact 1", "The case is full", with(map[string]string{"channel": "ticket", "gist": "one too many"}))
	for text, want := range map[string]string{
		"show 99": "no such case", "show 999999999999999": "no such case", "take -1": "no number of a case", "close MAIL-0 x": "no number of a case", "ticket 1 two words": "no ticket number", "priority 1 soon": "Which priority",
		"assign 1 nobody": "To whom", "merge 1 1": "Into which", "remind 1 whenever": "When?", "frobnicate 1": "I do not know what to do with: frobnicate 1", "taek 1": "Did you mean take", "tag 1": "Which tags", "reopen 1": "is open already",
		"state 1 dancing": "Which state", "contact 1 pigeon": "By which channel", "search": "Search for what",
	} {
		got := o.ask(text, func(r *Request) { r.Channel = "C7" })
		if strings.HasPrefix(text, "take") || strings.HasPrefix(text, "close") {
			got = o.ask(text, func(r *Request) { r.Channel, r.User = "C8", "U44" })
		}
		if got.Tone != Caution || !strings.Contains(words(got), want) {
			t.Errorf("%s: %s", text, words(got))
		}
	}
}

// TestCaseReactions: a reaction to the root message says what happened, where the channel wants that.
func TestCaseReactions(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	o.handle(Request{ID: "p", Team: "T1", Channel: "C1", Thread: "1.1", Command: mailcaseName, Text: "posted MAIL-1", Inside: true})
	react := func(name, user string) Reply {
		return o.ask("react "+name, func(r *Request) { r.Inside, r.Thread, r.User = true, "1.1", user })
	}
	if react("eyes", "U5"); o.record(1).Assignee != "" {
		t.Error("reactions count before anybody wanted that")
	}
	o.says("emoji=on", "a reaction changes the case", by(mailsetName))
	if got := react("eyes", "U5"); o.record(1).Assignee != "U5" || len(got.Posts) != 2 {
		t.Errorf("%+v", got)
	}
	react("hourglass_flowing_sand", "U5")
	if c := o.record(1); c.State != cases.WaitingProvider {
		t.Error(c.State)
	}
	react("pizza", "U5")
	react("white_check_mark", "U6")
	if c := o.record(1); c.State != cases.Solved || c.Resolution == "" {
		t.Errorf("%+v", c)
	}
}

// FuzzCase gives /mailcase anything: it answers.
func FuzzCase(f *testing.F) {
	o := openOffice(f)
	o.ask("open login broken")
	for _, text := range []string{"show 1", "note 1 x rev=9", "search a:b state:new <@U1> 2026-11 below=3", "remind 1 2026-13-45", "tag 1 -,,#", "open second=yes", "answered 1", "merge 1", "priority  ", "关闭 1", "export", "assign 1 <@|>"} {
		f.Add(text, "U1", true)
	}
	f.Fuzz(func(t *testing.T, text, user string, zh bool) {
		lang := language.English
		if zh {
			lang = language.Chinese
		}
		finals := 0
		err := Handle(context.Background(), o.d, Request{ID: text, Team: "T1", User: user, Channel: "C1", Command: mailcaseName, Text: text, Lang: lang}, func(r Reply) {
			if r.Final {
				finals++
			}
			if strings.Contains(r.Title, "on our side") || strings.Contains(r.Title, "我们这边出了问题") {
				t.Errorf("%q: %s", text, r.Title)
			}
		})
		if err != nil || finals != 1 {
			t.Errorf("%q: %d answers, %v", text, finals, err)
		}
	})
}

// TestSnapshotWords: what a case keeps of a diagnosis says the same in both languages as the diagnosis itself did, also after a store has had it.
func TestSnapshotWords(t *testing.T) {
	o := openOffice(t)
	told := 0
	for _, dom := range o.lab.Domains() {
		target, err := diag.ParseTarget(dom.Name)
		if err != nil {
			t.Fatal(err)
		}
		report := diagnose(t.Context(), o.d, question{target: target}, nil)
		raw, err := json.Marshal(cases.Snap(report))
		if err != nil {
			t.Fatal(err)
		}
		var snap cases.Snapshot
		if err := json.Unmarshal(raw, &snap); err != nil {
			t.Fatal(err)
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
			told++
			for _, lang := range []language.Tag{language.English, language.Chinese} {
				if was, is := o.d.KB.Title(lang, f), o.d.KB.Title(lang, kept); was != is && len(is) < 100 {
					t.Errorf("%s %s: %q, was %q", dom.Name, f.Code, is, was)
				}
			}
		}
	}
	if told < 80 {
		t.Errorf("only %d findings", told)
	}
}

// TestCaseConflicts: who has seen an older case than there is is told, nothing of anybody's is overwritten, and what was written comes back with a way on.
func TestCaseConflicts(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	first, second := o.ask("solve 1").Form, o.ask("solve 1", as("U2")).Form
	if first == nil || second == nil || !strings.HasPrefix(first.Text, "solve MAIL-1 rev=") {
		t.Fatalf("%+v", first)
	}
	o.says(first.Text, "MAIL-1 is solved", with(map[string]string{"resolution": "new password", "lesson": ""}))
	late := o.says(second.Text, "nothing was overwritten", with(map[string]string{"resolution": "unlocked the account", "lesson": ""}), as("U2"))
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
