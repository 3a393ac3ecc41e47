package tlsrpt

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"v=TLSRPTv1; rua=mailto:a@x.test":                                  "[mailto:a@x.test]",
		"v=TLSRPTv1;rua=mailto:a@x.test , https://x.test/r;":               "[mailto:a@x.test https://x.test/r]",
		"v=TLSRPTv1; rua=mailto:a@x.test; 9-x.y=z":                         "[mailto:a@x.test]",
		"v=TLSRPTv1; rua=mailto:a@x.test mailto:b@x.test":                  "[] no-comma mailto:a@x.test,mailto:b@x.test",
		"v=TLSRPTv1; rua=mailto:a@x.test, mailto:b@x.test https://x.test/": "[mailto:a@x.test] no-comma mailto:b@x.test,https://x.test/",
		"v=TLSRPTv1; rua=mailto:a@x.test; rua=mailto:b@x.test":             "[mailto:a@x.test mailto:b@x.test]",
		"v=TLSRPTv1; rua=mailto:a@x.test; x=y; rua=b@x.test":               "[mailto:a@x.test] no-scheme mailto:b@x.test",
		"v=TLSRPTv1; rua=mailto:a@x.test; foo=a b":                         "[mailto:a@x.test] bad-character",
		"v=TLSRPTv1; rua=mailto:a@x.test; foo=a=b":                         "[mailto:a@x.test] bad-character",
		"v=TLSRPTv1; rua=mailto:a@x.test; foo":                             "[mailto:a@x.test] no-equals",
		"v=TLSRPTv1; rua=a@x.test":                                         "[] no-scheme mailto:a@x.test",
		"v=TLSRPTv1; rua=mailto:a@x.test!10m":                              "[] bad-uri",
		"v=TLSRPTv1; rua=http://x.test/":                                   "[] bad-uri",
		"v=TLSRPTv1; rua=":                                                 "[] no-value",
		"v=TLSRPTv1; rua:mailto:a@x.test":                                  "[] no-equals rua=mailto:a@x.test",
		"v=TLSRPTv1;":                                                      "[] no-rua",
		"v=TLSRPTv1, rua=mailto:a@x.test":                                  "[] no-semicolon v=TLSRPTv1; rua=mailto:a@x.test",
		"v=TLSRPTv1 rua=mailto:a@x.test":                                   "[] no-semicolon v=TLSRPTv1; rua=mailto:a@x.test",
		"v=TLSRPT1; rua=mailto:a@x.test,https://x.test/":                   "[] bad-version v=TLSRPTv1; rua=mailto:a@x.test,https://x.test/",
		`v=TLSRPTv1\; rua=mailto:a@x.test`:                                 "[] escaped-semicolon v=TLSRPTv1; rua=mailto:a@x.test",
		"rua=mailto:a@x.test":                                              "[] no-version v=TLSRPTv1; rua=mailto:a@x.test",
		"v=TLSRPT; rua=a":                                                  "[] bad-version v=TLSRPTv1",
	} {
		r := Parse(text)
		got := "[" + strings.Join(r.RUA, " ") + "]"
		for _, f := range r.Faults {
			got = strings.TrimSpace(got + " " + f.Reason + " " + f.Suggestion)
			if f.Pos > len(text) {
				t.Errorf("%q: a fault at %d", text, f.Pos)
			}
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		if IsRecord(text) == Meant(text) {
			t.Errorf("%q is a record: %v, and meant to be one: %v", text, IsRecord(text), Meant(text))
		}
	}
	for _, text := range []string{"v=spf1 -all", "hello", "", "v=STSv1; id=1", "rua"} {
		if Meant(text) || IsRecord(text) {
			t.Errorf("%q was taken for a record", text)
		}
	}
}

// FuzzParse reads what Parse suggests for a whole record: it has no fault of its own.
func FuzzParse(f *testing.F) {
	f.Add("v=TLSRPTv1, rua=mailto:a@x.test")
	f.Add(`v=TLSRPT1\; rua=https://x.test/a b`)
	f.Fuzz(func(t *testing.T, text string) {
		r := Parse(text)
		for _, x := range r.Faults {
			if strings.HasPrefix(x.Suggestion, version+"; rua=") && len(x.Suggestion) < 200 && !IsRecord(text) {
				if again := Parse(x.Suggestion); len(again.Faults) > 0 || len(again.RUA) == 0 {
					t.Errorf("%q: %q has %v", text, x.Suggestion, again.Faults)
				}
			}
		}
	})
}
