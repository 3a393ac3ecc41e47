package datetime

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// TestNext reads times to come by the clock of Shanghai, on Monday 2026-11-23 at ten in the morning.
func TestNext(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2h": "11-23 12:00", "2h call": "11-23 12:00 call", "30 min call them": "11-23 10:30 call them", "3d": "11-26 10:00",
		"1w x": "11-30 10:00 x", "in 2 hours": "11-23 12:00", "in 1.5 hours": "11-23 11:30",
		"half an hour": "11-23 10:30", "in half an hour call": "11-23 10:30 call", "1h30m": "11-23 11:30",
		"1h 30m go": "11-23 11:30 go", "an hour from now": "11-23 11:00", "two days": "11-25 10:00",
		"next month": "12-01 09:00",
		"2小时后":       "11-23 12:00", "2小时": "11-23 12:00", "两小时后致电": "11-23 12:00 致电", "半小时后": "11-23 10:30",
		"一个半小时后": "11-23 11:30", "3 天 致电": "11-26 10:00 致电", "30分钟后": "11-23 10:30", "一周后": "11-30 10:00",
		"３０分钟":     "11-23 10:30",
		"tomorrow": "11-24 09:00", "tomorrow 14:30 x": "11-24 14:30 x", "tomorrow at 9": "11-24 09:00",
		"tomorrow at 3pm call": "11-24 15:00 call", "at 9:00 tomorrow check": "11-24 09:00 check",
		"9am on friday":    "11-27 09:00",
		"tomorrow morning": "11-24 09:00", "tomorrow afternoon": "11-24 14:00", "tonight": "11-23 20:00",
		"tonight 9:30": "11-23 21:30", "this afternoon": "11-23 14:00", "day after tomorrow 8:00": "11-25 08:00",
		"monday": "11-30 09:00", "monday 11:00": "11-23 11:00", "friday 14:30 x": "11-27 14:30 x",
		"next friday": "12-04 09:00", "next week": "11-30 09:00", "on Wednesday call": "11-25 09:00 call",
		"next monday 10:00": "11-30 10:00",
		"明天 9点 致电":          "11-24 09:00 致电", "明天": "11-24 09:00", "明天下午3点半": "11-24 15:30", "明早": "11-24 09:00",
		"今晚8点": "11-23 20:00", "后天上午十点": "11-25 10:00", "大后天": "11-26 09:00", "下周一": "11-30 09:00", "下周三下午两点": "12-02 14:00",
		"周五": "11-27 09:00", "周五14:00 回电": "11-27 14:00 回电", "下午三点": "11-23 15:00", "中午12点": "11-23 12:00",
		"12月1日 8:15 续费": "12-01 08:15 续费", "12月1号": "12-01 09:00", "明天9:00联系客服": "11-24 09:00 联系客服",
		"18:00": "11-23 18:00", "9:00": "11-24 09:00", "24:00": "11-24 00:00", "noon": "11-23 12:00",
		"midnight": "11-24 00:00", "9am": "11-24 09:00", "12pm": "11-23 12:00", "5 pm x": "11-23 17:00 x",
		"2026-12-01 08:15 renew": "12-01 08:15 renew", "2026-12-01": "12-01 09:00", "2026/12/01 8:15": "12-01 08:15",
		"2026-12-01T08:15": "12-01 08:15", "2026-12-01T00:15:00Z x": "12-01 08:15 x", "2026-12-01T08:15+08:00": "12-01 08:15",
		"dec 1": "12-01 09:00", "1 December 10:00 x": "12-01 10:00 x", "Dec. 1st at 10": "12-01 10:00",
		"on 1 dec": "12-01 09:00", "me tomorrow to call": "11-24 09:00 to call", "nov 23 11:00": "11-23 11:00",
		"in 2h and call": "11-23 12:00 and call", "in two hours and a half": "11-23 12:30", "tomorrow 15": "11-24 15:00",
		"friday 8": "11-27 08:00", "15.30": "11-23 15:30", "tomorrow 15.30 call": "11-24 15:30 call",
		"9:00 UTC": "11-23 17:00", "tomorrow 9:00 UTC+9 call": "11-24 08:00 call", "9am America/New_York": "11-23 22:00",
		"北京时间明天9点": "11-24 09:00", "明天9:00 北京时间 致电": "11-24 09:00 致电", "9:00 GMT-5": "11-23 22:00",
		"tomorrow 9:00 call/mail them": "11-24 09:00 call/mail them", "明天下午": "11-24 14:00", "明天晚上打电话": "11-24 20:00 打电话",
		"明天中午": "11-24 12:00", "明天上午 致电": "11-24 09:00 致电", "周五晚上打电话": "11-27 20:00 打电话",
		"friday evening": "11-27 20:00", "monday morning call them": "11-30 09:00 call them", "monday evening": "11-23 20:00",
		"今天晚上": "11-23 20:00", "明天9点 下午": "11-24 21:00", "今天下午": "11-23 14:00", "今晚0点": "11-24 00:00", "今晚12点": "11-24 00:00",
		"3天后上午9点": "11-26 09:00", "in 3 days at 9:30 call": "11-26 09:30 call", "一周后下午": "11-30 14:00",
		"in 2 months": "01-22 10:00", "2 months later": "01-22 10:00", "24/12": "12-24 09:00", "12/12": "12-12 09:00",
		"2个月后": "01-22 10:00",
		"周末":   "11-28 09:00", "下周末 10:00": "12-05 10:00", "this weekend": "11-28 09:00", "next weekend": "12-05 09:00",
		"in the evening call": "11-23 20:00 call", "13/12/2026": "12-13 09:00", "12/25/2026 10:00 x": "12-25 10:00 x",
		"tomorrow morning at 8": "11-24 08:00", "明天上午 10:00": "11-24 10:00", "2h 3 users wait": "11-23 12:00 3 users wait",
		"tomorrow 9:00 2 users": "11-24 09:00 2 users", "tomorrow evening 7:30": "11-24 19:30",
	} {
		at, rest, err := Next(text, now, "Asia/Shanghai")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := strings.TrimSpace(In(at, "Asia/Shanghai").Format("01-02 15:04") + " " + rest); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrNone, "call": ErrNone, "whenever": ErrNone, "2": ErrNone, "second line": ErrNone, "5 users": ErrNone,
		"monetary": ErrNone, "in the office": ErrNone,
		"2026-11-20 08:00": ErrPast, "yesterday": ErrPast, "2 hours ago": ErrPast, "2小时前": ErrPast, "today 9:00": ErrPast,
		"25:00": ErrImpossible, "2026-02-30": ErrImpossible, "2026-13-01": ErrImpossible, "tomorrow 25:10": ErrImpossible,
		"9:75": ErrImpossible, "13月1日": ErrImpossible, "feb 30": ErrImpossible,
		"1/12 call": ErrUnclear, "12/1": ErrUnclear, "3/4": ErrUnclear, "2h tomorrow": ErrNone, "13/13": ErrImpossible,
		"2h 9:00":    ErrNone,
		"01/12/2026": ErrUnclear, "tomorrow 3 users": ErrUnclear, "tomorrow 9:00 10:00": ErrUnclear, "9:00 CST": ErrUnclear,
		"as soon as possible": ErrNone, "and call": ErrNone, "a dozen": ErrNone,
		"morning call": ErrNone, "tomorrow 31": ErrImpossible, "nov 31": ErrImpossible, "9999d": ErrFar, "2030-01-01": ErrFar,
		"100 weeks": ErrFar,
	} {
		if at, rest, err := Next(text, now, "Asia/Shanghai"); !errors.Is(err, want) {
			t.Errorf("%q: %v %q, %v, want %v", text, at, rest, err, want)
		}
	}
}

// TestPast reads times that are over.
func TestPast(t *testing.T) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"9:30 they look": "11-23 09:30 they look", "at 9:30": "11-23 09:30", "at 9 x": "11-23 09:00 x",
		"yesterday 17:30": "11-22 17:30", "昨天下午5点 已处理": "11-22 17:00 已处理", "20 min ago": "11-23 09:40",
		"20分钟前":               "11-23 09:40",
		"2026-11-22 10:00 ok": "11-22 10:00 ok", "半小时前": "11-23 09:30", "23:30": "11-22 23:30",
	} {
		at, rest, err := Past(text, now, "Asia/Shanghai")
		if got := strings.TrimSpace(In(at, "Asia/Shanghai").Format("01-02 15:04") + " " + rest); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]error{"yesterday they said ok": ErrUnclear, "昨天 已处理": ErrUnclear, "今早": ErrUnclear,
		"昨天下午已处理": ErrUnclear, "明天给结果": ErrNone, "they look": ErrNone, "": ErrNone, "2 h": ErrNone,
		"tomorrow 9:00": ErrFuture, "15:00": ErrFuture, "25:00": ErrImpossible, "reset the quota": ErrNone,
		"3 users can log in": ErrNone} {
		if at, _, err := Past(text, now, "Asia/Shanghai"); !errors.Is(err, want) {
			t.Errorf("%q: %v, %v, want %v", text, at, err, want)
		}
	}
}

func FuzzNext(f *testing.F) {
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, s := range []string{"tomorrow at 9:00 x", "明天下午3点半", "2026-12-01T08:15+08:00", "一个半小时后", "at at at", "İ 2h",
		"tonight midnight"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, rest, err := Next(s, now, "Asia/Shanghai")
		if err == nil && (!at.After(now) || at.Sub(now) > Farthest || len(rest) > len(s)) {
			t.Errorf("%q: %v %q", s, at, rest)
		}
		if at, _, err := Past(s, now, "America/New_York"); err == nil && at.After(now) {
			t.Errorf("%q: %v is not over", s, at)
		}
	})
}

// TestWords: the words of every language can be read with, and a file that cannot is named.
func TestWords(t *testing.T) {
	if err := Validate(); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"units: {fortnight: [x]}": "fortnight", "weekdays: [[a], [b]]": "2 of 7",
		"days: [{words: [x], to: nowhere}]": "nowhere", "zones: {Nowhere/Town: [x]}": "zones", "fillerz: [x]": "fillerz",
		"parts: {teatime: [tea]}": "teatime", "digits: {a: 1}": "no digit", "months: [[x]]": "1 of 12",
		"ranges: {someday: [x]}": "someday", "halves: {xm: teatime}": "teatime",
	} {
		_, err := readLexicon(fstest.MapFS{"words/xx.yaml": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "xx.yaml") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := readLexicon(fstest.MapFS{}); err == nil {
		t.Error("no words at all are enough")
	}
}

// TestLength reads how long something lasts.
func TestLength(t *testing.T) {
	for text, want := range map[string]int{"365d": 365, "6m": 180, "10 min": 0, "12 months": 360, "1y": 365, "半年": 182,
		"30": 30, "两周": 14, "6个月": 180, "6月": 180, "1 year": 365, "90 天": 90} {
		if got, ok := Length(text); !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "long", "d", "-3", "3 apples", "1y ago"} {
		if got, ok := Length(text); ok {
			t.Errorf("%s: %d", text, got)
		}
	}
}

// TestLanguageOfOtherLetters: words of letters beyond ASCII end where words end.
func TestLanguageOfOtherLetters(t *testing.T) {
	restore, err := ReplaceWords(fstest.MapFS{"words/ru.yaml": {Data: []byte(
		"fillers: [в]\ndays: [{words: [вчера], days: -1}, {words: [завтра], days: 1}]\n" +
			"units: {hour: [час, часа, часов]}\nnumber-words: {два: 2}\nlater: [спустя]\nago: [назад]\nat: [в]",
	)}})
	if err != nil {
		t.Fatal(err)
	}
	defer restore()
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"завтра в 9:00 звонок": "11-24 09:00 звонок", "2 часа": "11-23 12:00 ",
		"Два часа спустя": "11-23 12:00 ", "завтрашний": "", "2 часовых": "", "в 15:00": "11-23 15:00 "} {
		at, rest, err := Next(text, now, "UTC")
		if got := at.Format("01-02 15:04 ") + rest; err == nil && got != want || err != nil && want != "" {
			t.Errorf("%q: %s %v, want %q", text, got, err, want)
		}
	}
	if at, _, err := Past("вчера в 9:00", now, "UTC"); err != nil || at.Day() != 22 {
		t.Errorf("%v %v", at, err)
	}
}
