package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/answers"
	"signpost/commands/chat"
	"signpost/diag/lab"
	"signpost/internal/redistest"

	"golang.org/x/text/language"
)

// office is a casebook with people around it, and a clock that the test turns.
type office struct {
	t    testing.TB
	d    answers.Deps
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
	base, err := loadKB()
	if err != nil {
		t.Fatal(err)
	}
	// A Monday, ten in the morning in Shanghai.
	o := &office{t: t, lab: l, now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return o.now }
	o.d = answers.Deps{KB: base, Net: l.Net(), Now: clock, Book: cases.OpenBook(redistest.Embedded(t), clock)}
	return o
}

// request is what U1 asks in English in C1, unless the test says otherwise.
func (o *office) request(text string, with ...func(*chat.Request)) chat.Request {
	o.asks++
	r := chat.Request{ID: fmt.Sprint("r", o.asks), Team: "T1", User: "U1", Channel: "C1", Command: chat.Case, Text: text,
		Lang: language.English, Zone: "Asia/Shanghai"}
	for _, f := range with {
		f(&r)
	}
	return r
}

// ask gives the final reply.
func (o *office) ask(text string, with ...func(*chat.Request)) chat.Reply {
	o.t.Helper()
	return o.handle(o.request(text, with...))
}

func (o *office) handle(r chat.Request) chat.Reply {
	o.t.Helper()
	var last chat.Reply
	if err := Handle(context.Background(), o.d, r, func(x chat.Reply) {
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
func (o *office) says(text string, want string, with ...func(*chat.Request)) chat.Reply {
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

// due tells of a time that has come, as the queue does.
func (o *office) due(e chat.Event) chat.Reply {
	o.t.Helper()
	if e.Due.After(o.now) {
		o.now = e.Due
	}
	if err := e.Validate(); err != nil || e.Team != "T1" {
		o.t.Errorf("%+v: %v", e, err)
	}
	return o.handle(chat.Request{ID: "later " + e.Key(), Team: "T1", Channel: e.Channel, Command: chat.Case, Event: &e,
		Internal: true, Lang: language.English})
}

// line tells of a time that has come in the form that the queue held before there were events.
func (o *office) line(text string) chat.Reply {
	return o.handle(chat.Request{ID: "later " + text, Team: "T1", Channel: "C1", Command: chat.Case, Text: text,
		Internal: true, Lang: language.English})
}

func in(channel string) func(*chat.Request)  { return func(r *chat.Request) { r.Channel = channel } }
func as(user string) func(*chat.Request)     { return func(r *chat.Request) { r.User = user } }
func chinese(r *chat.Request)                { r.Lang = language.Chinese }
func directly(r *chat.Request)               { r.Channel, r.Direct = "D1", true }
func inside(r *chat.Request)                 { r.Internal, r.User = true, "" }
func underCase(m chat.Message, n int64) bool { return m.ThreadOf != nil && m.ThreadOf.Case == n }
func asked(i chat.Inside) func(*chat.Request) {
	return func(r *chat.Request) { r.Internal, r.Inside, r.Text = true, &i, "" }
}
func by(command string) func(*chat.Request)        { return func(r *chat.Request) { r.Command = command } }
func with(v map[string]string) func(*chat.Request) { return func(r *chat.Request) { r.Values = v } }
func button(t testing.TB, r chat.Reply, id string) chat.Action {
	t.Helper()
	for _, a := range r.Actions {
		if a.ID == id {
			return a
		}
	}
	t.Fatalf("no button %s in %s: %+v", id, r.Title, r.Actions)
	return chat.Action{}
}

// TestCaseInBothLanguages leads one case in English and one in Chinese through the same steps: their records are the
// same.
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
				r.Values = map[string]string{"channel": "phone", "gist": "asked why", "answered": "no", "partner": "dns",
					"who": "HiChina"}
			case strings.HasPrefix(step[0], "close"):
				r.Values = map[string]string{"resolution": "for good", "lesson": ""}
			}
			if got := o.handle(r); got.Tone == chat.Caution && i > 0 {
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
	if x.State != cases.Closed || x.State != y.State || x.Priority != cases.Low || y.Priority != cases.Low ||
		!slices.Equal(x.Tags, y.Tags) || x.Assignee != y.Assignee || x.Provider != "alimail" ||
		x.Provider != y.Provider || !slices.Equal(x.Tickets, y.Tickets) || x.Contacts != 2 || y.Contacts != 2 ||
		x.Domain != y.Domain || len(x.Followers) != 1 || !slices.Equal(x.First.Codes(), y.First.Codes()) {
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
	if !strings.Contains(words(en), "look at SPF first") || !strings.Contains(words(zh), "先看 SPF") ||
		len(en.Sections) != len(zh.Sections) {
		t.Errorf("reviews differ:\n%s\n%s", words(en), words(zh))
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
	const contacts = 300
	for i := range contacts {
		o.ask("contact 1", with(map[string]string{"channel": "ticket", "ticket": fmt.Sprintf("0003Y%05d", i),
			"gist": "again " + fmt.Sprint(i)}))
	}
	if c := o.record(1); c.Contacts != contacts || len(c.Tickets) != contacts {
		t.Errorf("%d contacts, %d tickets", c.Contacts, len(c.Tickets))
	}
	o.says("review 1", "0003Y00299")
	for _, text := range []string{"show 1", "review 1", "list", "stats"} {
		if got := o.ask(text); len(words(got)) > 40_000 {
			t.Errorf("%s: %d octets", text, len(words(got)))
		}
	}
	if got := words(o.ask("show 1")); !strings.Contains(got, fmt.Sprint(contacts-5)) {
		t.Errorf("how many more wait is missing in\n%s", got)
	}
	if _, _, err := o.d.Book.Change(t.Context(), "T1", 1, "", func(c *cases.Case) (cases.Edit, error) {
		c.Contacts = cases.MaxContacts
		return cases.Edit{Contact: &cases.Contact{ID: int64(c.Contacts), Answered: o.now, At: o.now}}, nil
	}); err != nil {
		t.Fatal(err)
	}
	o.says("contact 1", "The case is full", with(map[string]string{"channel": "ticket", "gist": "one too many"}))
	for text, want := range map[string]string{
		"show 99": "no such case", "show 999999999999999": "no such case", "take -1": "no number of a case",
		"close MAIL-0 x": "no number of a case", "ticket 1 two words": "no ticket number",
		"priority 1 soon": "Which priority",
		"assign 1 nobody": "To whom", "merge 1 1": "Into which", "remind 1 whenever": "When?",
		"frobnicate 1": "I do not know what to do with: frobnicate 1", "taek 1": "Did you mean take", "tag 1": "Which tags",
		"reopen 1":        "is open already",
		"state 1 dancing": "Which state", "contact 1 pigeon": "By which channel", "search": "Search for what",
	} {
		got := o.ask(text, func(r *chat.Request) { r.Channel = "C7" })
		if strings.HasPrefix(text, "take") || strings.HasPrefix(text, "close") {
			got = o.ask(text, func(r *chat.Request) { r.Channel, r.User = "C8", "U44" })
		}
		if got.Tone != chat.Caution || !strings.Contains(words(got), want) {
			t.Errorf("%s: %s", text, words(got))
		}
	}
}

// TestCaseReactions: a reaction to the root message says what happened, where the channel wants that.
func TestCaseReactions(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	o.handle(chat.Request{ID: "p", Team: "T1", Channel: "C1", Thread: "1.1", Command: chat.Case, Internal: true,
		Inside: &chat.Inside{Kind: chat.CardPosted, Card: *chat.CardOf(1)}})
	react := func(name, user string) chat.Reply {
		return o.ask("", asked(chat.Inside{Kind: chat.Reaction, Words: name}), as(user),
			func(r *chat.Request) { r.Thread = "1.1" })
	}
	if react("eyes", "U5"); o.record(1).Assignee != "" {
		t.Error("reactions count before anybody wanted that")
	}
	o.says("emoji=on", "a reaction changes the case", by(chat.Set))
	if got := react("eyes", "U5"); o.record(1).Assignee != "U5" || len(got.Outbox) != 2 {
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
	for _, text := range []string{"show 1", "note 1 x rev=9", "search a:b state:new <@U1> 2026-11 below=3",
		"remind 1 2026-13-45", "tag 1 -,,#", "open second=yes", "answered 1", "merge 1", "priority  ", "关闭 1", "export",
		"assign 1 <@|>"} {
		f.Add(text, "U1", true)
	}
	f.Fuzz(func(t *testing.T, text, user string, zh bool) {
		lang := language.English
		if zh {
			lang = language.Chinese
		}
		finals := 0
		err := Handle(context.Background(), o.d,
			chat.Request{ID: text, Team: "T1", User: user, Channel: "C1", Command: chat.Case, Text: text, Lang: lang},
			func(r chat.Reply) {
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
