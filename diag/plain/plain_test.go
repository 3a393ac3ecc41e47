package plain

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		"v=spf1 -all":                        "v=spf1 -all",
		"\u201cv=spf1 \u2013all\u201d":       `"v=spf1 -all"`,
		"\ufeffv=DMARC1; p=reject":           "v=DMARC1; p=reject",
		"v=spf1\u00a0mx\u200b \u2212all":     "v=spf1 mx -all",
		"ｖ＝ｓｐｆ１　～ａｌｌ":                        "v=spf1 ~all",
		"\x93v=spf1 mx \x96all\x94":          `"v=spf1 mx -all"`,
		"v=spf1 mx \u00e2\u20ac\u201call":    "v=spf1 mx -all",
		"\u00ef\u00bb\u00bfv=DMARC1":         "v=DMARC1",
		"v=DMARC1\u3002p=none":               "v=DMARC1.p=none",
		"v=spf1\tmx":                         "v=spf1 mx",
		" v=spf1 mx -all\r\n":                "v=spf1 mx -all",
		"\u202ev=spf1\u202c -all":            "v=spf1 -all",
		"v=spf1 include:b\u00fccher.example": "v=spf1 include:b\u00fccher.example",
	} {
		got := Of(text)
		if got.Plain != want || got.Controls {
			t.Errorf("%q: %+v, want %q", text, got, want)
		}
		if changed := strings.Trim(text, " \r\n") != want; changed != (len(got.Odd) > 0) {
			t.Errorf("%q: odd %q", text, got.Odd)
		}
	}
	if got := Of("v=spf1 a\r\nCall +1 555"); !got.Controls {
		t.Errorf("%+v", got)
	}
	if got := Of("\u201cx\u201d \ufeff\u2013").Odd; strings.Join(got,
		", ") != "\u201c (U+201C), \u201d (U+201D), U+FEFF, \u2013 (U+2013)" {
		t.Errorf("%q", got)
	}
}

func TestPasted(t *testing.T) {
	for text, want := range map[string]string{
		"example.com. 3600 IN TXT \"v=spf1 -all\"": "v=spf1 -all",
		"记录值：v=spf1 mx -all":                       "v=spf1 mx -all",
		"主机记录 @ 记录值 v=spf1 -all":                   "v=spf1 -all",
		"记录类型，TXT，值：v=spf1 ~all":                   "v=spf1 ~all",
		"# v=spf1 -all":                            "",
		"TXT Value: v=spf1 -all":                   "v=spf1 -all",
		"(v=spf1 -all)":                            "v=spf1 -all",
		"v=spf1 -all":                              "",
		"我们的记录v=spf1 -all":                         "",
		"hello v=spf1 -all":                        "",
	} {
		got, ok := Pasted(text, "v=spf1")
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", text, got, ok, want)
		}
	}
}
