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
		"mode: testing\nmx: A.Test.\nmax_age: 31557600\nfuture: x":                  "testing 31557600 [a.test] [bad-version]",
		"version: STSv2\nmode: enforce\nmode: none\nmx: a.test\nmax_age: 31557601":  "enforce -1 [a.test] [bad-version duplicate bad-max-age]",
		"<html>": " -1 [] [no-colon bad-version no-mode no-max-age no-mx]",
		"version: STSv1\nmode: enforce\nmx: *.*.test\nmx: -\nmax_age: 99999999999999999999": "enforce -1 [] [bad-mx bad-mx bad-max-age]",
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
	for host, want := range map[string]bool{"mx.a.test": true, "MX.A.test.": true, "x.b.test": true, "b.test": false, "x.y.b.test": false, "a.test": false, "": false} {
		if p.Matches(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

func TestRecord(t *testing.T) {
	for text, want := range map[string]string{
		"v=STSv1; id=1": "", "v=STSv1;id=20160831085700Z;": "", "v=STSv1": "no-id", "v=STSv1; id=": "bad-id", "v=STSv1; id=a-b": "bad-id",
		"v=STSv1; id=" + strings.Repeat("1", 33): "bad-id", "v=stsv1; id=1": "bad-version",
	} {
		_, faults := ParseRecord(text)
		got := ""
		if len(faults) > 0 {
			got = faults[0].Reason
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if !IsRecord("v=STSv1 ; id=1") || IsRecord("v=STSv10; id=1") || !Meant(" v=STSv1; id=1") || !Meant("v=STS1;id=1") || Meant("hello") {
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
