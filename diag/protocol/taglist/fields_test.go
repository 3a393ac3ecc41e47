package taglist

import (
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	for text, want := range map[string]string{
		"v=STSv1; id=1":                          "",
		"v=STSv1;id=1;":                          "",
		"v=STSv1 ; id=1 ;":                       "",
		"v=x; 9a_b-c.d=y!z":                      "",
		"v=x; rua=mailto:a b=c":                  "", // the caller's own
		"v=x;; id=1":                             "empty ;",
		"v=x; id=1;;":                            "empty ;",
		"v=x; id = 1":                            "stray-space id = 1 > id=1",
		"v=x; id:1":                              "no-equals id:1 > id=1",
		"v=x; foo":                               "no-equals foo",
		"v=x; foo=":                              "no-value foo=",
		"v=x; foo=a b":                           "bad-character foo=a b",
		"v=x; foo=a=b":                           "bad-character foo=a=b",
		"v=x; foo=é":                             "bad-character foo=é",
		"v=x; -foo=a":                            "bad-name -foo=a",
		"v=x; a b=c":                             "bad-name a b=c",
		"v=x; " + strings.Repeat("a", 33) + "=1": "bad-name " + strings.Repeat("a", 33) + "=1",
		`v=x\; id=1\; foo=2`:                     `escaped-semicolon v=x\; > v=x; id=1; foo=2`,
		"v=x; id=1; id=2":                        "duplicate id=2",
	} {
		_, faults := Fields(text, "rua")
		var got []string
		for _, f := range faults {
			s := f.Reason + " " + f.Term
			if f.Suggestion != "" {
				s += " > " + f.Suggestion
			}
			got = append(got, s)
		}
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%q: %s, want %s", text, s, want)
		}
	}
}
