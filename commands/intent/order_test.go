package intent_test

import (
	"fmt"
	"maps"
	"testing"

	"signpost/commands/chat"
	"signpost/commands/intent"
)

// TestReadOrder reads lines about cases as people write them.
func TestReadOrder(t *testing.T) {
	for text, want := range map[string]string{
		"note 42 they called": "note 42 they called", "note MAIL-42: they called": "note 42 they called",
		"note #42 x": "note 42 x", "NOTE mail-42 x": "note 42 x", "note: they called": "note 0 they called",
		"note they called": "note 0 they called", "备注 42 他们在查": "note 42 他们在查", "备注42 他们在查": "note 42 他们在查",
		"备注：他们在查": "note 0 他们在查", "备注:42 他们在查": "note 42 他们在查", "备注４２ 他们在查": "note 42 他们在查",
		"MAIL-42 close": "close 42 ", "42 close no longer needed": "close 42 no longer needed", "MAIL-42": "show 42 ",
		"42": "show 42 ", "#42": "show 42 ", "案例42": "show 42 ", "案例 42 关闭 不再需要": "close 42 不再需要",
		"show case 42": "show 42 ", "show mail 42": "show 42 ", "waiting for DNS 42": "state 42 waiting-dns",
		"42 waiting for the provider": "state 42 waiting-provider", "等待服务商": "state 0 waiting-provider", "solved": "solve 0 ",
		"42 solved": "solve 42 ", "solved 42 new record": "solve 42 new record", "已解决 42 换了记录": "solve 42 换了记录",
		"resolve 42 x": "solve 42 x", "结案 42 重复": "close 42 重复", "open again 42": "reopen 42 ",
		"check again 42":  "recheck 42 ",
		"remind me 42 2h": "remind 42 2h", "new case mail is slow": "open 0 mail is slow",
		"new headers attached": " 0 new headers attached", "提醒我 42 明天": "remind 42 明天", "my reminders": "reminders 0 ",
		"我的提醒": "reminders 0 ", "我的": "mine 0 ", "search 42": "search 0 42", "ticket 1234567": "ticket 1234567 ",
		"close -1": "close 0 -1 wrong -1", "take 0": "take 0 0 wrong 0",
		"show 99999999999999999999": "show 0 99999999999999999999 wrong 99999999999999999999",
		"take 1.5":                  "take 0 1.5 wrong 1.5",
		"备注 1：他们在查":                 "note 1 他们在查", "关闭案例 1": "close 1 ", "关闭案例1，因为已恢复": "close 1 因为已恢复",
		"关闭 MAIL-1，因为已恢复": "close 1 因为已恢复",
		"重开案例1":           "reopen 1 ", "2号案例": "show 2 ", "2号案例 关闭 重复": "close 2 重复",
		"close case 1": "close 1 ", "今天解决的案例": "search 0 今天解决", "cases solved last week": "search 0 solved last week",
		"support cases": " 0 support cases", "note on 2: hello": "note 2 hello", "note on 2 users": "note 0 on 2 users",
		"mark case 1 as solved": "solve 1 ", "set MAIL-1 to waiting for dns": "state 1 waiting-dns",
		"MAIL-1 改为等待 DNS":         "state 1 waiting-dns",
		"change case 3 to urgent": "priority 3 urgent", "把 MAIL-3 的优先级改为紧急": "priority 3 urgent",
		"they answered MAIL-1": "answered 1 ", "对方已答复 MAIL-1：配额已重置": "answered 1 配额已重置",
		"remind me in 2 hours about case 1": "remind 1 in 2 hours",
		"两小时后提醒我案例 1":                       "remind 1 两小时后", "remind me about case 1 tomorrow": "remind 1 tomorrow",
		"为 example.com 开一个案例": "open 0 example.com", "列出所有案例": "list 0 all",
		"cases waiting for the provider": "list 0 waiting-provider",
		"等待服务商的案例":                       "list 0 waiting-provider", "已解决的案例": "list 0 solved", "未解决的案例": "list 0 ",
		"solved cases": "list 0 solved", "close 1: 2 users": "close 1 2 users",
		"remind 1.5 hours": "remind 0 1.5 hours wrong 1.5", "show 10:05": "show 0 10:05",
		"close 1 2 3": "close 1 2 3 more [2 3]", "take 3 4": "take 3 4 more [4]",
		"take MAIL-3, MAIL-4 and #5": "take 3 MAIL-4 and #5 more [4 5]", "close 1 2 users": "close 1 2 users more [2] loose",
		"关闭 MAIL-1、MAIL-2 重复": "close 1 MAIL-2 重复 more [2]",
		"对方已回复 明天修复":          "answered 0 明天修复", "they replied with a fix": "answered 0 with a fix",
		"2小时后提醒我 打电话": "remind 0 2小时后 打电话", "合并到 3": "merge 0 3", "并入 MAIL-3": "merge 0 MAIL-3",
		"分配给 <@U2>": "assign 0 <@U2>", "take it": "take 0 ",
		"log contact phone they look": "contact 0 phone they look", "ticket number is 0003Y5YJCP": "ticket 0 is 0003Y5YJCP",
		"工单号是 0003Y5YJCP": "ticket 0 0003Y5YJCP", "总结 先查 SPF": "lesson 0 先查 SPF",
		"note 1 2 users": "note 1 2 users", "tag 1 2024": "tag 1 2024", "frobnicate 42": " 0 frobnicate 42",
		"open 42 things": "open 0 42 things", "notes 42": " 0 notes 42", "note\n42\nx": "note 42 x", "": " 0 ",
	} {
		o := intent.Read(text)
		got := fmt.Sprintf("%s %d %s", o.Verb, o.Number, o.Words)
		if o.Wrong != "" {
			got += " wrong " + o.Wrong
		}
		if len(o.More) > 0 {
			got += fmt.Sprint(" more ", o.More)
		}
		if o.Loose {
			got += " loose"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestCaseOrder: what is written to the bot without a command is about cases only where it says so.
func TestCaseOrder(t *testing.T) {
	for text, want := range map[string]string{
		"export csv": "export 0 csv", "导出 csv": "export 0 csv", "搜索 spf": "search 0 spf", "search spf": "search 0 spf",
		"check again": "recheck 0 ",
		"重新检查":        "recheck 0 ", "help remind": " 0 help remind", "list": "list 0 ", "统计": "stats 0 ",
		"stats alimail": "stats 0 alimail",
		"帮助 提醒":         " 0 帮助 提醒", "MAIL-42?": "show 42 ", "what about MAIL-42?": "show 42 ", "MAIL-42 怎么样了": "show 42 ",
		"list solved": "list 0 solved", "MAIL-42 bring me coffee": " 0 MAIL-42 bring me coffee",
		"list of blocked hosts": "", "how do I search a log?": "", "open the mail client": "", "export my mailbox": "",
		"check again example.com": "", "note that mail is slow": "",
	} {
		o := intent.Read(text)
		if got := fmt.Sprintf("%s %d %s", o.Verb, o.Number, o.Words); intent.CaseOrder(text) != (want != "") || want != "" &&
			got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"human please": chat.Handover, "转人工": chat.Handover, "I want to talk to a human!": chat.Handover, "谢谢！": chat.Thanks,
		"thank you": chat.Thanks, "thanks to the outage nothing works": chat.Help,
		"human please, invoices bounce": chat.Handover, "转人工：收不到信": chat.Handover, "hand over MAIL-42 to <@U2>": chat.Case,
		"humans read our mail": chat.Help,
	} {
		if command, _ := intent.FromWords(text, false); command != want {
			t.Errorf("%q: %q, want %q", text, command, want)
		}
	}
}

// TestCaseValues: fields stand at the end of a line; what merely looks like one within it stays in it.
func TestCaseValues(t *testing.T) {
	for text, want := range map[string]struct {
		rest   string
		values map[string]string
	}{
		"note 42 set p=reject and title=x": {"note 42 set p=reject and title=x", nil},
		"open example.com slow priority=urgent tags=vip": {"open example.com slow",
			map[string]string{"priority": "urgent", "tags": "vip"}},
		"open example.com priority=low is what they say": {"open example.com priority=low is what they say", nil},
		`contact 42 phone they look ticket=0003Y5YJCP next="call back at 5"`: {"contact 42 phone they look",
			map[string]string{"ticket": "0003Y5YJCP", "next": "call back at 5"}},
		"contact 42 phone gist=unquoted": {"contact 42 phone gist=unquoted", nil},
		`solve 42 set "a=b" lesson="look at SPF first"`: {`solve 42 set "a=b"`,
			map[string]string{"lesson": "look at SPF first"}},
		"联系 42 电话 对方在查 partner=registrar who=“阿里云 万网”": {"联系 42 电话 对方在查",
			map[string]string{"partner": "registrar", "who": "阿里云 万网"}},
		"联系 42 电话 对方在查 工单=0003Y5YJCP 需配合=注册商": {"联系 42 电话 对方在查",
			map[string]string{"ticket": "0003Y5YJCP", "partner": "注册商"}},
		"开启 example.com 收不到信 优先级＝紧急": {"开启 example.com 收不到信",
			map[string]string{"priority": "紧急"}},
		"note 42 line one\nline two": {"note 42 line one\nline two", nil},
		"note 42 x обращение=y":      {"note 42 x обращение=y", nil},
		"frobnicate priority=urgent": {"frobnicate priority=urgent", nil},
	} {
		rest, values := intent.CaseValues(text)
		if rest != want.rest || !maps.Equal(values, want.values) {
			t.Errorf("%q: %q %v", text, rest, values)
		}
	}
}

// TestSayings: what is said in another order, politely, in full width or in two languages at once.
func TestSayings(t *testing.T) {
	for text, want := range map[string]string{
		"Could you please mark MAIL-42 as solved?": "solve 42 ", "please, set case 42 to urgent": "priority 42 urgent",
		"set the priority of MAIL-42 to low":               "priority 42 low",
		"set MAIL-42's status to waiting for the provider": "state 42 waiting-provider", "ＳＥＴ　ＭＡＩＬ－４２　ｔｏ　ｓｏｌｖｅｄ": "solve 42 ",
		"set 案例 42 to 已解决":     "solve 42 ",
		"set case 42 to 等待服务商": "state 42 waiting-provider", "麻烦您把42号案例的状态改成等待服务商": "state 42 waiting-provider",
		"请将案例４２标记为已解决。": "solve 42 ", "标记 MAIL-42 为紧急": "priority 42 urgent",
		"把 case 42 改为 waiting for DNS": "state 42 waiting-dns", "MAIL-11 is now 等待服务商": "state 11 waiting-provider",
		"case 42 is solved":  "solve 42 ",
		"is MAIL-42 solved?": " 0 is MAIL-42 solved?", "MAIL-42 is solved?": " 0 MAIL-42 is solved?",
		"set MAIL-42 to whatever":                       " 0 set MAIL-42 to whatever",
		"tomorrow 9:00, please remind me about case 42": "remind 42 tomorrow 9:00",
		"remind me to check MAIL-42 in 2 hours":         "remind 42 in 2 hours",
		"tomorrow remind me to call them":               "remind 0 tomorrow call them",
		"请明天下午3点提醒我跟进一下MAIL-42":                         "remind 42 明天下午3点",
		"提醒我明天9点跟进MAIL-42":                              "remind 42 明天9点",
		"merge this into MAIL-3":                        "merge 0 MAIL-3", "把 MAIL-1 合并到 MAIL-2": "merge 1 MAIL-2",
		"please merge case 1 into case 2": "merge 1 case 2",
		"what’s the status of case 42?":   "show 42 ", "what about 案例42?": "show 42 ", "open case 42": "show 42 ",
		"看一下42号案例的进度": "show 42 ", "案例 42 怎么样了？": "show 42 ",
		"给我开一个案例 收不到信": "open 0 收不到信", "麻烦帮我新建一个案例：收不到信": "open 0 收不到信",
		"I'd like to open a new case about example.com": "open 0 example.com",
		"which cases are urgent?":                       "list 0 priority:urgent",
		"show me all cases assigned to me":              "mine 0 ",
		"看看我负责的案例":                                      "mine 0 ", "所有紧急的案例": "list 0 priority:urgent",
		"MAIL-42 客服已经回复了：已修复": "answered 42 已修复", "MAIL-42 was answered: quota reset": "answered 42 quota reset",
		"please close case 42": "close 42 ", "请关闭案例42": "close 42 ", "can you reopen MAIL-42?": "reopen 42 ",
		"close 42 please": "close 42 ", "关闭案例42，谢谢": "close 42 ", "把案例42关闭": "close 42 ",
		"请把 MAIL-42 重新打开": "reopen 42 ", "please give MAIL-42 to <@U2ABCDEF>": "assign 42 <@U2ABCDEF>",
		"把案例42交给我": "assign 42 我", "I'll take case 42": "take 42 ", "案例42由我负责": "take 42 ",
		"add a note to MAIL-42: they called": "note 42 they called", "给案例42加一条备注：对方已回电": "note 42 对方已回电",
		"tag case 42 as vip": "tag 42 vip", "给案例42打标签vip": "tag 42 vip",
		"check case 42 again": "recheck 42 ", "重新检查一下案例42": "recheck 42 ", "can you take a look": " 0 can you take a look",
		"please note that mail is slow": " 0 please note that mail is slow",
		"请解决收信问题":                       " 0 请解决收信问题", "please close the window": " 0 please close the window",
		"close 42 thanks to them": "close 42 thanks to them",
		"setting up MAIL-42":      " 0 setting up MAIL-42", "nobody merges mail": " 0 nobody merges mail",
		"cases of wine": " 0 cases of wine",
	} {
		o := intent.Read(text)
		if got := fmt.Sprintf("%s %d %s", o.Verb, o.Number, o.Words); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"nobody knows": "", "ticket is 0003Y5YJCP": "0003Y5YJCP",
		"他们开了工单编号：０００３Y5YJCP，请等": "0003Y5YJCP", "they opened ticket no. #0003Y5YJCP today": "0003Y5YJCP",
		"my ticket changes": ""} {
		if got := intent.TicketSaid(text); got != want {
			t.Errorf("%q: the ticket %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"no mail since 9:00, all users": "9:00", "从今天9点开始收不到信": "今天9点",
		"自动回复开始出错": "", "sincerely yours": ""} {
		if got := intent.Since(text); got != want {
			t.Errorf("%q: since %q, want %q", text, got, want)
		}
	}
}
