package commands

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"signpost/cases"
	"signpost/commands/chat"
	"signpost/commands/intent/datetime"
)

// TestCaseMerged: what is done to a case that is part of another is done there, once, and the case can be had back.
func TestCaseMerged(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	o.ask("open nobody can log in")
	note := o.request("note 1 seen before the merger")
	o.handle(note)
	o.says("merge 1 into 2", "MAIL-1 is part of MAIL-2")
	o.handle(note) // delivered again
	o.says("note 1 seen after it", "MAIL-1 is part of MAIL-2")
	list, err := o.d.Book.Timeline(t.Context(), "T1", 2, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range list {
		if e.Kind == "note" {
			all = append(all, e.Text)
		}
	}
	if got := strings.Join(all, "|"); got != "MAIL-1: seen before the merger|seen after it" {
		t.Error(got)
	}
	o.says("merge 2 1", "part of MAIL-2 already")
	o.says("merge 1 2", "part of another case already")
	o.ask("open third matter")
	o.says("merge 3 with 1", "MAIL-3 is part of MAIL-2") // by way of what it is part of
	o.says("reopen 1", "MAIL-1 is open again")
	if c := o.record(1); c.Merged != 0 || !c.State.Open() {
		t.Errorf("%+v", c)
	}
	o.ask("close 2 done")
	button(t, o.says("merge 1 2", "MAIL-2 is closed"), "reopen")
}

// TestCaseNothingToChange: who asks for what is so already is told, and nothing is written.
func TestCaseNothingToChange(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	for _, text := range []string{"take 1", "state 1 waiting for us", "priority 1 normal", "ticket 1 #0003y5yjcp",
		"ticket 1 工单号：0003Y5YJCP"} {
		o.ask(text)
		rev := o.record(1).Rev
		o.says(text, "Nothing had to be changed")
		if o.record(1).Rev != rev {
			t.Errorf("%s: written all the same", text)
		}
	}
	o.says("solve 1 new password", "MAIL-1 is solved")
	o.says("solve 1 new password", "Nothing had to be changed")
	o.says("solve 1 unlocked the account", "new password") // what stood there before
	if c := o.record(1); c.Resolution != "unlocked the account" || !c.Measured {
		t.Errorf("%+v", c)
	}
	o.says("state 1 waiting-us", "Open it again first")
	o.says("note 1 by the way", "stays solved")
	stats, err := o.d.Book.Stats(t.Context(), "T1", "solve:")
	if err != nil || len(stats) == 0 || stats[0].Count != 1 {
		t.Errorf("%+v, %v", stats, err)
	}
	o.ask("open spam")
	o.ask("close 2 never mind")
	if stats, err := o.d.Book.Stats(t.Context(), "T1", "solve:"); err != nil || stats[0].Count != 1 {
		t.Errorf("a case that was closed counts as solved: %+v, %v", stats, err)
	}
}

// TestCaseAnswered names the contact that was answered by channel, ticket and time.
func TestCaseAnswered(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	o.ask("contact 1 ticket 0003Y5YJCP sent the headers")
	o.ask("联系 1 热线 他们在查")
	o.now = o.now.Add(2 * time.Hour) // noon in Shanghai
	o.says("answered 1 phone at 11:30 they reset the quota", "phone after 1 h 30 min")
	o.says("answered 1 0003Y5YJCP at 9:00", "The contact was at 2026-11-23 10:00 +08:00")
	o.says("answered 1 0003Y5YJCP at 15:00 they write", "still to come")
	o.says("answered 1 chat", "no contact by online chat")
	o.says("answered 1 0003ZZZZZZ", "no contact with the ticket 0003ZZZZZZ")
	o.says("已答复 1 工单 20分钟前 请提供原文", "ticket 0003Y5YJCP after 1 h 40 min")
	o.says("answered 1", "Every contact of MAIL-1 is answered")
	review := words(o.ask("review 1", chinese))
	for _, want := range []string{"联系：电话 · 他们在查", "答复：工单 0003Y5YJCP · 请提供原文"} {
		if !strings.Contains(review, want) {
			t.Errorf("%q is missing in\n%s", want, review)
		}
	}
}

// TestCaseReminders lists the asker's reminders, and takes them back.
func TestCaseReminders(t *testing.T) {
	o := openOffice(t)
	o.ask("open login broken")
	o.ask("open slow mail")
	set := o.says("remind 1 tomorrow 9:00 call them", "2026-11-24 09:00 +08:00: call them")
	o.says("remind 1 tomorrow 9:00 call them", "Nothing had to be changed")
	o.ask("remind me tomorrow about MAIL-2")
	o.ask("remind 2 3h mine", as("U2"))
	list := o.says("reminders", "2026-11-24 09:00 +08:00 · MAIL-1 call them")
	if got := words(list); strings.Contains(got, "mine") || !strings.Contains(got, "MAIL-2 slow mail") {
		t.Error(got)
	}
	o.says(button(t, list, "off-0").Text, "cancelled")
	o.says("提醒 2 取消", "cancelled")
	o.says("remind 2 off", "no reminder of yours")
	o.says("我的提醒", "没有", chinese)
	if c := o.record(2); len(c.Reminders) != 1 || c.Reminders[0].By != "U2" {
		t.Errorf("somebody else's is gone: %+v", c.Reminders)
	}
	for text, want := range map[string]string{"remind 1 yesterday": "is over", "remind 1 25:00": "no such day or time",
		"remind 1 2030-01-01": "more than a year", "remind 1 whenever": "When?"} {
		if got := o.says(text, want); !strings.Contains(words(got), "tomorrow 9:00") {
			t.Errorf("%s has no example: %s", text, words(got))
		}
	}
	if got := o.due(set.Scheduled[0]); len(got.Outbox) != 0 {
		t.Errorf("it comes all the same: %+v", got.Outbox)
	}
}

// TestContactTimes: a contact is at the time that its words or its field name, and the ticket that they name is its
// own.
func TestContactTimes(t *testing.T) {
	o := openOffice(t) // it is ten in the morning in Shanghai
	o.ask("open slow mail")
	o.ask("contact 1 phone at 9:30 they look into it")
	o.ask("contact 1 chat they reset it 20 min ago")
	o.ask("contact 1 phone they opened ticket 0003Y5YJCP for it", with(map[string]string{"at": "yesterday 17:30"}))
	o.ask("联系 1 电话 9:40 对方已受理，工单号 0003Y5YJCQ")
	for text, want := range map[string]string{"contact 1 phone yesterday they called": "not clear when",
		"contact 1 phone x at=tomorrow": "no time that is over", "answered 1 ticket yesterday": "When was it answered?"} {
		o.says(text, want)
	}
	o.ask("answered 1 chat at 9:35 done")
	contacts, err := o.d.Book.Contacts(t.Context(), "T1", 1)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, x := range contacts {
		got = append(got, strings.TrimSpace(datetime.In(x.At, "Asia/Shanghai").Format("02 15:04")+" "+x.Channel+" "+x.Ticket))
	}
	if want := "23 09:30 phone|23 09:35 chat|22 17:30 phone 0003Y5YJCP|23 09:40 phone 0003Y5YJCQ"; strings.Join(got,
		"|") != want {
		t.Errorf("%s, want %s", strings.Join(got, "|"), want)
	}
	if wait, ok := contacts[1].Wait(); !ok || wait != 0 {
		t.Errorf("%v, %v: who was put down late was answered at once", wait, ok)
	}
	if c := o.record(1); !slices.Equal(c.Tickets, []string{"0003Y5YJCP", "0003Y5YJCQ"}) {
		t.Errorf("%q", c.Tickets)
	}
	o.says("draft 1", "names no domain")
}

// TestTroubleSince: the ticket names since when there is the trouble, as the case was opened with it; what the
// opening's time tells is no more than the latest.
func TestTroubleSince(t *testing.T) {
	o := openOffice(t)
	o.ask("open spf-none.example no mail since yesterday 14:00")
	o.ask("开启 dmarc-none.example 收不到信，从早上9点起")
	o.ask("open spf-typo.example since=9:30")
	o.ask("open mx-null.example slow since the migration")
	o.ask("open dkim-none.example 自动回复开始失效")
	for n, want := range map[int]string{1: "2026-11-22 14:00 +08:00", 2: "2026-11-23 09:00 +08:00",
		3: "2026-11-23 09:30 +08:00", 4: "the migration", 5: "10:00 +08:00 at the latest"} {
		if got := words(o.ask(fmt.Sprint("draft ", n))); !strings.Contains(got, want) || n < 5 &&
			strings.Contains(got, "at the latest") {
			t.Errorf("%d: no %q in %s", n, want, got)
		}
	}
}

// TestSnooze: snooze moves the next reminder; where there is none it makes one.
func TestSnooze(t *testing.T) {
	o := openOffice(t)
	o.ask("open slow mail")
	o.says("snooze 1 1h", "a reminder at")
	o.ask("remind 1 5h call them")
	o.says("snooze 1 3h", "is moved to 2026-11-23 13:00 +08:00")
	if c := o.record(1); len(c.Reminders) != 2 || !c.Reminders[1].At.Equal(o.now.Add(3*time.Hour)) {
		t.Errorf("%+v", c.Reminders)
	}
	o.says("snooze 1 8h", "18:00") // behind the other
	o.says("remind 1 off", "2 reminders are cancelled")
}

// TestSeveralCases: one line changes several cases; where the numbers may be words, it asks.
func TestSeveralCases(t *testing.T) {
	o := openOffice(t)
	for _, title := range []string{"one", "two", "three"} {
		o.ask("open " + title + " second=yes")
	}
	o.says("take 1 and 2", "MAIL-1 is taken")
	if o.record(1).Assignee == "" || o.record(2).Assignee == "" || o.record(3).Assignee != "" {
		t.Error("taken otherwise")
	}
	o.says("close 1 2 3", "write the words too")
	asked := o.says("close 1 2 users confirm", "Which cases")
	if !o.record(1).State.Open() {
		t.Error("closed before it was clear")
	}
	o.ask(button(t, asked, "first").Text)
	if c := o.record(1); c.State != cases.Closed || c.Resolution != "2 users confirm" || !o.record(2).State.Open() {
		t.Errorf("%+v", c)
	}
	o.says("close MAIL-2, MAIL-3 no longer needed", "MAIL-3 is closed")
	if c := o.record(3); c.Resolution != "no longer needed" {
		t.Errorf("%+v", c)
	}
	o.says("close 2 99 x", "MAIL-2 is closed") // there is no case 99: it is a word
}

// TestCaseSearch finds cases by what people write.
func TestCaseSearch(t *testing.T) {
	o := openOffice(t)
	o.now = time.Date(2026, 10, 30, 17, 30, 0, 0, time.UTC) // half past one on the 31st in Shanghai
	o.ask("open the oldest one is about quota")
	o.now = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	o.ask("open spf-none.example no mail to Outlook, urgent")
	o.ask("ticket 2 0003Y5YJCP")
	o.now = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	o.ask("open login broken provider=alimail tags=vip")
	o.ask("take 3")
	o.ask("solve 3 set a new password")
	o.ask("开启 用户登录失败")
	for text, want := range map[string]string{
		"quota": "1", "QUOTA": "1", "0003y5yjcp": "2", "ticket:0003Y5YJCP": "2", "工单号:0003y5yjcp": "2",
		"spf-none.example": "2", "spf-none": "2", "urgent": "2", "紧急": "2", "spf.none": "2", "outlook": "2",
		"waiting for the provider": "2", "等待服务商": "2", "state:waiting-provider": "2", `state:"waiting for the provider"`: "2",
		"state: solved": "3", "已解决": "3", "solved": "3", "provider:alimail": "3",
		"Alibaba Mail (Alibaba Cloud Enterprise Mail)": "3",
		"tag:vip": "3", "#vip": "3", "me": "3", "assignee:me": "3", "我的": "3", "<@U1>": "3", "登录": "4", "登录失败": "4",
		"open": "1 2 4", "未结": "1 2 4", "by:me": "1 2 3 4", "login broken": "3",
		"2026-10": "1", "2026-10-31": "1", "2026-10-30": "", "2026/10/31": "1", "2026年10月": "1", "yesterday": "2", "昨天": "2",
		"today": "3 4", "this month": "2 3 4", "last month": "1", "上月": "1", "2026": "1 2 3 4",
		"date:2026-10-31..2026-11-22": "1 2",
		"date:today login":            "3", "Alibaba": "3", "阿里邮箱": "3", "工单 0003Y5YJCP": "2", "solved today": "3",
		"今天解决的": "3",
		"昨天解决的": "", "closed last month": "", "last 2 days": "2 3 4", "最近2天": "2 3 4", "10月": "1", "october": "1",
		"10月31日": "1",
		"oct 31": "1", "11月23日": "3 4", "vip": "3", "unassigned": "1 2 4", "无人认领": "1 2 4", "waiting": "2", "normal": "1 3 4",
		"5": "", "2": "2", "MAIL-3": "3", "nothing like it": "", "no mail new": "",
	} {
		got := o.ask("search " + text)
		var found []string
		switch data := got.Data.(type) {
		case []map[string]any:
			for _, c := range data {
				found = append([]string{strings.TrimPrefix(c["case"].(string), "MAIL-")}, found...)
			}
		case map[string]any: // shown at once
			found = []string{strings.TrimPrefix(data["case"].(string), "MAIL-")}
		}
		if s := strings.Join(found, " "); s != want {
			t.Errorf("%s: %s, want %s\n%s", text, s, want, words(got))
		}
		if want == "" && !strings.Contains(words(got), "search example.com") {
			t.Errorf("%s: no hint: %s", text, words(got))
		}
	}
	for text, want := range map[string]string{
		"2026-13-45": "2026-13-45 is none of them", "date:someday": "someday is none of them",
		"state:dancing": "dancing is none of them", "priority:soon": "urgent", "provider:nobody-knows": "nobody-knows",
		"tag:": "tag", "@bob": "mention", "assignee:bob": "mention", "?!": "Search for what",
	} {
		if got := o.says("search "+text, want); got.Tone != chat.Caution {
			t.Errorf("%s: %s", text, words(got))
		}
	}
	o.says("list", "Open cases (3)")
	o.says("list all", "MAIL-3")
	o.says("列表 全部", "MAIL-3")
	o.says("mine", "(0)")
	for range 9 {
		o.ask("open one more")
	}
	page := o.says("list", "(10+)")
	if got := o.ask(button(t, page, "more").Text); len(got.Data.([]map[string]any)) != 2 {
		t.Errorf("%s", words(got))
	}
	dated := o.says("search one today", "(9)")
	if len(dated.Actions) != 9 {
		t.Errorf("%d buttons", len(dated.Actions))
	}
	if page = o.says("search 2026", "(10+)"); len(o.ask(button(t, page, "more").Text).Data.([]map[string]any)) != 3 {
		t.Errorf("%s", words(page))
	}
}

// TestCaseOpening: what is chosen at the end of the line, the words between, a title that everybody reads in their own
// language, and a second case.
func TestCaseOpening(t *testing.T) {
	o := openOffice(t)
	o.ask("please open a new case for spf-none.example priority=high provider=阿里邮箱 tags=vip,move")
	c := o.record(1)
	if c.Domain != "spf-none.example" || c.Priority != cases.Urgent || c.Provider != "alimail" ||
		strings.Join(c.Tags, " ") != "vip move" || c.TitleOf == "" {
		t.Fatalf("%+v", c)
	}
	en, zh := words(o.ask("show 1")), words(o.ask("show 1", chinese))
	if !strings.Contains(en, "has no SPF record") || strings.Contains(zh, "has no SPF") ||
		!strings.Contains(zh, "没有 SPF 记录") {
		t.Errorf("%s\n%s", en, zh)
	}
	there := o.says("开启 案例：spf-none.example 收不到信 tags=x", "已有", chinese)
	o.ask(button(t, there, "second").Text, chinese)
	if second := o.record(2); second.Domain != "spf-none.example" || second.Title != "收不到信" ||
		strings.Join(second.Tags, "") != "x" {
		t.Errorf("%+v", second)
	}
	o.says("open slow provider=nobody-knows", "nobody-knows is none of them")
	o.says("open slow priority=soon", "soon is none of them")
	o.says("open", "no mail", with(map[string]string{"domain": "not a domain", "title": "x"}))
	// What was asked about it before goes along; what was asked about another domain does not.
	ask := func(command, text string) { o.ask(text, by(command), directly) }
	ask(chat.Help, "we cannot send to mx-none.example")
	ask(chat.Help, "dmarc-none.example bounces")
	ask(chat.Check, "mx-none.example")
	o.ask("open mx-none.example no mail", directly)
	list, err := o.d.Book.Timeline(t.Context(), "T1", 3, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	asked := ""
	for _, e := range list {
		if e.Kind == "asked" {
			asked += e.Text
		}
	}
	if !strings.Contains(asked, "we cannot send") || strings.Contains(asked, "dmarc-none") ||
		strings.Contains(asked, "/mailcheck") {
		t.Error(asked)
	}
	o.says("help", "Log a contact with support")
	o.says("help remind", "/mailcase remind 42")
	o.says("帮助 提醒", "提醒 42", chinese)
}

// TestCaseAlike: how similar cases were solved is told to the opener and, as far as everybody there may know it, in the
// thread, in the case's language.
func TestCaseAlike(t *testing.T) {
	o := openOffice(t)
	o.ask("open spf-none.example cannot send to Gmail")
	o.ask("solve 1 published the record lesson=\"look at SPF first\"")
	o.ask("access=channel", by(chat.Set), in("C9"))
	o.ask("open spf-none.example cannot send to Gmail at all", in("C9"))
	o.ask("solve 2 the secret way", in("C9"))
	got := o.ask("open spf-none.example cannot send to Gmail again", chinese)
	for _, want := range []string{"MAIL-1", "published the record", "the secret way"} { // U1 has opened both
		if !strings.Contains(words(got), want) {
			t.Errorf("%q is missing in\n%s", want, words(got))
		}
	}
	var told []string
	for _, p := range got.Outbox {
		if underCase(p, 3) {
			told = append(told, words(p.Reply))
		}
	}
	if len(told) != 2 || !strings.Contains(told[0], "v=spf1") || !strings.Contains(told[1], "published the record") ||
		!strings.Contains(told[1], "类似") || strings.Contains(told[1], "secret") {
		t.Errorf("in the thread:\n%s", strings.Join(told, "\n--\n"))
	}
}
