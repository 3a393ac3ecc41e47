package mtasts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestParsePolicy(t *testing.T) {
	for text, want := range map[string]string{
		"version: STSv1\nmode: enforce\nmx: a.test\nmx: *.b.test\nmax_age: 86400\n": "enforce 86400 [a.test *.b.test] []",
		"version: STSv1\r\nmode: none\r\nmax_age: 0\r\n":                            "none 0 [] []",
		"mode: testing\nmx: A.Test.\nmax_age: 31557600\nfuture: x":                  "testing 31557600 [] [bad-mx bad-version]",
		"version: STSv2\nmode: enforce\nmode: none\nmx: a.test\nmax_age: 31557601":  "enforce -1 [a.test] [bad-version duplicate bad-max-age]",
		"<html>": " -1 [] [no-colon bad-version no-mode no-max-age no-mx]",
		"version: STSv1\nmode: enforce\nmx: *.*.test\nmx: -\nmax_age: 99999999999999999999":        "enforce -1 [] [bad-mx bad-mx bad-max-age]",
		"version: STSv1\nMode: enforce\nmx: a.test\nmax_age: 86400":                                "enforce 86400 [a.test] [bad-case]",
		"version: STSv1\nmode: Enforce\nmx: 192.0.2.1\nmx: [2001:db8::1]\nmx: a.test\nmax_age: +1": " -1 [a.test] [bad-mode address-mx address-mx bad-max-age]",
		"version: STSv1\nmode: none\nmax_age: 1\nmx servers: a.test\nx_y.z-1: é = ; ok":            "none 1 [] [bad-name]",
	} {
		p := ParsePolicy(text)
		var reasons []string
		for _, f := range p.Faults {
			reasons = append(reasons, f.Reason)
		}
		if got := fmt.Sprintf("%s %d %v %v", p.Mode, p.MaxAge, p.MX, reasons); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestMatches(t *testing.T) {
	p := &Policy{MX: []string{"mx.a.test", "*.b.test"}}
	for host, want := range map[string]bool{"mx.a.test": true, "MX.A.test.": true, "x.b.test": true, "b.test": false,
		"x.y.b.test": false, "a.test": false, "": false} {
		if p.Matches(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

func TestRecord(t *testing.T) {
	for text, want := range map[string]string{
		"v=STSv1; id=1": "", "v=STSv1;id=20160831085700Z;": "", "v=STSv1": "no-id", "v=STSv1; id=": "no-value",
		"v=STSv1; id=a-b":                        "bad-id > id=ab",
		"v=STSv1; id=" + strings.Repeat("1", 33): "bad-id > id=" + strings.Repeat("1", 32),
		"v=stsv1; id=1":                          "bad-version > v=STSv1; id=1;",
		"v=STSv1, id=2":                          "no-semicolon > v=STSv1; id=2;",
		"v=STSv1 id=2":                           "no-semicolon > v=STSv1; id=2;",
		"id=20260101":                            "no-version > v=STSv1; id=20260101;",
		`v=STSv1\; id=3\;`:                       "escaped-semicolon > v=STSv1; id=3;",
		"v=STS1; id=":                            "bad-version > v=STSv1", "v=STSv1; id = 4": "stray-space > id=4",
		"v=STSv1; id=5; ext=a=b": "bad-character", "v=STSv1; id=6; 9-x.y=z": "",
		"v=STSv1; id=7;;": "empty", "v=STSv1; id:8": "no-equals > id=8", "v=STSv1; id=9; id=10": "duplicate",
	} {
		_, faults := ParseRecord(text)
		got := ""
		if len(faults) > 0 {
			got = faults[0].Reason
			if faults[0].Suggestion != "" {
				got += " > " + faults[0].Suggestion
			}
		}
		if len(faults) > 1 {
			t.Errorf("%q has %d faults: %v", text, len(faults), faults)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if !IsRecord("v=STSv1 ; id=1") || IsRecord("v=STSv10; id=1") || !Meant(" v=STSv1; id=1") || !Meant("v=STS1;id=1") ||
		!Meant("v=STSv1, id=1") || !Meant("id=20260101;") || Meant("v=spf1 -all") || Meant("hello") {
		t.Error("a record is not told from another text")
	}
}

// FuzzPolicy reads policies, prints what was understood, and reads it again: nothing changes.
func FuzzPolicy(f *testing.F) {
	f.Add("version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 86400\n")
	f.Fuzz(func(t *testing.T, text string) {
		p := ParsePolicy(text)
		if p.Mode == "" || p.MaxAge < 0 {
			return
		}
		var b strings.Builder
		fmt.Fprintf(&b, "version: STSv1\nmode: %s\nmax_age: %d\n", p.Mode, p.MaxAge)
		for _, m := range p.MX {
			fmt.Fprintf(&b, "mx: %s\n", m)
		}
		again := ParsePolicy(b.String())
		if again.Mode != p.Mode || again.MaxAge != p.MaxAge || !slices.Equal(again.MX, p.MX) {
			t.Errorf("%+v became %+v", p, again)
		}
	})
}
