package spf

import (
	"strings"
	"testing"
)

// TestMendRecord reads texts as they were meant.
func TestMendRecord(t *testing.T) {
	for text, want := range map[string]string{
		"v=spf1 mx -all": "v=spf1 mx -all",
		`"v=spf1 mx include:i1.example.net -all"`:                          "v=spf1 mx include:i1.example.net -all",
		"\u201ev=spf1 include:a.example include:b.example \u2013all\u201d": "v=spf1 include:a.example include:b.example -all",
		"\x93v=spf1 include:a.example \x96all\x94":                         "v=spf1 include:a.example -all",
		"\ufeffv=spf1 mx ~all":                                             "v=spf1 mx ~all",
		"v=spf1\u00a0mx\u00a0-all":                                         "v=spf1 mx -all",
		`v=spf1 include:"a.example" -all`:                                  "v=spf1 include:a.example -all",
		`"v=spf1 include:a.example" "include:b.example -all"`:              "v=spf1 include:a.example include:b.example -all",
		`\"v=spf1 mx -all\"`:                                               "v=spf1 mx -all",
		"v=spf1include:a.example -all":                                     "v=spf1 include:a.example -all",
		"v=spf1;mx;-all":                                                   "v=spf1 mx -all",
		"v=spf1, include:a.example, -all":                                  "v=spf1 include:a.example -all",
		"v=spf1 include:a.example,include:b.example -all;":                 "v=spf1 include:a.example include:b.example -all",
		"v=spf1 a:x.example,y.example -all":                                "v=spf1 a:x.example a:y.example -all",
		"v=spf1 ip4:192.0.2.1,192.0.2.2 -all":                              "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all",
		"v=spf1 ip4:192.0.2.1~all":                                         "v=spf1 ip4:192.0.2.1 ~all",
		"v=spf1 ip4:192.0.2.1ip4:192.0.2.2include:a.example-all":           "v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 include:a.example -all",
		"v=spf1 include:a.example-all":                                     "v=spf1 include:a.example -all",
		"v=spf1 include:a.exampleinclude:b.example -all":                   "v=spf1 include:a.example include:b.example -all",
		"v=spf1 include: a.example - all":                                  "v=spf1 include:a.example -all",
		"v=spf1 ip6: 2001:db8::1 -all":                                     "v=spf1 ip6:2001:db8::1 -all",
		"v=spf1  inlude=a.example   -alll":                                 "v=spf1 include:a.example -all",
		"V=SPF1 MX -ALL":                                                   "v=spf1 MX -ALL",
		"v=spf1 mx v=spf1 a -all":                                          "v=spf1 mx a -all",
		"v=spf 1 mx -all":                                                  "v=spf1 mx -all",
		"spf1 mx -all":                                                     "v=spf1 mx -all",
		"v=spf1 redirect:a.example":                                        "v=spf1 redirect=a.example",
		"v=spf1~allinclude:a.example":                                      "v=spf1 ~all include:a.example",
		"v=spf1?allip6:2001:db8::1include:a.example":                       "v=spf1 ?all ip6:2001:db8::1 include:a.example",
		"v=spf1 mx~allinclude:a.example":                                   "v=spf1 mx ~all include:a.example",
		"v=spf1+a+mx+ip4:192.0.2.1-all":                                    "v=spf1 +a +mx +ip4:192.0.2.1 -all",
		"ip4:192.0.2.1 v=spf1 mx -all":                                     "v=spf1 ip4:192.0.2.1 mx -all",
		"ip4:192.0.2.1 mx -all":                                            "v=spf1 ip4:192.0.2.1 mx -all",
		"v=spf1 includea.example ip4192.0.2.1 -all":                        "v=spf1 include:a.example ip4:192.0.2.1 -all",
		"v=spf1 mxa:mail.a.example -all":                                   "v=spf1 mx a:mail.a.example -all",
		"v=spf1amx~all":                                                    "v=spf1 a mx ~all",
		"v=spf1 exists =%{i}.a.example -all":                               "v=spf1 exists:%{i}.a.example -all",
		"v=spf1 ip4:192.0.2.0 /24 -all":                                    "v=spf1 ip4:192.0.2.0/24 -all",
		"v=spf1 include:https://a.example/spf mx -all":                     "v=spf1 include:a.example mx -all",
		"v=spf1 mx x=y -all":                                               "v=spf1 mx x=y -all",
		// What was meant cannot be told.
		"v=spf1- mx":                        "",
		"x=y v=spf1 include:a.example -all": "",
		"v=spf1 mx _all":                    "",
		"v=spf1 mx al":                      "",
		"v=spf1 mx -~all":                   "",
		"v=spf1 mx\r\nWhat to do: call +1 555 0100 -all": "",
		"v=spf1 mx What\u00a0to\u00a0do:\u00a0call -all": "",
		"v=spf1 include:b\u00fccher.example -all":        "",
		"v=spf1 ip4:300.1.2.3 -all":                      "",
		"spf records are nice":                           "",
		"v=spf10 mx -all":                                "",
		"hello":                                          "",
	} {
		m := MendRecord(text)
		if m.Record != want {
			t.Errorf("%q: %+v, want %q", text, m, want)
		}
		if again := MendRecord(m.Record); m.Record != "" && (again.Record != m.Record || len(again.Odd) > 0) {
			t.Errorf("%q: mended again: %+v", text, again)
		}
	}
	if m := MendRecord("\u201cv=spf1 mx \u2013all\u201d"); strings.Join(m.Odd,
		" ") != "\u201c (U+201C) \u2013 (U+2013) \u201d (U+201D)" {
		t.Errorf("%q", m.Odd)
	}
	if m := MendRecord("v=spf1 mx ip4:300.1.2.3 -all"); m.Term != "ip4:300.1.2.3" {
		t.Errorf("%+v", m)
	}
}
