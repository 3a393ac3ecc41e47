package bimi

import "testing"

// TestRead reads records whose version is misspelt, misplaced or lost, and tells what they should be.
func TestRead(t *testing.T) {
	for text, want := range map[string]string{
		"v=BIMI1; l=https://d.example/l.svg":                            "",
		"l=https://d.example/l.svg; v=BIMI1":                            "version-not-first: v=BIMI1; l=https://d.example/l.svg",
		"a=https://d.example/m.pem; v=BIMI1; l=https://d.example/l.svg": "version-not-first: v=BIMI1; a=https://d.example/m.pem; l=https://d.example/l.svg",
		"a=https://d.example/m.pem; l=https://d.example/l.svg":          "no-version: v=BIMI1; a=https://d.example/m.pem; l=https://d.example/l.svg",
		"v=BIMI, l=https://d.example/l.svg":                             "bad-version: v=BIMI1; l=https://d.example/l.svg",
		"\"v=BIMI1; l=https://d.example/l.svg\"":                        "quoted: v=BIMI1; l=https://d.example/l.svg",
		"l=http://d.example/l.svg; v=BIMI1":                             "version-not-first: v=BIMI1",
		"v=BIMI1; l=https://d.example/l.svg; a=me":                      "not-https: ",
		"v=BIMI1; l=https://d.example/l.svg; a=self":                    "bad-value: a=",
		"v=BIMI1; l=http://d.example/L.svg":                             "not-https: l=https://d.example/L.svg",
		"v=BIMI1; l=https://d.example:8443/l.svg":                       "not-https: ",
	} {
		got := ""
		if r := Read(text); len(r.Faults) > 0 {
			got = r.Faults[0].Reason + ": " + r.Faults[0].Suggestion
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if !Meant(text) && text[:4] != "l=ht" {
			t.Errorf("%q is not seen as meant", text)
		}
	}
	for _, text := range []string{"v=spf1 -all", "l=elsewhere", "a note", ""} {
		if Meant(text) {
			t.Errorf("%q is seen as meant", text)
		}
	}
}
