package spf

import "testing"

func TestMisspelt(t *testing.T) {
	for text, want := range map[string]string{
		"v=spf1 mx -all":                         "",
		"v=spf1":                                 "",
		"v=spf1include:a.example -all":           "no-space: v=spf1 include:a.example -all",
		"v=spf1-all":                             "no-space: v=spf1 -all",
		"v=spf1a mx ~all":                        "no-space: v=spf1 a mx ~all",
		"v=spf1redirect=a.example":               "no-space: v=spf1 redirect=a.example",
		"v=spf1exists:%{i}.a.example -all":       "no-space: v=spf1 exists:%{i}.a.example -all",
		"v=spf1mxa:b.example ip4:1.2.3.4":        "no-space: v=spf1 mx a:b.example ip4:1.2.3.4",
		"v=spf1-mxredirect=a.example":            "no-space: v=spf1 -mx redirect=a.example",
		"v=spf1; mx -all":                        "bad-separator: v=spf1 mx -all",
		"v=spf1,mx,-all":                         "bad-separator: v=spf1 mx -all",
		"v=spf mx -all":                          "bad-version: v=spf1 mx -all",
		"v=spf 1 mx -all":                        "bad-version: v=spf1 mx -all",
		"v=sfp1 mx -all":                         "bad-version: v=spf1 mx -all",
		"v:spf1 mx -all":                         "bad-version: v=spf1 mx -all",
		"spf1 mx -all":                           "bad-version: v=spf1 mx -all",
		"V = SPF1 mx -all":                       "bad-version: v=spf1 mx -all",
		"v=spf1\u00a0mx -all":                    "not-ascii: v=spf1 mx -all",
		"v=spf1\tmx -all":                        "not-ascii: v=spf1 mx -all",
		"ｖ＝ｓｐｆ１　ｍｘ　－ａｌｌ":                         "not-ascii: v=spf1 mx -all",
		"v=spf1~allinclude:a.example":            "no-space: v=spf1 ~all include:a.example",
		"v=spf1-allip4:192.0.2.1":                "no-space: v=spf1 -all ip4:192.0.2.1",
		"~all v=spf1 include:a.example":          "version-not-first: v=spf1 ~all include:a.example",
		"include:a.example mx ~all":              "no-version: v=spf1 include:a.example mx ~all",
		"MS=ms1 v=spf1 ip4:192.0.2.1":            "version-not-first: ",
		"include:a.example for our mail":         "no-version: ",
		"a mx":                                   "",
		"v=spf10 mx -all":                        "bad-version: ",
		"v=spf2 mx":                              "bad-version: ",
		"spf2.0/pra mx -all":                     "",
		"v=spfx":                                 "",
		"spf records are kept elsewhere":         "",
		"spf":                                    "",
		"google-site-verification=x-all":         "",
		"inlcude:a.exampleinclude:b.example-all": "no-version: ",
		"v=DMARC1; p=none":                       "",
		"MS=ms12345678":                          "",
		"":                                       "",
	} {
		record, reason := Misspelt(text)
		got := ""
		if reason != "" {
			got = reason + ": " + record
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzMeant reads texts as records: what comes out is one, without a mistake.
func FuzzMisspelt(f *testing.F) {
	f.Add("v=spf1include:a.example -all")
	f.Add("spf1; mx ~all")
	f.Fuzz(func(t *testing.T, text string) {
		record, reason := Misspelt(text)
		if reason == "" && record != "" {
			t.Errorf("%q: %q for no reason", text, record)
		}
		if record == "" {
			return
		}
		if _, bad := Parse(record); !IsRecord(record) || len(bad) > 0 {
			t.Errorf("%q: %q is no record: %v", text, record, bad)
		}
	})
}
